#include "live/view.h"

#include <stdlib.h>

enum { UNKNOWN_TOKEN_MS = 5000 }; /* how long a token that was no session is not asked for again */

struct hp_live_view {
    hp_arena *mem; /* owns what `grant` points to, and holds on to what it was decided with; NULL: nothing decided */
    hp_call call;
    const hp_schema *schema;
    hp_grant grant;
    hp_code rc;
    hp_err err;
    int64_t nobody_until_ms;
};

void hp_live_view_free(hp_live_view *v)
{
    if (v == NULL) return;
    hp_arena_free(v->mem);
    free(v);
}

/* The token, unless it was found to be nobody's a moment ago. */
static hp_live_identity present_identity(const hp_live_audience *a, int64_t now_ms)
{
    hp_live_identity who = a->who;
    if (now_ms < a->view->nobody_until_ms) who.session_token = HP_STR_NONE;
    return who;
}

static hp_code open_call(hp_live_audience *a, hp_core *core, hp_arena *mem, hp_call *call, hp_err *err)
{
    hp_clock *clock = hp_clock_system();
    const int64_t now_ms = clock->monotonic_ms(clock);
    const hp_live_identity who = present_identity(a, now_ms);
    bool known = false;
    HP_TRY(hp_live_call_open(core, &who, a->query->question.class_name, mem, call, &known, err));
    if (hp_str_present(who.session_token) && !who.master && !known)
        a->view->nobody_until_ms = now_ms + UNKNOWN_TOKEN_MS;
    return HP_OK;
}

/* The same session entry, classes and settings: the same decision. The view keeps them, so none of them can be another one in
 * the same place. */
static bool still_holds(const hp_live_view *v, const hp_call *call)
{
    return v->mem != NULL && v->call.who.groups == call->who.groups && v->schema == call->schema &&
           v->call.settings == call->settings;
}

static hp_code decide(hp_live_audience *a, hp_core *core, hp_err *err)
{
    enum { USUAL_BYTES = 512 };
    hp_live_view *v = a->view;
    hp_live_question q = a->query->question;
    q.watch = a->watch.items;
    q.watch_count = a->watch.count;

    hp_arena_free(v->mem);
    v->mem = hp_arena_new_sized(USUAL_BYTES);
    const hp_code rc = open_call(a, core, v->mem, &v->call, err);
    if (rc != HP_OK) { /* the store's */
        hp_arena_free(v->mem);
        v->mem = NULL;
        return rc;
    }
    v->err = (hp_err){ 0 };
    v->rc = hp_live_permit(&v->call, &q, &v->grant, &v->err);
    v->schema = v->call.schema;
    hp_call_close(&v->call);
    return HP_OK;
}

hp_code hp_live_view_look(hp_live_audience *a, hp_core *core, hp_arena *mem, hp_call *call, const hp_grant **grant,
                          hp_err *err)
{
    if (a->view == NULL) {
        a->view = calloc(1, sizeof *a->view);
        HP_ASSERT(a->view != NULL);
    }
    HP_TRY(open_call(a, core, mem, call, err));
    hp_code rc = HP_OK;
    if (!still_holds(a->view, call)) rc = decide(a, core, err);
    if (rc == HP_OK && a->view->rc != HP_OK) {
        *err = a->view->err;
        rc = a->view->rc;
    }
    if (rc != HP_OK) {
        hp_call_close(call);
        return rc;
    }
    *grant = &a->view->grant;
    return HP_OK;
}
