#include "live/table.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "core/schema.h"
#include "live/view.h"
#include "value/json.h"

typedef struct hp_live_topic {
    hp_str class_name;
    hp_map *queries, *audiences; /* by their keys */
    hp_live_shelves shelves;
    hp_live_audience *masters;
    hp_schema *schema; /* the classes that all trees were made for, referenced; NULL: not all for the same */
} topic;

typedef struct hp_live_user {
    hp_str id;
    size_t connections;
    hp_live_audience *first;
} user;

struct hp_live_table {
    pthread_mutex_t lock;
    hp_map *topics; /* class -> topic */
    hp_map *users;
    uint64_t events;
    hp_live_sizes sizes;
    size_t bytes;   /* of the audiences */
    size_t clients; /* that have subscriptions */
};

enum {
    KEY_BYTES_MAX = 32 << 20,
    BYTES_PER_AUDIENCE = 2048, /* structs, arenas, entries of maps */
    BYTES_PER_BYTE = 20,       /* of a message: four copies of its text, decoded values, the tree */
};

static void *must_calloc(size_t size)
{
    void *p = calloc(1, size);
    HP_ASSERT(p != NULL);
    return p;
}

static hp_str copy_text(hp_str s)
{
    char *copy = must_calloc(s.len + 1);
    if (s.len > 0) memcpy(copy, s.ptr, s.len);
    return (hp_str){ copy, s.len };
}

static void free_text(hp_str s) { free((void *)(uintptr_t)s.ptr); }

hp_live_table *hp_live_table_new(void)
{
    hp_live_table *t = must_calloc(sizeof *t);
    HP_ASSERT(pthread_mutex_init(&t->lock, NULL) == 0);
    t->topics = hp_map_new(NULL);
    t->users = hp_map_new(NULL);
    return t;
}

