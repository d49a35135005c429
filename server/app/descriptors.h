/* app/descriptors.h — how many connections the process may have, given how many files it may have open.
 *
 * A connection is a descriptor, and so is what the store, a download or a call to the outside has open: if clients could take
 * them all, writes would fail. An eighth is kept back, and connections get what is left. */
#ifndef HP_APP_DESCRIPTORS_H
#define HP_APP_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

/* Makes *connections, and *sockets (NULL: there are none) smaller until both fit into `files` descriptors: first those that
 * are many. False if they had to be. Each is at least 1. */
bool hp_descriptors_fit(size_t files, size_t *connections, size_t *sockets);

/* How many this process may have open now. */
size_t hp_descriptors_max(void);

#endif
