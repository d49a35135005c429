/* cloudcode/templates/p2p_payment.c — the rules of the p2p-payment template.
 *
 * A transfer is the creation of a Transaction. What it does to money is one atomic unit: the guard on the sender's
 * balance, debit, credit, both Balance rows, the receiver's Notification and the Transaction itself are committed whole
 * or not at all. Nothing is decided on a balance that was read before: the guard is checked by the store as it writes.
 *
 * A user's money stands in two places for the apps' convenience, `_User.balance` and one Balance row whose objectId is the
 * user's. They change only here, always together, always by exact two-decimal arithmetic. */
#include <stdio.h>
#include <string.h>

#include "owned.h"

/* ---- Balance rows ---- */

static hpc_value *balance_row(hpc_request *rq, const char *user_id, double amount)
{
    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "objectId", hpc_make_text(rq, user_id));
    hpc_set(rq, row, "user", hpc_make_pointer(rq, "_User", user_id));
    hpc_set(rq, row, "amount", hpc_make_number(rq, amount));
    hpc_set(rq, row, "ACL", owned_read_acl(rq, user_id));
    return row;
}

/* Adds to the unit what moves `delta` onto a user's money. A user from before the template has no Balance row yet: it is
 * created with what the user has. Two at once cannot both do so, the second is refused by the row's id. */
static int move_money(hpc_request *rq, const hpc_value *user, double delta, int64_t delta_minor)
{
    const char *id = hpc_text(hpc_get(user, "objectId"));
    int64_t minor = 0;
    int rc = hpc_atomic_increment(rq, "_User", id, "balance", delta, MONEY_DECIMALS);
    if (rc != HPC_OK) return rc;

    rc = hpc_fetch(rq, HPC_AS_MASTER, "Balance", id, NULL);
    if (rc == HPC_OK) return hpc_atomic_increment(rq, "Balance", id, "amount", delta, MONEY_DECIMALS);
    if (rc != HPC_E_OBJECT_NOT_FOUND) return rc;
    double has = hpc_type(hpc_get(user, "balance")) == HPC_NUMBER ? hpc_number(hpc_get(user, "balance")) : 0;
    if (!money_exact(has, &minor))
        return hpc_throw(rq, HPC_E_VALIDATION, "The balance of a party to this transfer is not a sum of money.");
    return hpc_atomic_create(rq, "Balance", balance_row(rq, id, (double)(minor + delta_minor) / 100.0));
}

/* Units do not come by here; whoever writes a row by itself would part it from the user's balance. */
static int refuse_balance_write(hpc_request *rq, void *data)
{
    (void)data;
    return hpc_throw(rq, HPC_E_FORBIDDEN, "Balance rows follow the user's balance: set that, or call adjustBalance.");
}

/* ---- Transaction ---- */

static int notify_receiver(hpc_request *rq, const hpc_value *sender, const char *receiver_id, int64_t minor)
{
    char message[200];
    const char *name = hpc_text(hpc_get(sender, "username"));
    (void)snprintf(message, sizeof message, "%.100s sent you %lld.%02d", name != NULL ? name : "Somebody",
                   (long long)(minor / 100), (int)(minor % 100));

    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "user", hpc_make_pointer(rq, "_User", receiver_id));
    hpc_set(rq, row, "type", hpc_make_text(rq, "payment_received"));
    hpc_set(rq, row, "message", hpc_make_text(rq, message));
    /* Writable, so that its user can delete it; the class lets nobody edit one. */
    hpc_set(rq, row, "ACL", owned_acl(rq, receiver_id, NULL));
    return hpc_atomic_create(rq, "Notification", row);
}

