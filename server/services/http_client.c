#include "services/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/thread.h"

enum { CONNECT_TIMEOUT_MS = 10000, HANDLES_MAX = 16, CONNECTIONS_MAX = 8, KEEP_S = 3 };

/* An option that libcurl does not know would be a build against another library: it does not pass silently. */
#define SET(curl, option, value) HP_ASSERT(curl_easy_setopt((curl), (option), (value)) == CURLE_OK)

static void init_once(void) { HP_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); }

/* ---- addresses ---- */

typedef struct range {
    uint8_t prefix[16];
    unsigned bits;
} range;

static bool within(const uint8_t *bytes, const range *r)
{
    const unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(bytes, r->prefix, whole) != 0) return false;
    return rest == 0 || ((bytes[whole] ^ r->prefix[whole]) >> (8 - rest)) == 0;
}

static bool public_v4(const uint8_t *bytes)
{
    static const range CLOSED[] = {
        { { 0 }, 8 },
        { { 10 }, 8 },
        { { 100, 64 }, 10 },
        { { 127 }, 8 },
        { { 169, 254 }, 16 },
        { { 172, 16 }, 12 },
        { { 192, 0, 0 }, 24 },
        { { 192, 0, 2 }, 24 },
        { { 192, 88, 99 }, 24 },
        { { 192, 168 }, 16 },
        { { 198, 18 }, 15 },
        { { 198, 51, 100 }, 24 },
        { { 203, 0, 113 }, 24 },
        { { 224 }, 3 },
    };
    for (size_t i = 0; i < sizeof CLOSED / sizeof *CLOSED; i++)
        if (within(bytes, &CLOSED[i])) return false;
    return true;
}

static bool public_v6(const uint8_t *bytes)
{
    static const range MAPPED = { { [10] = 0xff, [11] = 0xff }, 96 }, NAT64 = { { 0, 0x64, 0xff, 0x9b }, 96 },
                       GLOBAL = { { 0x20 }, 3 };
    static const range CLOSED[] = { { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
                                    { { 0x20, 0x01, 0 }, 23 },
                                    { { 0x20, 0x02 }, 16 } };

    if (within(bytes, &MAPPED) || within(bytes, &NAT64)) return public_v4(bytes + 12);
    if (!within(bytes, &GLOBAL)) return false;
    for (size_t i = 0; i < sizeof CLOSED / sizeof *CLOSED; i++)
        if (within(bytes, &CLOSED[i])) return false;
    return true;
}

bool hp_http_address_public(const uint8_t *bytes, size_t len)
{
    return len == 4 ? public_v4(bytes) : len == 16 && public_v6(bytes);
}

/* libcurl hands over the address that it is about to connect to. */
static curl_socket_t open_public_socket(void *unused, curlsocktype purpose, struct curl_sockaddr *to)
{
    bool open = false;

    (void)unused;
    (void)purpose;
    if (to->family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &to->addr, sizeof v4);
        open = hp_http_address_public((const uint8_t *)&v4.sin_addr, 4);
    } else if (to->family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &to->addr, sizeof v6);
        open = hp_http_address_public((const uint8_t *)&v6.sin6_addr, 16);
    }
    return open ? socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol) : CURL_SOCKET_BAD;
}

/* ---- a call ---- */

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
    hp_buf *body = arg;
    hp_buf_add(body, (hp_str){ data, size * count });
    return body->overflow ? 0 : size * count; /* less than all of it ends the transfer */
}

static struct curl_slist *add_header(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    HP_ASSERT(longer != NULL);
    return longer;
}

static struct curl_slist *header_list(const hp_http_call *call, hp_arena *mem)
{
    struct curl_slist *list = add_header(NULL, "Expect:"); /* no waiting for a "100 Continue" */
    for (size_t i = 0; i < call->header_count; i++) {
        HP_ASSERT(hp_str_find_char(call->headers[i], '\n', 0) == SIZE_MAX);
        list = add_header(list, hp_arena_cstr(mem, call->headers[i]));
    }
    return list;
}

/* ---- connections that are kept ----
 *
 * A handle keeps the connections it made; the handle used last is taken first. */

static struct {
    pthread_mutex_t lock;
    CURL *handles[HANDLES_MAX];
    size_t count;
} idle = { .lock = PTHREAD_MUTEX_INITIALIZER };

