/* base/map.c — open addressing with linear probing over an insertion-ordered entry list.
 *
 * `slots` holds entry numbers + 1; a removed entry keeps its slot as a tombstone (key absent) until the next rebuild. */
#include "base/map.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/rand.h"

typedef struct entry {
    hp_str key; /* absent: removed */
    uint64_t hash;
    void *value;
} entry;

struct hp_map {
    hp_arena *arena;
    entry *entries;
    uint32_t *slots;
    size_t count, used, cap; /* live entries; entries with tombstones; slots (a power of two) */
};

/* ---- SipHash-1-3 (Aumasson, Bernstein), key drawn once per process ---- */

static uint64_t hash_key[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void draw_key(void)
{
    hp_rand *r = hp_rand_system();
    if (!r->fill(r, hash_key, sizeof hash_key)) {
        (void)fprintf(stderr, "homeport: the system gives no random numbers (getrandom failed)\n");
        abort();
    }
}

static inline uint64_t rotl(uint64_t x, int b) { return (x << b) | (x >> (64 - b)); }

#define SIP_ROUND                                                 \
    do {                                                          \
        v0 += v1, v1 = rotl(v1, 13), v1 ^= v0, v0 = rotl(v0, 32); \
        v2 += v3, v3 = rotl(v3, 16), v3 ^= v2;                    \
        v0 += v3, v3 = rotl(v3, 21), v3 ^= v0;                    \
        v2 += v1, v1 = rotl(v1, 17), v1 ^= v2, v2 = rotl(v2, 32); \
    } while (0)

uint64_t hp_hash(hp_str s)
{
    (void)pthread_once(&hash_once, draw_key);
    uint64_t v0 = hash_key[0] ^ 0x736f6d6570736575ULL, v1 = hash_key[1] ^ 0x646f72616e646f6dULL;
    uint64_t v2 = hash_key[0] ^ 0x6c7967656e657261ULL, v3 = hash_key[1] ^ 0x7465646279746573ULL;
    size_t whole = s.len & ~(size_t)7;
    uint64_t last = (uint64_t)s.len << 56;

    for (size_t i = 0; i < whole; i += 8) {
        uint64_t m;
        memcpy(&m, s.ptr + i, 8);
        v3 ^= m;
        SIP_ROUND;
        v0 ^= m;
    }
    for (size_t i = whole; i < s.len; i++) last |= (uint64_t)(unsigned char)s.ptr[i] << (8 * (i - whole));
    v3 ^= last;
    SIP_ROUND;
    v0 ^= last;
    v2 ^= 0xff;
    for (int i = 0; i < 3; i++) SIP_ROUND;
    return v0 ^ v1 ^ v2 ^ v3;
}

/* ---- the table ---- */

static void *get_memory(hp_map *m, size_t count, size_t size)
{
    if (m->arena != NULL) return hp_arena_array(m->arena, count, size);
    void *p = calloc(count, size);
    HP_ASSERT(p != NULL);
    return p;
}

static void put_memory(hp_map *m, void *p)
{
    if (m->arena == NULL) free(p);
}

hp_map *hp_map_new(hp_arena *a)
{
    hp_map *m;
    if (a != NULL) {
        m = HP_NEW(a, hp_map);
    } else {
        m = calloc(1, sizeof *m);
        HP_ASSERT(m != NULL);
    }
    m->arena = a;
    return m;
}

static void free_key(hp_map *m, hp_str key)
{
    if (m->arena == NULL) free((void *)(uintptr_t)key.ptr);
}

void hp_map_free(hp_map *m)
{
    if (m == NULL || m->arena != NULL) return;
    for (size_t i = 0; i < m->used; i++) free_key(m, m->entries[i].key);
    free(m->entries);
    free(m->slots);
    free(m);
}

/* The slot of `key`, or the empty slot where it would go. */
static size_t find_slot(const hp_map *m, hp_str key, uint64_t hash)
{
    size_t at = hash & (m->cap - 1);
    while (m->slots[at] != 0) {
        const entry *e = &m->entries[m->slots[at] - 1];
        if (e->hash == hash && hp_str_present(e->key) && hp_str_eq(e->key, key)) return at;
        at = (at + 1) & (m->cap - 1);
    }
    return at;
}

static void rebuild(hp_map *m, size_t cap)
{
    entry *old = m->entries;
    uint32_t *old_slots = m->slots;
    size_t used = m->used;
    HP_ASSERT(cap <= UINT32_MAX);
    m->entries = get_memory(m, cap, sizeof *m->entries);
    m->slots = get_memory(m, cap, sizeof *m->slots);
    m->cap = cap;
    m->used = 0;
    for (size_t i = 0; i < used; i++) {
        if (!hp_str_present(old[i].key)) continue;
        m->entries[m->used] = old[i];
        m->slots[find_slot(m, old[i].key, old[i].hash)] = (uint32_t)++m->used;
    }
    put_memory(m, old);
    put_memory(m, old_slots);
}

void *hp_map_get(const hp_map *m, hp_str key)
{
    if (m->count == 0) return NULL;
    uint32_t slot = m->slots[find_slot(m, key, hp_hash(key))];
    return slot == 0 ? NULL : m->entries[slot - 1].value;
}

static hp_str keep_key(hp_map *m, hp_str key)
{
    if (m->arena != NULL) return hp_str_present(key) ? key : HP_STR("");
    char *copy = malloc(key.len + 1);
    HP_ASSERT(copy != NULL);
    if (key.len > 0) memcpy(copy, key.ptr, key.len);
    copy[key.len] = '\0';
    return (hp_str){ copy, key.len };
}

void *hp_map_put(hp_map *m, hp_str key, void *value)
{
    HP_ASSERT(value != NULL);
    /* At most three quarters full, tombstones included; when those are many, the same size will do. */
    if ((m->used + 1) * 4 > m->cap * 3) rebuild(m, m->cap == 0 ? 8 : m->count * 2 > m->used ? m->cap * 2 : m->cap);
    uint64_t hash = hp_hash(key);
    size_t slot = find_slot(m, key, hash);
    if (m->slots[slot] != 0) {
        entry *e = &m->entries[m->slots[slot] - 1];
        void *before = e->value;
        e->value = value;
        return before;
    }
    m->entries[m->used] = (entry){ keep_key(m, key), hash, value };
    m->slots[slot] = (uint32_t)++m->used;
    m->count++;
    return NULL;
}

void *hp_map_remove(hp_map *m, hp_str key)
{
    if (m->count == 0) return NULL;
    uint32_t slot = m->slots[find_slot(m, key, hp_hash(key))];
    if (slot == 0) return NULL;
    entry *e = &m->entries[slot - 1];
    void *before = e->value;
    free_key(m, e->key);
    e->key = HP_STR_NONE;
    e->value = NULL;
    m->count--;
    return before;
}

size_t hp_map_count(const hp_map *m) { return m->count; }

bool hp_map_next(const hp_map *m, size_t *pos, hp_str *key, void **value)
{
    while (*pos < m->used) {
        const entry *e = &m->entries[(*pos)++];
        if (!hp_str_present(e->key)) continue;
        *key = e->key;
        *value = e->value;
        return true;
    }
    return false;
}
