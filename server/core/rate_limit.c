#include "core/rate_limit.h"

#include <stdlib.h>

#include "base/limits.h"
#include "core/core_internal.h"
#include "query/regex.h"

/* A key may stand in any of the slots of one set, and sets share locks. */
enum { SET_SLOTS = 8, SETS = HP_RATE_COUNTERS_MAX / SET_SLOTS, LOCKS = 64 };

typedef struct slot {
    uint64_t key;   /* the keyed hash stands for the key itself: nobody can aim at a collision */
    int64_t end_ms; /* monotonic; 0: free */
    int64_t count;
} slot;

struct hp_rate_table {
    hp_arena *mem; /* owns the rules of cloud code */
    hp_rate_rule *cloud_rules;
    size_t cloud_rule_count;
    pthread_mutex_t locks[LOCKS];
    slot slots[SETS][SET_SLOTS];
};

static hp_code read_cloud_rules(hp_rate_table *t, const hp_value *rules, hp_err *err)
{
    const uint32_t count = hp_is(rules, HP_ARRAY) ? rules->array.count : 0;
    if (count > HP_RATE_RULES_MAX)
        return hp_fail(err, HP_E_INVALID_VALUE, "Cloud code declares more than %d limits.", HP_RATE_RULES_MAX);
    t->cloud_rules = HP_NEW_ARRAY(t->mem, hp_rate_rule, count);
    for (uint32_t i = 0; i < count; i++)
        HP_TRY(hp_rate_rule_read(t->mem, &rules->array.items[i], &t->cloud_rules[i], err));
    t->cloud_rule_count = count;
    return HP_OK;
}

hp_code hp_rate_table_new(const hp_value *cloud_rules, hp_rate_table **out, hp_err *err)
{
    hp_rate_table *t = calloc(1, sizeof *t); /* untouched pages cost nothing */
    HP_ASSERT(t != NULL);
    t->mem = hp_arena_new();
    for (size_t i = 0; i < LOCKS; i++) HP_ASSERT(pthread_mutex_init(&t->locks[i], NULL) == 0);
    const hp_code rc = read_cloud_rules(t, cloud_rules, err);
    *out = rc == HP_OK ? t : NULL;
    if (rc != HP_OK) hp_rate_table_free(t);
    return rc;
}

void hp_rate_table_free(hp_rate_table *t)
{
    if (t == NULL) return;
    for (size_t i = 0; i < LOCKS; i++) (void)pthread_mutex_destroy(&t->locks[i]); /* nobody holds one any more */
    hp_arena_free(t->mem);
    free(t);
}

/* The slot of `key`: its own, else one whose window is over, else the one with the fewest requests. */
static slot *find_slot(slot *set, uint64_t key, int64_t now_ms)
{
    slot *best = &set[0];
    for (size_t i = 0; i < SET_SLOTS; i++) {
        slot *s = &set[i];
        if (s->end_ms > now_ms && s->key == key) return s;
        if (s->end_ms <= now_ms) s->count = 0;
        if (s->count < best->count) best = s;
    }
    *best = (slot){ .key = key };
    return best;
}

/* One more request of `key`; how many there are now, and when its window ends. */
static int64_t count(hp_rate_table *t, uint64_t key, int64_t window_ms, int64_t now_ms, int64_t *end_ms)
{
    const size_t set = key % SETS;
    pthread_mutex_t *lock = &t->locks[set % LOCKS];
    (void)pthread_mutex_lock(lock); /* cannot fail: ours, and not held */
    slot *s = find_slot(t->slots[set], key, now_ms);
    if (s->count == 0) s->end_ms = now_ms + window_ms;
    const int64_t counted = ++s->count;
    *end_ms = s->end_ms;
    (void)pthread_mutex_unlock(lock);
    return counted;
}

/* ---- rules ---- */

bool hp_rate_limit_any(hp_core *core)
{
    return hp_core_settings(core)->rate_rule_count > 0 || core->rates->cloud_rule_count > 0;
}

static bool applies(const hp_rate_rule *rule, const hp_call *call, const hp_rate_request *rq, hp_rate_rules which)
{
    const bool of_users = rule->zone == HP_RATE_BY_SESSION || rule->zone == HP_RATE_BY_USER;
    if ((which & (of_users ? HP_RATE_OF_USERS : HP_RATE_OF_STRANGERS)) == 0) return false;
    if ((rule->methods & rq->methods) == 0) return false;
    if (!rule->internal && hp_str_eq(call->ip, HP_STR("127.0.0.1"))) return false;
    if (!rule->master && hp_call_is_master(call)) return false;
    return hp_regex_may_match(rule->path_regex, rq->path) ||
           (hp_str_present(rq->other_path) && hp_regex_may_match(rule->path_regex, rq->other_path));
}

