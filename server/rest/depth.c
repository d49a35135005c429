#include "rest/depth.h"

#include "auth/digest.h"
#include "auth/secret.h"

enum { SIGNATURE_DIGITS = 32, DEPTH_MAX = 1000 };

hp_str hp_depth_write(const hp_settings *settings, int depth, hp_arena *mem)
{
    const hp_str number = hp_arena_printf(mem, "%d", depth);
    const hp_str parts[] = { HP_STR("cloud code depth "), number };
    const hp_str mac = hp_digest_hmac_sha256_hex(mem, settings->master_key, parts, sizeof parts / sizeof *parts);
    return hp_arena_printf(mem, "%" HP_STR_FMT ".%" HP_STR_FMT, HP_STR_ARG(number),
                           HP_STR_ARG(hp_str_sub(mac, 0, SIGNATURE_DIGITS)));
}

int hp_depth_read(const hp_settings *settings, const hp_http_request *rq)
{
    const hp_str sent = hp_http_header_get(rq, HP_STR(HP_DEPTH_HEADER));
    int64_t depth;

    if (!hp_str_present(sent)) return 0;
    const size_t dot = hp_str_find_char(sent, '.', 0);
    if (dot == SIZE_MAX || !hp_str_to_int64(hp_str_sub(sent, 0, dot), 1, DEPTH_MAX, &depth)) return 0;
    return hp_secret_equal(sent, hp_depth_write(settings, (int)depth, rq->mem)) ? (int)depth : 0;
}
