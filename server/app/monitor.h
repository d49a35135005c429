/* app/monitor.h — /health, /ready and /metrics: for load balancers and Prometheus, beside the API. */
#ifndef HP_APP_MONITOR_H
#define HP_APP_MONITOR_H

#include "base/gate.h"
#include "core/settings.h"
#include "http/server.h"
#include "live/bus.h"
#include "live/live.h"
#include "store/store.h"

typedef struct hp_monitor {
    hp_store *store;
    hp_gate *passwords;
    hp_http_server *server;
    hp_live *live;         /* NULL: no live queries … */
    hp_live_queue *events; /* … likewise */
    hp_live_bus *bus;      /* NULL: this node is alone */
    int64_t started_ms;    /* monotonic */
} hp_monitor;

/* Answers if the path is one of the three; false otherwise. /metrics is for the addresses in `metrics_ips`, by the socket's
 * peer. */
bool hp_monitor_handle(const hp_monitor *m, const hp_ip_list *metrics_ips, const hp_http_request *rq,
                       hp_http_reply *rp);

#endif
