/* rest/page_text.h — the built-in pages: small, plain HTML without scripts. They say what happened, and one has a form. */
#ifndef HP_REST_PAGE_TEXT_H
#define HP_REST_PAGE_TEXT_H

#include "base/buf.h"

typedef enum hp_page_form { HP_PAGE_NO_FORM, HP_PAGE_FORM_PASSWORD, HP_PAGE_FORM_RESEND } hp_page_form;

typedef struct hp_page {
    const char *id;       /* in pages.customUrls */
    const char *file;     /* GET <pagesEndpoint>/<file> */
    const char *older[2]; /* names that it had before; NULL: none */
    const char *title;
    const char *text;
    hp_page_form form;
} hp_page;

extern const hp_page HP_PAGE_PASSWORD_RESET, HP_PAGE_PASSWORD_RESET_SUCCESS, HP_PAGE_PASSWORD_RESET_LINK_INVALID,
    HP_PAGE_VERIFICATION_SUCCESS, HP_PAGE_VERIFICATION_SEND_SUCCESS, HP_PAGE_VERIFICATION_SEND_FAIL,
    HP_PAGE_VERIFICATION_LINK_INVALID;

/* The page that is called `file`, now or before; NULL: none. */
const hp_page *hp_page_by_file(hp_str file);

typedef struct hp_page_params { /* absent where there is nothing to say */
    hp_str app_id, app_name, public_server_url;
    hp_str token, error, locale;
} hp_page_params;

/* `base`: from the page's address to <pagesEndpoint>/, "" or "../". Every parameter is escaped. */
void hp_page_write(hp_buf *out, const hp_page *page, const hp_page_params *params, const char *base);

/* GET <pagesEndpoint>/page.css */
extern const hp_str HP_PAGE_STYLE;

#endif
