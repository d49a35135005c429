/* query/effort.h — how much work a matching may be.
 *
 * What one client asks meets what another one stored: a long list a long array, many expressions many texts. Every single
 * comparison is bounded, but their number is a product of two sizes that clients choose. So the matcher counts steps (some
 * 20 ns each), and its caller says how many there may be. */
#ifndef HP_QUERY_EFFORT_H
#define HP_QUERY_EFFORT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hp_effort hp_effort;
struct hp_effort {
    size_t left;                   /* steps */
    bool spent;                    /* more were needed: the answer means nothing */
    bool (*more)(hp_effort *self); /* asked when none are left: true, and `left` is set anew; NULL: there are no more */
    void *user;                    /* of `more` */
};

/* True if `steps` may be taken; false from then on when they may not. NULL is an effort without end. */
static inline bool hp_effort_take(hp_effort *e, size_t steps)
{
    if (e == NULL) return true;
    while (!e->spent && steps > e->left) {
        steps -= e->left;
        e->left = 0;
        e->spent = e->more == NULL || !e->more(e);
    }
    if (e->spent) return false;
    e->left -= steps;
    return true;
}

#endif
