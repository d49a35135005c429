/* query/geometry.h — points, circles and rings on the globe, as queries mean them.
 *
 * The one definition: the matcher, the store's SQL functions and their pre-filters all use it. Distances are on a sphere, in
 * radians; boxes and rings are planar, on degrees, their edges included: MongoDB's legacy coordinates. Pure, any thread. */
#ifndef HP_QUERY_GEOMETRY_H
#define HP_QUERY_GEOMETRY_H

#include "value/value.h"

/* What Parse takes for the radius of the earth. */
#define HP_EARTH_KILOMETERS 6371.0
#define HP_EARTH_MILES 3959.0

/* The angle between two points, in radians: 0 to pi. */
double hp_geo_angle(hp_geo a, hp_geo b);

/* `low` is the south-west corner, `high` the north-east one. */
bool hp_geo_box_contains(hp_geo low, hp_geo high, hp_geo p);

/* The ring may be open or closed; with fewer than one point it contains nothing. */
bool hp_geo_ring_contains(const hp_geo *ring, size_t count, hp_geo p);

/* The latitudes, in degrees, outside of which no point of the circle or ring lies. */
void hp_geo_circle_latitudes(hp_geo centre, double radius, double *south, double *north);
void hp_geo_ring_latitudes(const hp_geo *ring, size_t count, double *south, double *north);

#endif
