#include "store/sqlite/counters.h"

#define RAISE(name)                                             \
    HP_STR_INIT("INSERT INTO \"_META\" VALUES ('" name "', 1) " \
                "ON CONFLICT (\"name\") DO UPDATE SET \"value\" = \"value\" + 1")
#define READ(name) HP_STR_INIT("SELECT \"value\" FROM \"_META\" WHERE \"name\" = '" name "'")

static const struct {
    hp_str raise, read;
} SQL[HP_COUNTERS] = {
    [HP_COUNTER_SESSIONS] = { RAISE("sessions"), READ("sessions") },
    [HP_COUNTER_WEBHOOKS] = { RAISE("webhooks"), READ("webhooks") },
};

hp_code hp_sqlite_counters_raise(hp_sqlite_conn *c, unsigned counters, hp_err *err)
{
    for (unsigned i = 0; i < HP_COUNTERS; i++)
        if ((counters & 1u << i) != 0) HP_TRY(hp_sqlite_run(c, SQL[i].raise, err));
    return HP_OK;
}

hp_code hp_sqlite_counters_read(hp_sqlite_conn *c, int64_t out[HP_COUNTERS], hp_err *err)
{
    for (unsigned i = 0; i < HP_COUNTERS; i++) HP_TRY(hp_sqlite_integer(c, SQL[i].read, 0, &out[i], err));
    return HP_OK;
}
