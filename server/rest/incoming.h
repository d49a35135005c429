/* rest/incoming.h — what a request says, wherever it says it: body, query string, credentials. rest.md 1.2 to 1.6. */
#ifndef HP_REST_INCOMING_H
#define HP_REST_INCOMING_H

#include "core/call.h"
#include "http/request.h"

typedef struct hp_incoming {
    hp_str method;  /* after _method */
    hp_value body;  /* object without credentials */
    hp_value query; /* object of texts */
    hp_credentials cred;
    hp_value context; /* object */
} hp_incoming;

/* Errors: HTTP 400 with the JSON reader's words (INVALID_JSON for duplicate keys), HTTP 403 for credentials that are no
 * text, INVALID_KEY_NAME for a body that is an array, INVALID_JSON for a context that is no object. */
HP_MUST_USE hp_code hp_incoming_read(const hp_http_request *rq, const hp_settings *settings, hp_incoming *out,
                                     hp_err *err);

#endif
