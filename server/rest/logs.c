/* rest/logs.c — /scriptlog: the latest lines of this server's log, as Parse Dashboard and the PHP SDK ask for them. */
#include "base/log_recent.h"
#include "rest/route.h"
#include "value/date.h"

static const int64_t WEEK_MS = INT64_C(7) * 24 * 60 * 60 * 1000;
enum { LINES_DEFAULT = 10 };

/* What Parse Server calls the levels; the first four in the order of hp_log_level. */
static const struct {
    hp_str name;
    hp_log_level level;
} LEVELS[] = {
    { HP_STR_INIT("error"), HP_LOG_ERROR }, { HP_STR_INIT("warn"), HP_LOG_WARN },
    { HP_STR_INIT("info"), HP_LOG_INFO },   { HP_STR_INIT("verbose"), HP_LOG_DEBUG },
    { HP_STR_INIT("debug"), HP_LOG_DEBUG }, { HP_STR_INIT("silly"), HP_LOG_DEBUG },
};

static hp_code read_level(const hp_value *params, hp_log_level *out, hp_err *err)
{
    const hp_value *given = hp_object_get(params, HP_STR("level"));
    if (hp_is_null(given)) return HP_OK;
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++)
        if (hp_is(given, HP_STRING) && hp_str_eq(given->string, LEVELS[i].name)) {
            *out = LEVELS[i].level;
            return HP_OK;
        }
    return hp_fail(err, HP_E_INVALID_QUERY, "level must be error, warn, info, verbose, debug or silly.");
}

/* A date as ISO text, as Date, or as milliseconds. */
static hp_code read_time(const hp_value *params, hp_str name, int64_t *out, hp_err *err)
{
    const hp_value *given = hp_object_get(params, name);
    if (hp_is_null(given) || (hp_is(given, HP_STRING) && hp_date_parse(given->string, out))) return HP_OK;
    if (hp_is(given, HP_DATE)) {
        *out = given->date.ms;
        return HP_OK;
    }
    if (hp_is(given, HP_NUMBER) && given->number >= 0 && given->number <= (double)HP_DATE_MS_MAX) {
        *out = (int64_t)given->number;
        return HP_OK;
    }
    return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " must be a date.", HP_STR_ARG(name));
}

static hp_code read_count(const hp_value *params, size_t *out, hp_err *err)
{
    const hp_value *given = hp_object_get(params, HP_STR("size"));
    if (hp_is_null(given)) given = hp_object_get(params, HP_STR("n"));
    if (hp_is_null(given)) return HP_OK;
    if (!hp_is(given, HP_NUMBER) || given->number < 0 || given->number > 1e9)
        return hp_fail(err, HP_E_INVALID_QUERY, "size must be a number that is not negative.");
    *out = (size_t)given->number;
    return HP_OK;
}

static hp_code script_log(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_arena *mem = rq->call->mem;
    const hp_value params = hp_rest_params(rq);
    hp_log_entry *entries;
    hp_log_query q = { .level = HP_LOG_INFO,
                       .from_ms = rq->call->now_ms - WEEK_MS,
                       .until_ms = INT64_MAX,
                       .max = LINES_DEFAULT,
                       .oldest_first = hp_str_eq(hp_object_text(&params, HP_STR("order")), HP_STR("asc")) };
    HP_TRY(read_level(&params, &q.level, err));
    HP_TRY(read_time(&params, HP_STR("from"), &q.from_ms, err));
    HP_TRY(read_time(&params, HP_STR("until"), &q.until_ms, err));
    HP_TRY(read_count(&params, &q.max, err));

    const size_t count = hp_log_recent(&q, mem, &entries);
    answer->body = hp_array();
    for (size_t i = 0; i < count; i++) {
        char time[HP_DATE_TEXT_LEN + 1];
        hp_value line = hp_object();
        const size_t len = hp_date_format(entries[i].at_ms, time);
        hp_object_append(mem, &line, HP_STR("level"), hp_string(LEVELS[entries[i].level].name));
        hp_object_append(mem, &line, HP_STR("message"), hp_string(entries[i].message));
        hp_object_append(mem, &line, HP_STR("timestamp"), hp_string(hp_arena_str(mem, (hp_str){ time, len })));
        hp_array_push(mem, &answer->body, line);
    }
    return HP_OK;
}

const hp_route HP_ROUTES_LOGS[] = {
    { HP_METHOD_GET, "scriptlog", HP_NEED_MASTER, script_log },
    { 0 },
};
