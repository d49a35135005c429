#include "core/mail_queue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"
#include "core/core_internal.h"

enum { ATTEMPTS = 3, FIRST_PAUSE_S = 1, PAUSE_FACTOR = 4, SHUTDOWN_MS = 10000 };

typedef struct entry entry;
struct entry { /* lives in its own arena */
    entry *next;
    hp_arena *mem;
    hp_mail_order order;
};

struct hp_mail_queue {
    hp_core *core;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* an order came, or the end */
    entry *first, **last;
    size_t count;
    bool ending;
    int64_t end_ms; /* monotonic; set with `ending` */
};

static int64_t monotonic_ms(void) { return hp_clock_system()->monotonic_ms(hp_clock_system()); }

static void free_entry(entry *e)
{
    if (hp_str_present(e->order.token)) hp_wipe((char *)(uintptr_t)e->order.token.ptr, e->order.token.len);
    hp_arena_free(e->mem);
}

/* The next order, or NULL at the end. */
static entry *take(hp_mail_queue *q)
{
    entry *e;
    (void)pthread_mutex_lock(&q->lock);
    while (q->first == NULL && !q->ending) (void)pthread_cond_wait(&q->changed, &q->lock);
    e = q->first;
    if (e != NULL) {
        q->first = e->next;
        if (q->first == NULL) q->last = &q->first;
        q->count--;
    }
    (void)pthread_mutex_unlock(&q->lock);
    return e;
}

/* False when the end comes instead: there is no second attempt then. */
static bool pause_for(hp_mail_queue *q, time_t seconds)
{
    struct timespec until;
    int rc = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    (void)pthread_mutex_lock(&q->lock);
    while (!q->ending && rc != ETIMEDOUT) rc = pthread_cond_timedwait(&q->changed, &q->lock, &until);
    const bool go_on = !q->ending;
    (void)pthread_mutex_unlock(&q->lock);
    return go_on;
}

static void log_lost(const hp_mail *mail, const hp_err *err)
{
    hp_log(HP_LOG_ERROR, "mail_lost",
           HP_F_TEXT("kind", mail->kind == HP_MAIL_VERIFICATION ? "verification" : "password reset"),
           HP_F_TEXT("detail", err->detail));
}

static void send_mail(hp_mail_queue *q, const hp_mail *mail)
{
    time_t pause_s = FIRST_PAUSE_S;
    for (int attempt = 1;; attempt++, pause_s *= PAUSE_FACTOR) {
        hp_err err = { 0 };
        bool again = false;
        if (hp_mailer_send(q->core->parts.mailer, mail, &again, &err) == HP_OK) return;
        if (again && attempt < ATTEMPTS && pause_for(q, pause_s)) continue;
        log_lost(mail, &err);
        return;
    }
}

static void carry_out(hp_mail_queue *q, entry *e)
{
    hp_call call;
    hp_err err = { 0 };
    hp_mail mail = { .kind = e->order.kind };
    bool wanted = false;

    hp_call_open_internal(q->core, e->mem, &call);
    const hp_code rc = hp_mail_order_write(&call, &e->order, &mail, &wanted, &err);
    if (rc != HP_OK)
        log_lost(&mail, &err);
    else if (wanted)
        send_mail(q, &mail);
    hp_call_close(&call);
}

static bool time_is_up(hp_mail_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    const bool up = q->ending && monotonic_ms() >= q->end_ms;
    (void)pthread_mutex_unlock(&q->lock);
    return up;
}

static void *run(void *arg)
{
    hp_mail_queue *q = arg;
    int64_t dropped = 0;
    for (entry *e = take(q); e != NULL; e = take(q)) {
        if (time_is_up(q))
            dropped++;
        else
            carry_out(q, e);
        free_entry(e);
    }
    if (dropped > 0) hp_log(HP_LOG_ERROR, "mails_dropped", HP_F_INT("count", dropped));
    return NULL;
}

hp_mail_queue *hp_mail_queue_new(hp_core *core)
{
    hp_mail_queue *q = calloc(1, sizeof *q);
    pthread_condattr_t monotonic;
    sigset_t all, before;

    HP_ASSERT(q != NULL);
    q->core = core;
    q->last = &q->first;
    HP_ASSERT(pthread_mutex_init(&q->lock, NULL) == 0);
    HP_ASSERT(pthread_condattr_init(&monotonic) == 0);
    HP_ASSERT(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    HP_ASSERT(pthread_cond_init(&q->changed, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    (void)sigfillset(&all); /* signals are for the main thread, which may not have blocked them yet */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    HP_ASSERT(pthread_create(&q->thread, NULL, run, q) == 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return q;
}

bool hp_mail_queue_add(hp_mail_queue *q, const hp_mail_order *order)
{
    hp_arena *mem = hp_arena_new();
    entry *e = HP_NEW(mem, entry);
    *e = (entry){ .mem = mem, .order = *order };
    e->order.key = hp_arena_str(mem, order->key);
    e->order.address = hp_arena_str(mem, order->address);
    e->order.token = hp_arena_str(mem, order->token);

    (void)pthread_mutex_lock(&q->lock);
    const bool room = q->count < HP_MAILS_MAX && !q->ending;
    if (room) {
        *q->last = e;
        q->last = &e->next;
        q->count++;
        (void)pthread_cond_signal(&q->changed);
    }
    (void)pthread_mutex_unlock(&q->lock);
    if (room) return true;
    free_entry(e);
    hp_log0(HP_LOG_ERROR, "mail_queue_full");
    return false;
}

void hp_mail_queue_free(hp_mail_queue *q)
{
    if (q == NULL) return;
    (void)pthread_mutex_lock(&q->lock);
    q->ending = true;
    q->end_ms = monotonic_ms() + SHUTDOWN_MS;
    (void)pthread_cond_broadcast(&q->changed);
    (void)pthread_mutex_unlock(&q->lock);
    (void)pthread_join(q->thread, NULL);
    (void)pthread_cond_destroy(&q->changed);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}
