#include "query/geometry.h"

#include <math.h>

static double radians(double degrees) { return degrees * (M_PI / 180); }

/* Haversine: exact enough for points a metre apart, where the law of cosines is not. */
double hp_geo_angle(hp_geo a, hp_geo b)
{
    double lat = sin(radians(b.latitude - a.latitude) / 2), lng = sin(radians(b.longitude - a.longitude) / 2);
    double h = lat * lat + cos(radians(a.latitude)) * cos(radians(b.latitude)) * lng * lng;
    return 2 * asin(sqrt(fmin(1, h)));
}

bool hp_geo_box_contains(hp_geo low, hp_geo high, hp_geo p)
{
    return p.latitude >= low.latitude && p.latitude <= high.latitude && p.longitude >= low.longitude &&
           p.longitude <= high.longitude;
}

static bool on_edge(hp_geo p, hp_geo a, hp_geo b)
{
    double cross = (b.longitude - a.longitude) * (p.latitude - a.latitude) -
                   (b.latitude - a.latitude) * (p.longitude - a.longitude);
    return cross == 0 && p.longitude >= fmin(a.longitude, b.longitude) &&
           p.longitude <= fmax(a.longitude, b.longitude) && p.latitude >= fmin(a.latitude, b.latitude) &&
           p.latitude <= fmax(a.latitude, b.latitude);
}

bool hp_geo_ring_contains(const hp_geo *ring, size_t count, hp_geo p)
{
    bool inside = false;
    for (size_t i = 0; i < count; i++) {
        hp_geo a = ring[i], b = ring[i == 0 ? count - 1 : i - 1];
        if (on_edge(p, a, b)) return true;
        if ((a.latitude > p.latitude) != (b.latitude > p.latitude) &&
            p.longitude <
                (b.longitude - a.longitude) * (p.latitude - a.latitude) / (b.latitude - a.latitude) + a.longitude)
            inside = !inside;
    }
    return inside;
}

/* A little more than the circle: what lies on its edge must not be lost to rounding. */
void hp_geo_circle_latitudes(hp_geo centre, double radius, double *south, double *north)
{
    double degrees = fmin(radius, M_PI) * (180 / M_PI) + 1e-9;
    *south = centre.latitude - degrees;
    *north = centre.latitude + degrees;
}

void hp_geo_ring_latitudes(const hp_geo *ring, size_t count, double *south, double *north)
{
    *south = HUGE_VAL;
    *north = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        *south = fmin(*south, ring[i].latitude);
        *north = fmax(*north, ring[i].latitude);
    }
}
