/* auth/secret.h — comparing secrets. The only comparison used for keys, tokens and signatures: memcmp and strcmp tell by
 * their duration how much of a guess was right. No state, any thread. */
#ifndef HP_AUTH_SECRET_H
#define HP_AUTH_SECRET_H

#include "base/str.h"

/* True if both are present and hold the same bytes. Takes the same time wherever they differ; lengths are no secret.
 * An absent text equals nothing, not even an absent one: a key that is not configured opens nothing. */
bool hp_secret_equal(hp_str a, hp_str b);

#endif
