/* rest/page_template.h — pages of the app's own: HTML with Mustache tags.
 *
 *   {{name}} {{a.b}}         a value, escaped
 *   {{{name}}} {{&name}}     as it is, if it comes from the configuration
 *   {{#name}}…{{/name}}      if it is there and not false; once per element of a list, inside an object
 *   {{^name}}…{{/name}}      if it is not
 *   {{!…}} {{>…}}            nothing; there are no partials
 *
 * What came with a request is escaped however it is written: a template cannot be talked into running somebody's script. */
#ifndef HP_REST_PAGE_TEMPLATE_H
#define HP_REST_PAGE_TEMPLATE_H

#include "base/buf.h"
#include "base/error.h"
#include "value/value.h"

typedef struct hp_template_values {
    const hp_value *translation;  /* object; its texts may hold tags with `params` themselves; or NULL */
    const hp_value *placeholders; /* object, or NULL */
    const hp_value *params;       /* object: what the page is about; the ones above hide it */
} hp_template_values;

/* Errors: INVALID_QUERY for tags that are not closed, sections that overlap or are nested too deeply, and {{=…=}}. */
HP_MUST_USE hp_code hp_template_check(hp_str text, hp_err *err);

/* `text` has been checked. */
void hp_template_render(hp_buf *out, hp_str text, const hp_template_values *values);

#endif
