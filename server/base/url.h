/* base/url.h — text as a part of a URL. No state, any thread. */
#ifndef HP_BASE_URL_H
#define HP_BASE_URL_H

#include "base/arena.h"

/* `text` as one part of a path or query: what encodeURIComponent leaves alone stays, everything else becomes %XX. */
hp_str hp_url_encode(hp_arena *mem, hp_str text);

/* Decodes %XX (and '+' as a blank when `plus` says so). False for a bad sequence or text that is not UTF-8. */
bool hp_url_decode(hp_arena *mem, hp_str text, bool plus, hp_str *out);

#endif
