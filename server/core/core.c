#include "core/core.h"

#include <stdlib.h>

#include "base/log.h"
#include "core/core_internal.h"
#include "core/jobs.h"
#include "core/mail_queue.h"
#include "core/rate_limit.h"
#include "core/session_cache.h"
#include "core/system_classes.h"
#include "core/webhooks.h"

hp_code hp_core_new(const hp_core_parts *parts, hp_core **out, hp_err *err)
{
    *out = NULL;
    hp_core *core = calloc(1, sizeof *core);
    HP_ASSERT(core != NULL);
    core->parts = *parts;
    atomic_init(&core->settings, parts->settings);
    atomic_init(&core->schema_checked_ms, parts->clock->monotonic_ms(parts->clock));
    HP_ASSERT(pthread_mutex_init(&core->schema_lock, NULL) == 0);
    HP_ASSERT(pthread_mutex_init(&core->reload_lock, NULL) == 0);
    HP_ASSERT(pthread_mutex_init(&core->webhooks_lock, NULL) == 0);
    core->sessions = hp_session_cache_new(parts->settings->cache_ttl_ms, parts->settings->cache_entries_max);

    core->jobs = hp_jobs_new();
    if (parts->mailer != NULL) core->mails = hp_mail_queue_new(core);

    hp_code rc = hp_rate_table_new(hp_hooks_rate_limits(parts->hooks), &core->rates, err);
    if (rc == HP_OK) rc = hp_schema_reload(core, err);
    if (rc == HP_OK) rc = hp_system_classes_ensure(core, err);
    if (rc != HP_OK) {
        hp_core_free(core);
        return rc;
    }
    *out = core;
    return HP_OK;
}

void hp_core_free(hp_core *core)
{
    if (core == NULL) return;
    hp_jobs_free(core->jobs);
    hp_mail_queue_free(core->mails); /* jobs may have left it something */
    hp_session_cache_free(core->sessions);
    hp_rate_table_free(core->rates);
    hp_schema_unref(core->schema);
    (void)pthread_mutex_destroy(&core->reload_lock); /* fails only while somebody holds it, and nobody is left */
    (void)pthread_mutex_destroy(&core->schema_lock);
    (void)pthread_mutex_destroy(&core->webhooks_lock);
    free(core);
}

void hp_core_set_settings(hp_core *core, const hp_settings *settings)
{
    atomic_store_explicit(&core->settings, settings, memory_order_release);
}

const hp_settings *hp_core_settings(hp_core *core)
{
    return atomic_load_explicit(&core->settings, memory_order_acquire);
}

void hp_core_tell_outdated(hp_core *core, hp_memory what, hp_str user_id)
{
    const hp_event_sink *sink = core->events;
    if (sink != NULL && sink->outdated != NULL) sink->outdated(sink->user, what, user_id);
}

void hp_core_renew(hp_core *core, hp_memory what, hp_str user_id)
{
    hp_err err = { 0 };
    switch (what) {
    case HP_MEMORY_SESSIONS:
        if (hp_str_present(user_id))
            hp_session_cache_forget_user(core->sessions, user_id);
        else
            hp_session_cache_forget_all(core->sessions);
        break;
    case HP_MEMORY_SCHEMA: hp_schema_check(core); break;
    case HP_MEMORY_WEBHOOKS:
        if (hp_webhooks_load(core, &err) != HP_OK)
            hp_log(HP_LOG_ERROR, "webhooks_reload_failed", HP_F_TEXT("detail", err.detail));
        break;
    case HP_MEMORIES: break;
    }
}

void hp_core_notice_others(hp_core *core)
{
    static const hp_memory MEMORIES[HP_COUNTERS] = {
        [HP_COUNTER_SESSIONS] = HP_MEMORY_SESSIONS, [HP_COUNTER_WEBHOOKS] = HP_MEMORY_WEBHOOKS
    };
    int64_t counted[HP_COUNTERS];
    hp_err err = { 0 };

    if (hp_store_counters(core->parts.store, counted, &err) != HP_OK) return; /* whoever wants something will be told */
    for (int i = 0; i < HP_COUNTERS; i++) {
        const int64_t others = counted[i] - atomic_load(&core->raised[i]);
        if (atomic_exchange(&core->noticed[i], others) != others) hp_core_renew(core, MEMORIES[i], HP_STR_NONE);
    }
}

void hp_core_set_events(hp_core *core, const hp_event_sink *sink) { core->events = sink; }
