#include "query/expression_dates.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "value/date.h"

hp_code hp_expr_date_give(const hp_expr_scope *s, double ms, const hp_value **out)
{
    if (!(fabs(ms) <= (double)HP_DATE_MS_MAX))
        return hp_fail(s->err, HP_E_INVALID_QUERY, "The result is beyond the range of dates.");
    *out = hp_value_new(s->run->mem, hp_date((int64_t)ms));
    return HP_OK;
}

static hp_code bad(const hp_expr_scope *s, const hp_expr *e, const char *what)
{
    return hp_fail(s->err, HP_E_INVALID_QUERY, "%s: %s", e->op->name, what);
}

/* "+05:30", "-08", "UTC": minutes east of Greenwich. Time zone names would need their tables, and are refused. */
static bool read_zone(hp_str zone, int *minutes)
{
    int64_t hour, minute = 0;
    *minutes = 0;
    if (hp_str_eq(zone, HP_STR("UTC")) || hp_str_eq(zone, HP_STR("GMT")) || hp_str_eq(zone, HP_STR("Z"))) return true;
    if (zone.len < 3 || (zone.ptr[0] != '+' && zone.ptr[0] != '-')) return false;
    hp_str rest = hp_str_sub(zone, 3, SIZE_MAX);
    if (!hp_str_to_int64(hp_str_sub(zone, 1, 2), 0, 23, &hour)) return false;
    if (rest.len > 0 && rest.ptr[0] == ':') rest = hp_str_sub(rest, 1, SIZE_MAX);
    if (rest.len > 0 && (rest.len != 2 || !hp_str_to_int64(rest, 0, 59, &minute))) return false;
    *minutes = (int)(hour * 60 + minute) * (zone.ptr[0] == '-' ? -1 : 1);
    return true;
}

static hp_code zone_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, int *minutes, bool *is_null)
{
    const hp_value *zone;
    *minutes = 0;
    if (i >= e->arg_count || e->args[i] == NULL) return HP_OK;
    HP_TRY(hp_expr_arg(s, e, i, &zone));
    if (hp_is_null(zone)) {
        *is_null = true;
        return HP_OK;
    }
    if (!hp_is(zone, HP_STRING) || !read_zone(zone->string, minutes))
        return bad(s, e, "a timezone is UTC or an offset such as +02:00; names are not supported.");
    return HP_OK;
}

static hp_code date_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, int64_t *ms, bool *is_null)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, i, &v));
    if (hp_is_null(v)) {
        *is_null = true;
        return HP_OK;
    }
    if (v->tag != HP_DATE) return bad(s, e, "the value is no date.");
    *ms = v->date.ms;
    return HP_OK;
}

/* ---- parts ---- */

static int iso_weekday(const hp_date_parts *p) { return p->weekday == 1 ? 7 : p->weekday - 1; }

/* The week that holds the year's Thursday, and the year that it belongs to. */
static int iso_week(const hp_date_parts *p, int64_t *year)
{
    hp_date_parts thursday = *p;
    thursday.day += 4 - iso_weekday(p);
    thursday = hp_date_split(hp_date_join(&thursday));
    *year = thursday.year;
    return (thursday.day_of_year - 1) / 7 + 1;
}

/* Weeks begin on Sundays; the days before the year's first one are week 0. */
static int sunday_week(const hp_date_parts *p) { return (p->day_of_year - 1 + 7 - (p->weekday - 1)) / 7; }

static double part_of(const char *name, const hp_date_parts *p)
{
    int64_t year = 0;
    const int week = iso_week(p, &year);
    if (strcmp(name, "$year") == 0) return (double)p->year;
    if (strcmp(name, "$month") == 0) return p->month;
    if (strcmp(name, "$dayOfMonth") == 0) return p->day;
    if (strcmp(name, "$dayOfWeek") == 0) return p->weekday;
    if (strcmp(name, "$dayOfYear") == 0) return p->day_of_year;
    if (strcmp(name, "$hour") == 0) return p->hour;
    if (strcmp(name, "$minute") == 0) return p->minute;
    if (strcmp(name, "$second") == 0) return p->second;
    if (strcmp(name, "$millisecond") == 0) return p->ms;
    if (strcmp(name, "$week") == 0) return sunday_week(p);
    if (strcmp(name, "$isoDayOfWeek") == 0) return iso_weekday(p);
    if (strcmp(name, "$isoWeek") == 0) return week;
    return (double)year; /* $isoWeekYear */
}

HP_EVAL(op_part)
{
    int64_t ms = 0;
    int zone = 0;
    bool is_null = false;
    HP_TRY(date_arg(s, e, 0, &ms, &is_null));
    HP_TRY(zone_arg(s, e, 1, &zone, &is_null));
    if (is_null) return hp_expr_give(s, hp_null(), out);
    const hp_date_parts p = hp_date_split(ms + zone * INT64_C(60000));
    return hp_expr_give(s, hp_number(part_of(e->op->name, &p)), out);
}

