#include "core/ip_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static hp_ip_list list_of(hp_arena *mem, hp_str texts)
{
    hp_ip_range *items = HP_NEW_ARRAY(mem, hp_ip_range, 8);
    size_t count = 0;
    hp_str one;

    while (texts.len > 0 && hp_str_split(&texts, ',', &one)) {
        assert_true(count < 8);
        if (!hp_ip_range_parse(one, &items[count++])) fail_msg("not a range: %" HP_STR_FMT, HP_STR_ARG(one));
    }
    return (hp_ip_list){ items, count };
}

static void a_peer_is_allowed_by_its_ranges_alone(void **state)
{
    (void)state;
    static const struct {
        hp_str list, peer;
        bool want;
    } cases[] = {
        { HP_STR_INIT("127.0.0.1,::1"), HP_STR_INIT("127.0.0.1"), true },
        { HP_STR_INIT("127.0.0.1,::1"), HP_STR_INIT("::1"), true },
        { HP_STR_INIT("127.0.0.1,::1"), HP_STR_INIT("127.0.0.2"), false },
        { HP_STR_INIT("127.0.0.1,::1"), HP_STR_INIT("::2"), false },
        /* an IPv4 peer of a dual-stack socket */
        { HP_STR_INIT("127.0.0.1"), HP_STR_INIT("::ffff:127.0.0.1"), true },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("::ffff:10.1.2.3"), true },
        { HP_STR_INIT("::ffff:10.0.0.0/104"), HP_STR_INIT("10.9.9.9"), true },
        { HP_STR_INIT("::ffff:10.0.0.0/104"), HP_STR_INIT("11.9.9.9"), false },
        /* everything of one family is nothing of the other */
        { HP_STR_INIT("0.0.0.0/0"), HP_STR_INIT("203.0.113.9"), true },
        { HP_STR_INIT("0.0.0.0/0"), HP_STR_INIT("::ffff:203.0.113.9"), true },
        { HP_STR_INIT("0.0.0.0/0"), HP_STR_INIT("2001:db8::1"), false },
        { HP_STR_INIT("::/0"), HP_STR_INIT("2001:db8::1"), true },
        { HP_STR_INIT("::0"), HP_STR_INIT("2001:db8::1"), true },
        { HP_STR_INIT("::"), HP_STR_INIT("2001:db8::1"), true },
        { HP_STR_INIT("::/0"), HP_STR_INIT("203.0.113.9"), false },
        { HP_STR_INIT("::/0"), HP_STR_INIT("::ffff:203.0.113.9"), false },
        { HP_STR_INIT("0.0.0.0/0,::0"), HP_STR_INIT("::ffff:203.0.113.9"), true },
        /* prefixes that end inside a byte */
        { HP_STR_INIT("192.168.4.0/22"), HP_STR_INIT("192.168.7.255"), true },
        { HP_STR_INIT("192.168.4.0/22"), HP_STR_INIT("192.168.8.0"), false },
        { HP_STR_INIT("2001:db8:8000::/33"), HP_STR_INIT("2001:db8:ffff::1"), true },
        { HP_STR_INIT("2001:db8:8000::/33"), HP_STR_INIT("2001:db8:7fff::1"), false },
        { HP_STR_INIT("10.1.2.3/32"), HP_STR_INIT("10.1.2.3"), true },
        { HP_STR_INIT("10.1.2.3/32"), HP_STR_INIT("10.1.2.2"), false },
        { HP_STR_INIT("fe80::/10"), HP_STR_INIT("fe80::1%eth0"), true },
        /* no address, no list */
        { HP_STR_INIT("0.0.0.0/0,::/0"), HP_STR_INIT(""), false },
        { HP_STR_INIT("0.0.0.0/0,::/0"), HP_STR_INIT("unix:"), false },
        { HP_STR_INIT("0.0.0.0/0,::/0"), HP_STR_INIT("127.0.0.1\0x"), false },
        { HP_STR_INIT(""), HP_STR_INIT("127.0.0.1"), false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        const hp_ip_list list = list_of(mem, cases[i].list);
        if (hp_ip_allowed(&list, cases[i].peer) != cases[i].want)
            fail_msg("case %zu: %s in %s", i, cases[i].peer.ptr, cases[i].list.ptr);
    }
}

