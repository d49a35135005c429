/* app/options_parse_words.h — what Parse Server says when it refuses an option.
 *
 * A refused configuration ends with this line, so that whoever knows Parse Server, or greps for its words, finds them. The
 * lines before it say more: the option, where it stands, and what was expected. Constant table, any thread. */
#ifndef HP_APP_OPTIONS_PARSE_WORDS_H
#define HP_APP_OPTIONS_PARSE_WORDS_H

#include "app/options_internal.h"

/* Parse Server's sentence for `in` (NULL: missing) as a value of `o`, in `mem`; absent if it has none. */
hp_str hp_option_parse_words(hp_arena *mem, const hp_option *o, const hp_value *in);

#endif
