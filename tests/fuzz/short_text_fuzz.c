/* rooms: core http auth pubsub value base */
/* Short texts that strangers send, or a configuration holds: addresses behind proxies, ranges of a file, secrets of one-time
 * passwords, Base64, percent-encoding, the address of a Redis, numbers with units. */
#include <stdint.h>

#include "auth/totp.h"
#include "base/error.h"
#include "base/url.h"
#include "core/ip_list.h"
#include "http/range.h"
#include "pubsub/redis.h"
#include "value/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind trusted proxies it is an address, and nobody speaks for one that does not forward. */
static void check_forwarded(hp_arena *mem, hp_str text)
{
    hp_ip_range proxies[2], read;
    const hp_ip_list trusted = { proxies, 2 }, nobody = { NULL, 0 };
    const hp_str peer = HP_STR("10.0.0.1");
    HP_ASSERT(hp_ip_range_parse(HP_STR("10.0.0.0/8"), &proxies[0]) && hp_ip_range_parse(HP_STR("::1"), &proxies[1]));
    const hp_str client = hp_ip_client(&trusted, peer, text);
    const hp_str address = hp_str_sub(client, 0, hp_str_find_char(client, '%', 0));
    HP_ASSERT(hp_ip_range_parse(address, &read));
    HP_ASSERT(hp_str_eq(client, peer) || hp_str_contains(text, client));
    HP_ASSERT(hp_str_eq(hp_ip_client(&nobody, peer, text), peer));
    const hp_str house = hp_ip_household(mem, client);
    HP_ASSERT(hp_str_eq(hp_ip_household(mem, house), house));
}

static void check_range(hp_str text, uint64_t size)
{
    uint64_t from, len;
    if (hp_range_read(text, size, &from, &len) == HP_RANGE_PART)
        HP_ASSERT(len > 0 && from < size && len <= size - from);
}

static void check_secret(hp_str text)
{
    const hp_totp t = { HP_TOTP_SHA1, 6, 30 };
    char code[HP_TOTP_DIGITS_MAX + 1];
    int64_t step = -1;
    HP_ASSERT(hp_totp_code(&t, text, 5, code) == hp_totp_secret_valid(text));
    if (!hp_totp_secret_valid(text)) return;
    HP_ASSERT(strlen(code) == 6 && hp_totp_check(&t, text, hp_str_of(code), 5 * 30000, &step) && step >= 4 &&
              step <= 6);
}

static void check_codings(hp_arena *mem, hp_str text)
{
    hp_str back;
    HP_ASSERT(hp_base64_decode(mem, hp_base64_encode(mem, text), &back) && hp_str_eq(back, text));
    HP_ASSERT(hp_url_decode(mem, hp_url_encode(mem, text), true, &back) == hp_str_utf8_valid(text) &&
              hp_str_eq(back, text));
    (void)hp_base64_decode(mem, text, &back);
    if (hp_url_decode(mem, text, false, &back)) HP_ASSERT(hp_str_utf8_valid(back) && back.len <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    if (size == 0 || size > 4096) return 0;
    const hp_str text = hp_arena_str(mem, (hp_str){ (const char *)data + 1, size - 1 });
    hp_redis_options redis;
    hp_err err = { 0 };
    int64_t bytes;

    check_forwarded(mem, text);
    check_range(text, data[0]);
    check_range(text, data[0] % 2 == 0 ? UINT64_MAX : UINT64_C(1) << (data[0] % 64));
    check_secret(text);
    check_codings(mem, text);
    if (hp_redis_url_read(mem, text, &redis, &err) == HP_OK)
        HP_ASSERT(redis.host.len > 0 && redis.port > 0 && redis.database >= 0);
    if (hp_str_to_bytes(text, &bytes) && text.len > 0 && text.ptr[0] != '-') HP_ASSERT(bytes >= 0);
    return 0;
}
