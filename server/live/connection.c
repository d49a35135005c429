/* live/connection.c — one socket's conversation: connect, then subscribe, update and unsubscribe in any order.
 *
 * One worker at a time runs for a socket, so its state needs no lock but where the event thread reads it (live/table.h). No error
 * closes a socket, but for one user's connection too many: clients take a closed socket for a reason to come back. */
#include <math.h>
#include <stdlib.h>

#include "auth/secret.h"
#include "base/log.h"
#include "base/rand.h"
#include "core/ip_list.h"
#include "core/live_triggers.h"
#include "live/answer.h"
#include "live/live_internal.h"
#include "value/json.h"

enum { ANSWER_BYTES_MAX = 4096, INSTALLATION_ID_BYTES_MAX = 256 };
enum { LARGEST_MESSAGES = 8 }; /* that a connection's subscriptions may have together */

typedef struct connection {
    hp_live_client client;
    bool connected, master;
    hp_arena *mem; /* of the last connect: owns the next three */
    hp_str session_token, installation_id, client_id;
    struct connection *next, *prev; /* of all open ones */
} connection;

typedef struct turn { /* one message being answered */
    hp_live *l;
    connection *c;
    hp_arena *mem;
    const hp_settings *settings;
    size_t bytes; /* of the message */
    hp_live_message m;
} turn;

/* ---- answers ---- */

static void send_text(const turn *t, const hp_buf *text)
{
    (void)hp_socket_send(t->c->client.socket, hp_buf_str(text), NULL);
}

static void refuse(const turn *t, const hp_err *err, bool reconnect, double request_id)
{
    hp_buf text;
    hp_buf_init(&text, ANSWER_BYTES_MAX);
    hp_live_write_error(&text, hp_live_error_text(t->settings, err, reconnect, t->mem), request_id);
    send_text(t, &text);
    hp_buf_done(&text);
    (void)atomic_fetch_add(&t->l->refused, 1);
    hp_log(err->code == HP_E_INTERNAL && err->detail[0] != '\0' ? HP_LOG_ERROR : HP_LOG_DEBUG, "live_message_refused",
           HP_F_INT("code", err->code), HP_F_TEXT("error", err->msg), HP_F_TEXT("detail", err->detail));
}

/* An error of the protocol itself: its code is no Parse code, and the client is to begin anew. */
static void refuse_message(const turn *t, int code, const char *text)
{
    hp_err err = { 0 };
    HP_IGNORE(hp_fail(&err, (hp_code)code, "%s", text));
    refuse(t, &err, true, (double)NAN);
}

enum { ERROR_MESSAGE = 1, ERROR_STATE = 2, ERROR_KEY = 4 }; /* codes of the protocol */

/* ---- connect ---- */

static bool keys_ok(const hp_settings *s, const hp_value *all, bool *master)
{
    const hp_value *pairs = &s->live.key_pairs;
    bool shown = hp_is_null(pairs) || pairs->object.count == 0;
    *master = false;
    for (uint32_t i = 0; hp_is(pairs, HP_OBJECT) && i < pairs->object.count; i++) {
        const hp_member *m = &pairs->object.items[i];
        const bool right = hp_secret_equal(hp_text(&m->value), hp_object_text(all, m->key));
        shown |= right;
        *master |= right && hp_str_eq(m->key, HP_STR("masterKey"));
    }
    return shown;
}

static hp_str make_client_id(hp_arena *mem)
{
    uint8_t r[16];
    hp_rand *rand = hp_rand_system();
    HP_ASSERT(rand->fill(rand, r, sizeof r));
    r[6] = (uint8_t)((r[6] & 0x0F) | 0x40); /* version 4 of RFC 9562 */
    r[8] = (uint8_t)((r[8] & 0x3F) | 0x80);
    return hp_arena_printf(mem, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1],
                           r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}

/* Whoever connects, as beforeConnect and the count of a user's connections see him. */
static hp_code open_connect_call(const turn *t, bool master, hp_call *call, hp_err *err)
{
    const hp_live_identity who = { .session_token = t->m.session_token, .master = master };
    bool known;
    HP_TRY(hp_live_call_open(t->l->core, &who, HP_STR_NONE, t->mem, call, &known, err));
    call->ip = hp_socket_client(t->c->client.socket);
    call->who.installation_id = hp_object_text(t->m.all, HP_STR("installationId"));
    return HP_OK;
}

