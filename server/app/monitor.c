#include "app/monitor.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static void answer(hp_http_reply *rp, int status, hp_str type, hp_str text)
{
    rp->status = status;
    rp->content_type = type;
    hp_buf_add(&rp->body, text);
}

/* Resident memory in bytes; 0 where /proc does not tell. */
static long resident_bytes(void)
{
    long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return 0;
    if (fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
    (void)fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

typedef struct metric {
    const char *name, *type, *help;
    double value;
} metric;

static void write_rows(hp_buf *out, const metric *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hp_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", rows[i].name, rows[i].help, rows[i].name,
                      rows[i].type, rows[i].name, rows[i].value);
}

static void write_live_metrics(const hp_monitor *m, hp_buf *out)
{
    hp_live_metrics live;
    hp_live_queue_stats queue;
    hp_live_read_metrics(m->live, &live);
    hp_live_queue_look(m->events, &queue);
    const metric rows[] = {
        { "homeport_live_clients", "gauge", "Connected clients of live queries.", (double)live.clients },
        { "homeport_live_subscriptions", "gauge", "Subscriptions.", (double)live.subscriptions },
        { "homeport_live_queries", "gauge", "Distinct queries among them.", (double)live.queries },
        { "homeport_live_audiences", "gauge", "Distinct queries, fields and users among them.",
          (double)live.audiences },
        { "homeport_live_messages_total", "counter", "Messages of clients.", (double)live.messages },
        { "homeport_live_refused_total", "counter", "Messages of clients answered with an error.",
          (double)live.refused },
        { "homeport_live_events_total", "counter", "Changes that were looked at.", (double)live.events },
        { "homeport_live_events_dropped_total", "counter", "Changes that were told to nobody: too many were waiting.",
          (double)queue.dropped },
        { "homeport_live_events_waiting", "gauge", "Changes that wait to be looked at.", (double)queue.waiting },
        { "homeport_live_candidates_total", "counter", "Distinct queries that changes were compared with.",
          (double)live.candidates },
        { "homeport_live_looks_total", "counter", "Changes looked at with the rights of somebody.",
          (double)live.looks },
        { "homeport_live_bodies_total", "counter", "Distinct texts made of changes.", (double)live.bodies },
        { "homeport_live_deliveries_total", "counter", "Events sent to clients.", (double)live.delivered },
        { "homeport_live_deliveries_dropped_total", "counter", "Events for clients that were being closed.",
          (double)live.dropped },
        { "homeport_live_delay_seconds_total", "counter", "Time from commit to sending, over all changes.",
          (double)live.delay_ms_sum / 1000 },
        { "homeport_live_delay_seconds_max", "gauge", "The longest of these.", (double)live.delay_ms_max / 1000 },
    };
    write_rows(out, rows, sizeof rows / sizeof *rows);
}

static void write_bus_metrics(const hp_monitor *m, hp_buf *out)
{
    hp_pubsub_stats bus;
    hp_live_bus_look(m->bus, &bus);
    const metric rows[] = {
        { "homeport_bus_up", "gauge", "1 if other nodes can be told and heard.", bus.up ? 1 : 0 },
        { "homeport_bus_losses_total", "counter", "How often the bus was lost.", (double)bus.losses },
        { "homeport_bus_published_total", "counter", "Messages to other nodes.", (double)bus.published },
        { "homeport_bus_received_total", "counter", "Messages heard, this node's own among them.",
          (double)bus.received },
        { "homeport_bus_dropped_total", "counter", "Messages that did not go out, or not for certain.",
          (double)bus.dropped },
        { "homeport_bus_waiting", "gauge", "Messages that wait to go out.", (double)bus.waiting },
        { "homeport_bus_waiting_bytes", "gauge", "Their size.", (double)bus.waiting_bytes },
    };
    write_rows(out, rows, sizeof rows / sizeof *rows);
}

/* Without its bus a node serves all it has: a load balancer must not take it away. */
static hp_str ready_text(const hp_monitor *m)
{
    hp_pubsub_stats bus;
    if (m->bus == NULL) return HP_STR("{\"status\":\"ready\"}");
    hp_live_bus_look(m->bus, &bus);
    return bus.up ? HP_STR("{\"status\":\"ready\",\"bus\":\"up\"}") : HP_STR("{\"status\":\"ready\",\"bus\":\"down\"}");
}

static void write_metrics(const hp_monitor *m, hp_buf *out)
{
    hp_clock *clock = hp_clock_system();
    hp_http_metrics http;
    const hp_gate_stats passwords = hp_gate_now(m->passwords);
    hp_http_server_metrics(m->server, &http);

    const metric rows[] = {
        { "homeport_uptime_seconds", "gauge", "Time since the start.",
          (double)(clock->monotonic_ms(clock) - m->started_ms) / 1000 },
        { "homeport_resident_bytes", "gauge", "Resident memory.", (double)resident_bytes() },
        { "homeport_store_ready", "gauge", "1 if the store can serve.", m->store->ops->ready(m->store) ? 1 : 0 },
        { "homeport_http_requests_total", "counter", "Requests handed to a worker or refused for a full queue.",
          (double)http.requests },
        { "homeport_http_refused_queue_total", "counter",
          "Requests answered 503: the queue was full, or they had waited in it too long.", (double)http.refused_queue },
        { "homeport_http_refused_connections_total", "counter", "Connections answered 503: too many.",
          (double)http.refused_connections },
        { "homeport_http_refused_framing_total", "counter", "Malformed or oversized requests.",
          (double)http.refused_framing },
        { "homeport_http_timeouts_total", "counter", "Clients that were too slow.", (double)http.timeouts },
        { "homeport_http_sent_bytes_total", "counter", "Bytes of answers.", (double)http.bytes_out },
        { "homeport_http_connections", "gauge", "Open connections.", (double)http.connections },
        { "homeport_http_in_flight", "gauge", "Requests with a worker or waiting for one.", (double)http.in_flight },
        { "homeport_http_queued", "gauge", "Requests waiting for a worker.", (double)http.queued },
        { "homeport_sockets", "gauge", "Open WebSockets; they are counted as connections too.", (double)http.sockets },
        { "homeport_socket_backlog_bytes", "gauge", "Frames that wait for their clients to read.",
          (double)http.socket_backlog_bytes },
        { "homeport_sockets_opened_total", "counter", "WebSockets opened.", (double)http.sockets_opened },
        { "homeport_socket_frames_in_total", "counter", "Messages and control frames of clients.",
          (double)http.socket_frames_in },
        { "homeport_socket_frames_out_total", "counter", "Frames sent to clients.", (double)http.socket_frames_out },
        { "homeport_socket_bytes_in_total", "counter", "Bytes of frames from clients.", (double)http.socket_bytes_in },
        { "homeport_socket_bytes_out_total", "counter", "Bytes of frames to clients.", (double)http.socket_bytes_out },
        { "homeport_socket_overflows_total", "counter", "WebSockets closed because they read too slowly.",
          (double)http.socket_overflows },
        { "homeport_socket_ping_timeouts_total", "counter", "WebSockets cut because they did not answer a ping.",
          (double)http.socket_ping_timeouts },
        { "homeport_password_hashes_total", "counter", "Password hashes computed.", (double)passwords.passed },
        { "homeport_password_timeouts_total", "counter", "Logins that gave up waiting for their turn.",
          (double)passwords.refused },
        { "homeport_password_running", "gauge", "Password hashes being computed.", (double)passwords.running },
        { "homeport_password_waiting", "gauge", "Logins waiting for their turn.", (double)passwords.waiting },
    };
    write_rows(out, rows, sizeof rows / sizeof *rows);
    if (m->live != NULL) write_live_metrics(m, out);
    if (m->bus != NULL) write_bus_metrics(m, out);
    hp_buf_printf(
        out,
        "# HELP homeport_http_answers_total Answers by class of status.\n# TYPE homeport_http_answers_total counter\n"
        "homeport_http_answers_total{status=\"2xx\"} %llu\nhomeport_http_answers_total{status=\"3xx\"} %llu\n"
        "homeport_http_answers_total{status=\"4xx\"} %llu\nhomeport_http_answers_total{status=\"5xx\"} %llu\n",
        (unsigned long long)http.status_2xx, (unsigned long long)http.status_3xx, (unsigned long long)http.status_4xx,
        (unsigned long long)http.status_5xx);
}

bool hp_monitor_handle(const hp_monitor *m, const hp_ip_list *metrics_ips, const hp_http_request *rq, hp_http_reply *rp)
{
    const hp_str json = HP_STR("application/json; charset=utf-8");
    if (hp_str_eq(rq->path, HP_STR("/health"))) {
        answer(rp, 200, json, HP_STR("{\"status\":\"ok\"}"));
    } else if (hp_str_eq(rq->path, HP_STR("/ready"))) {
        if (m->store->ops->ready(m->store))
            answer(rp, 200, json, ready_text(m));
        else
            answer(rp, 503, json, HP_STR("{\"status\":\"store unavailable\"}"));
    } else if (hp_str_eq(rq->path, HP_STR("/metrics"))) {
        if (!hp_ip_allowed(metrics_ips, rq->peer)) {
            answer(rp, 403, json, HP_STR("{\"error\":\"unauthorized\"}"));
            return true;
        }
        rp->status = 200;
        rp->content_type = HP_STR("text/plain; version=0.0.4; charset=utf-8");
        write_metrics(m, &rp->body);
    } else {
        return false;
    }
    return true;
}
