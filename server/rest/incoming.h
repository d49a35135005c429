/* rest/incoming.h — what a request says, wherever it says it: body, query string, credentials. */
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
    hp_value headers; /* object of texts, names in lower case, without keys and cookies: for cloud code */
    int depth;        /* of the cloud code that makes this request (rest/depth.h) */
} hp_incoming;

/* Errors: HTTP 400 with the JSON reader's words (INVALID_JSON for duplicate keys), HTTP 403 for credentials that are no
 * text, INVALID_KEY_NAME for a body that is an array, INVALID_JSON for a context that is no object. */
HP_MUST_USE hp_code hp_incoming_read(const hp_http_request *rq, const hp_settings *settings, hp_incoming *out,
                                     hp_err *err);

/* Puts the fields of a multipart/form-data body into out->body, for the routes that take one: a field is a text, a file
 * {"filename", "contentType", "data": Bytes}. Any other body stays as it was read. Errors: INVALID_JSON for what is no such
 * body, INVALID_QUERY for a field given twice. */
HP_MUST_USE hp_code hp_incoming_read_form(const hp_http_request *rq, hp_incoming *out, hp_err *err);

/* The same for an upload, whose body is the file unless no application is named in the headers: then it is the JSON form of
 * the JavaScript SDK, {"base64", "_ContentType", "fileData", "_ApplicationId", …}. */
typedef struct hp_incoming_file {
    hp_credentials cred;
    hp_value context;    /* object */
    hp_str content_type; /* absent: none */
    hp_str bytes;
    hp_value data; /* fileData: metadata, tags, directory; null: none */
    bool stream;   /* X-Parse-Upload-Mode: stream; metadata, tags and directory are in headers */
} hp_incoming_file;

/* Errors: HTTP 403 `unauthorized`; FILE_SAVE_ERROR for content that is no base64; INVALID_JSON as above. */
HP_MUST_USE hp_code hp_incoming_read_file(const hp_http_request *rq, const hp_settings *settings, hp_incoming_file *out,
                                          hp_err *err);

/* What the headers alone say. */
void hp_incoming_read_credentials(const hp_http_request *rq, const hp_settings *settings, hp_credentials *out);

#endif
