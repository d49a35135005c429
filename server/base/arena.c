/* base/arena.c — chunks that double in size; what is larger than a chunk gets one of its own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under ASan everything not handed out is poisoned, so that a step past the end of a piece is found as with malloc. */
#if defined(__has_feature)
#    if __has_feature(address_sanitizer) /* clang */
#        define UNDER_ASAN 1
#    endif
#endif
#if defined(__SANITIZE_ADDRESS__) /* gcc */
#    define UNDER_ASAN 1
#endif
#if defined(UNDER_ASAN)
void __asan_poison_memory_region(const volatile void *at, size_t size);
void __asan_unpoison_memory_region(const volatile void *at, size_t size);
enum { GAP_BYTES = 16 }; /* behind every piece */
#else
enum { GAP_BYTES = 0 };
#    define __asan_poison_memory_region(at, size) ((void)(at), (void)(size))
#    define __asan_unpoison_memory_region(at, size) ((void)(at), (void)(size))
#endif

enum { LEAST_CHUNK_BYTES = 64, FIRST_CHUNK_BYTES = 8 * 1024, LAST_CHUNK_BYTES = 256 * 1024 };

typedef struct chunk chunk;
struct chunk {
    chunk *next;
    size_t size, used; /* bytes after the header */
    alignas(max_align_t) unsigned char bytes[];
};

typedef struct release release;
struct release {
    release *next;
    void (*fn)(void *arg);
    void *arg;
};

struct hp_arena {
    chunk *chunks;     /* the one being filled first */
    release *releases; /* newest first */
    size_t next_chunk_bytes, used_bytes;
};

static void *must(void *ptr, size_t size)
{
    if (ptr == NULL) {
        (void)fprintf(stderr, "homeport: out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    return ptr;
}

static chunk *new_chunk(size_t size)
{
    size_t total;
    if (__builtin_add_overflow(size, sizeof(chunk), &total)) total = SIZE_MAX; /* malloc refuses it, with the message */
    chunk *c = must(malloc(total), total);
    c->next = NULL;
    c->size = size;
    c->used = 0;
    __asan_poison_memory_region(c->bytes, size);
    return c;
}

hp_arena *hp_arena_new(void) { return hp_arena_new_sized(FIRST_CHUNK_BYTES); }

hp_arena *hp_arena_new_sized(size_t first_bytes)
{
    hp_arena *a = must(malloc(sizeof *a), sizeof *a);
    *a = (hp_arena){ .next_chunk_bytes = first_bytes < LEAST_CHUNK_BYTES ? LEAST_CHUNK_BYTES : first_bytes };
    return a;
}

void hp_arena_free(hp_arena *a)
{
    if (a == NULL) return;
    for (release *r = a->releases; r != NULL; r = r->next) r->fn(r->arg); /* the list itself lives in the chunks */
    for (chunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    free(a);
}

/* `rounded` bytes of `c`, of which `size` may be touched. */
static void *take_piece(chunk *c, size_t rounded, size_t size)
{
    unsigned char *piece = c->bytes + c->used;
    c->used += rounded;
    __asan_unpoison_memory_region(piece, size);
    return memset(piece, 0, size);
}

/* A large piece goes behind the chunk being filled, so that its rest is not lost. */
static void *alloc_large(hp_arena *a, size_t rounded, size_t size)
{
    chunk *c = new_chunk(rounded);
    if (a->chunks == NULL) {
        a->chunks = c;
    } else {
        c->next = a->chunks->next;
        a->chunks->next = c;
    }
    return take_piece(c, rounded, size);
}

void *hp_arena_alloc(hp_arena *a, size_t size)
{
    size_t rounded;
    if (__builtin_add_overflow(size == 0 ? 1 : size, GAP_BYTES + alignof(max_align_t) - 1, &rounded))
        (void)must(NULL, size);
    rounded &= ~(alignof(max_align_t) - 1);
    a->used_bytes += rounded;

    chunk *c = a->chunks;
    if (c == NULL || c->size - c->used < rounded) {
        bool first = c == NULL && rounded <= a->next_chunk_bytes;
        if (!first && rounded > a->next_chunk_bytes / 2) return alloc_large(a, rounded, size);
        c = new_chunk(a->next_chunk_bytes);
        c->next = a->chunks;
        a->chunks = c;
        if (a->next_chunk_bytes < LAST_CHUNK_BYTES) a->next_chunk_bytes *= 2;
    }
    return take_piece(c, rounded, size);
}

void *hp_arena_array(hp_arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) (void)must(NULL, SIZE_MAX);
    return hp_arena_alloc(a, total);
}

void *hp_arena_room(hp_arena *a, void *items, size_t size, size_t count, size_t *cap, size_t least)
{
    if (count < *cap) return items;
    *cap = *cap < least ? least : *cap * 2;
    void *grown = hp_arena_array(a, *cap, size);
    if (count > 0) memcpy(grown, items, count * size);
    return grown;
}

hp_str hp_arena_str(hp_arena *a, hp_str s)
{
    if (!hp_str_present(s)) return HP_STR_NONE;
    char *copy = hp_arena_alloc(a, s.len + 1);
    if (s.len > 0) memcpy(copy, s.ptr, s.len);
    return (hp_str){ copy, s.len };
}

char *hp_arena_cstr(hp_arena *a, hp_str s)
{
    char *copy = hp_arena_alloc(a, s.len + 1);
    if (s.len > 0) memcpy(copy, s.ptr, s.len);
    return copy;
}

hp_str hp_arena_printf(hp_arena *a, const char *fmt, ...)
{
    char shortcut[256];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(shortcut, sizeof shortcut, fmt, args);
    va_end(args);
    if (len < 0) return HP_STR("");
    if ((size_t)len < sizeof shortcut) return hp_arena_str(a, (hp_str){ shortcut, (size_t)len });

    char *text = hp_arena_alloc(a, (size_t)len + 1);
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    return (hp_str){ text, (size_t)len };
}

void hp_arena_defer(hp_arena *a, void (*fn)(void *arg), void *arg)
{
    release *r = HP_NEW(a, release);
    *r = (release){ a->releases, fn, arg };
    a->releases = r;
}

size_t hp_arena_used_bytes(const hp_arena *a) { return a->used_bytes; }
