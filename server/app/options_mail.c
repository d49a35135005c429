/* app/options_mail.c — the options of mail and its pages: who brings the mail, and what the links lead to. */
#include "app/options_internal.h"

enum { SMTP_PORT = 587, SMTPS_PORT = 465, TIMEOUT_S = 20, TIMEOUT_S_MAX = 300 };

typedef struct adapter { /* emailAdapter while it is read */
    hp_loader *l;
    const hp_option *o;
    hp_str where;
    const hp_value *options;
} adapter;

static void refuse(const adapter *a, const char *what) { hp_loader_problem(a->l, a->o, a->where, "%s", what); }

/* ---- members of `options` ---- */

static bool is_line(hp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7F) return false;
    return text.len > 0;
}

/* A text on one line; absent if it is not there. */
static hp_str read_line(const adapter *a, const char *name)
{
    const hp_value *v = hp_object_get(a->options, hp_str_of(name));
    if (hp_is_null(v)) return HP_STR_NONE;
    if (hp_is(v, HP_STRING) && is_line(v->string)) return v->string;
    hp_loader_problem(a->l, a->o, a->where, "options.%s: expected a text on one line", name);
    return HP_STR_NONE;
}

static int64_t read_int(const adapter *a, const char *name, int64_t low, int64_t high, int64_t standard)
{
    const hp_value *v = hp_object_get(a->options, hp_str_of(name));
    const int64_t n = hp_is(v, HP_NUMBER) && v->number >= 0 && v->number <= (double)high ? (int64_t)v->number : -1;
    if (hp_is_null(v)) return standard;
    if (n >= low && (double)n == v->number) return n;
    hp_loader_problem(a->l, a->o, a->where, "options.%s: expected a whole number from %lld to %lld", name,
                      (long long)low, (long long)high);
    return standard;
}

/* <name>, or <name>File with the path of a file that holds it. */
static hp_str read_secret(const adapter *a, const char *name)
{
    const hp_str file = read_line(a, hp_arena_printf(a->l->mem, "%sFile", name).ptr);
    if (!hp_str_present(file)) return read_line(a, name);
    if (hp_object_get(a->options, hp_str_of(name)) != NULL) refuse(a, "a secret and its file are given: remove one");
    return hp_loader_secret_file(a->l, a->o, a->where, file);
}

static void check_names(const adapter *a, const char *const *known, size_t count)
{
    for (uint32_t i = 0; i < a->options->object.count; i++) {
        const hp_str name = a->options->object.items[i].key;
        size_t k = 0;
        while (k < count && !hp_str_eq(name, hp_str_of(known[k]))) k++;
        if (k == count)
            hp_loader_problem(a->l, a->o, a->where, "unknown member options.%" HP_STR_FMT,
                              HP_STR_ARG(hp_str_sub(name, 0, 80)));
    }
}

/* ---- smtp ---- */

static bool is_own_machine(hp_str host)
{
    return hp_str_eq(host, HP_STR("localhost")) || hp_str_eq(host, HP_STR("::1")) ||
           hp_str_starts(host, HP_STR("127."));
}

static bool host_valid(hp_str host)
{
    for (size_t i = 0; i < host.len; i++) {
        const char c = host.ptr[i];
        const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                        c == '-' || c == ':' || c == '_';
        if (!ok) return false;
    }
    return host.len > 0;
}

static hp_smtp_security read_security(const adapter *a, int64_t port)
{
    const hp_value *secure = hp_object_get(a->options, HP_STR("secure"));
    const hp_str word = read_line(a, "security");

    if (hp_is_true(secure) && !hp_str_present(word)) return HP_SMTP_TLS; /* nodemailer's name for it */
    if (hp_str_eq(word, HP_STR("tls"))) return HP_SMTP_TLS;
    if (hp_str_eq(word, HP_STR("none"))) return HP_SMTP_PLAIN;
    if (hp_str_present(word) && !hp_str_eq(word, HP_STR("starttls")))
        refuse(a, "options.security: expected starttls, tls or none");
    return port == SMTPS_PORT && !hp_str_present(word) ? HP_SMTP_TLS : HP_SMTP_STARTTLS;
}

