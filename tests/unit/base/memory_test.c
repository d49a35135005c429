/* arena, buf and map: what all other code puts its memory in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

static void arena_memory_is_zeroed_aligned_and_distinct(void **state)
{
    HP_AUTO_ARENA a = hp_arena_new();
    unsigned char *before = NULL;
    (void)state;
    for (size_t size = 0; size < 70000; size = size * 3 + 1) {
        unsigned char *p = hp_arena_alloc(a, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        assert_ptr_not_equal(p, before);
        for (size_t i = 0; i < size; i++) assert_int_equal(p[i], 0);
        memset(p, 0xA5, size);
        before = p;
    }
}

static void a_list_has_room_for_one_more_and_keeps_what_it_has(void **state)
{
    HP_AUTO_ARENA a = hp_arena_new();
    int *items = NULL;
    size_t cap = 0;
    (void)state;
    for (size_t count = 0; count < 100; count++) {
        int *const before = items;
        const size_t had = cap;
        items = hp_arena_room(a, items, sizeof *items, count, &cap, 3);
        assert_int_equal(cap, count < had ? had : count == 0 ? 3 : 2 * had);
        assert_true((items == before) == (count < had));
        items[count] = (int)count;
        for (size_t i = 0; i <= count; i++) assert_int_equal(items[i], i);
    }
    cap = 0;
    items = hp_arena_room(a, items, sizeof *items, 0, &cap, 1);
    assert_int_equal(cap, 1);
}

static char order[8];
static void note(void *arg) { (void)strncat(order, arg, sizeof order - strlen(order) - 1); }

static void deferred_releases_run_newest_first(void **state)
{
    (void)state;
    hp_arena *a = hp_arena_new();
    hp_arena_defer(a, note, "1");
    hp_arena_defer(a, note, "2");
    hp_arena_free(a);
    assert_string_equal(order, "21");
}

static void arena_text_ends_with_nul_and_absent_stays_absent(void **state)
{
    HP_AUTO_ARENA a = hp_arena_new();
    (void)state;
    hp_str copy = hp_arena_str(a, HP_STR("a\0b"));
    assert_int_equal(copy.len, 3);
    assert_int_equal(copy.ptr[3], 0);
    assert_false(hp_str_present(hp_arena_str(a, HP_STR_NONE)));
    hp_str long_text = hp_arena_printf(a, "%0500d", 7);
    assert_int_equal(long_text.len, 500);
    assert_int_equal(long_text.ptr[499], '7');
}

static void a_buffer_never_grows_past_its_maximum(void **state)
{
    hp_buf b;
    (void)state;
    hp_buf_init(&b, 10);
    hp_buf_add_lit(&b, "12345");
    hp_buf_add_lit(&b, "678901");
    assert_true(b.overflow);
    assert_true(hp_str_eq(hp_buf_str(&b), HP_STR("12345")));
    hp_buf_clear(&b);
    hp_buf_printf(&b, "%s", "1234567890");
    assert_false(b.overflow);
    assert_int_equal(b.len, 10);
    assert_null(hp_buf_reserve(&b, SIZE_MAX));
    hp_buf_done(&b);
}

static void what_follows_an_overflow_is_dropped_too(void **state)
{
    hp_buf b;
    (void)state;
    hp_buf_init(&b, 4);
    hp_buf_add_lit(&b, "abc");
    hp_buf_add_lit(&b, "de");
    hp_buf_add_char(&b, 'f');
    assert_true(hp_str_eq(hp_buf_str(&b), HP_STR("abc")));
    hp_buf_done(&b);
}

static void formatted_text_of_any_length_is_whole(void **state)
{
    hp_buf b;
    (void)state;
    hp_buf_init(&b, 10000);
    for (int width = 250; width < 260; width++) {
        hp_buf_clear(&b);
        hp_buf_printf(&b, "%0*d", width, 7);
        assert_int_equal(b.len, width);
        assert_int_equal(b.ptr[width - 1], '7');
    }
    hp_buf_done(&b);
}

static void a_small_arena_takes_whatever_comes(void **state)
{
    (void)state;
    for (size_t first = 0; first < 600; first += 37) {
        HP_AUTO_ARENA a = hp_arena_new_sized(first);
        size_t sum = 0;
        for (size_t size = 1; size < 5000; size = size * 2 + 1) {
            memset(hp_arena_alloc(a, size), 1, size);
            sum += size;
        }
        assert_true(hp_arena_used_bytes(a) >= sum);
    }
}

#ifdef __SANITIZE_ADDRESS__
int __asan_address_is_poisoned(const volatile void *addr);

static void a_step_past_a_piece_is_seen(void **state)
{
    HP_AUTO_ARENA a = hp_arena_new();
    char *first = hp_arena_alloc(a, 5), *second = hp_arena_alloc(a, 3);
    (void)state;
    assert_false(__asan_address_is_poisoned(first + 4));
    assert_true(__asan_address_is_poisoned(first + 5));
    assert_true(__asan_address_is_poisoned(second + 3));
    char *whole = hp_arena_alloc(a, 4096); /* nothing to round, and the gap is still there */
    (void)hp_arena_alloc(a, 1);
    assert_true(__asan_address_is_poisoned(whole + 4096));
}
#endif