/* The party as stored, by master: users are private. */
static int fetch_party(hpc_request *rq, const char *field, hpc_value **user)
{
    const hpc_value *pointer = hpc_get(hpc_object(rq), field);
    if (hpc_type(pointer) != HPC_POINTER || strcmp(hpc_pointer_class(pointer), "_User") != 0)
        return hpc_throw(rq, HPC_E_VALIDATION, "%s must be a pointer to a user.", field);
    int rc = hpc_fetch(rq, HPC_AS_MASTER, "_User", hpc_pointer_id(pointer), user);
    if (rc == HPC_E_OBJECT_NOT_FOUND) return hpc_throw(rq, HPC_E_VALIDATION, "The %s does not exist.", field);
    return rc;
}

static int create_transfer(hpc_request *rq)
{
    hpc_value *transaction = hpc_object(rq);
    hpc_value *sender, *receiver;
    int64_t minor = 0;
    int rc;

    if ((rc = owned_set_owner(rq, "sender")) != HPC_OK) return rc;
    if ((rc = money_read(rq, hpc_get(transaction, "amount"), &minor)) != HPC_OK) return rc;
    if ((rc = fetch_party(rq, "receiver", &receiver)) != HPC_OK) return rc;
    if (owned_same_pointer(hpc_get(transaction, "sender"), hpc_get(transaction, "receiver")))
        return hpc_throw(rq, HPC_E_VALIDATION, "The receiver must be another user.");
    if ((rc = fetch_party(rq, "sender", &sender)) != HPC_OK) return rc;

    const char *sender_id = hpc_text(hpc_get(sender, "objectId"));
    const char *receiver_id = hpc_text(hpc_get(receiver, "objectId"));
    double amount = (double)minor / 100.0;

    hpc_set(rq, transaction, "timestamp", hpc_make_date(rq, hpc_now_ms(rq)));
    owned_set_acl(rq, sender_id, receiver_id);

    rc = hpc_require_at_least(rq, "_User", sender_id, "balance", amount, HPC_E_VALIDATION, "Insufficient balance.");
    if (rc != HPC_OK) return rc;
    if ((rc = move_money(rq, sender, -amount, -minor)) != HPC_OK) return rc;
    if ((rc = move_money(rq, receiver, amount, minor)) != HPC_OK) return rc;
    return notify_receiver(rq, sender, receiver_id, minor);
}

static int before_save_transaction(hpc_request *rq, void *data)
{
    static const char *const FIXED[] = { "sender", "receiver", "amount", "timestamp" };
    (void)data;
    if (hpc_is_new(rq)) return create_transfer(rq);

    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++) {
        int rc = owned_refuse_change(rq, FIXED[i]);
        if (rc != HPC_OK) return rc;
    }
    owned_set_acl(rq, hpc_pointer_id(hpc_get(hpc_object(rq), "sender")),
                  hpc_pointer_id(hpc_get(hpc_object(rq), "receiver")));
    return HPC_OK;
}

/* ---- users ---- */

static int before_save_user(hpc_request *rq, void *data)
{
    const hpc_value *sent = hpc_sent(rq, "balance");
    hpc_value *user = hpc_object(rq);
    int64_t minor = 0;
    int rc;
    (void)data;

    if (!hpc_is_new(rq) && (rc = owned_refuse_stranger(rq)) != HPC_OK) return rc;
    if (!hpc_is_master(rq)) {
        bool zero_at_signup = hpc_is_new(rq) && hpc_type(sent) == HPC_NUMBER && hpc_number(sent) == 0;
        if (sent != NULL && !zero_at_signup)
            return hpc_throw(rq, HPC_E_FORBIDDEN, "balance cannot be written by clients.");
    }
    if (hpc_is_new(rq) && sent == NULL) hpc_set(rq, user, "balance", hpc_make_number(rq, 0));
    if (!hpc_is_new(rq) && sent == NULL) return HPC_OK;

    if (sent != NULL && hpc_type(sent) != HPC_NUMBER)
        return hpc_throw(rq, HPC_E_VALIDATION,
                         "Set balance to a number; to add to it call the function adjustBalance.");
    if (!money_exact(hpc_number(hpc_get(user, "balance")), &minor) || minor < 0)
        return hpc_throw(rq, HPC_E_VALIDATION, "balance must be a number of at least 0 with at most two decimals.");

    const char *id = hpc_object_id(rq);
    double balance = (double)minor / 100.0;
    if (hpc_is_new(rq) || hpc_fetch(rq, HPC_AS_MASTER, "Balance", id, NULL) == HPC_E_OBJECT_NOT_FOUND)
        return hpc_atomic_create(rq, "Balance", balance_row(rq, id, balance));
    return hpc_atomic_set(rq, "Balance", id, "amount", hpc_make_number(rq, balance));
}