/* "My App <app@example.org>", or the address alone. */
static void read_from(const adapter *a, hp_smtp_options *smtp)
{
    hp_str text = read_line(a, "from");
    const size_t open = hp_str_find_char(text, '<', 0);

    smtp->from = hp_str_trim(text);
    if (open != SIZE_MAX && hp_str_ends(smtp->from, HP_STR(">"))) {
        smtp->from_name = hp_str_trim(hp_str_sub(text, 0, open));
        smtp->from = hp_str_sub(text, open + 1, hp_str_find_char(text, '>', open) - open - 1);
    }
    if (!hp_mail_address_valid(smtp->from))
        refuse(a, "options.from: expected an address such as app@example.org or My App <app@example.org>");
}

static void take_smtp(const adapter *a)
{
    static const char *const NAMES[] = { "host",     "port",         "security", "secure", "user",
                                         "password", "passwordFile", "from",     "caFile", "timeout" };
    hp_mail_options *mail = &a->l->config->server.mail;
    hp_smtp_options *smtp = &mail->smtp;

    check_names(a, NAMES, sizeof NAMES / sizeof *NAMES);
    mail->driver = HP_MAIL_BY_SMTP;
    smtp->host = read_line(a, "host");
    if (!host_valid(smtp->host)) refuse(a, "options.host: expected the name or address of a mail relay");
    smtp->port = (uint16_t)read_int(a, "port", 1, 65535,
                                    hp_is_true(hp_object_get(a->options, HP_STR("secure"))) ? SMTPS_PORT : SMTP_PORT);
    smtp->security = read_security(a, smtp->port);
    smtp->user = read_line(a, "user");
    smtp->password = read_secret(a, "password");
    smtp->ca_file = read_line(a, "caFile");
    smtp->timeout_ms = 1000 * read_int(a, "timeout", 1, TIMEOUT_S_MAX, TIMEOUT_S);
    read_from(a, smtp);
    if (hp_str_present(smtp->user) != hp_str_present(smtp->password))
        refuse(a, "options: user and password (or passwordFile) go together");
    if (hp_str_present(smtp->user) && smtp->security == HP_SMTP_PLAIN && !is_own_machine(smtp->host))
        refuse(a, "options.security none would send the password in clear: use starttls or tls");
}

static void take_webhook(const adapter *a, const hp_value *config)
{
    hp_mail_options *mail = &a->l->config->server.mail;
    const char *wrong = hp_adapter_webhook_read(a->l->mem, config, &mail->webhook);

    if (wrong == NULL) wrong = hp_webhook_mailer_check(&mail->webhook);
    if (wrong != NULL) refuse(a, wrong);
    mail->driver = HP_MAIL_BY_WEBHOOK;
}

void hp_take_email_adapter(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    static const hp_value NONE = { .tag = HP_OBJECT };
    const hp_value *options = hp_object_get(&v->value, HP_STR("options"));
    const hp_str module = hp_object_text(&v->value, HP_STR("module"));
    adapter a = { l, o, v->where, hp_is_null(options) ? &NONE : options };

    if (hp_is(&v->value, HP_OBJECT) && v->value.object.count == 0) return;
    if (hp_is(a.options, HP_OBJECT) && hp_str_eq(module, HP_STR("smtp")))
        take_smtp(&a);
    else if (hp_adapter_is_webhook(&v->value))
        take_webhook(&a, &v->value);
    else
        refuse(&a, "modules for Node cannot be loaded; expected {\"module\": \"smtp\", \"options\": {…}}, or the "
                   "adapter behind {\"module\": \"webhook\", \"options\": {\"url\": …, \"methods\": […]}}");
}

/* ---- pages ---- */

typedef struct page_name {
    const char *name, *page;
} page_name;

/* True for an absolute http or https URL without blanks and control characters; a query is allowed. */
static bool is_web_url(hp_str url)
{
    const bool scheme = hp_str_starts(url, HP_STR("https://")) || hp_str_starts(url, HP_STR("http://"));
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || (unsigned char)url.ptr[i] >= 0x7F || strchr("\"<>\\#", url.ptr[i]))
            return false;
    return scheme && url.len > HP_STR("https://").len;
}

