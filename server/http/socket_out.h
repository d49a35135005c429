/* http/socket_out.h — frames on their way out: what sockets queue and hand to the kernel. No locks of its own. */
#ifndef HP_HTTP_SOCKET_OUT_H
#define HP_HTTP_SOCKET_OUT_H

#include <sys/uio.h>

#include "http/socket.h"

enum {                 /* opcodes of RFC 6455, section 5.2 */
       HP_OP_NONE = 0, /* bytes that are no frame: the handshake */
       HP_OP_TEXT = 1,
       HP_OP_CLOSE = 8,
       HP_OP_PING = 9,
       HP_OP_PONG = 10
};

typedef struct hp_out_frame hp_out_frame;
struct hp_out_frame {
    hp_out_frame *next;
    hp_frame *tail;
    size_t len;  /* of `bytes` */
    bool closes; /* nothing comes after it */
    char bytes[];
};

typedef struct hp_out_list {
    hp_out_frame *first, *last;
} hp_out_list;

/* Whole and unmasked, as the server's frames are: `head` is copied, `tail` (or NULL) gets a reference. The caller's. */
hp_out_frame *hp_out_make(int opcode, hp_str head, hp_frame *tail);

/* A close frame; code 0: without one. A long `reason` is cut. */
hp_out_frame *hp_out_make_close(uint16_t code, hp_str reason);

void hp_out_free(hp_out_frame *o);

size_t hp_out_size(const hp_out_frame *o); /* bytes to send */
size_t hp_out_cost(const hp_out_frame *o); /* what it counts as backlog: many small ones cost memory too */

void hp_out_append(hp_out_list *list, hp_out_frame *o);
hp_out_frame *hp_out_pop(hp_out_list *list); /* NULL: it is empty */
void hp_out_drop(hp_out_list *list);         /* frees all */

/* The bytes of the list behind its first `skip`, as at most `max` parts (at least 2); returns how many, *all are their bytes. */
int hp_out_collect(const hp_out_list *list, size_t skip, struct iovec *parts, int max, size_t *all);

#endif