static void equal_text_hashes_alike_and_length_counts(void **state)
{
    char a[] = "0123456789abcdef", b[] = "0123456789abcdef";
    (void)state;
    for (size_t len = 0; len <= 16; len++) {
        assert_true(hp_hash((hp_str){ a, len }) == hp_hash((hp_str){ b, len }));
        if (len > 0) assert_true(hp_hash((hp_str){ a, len }) != hp_hash((hp_str){ a, len - 1 }));
    }
    assert_true(hp_hash(HP_STR("\0")) != hp_hash(HP_STR("\0\0")));
}

/* Heap and arena maps against a plain array, through growth, removal and re-insertion. */
static void check_map(hp_map *m)
{
    enum { COUNT = 2000 };
    static char names[COUNT][16];
    static int present[COUNT];
    memset(present, 0, sizeof present);
    for (int i = 0; i < COUNT; i++) (void)snprintf(names[i], sizeof names[i], "key%d", i);
    for (int round = 0; round < 20000; round++) {
        int i = (int)((unsigned)round * 7919u % COUNT);
        hp_str key = hp_str_of(names[i]);
        if (round % 3 == 2) {
            assert_ptr_equal(hp_map_remove(m, key), present[i] ? &present[i] : NULL);
            present[i] = 0;
        } else {
            assert_ptr_equal(hp_map_put(m, key, &present[i]), present[i] ? &present[i] : NULL);
            present[i] = 1;
        }
    }
    size_t expected = 0, seen = 0, pos = 0;
    for (int i = 0; i < COUNT; i++) {
        expected += (size_t)present[i];
        assert_ptr_equal(hp_map_get(m, hp_str_of(names[i])), present[i] ? &present[i] : NULL);
    }
    hp_str key;
    void *value;
    while (hp_map_next(m, &pos, &key, &value)) {
        assert_int_equal(*(int *)value, 1);
        seen++;
    }
    assert_int_equal(seen, expected);
    assert_int_equal(hp_map_count(m), expected);
}

static void a_map_holds_what_was_put(void **state)
{
    HP_AUTO_ARENA a = hp_arena_new();
    hp_map *heap = hp_map_new(NULL);
    (void)state;
    check_map(heap);
    check_map(hp_map_new(a));
    hp_map_free(heap);
}

static void a_map_knows_nul_and_the_empty_key(void **state)
{
    hp_map *m = hp_map_new(NULL);
    int one = 1, two = 2;
    (void)state;
    (void)hp_map_put(m, HP_STR("a\0b"), &one);
    (void)hp_map_put(m, HP_STR(""), &two);
    assert_ptr_equal(hp_map_get(m, HP_STR("a\0b")), &one);
    assert_null(hp_map_get(m, HP_STR("a")));
    assert_ptr_equal(hp_map_get(m, HP_STR("")), &two);
    assert_ptr_equal(hp_map_remove(m, HP_STR("")), &two);
    assert_null(hp_map_get(m, HP_STR("")));
    assert_null(hp_map_put(m, HP_STR(""), &one));
    assert_ptr_equal(hp_map_get(m, HP_STR("")), &one);
    assert_int_equal(hp_map_count(m), 2);
    hp_map_free(m);
}

static void iteration_is_in_order_of_insertion(void **state)
{
    HP_AUTO_ARENA a = hp_arena_new();
    hp_map *m = hp_map_new(a);
    int x = 0;
    size_t pos = 0;
    hp_str key;
    void *value;
    char seen[8] = "";
    (void)state;
    for (const char *c = "hgfedcb"; *c != '\0'; c++) (void)hp_map_put(m, (hp_str){ c, 1 }, &x);
    (void)hp_map_remove(m, HP_STR("e"));
    while (hp_map_next(m, &pos, &key, &value)) (void)strncat(seen, key.ptr, 1);
    assert_string_equal(seen, "hgfdcb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_distinct),
        cmocka_unit_test(a_list_has_room_for_one_more_and_keeps_what_it_has),
        cmocka_unit_test(deferred_releases_run_newest_first),
        cmocka_unit_test(arena_text_ends_with_nul_and_absent_stays_absent),
        cmocka_unit_test(a_buffer_never_grows_past_its_maximum),
        cmocka_unit_test(what_follows_an_overflow_is_dropped_too),
        cmocka_unit_test(formatted_text_of_any_length_is_whole),
        cmocka_unit_test(a_small_arena_takes_whatever_comes),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(a_step_past_a_piece_is_seen),
#endif
        cmocka_unit_test(equal_text_hashes_alike_and_length_counts),
        cmocka_unit_test(a_map_holds_what_was_put),
        cmocka_unit_test(a_map_knows_nul_and_the_empty_key),
        cmocka_unit_test(iteration_is_in_order_of_insertion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
