#include "value/date.h"

enum { MS_PER_DAY = 86400000 };

/* Days since 1970 of a civil date and back; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void civil_from_days(int64_t days, int64_t *y, int *m, int *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

static char *put_digits(char *at, int64_t n, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + n % 10);
        n /= 10;
    }
    return at + width;
}

size_t hp_date_format(int64_t ms, char out[HP_DATE_TEXT_LEN + 1])
{
    int64_t days = ms / MS_PER_DAY, in_day = ms % MS_PER_DAY, year;
    int month, day;
    char *at = out;
    if (in_day < 0) {
        in_day += MS_PER_DAY;
        days--;
    }
    civil_from_days(days, &year, &month, &day);
    if (year >= 0 && year <= 9999) {
        at = put_digits(at, year, 4);
    } else {
        *at++ = year < 0 ? '-' : '+';
        at = put_digits(at, year < 0 ? -year : year, 6);
    }
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = 'T';
    at = put_digits(at, in_day / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, in_day / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, in_day / 1000 % 60, 2);
    *at++ = '.';
    at = put_digits(at, in_day % 1000, 3);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - out);
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

hp_date_parts hp_date_split(int64_t ms)
{
    hp_date_parts p = { 0 };
    int64_t days = floor_div(ms, MS_PER_DAY), in_day = ms - days * MS_PER_DAY;
    civil_from_days(days, &p.year, &p.month, &p.day);
    p.hour = (int)(in_day / 3600000);
    p.minute = (int)(in_day / 60000 % 60);
    p.second = (int)(in_day / 1000 % 60);
    p.ms = (int)(in_day % 1000);
    p.weekday = (int)(days + 4 - floor_div(days + 4, 7) * 7) + 1; /* 1970-01-01 was a Thursday */
    p.day_of_year = (int)(days - days_from_civil(p.year, 1, 1)) + 1;
    return p;
}

int64_t hp_date_join(const hp_date_parts *p)
{
    int64_t years = floor_div((int64_t)p->month - 1, 12);
    int month = (int)(p->month - years * 12);
    int64_t days = days_from_civil(p->year + years, month, 1) + p->day - 1;
    return days * MS_PER_DAY + p->hour * INT64_C(3600000) + p->minute * INT64_C(60000) + p->second * INT64_C(1000) +
           p->ms;
}

int hp_date_days_in_month(int64_t year, int month)
{
    int64_t next = month == 12 ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, month + 1, 1);
    return (int)(next - days_from_civil(year, month, 1));
}

/* ---- reading ---- */

typedef struct cursor {
    hp_str text;
    size_t pos;
} cursor;

static bool take(cursor *c, char wanted)
{
    if (c->pos >= c->text.len || c->text.ptr[c->pos] != wanted) return false;
    c->pos++;
    return true;
}

/* Exactly `width` digits. */
static bool digits(cursor *c, int width, int *out)
{
    *out = 0;
    for (int i = 0; i < width; i++, c->pos++) {
        if (c->pos >= c->text.len || c->text.ptr[c->pos] < '0' || c->text.ptr[c->pos] > '9') return false;
        *out = *out * 10 + (c->text.ptr[c->pos] - '0');
    }
    return true;
}

static bool read_year(cursor *c, int *year)
{
    bool negative = take(c, '-');
    if (negative || take(c, '+')) {
        if (!digits(c, 6, year) || (negative && *year == 0)) return false;
        if (negative) *year = -*year;
        return true;
    }
    return digits(c, 4, year);
}

/* .5, .50, .500000: milliseconds, what is finer is cut. */
static bool read_fraction(cursor *c, int *ms)
{
    int scale = 100;
    *ms = 0;
    if (!take(c, '.')) return true;
    size_t from = c->pos;
    for (; c->pos < c->text.len && c->text.ptr[c->pos] >= '0' && c->text.ptr[c->pos] <= '9'; c->pos++) {
        *ms += (c->text.ptr[c->pos] - '0') * scale;
        scale /= 10;
    }
    return c->pos > from;
}

static bool read_zone(cursor *c, int *offset_minutes)
{
    int hours, minutes;
    *offset_minutes = 0;
    if (c->pos == c->text.len || take(c, 'Z') || take(c, 'z')) return true;
    bool west = take(c, '-');
    if (!west && !take(c, '+')) return false;
    if (!digits(c, 2, &hours)) return false;
    (void)take(c, ':');
    if (!digits(c, 2, &minutes) || hours > 23 || minutes > 59) return false;
    *offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static bool read_time(cursor *c, int64_t *ms)
{
    int hour, minute, second = 0, fraction = 0, offset;
    if (!digits(c, 2, &hour) || !take(c, ':') || !digits(c, 2, &minute)) return false;
    if (take(c, ':') && (!digits(c, 2, &second) || !read_fraction(c, &fraction))) return false;
    if (!read_zone(c, &offset)) return false;
    bool midnight = hour == 24 && minute == 0 && second == 0 && fraction == 0; /* the end of the day is a time of day */
    if ((hour > 23 && !midnight) || minute > 59 || second > 59) return false;
    *ms = ((int64_t)(hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
    return true;
}

bool hp_date_parse(hp_str text, int64_t *ms)
{
    cursor c = { text, 0 };
    int year, month = 1, day = 1;
    int64_t in_day = 0;
    if (!read_year(&c, &year)) return false;
    if (take(&c, '-')) {
        if (!digits(&c, 2, &month) || month < 1 || month > 12) return false;
        if (take(&c, '-') && (!digits(&c, 2, &day) || day < 1 || day > hp_date_days_in_month(year, month)))
            return false;
    }
    if ((take(&c, 'T') || take(&c, 't') || take(&c, ' ')) && !read_time(&c, &in_day)) return false;
    if (c.pos != text.len) return false;
    *ms = days_from_civil(year, month, day) * MS_PER_DAY + in_day;
    return *ms >= -HP_DATE_MS_MAX && *ms <= HP_DATE_MS_MAX;
}
