/* value/base64.h — base64 (RFC 4648, standard alphabet, padded) for Bytes values, keys and Basic authentication. */
#ifndef HP_VALUE_BASE64_H
#define HP_VALUE_BASE64_H

#include "base/arena.h"

/* False unless `text` is well-formed; missing padding is accepted, white space is not. */
bool hp_base64_decode(hp_arena *mem, hp_str text, hp_str *out);

hp_str hp_base64_encode(hp_arena *mem, hp_str bytes);

#endif
