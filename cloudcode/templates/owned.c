#include "owned.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LIST_USERS_MAX = 100 };

const char *owned_caller_id(const hpc_request *rq)
{
    return hpc_user(rq) == NULL ? NULL : hpc_text(hpc_get(hpc_user(rq), "objectId"));
}

bool owned_same_pointer(const hpc_value *a, const hpc_value *b)
{
    return hpc_type(a) == HPC_POINTER && hpc_type(b) == HPC_POINTER &&
           strcmp(hpc_pointer_class(a), hpc_pointer_class(b)) == 0 && strcmp(hpc_pointer_id(a), hpc_pointer_id(b)) == 0;
}

int owned_set_owner(hpc_request *rq, const char *field)
{
    hpc_value *object = hpc_object(rq);
    hpc_value *given = hpc_get(object, field);
    const char *caller = owned_caller_id(rq);

    if (hpc_type(given) == HPC_NULL && caller != NULL) {
        hpc_set(rq, object, field, hpc_make_pointer(rq, "_User", caller));
        return HPC_OK;
    }
    if (hpc_type(given) != HPC_POINTER || strcmp(hpc_pointer_class(given), "_User") != 0)
        return hpc_throw(rq, HPC_E_VALIDATION, "%s must be a pointer to a user.", field);
    if (!hpc_is_master(rq) && (caller == NULL || strcmp(hpc_pointer_id(given), caller) != 0))
        return hpc_throw(rq, HPC_E_FORBIDDEN, "%s must be the logged-in user.", field);
    return HPC_OK;
}

int owned_refuse_change(hpc_request *rq, const char *field)
{
    const hpc_value *now = hpc_get(hpc_object(rq), field);
    const hpc_value *before = hpc_get(hpc_original(rq), field);
    /* Compared as JSON text: both come out of the same writer. */
    if (strcmp(hpc_json(rq, now), hpc_json(rq, before)) == 0) return HPC_OK;
    return hpc_throw(rq, HPC_E_FORBIDDEN, "%s of a %s cannot be changed.", field, hpc_class_name(rq));
}

int owned_refuse_stranger(hpc_request *rq)
{
    const char *caller = owned_caller_id(rq);
    if (hpc_is_master(rq) || (caller != NULL && strcmp(caller, hpc_object_id(rq)) == 0)) return HPC_OK;
    return hpc_throw(rq, HPC_E_FORBIDDEN, "Only the user may change or delete this profile.");
}

static hpc_value *rights(hpc_request *rq, bool write)
{
    hpc_value *r = hpc_make_object(rq);
    hpc_set(rq, r, "read", hpc_make_bool(rq, true));
    if (write) hpc_set(rq, r, "write", hpc_make_bool(rq, true));
    return r;
}

hpc_value *owned_acl(hpc_request *rq, const char *owner_id, const char *reader_id)
{
    hpc_value *acl = hpc_make_object(rq);
    hpc_set(rq, acl, owner_id, rights(rq, true));
    if (reader_id != NULL) hpc_set(rq, acl, reader_id, rights(rq, false));
    return acl;
}

void owned_set_acl(hpc_request *rq, const char *owner_id, const char *reader_id)
{
    hpc_set(rq, hpc_object(rq), "ACL", owned_acl(rq, owner_id, reader_id));
}

hpc_value *owned_read_acl(hpc_request *rq, const char *user_id)
{
    hpc_value *acl = hpc_make_object(rq);
    hpc_set(rq, acl, user_id, rights(rq, false));
    return acl;
}

int owned_list_users(hpc_request *rq, void *data)
{
    const hpc_value *prefix = hpc_get(hpc_params(rq), "prefix");
    hpc_value *query = NULL, *where, *users, *listed;
    int rc;
    (void)data;

    if (hpc_user(rq) == NULL && !hpc_is_master(rq)) return hpc_throw(rq, HPC_E_FORBIDDEN, "Log in to list users.");
    if (hpc_type(prefix) != HPC_NULL && hpc_type(prefix) != HPC_STRING)
        return hpc_throw(rq, HPC_E_VALIDATION, "prefix must be a string.");
    if ((rc = hpc_parse(rq, "{\"order\":\"username\",\"keys\":\"username\",\"where\":{}}", &query)) != HPC_OK)
        return rc;
    hpc_set(rq, query, "limit", hpc_make_number(rq, LIST_USERS_MAX));
    where = hpc_get(query, "where");
    if (hpc_type(prefix) == HPC_STRING) {
        /* username in [prefix, prefix + the highest code point): an index range, no pattern to escape. */
        char high[300];
        (void)snprintf(high, sizeof high, "%.250s\xf4\x8f\xbf\xbf", hpc_text(prefix));
        hpc_value *range = hpc_make_object(rq);
        hpc_set(rq, range, "$gte", prefix);
        hpc_set(rq, range, "$lte", hpc_make_text(rq, high));
        hpc_set(rq, where, "username", range);
    }
    if ((rc = hpc_find(rq, HPC_AS_MASTER, "_User", query, &users)) != HPC_OK) return rc;

    listed = hpc_make_array(rq);
    for (size_t i = 0; i < hpc_count(users); i++) {
        hpc_value *entry = hpc_make_object(rq);
        hpc_set(rq, entry, "objectId", hpc_get(hpc_at(users, i), "objectId"));
        hpc_set(rq, entry, "username", hpc_get(hpc_at(users, i), "username"));
        hpc_push(rq, listed, entry);
    }
    hpc_return(rq, listed);
    return HPC_OK;
}

bool money_exact(double v, int64_t *minor)
{
    if (!isfinite(v) || fabs(v) > MONEY_MAX) return false;
    double cents = round(v * 100.0);
    *minor = (int64_t)cents;
    /* The double nearest to a two-decimal number is what its cents divided by 100 round to. */
    return cents / 100.0 == v;
}

int money_read(hpc_request *rq, const hpc_value *amount, int64_t *minor)
{
    double v = hpc_number(amount);
    if (hpc_type(amount) != HPC_NUMBER || !isfinite(v) || v <= 0)
        return hpc_throw(rq, HPC_E_VALIDATION, "amount must be a number greater than 0.");
    if (v > MONEY_MAX) return hpc_throw(rq, HPC_E_VALIDATION, "amount must be at most %.0f.", MONEY_MAX);
    if (!money_exact(v, minor)) return hpc_throw(rq, HPC_E_VALIDATION, "amount must have at most two decimals.");
    return HPC_OK;
}
