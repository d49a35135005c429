/* rest/objects.c — /classes, and the system classes' own routes over the same objects: /users, /roles, /sessions,
 * /installations. */
#include "core/objects.h"
#include "query/class.h"
#include "rest/route.h"

static hp_code find(const hp_rest_request *rq, hp_str class_name, hp_rest_answer *answer, hp_err *err)
{
    hp_arena *mem = rq->call->mem;
    hp_value params = hp_rest_params(rq), results;
    int64_t count;
    HP_TRY(hp_objects_find(rq->call, class_name, &params, &results, &count, err));
    hp_object_append(mem, &answer->body, HP_STR("results"), results);
    if (count >= 0) hp_object_append(mem, &answer->body, HP_STR("count"), hp_number((double)count));
    return HP_OK;
}

static hp_code get(const hp_rest_request *rq, hp_str class_name, hp_str object_id, hp_rest_answer *answer, hp_err *err)
{
    hp_value params = hp_rest_params(rq);
    return hp_objects_get(rq->call, class_name, object_id, &params, &answer->body, err);
}

static void answer_write(const hp_rest_request *rq, hp_str class_name, const hp_written *written,
                         hp_rest_answer *answer)
{
    hp_str name = hp_class_canonical_name(class_name);
    answer->body = written->body;
    if (!hp_str_present(written->object_id)) return;
    answer->status = written->created ? 201 : 200;
    answer->location =
        hp_str_eq(name, HP_STR("_User"))
            ? hp_rest_location(rq->call, HP_STR("users"), written->object_id)
            : hp_rest_location(rq->call, hp_arena_printf(rq->call->mem, "classes/%" HP_STR_FMT, HP_STR_ARG(name)),
                               written->object_id);
}

static hp_code create(const hp_rest_request *rq, hp_str class_name, hp_rest_answer *answer, hp_err *err)
{
    hp_written written;
    HP_TRY(hp_objects_create(rq->call, class_name, rq->body, &written, err));
    answer_write(rq, class_name, &written, answer);
    return HP_OK;
}

static hp_code update(const hp_rest_request *rq, hp_str class_name, hp_str object_id, hp_rest_answer *answer,
                      hp_err *err)
{
    hp_written written;
    HP_TRY(hp_objects_update(rq->call, class_name, object_id, rq->body, &written, err));
    answer->body = written.body;
    return HP_OK;
}

static hp_code delete (const hp_rest_request *rq, hp_str class_name, hp_str object_id, hp_err *err)
{
    return hp_objects_delete(rq->call, class_name, object_id, err);
}

/* /classes/:className[/:objectId] */
static hp_code class_find(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e)
{
    return find(rq, rq->params[0], a, e);
}
static hp_code class_create(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e)
{
    return create(rq, rq->params[0], a, e);
}
static hp_code class_get(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e)
{
    return get(rq, rq->params[0], rq->params[1], a, e);
}
static hp_code class_update(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e)
{
    return update(rq, rq->params[0], rq->params[1], a, e);
}
static hp_code class_delete(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e)
{
    (void)a;
    return delete (rq, rq->params[0], rq->params[1], e);
}

/* The same five for a class whose route names it. */
#define HP_SYSTEM_HANDLERS(prefix, class_name)                                              \
    static hp_code prefix##_find(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e)   \
    {                                                                                       \
        return find(rq, HP_STR(class_name), a, e);                                          \
    }                                                                                       \
    static hp_code prefix##_create(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e) \
    {                                                                                       \
        return create(rq, HP_STR(class_name), a, e);                                        \
    }                                                                                       \
    static hp_code prefix##_get(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e)    \
    {                                                                                       \
        return get(rq, HP_STR(class_name), rq->params[0], a, e);                            \
    }                                                                                       \
    static hp_code prefix##_update(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e) \
    {                                                                                       \
        return update(rq, HP_STR(class_name), rq->params[0], a, e);                         \
    }                                                                                       \
    static hp_code prefix##_delete(const hp_rest_request *rq, hp_rest_answer *a, hp_err *e) \
    {                                                                                       \
        (void)a;                                                                            \
        return delete (rq, HP_STR(class_name), rq->params[0], e);                           \
    }

HP_SYSTEM_HANDLERS(user, "_User")
HP_SYSTEM_HANDLERS(role, "_Role")
HP_SYSTEM_HANDLERS(session, "_Session")
HP_SYSTEM_HANDLERS(installation, "_Installation")

#define HP_SYSTEM_ROUTES(path, prefix)                                                                           \
    { HP_METHOD_GET, path, HP_NEED_APP, prefix##_find }, { HP_METHOD_POST, path, HP_NEED_APP, prefix##_create }, \
        { HP_METHOD_GET, path "/:objectId", HP_NEED_APP, prefix##_get },                                         \
        { HP_METHOD_PUT, path "/:objectId", HP_NEED_APP, prefix##_update },                                      \
    {                                                                                                            \
        HP_METHOD_DELETE, path "/:objectId", HP_NEED_APP, prefix##_delete                                        \
    }

const hp_route HP_ROUTES_OBJECTS[] = {
    { HP_METHOD_GET, "classes/:className", HP_NEED_APP, class_find },
    { HP_METHOD_POST, "classes/:className", HP_NEED_APP, class_create },
    { HP_METHOD_GET, "classes/:className/:objectId", HP_NEED_APP, class_get },
    { HP_METHOD_PUT, "classes/:className/:objectId", HP_NEED_APP, class_update },
    { HP_METHOD_DELETE, "classes/:className/:objectId", HP_NEED_APP, class_delete },
    HP_SYSTEM_ROUTES("roles", role),
    HP_SYSTEM_ROUTES("installations", installation),
    HP_SYSTEM_ROUTES("users", user),
    HP_SYSTEM_ROUTES("sessions", session),
    { 0 },
};
