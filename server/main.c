#include <malloc.h>

#include "cli/cli.h"

/* The C library gives the end of a thread's heap back once 128 KiB of it are free: work of about that size would give back and
 * take again with every request, which made transfers a third dearer. What is larger than this is mapped for itself. */
enum { HEAP_END_BYTES = 1 << 20 };

int main(int argc, char **argv)
{
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_END_BYTES);
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_END_BYTES);
    return hp_cli_main(argc, (const char *const *)argv);
}