static void introduce(const turn *t, bool master)
{
    enum { USUAL_BYTES = 256 };
    connection *c = t->c;
    hp_buf text;
    hp_buf_init(&text, ANSWER_BYTES_MAX);

    hp_arena *mem = hp_arena_new_sized(USUAL_BYTES);
    hp_arena_free(c->mem);
    c->mem = mem;
    c->client_id = make_client_id(mem);
    c->session_token = hp_arena_str(mem, t->m.session_token);
    c->installation_id = hp_arena_str(mem, hp_object_text(t->m.all, HP_STR("installationId")));
    c->master = master;
    hp_live_write_introduction(&text, c->client_id, c->installation_id);
    hp_live_table_reset(t->l->table, &c->client, hp_buf_str(&text));
    hp_buf_clear(&text);
    hp_live_write_connected(&text, c->client.introduction);
    send_text(t, &text);
    hp_buf_done(&text);
    if (!c->connected) (void)atomic_fetch_add(&t->l->clients, 1);
    c->connected = true;
}

static void connect(turn *t)
{
    const size_t max = t->settings->live.sockets_per_user_max;
    hp_err err = { 0 };
    hp_call call;
    bool master, too_many = false;

    if (hp_object_text(t->m.all, HP_STR("installationId")).len > INSTALLATION_ID_BYTES_MAX) {
        refuse_message(t, ERROR_MESSAGE, "installationId is too long");
        return;
    }
    if (!keys_ok(t->settings, t->m.all, &master)) {
        refuse_message(t, ERROR_KEY, "Key in request is not valid");
        return;
    }
    master = master && hp_ip_allowed(&t->settings->master_key_ips, hp_socket_client(t->c->client.socket));
    hp_code rc = open_connect_call(t, master, &call, &err);
    if (rc == HP_OK) {
        rc = hp_live_before_connect(&call, &err);
        if (rc == HP_OK && !hp_live_table_count_user(t->l->table, &t->c->client, call.who.user_id, max)) {
            rc = hp_fail(&err, HP_E_REQUEST_LIMIT_EXCEEDED, "This user has too many live query connections.");
            too_many = true;
        } else if (rc == HP_OK) {
            introduce(t, master);
        }
        hp_call_close(&call);
    }
    if (rc != HP_OK) refuse(t, &err, false, (double)NAN);
    if (too_many) hp_socket_close(t->c->client.socket, HP_CLOSE_POLICY, HP_STR("too many connections of this user"));
}

/* ---- subscribe, update ---- */

static bool may_have_another(const turn *t)
{
    const connection *c = t->c;
    if (c->client.count < t->settings->live.subscriptions_max) return true;
    for (const hp_live_member *m = c->client.first; m != NULL; m = m->next_own)
        if (m->request_id == t->m.request_id) return true; /* it takes the place of that one */
    return false;
}

static hp_live_asked asked_by(const turn *t, const hp_call *call, hp_live_identity who)
{
    return (hp_live_asked){ .question = { .class_name = hp_class_canonical_name(t->m.class_name),
                                          .where = t->m.where,
                                          .watch = t->m.watch.items,
                                          .watch_count = t->m.watch.count },
                            .who = who,
                            .user_id = call->who.user_id,
                            .keys = t->m.keys,
                            .watch = t->m.watch,
                            .include = t->m.include,
                            .has_keys = t->m.has_keys,
                            .bytes = t->bytes,
                            .call = call };
}

static hp_code run_code(turn *t, hp_call *call, hp_err *err)
{
    const hp_str class_name = hp_class_canonical_name(t->m.class_name);
    hp_value *query = hp_object_get(t->m.all, HP_STR("query"));
    if (!hp_live_triggered(call, HP_TRIGGER_BEFORE_SUBSCRIBE, class_name)) return HP_OK;
    HP_TRY(hp_live_before_subscribe(call, class_name, &query, err));
    return hp_live_query_read(query, t->mem, &t->m, err) ? HP_OK : err->code;
}

