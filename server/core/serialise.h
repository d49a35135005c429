/* core/serialise.h — stored object -> what this caller may see, in REST encoding. The only way out.
 *
 * It is handed hp_row.fields and never hp_row.internal. It makes a private copy per receiver: createdAt/updatedAt become
 * plain strings, ACL is assembled, Relation fields appear, File gets its url, protected fields, foreign authData and
 * session tokens go. Runs last, after triggers. */
#ifndef HP_CORE_SERIALISE_H
#define HP_CORE_SERIALISE_H

#include "base/buf.h"
#include "core/permission.h"

/* What of the object was asked for: keys/excludeKeys reduced to root field names. NULL lists: everything. */
typedef struct hp_projection {
    const hp_str *keys;
    size_t key_count;
    bool has_keys;
    const hp_str *exclude;
    size_t exclude_count;
    bool foreign; /* the row is another node's: its files have the address that it gave them */
} hp_projection;

/* `row` as `call` sees it under `grant`. `projection` may be NULL. Lives in call->mem. */
hp_value hp_serialise(const hp_call *call, const hp_class *cls, const hp_grant *grant, const hp_row *row,
                      const hp_projection *projection);

/* Appends what hp_serialise makes of `row` for this caller depends on besides the row: whoever has the same text gets the same
 * object. */
void hp_serialise_signature(const hp_call *call, const hp_class *cls, const hp_grant *grant, const hp_row *row,
                            const hp_projection *projection, hp_buf *out);

/* {"*":{"read":true},…}; *has is false when the object has no ACL (the key is absent then). */
hp_value hp_acl_to_json(hp_arena *mem, const hp_row *row, bool *has);

/* Reads an ACL value of a request into the four ACL members of `op`. Errors: INVALID_ACL. */
HP_MUST_USE hp_code hp_acl_from_json(const hp_value *acl, hp_arena *mem, hp_unit_op *op, hp_err *err);

/* <mount>/files/<appId>/<name>: where a File's bytes are. */
hp_str hp_file_url(const hp_call *call, hp_str name);

#endif
