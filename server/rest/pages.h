/* rest/pages.h — the door for people: links from mails and the pages they lead to.
 *
 *   GET  <pagesEndpoint>/<appId>/verify_email?token=
 *   POST <pagesEndpoint>/<appId>/resend_verification_email      username or token
 *   GET  <pagesEndpoint>/<appId>/request_password_reset?token=
 *   POST <pagesEndpoint>/<appId>/request_password_reset         token, new_password
 *   GET  <pagesEndpoint>/choose_password?appId=&token=
 *   GET  <pagesEndpoint>/<file>
 *
 * No key and no session: what opens anything is the token. Answers are pages; a POST is answered by a redirect to one,
 * except where the form has to be shown again. Nothing that comes in is repeated but as text, and no page runs a script. */
#ifndef HP_REST_PAGES_H
#define HP_REST_PAGES_H

#include "core/core.h"
#include "http/reply.h"
#include "http/request.h"

/* Answers the request if it is for a page. `path` is what follows the mount path. */
bool hp_pages_handle(hp_core *core, const hp_settings *settings, hp_http_request *rq, hp_str path, hp_http_reply *rp);

#endif
