/* base/gate.h — bounds how many threads do something costly at once; the others wait in a line.
 *
 * First come, first served. Who waits says so to its pool (base/thread.h), so that work which needs no place goes on. */
#ifndef HP_BASE_GATE_H
#define HP_BASE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hp_gate hp_gate;

/* At most `places` (at least 1) inside at once, at most `waiting_max` in the line.
 * Owner: the caller, who frees it after its last user. */
hp_gate *hp_gate_new(size_t places, size_t waiting_max);
void hp_gate_free(hp_gate *g); /* accepts NULL; nobody may be inside */

/* Takes a place, waiting for it until `deadline_ms` (hp_clock_system, monotonic; 0: not at all). A free place is taken even
 * when the deadline has passed: the work behind it is bounded. Give it back with hp_gate_leave, on any thread.
 * False, and no place is held, when the turn does not come in time, and at once when the line is full. */
bool hp_gate_enter(hp_gate *g, int64_t deadline_ms);
void hp_gate_leave(hp_gate *g);

typedef struct hp_gate_stats {
    uint64_t passed;  /* have been inside and left */
    uint64_t refused; /* gave up waiting, or found the line full */
    size_t running, waiting;
} hp_gate_stats;

hp_gate_stats hp_gate_now(hp_gate *g);

#endif
