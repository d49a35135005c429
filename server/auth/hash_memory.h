/* auth/hash_memory.h — the memory that password hashes are computed in. Private to auth/.
 *
 * Blocks are kept for the next hash: freed, they would stay with the C library's allocator of each thread that ever hashed.
 * There are never more of them than hashes have run at once, which the gate bounds. Any thread. */
#ifndef HP_AUTH_HASH_MEMORY_H
#define HP_AUTH_HASH_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "auth/password.h"

enum { HP_HASH_MEMORY_BYTES = HP_PASSWORD_MEMORY_KIB * 1024 };

/* HP_HASH_MEMORY_BYTES, with anything in them. Owner: the caller, until he returns them. */
uint8_t *hp_hash_memory_borrow(void);
void hp_hash_memory_return(uint8_t *memory);

#endif
