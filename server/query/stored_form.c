#include "query/stored_form.h"

#include "query/class.h"

static void close_ring(hp_arena *mem, hp_value *v)
{
    uint32_t count = v->polygon.count;
    if (count == 0) return;

    const hp_geo *first = &v->polygon.points[0], *last = &v->polygon.points[count - 1];
    if (first->latitude == last->latitude && first->longitude == last->longitude) return;
    hp_geo *closed = HP_NEW_ARRAY(mem, hp_geo, (size_t)count + 1);
    memcpy(closed, v->polygon.points, count * sizeof *closed);
    closed[count] = *first;
    v->polygon.points = closed;
    v->polygon.count = count + 1;
}

hp_value hp_stored_form(hp_arena *mem, const hp_value *v)
{
    hp_value out = *v;
    if (v->tag == HP_DATE) out.date.iso = HP_STR_NONE;
    if (v->tag == HP_FILE) out.file.url = HP_STR_NONE;
    if (v->tag == HP_POINTER) out.pointer.class_name = hp_class_canonical_name(v->pointer.class_name);
    if (v->tag == HP_POLYGON) close_ring(mem, &out);
    return out;
}
