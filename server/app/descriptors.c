#include "app/descriptors.h"

#include <stdint.h>
#include <sys/resource.h>

enum { KEPT_MIN = 64 };

/* True if it had to be made smaller. */
static bool lower(size_t *n, size_t most)
{
    if (most < 1) most = 1;
    if (*n <= most) return false;
    *n = most;
    return true;
}

bool hp_descriptors_fit(size_t files, size_t *connections, size_t *sockets)
{
    const size_t kept = files / 8 > KEPT_MIN ? files / 8 : KEPT_MIN, room = files > kept ? files - kept : 0;
    if (sockets == NULL) return !lower(connections, room);
    /* neither takes the other's half of the room unless it is left over */
    const size_t half = room / 2;
    const size_t others = *sockets < half ? *sockets : half;
    const bool fewer_connections = lower(connections, room - others);
    const bool fewer_sockets = lower(sockets, room > *connections ? room - *connections : 0);
    return !fewer_connections && !fewer_sockets;
}

size_t hp_descriptors_max(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
    return (size_t)files.rlim_cur;
}
