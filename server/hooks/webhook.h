/* hooks/webhook.h — cloud code behind HTTP: Parse's webhooks, in the one table of triggers and functions.
 *
 * A webhook stands in front of a C plug-in's handler of the same trigger or name. The table is replaced as a whole while
 * the server runs; a run that has begun keeps the address that it found. Sending is not done here: app/ hands in who does
 * it (time, connections, key, waiting). Any thread. */
#ifndef HP_HOOKS_WEBHOOK_H
#define HP_HOOKS_WEBHOOK_H

#include "hooks/hooks.h"

typedef struct hp_webhook {
    bool is_function;
    hp_trigger trigger; /* of triggers */
    hp_str name;        /* the function, or the class */
    hp_str url;
} hp_webhook;

/* One POST of JSON. *status and *answer are set when there was an answer, whatever it was.
 * Errors: SCRIPT_FAILED with a sentence for the client. Blocks. */
typedef hp_code (*hp_webhook_send)(void *user, hp_str url, int depth, hp_str body, hp_arena *mem, int *status,
                                   hp_str *answer, hp_err *err);

/* Before serving. `user` is borrowed. */
void hp_hooks_set_sender(hp_hooks *h, hp_webhook_send send, void *user);

/* These and no others from now on; copied. The first of two for the same thing counts. */
void hp_hooks_set_webhooks(hp_hooks *h, const hp_webhook *list, size_t count);

/* "beforeSave", … False for any other text. */
bool hp_trigger_parse(hp_str name, hp_trigger *out);
const char *hp_trigger_name(hp_trigger trigger);

/* Whether the trigger may be set on the (canonical) class at all. */
bool hp_trigger_allowed(hp_trigger trigger, hp_str class_name);

/* An http or https address that can be asked. */
bool hp_webhook_url_valid(hp_str url);

#endif
