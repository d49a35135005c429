#include "services/mail_smtp.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/clock.h"
#include "services/mail_text.h"

enum { MESSAGE_BYTES_MAX = 1 << 20, CONNECT_TIMEOUT_MS = 10000, ID_LEN = 25, REPLY_PERMANENT = 500 };

typedef struct smtp_mailer {
    hp_mailer base;
    const hp_smtp_options *options;
    hp_rand *rand;
    CURL *curl; /* keeps the connection */
} smtp_mailer;

typedef struct upload {
    hp_str left;
} upload;

static size_t read_upload(char *to, size_t size, size_t count, void *arg)
{
    upload *u = arg;
    const hp_str part = hp_str_sub(u->left, 0, size * count);
    memcpy(to, part.ptr, part.len);
    u->left = hp_str_sub(u->left, part.len, SIZE_MAX);
    return part.len;
}

/* An option that libcurl does not know would be a build against another library: it does not pass silently. */
#define SET(curl, option, value) HP_ASSERT(curl_easy_setopt((curl), (option), (value)) == CURLE_OK)

static void set_relay(CURL *curl, const hp_smtp_options *o, hp_arena *mem)
{
    const bool v6 = hp_str_find_char(o->host, ':', 0) != SIZE_MAX;
    const hp_str url =
        hp_arena_printf(mem, "%s://%s%" HP_STR_FMT "%s:%u", o->security == HP_SMTP_TLS ? "smtps" : "smtp",
                        v6 ? "[" : "", HP_STR_ARG(o->host), v6 ? "]" : "", (unsigned)o->port);
    SET(curl, CURLOPT_URL, url.ptr);
    SET(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(curl, CURLOPT_USE_SSL, (long)(o->security == HP_SMTP_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    SET(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (hp_str_present(o->ca_file)) SET(curl, CURLOPT_CAINFO, hp_arena_cstr(mem, o->ca_file));
    if (hp_str_present(o->user)) {
        SET(curl, CURLOPT_USERNAME, hp_arena_cstr(mem, o->user));
        SET(curl, CURLOPT_PASSWORD, hp_arena_cstr(mem, o->password)); /* libcurl keeps a copy of its own */
    }
    SET(curl, CURLOPT_NOSIGNAL, 1L);
    SET(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    SET(curl, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
}

static hp_code write_message(const smtp_mailer *m, const hp_mail *mail, hp_buf *out, hp_err *err)
{
    hp_clock *clock = hp_clock_system();
    char id[ID_LEN + 1];

    if (!hp_rand_alnum(m->rand, id, ID_LEN)) return hp_fail_internal(err, "no randomness for a message id");
    const hp_mail_head head = { .from_name = m->options->from_name,
                                .from = m->options->from,
                                .id = { id, ID_LEN },
                                .now_ms = clock->now_ms(clock) };
    hp_mail_write(out, &head, mail);
    return out->overflow ? hp_fail_internal(err, "the mail is larger than a mail may be") : HP_OK;
}

static hp_code transfer(smtp_mailer *m, const hp_mail *mail, hp_str message, bool *again, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    upload u = { message };
    char words[CURL_ERROR_SIZE] = "";
    long reply = 0;
    struct curl_slist *to = curl_slist_append(NULL, hp_arena_cstr(mem, mail->to));

    HP_ASSERT(to != NULL);
    curl_easy_reset(m->curl); /* the options, not the connection */
    set_relay(m->curl, m->options, mem);
    SET(m->curl, CURLOPT_MAIL_FROM, hp_arena_cstr(mem, m->options->from));
    SET(m->curl, CURLOPT_MAIL_RCPT, to);
    SET(m->curl, CURLOPT_READFUNCTION, read_upload);
    SET(m->curl, CURLOPT_READDATA, &u);
    SET(m->curl, CURLOPT_UPLOAD, 1L);
    SET(m->curl, CURLOPT_ERRORBUFFER, words);
    const CURLcode code = curl_easy_perform(m->curl);
    HP_ASSERT(curl_easy_getinfo(m->curl, CURLINFO_RESPONSE_CODE, &reply) == CURLE_OK);
    SET(m->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(to);
    if (code == CURLE_OK) return HP_OK;
    *again = reply < REPLY_PERMANENT && code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_LOGIN_DENIED &&
             code != CURLE_USE_SSL_FAILED;
    return hp_fail_internal(err, "smtp: %s (reply %ld)", words[0] ? words : curl_easy_strerror(code), reply);
}

static hp_code send_mail(hp_mailer *self, const hp_mail *mail, bool *again, hp_err *err)
{
    smtp_mailer *m = (smtp_mailer *)self;
    hp_buf message;

    hp_buf_init(&message, MESSAGE_BYTES_MAX);
    hp_code rc = write_message(m, mail, &message, err);
    if (rc == HP_OK) rc = transfer(m, mail, hp_buf_str(&message), again, err);
    hp_wipe(message.ptr, message.ptr ? message.cap : 0); /* the link in it opens an account */
    hp_buf_done(&message);
    return rc;
}

static void free_mailer(hp_mailer *self)
{
    smtp_mailer *m = (smtp_mailer *)self;
    curl_easy_cleanup(m->curl);
    free(m);
}

hp_mailer *hp_smtp_mailer_new(const hp_smtp_options *options, hp_rand *rand)
{
    static const hp_mailer_ops OPS = { .name = "smtp", .send = send_mail, .free = free_mailer };
    smtp_mailer *m = calloc(1, sizeof *m);

    HP_ASSERT(m != NULL);
    *m = (smtp_mailer){ .base = { &OPS }, .options = options, .rand = rand, .curl = curl_easy_init() };
    HP_ASSERT(m->curl != NULL);
    return &m->base;
}
