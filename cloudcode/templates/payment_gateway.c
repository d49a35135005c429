/* cloudcode/templates/payment_gateway.c — the rules of the payment-gateway template.
 *
 * Every row belongs to the user who made it and is seen by nobody else. Every login, payment method and transaction
 * leaves an AccessLog row; the last two commit with it in one atomic unit. Rows of the log are never changed, not even
 * with the master key. */
#include <ctype.h>
#include <string.h>

#include "owned.h"

/* ---- the access log ---- */

static hpc_value *log_row(hpc_request *rq, const char *user_id, const char *action)
{
    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "user", hpc_make_pointer(rq, "_User", user_id));
    hpc_set(rq, row, "action", hpc_make_text(rq, action));
    hpc_set(rq, row, "timestamp", hpc_make_date(rq, hpc_now_ms(rq)));
    hpc_set(rq, row, "ACL", owned_read_acl(rq, user_id));
    return row;
}

static int after_login(hpc_request *rq, void *data)
{
    (void)data;
    hpc_atomic_create(rq, "AccessLog", log_row(rq, hpc_object_id(rq), "login"));
    return hpc_atomic_commit(rq);
}

static int before_save_access_log(hpc_request *rq, void *data)
{
    hpc_value *row = hpc_object(rq);
    (void)data;
    if (!hpc_is_new(rq)) return hpc_throw(rq, HPC_E_FORBIDDEN, "The access log cannot be changed.");
    int rc = owned_set_owner(rq, "user");
    if (rc != HPC_OK) return rc;
    hpc_set(rq, row, "timestamp", hpc_make_date(rq, hpc_now_ms(rq)));
    hpc_set(rq, row, "ACL", owned_read_acl(rq, hpc_pointer_id(hpc_get(row, "user"))));
    return HPC_OK;
}

static int before_delete_access_log(hpc_request *rq, void *data)
{
    (void)data;
    return hpc_throw(rq, HPC_E_FORBIDDEN, "The access log cannot be changed.");
}

/* ---- users ---- */

static int before_save_user(hpc_request *rq, void *data)
{
    const char *const DEFAULT_ROLE = "client";
    const hpc_value *sent = hpc_sent(rq, "role");
    int rc;
    (void)data;

    if (!hpc_is_new(rq) && (rc = owned_refuse_stranger(rq)) != HPC_OK) return rc;
    if (hpc_is_new(rq) && hpc_type(sent) == HPC_NULL) {
        hpc_set(rq, hpc_object(rq), "role", hpc_make_text(rq, DEFAULT_ROLE));
        return HPC_OK;
    }
    if (sent == NULL || hpc_is_master(rq)) return HPC_OK;
    /* Naming the role one has, or signing up as what everybody is, raises nothing. */
    if (hpc_text_is(sent, DEFAULT_ROLE) &&
        (hpc_is_new(rq) || hpc_text_is(hpc_get(hpc_original(rq), "role"), DEFAULT_ROLE)))
        return HPC_OK;
    return hpc_throw(rq, HPC_E_FORBIDDEN, "role is set by the operator, not by clients.");
}

static int before_delete_user(hpc_request *rq, void *data)
{
    (void)data;
    return owned_refuse_stranger(rq);
}

/* ---- rows of one owner ---- */

/* On create the caller becomes the owner, on update the owner stays; either way nobody else sees the row. */
static int own_row(hpc_request *rq)
{
    int rc = hpc_is_new(rq) ? owned_set_owner(rq, "user") : owned_refuse_change(rq, "user");
    if (rc == HPC_OK) owned_set_acl(rq, hpc_pointer_id(hpc_get(hpc_object(rq), "user")), NULL);
    return rc;
}

static int log_with_row(hpc_request *rq, const char *action)
{
    return hpc_atomic_create(rq, "AccessLog", log_row(rq, hpc_pointer_id(hpc_get(hpc_object(rq), "user")), action));
}

/* ---- payment methods ---- */

