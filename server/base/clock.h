/* base/clock.h — time as a parameter. Real in the server, settable in tests. */
#ifndef HP_BASE_CLOCK_H
#define HP_BASE_CLOCK_H

#include <stdint.h>

typedef struct hp_clock hp_clock;
struct hp_clock {
    int64_t (*now_ms)(hp_clock *self);       /* UTC, milliseconds since 1970 */
    int64_t (*monotonic_ms)(hp_clock *self); /* for deadlines; never goes back */
};

/* The system's clock; static, any thread. */
hp_clock *hp_clock_system(void);

#endif
