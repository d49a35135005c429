/* base/map.h — a hash map from text to pointer.
 *
 * Keys are hashed with SipHash-1-3 under a random per-process key, so that chosen keys cannot collide on purpose.
 * Iteration is in insertion order. Keys are copied when the map has no arena, borrowed otherwise. Values are not owned.
 * Many readers or one writer. */
#ifndef HP_BASE_MAP_H
#define HP_BASE_MAP_H

#include "base/arena.h"
#include "base/str.h"

typedef struct hp_map hp_map;

/* With `a`: lives in the arena, keys are borrowed and must live as long. With NULL: heap; keys are copied. */
hp_map *hp_map_new(hp_arena *a);
void hp_map_free(hp_map *m); /* heap maps; accepts NULL; nothing to do for arena maps */

/* The value of `key`, or NULL. */
void *hp_map_get(const hp_map *m, hp_str key);

/* Sets `key`; returns the value it had, or NULL. `value` must not be NULL. */
void *hp_map_put(hp_map *m, hp_str key, void *value);

/* Removes `key`; returns the value it had, or NULL. */
void *hp_map_remove(hp_map *m, hp_str key);

size_t hp_map_count(const hp_map *m);

/* Iterates: start with *pos = 0; false at the end. The map must not change meanwhile. */
bool hp_map_next(const hp_map *m, size_t *pos, hp_str *key, void **value);

/* The keyed hash itself, for caches that bring their own table. */
uint64_t hp_hash(hp_str s);

#endif