static bool luhn_valid(const char *digits, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned d = (unsigned)(digits[count - 1 - i] - '0');
        if (i % 2 == 1) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

enum { CARD_DIGITS_MIN = 13, CARD_DIGITS_MAX = 19, DIGITS_MAX = 512 };

/* The value of a digit, ASCII or full-width (U+FF10 to U+FF19), and in *len its bytes; -1 if there is none. */
static int digit_at(const char *p, size_t *len)
{
    const unsigned char *u = (const unsigned char *)p;
    *len = isdigit(u[0]) ? 1 : 3;
    if (isdigit(u[0])) return u[0] - '0';
    return u[0] == 0xef && u[1] == 0xbc && u[2] >= 0x90 && u[2] <= 0x99 ? u[2] - 0x90 : -1;
}

/* Bytes of what people and keyboards put between the groups of a number: blanks, line ends, dashes, dots. 0 if none. */
static size_t separator_at(const char *p)
{
    /* After the ASCII ones: no-break, figure, thin, narrow no-break and ideographic space; hyphens, dashes, minus, middle
     * dot. */
    static const char *const SEPARATORS[] = { " ",      "\t",     "\r",     "\n",     "-",      ".",
                                              "\u00a0", "\u2007", "\u2009", "\u202f", "\u3000", "\u2010",
                                              "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\u00b7" };
    for (size_t i = 0; i < sizeof SEPARATORS / sizeof *SEPARATORS; i++) {
        size_t len = strlen(SEPARATORS[i]);
        if (strncmp(p, SEPARATORS[i], len) == 0) return len;
    }
    return 0;
}

/* Digits as they stand in a text, separators between them left out. */
typedef struct digit_run {
    char digits[DIGITS_MAX];
    bool begins[DIGITS_MAX + 1]; /* a group of digits begins here */
    size_t count;
} digit_run;

/* A card number begins where a group of digits begins and ends where one ends: 4242 4242 4242 4242 12/30. Within a group
 * that is too long to be one number, it may stand anywhere. */
static bool run_holds_card_number(digit_run *run)
{
    bool one_long_group = run->count > CARD_DIGITS_MAX;
    for (size_t i = 1; one_long_group && i < run->count; i++) one_long_group = !run->begins[i];
    run->begins[run->count] = true;
    for (size_t from = 0; from + CARD_DIGITS_MIN <= run->count; from++)
        for (size_t len = CARD_DIGITS_MIN; len <= CARD_DIGITS_MAX && from + len <= run->count; len++)
            if ((one_long_group || (run->begins[from] && run->begins[from + len])) &&
                luhn_valid(run->digits + from, len))
                return true;
    return false;
}

/* A NUL in a text is a separator like others, and not its end. */
static bool holds_card_number(const char *text, size_t text_len)
{
    const char *const end = text + text_len;
    digit_run run = { .count = 0 };
    bool in_group = false;
    size_t len;
    for (const char *p = text;; p += len) {
        int digit = digit_at(p, &len);
        if (digit >= 0) {
            if (run.count == DIGITS_MAX) return true; /* nobody needs that many digits to describe a card */
            run.begins[run.count] = !in_group;
            run.digits[run.count++] = (char)('0' + digit);
            in_group = true;
            continue;
        }
        in_group = false;
        if (p < end && (len = *p == '\0' ? 1 : separator_at(p)) > 0) continue;
        if (run_holds_card_number(&run)) return true;
        run.count = 0;
        if (p >= end) return false;
        len = 1;
    }
}

static int before_save_payment_method(hpc_request *rq, void *data)
{
    size_t len = 0;
    const char *details = hpc_text_len(hpc_get(hpc_object(rq), "details"), &len);
    (void)data;
    if (details != NULL && holds_card_number(details, len))
        return hpc_throw(rq, HPC_E_VALIDATION,
                         "details must not hold a full card number: keep a provider's token or the last four digits.");
    int rc = own_row(rq);
    if (rc != HPC_OK || !hpc_is_new(rq)) return rc;
    return log_with_row(rq, "payment_method_added");
}

/* ---- states ---- */

/* From -> to; what is not listed is refused. Both kinds of transaction begin as pending. */
static const struct {
    const char *from, *to;
} TRANSITIONS[] = {
    { "pending", "success" },
    { "pending", "failed" },
    { "success", "refunded" },
    { "success", "reversed" },
};

static int check_status(hpc_request *rq)
{
    const hpc_value *status = hpc_get(hpc_object(rq), "status"), *original = hpc_get(hpc_original(rq), "status");
    const char *now = hpc_text(status), *before = hpc_text(original);

    if (hpc_is_new(rq)) {
        if (hpc_type(status) == HPC_NULL) {
            hpc_set(rq, hpc_object(rq), "status", hpc_make_text(rq, "pending"));
            return HPC_OK;
        }
        if (hpc_text_is(status, "pending")) return HPC_OK;
        return hpc_throw(rq, HPC_E_VALIDATION, "A new %s has the status pending.", hpc_class_name(rq));
    }
    if (before != NULL && hpc_text_is(status, before)) return HPC_OK;
    for (size_t i = 0; i < sizeof TRANSITIONS / sizeof *TRANSITIONS; i++)
        if (hpc_text_is(original, TRANSITIONS[i].from) && hpc_text_is(status, TRANSITIONS[i].to)) return HPC_OK;
    return hpc_throw(rq, HPC_E_VALIDATION, "The status cannot go from %s to %s.", before != NULL ? before : "nothing",
                     now != NULL ? now : "nothing");
}

static int before_save_history(hpc_request *rq, void *data)
{
    int64_t minor;
    int rc;
    (void)data;
    if ((rc = own_row(rq)) != HPC_OK) return rc;
    if ((rc = check_status(rq)) != HPC_OK) return rc;
    if (!hpc_is_new(rq)) {
        rc = owned_refuse_change(rq, "amount");
        return rc != HPC_OK ? rc : owned_refuse_change(rq, "timestamp");
    }
    if ((rc = money_read(rq, hpc_get(hpc_object(rq), "amount"), &minor)) != HPC_OK) return rc;
    hpc_set(rq, hpc_object(rq), "timestamp", hpc_make_date(rq, hpc_now_ms(rq)));
    return log_with_row(rq, "transaction_created");
}

static int before_save_transaction(hpc_request *rq, void *data)
{
    int rc;
    (void)data;
    if ((rc = own_row(rq)) != HPC_OK) return rc;
    if ((rc = check_status(rq)) != HPC_OK) return rc;
    if (!hpc_is_new(rq)) return owned_refuse_change(rq, "date");
    hpc_set(rq, hpc_object(rq), "date", hpc_make_date(rq, hpc_now_ms(rq)));
    return log_with_row(rq, "transaction_created");
}

/* ---- payments ---- */

static int notify_owner(hpc_request *rq, const char *type, const char *message)
{
    const char *owner = hpc_pointer_id(hpc_get(hpc_object(rq), "user"));
    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "user", hpc_make_pointer(rq, "_User", owner));
    hpc_set(rq, row, "type", hpc_make_text(rq, type));
    hpc_set(rq, row, "message", hpc_make_text(rq, message));
    hpc_set(rq, row, "sent_at", hpc_make_date(rq, hpc_now_ms(rq)));
    /* Writable, so that its user can delete it; the class lets nobody edit one. */
    hpc_set(rq, row, "ACL", owned_acl(rq, owner, NULL));
    return hpc_atomic_create(rq, "Notification", row);
}

