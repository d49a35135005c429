#include "rest/html.h"

static hp_str entity(char c)
{
    switch (c) {
    case '<': return HP_STR("&lt;");
    case '>': return HP_STR("&gt;");
    case '&': return HP_STR("&amp;");
    case '"': return HP_STR("&quot;");
    case '\'': return HP_STR("&#39;");
    default: return HP_STR_NONE;
    }
}

void hp_html_add(hp_buf *out, hp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const hp_str e = entity(text.ptr[i]);
        if (hp_str_present(e))
            hp_buf_add(out, e);
        else
            hp_buf_add_char(out, text.ptr[i]);
    }
}