static hp_code subscribe_as(turn *t, hp_live_identity who, hp_call *call, hp_err *err)
{
    hp_buf answer;
    hp_grant grant;

    HP_TRY(run_code(t, call, err));
    hp_live_asked asked = asked_by(t, call, who);
    HP_TRY(hp_live_permit(call, &asked.question, &grant, err));
    if (t->m.where->tag != HP_OBJECT) return hp_fail(err, HP_E_INVALID_QUERY, "where must be an object.");
    if (!may_have_another(t))
        return hp_fail(err, HP_E_REQUEST_LIMIT_EXCEEDED, "A connection may have at most %zu subscriptions.",
                       t->settings->live.subscriptions_max);
    hp_buf_init(&answer, ANSWER_BYTES_MAX);
    hp_live_write_done(&answer, HP_STR("subscribed"), t->c->client.introduction, t->m.request_id);
    const hp_code rc =
        hp_live_table_subscribe(t->l->table, &t->c->client, t->m.request_id, &asked,
                                LARGEST_MESSAGES * t->settings->live.message_bytes_max, hp_buf_str(&answer), err);
    hp_buf_done(&answer);
    return rc;
}

static void subscribe(turn *t)
{
    const bool own = hp_str_present(t->m.session_token);
    hp_live_identity who = { .session_token = own ? t->m.session_token : t->c->session_token, .master = t->c->master };
    const hp_str class_name = hp_class_canonical_name(t->m.class_name);
    hp_err err = { 0 };
    hp_call call;
    bool known;

    hp_code rc = hp_live_call_open(t->l->core, &who, class_name, t->mem, &call, &known, &err);
    if (rc == HP_OK) {
        who.master = call.who.access == HP_ACCESS_MASTER;
        call.ip = hp_socket_client(t->c->client.socket);
        call.who.installation_id = t->c->installation_id;
        rc = subscribe_as(t, who, &call, &err);
        hp_call_close(&call);
    }
    if (rc != HP_OK) refuse(t, &err, false, t->m.request_id);
}

static bool is_subscribed(const turn *t)
{
    for (const hp_live_member *m = t->c->client.first; m != NULL; m = m->next_own)
        if (m->request_id == t->m.request_id) return true;
    return false;
}

static void refuse_unknown(const turn *t)
{
    const hp_value id = hp_number(t->m.request_id);
    const hp_str text =
        hp_arena_printf(t->mem,
                        "Cannot find subscription with clientId %" HP_STR_FMT " subscriptionId %" HP_STR_FMT
                        ". Make sure you subscribe to live query server before unsubscribing.",
                        HP_STR_ARG(t->c->client_id), HP_STR_ARG(hp_json_text(t->mem, &id)));
    refuse_message(t, ERROR_STATE, text.ptr);
}

static void unsubscribe(turn *t)
{
    hp_buf answer;
    if (!hp_live_table_unsubscribe(t->l->table, &t->c->client, t->m.request_id)) {
        refuse_unknown(t);
        return;
    }
    hp_buf_init(&answer, ANSWER_BYTES_MAX);
    hp_live_write_done(&answer, HP_STR("unsubscribed"), t->c->client.introduction, t->m.request_id);
    send_text(t, &answer);
    hp_buf_done(&answer);
}

/* ---- the service ---- */

static void answer(turn *t)
{
    if (t->m.op == HP_LIVE_CONNECT) {
        connect(t);
    } else if (!t->c->connected) {
        refuse_message(t, ERROR_STATE,
                       t->m.op == HP_LIVE_UNSUBSCRIBE
                           ? "Can not find this client, make sure you connect to server before unsubscribing"
                           : "Can not find this client, make sure you connect to server before subscribing");
    } else if (t->m.op == HP_LIVE_UNSUBSCRIBE) {
        unsubscribe(t);
    } else {
        if (t->m.op == HP_LIVE_UPDATE && !is_subscribed(t)) refuse_unknown(t); /* and is then subscribed: Parse */
        subscribe(t);
    }
}