static int before_save_payment(hpc_request *rq, void *data)
{
    static const char *const FIXED[] = { "transaction_id", "amount", "payment_method" };
    int64_t minor;
    int rc;
    (void)data;
    if ((rc = own_row(rq)) != HPC_OK) return rc;
    if (!hpc_is_new(rq)) {
        for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
            if ((rc = owned_refuse_change(rq, FIXED[i])) != HPC_OK) return rc;
        return HPC_OK;
    }
    if ((rc = money_read(rq, hpc_get(hpc_object(rq), "amount"), &minor)) != HPC_OK) return rc;
    if ((rc = notify_owner(rq, "payment_created", "Your payment was recorded.")) != HPC_OK) return rc;
    return log_with_row(rq, "payment_created");
}

static int setup(hpc_registry *reg)
{
    static const struct {
        hpc_trigger trigger;
        const char *class_name;
        hpc_handler handler;
    } TRIGGERS[] = {
        { HPC_BEFORE_SAVE, "_User", before_save_user },
        { HPC_BEFORE_DELETE, "_User", before_delete_user },
        { HPC_AFTER_LOGIN, "_User", after_login },
        { HPC_BEFORE_SAVE, "AccessLog", before_save_access_log },
        { HPC_BEFORE_DELETE, "AccessLog", before_delete_access_log },
        { HPC_BEFORE_SAVE, "PaymentMethod", before_save_payment_method },
        { HPC_BEFORE_SAVE, "TransactionHistory", before_save_history },
        { HPC_BEFORE_SAVE, "Transaction", before_save_transaction },
        { HPC_BEFORE_SAVE, "Payment", before_save_payment },
    };
    for (size_t i = 0; i < sizeof TRIGGERS / sizeof *TRIGGERS; i++) {
        int rc = hpc_on(reg, TRIGGERS[i].trigger, TRIGGERS[i].class_name, TRIGGERS[i].handler, NULL);
        if (rc != HPC_OK) return rc;
    }
    return hpc_define(reg, "listUsers", owned_list_users, NULL);
}

HPC_PLUGIN("payment-gateway", setup)
