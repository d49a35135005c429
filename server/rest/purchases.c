/* rest/purchases.c — /validate_purchase: a receipt of Apple's App Store for the file of a _Product.
 *
 * The receipt is only asked to be genuine. Which products there are, and who may see them, is a matter of the class. */
#include "core/objects.h"
#include "core/settings.h"
#include "rest/route.h"

/* The App Store wants base64: a text, or Bytes of Parse. */
static hp_value receipt_of(const hp_value *sent) { return hp_is(sent, HP_BYTES) ? hp_string(sent->bytes) : *sent; }

/* Two are too many: then it is nobody's receipt. */
static hp_code find_download(hp_call *call, const hp_value *product, hp_value *out, hp_err *err)
{
    hp_value where = hp_object(), params = hp_object(), results;
    int64_t count;

    hp_object_append(call->mem, &where, HP_STR("productIdentifier"), *product);
    hp_object_append(call->mem, &params, HP_STR("where"), where);
    hp_object_append(call->mem, &params, HP_STR("limit"), hp_number(2));
    HP_TRY(hp_objects_find(call, HP_STR("_Product"), &params, &results, &count, err));
    const hp_value *download =
        results.array.count == 1 ? hp_object_get(&results.array.items[0], HP_STR("download")) : NULL;
    if (hp_is_null(download)) return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "Object not found.");
    *out = *download;
    return HP_OK;
}

static hp_code validate(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_arena *mem = rq->call->mem;
    const hp_value *sent = hp_object_get(rq->body, HP_STR("receipt"));
    const hp_value *product = hp_object_get(rq->body, HP_STR("productIdentifier"));

    if (!hp_truthy(sent) || !hp_truthy(product))
        return hp_fail(err, HP_E_INVALID_JSON, "missing receipt or productIdentifier");
    const hp_value receipt = receipt_of(sent);
    const hp_receipt_verdict verdict = hp_app_store_verify(&rq->call->settings->app_store, &receipt, mem);
    if (verdict.genuine) return find_download(rq->call, product, &answer->body, err);
    hp_object_append(mem, &answer->body, HP_STR("status"), verdict.status);
    hp_object_append(mem, &answer->body, HP_STR("error"), hp_string(verdict.error));
    return HP_OK;
}

const hp_route HP_ROUTES_PURCHASES[] = {
    { HP_METHOD_POST, "validate_purchase", HP_NEED_APP, validate },
    { 0 },
};
