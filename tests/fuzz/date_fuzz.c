/* rooms: value base */
/* Texts as dates, and every instant there is as text, as its parts, and back. */
#include <stdint.h>

#include "base/error.h"
#include "value/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int64_t ms)
{
    char text[HP_DATE_TEXT_LEN + 1];
    int64_t again;
    const size_t len = hp_date_format(ms, text);
    HP_ASSERT(len <= HP_DATE_TEXT_LEN && text[len] == '\0');
    HP_ASSERT(hp_date_parse((hp_str){ text, len }, &again) && again == ms);

    const hp_date_parts p = hp_date_split(ms);
    HP_ASSERT(hp_date_join(&p) == ms);
    HP_ASSERT(p.month >= 1 && p.month <= 12 && p.day >= 1 && p.day <= hp_date_days_in_month(p.year, p.month));
    HP_ASSERT(p.weekday >= 1 && p.weekday <= 7 && p.day_of_year >= 1 && p.day_of_year <= 366);
    HP_ASSERT(p.hour >= 0 && p.hour < 24 && p.minute >= 0 && p.minute < 60 && p.second >= 0 && p.second < 60);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t ms = 0;
    if (hp_date_parse((hp_str){ (const char *)data, size }, &ms)) {
        HP_ASSERT(ms >= -HP_DATE_MS_MAX && ms <= HP_DATE_MS_MAX);
        check(ms);
    }
    if (size < sizeof ms) return 0;
    memcpy(&ms, data, sizeof ms);
    check(ms % (HP_DATE_MS_MAX + 1));
    return 0;
}
