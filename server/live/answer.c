#include "live/answer.h"

#include "value/json.h"

static const hp_str KINDS[] = {
    [HP_LIVE_CREATE] = HP_STR_INIT("create"),  [HP_LIVE_ENTER] = HP_STR_INIT("enter"),
    [HP_LIVE_UPDATED] = HP_STR_INIT("update"), [HP_LIVE_LEAVE] = HP_STR_INIT("leave"),
    [HP_LIVE_DELETE] = HP_STR_INIT("delete"),
};

hp_str hp_live_kind_name(hp_live_kind kind) { return KINDS[kind]; }

static void begin(hp_buf *out, hp_str op, hp_str introduction)
{
    hp_buf_add_lit(out, "{\"op\":\"");
    hp_buf_add(out, op);
    hp_buf_add_lit(out, "\",");
    hp_buf_add(out, introduction);
}

/* Without the comma behind the last member. */
static void end(hp_buf *out)
{
    if (out->len > 0 && out->ptr[out->len - 1] == ',') out->len--;
    hp_buf_add_char(out, '}');
}

void hp_live_write_head(hp_buf *out, hp_live_kind kind, hp_str introduction, double request_id)
{
    begin(out, KINDS[kind], introduction);
    hp_buf_add_lit(out, "\"requestId\":");
    hp_json_write_number(out, request_id);
    hp_buf_add_char(out, ',');
}

void hp_live_write_introduction(hp_buf *out, hp_str client_id, hp_str installation_id)
{
    hp_buf_add_lit(out, "\"clientId\":");
    hp_json_write_string(out, client_id);
    hp_buf_add_char(out, ',');
    if (!hp_str_present(installation_id)) return;
    hp_buf_add_lit(out, "\"installationId\":");
    hp_json_write_string(out, installation_id);
    hp_buf_add_char(out, ',');
}

void hp_live_write_connected(hp_buf *out, hp_str introduction)
{
    begin(out, HP_STR("connected"), introduction);
    end(out);
}

void hp_live_write_done(hp_buf *out, hp_str op, hp_str introduction, double request_id)
{
    begin(out, op, introduction);
    hp_buf_add_lit(out, "\"requestId\":");
    hp_json_write_number(out, request_id);
    end(out);
}

hp_str hp_live_error_text(const hp_settings *settings, const hp_err *err, bool reconnect, hp_arena *mem)
{
    hp_value text = hp_object();
    hp_object_append(mem, &text, HP_STR("code"), hp_number((double)err->code));
    hp_object_append(mem, &text, HP_STR("error"), hp_string(hp_error_text(settings, err)));
    hp_object_append(mem, &text, HP_STR("reconnect"), hp_bool(reconnect));
    const hp_str whole = hp_json_text(mem, &text);
    return hp_str_sub(whole, 1, SIZE_MAX);
}

void hp_live_write_error(hp_buf *out, hp_str error_text, double request_id)
{
    hp_buf_add_lit(out, "{\"op\":\"error\",\"requestId\":");
    hp_json_write_number(out, request_id); /* NaN is written as null */
    hp_buf_add_char(out, ',');
    hp_buf_add(out, error_text);
}