/* A profile goes with its Balance row, and only when there is no money in it. */
static int before_delete_user(hpc_request *rq, void *data)
{
    const char *id = hpc_object_id(rq);
    int rc;
    (void)data;
    if ((rc = owned_refuse_stranger(rq)) != HPC_OK) return rc;
    rc = hpc_fetch(rq, HPC_AS_MASTER, "Balance", id, NULL);
    if (rc == HPC_E_OBJECT_NOT_FOUND) return HPC_OK;
    if (rc != HPC_OK) return rc;
    rc = hpc_require_at_most(rq, "Balance", id, "amount", 0, HPC_E_VALIDATION,
                             "This account still holds money. Send it to somebody before you delete the account.");
    return rc != HPC_OK ? rc : hpc_atomic_delete(rq, "Balance", id);
}

/* ---- functions ---- */

/* Deposits and withdrawals by the operator: {"user": objectId, "amount": 12.34 or -12.34}. Master key only. */
static int adjust_balance(hpc_request *rq, void *data)
{
    const char *id = hpc_text(hpc_get(hpc_params(rq), "user"));
    double amount = hpc_number(hpc_get(hpc_params(rq), "amount"));
    hpc_value *user = NULL;
    int64_t minor = 0;
    int rc;
    (void)data;

    if (!hpc_is_master(rq)) return hpc_throw(rq, HPC_E_FORBIDDEN, "adjustBalance needs the master key.");
    if (id == NULL) return hpc_throw(rq, HPC_E_VALIDATION, "user must be an objectId.");
    if (!money_exact(amount, &minor) || minor == 0)
        return hpc_throw(rq, HPC_E_VALIDATION, "amount must be a number other than 0 with at most two decimals.");
    rc = hpc_fetch(rq, HPC_AS_MASTER, "_User", id, &user);
    if (rc == HPC_E_OBJECT_NOT_FOUND) return hpc_throw(rq, HPC_E_VALIDATION, "The user does not exist.");
    if (rc != HPC_OK) return rc;
    if (minor < 0) {
        rc = hpc_require_at_least(rq, "_User", id, "balance", -amount, HPC_E_VALIDATION, "Insufficient balance.");
        if (rc != HPC_OK) return rc;
    }
    if ((rc = move_money(rq, user, amount, minor)) != HPC_OK) return rc;
    return hpc_atomic_commit(rq);
}

static int setup(hpc_registry *reg)
{
    int rc;
    if ((rc = hpc_on(reg, HPC_BEFORE_SAVE, "Transaction", before_save_transaction, NULL)) != HPC_OK) return rc;
    if ((rc = hpc_on(reg, HPC_BEFORE_SAVE, "_User", before_save_user, NULL)) != HPC_OK) return rc;
    if ((rc = hpc_on(reg, HPC_BEFORE_DELETE, "_User", before_delete_user, NULL)) != HPC_OK) return rc;
    if ((rc = hpc_on(reg, HPC_BEFORE_SAVE, "Balance", refuse_balance_write, NULL)) != HPC_OK) return rc;
    if ((rc = hpc_on(reg, HPC_BEFORE_DELETE, "Balance", refuse_balance_write, NULL)) != HPC_OK) return rc;
    if ((rc = hpc_define(reg, "listUsers", owned_list_users, NULL)) != HPC_OK) return rc;
    return hpc_define(reg, "adjustBalance", adjust_balance, NULL);
}

HPC_PLUGIN("p2p-payment", setup)
