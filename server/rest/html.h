/* rest/html.h — text inside HTML. */
#ifndef HP_REST_HTML_H
#define HP_REST_HTML_H

#include "base/buf.h"

/* Appends `text` so that it means itself, between tags and inside a quoted attribute. */
void hp_html_add(hp_buf *out, hp_str text);

#endif
