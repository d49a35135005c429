/* base/rand.h — randomness as a parameter. getrandom(2) in the server, seeded in tests. */
#ifndef HP_BASE_RAND_H
#define HP_BASE_RAND_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hp_rand hp_rand;
struct hp_rand {
    /* Fills all `len` bytes, or returns false and leaves them undefined. Any thread. */
    bool (*fill)(hp_rand *self, void *out, size_t len);
};

/* The kernel's generator; static, any thread. */
hp_rand *hp_rand_system(void);

/* `len` characters of A-Z a-z 0-9, without bias, and a NUL. False if the source fails. */
bool hp_rand_alnum(hp_rand *r, char *out, size_t len);

/* Overwrites memory that held a secret; not optimised away. */
void hp_wipe(void *ptr, size_t len);

#endif
