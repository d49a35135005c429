#include "query/value_set.h"

#include "base/error.h"
#include "base/map.h"

struct hp_value_set {
    const hp_value **slots; /* open addressing, at most half full */
    uint64_t *hashes;
    size_t mask, count, count_max;
};

/* Values nested deeper than this are told apart by hp_value_equal alone. */
enum { HASH_DEPTH_MAX = 6 };

static uint64_t hash_words(uint64_t a, uint64_t b)
{
    const uint64_t words[2] = { a, b };
    return hp_hash((hp_str){ (const char *)words, sizeof words });
}

static uint64_t hash_double(double d)
{
    uint64_t bits;
    d += 0.0; /* -0 equals 0 */
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static uint64_t hash_geo(hp_geo p) { return hash_words(hash_double(p.latitude), hash_double(p.longitude)); }

static uint64_t hash_value(const hp_value *v, int depth);

/* Equal objects may differ in key order, so members are summed up. */
static uint64_t hash_object(const hp_value *v, int depth)
{
    uint64_t sum = v->object.count;
    for (uint32_t i = 0; i < v->object.count; i++)
        sum += hash_words(hp_hash(v->object.items[i].key), hash_value(&v->object.items[i].value, depth + 1));
    return sum;
}

static uint64_t hash_content(const hp_value *v, int depth)
{
    uint64_t hash = 0;

    switch (v->tag) {
    case HP_NULL: return 0;
    case HP_BOOL: return v->boolean;
    case HP_NUMBER: return hash_double(v->number);
    case HP_DECIMAL: return hash_double(hp_decimal_to_double(v->decimal));
    case HP_STRING: return hp_hash(v->string);
    case HP_BYTES: return hp_hash(v->bytes);
    case HP_RELATION: return hp_hash(v->relation);
    case HP_FILE: return hp_hash(v->file.name);
    case HP_DATE: return (uint64_t)v->date.ms;
    case HP_POINTER: return hash_words(hp_hash(v->pointer.class_name), hp_hash(v->pointer.object_id));
    case HP_GEOPOINT: return hash_geo(v->geopoint);
    case HP_POLYGON:
        for (uint32_t i = 0; i < v->polygon.count; i++) hash = hash_words(hash, hash_geo(v->polygon.points[i]));
        return hash;
    case HP_ARRAY:
        for (uint32_t i = 0; i < v->array.count; i++)
            hash = hash_words(hash, hash_value(&v->array.items[i], depth + 1));
        return hash;
    case HP_OBJECT: return hash_object(v, depth);
    }
    return hash;
}

static uint64_t hash_value(const hp_value *v, int depth)
{
    const hp_tag tag = v->tag == HP_DECIMAL ? HP_NUMBER : v->tag; /* they can be equal */
    return depth > HASH_DEPTH_MAX ? 0 : hash_words((uint64_t)tag, hash_content(v, depth));
}

uint64_t hp_value_hash(const hp_value *v) { return hash_value(v, 0); }

hp_value_set *hp_value_set_new(hp_arena *mem, size_t count_max)
{
    hp_value_set *s = HP_NEW(mem, hp_value_set);
    size_t size = 8;
    while (size / 2 < count_max) size *= 2;
    s->slots = HP_NEW_ARRAY(mem, const hp_value *, size);
    s->hashes = HP_NEW_ARRAY(mem, uint64_t, size);
    s->mask = size - 1;
    s->count_max = count_max;
    return s;
}

/* The slot that holds a value equal to `v`, or the free one where it belongs. */
static size_t find_slot(const hp_value_set *s, const hp_value *v, uint64_t hash)
{
    size_t i = hash & s->mask;
    while (s->slots[i] != NULL && !(s->hashes[i] == hash && hp_value_equal(s->slots[i], v))) i = (i + 1) & s->mask;
    return i;
}

bool hp_value_set_add(hp_value_set *s, const hp_value *v)
{
    uint64_t hash = hash_value(v, 0);
    size_t i = find_slot(s, v, hash);

    if (s->slots[i] != NULL) return false;
    HP_ASSERT(s->count < s->count_max);
    s->slots[i] = v;
    s->hashes[i] = hash;
    s->count++;
    return true;
}

bool hp_value_set_has(const hp_value_set *s, const hp_value *v)
{
    return s->slots[find_slot(s, v, hash_value(v, 0))] != NULL;
}
