#include "core/call.h"

#include "auth/secret.h"
#include "core/core_internal.h"
#include "core/ip_list.h"
#include "core/schema.h"
#include "core/sessions.h"

static const hp_str NOBODY_GROUPS[] = { HP_STR_INIT("*") };

static hp_code unauthorized(hp_err *err) { return hp_fail_http(err, 403, "unauthorized"); }

/* The level that the keys open; a key from a foreign address is refused even where the request would not need it.
 * Every comparison is made, so that time does not tell which key was nearly right. */
static hp_code access_of(const hp_settings *s, const hp_credentials *cred, hp_access *out, hp_err *err)
{
    const struct {
        bool shown;
        hp_access access;
        const hp_ip_list *from;
    } keys[] = {
        { hp_secret_equal(cred->maintenance_key, s->maintenance_key), HP_ACCESS_MAINTENANCE, &s->maintenance_key_ips },
        { hp_secret_equal(cred->master_key, s->master_key), HP_ACCESS_MASTER, &s->master_key_ips },
        { hp_secret_equal(cred->master_key, s->read_only_master_key), HP_ACCESS_READ_ONLY,
          &s->read_only_master_key_ips },
    };
    *out = HP_ACCESS_CLIENT;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!keys[i].shown) continue;
        if (!hp_ip_allowed(keys[i].from, cred->peer)) return unauthorized(err);
        *out = keys[i].access;
        return HP_OK;
    }
    return HP_OK;
}

/* Where client keys are configured, one of them must be shown, each in its own place. */
static bool client_key_ok(const hp_settings *s, const hp_credentials *cred)
{
    const hp_str pairs[][2] = { { s->client_key, cred->client_key },
                                { s->javascript_key, cred->javascript_key },
                                { s->dot_net_key, cred->dot_net_key },
                                { s->rest_api_key, cred->rest_api_key } };
    bool configured = false, matched = false;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        configured |= hp_str_present(pairs[i][0]);
        matched |= hp_secret_equal(pairs[i][0], pairs[i][1]);
    }
    return matched || !configured;
}

static void open_call(hp_core *core, const hp_settings *settings, hp_arena *mem, hp_access access, hp_call *call)
{
    hp_clock *clock = core->parts.clock;
    *call = (hp_call){ .core = core,
                       .settings = settings,
                       .schema = hp_schema_ref_current(core),
                       .mem = mem,
                       .who = { .access = access, .groups = NOBODY_GROUPS, .group_count = 1 },
                       .context = hp_object(),
                       .now_ms = clock->now_ms(clock),
                       .read_ms = HP_NEW(mem, int64_t) };
}

hp_code hp_call_open(hp_core *core, const hp_credentials *cred, bool ignore_session, hp_arena *mem, hp_call *call,
                     hp_err *err)
{
    const hp_settings *settings = hp_core_settings(core);
    hp_access access = HP_ACCESS_CLIENT;

    *call = (hp_call){ 0 };
    if (!hp_secret_equal(cred->app_id, settings->app_id)) return unauthorized(err);
    HP_TRY(access_of(settings, cred, &access, err));
    if (access == HP_ACCESS_CLIENT && !client_key_ok(settings, cred)) return unauthorized(err);

    open_call(core, settings, mem, access, call);
    call->ip = cred->peer;
    const bool program = cred->key_in_header && access != HP_ACCESS_CLIENT && cred->installation_id.len == 0;
    call->who.installation_id = program ? HP_CLOUD_INSTALLATION : cred->installation_id;
    if (ignore_session) return HP_OK;

    const hp_code rc = hp_call_authenticate(call, cred->session_token, err);
    if (rc != HP_OK) hp_call_close(call);
    return rc;
}

hp_code hp_call_authenticate(hp_call *call, hp_str session_token, hp_err *err)
{
    if (hp_call_unrestricted(call) || session_token.len == 0) return HP_OK;
    return hp_sessions_authenticate(call, session_token, err);
}

hp_code hp_call_open_keyless(hp_core *core, const hp_credentials *cred, hp_arena *mem, hp_call *call, hp_err *err)
{
    open_call(core, hp_core_settings(core), mem, HP_ACCESS_CLIENT, call);
    call->ip = cred->peer;
    call->who.installation_id = cred->installation_id;
    if (cred->session_token.len == 0) return HP_OK;
    const hp_code rc = hp_sessions_authenticate(call, cred->session_token, err);
    if (rc != HP_OK) hp_call_close(call);
    return rc;
}

void hp_call_open_internal(hp_core *core, hp_arena *mem, hp_call *call)
{
    open_call(core, hp_core_settings(core), mem, HP_ACCESS_MASTER, call);
}

void hp_call_close(hp_call *call) { hp_call_replace_schema(call, NULL); }

hp_call hp_call_as_master(const hp_call *call)
{
    hp_call master = *call;
    master.who = (hp_principal){ .access = HP_ACCESS_MASTER,
                                 .installation_id = call->who.installation_id,
                                 .groups = NOBODY_GROUPS,
                                 .group_count = 1 };
    return master;
}

static hp_code master_required(hp_err *err)
{
    const hp_code rc = hp_fail_http(err, 403, "unauthorized: master key is required");
    err->permission = true;
    return rc;
}

hp_code hp_call_require_master(const hp_call *c, hp_err *err)
{
    return hp_call_is_master(c) ? HP_OK : master_required(err);
}

hp_code hp_call_require_full_master(const hp_call *c, hp_err *err)
{
    return c->who.access == HP_ACCESS_MASTER ? HP_OK : master_required(err);
}
