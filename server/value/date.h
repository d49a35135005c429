/* value/date.h — instants as text. UTC milliseconds, proleptic Gregorian calendar, no time zone data, no locale. */
#ifndef HP_VALUE_DATE_H
#define HP_VALUE_DATE_H

#include "base/str.h"

/* JavaScript's range of dates reaches from -HP_DATE_MS_MAX to this: ECMA-262, 100,000,000 days to either side of 1970. */
#define HP_DATE_MS_MAX INT64_C(8640000000000000)

enum { HP_DATE_TEXT_LEN = 27 }; /* the longest form, ±YYYYYY-MM-DDTHH:MM:SS.mmmZ */

/* Writes YYYY-MM-DDTHH:MM:SS.mmmZ (years outside 0..9999 in JavaScript's ±YYYYYY form), NUL-terminated; returns its length.
 * `ms` is within the range. */
size_t hp_date_format(int64_t ms, char out[HP_DATE_TEXT_LEN + 1]);

/* An instant as a date and a time of day, UTC. */
typedef struct hp_date_parts {
    int64_t year;
    int month, day; /* from 1 */
    int hour, minute, second, ms;
    int weekday;     /* 1: Sunday … 7: Saturday */
    int day_of_year; /* from 1 */
} hp_date_parts;

hp_date_parts hp_date_split(int64_t ms);

/* Year, month, day and the time of day back to an instant. A month beyond 1..12 counts on into other years, days and times
 * beyond theirs likewise. */
int64_t hp_date_join(const hp_date_parts *parts);

int hp_date_days_in_month(int64_t year, int month);

/* Reads what JavaScript's Date reads of ISO 8601: date alone (UTC), date and time with Z, an offset, or none (UTC),
 * fraction of any length (milliseconds are kept). False for anything else or out of range, and for days that do not
 * exist, which JavaScript engines carry over into the next month. */
bool hp_date_parse(hp_str text, int64_t *ms);

#endif