void hp_live_table_free(hp_live_table *t)
{
    if (t == NULL) return;
    HP_ASSERT(hp_map_count(t->topics) == 0 && hp_map_count(t->users) == 0);
    hp_map_free(t->topics);
    hp_map_free(t->users);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

hp_live_sizes hp_live_table_sizes(hp_live_table *t)
{
    pthread_mutex_lock(&t->lock);
    const hp_live_sizes sizes = t->sizes;
    pthread_mutex_unlock(&t->lock);
    return sizes;
}

/* ---- users ---- */

static user *take_user(hp_live_table *t, hp_str id)
{
    user *u = hp_map_get(t->users, id);
    if (u != NULL) return u;
    u = must_calloc(sizeof *u);
    u->id = copy_text(id);
    (void)hp_map_put(t->users, u->id, u);
    return u;
}

static void drop_user_if_unused(hp_live_table *t, user *u)
{
    if (u->connections > 0 || u->first != NULL) return;
    (void)hp_map_remove(t->users, u->id);
    free_text(u->id);
    free(u);
}

static void uncount(hp_live_table *t, hp_live_client *c)
{
    if (!hp_str_present(c->user_id)) return;
    user *u = hp_map_get(t->users, c->user_id);
    u->connections--;
    drop_user_if_unused(t, u);
    free_text(c->user_id);
    c->user_id = HP_STR_NONE;
}

bool hp_live_table_count_user(hp_live_table *t, hp_live_client *c, hp_str user_id, size_t max)
{
    bool room = true;
    pthread_mutex_lock(&t->lock);
    uncount(t, c);
    if (hp_str_present(user_id)) {
        user *u = take_user(t, user_id);
        room = u->connections < max;
        if (room) {
            u->connections++;
            c->user_id = copy_text(user_id);
        }
        drop_user_if_unused(t, u);
    }
    pthread_mutex_unlock(&t->lock);
    return room;
}

/* ---- making and ending ---- */

static topic *take_topic(hp_live_table *t, hp_str class_name)
{
    topic *tp = hp_map_get(t->topics, class_name);
    if (tp != NULL) return tp;
    tp = must_calloc(sizeof *tp);
    tp->class_name = copy_text(class_name);
    tp->queries = hp_map_new(NULL);
    tp->audiences = hp_map_new(NULL);
    (void)hp_map_put(t->topics, tp->class_name, tp);
    return tp;
}

static void drop_topic_if_unused(hp_live_table *t, topic *tp)
{
    if (hp_map_count(tp->queries) > 0) return;
    (void)hp_map_remove(t->topics, tp->class_name);
    hp_map_free(tp->queries);
    hp_map_free(tp->audiences);
    hp_schema_unref(tp->schema);
    free_text(tp->class_name);
    free(tp);
}

/* The tree of `q` for the classes of `call`; what can no longer be read matches nothing. */
static void make_tree(hp_live_query *q, const hp_call *call)
{
    enum { USUAL_BYTES = 512 };
    hp_err err = { 0 };
    hp_filter *tree = NULL;
    hp_call reader = *call;
    hp_arena_free(q->tree_mem);
    q->tree_mem = hp_arena_new_sized(USUAL_BYTES);
    reader.mem = q->tree_mem;
    reader.who.access = q->master ? HP_ACCESS_MASTER : HP_ACCESS_CLIENT;
    if (hp_live_where(&reader, &q->question, q->tree_mem, &tree, &err) != HP_OK)
        tree = hp_filter_new(q->tree_mem, HP_FILTER_FALSE, (hp_path){ 0 });
    q->tree = tree;
}

static void add_list(hp_buf *out, char kind, const hp_str_list *list)
{
    hp_buf_add_char(out, kind);
    for (size_t i = 0; i < list->count; i++) {
        hp_buf_printf(out, "%zu:", list->items[i].len); /* no text can look like two */
        hp_buf_add(out, list->items[i]);
    }
}

static void query_key(const hp_live_asked *a, hp_buf *out)
{
    hp_buf_add_char(out, a->who.master ? 'M' : 'C');
    hp_json_write(out, a->question.where);
}

static void audience_key(const hp_live_asked *a, hp_buf *out)
{
    const hp_str_list token = { &a->who.session_token, 1 };
    query_key(a, out);
    add_list(out, 't', &token);
    if (a->has_keys) add_list(out, 'k', &a->keys);
    add_list(out, 'w', &a->watch);
    add_list(out, 'i', &a->include);
}

static hp_live_query *take_query(hp_live_table *t, topic *tp, const hp_live_asked *a)
{
    enum { USUAL_BYTES = 512 };
    hp_buf key;
    hp_buf_init(&key, KEY_BYTES_MAX);
    query_key(a, &key);
    hp_live_query *q = hp_map_get(tp->queries, hp_buf_str(&key));
    if (q == NULL) {
        hp_arena *mem = hp_arena_new_sized(USUAL_BYTES);
        q = HP_NEW(mem, hp_live_query);
        q->mem = mem;
        q->topic = tp;
        q->key = hp_arena_str(mem, hp_buf_str(&key));
        q->master = a->who.master;
        q->question.class_name = tp->class_name;
        q->question.where = hp_value_new(mem, hp_value_copy(mem, a->question.where));
        make_tree(q, a->call);
        if (tp->schema != a->call->schema) { /* the next event makes them all for the classes of then */
            hp_schema_unref(tp->schema);
            tp->schema = NULL;
        }
        hp_live_shelves_put(&tp->shelves, q);
        (void)hp_map_put(tp->queries, q->key, q);
        t->sizes.queries++;
    }
    hp_buf_done(&key);
    return q;
}

static void unref_query(hp_live_table *t, hp_live_query *q)
{
    if (--q->refs > 0) return;
    topic *tp = q->topic;
    hp_live_shelves_take(q);
    (void)hp_map_remove(tp->queries, q->key);
    hp_arena_free(q->tree_mem);
    hp_arena_free(q->mem);
    t->sizes.queries--;
    drop_topic_if_unused(t, tp);
}

static hp_str_list copy_list(hp_arena *mem, const hp_str_list *list)
{
    hp_str *items = HP_NEW_ARRAY(mem, hp_str, list->count);
    for (size_t i = 0; i < list->count; i++) items[i] = hp_arena_str(mem, list->items[i]);
    return (hp_str_list){ items, list->count };
}

/* Where it is found when an object is for users whom its ACL names: nobody's audience never is. */
static hp_live_audience **list_of(hp_live_audience *a)
{
    if (a->who.master) return &a->query->topic->masters;
    return a->user != NULL ? &a->user->first : NULL;
}

static void join_list(hp_live_table *t, hp_live_audience *a)
{
    if (!a->who.master && hp_str_present(a->user_id)) a->user = take_user(t, a->user_id);
    hp_live_audience **list = list_of(a);
    if (list == NULL) return;
    a->user_next = *list;
    if (a->user_next != NULL) a->user_next->user_prev = a;
    *list = a;
}

static void leave_list(hp_live_table *t, hp_live_audience *a)
{
    hp_live_audience **list = list_of(a);
    if (list == NULL) return;
    if (a->user_prev != NULL)
        a->user_prev->user_next = a->user_next;
    else
        *list = a->user_next;
    if (a->user_next != NULL) a->user_next->user_prev = a->user_prev;
    if (a->user != NULL) drop_user_if_unused(t, a->user);
}

static hp_live_audience *new_audience(hp_live_table *t, topic *tp, const hp_live_asked *asked, hp_str key)
{
    enum { USUAL_BYTES = 512 };
    hp_arena *mem = hp_arena_new_sized(USUAL_BYTES);
    hp_live_audience *a = HP_NEW(mem, hp_live_audience);
    a->mem = mem;
    a->key = hp_arena_str(mem, key);
    a->query = take_query(t, tp, asked);
    a->query->refs++;
    a->who =
        (hp_live_identity){ .session_token = hp_arena_str(mem, asked->who.session_token), .master = asked->who.master };
    a->user_id = hp_arena_str(mem, asked->user_id);
    a->keys = copy_list(mem, &asked->keys);
    a->watch = copy_list(mem, &asked->watch);
    a->include = copy_list(mem, &asked->include);
    a->has_keys = asked->has_keys;
    a->next = a->query->audiences;
    if (a->next != NULL) a->next->prev = a;
    a->query->audiences = a;
    join_list(t, a);
    (void)hp_map_put(tp->audiences, a->key, a);
    t->sizes.audiences++;
    a->bytes = BYTES_PER_AUDIENCE + asked->bytes * BYTES_PER_BYTE;
    t->bytes += a->bytes;
    return a;
}

static hp_live_audience *take_audience(hp_live_table *t, const hp_live_asked *asked)
{
    topic *tp = take_topic(t, asked->question.class_name);
    hp_buf key;
    hp_buf_init(&key, KEY_BYTES_MAX);
    audience_key(asked, &key);
    hp_live_audience *a = hp_map_get(tp->audiences, hp_buf_str(&key));
    if (a == NULL) a = new_audience(t, tp, asked, hp_buf_str(&key));
    hp_buf_done(&key);
    return a;
}

static void unref_audience(hp_live_table *t, hp_live_audience *a)
{
    if (--a->refs > 0) return;
    hp_live_query *q = a->query;
    (void)hp_map_remove(q->topic->audiences, a->key);
    if (a->prev != NULL)
        a->prev->next = a->next;
    else
        q->audiences = a->next;
    if (a->next != NULL) a->next->prev = a->prev;
    leave_list(t, a);
    hp_live_view_free(a->view);
    t->bytes -= a->bytes;
    hp_arena_free(a->mem);
    t->sizes.audiences--;
    unref_query(t, q);
}

static void add_member(hp_live_table *t, hp_live_client *c, double request_id, hp_live_audience *a, size_t bytes)
{
    hp_clock *clock = hp_clock_system();
    hp_live_member *m = must_calloc(sizeof *m);
    m->client = c;
    m->audience = a;
    m->request_id = request_id;
    m->bytes = bytes;
    m->since = t->events;
    m->since_ms = clock->monotonic_ms(clock);
    m->next = a->first;
    if (a->first != NULL) a->first->prev = m;
    a->first = m;
    a->refs++;
    a->query->members++;
    m->next_own = c->first;
    c->first = m;
    if (c->count++ == 0) t->clients++;
    c->bytes += bytes;
    t->sizes.subscriptions++;
}

/* `link` is where the client's list points to it. */
static void remove_member(hp_live_table *t, hp_live_member **link)
{
    hp_live_member *m = *link;
    *link = m->next_own;
    if (--m->client->count == 0) t->clients--;
    m->client->bytes -= m->bytes;
    if (m->prev != NULL)
        m->prev->next = m->next;
    else
        m->audience->first = m->next;
    if (m->next != NULL) m->next->prev = m->prev;
    m->audience->query->members--;
    unref_audience(t, m->audience);
    free(m);
    t->sizes.subscriptions--;
}

static hp_live_member **find_member(hp_live_client *c, double request_id)
{
    hp_live_member **link = &c->first;
    while (*link != NULL && (*link)->request_id != request_id) link = &(*link)->next_own;
    return link;
}

/* Room for one more, in the place of `former` (or NULL). When all together have too much, it is those who have more than an
 * equal share that get no more: a few cannot shut out everybody else. */
static hp_code check_room(const hp_live_table *t, const hp_live_client *c, const hp_live_member *former, size_t bytes,
                          size_t bytes_max, hp_err *err)
{
    const size_t others = c->bytes - (former != NULL ? former->bytes : 0);
    if (others + bytes > bytes_max)
        return hp_fail(err, HP_E_REQUEST_LIMIT_EXCEEDED,
                       "The subscriptions of a connection may have at most %zu bytes.", bytes_max);
    if (t->bytes > HP_LIVE_QUERIES_BYTES_MAX &&
        (others + bytes) * BYTES_PER_BYTE > HP_LIVE_QUERIES_BYTES_MAX / (t->clients + 1))
        return hp_fail(err, HP_E_REQUEST_LIMIT_EXCEEDED, "The server has as many subscriptions as it can hold.");
    return HP_OK;
}

static void subscribe(hp_live_table *t, hp_live_client *c, double request_id, const hp_live_asked *asked)
{
    hp_live_member **former = find_member(c, request_id);
    hp_live_audience *a = take_audience(t, asked);
    a->refs++; /* it may be the former one's own */
    if (*former != NULL) remove_member(t, former);
    add_member(t, c, request_id, a, asked->bytes);
    unref_audience(t, a);
}

hp_code hp_live_table_subscribe(hp_live_table *t, hp_live_client *c, double request_id, const hp_live_asked *asked,
                                size_t bytes_max, hp_str answer, hp_err *err)
{
    hp_filter *unused;
    HP_TRY(hp_live_where(asked->call, &asked->question, asked->call->mem, &unused, err));
    pthread_mutex_lock(&t->lock);
    const hp_code rc = check_room(t, c, *find_member(c, request_id), asked->bytes, bytes_max, err);
    if (rc == HP_OK) {
        subscribe(t, c, request_id, asked);
        (void)hp_socket_send(c->socket, answer, NULL); /* a socket that closes takes its subscriptions along */
    }
    pthread_mutex_unlock(&t->lock);
    return rc;
}

bool hp_live_table_unsubscribe(hp_live_table *t, hp_live_client *c, double request_id)
{
    pthread_mutex_lock(&t->lock);
    hp_live_member **link = find_member(c, request_id);
    const bool found = *link != NULL;
    if (found) remove_member(t, link);
    pthread_mutex_unlock(&t->lock);
    return found;
}

void hp_live_table_reset(hp_live_table *t, hp_live_client *c, hp_str introduction)
{
    pthread_mutex_lock(&t->lock);
    while (c->first != NULL) remove_member(t, &c->first);
    if (!hp_str_present(introduction)) uncount(t, c);
    free_text(c->introduction);
    c->introduction = hp_str_present(introduction) ? copy_text(introduction) : HP_STR_NONE;
    pthread_mutex_unlock(&t->lock);
}

/* ---- the event thread ---- */

/* The classes have changed: names may stand for other fields now, and what was demanded may be filed elsewhere. */
static void make_trees(topic *tp, const hp_call *call)
{
    hp_str key;
    void *q;
    for (size_t at = 0; hp_map_next(tp->queries, &at, &key, &q);) {
        hp_live_shelves_take(q);
        make_tree(q, call);
        hp_live_shelves_put(&tp->shelves, q);
        for (hp_live_audience *a = ((hp_live_query *)q)->audiences; a != NULL; a = a->next) {
            hp_live_view_free(a->view);
            a->view = NULL;
        }
    }
    hp_schema *old = tp->schema;
    tp->schema = hp_schema_ref(call->schema);
    hp_schema_unref(old);
}

typedef struct collector {
    hp_arena *mem;
    hp_live_collected *out;
    size_t cap;
    uint64_t event;
} collector;

static void collect_audience(collector *c, hp_live_audience *a)
{
    if (c->out->count == c->cap) {
        hp_live_audience **grown = HP_NEW_ARRAY(c->mem, hp_live_audience *, c->cap * 2);
        memcpy(grown, c->out->items, c->out->count * sizeof(hp_live_audience *));
        c->out->items = grown;
        c->cap *= 2;
    }
    a->refs++;
    c->out->items[c->out->count++] = a;
}

static void collect_query(void *collecting, hp_live_query *q)
{
    collector *c = collecting;
    if (q->collected == c->event) return; /* found by the row before and by the row after */
    q->collected = c->event;
    for (hp_live_audience *a = q->audiences; a != NULL; a = a->next) collect_audience(c, a);
}

/* True if nobody but master and the users whom its ACL names can see the object. */
static bool for_users_only(const hp_row *row)
{
    enum { FEW = 64 };
    if (row == NULL) return true;
    if (!row->has_read_acl || row->reader_count > FEW) return false;
    for (size_t i = 0; i < row->reader_count; i++)
        if (hp_str_eq(row->readers[i], HP_STR("*")) || hp_str_starts(row->readers[i], HP_STR("role:"))) return false;
    return true;
}

static void collect_of_users(collector *c, const hp_live_table *t, const topic *tp, const hp_row *row)
{
    for (size_t i = 0; row != NULL && i < row->reader_count; i++) {
        const user *u = hp_map_get(t->users, row->readers[i]);
        for (hp_live_audience *a = u == NULL ? NULL : u->first; a != NULL; a = a->user_next) {
            if (a->query->topic != tp || a->collected == c->event) continue;
            a->collected = c->event;
            collect_audience(c, a);
        }
    }
}

void hp_live_table_collect(hp_live_table *t, const hp_call *call, hp_str class_name, const hp_row *before,
                           const hp_row *after, hp_arena *mem, hp_live_collected *out)
{
    enum { USUAL = 64 };
    const hp_row *const rows[] = { before, after };
    *out = (hp_live_collected){ .items = HP_NEW_ARRAY(mem, hp_live_audience *, USUAL) };
    pthread_mutex_lock(&t->lock);
    out->event = ++t->events;
    collector c = { .mem = mem, .out = out, .cap = USUAL, .event = out->event };
    topic *tp = hp_map_get(t->topics, class_name);
    if (tp != NULL && tp->schema != call->schema) make_trees(tp, call);
    if (tp != NULL && for_users_only(before) && for_users_only(after)) {
        for (size_t r = 0; r < 2; r++) collect_of_users(&c, t, tp, rows[r]);
        for (hp_live_audience *a = tp->masters; a != NULL; a = a->user_next) collect_audience(&c, a);
    } else if (tp != NULL) {
        hp_live_shelves_visit(&tp->shelves, before, after, collect_query, &c);
    }
    pthread_mutex_unlock(&t->lock);
}

void hp_live_table_tell(hp_live_table *t, const hp_live_audience *a, uint64_t event, int64_t committed_ms,
                        void (*tell)(void *user, hp_live_member *m), void *user_data)
{
    pthread_mutex_lock(&t->lock);
    for (hp_live_member *m = a->first; m != NULL; m = m->next)
        if (m->since < event && m->since_ms <= committed_ms) tell(user_data, m);
    pthread_mutex_unlock(&t->lock);
}

static bool overdraws(hp_live_client *c, size_t steps, int64_t now_ms)
{
    const size_t paid = (size_t)(now_ms - c->steps_ms) * HP_LIVE_CLIENT_STEPS_PER_MS;
    c->steps = (c->steps > paid ? c->steps - paid : 0) + steps;
    c->steps_ms = now_ms;
    return c->steps > HP_LIVE_CLIENT_STEPS_MAX;
}

/* Under the lock. True if `c` is being closed. */
static bool charge(hp_live_client *c, size_t steps, int64_t now_ms)
{
    if (!c->overdrawn && overdraws(c, steps, now_ms)) {
        c->overdrawn = true;
        hp_socket_close(c->socket, HP_CLOSE_POLICY, HP_STR("subscriptions that take too long"));
    }
    return c->overdrawn;
}

/* What is to be paid of so much more for this event: what goes beyond the free part. */
static size_t beyond_free(hp_live_toll *toll, uint64_t event, size_t more, size_t free_part)
{
    if (toll->event != event) *toll = (hp_live_toll){ .event = event };
    toll->taken += more;
    if (toll->taken <= free_part) return 0;
    const size_t beyond = toll->taken - free_part;
    return beyond < more ? beyond : more;
}

static size_t include_steps(hp_live_client *c, uint64_t event, size_t ms)
{
    enum { STEPS_PER_MS = 50000 }; /* query/effort.h */
    return beyond_free(&c->including, event, ms, HP_LIVE_INCLUDE_FREE_MS) * STEPS_PER_MS;
}

bool hp_live_table_charge_include(hp_live_table *t, const hp_live_audience *a, uint64_t event, size_t ms)
{
    hp_clock *clock = hp_clock_system();
    const int64_t now_ms = clock->monotonic_ms(clock);
    bool closed = false;
    pthread_mutex_lock(&t->lock);
    for (const hp_live_member *m = a->first; m != NULL; m = m->next)
        closed |= charge(m->client, include_steps(m->client, event, ms), now_ms);
    pthread_mutex_unlock(&t->lock);
    return closed;
}

/* A cheap share is not looked at: of a query that ten thousand ask that would cost more than the matching did. */
bool hp_live_table_charge(hp_live_table *t, const hp_live_query *q, uint64_t event, size_t steps)
{
    hp_clock *clock = hp_clock_system();
    const int64_t now_ms = clock->monotonic_ms(clock);
    bool closed = false;
    pthread_mutex_lock(&t->lock);
    const size_t share = q->members > 0 ? steps / q->members : 0;
    for (const hp_live_audience *a = q->audiences; share >= HP_LIVE_MATCH_CHEAP_STEPS && a != NULL; a = a->next)
        for (hp_live_member *m = a->first; m != NULL; m = m->next) {
            const size_t owed = beyond_free(&m->client->matching, event, share, HP_LIVE_MATCH_FREE_STEPS);
            closed |= owed > 0 && charge(m->client, owed, now_ms);
        }
    pthread_mutex_unlock(&t->lock);
    return closed;
}

bool hp_live_table_asked(hp_live_table *t, const hp_live_audience *a)
{
    bool asked = false;
    pthread_mutex_lock(&t->lock);
    for (const hp_live_member *m = a->first; m != NULL && !asked; m = m->next) asked = !m->client->overdrawn;
    pthread_mutex_unlock(&t->lock);
    return asked;
}

void hp_live_table_put_back(hp_live_table *t, hp_live_collected *c)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < c->count; i++) unref_audience(t, c->items[i]);
    pthread_mutex_unlock(&t->lock);
    c->count = 0;
}
