/* cloudcode/templates/owned.h — what both payment templates need: who owns a row, who may see it, who else is
 * there, what a sum of money is. */
#ifndef HOMEPORT_TEMPLATES_OWNED_H
#define HOMEPORT_TEMPLATES_OWNED_H

#include <homeport/cloud.h>

/* The objectId of the logged-in user, or NULL (nobody, or the master key). */
const char *owned_caller_id(const hpc_request *rq);

/* True if `a` and `b` are pointers to the same object. */
bool owned_same_pointer(const hpc_value *a, const hpc_value *b);

/* Makes `field` of a new object a pointer to the caller: filled in if absent, refused if it names another user. With the
 * master key the field must be given. Returns HPC_OK or what to return. */
int owned_set_owner(hpc_request *rq, const char *field);

/* Refuses an update that would change `field`, whoever asks. */
int owned_refuse_change(hpc_request *rq, const char *field);

/* For triggers of _User: refuses whoever is neither that user nor the master key. Without it, users who open their ACL to
 * others would hand them the profile, password included. */
int owned_refuse_stranger(hpc_request *rq);

/* An ACL: read and write for `owner_id`, read for `reader_id` unless it is NULL; nothing for anybody else. */
hpc_value *owned_acl(hpc_request *rq, const char *owner_id, const char *reader_id);

/* Makes that the object's ACL, whatever the client sent. */
void owned_set_acl(hpc_request *rq, const char *owner_id, const char *reader_id);

/* {"<id>":{"read":true}} for rows that only the server writes. */
hpc_value *owned_read_acl(hpc_request *rq, const char *user_id);

/* The function listUsers: ids and names, nothing else, for logged-in users; the parameter `prefix` narrows it. */
int owned_list_users(hpc_request *rq, void *data);

/* A sum of money as a client may send it: a finite number above 0 with at most two decimals, at most MONEY_MAX.
 * On success *minor holds it in minor units (cents), exactly. */
#define MONEY_DECIMALS 2
#define MONEY_MAX 1e12
int money_read(hpc_request *rq, const hpc_value *amount, int64_t *minor);

/* True if `v` is a finite number with at most two decimals within ±MONEY_MAX. */
bool money_exact(double v, int64_t *minor);

#endif
