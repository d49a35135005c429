#include "auth/hash_memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"

typedef struct spare { /* in the memory itself */
    struct spare *next;
} spare;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static spare *spares; /* the last one returned is the first one lent: it may still be in the processor's cache */

uint8_t *hp_hash_memory_borrow(void)
{
    pthread_mutex_lock(&lock);
    spare *memory = spares;
    if (memory != NULL) spares = memory->next;
    pthread_mutex_unlock(&lock);
    if (memory == NULL) memory = malloc(HP_HASH_MEMORY_BYTES);
    HP_ASSERT(memory != NULL);
    return (uint8_t *)memory;
}

void hp_hash_memory_return(uint8_t *memory)
{
    spare *back = (spare *)(void *)memory;
    pthread_mutex_lock(&lock);
    back->next = spares;
    spares = back;
    pthread_mutex_unlock(&lock);
}
