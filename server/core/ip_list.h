/* core/ip_list.h — which network addresses a key may be used from, and which proxies are believed.
 *
 * Addresses are compared after IPv4-mapped IPv6 (::ffff:a.b.c.d) has been turned into IPv4, so that a dual-stack socket
 * changes nothing. IPv4 ranges never match IPv6 peers and the other way round: 0.0.0.0/0 is every IPv4 address, ::/0
 * every IPv6 address. No state, any thread. */
#ifndef HP_CORE_IP_LIST_H
#define HP_CORE_IP_LIST_H

#include "base/arena.h"
#include "base/str.h"

typedef struct hp_ip_range {
    uint8_t address[16];   /* network order; an IPv4 address fills the first four bytes */
    uint8_t address_bytes; /* 4 or 16 */
    uint8_t prefix_bits;   /* how many leading bits count */
} hp_ip_range;

typedef struct hp_ip_list { /* immutable; the ranges live in an arena */
    const hp_ip_range *items;
    size_t count;
} hp_ip_list;

/* Reads one address or CIDR range. "::" and "::0" mean ::/0, as in Parse Server. False for anything else. */
bool hp_ip_range_parse(hp_str text, hp_ip_range *out);

/* True if `peer` (an address as text, with or without %zone) is in a range of the list. An empty list, and a peer that is
 * no IP address, is false. */
bool hp_ip_allowed(const hp_ip_list *list, hp_str peer);

/* Who an address counts as where requests are counted: an IPv4 address itself, the network of an IPv6 one (its first
 * 64 bits), which is all one household's. What is no address counts as it is. Lives in `mem`, or borrows from `peer`. */
hp_str hp_ip_household(hp_arena *mem, hp_str peer);

/* The client's address behind trusted proxies: `peer`, the socket's other end, unless it is in `trusted`; then the
 * right-most address of `forwarded_for` (X-Forwarded-For, several headers joined with commas) that is not itself
 * trusted. An unreadable entry ends the search: what stands left of it was written by a stranger.
 * Owner: the result borrows from `peer` or `forwarded_for`. */
hp_str hp_ip_client(const hp_ip_list *trusted, hp_str peer, hp_str forwarded_for);

#endif