void hp_live_socket_message(void *user, hp_socket *s, hp_str data, bool binary)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_live *l = user;
    turn t = { .l = l, .c = hp_socket_state(s), .mem = mem, .settings = hp_core_settings(l->core), .bytes = data.len };
    hp_err err = { 0 };

    (void)atomic_fetch_add(&l->messages, 1);
    if (binary) {
        refuse_message(&t, ERROR_MESSAGE, "Invalid type: string (expected object)");
        return;
    }
    switch (hp_live_message_read(data, mem, &t.m, &err)) {
    case HP_LIVE_READ: answer(&t); break;
    case HP_LIVE_NOT_JSON: hp_log(HP_LOG_DEBUG, "live_message_not_json", HP_F_TEXT("error", err.msg)); break;
    case HP_LIVE_REFUSED: refuse_message(&t, ERROR_MESSAGE, err.msg); break;
    }
}

void hp_live_socket_opened(void *user, hp_socket *s)
{
    hp_live *l = user;
    connection *c = calloc(1, sizeof *c);
    HP_ASSERT(c != NULL);
    c->client.socket = hp_socket_ref(s);
    hp_socket_set_state(s, c);

    pthread_mutex_lock(&l->lock);
    c->next = l->connections;
    if (c->next != NULL) c->next->prev = c;
    l->connections = c;
    pthread_mutex_unlock(&l->lock);
}

static void unlink_connection(hp_live *l, connection *c)
{
    pthread_mutex_lock(&l->lock);
    if (c->next != NULL) c->next->prev = c->prev;
    *(c->prev != NULL ? &c->prev->next : &l->connections) = c->next;
    pthread_mutex_unlock(&l->lock);
}

void hp_live_send_back(hp_live *l, hp_str reason)
{
    pthread_mutex_lock(&l->lock);
    for (connection *c = l->connections; c != NULL; c = c->next)
        hp_socket_close(c->client.socket, HP_CLOSE_TRY_AGAIN, reason);
    pthread_mutex_unlock(&l->lock);
}

void hp_live_socket_closed(void *user, hp_socket *s)
{
    hp_live *l = user;
    connection *c = hp_socket_state(s);
    unlink_connection(l, c);
    hp_live_table_reset(l->table, &c->client, HP_STR_NONE);
    if (c->connected) (void)atomic_fetch_sub(&l->clients, 1);
    hp_socket_unref(c->client.socket);
    hp_arena_free(c->mem);
    free(c);
}

/* ---- who may become a socket ---- */

static bool path_ok(const hp_settings *s, hp_str path)
{
    if (path.len > 1 && hp_str_ends(path, HP_STR("/"))) path.len--;
    return hp_str_eq(path, HP_STR("/")) || hp_str_eq_nocase(path, s->mount_path);
}

/* Browsers say where their page is from; others say nothing, and need not be believed if they do. */
static bool origin_ok(const hp_settings *s, hp_str origin)
{
    if (!hp_str_present(origin) || s->allow_origin.count == 0) return true;
    for (size_t i = 0; i < s->allow_origin.count; i++)
        if (hp_str_eq(s->allow_origin.items[i], HP_STR("*")) || hp_str_eq(s->allow_origin.items[i], origin))
            return true;
    return false;
}

static bool turn_away(hp_http_reply *refusal, int status, const char *text)
{
    refusal->status = status;
    refusal->content_type = HP_STR("application/json; charset=utf-8");
    hp_buf_printf(&refusal->body, "{\"error\":\"%s\"}", text);
    return false;
}

bool hp_live_socket_admit(void *user, const hp_http_request *rq, hp_str *client, hp_http_reply *refusal)
{
    const hp_live *l = user;
    const hp_settings *s = hp_core_settings(l->core);
    if (!path_ok(s, rq->path)) return turn_away(refusal, 404, "Not Found");
    if (!origin_ok(s, hp_http_header_get(rq, HP_STR("Origin")))) return turn_away(refusal, 403, "origin not allowed");
    *client = hp_ip_client(&s->trusted_proxies, *client, hp_http_header_all(rq, HP_STR("X-Forwarded-For")));
    return true;
}
