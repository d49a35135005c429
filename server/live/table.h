/* live/table.h — who is subscribed to what.
 *
 *     topic     a class
 *     query     a where on it: matched once per event, however many ask it
 *     audience  those who ask it with the same eyes for the same fields: looked at and serialised once
 *     member    one subscription of one client
 *
 * Queries whose where demands that a field equals a value are found by that value, and audiences of users by their user, so
 * that an event meets those it may concern and not all of its class.
 *
 * One lock. Workers add and remove members; the event thread collects the audiences of an event, works on them without the
 * lock, and then tells their members. A member that came in between is left out: it was not subscribed when the change was
 * committed. What has been collected stays alive until it is put back. */
#ifndef HP_LIVE_TABLE_H
#define HP_LIVE_TABLE_H

#include "core/live_query.h"
#include "http/socket.h"
#include "live/message.h"
#include "live/shelves.h"

typedef struct hp_live_table hp_live_table;
typedef struct hp_live_view hp_live_view; /* live/view.h */

typedef struct hp_live_toll { /* what a connection has taken up of one event */
    uint64_t event;
    size_t taken;
} hp_live_toll;

typedef struct
    hp_live_client {     /* a connected client; its worker's, but for `introduction` and the list under the lock */
    hp_socket *socket;   /* counted */
    hp_str introduction; /* "clientId":"…","installationId":"…", as every message to it has them; owned */
    struct hp_live_member *first; /* its subscriptions */
    size_t count;                 /* of them */
    size_t bytes;                 /* of what was sent for them */
    hp_str user_id;               /* whom the connection counts for; owned, or absent */

    /* the event thread's own */
    size_t steps;           /* of work that it owes … */
    int64_t steps_ms;       /* … since then, monotonic */
    bool overdrawn;         /* more than it may: it is being closed */
    hp_live_toll matching;  /* in steps */
    hp_live_toll including; /* in milliseconds */
} hp_live_client;

struct hp_live_query {
    struct hp_live_topic *topic;
    hp_arena *mem; /* owns `where` */
    hp_live_question question;
    bool master;        /* the where may name what only master may */
    size_t refs;        /* audiences, and those that collected it */
    hp_arena *tree_mem; /* owns the tree; replaced when the classes change, by the event thread */
    const hp_filter *tree;
    hp_str key;
    hp_live_shelf *shelf;              /* where it is found */
    struct hp_live_query *next, *prev; /* on the shelf */
    struct hp_live_audience *audiences;
    size_t members;     /* of all of them */
    uint64_t collected; /* the event that it was last collected for */

    /* the event thread's own */
    uint64_t matched; /* the event that the next two are about */
    bool before_matches, after_matches;
    bool too_costly; /* it took more steps than an event may: it is not matched any more */
};

typedef struct hp_live_audience {
    hp_live_query *query;
    hp_arena *mem; /* owns what follows */
    hp_live_identity who;
    hp_str user_id; /* whose session it was when the audience came together; absent: nobody's, or master */
    hp_str_list keys, watch, include;
    bool has_keys;
    hp_str key;
    size_t refs;  /* members, and those that collected it */
    size_t bytes; /* what it takes up, estimated */
    struct hp_live_member *first;
    struct hp_live_audience *next, *prev;           /* of the query */
    struct hp_live_user *user;                      /* its user, or NULL */
    struct hp_live_audience *user_next, *user_prev; /* of its user; of master, in the topic's list */
    uint64_t collected;

    hp_live_view *view; /* the event thread's own */
} hp_live_audience;

typedef struct hp_live_member {
    hp_live_client *client;
    hp_live_audience *audience;
    double request_id;
    size_t bytes;
    uint64_t since;                     /* the event that was last collected when it came … */
    int64_t since_ms;                   /* … and when that was, monotonic */
    bool refusal_told;                  /* that its rights are gone; once, not for every event */
    struct hp_live_member *next, *prev; /* in the audience */
    struct hp_live_member *next_own;    /* of the client */
} hp_live_member;

hp_live_table *hp_live_table_new(void);
void hp_live_table_free(hp_live_table *t); /* accepts NULL; no members are left */

/* What a worker has found out about a subscription before it is made. Borrowed. */
typedef struct hp_live_asked {
    hp_live_question question;
    hp_live_identity who;
    hp_str user_id; /* of the session, or absent */
    hp_str_list keys, watch, include;
    bool has_keys;
    size_t bytes;        /* of the message */
    const hp_call *call; /* for the where's tree */
} hp_live_asked;

/* Makes the subscription `request_id` of `c`, in the place of one of that number, and sends `answer` before any event of it.
 * Errors: those of hp_live_where; REQUEST_LIMIT_EXCEEDED when the client's subscriptions would have more than `bytes_max` of
 * messages, or all of them take up too much; then nothing has changed and nothing was sent. */
HP_MUST_USE hp_code hp_live_table_subscribe(hp_live_table *t, hp_live_client *c, double request_id,
                                            const hp_live_asked *asked, size_t bytes_max, hp_str answer, hp_err *err);

/* Ends it; after that nothing of it is sent. False if there is none. */
bool hp_live_table_unsubscribe(hp_live_table *t, hp_live_client *c, double request_id);

/* Ends all of them. `introduction` (copied): that of a client that connects, again or for the first time; absent: it is gone. */
void hp_live_table_reset(hp_live_table *t, hp_live_client *c, hp_str introduction);

/* Counts `c` as one of `user_id`'s connections (absent: nobody's), instead of whose it was before. False if there are
 * `max` already: it is then nobody's. */
bool hp_live_table_count_user(hp_live_table *t, hp_live_client *c, hp_str user_id, size_t max);

typedef struct hp_live_sizes {
    size_t subscriptions, queries, audiences;
} hp_live_sizes;
hp_live_sizes hp_live_table_sizes(hp_live_table *t);

/* ---- the event thread ---- */

typedef struct hp_live_collected {
    hp_live_audience **items; /* in the arena that was given */
    size_t count;
    uint64_t event; /* its number */
} hp_live_collected;

/* The audiences that a change from `before` to `after` (NULL: there is none) of the class may concern. `call` has the classes
 * of now: trees that were made for others are made anew. */
void hp_live_table_collect(hp_live_table *t, const hp_call *call, hp_str class_name, const hp_row *before,
                           const hp_row *after, hp_arena *mem, hp_live_collected *out);

/* Calls tell(user, member) for the members of `a` who were there before the event, and when it was committed, under the lock: it
 * must not block and not call the table. */
void hp_live_table_tell(hp_live_table *t, const hp_live_audience *a, uint64_t event, int64_t committed_ms,
                        void (*tell)(void *user, hp_live_member *m), void *user);

/* `steps` of work (query/effort.h) were done to match `q` for this event: those who ask it share them. What a connection's shares
 * come to beyond HP_LIVE_MATCH_FREE_STEPS it owes, and who owes more than HP_LIVE_CLIENT_STEPS_MAX is closed. True if somebody is. */
bool hp_live_table_charge(hp_live_table *t, const hp_live_query *q, uint64_t event, size_t steps);

/* The same for `ms` that the includes of `a` took for this event, beyond the HP_LIVE_INCLUDE_FREE_MS that a connection has free. */
bool hp_live_table_charge_include(hp_live_table *t, const hp_live_audience *a, uint64_t event, size_t ms);

/* Whether `a` has a member who is not being closed for what he owes. */
bool hp_live_table_asked(hp_live_table *t, const hp_live_audience *a);

void hp_live_table_put_back(hp_live_table *t, hp_live_collected *c);

#endif
