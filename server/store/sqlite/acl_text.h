/* acl_text.h — ACL columns: a JSON array of strings, written by us and read back without a JSON parser. */
#ifndef HP_STORE_SQLITE_ACL_TEXT_H
#define HP_STORE_SQLITE_ACL_TEXT_H

#include "base/arena.h"

/* ["*","role:admin"] */
hp_str hp_acl_text_write(hp_arena *mem, const hp_str *names, size_t count);

/* The JSON literal of one name, quotes included: equal names have equal literals. */
hp_str hp_acl_text_literal(hp_arena *mem, hp_str name);

/* Takes the next literal off *rest (first call: the whole column). False at the end, and for what is no such array. */
bool hp_acl_text_next(hp_str *rest, hp_str *literal);

/* All names. False if the text is no such array. */
bool hp_acl_text_read(hp_arena *mem, hp_str text, hp_str **names, size_t *count);

#endif