static void what_is_no_address_or_range_is_refused(void **state)
{
    (void)state;
    static const hp_str bad[] = {
        { NULL, 0 },
        HP_STR_INIT(""),
        HP_STR_INIT("localhost"),
        HP_STR_INIT("127.0.0"),
        HP_STR_INIT("127.0.0.1.1"),
        HP_STR_INIT("127.0.0.256"),
        HP_STR_INIT("127.0.0.1/"),
        HP_STR_INIT("127.0.0.1/33"),
        HP_STR_INIT("127.0.0.1/-1"),
        HP_STR_INIT("127.0.0.1/8/8"),
        HP_STR_INIT("::1/129"),
        HP_STR_INIT(":::"),
        HP_STR_INIT(" 127.0.0.1"),
        HP_STR_INIT("127.0.0.1\0"),
        HP_STR_INIT("2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hp_ip_range range;
        if (hp_ip_range_parse(bad[i], &range)) fail_msg("case %zu was read", i);
    }
}

static void forwarded_addresses_count_only_from_trusted_proxies_and_from_the_right(void **state)
{
    (void)state;
    static const struct {
        hp_str trusted, peer, forwarded, want;
    } cases[] = {
        { HP_STR_INIT(""), HP_STR_INIT("203.0.113.9"), HP_STR_INIT("127.0.0.1"), HP_STR_INIT("203.0.113.9") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("203.0.113.9"), HP_STR_INIT("127.0.0.1"), HP_STR_INIT("203.0.113.9") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT(""), HP_STR_INIT("10.0.0.1") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("198.51.100.7"),
          HP_STR_INIT("198.51.100.7") },
        /* what the client wrote itself stands on the left */
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("127.0.0.1, 198.51.100.7"),
          HP_STR_INIT("198.51.100.7") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("127.0.0.1,198.51.100.7 , 10.0.0.2"),
          HP_STR_INIT("198.51.100.7") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("::ffff:10.0.0.1"), HP_STR_INIT("198.51.100.7:4711"),
          HP_STR_INIT("198.51.100.7") },
        { HP_STR_INIT("::1"), HP_STR_INIT("::1"), HP_STR_INIT("[2001:db8::1]:4711"), HP_STR_INIT("2001:db8::1") },
        { HP_STR_INIT("::1"), HP_STR_INIT("::1"), HP_STR_INIT("2001:db8::1"), HP_STR_INIT("2001:db8::1") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("10.0.0.3,10.0.0.2"),
          HP_STR_INIT("10.0.0.3") },
        /* nonsense ends the search at the last address that was vouched for */
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("127.0.0.1, unknown"),
          HP_STR_INIT("10.0.0.1") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("127.0.0.1,,"), HP_STR_INIT("10.0.0.1") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("[::1"), HP_STR_INIT("10.0.0.1") },
        { HP_STR_INIT("10.0.0.0/8"), HP_STR_INIT("10.0.0.1"), HP_STR_INIT("["), HP_STR_INIT("10.0.0.1") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        const hp_ip_list trusted = list_of(mem, cases[i].trusted);
        const hp_str got = hp_ip_client(&trusted, cases[i].peer, cases[i].forwarded);
        if (!hp_str_eq(got, cases[i].want)) fail_msg("case %zu: %" HP_STR_FMT, i, HP_STR_ARG(got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_is_allowed_by_its_ranges_alone),
        cmocka_unit_test(what_is_no_address_or_range_is_refused),
        cmocka_unit_test(forwarded_addresses_count_only_from_trusted_proxies_and_from_the_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
