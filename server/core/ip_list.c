#include "core/ip_list.h"

#include <arpa/inet.h>

#include "base/error.h"

enum { V4_BYTES = 4, V6_BYTES = 16, MAPPED_BITS = 96 };

static const uint8_t MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* ::ffff:a.b.c.d becomes a.b.c.d, unless the prefix reaches into the part that makes it a mapped one. */
static void unmap(hp_ip_range *r)
{
    if (r->address_bytes != V6_BYTES || r->prefix_bits < MAPPED_BITS) return;
    if (memcmp(r->address, MAPPED, sizeof MAPPED) != 0) return;
    memmove(r->address, r->address + sizeof MAPPED, V4_BYTES);
    memset(r->address + V4_BYTES, 0, V6_BYTES - V4_BYTES);
    r->address_bytes = V4_BYTES;
    r->prefix_bits = (uint8_t)(r->prefix_bits - MAPPED_BITS);
}

/* One address without a prefix, all bits counting; not unmapped yet. */
static bool read_address(hp_str text, hp_ip_range *out)
{
    char zero_ended[INET6_ADDRSTRLEN + 1];

    *out = (hp_ip_range){ .prefix_bits = 0 };
    if (text.len == 0 || text.len >= sizeof zero_ended || memchr(text.ptr, '\0', text.len)) return false;
    memcpy(zero_ended, text.ptr, text.len);
    zero_ended[text.len] = '\0';
    if (inet_pton(AF_INET, zero_ended, out->address) == 1)
        out->address_bytes = V4_BYTES;
    else if (inet_pton(AF_INET6, zero_ended, out->address) == 1)
        out->address_bytes = V6_BYTES;
    else
        return false;
    out->prefix_bits = (uint8_t)(out->address_bytes * 8);
    return true;
}

bool hp_ip_range_parse(hp_str text, hp_ip_range *out)
{
    const bool everything = hp_str_eq(text, HP_STR("::")) || hp_str_eq(text, HP_STR("::0"));
    const size_t slash = hp_str_find_char(text, '/', 0);
    int64_t bits = 0;

    if (!read_address(hp_str_sub(text, 0, slash), out)) return false;
    if (slash != SIZE_MAX && !hp_str_to_int64(hp_str_sub(text, slash + 1, SIZE_MAX), 0, out->prefix_bits, &bits))
        return false;
    if (slash != SIZE_MAX || everything) out->prefix_bits = (uint8_t)bits;
    unmap(out);
    return true;
}

static bool read_peer(hp_str peer, hp_ip_range *out)
{
    if (!read_address(hp_str_sub(peer, 0, hp_str_find_char(peer, '%', 0)), out)) return false;
    unmap(out);
    return true;
}

hp_str hp_ip_household(hp_arena *mem, hp_str peer)
{
    enum { HOUSEHOLD_BYTES = 8 };
    hp_ip_range address;
    char text[INET6_ADDRSTRLEN];
    if (!read_peer(peer, &address)) return peer;
    if (address.address_bytes == V6_BYTES) memset(address.address + HOUSEHOLD_BYTES, 0, V6_BYTES - HOUSEHOLD_BYTES);
    HP_ASSERT(inet_ntop(address.address_bytes == V4_BYTES ? AF_INET : AF_INET6, address.address, text, sizeof text));
    return hp_arena_str(mem, hp_str_of(text));
}

static bool in_range(const hp_ip_range *r, const hp_ip_range *peer)
{
    const size_t whole = r->prefix_bits / 8;
    const uint8_t mask = (uint8_t)(0xff00u >> (r->prefix_bits % 8));

    if (r->address_bytes != peer->address_bytes || memcmp(r->address, peer->address, whole) != 0) return false;
    return mask == 0 || ((r->address[whole] ^ peer->address[whole]) & mask) == 0;
}

bool hp_ip_allowed(const hp_ip_list *list, hp_str peer)
{
    hp_ip_range address;

    if (!read_peer(peer, &address)) return false;
    for (size_t i = 0; i < list->count; i++)
        if (in_range(&list->items[i], &address)) return true;
    return false;
}

/* Proxies write an address, and some add the port: 192.0.2.1:4711, [2001:db8::1]:4711, [2001:db8::1]. */
static hp_str without_port(hp_str entry)
{
    const size_t bracket = hp_str_find_char(entry, ']', 0);
    const size_t colon = hp_str_find_char(entry, ':', 0);
    if (bracket != SIZE_MAX && entry.ptr[0] == '[') return hp_str_sub(entry, 1, bracket - 1);
    if (colon != SIZE_MAX && hp_str_find_char(entry, ':', colon + 1) == SIZE_MAX) return hp_str_sub(entry, 0, colon);
    return entry;
}

hp_str hp_ip_client(const hp_ip_list *trusted, hp_str peer, hp_str forwarded_for)
{
    hp_ip_range address;
    hp_str client = peer;
    hp_str rest = forwarded_for;

    while (rest.len > 0 && hp_ip_allowed(trusted, client)) {
        size_t start = rest.len;
        while (start > 0 && rest.ptr[start - 1] != ',') start--;
        const hp_str entry = without_port(hp_str_trim(hp_str_sub(rest, start, SIZE_MAX)));
        if (!read_peer(entry, &address)) break;
        client = entry;
        rest = hp_str_sub(rest, 0, start > 0 ? start - 1 : 0);
    }
    return client;
}
