/* services/app_store.h — is a receipt of a purchase genuine? Apple says so: {"receipt-data": …} to its verifyReceipt.
 *
 * The App Store is asked first; where that says that the receipt is of its sandbox (21007), the sandbox is. What a receipt is
 * for is not looked at. No state; any thread. */
#ifndef HP_SERVICES_APP_STORE_H
#define HP_SERVICES_APP_STORE_H

#include "value/value.h"

typedef struct hp_app_store { /* settings */
    hp_str url, sandbox_url;
    int64_t timeout_ms; /* for each of the two */
} hp_app_store;

typedef struct hp_receipt_verdict {
    bool genuine;
    hp_value
        status;   /* what the App Store said: a number; or the HTTP status, if that was the failure; null: no answer */
    hp_str error; /* its meaning; absent if genuine */
} hp_receipt_verdict;

/* Asks. Never fails: who cannot be asked has not proven anything, and the detail is logged. Owner: `mem`.
 * Blocks: twice the timeout at most. */
hp_receipt_verdict hp_app_store_verify(const hp_app_store *store, const hp_value *receipt, hp_arena *mem);

#endif
