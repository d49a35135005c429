/* core/objects.h — find, get, create, update, delete: what every door calls.
 *
 * `class_name` is as the client sent it ("User" is "_User"). Bodies and answers are decoded values in REST encoding; the
 * caller's arena owns the answers. System classes follow their own rules inside the same pipeline (users.h, sessions.h,
 * roles.h): there is no second way to write one. */
#ifndef HP_CORE_OBJECTS_H
#define HP_CORE_OBJECTS_H

#include "core/call.h"

/* `params` is the raw parameter object (query/find.h). *results is an array; *count is -1 unless count was asked for. */
HP_MUST_USE hp_code hp_objects_find(hp_call *call, hp_str class_name, const hp_value *params, hp_value *results,
                                    int64_t *count, hp_err *err);

HP_MUST_USE hp_code hp_objects_get(hp_call *call, hp_str class_name, hp_str object_id, const hp_value *params,
                                   hp_value *out, hp_err *err);

/* What a write answers: the body, and for a create where the object is. */
typedef struct hp_written {
    hp_value body; /* {"objectId","createdAt",…} or {"updatedAt",…} */
    hp_str object_id;
    bool created; /* 201 and Location; false: 200 */
} hp_written;

HP_MUST_USE hp_code hp_objects_create(hp_call *call, hp_str class_name, const hp_value *body, hp_written *out,
                                      hp_err *err);
HP_MUST_USE hp_code hp_objects_update(hp_call *call, hp_str class_name, hp_str object_id, const hp_value *body,
                                      hp_written *out, hp_err *err);
HP_MUST_USE hp_code hp_objects_delete(hp_call *call, hp_str class_name, hp_str object_id, hp_err *err);

/* One part of a batch. */
typedef enum hp_write_kind { HP_WRITE_CREATE, HP_WRITE_UPDATE, HP_WRITE_DELETE } hp_write_kind;
typedef struct hp_write_part {
    hp_write_kind kind;
    hp_str class_name, object_id;
    const hp_value *body;
    const struct hp_user_token
        *spends;       /* _User: the one-time token that the write uses up (core/user_token.h); NULL: none */
    bool by_its_route; /* a create in a class that has routes (core/system_classes.h): the part comes from them */
} hp_write_part;

/* All parts in one unit: every part is committed or none (triggers included: a trigger that throws undoes all).
 * Errors: the first failing part's; *failed is its index. */
HP_MUST_USE hp_code hp_objects_write_all(hp_call *call, const hp_write_part *parts, size_t count, hp_written *out,
                                         size_t *failed, hp_err *err);

#endif
