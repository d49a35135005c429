/* query/where_geo.c — the geo operators. Messages and the order of coordinates are Parse's: pairs of
 * numbers are [longitude, latitude], also in a Polygon value given to $geoWithin. */
#include <math.h>

#include "query/geometry.h"
#include "query/where_internal.h"

static hp_code check_point(hp_geo p, hp_err *err)
{
    if (!(fabs(p.latitude) <= 90))
        return hp_fail(err, HP_E_INVALID_JSON, "GeoPoint latitude out of bounds: %g.", p.latitude);
    if (!(fabs(p.longitude) <= 180))
        return hp_fail(err, HP_E_INVALID_JSON, "GeoPoint longitude out of bounds: %g.", p.longitude);
    return HP_OK;
}

/* A GeoPoint or a [longitude, latitude] pair. */
static bool read_point(const hp_value *v, hp_geo *out)
{
    if (hp_is(v, HP_GEOPOINT)) {
        *out = v->geopoint;
        return true;
    }
    if (!hp_is(v, HP_ARRAY) || v->array.count != 2) return false;
    const hp_value *pair = v->array.items;
    if (pair[0].tag != HP_NUMBER || pair[1].tag != HP_NUMBER) return false;
    *out = (hp_geo){ .latitude = pair[1].number, .longitude = pair[0].number };
    return true;
}

static bool is_array_of(const hp_value *v, uint32_t count_min)
{
    return hp_is(v, HP_ARRAY) && v->array.count >= count_min;
}

/* Any two opposite corners make a box, as in PostgreSQL. */
static void order_corners(hp_geo *low, hp_geo *high)
{
    hp_geo a = *low, b = *high;
    *low = (hp_geo){ .latitude = fmin(a.latitude, b.latitude), .longitude = fmin(a.longitude, b.longitude) };
    *high = (hp_geo){ .latitude = fmax(a.latitude, b.latitude), .longitude = fmax(a.longitude, b.longitude) };
}

hp_code hp_where_within(const hp_value *arg, hp_filter *leaf, hp_err *err)
{
    const hp_value *box = hp_object_get(arg, HP_STR("$box"));

    leaf->kind = HP_FILTER_WITHIN_BOX;
    if (!hp_is(box, HP_ARRAY) || box->array.count != 2) goto malformed;
    for (int i = 0; i < 2; i++) {
        if (!hp_is(&box->array.items[i], HP_GEOPOINT)) goto malformed;
        leaf->geo.box[i] = box->array.items[i].geopoint;
        HP_TRY(check_point(leaf->geo.box[i], err));
    }
    order_corners(&leaf->geo.box[0], &leaf->geo.box[1]);
    return HP_OK;
malformed:
    return hp_fail(err, HP_E_INVALID_JSON, "malformatted $within arg");
}

static hp_code read_sphere(const hp_value *arg, hp_filter *leaf, hp_err *err)
{
    leaf->kind = HP_FILTER_WITHIN_SPHERE;
    if (!is_array_of(arg, 2))
        return hp_fail(err, HP_E_INVALID_JSON,
                       "bad $geoWithin value; $centerSphere should be an array of Parse.GeoPoint and distance");
    if (!read_point(&arg->array.items[0], &leaf->geo.centre))
        return hp_fail(err, HP_E_INVALID_JSON, "bad $geoWithin value; $centerSphere geo point invalid");
    HP_TRY(check_point(leaf->geo.centre, err));

    const hp_value *distance = &arg->array.items[1];
    if (!hp_is(distance, HP_NUMBER) || !(distance->number >= 0))
        return hp_fail(err, HP_E_INVALID_JSON, "bad $geoWithin value; $centerSphere distance invalid");
    leaf->geo.radius = distance->number;
    return HP_OK;
}

