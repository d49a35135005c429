/* core/denied_keywords.h — requestKeywordDenylist: keys and values that no request may carry at any depth. */
#ifndef HP_CORE_DENIED_KEYWORDS_H
#define HP_CORE_DENIED_KEYWORDS_H

#include "core/settings.h"
#include "base/error.h"

/* Walks all of `v`. Errors: INVALID_KEY_NAME with the entry that was met. */
HP_MUST_USE hp_code hp_denied_keywords_check(const hp_settings *settings, const hp_value *v, hp_arena *mem,
                                             hp_err *err);

#endif
