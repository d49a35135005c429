/* http/range.h — the Range header of a request for one representation: RFC 9110 section 14. No state, any thread. */
#ifndef HP_HTTP_RANGE_H
#define HP_HTTP_RANGE_H

#include "base/str.h"

typedef enum hp_range_kind {
    HP_RANGE_WHOLE,         /* no range, or one that is to be ignored: another unit, several parts, nonsense */
    HP_RANGE_PART,          /* *from and *len hold, len > 0, within the size */
    HP_RANGE_UNSATISFIABLE, /* well-formed, but nothing of it is there: 416 */
} hp_range_kind;

/* What `header` (absent: none was sent) asks for of `size` bytes. */
hp_range_kind hp_range_read(hp_str header, uint64_t size, uint64_t *from, uint64_t *len);

#endif