static hp_code read_ring(hp_arena *mem, const hp_value *arg, hp_filter *leaf, hp_err *err)
{
    bool polygon = hp_is(arg, HP_POLYGON);
    size_t count = polygon ? arg->polygon.count : hp_is(arg, HP_ARRAY) ? arg->array.count : 0;

    leaf->kind = HP_FILTER_WITHIN_POLYGON;
    if (!polygon && !hp_is(arg, HP_ARRAY))
        return hp_fail(err, HP_E_INVALID_JSON,
                       "bad $geoWithin value; $polygon should be Polygon object or Array of Parse.GeoPoint's");
    if (count < 3)
        return hp_fail(err, HP_E_INVALID_JSON, "bad $geoWithin value; %s",
                       polygon ? "Polygon.coordinates should contain at least 3 lon/lat pairs"
                               : "$polygon should contain at least 3 GeoPoints");

    leaf->geo.ring = HP_NEW_ARRAY(mem, hp_geo, count);
    leaf->geo.ring_count = count;
    for (size_t i = 0; i < count; i++) {
        hp_geo *p = &leaf->geo.ring[i];
        if (polygon) /* the value's first number was read as a latitude; here it is a longitude */
            *p = (hp_geo){ .latitude = arg->polygon.points[i].longitude, .longitude = arg->polygon.points[i].latitude };
        else if (!read_point(&arg->array.items[i], p))
            return hp_fail(err, HP_E_INVALID_JSON, "bad $geoWithin value");
        HP_TRY(check_point(*p, err));
    }
    return HP_OK;
}

hp_code hp_where_geo_within(hp_arena *mem, const hp_value *arg, hp_filter *leaf, hp_err *err)
{
    const hp_value *ring = hp_object_get(arg, HP_STR("$polygon"));
    const hp_value *sphere = hp_object_get(arg, HP_STR("$centerSphere"));

    if (!hp_is(arg, HP_OBJECT) || arg->object.count != 1 || (ring == NULL && sphere == NULL))
        return hp_fail(err, HP_E_INVALID_JSON, "bad $geoWithin value");
    return ring ? read_ring(mem, ring, leaf, err) : read_sphere(sphere, leaf, err);
}

hp_code hp_where_geo_intersects(const hp_value *arg, hp_filter *leaf, hp_err *err)
{
    const hp_value *point = hp_object_get(arg, HP_STR("$point"));

    leaf->kind = HP_FILTER_CONTAINS_POINT;
    if (!hp_is(point, HP_GEOPOINT))
        return hp_fail(err, HP_E_INVALID_JSON, "bad $geoIntersect value; $point should be GeoPoint");
    leaf->geo.centre = point->geopoint;
    return check_point(point->geopoint, err);
}

/* Where several are given the first of these counts. */
static const struct {
    hp_str name;
    double unit; /* of the argument, per radian */
} DISTANCES[] = {
    { HP_STR_INIT("$maxDistance"), 1 },
    { HP_STR_INIT("$maxDistanceInKilometers"), HP_EARTH_KILOMETERS },
    { HP_STR_INIT("$maxDistanceInMiles"), HP_EARTH_MILES },
    { HP_STR_INIT("$maxDistanceInRadians"), 1 },
};
enum { DISTANCE_COUNT = sizeof DISTANCES / sizeof *DISTANCES };

hp_code hp_where_near(const hp_value *constraint, hp_filter *leaf, hp_err *err)
{
    const hp_value *point = hp_object_get(constraint, HP_STR("$nearSphere"));

    leaf->kind = HP_FILTER_NEAR;
    leaf->geo.radius = HUGE_VAL;
    if (!hp_is(point, HP_GEOPOINT))
        return hp_fail(err, HP_E_INVALID_JSON, "bad $nearSphere value: should be a GeoPoint");
    leaf->geo.centre = point->geopoint;
    HP_TRY(check_point(point->geopoint, err));
    for (size_t i = DISTANCE_COUNT; i > 0; i--) {
        const hp_value *distance = hp_object_get(constraint, DISTANCES[i - 1].name);
        if (distance == NULL) continue;
        if (!hp_is(distance, HP_NUMBER) || !(distance->number >= 0))
            return hp_fail(err, HP_E_INVALID_JSON, "bad %" HP_STR_FMT " value: should be a number that is not negative",
                           HP_STR_ARG(DISTANCES[i - 1].name));
        leaf->geo.radius = distance->number / DISTANCES[i - 1].unit;
    }
    return HP_OK;
}
