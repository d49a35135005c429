#include "store/sqlite/functions.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "store/sqlite/acl_text.h"
#include "store/sqlite/cell.h"
#include "store/sqlite/sort_key.h"
#include "query/geometry.h"
#include "query/match.h"

/* ---- work ---- */

/* Whether there is time for so many steps; otherwise the statement ends here, because SQLite looks at the clock between
 * calls of ours only now and then. */
static bool affordable(sqlite3_context *ctx, size_t steps)
{
    hp_effort *effort = sqlite3_user_data(ctx);
    effort->spent = false;
    if (hp_effort_take(effort, steps)) return true;
    sqlite3_result_error_code(ctx, SQLITE_INTERRUPT);
    return false;
}

/* ---- hp_acl ---- */

static void acl(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    enum { BYTES_PER_STEP = 32 };
    (void)argc;
    const hp_sqlite_groups *groups = sqlite3_value_pointer(argv[1], HP_SQLITE_GROUPS);
    hp_sqlite_cell cell = hp_sqlite_cell_of_argument(argv[0]);
    hp_str rest = cell.bytes, literal;

    if (groups != NULL && !affordable(ctx, cell.bytes.len / BYTES_PER_STEP * groups->count)) return;
    while (groups != NULL && hp_acl_text_next(&rest, &literal))
        for (size_t i = 0; i < groups->count; i++)
            if (hp_str_eq(groups->literals[i], literal)) {
                sqlite3_result_int(ctx, 1);
                return;
            }
    sqlite3_result_int(ctx, 0);
}

/* ---- hp_match ---- */

static bool text_contains(hp_str text, hp_str needle)
{
    return memmem(text.ptr, text.len, needle.ptr, needle.len) != NULL;
}

/* The column's value as an object that has nothing else, in *mem if it needs memory. False if it does not hold its type. */
static bool decode(const hp_sqlite_match *m, const hp_sqlite_cell *cell, hp_member *member, hp_value *object,
                   hp_arena **mem)
{
    const hp_field *field = m->column->field;
    hp_geo point;
    bool own =
        (hp_sqlite_type_is_json(field->type) && !hp_sqlite_cell_point(cell, &point)) || field->type == HP_T_BYTES;
    hp_err err = { 0 };

    *member = (hp_member){ .key = field->name };
    *object = (hp_value){ .tag = HP_OBJECT };
    *mem = NULL;
    if (cell->type == SQLITE_NULL) return true;
    if (own) *mem = hp_arena_new();
    object->object.items = member;
    object->object.count = object->object.cap = 1;
    return hp_sqlite_cell_decode(cell, field, *mem, &member->value, &err) == HP_OK;
}

static void match(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    const hp_sqlite_match *m = sqlite3_value_pointer(argv[1], HP_SQLITE_MATCH);
    hp_effort *effort = sqlite3_user_data(ctx);
    hp_sqlite_cell cell = hp_sqlite_cell_of_argument(argv[0]);
    hp_member member;
    hp_value object;
    hp_arena *mem;

    if (m == NULL) {
        sqlite3_result_error(ctx, "hp_match without a condition", -1);
        return;
    }
    if (cell.type == SQLITE_TEXT && hp_str_present(m->needle) && !text_contains(cell.bytes, m->needle)) {
        sqlite3_result_int(ctx, m->leaf->kind == HP_FILTER_NE);
        return;
    }
    if (!affordable(ctx, cell.bytes.len)) return; /* to decode it */
    const bool decoded = decode(m, &cell, &member, &object, &mem);
    const bool matches = decoded && hp_filter_matches_within(m->leaf, &object, effort);
    if (effort->spent)
        sqlite3_result_error_code(ctx, SQLITE_INTERRUPT);
    else if (decoded)
        sqlite3_result_int(ctx, matches);
    else
        sqlite3_result_error(ctx, "hp_match: a column does not hold its type", -1);
    hp_arena_free(mem);
}

/* ---- hp_score ---- */

static void score(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    const hp_sqlite_match *m = sqlite3_value_pointer(argv[1], HP_SQLITE_MATCH);
    hp_sqlite_cell cell = hp_sqlite_cell_of_argument(argv[0]);
    hp_member member;
    hp_value object;
    hp_arena *mem = NULL;

    enum { STEPS_PER_BYTE = 5 };
    if (!affordable(ctx, STEPS_PER_BYTE * cell.bytes.len)) return;
    if (m != NULL && decode(m, &cell, &member, &object, &mem))
        sqlite3_result_double(ctx, hp_filter_text_score(m->leaf, &object));
    else
        sqlite3_result_error(ctx, "hp_score: a column does not hold its type", -1);
    hp_arena_free(mem);
}

/* ---- hp_sort ---- */

