/* rest/depth.h — the header by which a request says that it comes out of cloud code, and how deep.
 *
 * "<depth>.<first 32 hex digits of HMAC-SHA256 by the master key>": made for each webhook that is asked, sent back by a
 * receiver that calls the API while it answers. Whoever made one up would only be believed with the master key. */
#ifndef HP_REST_DEPTH_H
#define HP_REST_DEPTH_H

#include "core/settings.h"
#include "http/request.h"

#define HP_DEPTH_HEADER "X-Homeport-Depth"

hp_str hp_depth_write(const hp_settings *settings, int depth, hp_arena *mem);

/* 0 for a request without the header, or with one that is not ours. */
int hp_depth_read(const hp_settings *settings, const hp_http_request *rq);

#endif