static const char *page_of(const page_name *names, size_t count, hp_str name)
{
    for (size_t i = 0; i < count; i++)
        if (hp_str_eq(name, hp_str_of(names[i].name))) return names[i].page;
    return NULL;
}

/* Every member is a URL; *take is called with the page it stands for. */
static void take_urls(hp_loader *l, const hp_option *o, const hp_option_value *v, const page_name *names, size_t count,
                      bool replace)
{
    hp_pages_settings *pages = &l->config->settings.pages;

    if (pages->custom_urls.tag != HP_OBJECT) pages->custom_urls = hp_object();
    for (uint32_t i = 0; hp_is(&v->value, HP_OBJECT) && i < v->value.object.count; i++) {
        const hp_member *m = &v->value.object.items[i];
        const char *page = page_of(names, count, m->key);
        if (page == NULL)
            hp_loader_problem(l, o, v->where, "unknown page %" HP_STR_FMT, HP_STR_ARG(hp_str_sub(m->key, 0, 80)));
        else if (!is_web_url(hp_text(&m->value)))
            hp_loader_problem(l, o, v->where, "%" HP_STR_FMT ": expected an http or https URL", HP_STR_ARG(m->key));
        else if (page[0] == '\0')
            pages->frame_url = m->value.string;
        else if (replace || hp_object_get(&pages->custom_urls, hp_str_of(page)) == NULL)
            hp_object_set(l->mem, &pages->custom_urls, hp_str_of(page), m->value);
    }
    if (!hp_is(&v->value, HP_OBJECT)) hp_loader_problem(l, o, v->where, "expected an object of URLs");
}

void hp_take_custom_urls(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    static const page_name NAMES[] = {
        { "passwordReset", "passwordReset" },
        { "passwordResetSuccess", "passwordResetSuccess" },
        { "passwordResetLinkInvalid", "passwordResetLinkInvalid" },
        { "emailVerificationSuccess", "emailVerificationSuccess" },
        { "emailVerificationSendFail", "emailVerificationSendFail" },
        { "emailVerificationSendSuccess", "emailVerificationSendSuccess" },
        { "emailVerificationLinkInvalid", "emailVerificationLinkInvalid" },
        { "emailVerificationLinkExpired", "emailVerificationLinkExpired" },
    };
    take_urls(l, o, v, NAMES, sizeof NAMES / sizeof *NAMES, true);
}

/* The older names of the same pages. `invalidLink` stands for both kinds of link, so it gives way to the others. */
void hp_take_custom_pages(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    static const page_name NAMES[] = {
        { "choosePassword", "passwordReset" },
        { "passwordResetSuccess", "passwordResetSuccess" },
        { "invalidPasswordResetLink", "passwordResetLinkInvalid" },
        { "verifyEmailSuccess", "emailVerificationSuccess" },
        { "linkSendFail", "emailVerificationSendFail" },
        { "linkSendSuccess", "emailVerificationSendSuccess" },
        { "invalidVerificationLink", "emailVerificationLinkInvalid" },
        { "expiredVerificationLink", "emailVerificationLinkExpired" },
        { "invalidLink", "passwordResetLinkInvalid" },
        { "parseFrameURL", "" },
    };
    const hp_value *both = hp_object_get(&v->value, HP_STR("invalidLink"));
    hp_value *urls = &l->config->settings.pages.custom_urls;

    take_urls(l, o, v, NAMES, sizeof NAMES / sizeof *NAMES, false);
    if (both != NULL && hp_object_get(urls, HP_STR("emailVerificationLinkInvalid")) == NULL)
        hp_object_set(l->mem, urls, HP_STR("emailVerificationLinkInvalid"), *both);
}

void hp_take_pages_endpoint(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const hp_str name = v->value.string;
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool ok =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (ok) continue;
        hp_loader_problem(l, o, v->where, "expected one part of a path, such as apps");
        return;
    }
    l->config->settings.pages.endpoint = name;
}