static void sort_key(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    const hp_sqlite_sort *key = sqlite3_value_pointer(argv[1], HP_SQLITE_SORT);
    hp_sqlite_cell cell = hp_sqlite_cell_of_argument(argv[0]);
    hp_err err = { 0 };

    const hp_value nothing = hp_null();
    if (key == NULL || cell.type == SQLITE_NULL) {
        hp_sqlite_result_sort_key(ctx, &nothing);
        return;
    }
    if (!affordable(ctx, cell.bytes.len)) return;
    hp_arena *mem = hp_arena_new();
    hp_member member = { .key = key->column->field->name };
    if (hp_sqlite_cell_decode(&cell, key->column->field, mem, &member.value, &err) == HP_OK) {
        hp_value object = { .tag = HP_OBJECT, .object = { &member, 1, 1 } }, room;
        hp_sqlite_result_sort_key(ctx, hp_path_sort_key(&object, &key->order->path, key->order->descending, &room));
    } else {
        sqlite3_result_error(ctx, "hp_sort: a column does not hold its type", -1);
    }
    hp_arena_free(mem);
}

/* ---- hp_lat, hp_distance ---- */

/* The point of a GeoPoint column, or false for anything else. */
static bool point_of(sqlite3_value *v, hp_geo *out)
{
    static const hp_field POINT = { .name = HP_STR_INIT("point"), .type = HP_T_GEOPOINT };
    hp_sqlite_cell cell = hp_sqlite_cell_of_argument(v);
    hp_value decoded;
    hp_err err = { 0 };

    if (hp_sqlite_cell_point(&cell, out)) return true;
    if (cell.type != SQLITE_TEXT) return false;
    HP_AUTO_ARENA mem = hp_arena_new();
    if (hp_sqlite_cell_decode(&cell, &POINT, mem, &decoded, &err) != HP_OK || decoded.tag != HP_GEOPOINT) return false;
    *out = decoded.geopoint;
    return true;
}

static void latitude(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    hp_geo point;
    if (point_of(argv[0], &point)) sqlite3_result_double(ctx, point.latitude);
}

static void distance(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    const hp_sqlite_match *m = sqlite3_value_pointer(argv[1], HP_SQLITE_MATCH);
    hp_geo point;
    if (m != NULL && point_of(argv[0], &point)) sqlite3_result_double(ctx, hp_geo_angle(m->leaf->geo.centre, point));
}

/* ---- hp_fold ---- */

const char *hp_sqlite_fold_version(void) { return utf8proc_unicode_version(); }

/* Case folding with composition, so that the two spellings of an accented letter are one; accents stay (no mail to a
 * look-alike address). */
static void fold(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    (void)argc;
    hp_sqlite_cell cell = hp_sqlite_cell_of_argument(argv[0]);
    utf8proc_uint8_t *folded = NULL;

    if (cell.type != SQLITE_TEXT) {
        sqlite3_result_value(ctx, argv[0]);
        return;
    }
    utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)cell.bytes.ptr, (utf8proc_ssize_t)cell.bytes.len,
                                        &folded, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    if (len < 0)
        sqlite3_result_value(ctx, argv[0]); /* not UTF-8: equal only to itself */
    else
        sqlite3_result_text64(ctx, (const char *)folded, (sqlite3_uint64)len, SQLITE_TRANSIENT, SQLITE_UTF8);
    free(folded);
}

/* Text that the driver wrote is a number. What is not can only come from outside, and is ordered too, below all numbers. */
static int compare_decimals(void *arg, int a_len, const void *a, int b_len, const void *b)
{
    const hp_str left = { a, (size_t)a_len }, right = { b, (size_t)b_len };
    hp_decimal x, y;
    (void)arg;
    const bool has_x = hp_decimal_read(left, &x), has_y = hp_decimal_read(right, &y);
    if (has_x && has_y) return hp_decimal_compare(x, y);
    return has_x != has_y ? (int)has_x - (int)has_y : hp_str_cmp(left, right);
}

int hp_sqlite_functions_register(sqlite3 *db, hp_effort *effort)
{
    static const struct {
        const char *name;
        int argc, flags;
        void (*fn)(sqlite3_context *, int, sqlite3_value **);
    } FUNCTIONS[] = {
        { "hp_acl", 2, SQLITE_DIRECTONLY, acl },
        { "hp_match", 2, SQLITE_DIRECTONLY, match },
        { "hp_sort", 2, SQLITE_DIRECTONLY, sort_key },
        { "hp_score", 2, SQLITE_DIRECTONLY, score },
        { "hp_distance", 2, SQLITE_DIRECTONLY, distance },
        { "hp_lat", 1, SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, latitude }, /* stands in index definitions */
        { "hp_fold", 1, SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, fold },    /* stands in index definitions */
    };
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, FUNCTIONS[i].name, FUNCTIONS[i].argc, SQLITE_UTF8 | FUNCTIONS[i].flags,
                                        effort, FUNCTIONS[i].fn, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_collation_v2(db, HP_SQLITE_DECIMAL, SQLITE_UTF8, NULL, compare_decimals, NULL);
    return rc;
}
