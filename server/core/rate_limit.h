/* core/rate_limit.h — how often somebody may ask: the option rateLimit and the limits that cloud code declares.
 *
 * A rule counts requests by method and path in windows of its own for every key: an address, a session, a user, or everyone
 * together. What is matched is never the path as it was spelled but the canonical path of the route that will run, so that
 * letter case, slashes, escapes, method overrides and parts of a batch have the same counter. An address is the socket's, or
 * what a trusted proxy says; an IPv6 address counts with its network (/64), which one household has whole. A session token
 * counts as a key only once it has opened a session: whoever invents tokens is counted by his address.
 *
 * The counters are a table of fixed size in memory, per process. Where it is full, the counter that has run out makes room,
 * else the one with the fewest requests. Any thread; a claim takes one short lock per rule that applies. */
#ifndef HP_CORE_RATE_LIMIT_H
#define HP_CORE_RATE_LIMIT_H

#include "core/call.h"

enum { HP_RATE_GET = 1, HP_RATE_POST = 2, HP_RATE_PUT = 4, HP_RATE_DELETE = 8, HP_RATE_ANY_METHOD = 15 };

typedef enum hp_rate_zone { HP_RATE_BY_IP, HP_RATE_BY_SESSION, HP_RATE_BY_USER, HP_RATE_GLOBAL } hp_rate_zone;

typedef struct hp_rate_rule {
    hp_str path; /* as configured */
    const struct hp_regex *path_regex;
    unsigned methods; /* of HP_RATE_… */
    int64_t window_ms;
    int64_t count; /* requests per window; one more is refused */
    bool internal; /* includeInternalRequests: also counts requests from 127.0.0.1 */
    bool master;   /* includeMasterKey: also counts requests with the master key */
    hp_rate_zone zone;
    hp_str message; /* errorResponseMessage */
} hp_rate_rule;

/* Compiles a path pattern in the syntax of path-to-regexp 8: /classes/:name, where :name is one part; *rest for one part or
 * more; {/:id} for what may be missing. Letter case and a slash at the end do not count.
 * Errors: INVALID_QUERY with the words of that library. */
HP_MUST_USE hp_code hp_rate_path_compile(hp_arena *mem, hp_str path, const struct hp_regex **out, hp_err *err);

/* Reads one rule, {"requestPath", "requestTimeWindow", "requestCount", …}: what it holds lives in `mem` or is borrowed from
 * `config`. Errors: INVALID_VALUE with Parse Server's words. */
HP_MUST_USE hp_code hp_rate_rule_read(hp_arena *mem, const hp_value *config, hp_rate_rule *out, hp_err *err);

/* The counters, and the rules that cloud code declares: an array of such objects, borrowed.
 * Errors: those of hp_rate_rule_read; *out is then NULL. */
typedef struct hp_rate_table hp_rate_table;

HP_MUST_USE hp_code hp_rate_table_new(const hp_value *cloud_rules, hp_rate_table **out, hp_err *err);
void hp_rate_table_free(hp_rate_table *t); /* accepts NULL */

typedef struct hp_rate_request {
    hp_str path;       /* "/users/abc" */
    hp_str other_path; /* the same route by its other name ("/classes/_User/abc"), or absent */
    unsigned methods;  /* of HP_RATE_… */
    bool nobody;       /* whoever asks counts as nobody: the route does not look at the session */
} hp_rate_request;

/* True if there are rules at all: without any, what a request counts as need not be put together. */
bool hp_rate_limit_any(hp_core *core);

/* Which rules: those that need to know the user can only be asked after he is known. */
typedef enum hp_rate_rules { HP_RATE_OF_STRANGERS = 1, HP_RATE_OF_USERS = 2, HP_RATE_ALL = 3 } hp_rate_rules;

typedef struct hp_rate_state { /* of the last rule that counted the request */
    bool counted, refused;
    int64_t limit, remaining;
    int64_t reset_s; /* UTC, seconds since 1970: when the window ends */
    int64_t retry_s; /* seconds until then */
} hp_rate_state;

/* Counts the request with every rule that applies. *state is only changed if one does.
 * Errors: CONNECTION_FAILED with the rule's message; then state->refused. */
HP_MUST_USE hp_code hp_rate_limit_claim(hp_call *call, const hp_rate_request *rq, hp_rate_rules which,
                                        hp_rate_state *state, hp_err *err);

/* Lets an opened call in: counts it, finds out whose `session_token` it shows (absent: nobody's) unless rq->nobody, and counts
 * it with the rules that had to know. A wrong token is an error only after it was counted.
 * Errors: CONNECTION_FAILED as above; INVALID_SESSION_TOKEN. */
HP_MUST_USE hp_code hp_rate_limit_admit(hp_call *call, const hp_rate_request *rq, hp_str session_token,
                                        hp_rate_state *state, hp_err *err);

#endif
