/* base/arena.h — all memory of one request, freed at once.
 *
 * One arena per request, per message, per test. Memory is zeroed and aligned for any type. There is no failure: when
 * the machine has no memory the process stops (docs/architecture.md); what peers can make grow is bounded by limits
 * before it is allocated. One thread at a time. */
#ifndef HP_BASE_ARENA_H
#define HP_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

typedef struct hp_arena hp_arena;

/* Owner: the caller, who calls hp_arena_free. */
hp_arena *hp_arena_new(void);

/* The same for something small that lives long (a cache entry): the first chunk has room for `first_bytes`. */
hp_arena *hp_arena_new_sized(size_t first_bytes);

/* Runs the deferred releases, newest first, and frees everything. Accepts NULL. */
void hp_arena_free(hp_arena *a);

/* `size` zeroed bytes that live as long as the arena. size 0 yields a valid pointer. */
void *hp_arena_alloc(hp_arena *a, size_t size) __attribute__((malloc, returns_nonnull));

/* `count` items of `size` bytes; the product is checked. */
void *hp_arena_array(hp_arena *a, size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Room for one more behind `count` items: `items` themselves, or where there is none left (*cap of them) a copy with room for
 * twice as many, at least for `least` (1 or more). What was copied stays in the arena. */
void *hp_arena_room(hp_arena *a, void *items, size_t size, size_t count, size_t *cap, size_t least)
    __attribute__((returns_nonnull));

/* A NUL-terminated copy (the NUL is not counted in len). An absent text stays absent. */
hp_str hp_arena_str(hp_arena *a, hp_str s);

/* The same as a C string. */
char *hp_arena_cstr(hp_arena *a, hp_str s);

/* Formatted text. */
__attribute__((format(printf, 2, 3))) hp_str hp_arena_printf(hp_arena *a, const char *fmt, ...);

/* Ties a resource to the arena: fn(arg) runs when it is freed, newest first. Never fails: if it could, it would leak
 * what it was meant to release. `arg` outlives the arena: no local declared after it. */
void hp_arena_defer(hp_arena *a, void (*fn)(void *arg), void *arg);

/* Bytes handed out so far (metrics, tests). */
size_t hp_arena_used_bytes(const hp_arena *a);

#define HP_NEW(arena, type) ((type *)hp_arena_alloc((arena), sizeof(type)))
#define HP_NEW_ARRAY(arena, type, count) ((type *)hp_arena_array((arena), (count), sizeof(type)))

static inline void hp_arena_freep(hp_arena **a) { hp_arena_free(*a); }
#define HP_AUTO_ARENA __attribute__((cleanup(hp_arena_freep))) hp_arena * /* HP_AUTO_ARENA mem = hp_arena_new(); */

#endif
