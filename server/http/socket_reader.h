/* http/socket_reader.h — what the client of a WebSocket sends: bytes in, whole messages and control frames out.
 *
 * wslay takes the frames apart; the rules between frames are here: all of a client are masked, no reserved bits, fragments
 * in order with control frames between them, text is UTF-8, close codes from those that may be sent. Memory follows what has
 * arrived, never a length that was announced. A reader holds 4 KiB and more, so a quiet socket needs none: one that is idle
 * may serve another socket.
 * Source: RFC 6455 sections 5 to 7. One thread at a time. */
#ifndef HP_HTTP_SOCKET_READER_H
#define HP_HTTP_SOCKET_READER_H

#include "base/buf.h"

typedef struct hp_socket_reader hp_socket_reader;

enum { HP_CONTROL_BYTES_MAX = 125 };

typedef enum hp_socket_item {
    HP_SOCKET_MORE, /* all input is used up */
    HP_SOCKET_MESSAGE,
    HP_SOCKET_PING,
    HP_SOCKET_PONG,
    HP_SOCKET_CLOSE,
    HP_SOCKET_BROKEN /* the reader is of no further use */
} hp_socket_item;

typedef struct hp_socket_input {
    hp_buf message; /* MESSAGE: the caller's to free */
    bool binary;
    char control[HP_CONTROL_BYTES_MAX]; /* PING, PONG: payload */
    size_t control_len;
    uint16_t code; /* CLOSE: the client's, 0 if it gave none; BROKEN: what to close with */
} hp_socket_input;

hp_socket_reader *hp_socket_reader_new(void);
void hp_socket_reader_free(hp_socket_reader *r); /* accepts NULL */

/* Takes bytes off the front of *input until something is whole. */
hp_socket_item hp_socket_reader_next(hp_socket_reader *r, hp_str *input, size_t message_bytes_max,
                                     hp_socket_input *out);

/* Nothing is half read. */
bool hp_socket_reader_idle(const hp_socket_reader *r);

/* Bytes of the unfinished message. */
size_t hp_socket_reader_held(const hp_socket_reader *r);

#endif