static CURL *handle_take(bool fresh)
{
    CURL *curl = NULL;
    if (!fresh) {
        (void)pthread_mutex_lock(&idle.lock);
        if (idle.count > 0) curl = idle.handles[--idle.count];
        (void)pthread_mutex_unlock(&idle.lock);
    }
    if (curl == NULL) curl = curl_easy_init();
    HP_ASSERT(curl != NULL);
    return curl;
}

static void handle_leave(CURL *curl, bool keep)
{
    curl_easy_reset(curl); /* its connections stay */
    (void)pthread_mutex_lock(&idle.lock);
    keep = keep && idle.count < HANDLES_MAX;
    if (keep) idle.handles[idle.count++] = curl;
    (void)pthread_mutex_unlock(&idle.lock);
    if (!keep) curl_easy_cleanup(curl);
}

/* ---- a body that goes out once ----
 *
 * libcurl repeats a request on a new connection when a kept one breaks before an answer came. The receiver may have acted by
 * then. A body that is read through a callback and cannot be rewound makes it give up instead. */

typedef struct outgoing {
    hp_str body;
    size_t at;
} outgoing;

static size_t give_body(char *into, size_t size, size_t count, void *arg)
{
    outgoing *out = arg;
    size_t len = out->body.len - out->at;
    if (len > size * count) len = size * count;
    if (len > 0) memcpy(into, out->body.ptr + out->at, len);
    out->at += len;
    return len;
}

static int refuse_rewind(void *arg, curl_off_t offset, int origin)
{
    (void)arg;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static void set_options(CURL *curl, const hp_http_call *call, outgoing *out, hp_arena *mem)
{
    SET(curl, CURLOPT_URL, hp_arena_cstr(mem, call->url));
    SET(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(curl, CURLOPT_FOLLOWLOCATION, 0L);
    SET(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    SET(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(curl, CURLOPT_NOSIGNAL, 1L);
    SET(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    SET(curl, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    if (hp_str_present(call->body)) {
        SET(curl, CURLOPT_POST, 1L);
        SET(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        SET(curl, CURLOPT_READFUNCTION, give_body);
        SET(curl, CURLOPT_READDATA, out);
        SET(curl, CURLOPT_SEEKFUNCTION, refuse_rewind);
    }
    SET(curl, CURLOPT_CUSTOMREQUEST, call->method);
    SET(curl, CURLOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
    SET(curl, CURLOPT_MAXAGE_CONN, (long)KEEP_S); /* less than what servers keep */
    if (call->public_only) SET(curl, CURLOPT_OPENSOCKETFUNCTION, open_public_socket);
}

hp_code hp_http_call_run(const hp_http_call *call, hp_arena *mem, hp_http_answer *out, hp_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char words[CURL_ERROR_SIZE] = "";
    long status = 0;
    outgoing out_body = { .body = call->body };
    long request_bytes = 0;
    hp_buf body;
    hp_code rc = HP_OK;

    hp_assert_worker_thread();
    HP_ASSERT(pthread_once(&once, init_once) == 0);
    *out = (hp_http_answer){ 0 };
    hp_buf_init(&body, call->answer_bytes_max);
    CURL *curl = handle_take(call->public_only);
    struct curl_slist *headers = header_list(call, mem);
    set_options(curl, call, &out_body, mem);
    SET(curl, CURLOPT_HTTPHEADER, headers);
    SET(curl, CURLOPT_WRITEFUNCTION, take_answer);
    SET(curl, CURLOPT_WRITEDATA, &body);
    SET(curl, CURLOPT_ERRORBUFFER, words);
    hp_thread_wait_begin();
    const CURLcode code = curl_easy_perform(curl);
    hp_thread_wait_end();
    HP_ASSERT(curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_bytes) == CURLE_OK);
    out->sent = request_bytes > 0 || out_body.at > 0;
    out->late = code == CURLE_OPERATION_TIMEDOUT;
    if (code != CURLE_OK)
        rc = hp_fail_internal(err, "request to another server: %s",
                              body.overflow ? "the answer is too large"
                              : words[0]    ? words
                                            : curl_easy_strerror(code));
    else
        HP_ASSERT(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    if (rc == HP_OK) {
        out->status = (int)status;
        out->body = hp_arena_str(mem, hp_buf_str(&body));
    }
    handle_leave(curl, rc == HP_OK && !call->public_only);
    curl_slist_free_all(headers);
    hp_buf_done(&body);
    return rc;
}
