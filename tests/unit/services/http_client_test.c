#include "services/http_client.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void only_public_unicast_addresses_are_public(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool open;
    } cases[] = {
        { "8.8.8.8", true },
        { "93.184.216.34", true },
        { "100.63.255.255", true },
        { "172.15.0.1", true },
        { "172.32.0.1", true },
        { "0.0.0.0", false },
        { "10.1.2.3", false },
        { "100.64.0.1", false },
        { "127.0.0.1", false },
        { "127.255.255.255", false },
        { "169.254.169.254", false },
        { "172.16.0.1", false },
        { "172.31.255.255", false },
        { "192.168.0.1", false },
        { "198.19.0.1", false },
        { "192.0.2.1", false },
        { "224.0.0.1", false },
        { "255.255.255.255", false },
        { "2606:4700::1111", true },
        { "2a00::1", true },
        { "::1", false },
        { "::", false },
        { "fe80::1", false },
        { "fc00::1", false },
        { "fd12::1", false },
        { "ff02::1", false },
        { "2001:db8::1", false },
        { "2001::1", false },
        { "2002:7f00:1::", false },
        { "::ffff:127.0.0.1", false },
        { "::ffff:8.8.8.8", true },
        { "::ffff:10.0.0.1", false },
        { "64:ff9b::7f00:1", false },
        { "64:ff9b::808:808", true },
        { "::127.0.0.1", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[16];
        const bool v4 = inet_pton(AF_INET, cases[i].text, bytes) == 1;
        if (!v4) assert_int_equal(inet_pton(AF_INET6, cases[i].text, bytes), 1);
        if (hp_http_address_public(bytes, v4 ? 4 : 16) != cases[i].open) fail_msg("%s", cases[i].text);
    }
    assert_false(hp_http_address_public((const uint8_t *)"abc", 3));
}

static void an_address_of_the_inside_is_not_connected_to(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_http_answer answer;
    static const char *const URLS[] = { "http://127.0.0.1:1/",  "http://localhost:1/",          "http://[::1]:1/",
                                        "http://0x7f.1:1/",     "http://[::ffff:127.0.0.1]:1/", "file:///etc/passwd",
                                        "gopher://127.0.0.1:1/" };
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
        hp_err err = { 0 };
        hp_http_call call = {
            .method = "GET", .url = hp_str_of(URLS[i]), .timeout_ms = 2000, .answer_bytes_max = 100, .public_only = true
        };
        assert_int_equal(hp_http_call_run(&call, mem, &answer, &err), HP_E_INTERNAL);
        assert_int_equal(answer.status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_public_unicast_addresses_are_public),
        cmocka_unit_test(an_address_of_the_inside_is_not_connected_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
