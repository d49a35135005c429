#include "query/where_internal.h"
#include "value/date.h"

enum { AMOUNT_MAX = 1000000000, WORDS_MAX = 64 };

static const struct {
    const char *names; /* singular and plural, short and long */
    int64_t seconds;
} UNITS[] = {
    { " yr yrs year years ", 365 * 86400 }, { " wk wks week weeks ", 7 * 86400 }, { " d day days ", 86400 },
    { " hr hrs hour hours ", 3600 },        { " min mins minute minutes ", 60 },  { " sec secs second seconds ", 1 },
};

static bool read_unit(hp_arena *mem, hp_str word, int64_t *seconds)
{
    hp_str needle = hp_arena_printf(mem, " %" HP_STR_FMT " ", HP_STR_ARG(word));
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (!hp_str_contains(hp_str_of(UNITS[i].names), needle)) continue;
        *seconds = UNITS[i].seconds;
        return true;
    }
    return false;
}

static hp_str lower(hp_arena *mem, hp_str s)
{
    char *out = hp_arena_cstr(mem, s);
    for (size_t i = 0; i < s.len; i++)
        if (out[i] >= 'A' && out[i] <= 'Z') out[i] = (char)(out[i] + ('a' - 'A'));
    return (hp_str){ out, s.len };
}

/* The sum of "<n> <unit>" pairs in seconds. */
static bool read_pairs(hp_arena *mem, const hp_str *words, size_t count, int64_t *seconds, hp_str *info)
{
    *seconds = 0;
    for (size_t i = 0; i < count; i += 2) {
        int64_t amount, unit;
        if (!hp_str_to_int64(words[i], -AMOUNT_MAX, AMOUNT_MAX, &amount)) {
            *info = hp_arena_printf(mem, "'%" HP_STR_FMT "' is not an integer.", HP_STR_ARG(words[i]));
            return false;
        }
        if (!read_unit(mem, words[i + 1], &unit)) {
            *info = hp_arena_printf(mem, "Invalid interval: '%" HP_STR_FMT "'", HP_STR_ARG(words[i + 1]));
            return false;
        }
        *seconds += amount * unit; /* at most WORDS_MAX/2 * 1e9 * 3.2e7, far below 2^63 */
    }
    return true;
}

bool hp_relative_time(hp_arena *mem, hp_str text, int64_t now_ms, int64_t *out_ms, hp_str *info)
{
    hp_str words[WORDS_MAX], rest = lower(mem, text), word;
    size_t count = 0;

    if (hp_str_eq(rest, HP_STR("now"))) {
        *out_ms = now_ms;
        return true;
    }
    while (count < WORDS_MAX && hp_str_split(&rest, ' ', &word))
        if (word.len > 0) words[count++] = word;

    if (count == WORDS_MAX) count = 0; /* too long to mean anything: neither 'in' nor 'ago' */

    bool future = count > 0 && hp_str_eq(words[0], HP_STR("in"));
    bool past = count > 0 && hp_str_eq(words[count - 1], HP_STR("ago"));
    int64_t seconds;

    if (!future && !past) {
        *info = HP_STR("Time should either start with 'in' or end with 'ago'");
        return false;
    }
    if (future && past) {
        *info = HP_STR("Time cannot have both 'in' and 'ago'");
        return false;
    }
    if ((count - 1) % 2 != 0) {
        *info = HP_STR("Invalid time string. Dangling unit or number.");
        return false;
    }
    if (!read_pairs(mem, future ? words + 1 : words, count - 1, &seconds, info)) return false;

    int64_t ms;
    if (__builtin_mul_overflow(seconds, future ? 1000 : -1000, &ms) || __builtin_add_overflow(now_ms, ms, out_ms) ||
        *out_ms > HP_DATE_MS_MAX || *out_ms < -HP_DATE_MS_MAX) {
        *info = HP_STR("The time is out of range.");
        return false;
    }
    return true;
}
