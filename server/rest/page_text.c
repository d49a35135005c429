#include "rest/page_text.h"

#include "base/url.h"
#include "rest/html.h"

const hp_page HP_PAGE_PASSWORD_RESET = {
    .id = "passwordReset",
    .file = "password_reset.html",
    .title = "Choose a new password",
    .text = "",
    .form = HP_PAGE_FORM_PASSWORD,
};
const hp_page HP_PAGE_PASSWORD_RESET_SUCCESS = {
    .id = "passwordResetSuccess",
    .file = "password_reset_success.html",
    .title = "Your password is changed",
    .text = "From now on, sign in with the new one.",
};
const hp_page HP_PAGE_PASSWORD_RESET_LINK_INVALID = {
    .id = "passwordResetLinkInvalid",
    .file = "password_reset_link_invalid.html",
    .older = { "invalid_link.html" },
    .title = "This link does not work",
    .text =
        "It has been used, is too old, or was not copied whole. Ask for a new password once more to get another link.",
};
const hp_page HP_PAGE_VERIFICATION_SUCCESS = {
    .id = "emailVerificationSuccess",
    .file = "email_verification_success.html",
    .older = { "verify_email_success.html" },
    .title = "Your e-mail address is confirmed",
    .text = "Thank you. You may close this page.",
};
const hp_page HP_PAGE_VERIFICATION_SEND_SUCCESS = {
    .id = "emailVerificationSendSuccess",
    .file = "email_verification_send_success.html",
    .older = { "link_send_success.html" },
    .title = "A link is on its way",
    .text = "If there is an address to confirm, a mail with a new link will be there in a moment.",
};
const hp_page HP_PAGE_VERIFICATION_SEND_FAIL = {
    .id = "emailVerificationSendFail",
    .file = "email_verification_send_fail.html",
    .older = { "link_send_fail.html" },
    .title = "No link was sent",
    .text = "There is no address to confirm, or it has been confirmed already.",
};
const hp_page HP_PAGE_VERIFICATION_LINK_INVALID = {
    .id = "emailVerificationLinkInvalid",
    .file = "email_verification_link_invalid.html",
    .older = { "invalid_verification_link.html" },
    .title = "This link does not work",
    .text = "It has been used, is too old, or was not copied whole.",
};
static const hp_page VERIFICATION_LINK_EXPIRED = {
    .id = "emailVerificationLinkExpired",
    .file = "email_verification_link_expired.html",
    .title = "This link is too old",
    .text = "Ask for a new one.",
    .form = HP_PAGE_FORM_RESEND,
};

static const hp_page *const PAGES[] = {
    &HP_PAGE_PASSWORD_RESET,
    &HP_PAGE_PASSWORD_RESET_SUCCESS,
    &HP_PAGE_PASSWORD_RESET_LINK_INVALID,
    &HP_PAGE_VERIFICATION_SUCCESS,
    &HP_PAGE_VERIFICATION_SEND_SUCCESS,
    &HP_PAGE_VERIFICATION_SEND_FAIL,
    &HP_PAGE_VERIFICATION_LINK_INVALID,
    &VERIFICATION_LINK_EXPIRED,
};

const hp_str HP_PAGE_STYLE =
    HP_STR_INIT("body{font:1.1rem/1.5 system-ui,sans-serif;margin:0;color:#1b1b1f;background:#f4f4f6}"
                "main{max-width:26rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:.5rem}"
                "h1{font-size:1.4rem;line-height:1.25;margin:0 0 1rem}"
                ".app{margin:0 0 .5rem;color:#55555c}"
                ".error{padding:.5rem .75rem;border-left:.25rem solid #b3261e;background:#fdeceb}"
                "label{display:block;margin:0 0 1rem}"
                "input{display:block;box-sizing:border-box;width:100%;margin-top:.25rem;padding:.5rem;font:inherit;"
                "border:1px solid "
                "#77777f;border-radius:.25rem}"
                "button{padding:.6rem 1.2rem;font:inherit;color:#fff;background:#1a56c4;border:0;border-radius:.25rem}"
                ":focus-visible{outline:.2rem solid #7aa7ff;outline-offset:.1rem}"
                "@media(prefers-color-scheme:dark){body{color:#e6e6ea;background:#17171a}main{background:#232327}.app{"
                "color:#a9a9b2}"
                ".error{background:#4a2523}}\n");

const hp_page *hp_page_by_file(hp_str file)
{
    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++) {
        const char *const names[] = { PAGES[i]->file, PAGES[i]->older[0], PAGES[i]->older[1] };
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (names[k] != NULL && hp_str_eq(file, hp_str_of(names[k]))) return PAGES[i];
    }
    return NULL;
}

static void add_hidden(hp_buf *out, const char *name, hp_str value)
{
    if (!hp_str_present(value)) return;
    hp_buf_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    hp_html_add(out, value);
    hp_buf_add_lit(out, "\">\n");
}

static void add_form(hp_buf *out, const hp_page_params *params, const char *base, const char *action)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_buf_printf(out, "<form method=\"post\" action=\"%s", base);
    hp_html_add(out, hp_url_encode(mem, params->app_id));
    hp_buf_printf(out, "/%s\">\n", action);
    add_hidden(out, "token", params->token);
    add_hidden(out, "locale", params->locale);
}

static void add_password_form(hp_buf *out, const hp_page_params *params, const char *base)
{
    add_form(out, params, base, "request_password_reset");
    hp_buf_add_lit(out,
                   "<label>New password\n<input type=\"password\" name=\"new_password\" autocomplete=\"new-password\" "
                   "required autofocus></label>\n"
                   "<label>The same once more\n<input type=\"password\" name=\"confirm_new_password\" "
                   "autocomplete=\"new-password\" required></label>\n"
                   "<button>Change password</button>\n</form>\n");
}

static void add_resend_form(hp_buf *out, const hp_page_params *params, const char *base)
{
    add_form(out, params, base, "resend_verification_email");
    if (!hp_str_present(params->token))
        hp_buf_add_lit(out, "<label>User name\n<input name=\"username\" autocomplete=\"username\" required></label>\n");
    hp_buf_add_lit(out, "<button>Send a new link</button>\n</form>\n");
}

void hp_page_write(hp_buf *out, const hp_page *page, const hp_page_params *params, const char *base)
{
    hp_buf_printf(out,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n"
                  "<link rel=\"stylesheet\" href=\"%spage.css\">\n</head>\n<body>\n<main>\n",
                  page->title, base);
    if (params->app_name.len > 0) {
        hp_buf_add_lit(out, "<p class=\"app\">");
        hp_html_add(out, params->app_name);
        hp_buf_add_lit(out, "</p>\n");
    }
    hp_buf_printf(out, "<h1>%s</h1>\n", page->title);
    if (page->text[0] != '\0') hp_buf_printf(out, "<p>%s</p>\n", page->text);
    if (params->error.len > 0) {
        hp_buf_add_lit(out, "<p class=\"error\" role=\"alert\">");
        hp_html_add(out, params->error);
        hp_buf_add_lit(out, "</p>\n");
    }
    if (page->form == HP_PAGE_FORM_PASSWORD) add_password_form(out, params, base);
    if (page->form == HP_PAGE_FORM_RESEND) add_resend_form(out, params, base);
    hp_buf_add_lit(out, "</main>\n</body>\n</html>\n");
}