/* ---- text ---- */

static bool write_part(hp_buf *b, char c, const hp_date_parts *p, int zone)
{
    int64_t year;
    const int week = iso_week(p, &year), off = zone < 0 ? -zone : zone;
    switch (c) {
    case 'Y': hp_buf_printf(b, "%04lld", (long long)p->year); return true;
    case 'm': hp_buf_printf(b, "%02d", p->month); return true;
    case 'd': hp_buf_printf(b, "%02d", p->day); return true;
    case 'H': hp_buf_printf(b, "%02d", p->hour); return true;
    case 'M': hp_buf_printf(b, "%02d", p->minute); return true;
    case 'S': hp_buf_printf(b, "%02d", p->second); return true;
    case 'L': hp_buf_printf(b, "%03d", p->ms); return true;
    case 'j': hp_buf_printf(b, "%03d", p->day_of_year); return true;
    case 'w': hp_buf_printf(b, "%d", p->weekday); return true;
    case 'u': hp_buf_printf(b, "%d", iso_weekday(p)); return true;
    case 'U': hp_buf_printf(b, "%02d", sunday_week(p)); return true;
    case 'V': hp_buf_printf(b, "%02d", week); return true;
    case 'G': hp_buf_printf(b, "%04lld", (long long)year); return true;
    case 'z': hp_buf_printf(b, "%c%02d%02d", zone < 0 ? '-' : '+', off / 60, off % 60); return true;
    case 'Z': hp_buf_printf(b, "%d", zone); return true;
    case '%': hp_buf_add_char(b, '%'); return true;
    default: return false;
    }
}

HP_EVAL(op_to_string) /* {format, date, timezone, onNull} */
{
    const hp_value *format;
    int64_t ms = 0;
    int zone = 0;
    bool is_null = false, known = true;
    HP_TRY(hp_expr_arg(s, e, 0, &format));
    HP_TRY(date_arg(s, e, 1, &ms, &is_null));
    if (is_null) { /* no date */
        HP_TRY(hp_expr_arg(s, e, 3, out));
        return *out == NULL && e->args[3] == NULL ? hp_expr_give(s, hp_null(), out) : HP_OK;
    }
    HP_TRY(zone_arg(s, e, 2, &zone, &is_null));
    if (is_null || (e->args[0] != NULL && hp_is_null(format))) return hp_expr_give_null(out);
    if (format != NULL && format->tag != HP_STRING) return bad(s, e, "the format must be a text.");
    const hp_str form = format != NULL ? format->string
                        : zone == 0    ? HP_STR("%Y-%m-%dT%H:%M:%S.%LZ")
                                       : HP_STR("%Y-%m-%dT%H:%M:%S.%L"); /* local time is not Z */
    const hp_date_parts p = hp_date_split(ms + zone * INT64_C(60000));
    hp_buf b;
    hp_buf_init(&b, 4096);
    for (size_t i = 0; i < form.len && known; i++) {
        if (form.ptr[i] != '%')
            hp_buf_add_char(&b, form.ptr[i]);
        else
            known = ++i < form.len && write_part(&b, form.ptr[i], &p, zone);
    }
    if (known && !b.overflow)
        HP_IGNORE(hp_expr_give(s, hp_string(hp_arena_str(s->run->mem, hp_buf_str(&b))), out)); /* cannot fail */
    const bool made = known && !b.overflow;
    hp_buf_done(&b);
    return made ? HP_OK : bad(s, e, "the format has an unknown letter, or is too long.");
}

HP_EVAL(op_from_string) /* {dateString} */
{
    const hp_value *v;
    int64_t ms;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give(s, hp_null(), out);
    if (v->tag == HP_DATE && strcmp(e->op->name, "$toDate") == 0) return hp_expr_give(s, *v, out);
    if (v->tag == HP_NUMBER && strcmp(e->op->name, "$toDate") == 0) return hp_expr_date_give(s, trunc(v->number), out);
    if (v->tag != HP_STRING || !hp_date_parse(v->string, &ms)) return bad(s, e, "the text is no ISO 8601 date.");
    return hp_expr_date_give(s, (double)ms, out);
}

/* ---- arithmetic ---- */

static const struct {
    hp_str name;
    double ms;  /* of units of fixed length */
    int months; /* of the others */
} UNITS[] = {
    { HP_STR_INIT("millisecond"), 1, 0 }, { HP_STR_INIT("second"), 1e3, 0 }, { HP_STR_INIT("minute"), 6e4, 0 },
    { HP_STR_INIT("hour"), 3.6e6, 0 },    { HP_STR_INIT("day"), 8.64e7, 0 }, { HP_STR_INIT("week"), 6.048e8, 0 },
    { HP_STR_INIT("month"), 0, 1 },       { HP_STR_INIT("quarter"), 0, 3 },  { HP_STR_INIT("year"), 0, 12 },
};

