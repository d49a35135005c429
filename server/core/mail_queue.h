/* core/mail_queue.h — mails on their way out: a bounded queue and the one thread that empties it.
 *
 * Nobody waits for a mail. What is queued is not the mail but the order for it: the thread looks the user up, gives him a
 * token, words the mail and sends it, so that a request for an address costs the same whether there is such a user or not.
 * A failure that may pass is tried again twice, seconds later; then the mail is lost and the log says so. Orders live in
 * memory: those that wait when the process ends are gone, and the user asks again. */
#ifndef HP_CORE_MAIL_QUEUE_H
#define HP_CORE_MAIL_QUEUE_H

#include "core/call.h"

typedef enum hp_mail_for {
    HP_MAIL_FOR_ADDRESS,  /* `key` is what was typed: an address, or the username of a user who has none */
    HP_MAIL_FOR_USERNAME, /* `key` is a username */
    HP_MAIL_FOR_TOKEN,    /* `key` is a token that was mailed before */
    HP_MAIL_FOR_CHANGE,   /* `key` is an objectId, whose `address` has just been given the token `token` */
} hp_mail_for;

typedef struct hp_mail_order {
    hp_mail_kind kind;
    hp_mail_for whom;
    hp_str key;
    hp_str address, token; /* FOR_CHANGE */
} hp_mail_order;

typedef struct hp_mail_queue hp_mail_queue;

/* Starts the thread; `core` has a mailer and is not used before the first order. */
hp_mail_queue *hp_mail_queue_new(hp_core *core);

/* Takes a copy of `order`. False when HP_MAILS_MAX wait. Any thread, never blocks on work. */
bool hp_mail_queue_add(hp_mail_queue *q, const hp_mail_order *order);

/* Sends what is queued, each mail once and for some seconds at most, then ends the thread. Accepts NULL. */
void hp_mail_queue_free(hp_mail_queue *q);

/* core/user_mail.c: the mail that an order comes down to, in call->mem; *wanted is false if there is none to send.
 * `call` has master rights. Errors: the store's. */
HP_MUST_USE hp_code hp_mail_order_write(hp_call *call, const hp_mail_order *order, hp_mail *mail, bool *wanted,
                                        hp_err *err);

#endif
