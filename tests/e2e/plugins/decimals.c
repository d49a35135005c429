/* Cloud code for decimal.test.mjs: money in Decimal128, moved whole or not at all. */
#include <homeport/cloud.h>

/* {from, to, amount}: amount is a Decimal128. Answers the amount doubled, as text, and how it compares with 1. */
static int move(hpc_request *rq, void *data)
{
    const hpc_value *p = hpc_params(rq), *amount = hpc_get(p, "amount");
    const char *from = hpc_text(hpc_get(p, "from")), *to = hpc_text(hpc_get(p, "to"));
    int rc;
    (void)data;
    if (hpc_decimal(rq, amount) == NULL) return hpc_throw(rq, HPC_E_VALIDATION, "amount must be a Decimal128");
    if (hpc_compare_decimals(amount, hpc_make_decimal(rq, "0")) <= 0)
        return hpc_throw(rq, HPC_E_VALIDATION, "amount must be above 0");
    char text[64] = "-";
    size_t n = 1;
    for (const char *c = hpc_decimal(rq, amount); *c != '\0'; c++) text[n++] = *c;
    text[n] = '\0';
    if ((rc = hpc_require_decimal_at_least(rq, "Purse", from, "money", amount, 4001, "Too little money.")) != HPC_OK ||
        (rc = hpc_atomic_increment_decimal(rq, "Purse", from, "money", hpc_make_decimal(rq, text))) != HPC_OK ||
        (rc = hpc_atomic_increment_decimal(rq, "Purse", to, "money", amount)) != HPC_OK ||
        (rc = hpc_atomic_commit(rq)) != HPC_OK)
        return rc;
    hpc_value *result = hpc_make_object(rq);
    hpc_value *twice = hpc_add_decimals(rq, amount, amount);
    hpc_set(rq, result, "twice", hpc_make_text(rq, hpc_decimal(rq, twice)));
    hpc_set(rq, result, "order", hpc_make_number(rq, hpc_compare_decimals(amount, hpc_make_number(rq, 1))));
    hpc_return(rq, result);
    return HPC_OK;
}

static int wrong(hpc_request *rq, void *data)
{
    (void)data;
    return hpc_atomic_increment_decimal(rq, "Purse", hpc_text(hpc_get(hpc_params(rq), "of")), "money",
                                        hpc_make_number(rq, 1));
}

static int setup(hpc_registry *reg)
{
    int rc = hpc_define(reg, "move", move, NULL);
    return rc == HPC_OK ? hpc_define(reg, "wrong", wrong, NULL) : rc;
}

HPC_PLUGIN("decimals", setup)
