/* live/answer.h — what the server says, as text. Pure. */
#ifndef HP_LIVE_ANSWER_H
#define HP_LIVE_ANSWER_H

#include "base/buf.h"
#include "base/error.h"
#include "core/settings.h"

typedef enum hp_live_kind {
    HP_LIVE_CREATE,
    HP_LIVE_ENTER,
    HP_LIVE_UPDATED,
    HP_LIVE_LEAVE,
    HP_LIVE_DELETE
} hp_live_kind;

/* "create", … */
hp_str hp_live_kind_name(hp_live_kind kind);

/* {"op":"update","clientId":…,"installationId":…,"requestId":1, — an event's beginning; its body follows. */
void hp_live_write_head(hp_buf *out, hp_live_kind kind, hp_str introduction, double request_id);

/* "clientId":"…","installationId":"…", — who is spoken to. `installation_id` absent: without it. */
void hp_live_write_introduction(hp_buf *out, hp_str client_id, hp_str installation_id);

/* {"op":"connected",…}; {"op":"subscribed",…}, {"op":"unsubscribed",…} */
void hp_live_write_connected(hp_buf *out, hp_str introduction);
void hp_live_write_done(hp_buf *out, hp_str op, hp_str introduction, double request_id);

/* "code":119,"error":"…","reconnect":false} — the end of an error, in `mem`. */
hp_str hp_live_error_text(const hp_settings *settings, const hp_err *err, bool reconnect, hp_arena *mem);

/* {"op":"error","requestId":1, and that end; NAN: of no subscription. */
void hp_live_write_error(hp_buf *out, hp_str error_text, double request_id);

#endif
