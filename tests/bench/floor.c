/* tests/bench/floor.c — what HTTP itself costs: libevent's own server answering a constant, one thread. The other side of
 * the ratios that tests/bench/run prints. Usage: bench_floor PORT */
#include <stdio.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

static void answer(struct evhttp_request *request, void *arg)
{
    struct evbuffer *body = evbuffer_new();
    (void)arg;
    (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
    (void)evbuffer_add_printf(body, "{\"status\":\"ok\"}");
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = base == NULL ? NULL : evhttp_new(base);
    if (argc != 2 || http == NULL ||
        evhttp_bind_socket(http, "127.0.0.1", (unsigned short)strtoul(argv[1], NULL, 10)) != 0) {
        (void)fprintf(stderr, "usage: bench_floor PORT\n");
        return 1;
    }
    evhttp_set_gencb(http, answer, NULL);
    (void)puts("ready");
    (void)fflush(stdout);
    return event_base_dispatch(base);
}
