#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t); /* cannot fail for these clocks */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t now_ms(hp_clock *self)
{
    (void)self;
    return read_ms(CLOCK_REALTIME);
}

static int64_t monotonic_ms(hp_clock *self)
{
    (void)self;
    return read_ms(CLOCK_MONOTONIC);
}

hp_clock *hp_clock_system(void)
{
    static hp_clock system = { now_ms, monotonic_ms };
    return &system;
}
