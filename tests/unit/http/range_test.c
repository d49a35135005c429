#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/range.h"

static void one_range_of_bytes_is_understood_and_everything_else_ignored(void **state)
{
    (void)state;
    const struct {
        const char *header;
        uint64_t size;
        hp_range_kind kind;
        uint64_t from, len;
    } cases[] = {
        { "bytes=0-0", 10, HP_RANGE_PART, 0, 1 },
        { "bytes=0-9", 10, HP_RANGE_PART, 0, 10 },
        { "bytes=3-99", 10, HP_RANGE_PART, 3, 7 },
        { " Bytes= 3-4 ", 10, HP_RANGE_PART, 3, 2 },
        { "bytes=-1", 10, HP_RANGE_PART, 9, 1 },
        { "bytes=-18446744073709551615", 10, HP_RANGE_PART, 0, 10 },
        { "bytes=0-18446744073709551615", 10, HP_RANGE_PART, 0, 10 },
        { "bytes=0-18446744073709551616", 10, HP_RANGE_PART, 0, 10 },
        { "bytes=18446744073709551616-", 10, HP_RANGE_UNSATISFIABLE, 0, 10 },
        { "bytes=10-", 10, HP_RANGE_UNSATISFIABLE, 0, 10 },
        { "bytes=-0", 10, HP_RANGE_UNSATISFIABLE, 0, 10 },
        { "bytes=0-", 0, HP_RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=-5", 0, HP_RANGE_UNSATISFIABLE, 0, 0 },
        { "bytes=4-3", 10, HP_RANGE_WHOLE, 0, 10 },
        { "bytes=99999999999999999999999x-", 10, HP_RANGE_WHOLE, 0, 10 },
        { "bytes=0-0,2-3", 10, HP_RANGE_WHOLE, 0, 10 },
        { "bytes=--1", 10, HP_RANGE_WHOLE, 0, 10 },
        { "bytes=+1-2", 10, HP_RANGE_WHOLE, 0, 10 },
        { "bytes=-", 10, HP_RANGE_WHOLE, 0, 10 },
        { "items=0-1", 10, HP_RANGE_WHOLE, 0, 10 },
        { "", 10, HP_RANGE_WHOLE, 0, 10 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t from, len;
        const hp_range_kind kind = hp_range_read(hp_str_of(cases[i].header), cases[i].size, &from, &len);
        if (kind != cases[i].kind || (kind == HP_RANGE_PART && (from != cases[i].from || len != cases[i].len)))
            fail_msg("%s: %d, %llu + %llu", cases[i].header, (int)kind, (unsigned long long)from,
                     (unsigned long long)len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range_of_bytes_is_understood_and_everything_else_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