static hp_code unit_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, size_t *unit)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, i, &v));
    for (*unit = 0; *unit < sizeof UNITS / sizeof *UNITS; (*unit)++)
        if (hp_str_eq(hp_text(v), UNITS[*unit].name)) return HP_OK;
    return bad(s, e, "the unit must be year, quarter, month, week, day, hour, minute, second or millisecond.");
}

HP_EVAL(op_shift) /* {startDate, unit, amount} */
{
    const hp_value *amount;
    int64_t ms = 0;
    size_t unit;
    bool is_null = false;
    HP_TRY(date_arg(s, e, 0, &ms, &is_null));
    HP_TRY(unit_arg(s, e, 1, &unit));
    HP_TRY(hp_expr_arg(s, e, 2, &amount));
    if (is_null || hp_is_null(amount)) return hp_expr_give(s, hp_null(), out);
    if (amount->tag != HP_NUMBER || amount->number != trunc(amount->number) ||
        fabs(amount->number) > (double)HP_DATE_MS_MAX)
        return bad(s, e, "the amount must be a whole number.");
    const double n = strcmp(e->op->name, "$dateSubtract") == 0 ? -amount->number : amount->number;
    if (UNITS[unit].months == 0) return hp_expr_date_give(s, (double)ms + n * UNITS[unit].ms, out);
    if (fabs(n) > 4e5) return bad(s, e, "the result is beyond the range of dates.");

    hp_date_parts p = hp_date_split(ms);
    const int64_t month = (p.year * 12 + p.month - 1) + (int64_t)n * UNITS[unit].months;
    p.year = month >= 0 ? month / 12 : -((11 - month) / 12);
    p.month = (int)(month - p.year * 12) + 1;
    const int last = hp_date_days_in_month(p.year, p.month);
    if (p.day > last) p.day = last; /* a month after January 31 is the end of February */
    return hp_expr_date_give(s, (double)hp_date_join(&p), out);
}

HP_EVAL(op_truncate) /* {date, unit} */
{
    int64_t ms = 0;
    size_t unit;
    bool is_null = false;
    HP_TRY(date_arg(s, e, 0, &ms, &is_null));
    HP_TRY(unit_arg(s, e, 1, &unit));
    if (is_null) return hp_expr_give(s, hp_null(), out);
    hp_date_parts p = hp_date_split(ms);
    if (hp_str_eq(UNITS[unit].name, HP_STR("week"))) { /* begins on Sunday */
        p = (hp_date_parts){ .year = p.year, .month = p.month, .day = p.day - (p.weekday - 1) };
        return hp_expr_date_give(s, (double)hp_date_join(&p), out);
    }
    if (UNITS[unit].months == 0) return hp_expr_date_give(s, floor((double)ms / UNITS[unit].ms) * UNITS[unit].ms, out);
    p = (hp_date_parts){ .year = p.year,
                         .month = (p.month - 1) / UNITS[unit].months * UNITS[unit].months + 1,
                         .day = 1 };
    return hp_expr_date_give(s, (double)hp_date_join(&p), out);
}

const hp_expr_op HP_EXPR_DATE_OPS[] = {
    { "$year", 1, 1, "date timezone?", op_part },
    { "$month", 1, 1, "date timezone?", op_part },
    { "$dayOfMonth", 1, 1, "date timezone?", op_part },
    { "$dayOfWeek", 1, 1, "date timezone?", op_part },
    { "$dayOfYear", 1, 1, "date timezone?", op_part },
    { "$hour", 1, 1, "date timezone?", op_part },
    { "$minute", 1, 1, "date timezone?", op_part },
    { "$second", 1, 1, "date timezone?", op_part },
    { "$millisecond", 1, 1, "date timezone?", op_part },
    { "$week", 1, 1, "date timezone?", op_part },
    { "$isoDayOfWeek", 1, 1, "date timezone?", op_part },
    { "$isoWeek", 1, 1, "date timezone?", op_part },
    { "$isoWeekYear", 1, 1, "date timezone?", op_part },
    { "$dateToString", 0, 0, "format? date timezone? onNull?", op_to_string },
    { "$dateFromString", 0, 0, "dateString", op_from_string },
    { "$toDate", 1, 1, NULL, op_from_string },
    { "$dateAdd", 0, 0, "startDate unit amount", op_shift },
    { "$dateSubtract", 0, 0, "startDate unit amount", op_shift },
    { "$dateTrunc", 0, 0, "date unit", op_truncate },
    { 0 },
};