/* Who is counted. The kinds have names of their own, so that no user is called like an address. */
static hp_str key_of(const hp_rate_rule *rule, const hp_call *call, const hp_rate_request *rq)
{
    const hp_str token = rq->nobody ? HP_STR_NONE : call->who.session_token;
    const hp_str user = rq->nobody ? HP_STR_NONE : call->who.user_id;
    switch (rule->zone) {
    case HP_RATE_GLOBAL: return HP_STR("all");
    case HP_RATE_BY_SESSION:
        if (hp_str_present(token)) return hp_arena_printf(call->mem, "session %" HP_STR_FMT, HP_STR_ARG(token));
        break;
    case HP_RATE_BY_USER:
        if (hp_str_present(user)) return hp_arena_printf(call->mem, "user %" HP_STR_FMT, HP_STR_ARG(user));
        break;
    case HP_RATE_BY_IP: break;
    }
    return hp_arena_printf(call->mem, "ip %" HP_STR_FMT, HP_STR_ARG(hp_ip_household(call->mem, call->ip)));
}

/* The place of a rule is part of the key: two rules for one path count apart. After a reload rules that moved start anew. */
static uint64_t hash_of(const hp_rate_rule *rule, char list, size_t place, const hp_call *call,
                        const hp_rate_request *rq)
{
    const hp_str key = key_of(rule, call, rq);
    return hp_hash(hp_arena_printf(call->mem, "%c%zu %" HP_STR_FMT "\n%" HP_STR_FMT, list, place,
                                   HP_STR_ARG(rule->path), HP_STR_ARG(key)));
}

typedef struct rule_list {
    const hp_rate_rule *rules;
    size_t count;
    char name;
} rule_list;

static hp_code claim(hp_call *call, const rule_list *list, const hp_rate_request *rq, hp_rate_rules which,
                     hp_rate_state *state, hp_err *err)
{
    hp_clock *clock = call->core->parts.clock;
    for (size_t i = 0; i < list->count; i++) {
        const hp_rate_rule *rule = &list->rules[i];
        int64_t end_ms;
        if (!applies(rule, call, rq, which)) continue;
        const int64_t now_ms = clock->monotonic_ms(clock);
        const int64_t counted =
            count(call->core->rates, hash_of(rule, list->name, i, call, rq), rule->window_ms, now_ms, &end_ms);
        const int64_t left_ms = end_ms - now_ms;
        *state = (hp_rate_state){ .counted = true,
                                  .refused = counted > rule->count,
                                  .limit = rule->count,
                                  .remaining = counted < rule->count ? rule->count - counted : 0,
                                  .reset_s = (call->now_ms + left_ms + 999) / 1000,
                                  .retry_s = (left_ms + 999) / 1000 };
        if (state->refused) return hp_fail(err, HP_E_CONNECTION_FAILED, "%" HP_STR_FMT, HP_STR_ARG(rule->message));
    }
    return HP_OK;
}

hp_code hp_rate_limit_claim(hp_call *call, const hp_rate_request *rq, hp_rate_rules which, hp_rate_state *state,
                            hp_err *err)
{
    const hp_settings *s = call->settings;
    const hp_rate_table *t = call->core->rates;
    const rule_list configured = { s->rate_rules, s->rate_rule_count, 'o' },
                    declared = { t->cloud_rules, t->cloud_rule_count, 'c' };
    HP_TRY(claim(call, &configured, rq, which, state, err));
    return claim(call, &declared, rq, which, state, err);
}

hp_code hp_rate_limit_admit(hp_call *call, const hp_rate_request *rq, hp_str session_token, hp_rate_state *state,
                            hp_err *err)
{
    hp_err unknown = { 0 };
    *state = (hp_rate_state){ 0 };
    HP_TRY(hp_rate_limit_claim(call, rq, HP_RATE_OF_STRANGERS, state, err));
    const hp_code rc = rq->nobody ? HP_OK : hp_call_authenticate(call, session_token, &unknown);
    HP_TRY(hp_rate_limit_claim(call, rq, HP_RATE_OF_USERS, state, err));
    if (rc != HP_OK) *err = unknown;
    return rc;
}
