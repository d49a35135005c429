/* sort_key.c — the bytes of the keys.
 *
 * Every key begins with the place of its type. An object is its members one after the other, each as its value's place, its name
 * and its value, an array its elements, both up to an end that is below every place; so an object is less than one that goes on.
 *
 * A number is the nearest double, as eight bytes in its order, and one byte that says where the number lies beside that
 * double: most are the double, and need no more. Decimals that share a double lie below it, on it or above it, and below
 * and above are told apart by their digits. A decimal that equals a number has the number's key. */
#include "store/sqlite/sort_key.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"

enum { RANK_END, RANK_NULL, RANK_NUMBER, RANK_STRING, RANK_OBJECT, RANK_ARRAY, RANK_BYTES, RANK_BOOL, RANK_DATE };
enum { BELOW = 1, SAME, ABOVE };

enum { WORD_AT = 1, WORD_BYTES = 8, SIDE_AT = WORD_AT + WORD_BYTES, DIGITS_AT, EXPONENT_BYTES = 2, DIGITS_MAX = 34 };
enum { KEY_BYTES_MAX = DIGITS_AT + EXPONENT_BYTES + DIGITS_MAX + 1 };

static unsigned char rank_of(const hp_value *v)
{
    switch (v->tag) {
    case HP_NULL: return RANK_NULL;
    case HP_NUMBER:
    case HP_DECIMAL: return RANK_NUMBER;
    case HP_STRING: return RANK_STRING;
    case HP_ARRAY: return RANK_ARRAY;
    case HP_BYTES: return RANK_BYTES;
    case HP_BOOL: return RANK_BOOL;
    case HP_DATE: return RANK_DATE;
    case HP_OBJECT:
    case HP_POINTER:
    case HP_GEOPOINT:
    case HP_FILE:
    case HP_POLYGON:
    case HP_RELATION: break;
    }
    return RANK_OBJECT;
}

static void result(sqlite3_context *ctx, const unsigned char *key, size_t len)
{
    sqlite3_result_blob64(ctx, key, len, SQLITE_TRANSIENT);
}

static void put_word(unsigned char *key, unsigned char rank, uint64_t word)
{
    key[0] = rank;
    for (int i = 0; i < WORD_BYTES; i++) key[WORD_AT + i] = (unsigned char)(word >> (8 * (WORD_BYTES - 1 - i)));
}

/* The bits of a double in the order of the doubles. */
static uint64_t order_bits(double n)
{
    const uint64_t sign = UINT64_C(1) << 63;
    uint64_t bits;
    n += 0.0; /* -0 equals 0 */
    memcpy(&bits, &n, sizeof bits);
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

/* The digits of a decimal that is not 0, without leading and trailing zeros, and the power of ten of the first. */
static size_t significant_digits(hp_decimal d, char digits[HP_DECIMAL_TEXT_MAX], int *exponent)
{
    char text[HP_DECIMAL_TEXT_MAX + 1];
    const size_t len = hp_decimal_format(d, text);
    size_t count = 0, at = 0;
    int whole = 0; /* digits in front of the point, from the first that is not 0; negative: zeros behind it */
    bool behind = false;

    for (; at < len && text[at] != 'E'; at++) {
        if (text[at] == '.') behind = true;
        if (text[at] < '0' || text[at] > '9') continue;
        if (count == 0 && text[at] == '0') {
            whole -= behind;
            continue;
        }
        whole += !behind;
        digits[count++] = text[at];
    }
    while (count > 0 && digits[count - 1] == '0') count--;
    int64_t power = 0;
    if (at < len) {
        const size_t from = at + (text[at + 1] == '+' ? 2 : 1);
        HP_ASSERT(hp_str_to_int64((hp_str){ text + from, len - from }, -100000, 100000, &power));
    }
    *exponent = whole + (int)power;
    return count;
}

/* Appends what orders decimals of one sign: the exponent, the digits, and an end that is below every digit. Of negative ones
 * every byte is turned round. */
static size_t put_digits(unsigned char *key, hp_decimal d, bool negative)
{
    enum { EXPONENT_BIAS = 20000 };
    char digits[HP_DECIMAL_TEXT_MAX];
    int exponent;
    const size_t count = significant_digits(d, digits, &exponent);
    const unsigned biased = (unsigned)(exponent + EXPONENT_BIAS);
    size_t len = 0;

    HP_ASSERT(count > 0 && count <= DIGITS_MAX);
    key[len++] = (unsigned char)(biased >> 8);
    key[len++] = (unsigned char)biased;
    for (size_t i = 0; i < count; i++) key[len++] = (unsigned char)digits[i];
    key[len++] = 0;
    for (size_t i = 0; negative && i < len; i++) key[i] = (unsigned char)~key[i];
    return len;
}

static size_t put_decimal(unsigned char *key, hp_decimal d)
{
    const hp_value decimal = hp_decimal_value(d), nearest = hp_number(hp_decimal_to_double(d));
    const hp_value zero = hp_number(0);
    size_t len = DIGITS_AT;
    bool ok;
    const int order = hp_value_compare(&decimal, &nearest, &ok);

    put_word(key, RANK_NUMBER, order_bits(nearest.number));
    key[SIDE_AT] = (unsigned char)(order < 0 ? BELOW : order > 0 ? ABOVE : SAME);
    if (order != 0) len += put_digits(key + len, d, hp_value_compare(&decimal, &zero, &ok) < 0);
    return len;
}

static size_t put_number(unsigned char *key, double n)
{
    put_word(key, RANK_NUMBER, order_bits(n));
    key[SIDE_AT] = SAME;
    return DIGITS_AT;
}

/* The keys that are short; 0 for values of other types. */
static size_t put_short(unsigned char key[KEY_BYTES_MAX], const hp_value *v)
{
    switch (v->tag) {
    case HP_NULL: key[0] = RANK_NULL; return 1;
    case HP_NUMBER: return put_number(key, v->number);
    case HP_DECIMAL: return put_decimal(key, v->decimal);
    case HP_BOOL:
        key[0] = RANK_BOOL;
        key[1] = v->boolean;
        return 2;
    case HP_DATE: put_word(key, RANK_DATE, (uint64_t)v->date.ms ^ (UINT64_C(1) << 63)); return SIDE_AT;
    case HP_STRING:
    case HP_ARRAY:
    case HP_OBJECT:
    case HP_POINTER:
    case HP_GEOPOINT:
    case HP_FILE:
    case HP_BYTES:
    case HP_POLYGON:
    case HP_RELATION: break;
    }
    return 0;
}

static void result_text(sqlite3_context *ctx, unsigned char rank, hp_str text)
{
    unsigned char *key = sqlite3_malloc64(text.len + 1);
    if (key == NULL) {
        sqlite3_result_error_nomem(ctx);
        return;
    }
    key[0] = rank;
    if (text.len > 0) memcpy(key + 1, text.ptr, text.len);
    sqlite3_result_blob64(ctx, key, text.len + 1, sqlite3_free);
}

/* ---- what has parts ---- */

static void add_byte(hp_buf *key, int byte) { hp_buf_add_char(key, (char)byte); }

/* Ends with two zeros; a zero within is a zero and 255. */
static void add_text(hp_buf *key, hp_str text)
{
    while (text.len > 0) {
        const char *zero = memchr(text.ptr, '\0', text.len);
        const size_t len = zero == NULL ? text.len : (size_t)(zero - text.ptr);
        hp_buf_add(key, hp_str_sub(text, 0, len));
        if (zero == NULL) break;
        hp_buf_add(key, (hp_str){ "\0\xFF", 2 });
        text = hp_str_sub(text, len + 1, SIZE_MAX);
    }
    hp_buf_add(key, (hp_str){ "\0\0", 2 });
}

static void add_point(hp_buf *key, hp_geo p)
{
    unsigned char words[WORD_AT + 2 * WORD_BYTES]; /* the first is more than the end of a ring */
    put_word(words + WORD_BYTES, 0, order_bits(p.longitude));
    put_word(words, RANK_NUMBER, order_bits(p.latitude));
    hp_buf_add(key, (hp_str){ (const char *)words, sizeof words });
}

static void add_value(hp_buf *key, const hp_value *v);

static void add_members(hp_buf *key, const hp_value *v)
{
    for (uint32_t i = 0; i < v->object.count; i++) {
        const hp_member *m = &v->object.items[i];
        add_byte(key, rank_of(&m->value));
        add_text(key, m->key);
        add_value(key, &m->value);
    }
    add_byte(key, RANK_END);
}

static void add_value(hp_buf *key, const hp_value *v)
{
    unsigned char bytes[KEY_BYTES_MAX];
    const size_t len = put_short(bytes, v);
    if (len > 0) {
        hp_buf_add(key, (hp_str){ (const char *)bytes, len });
        return;
    }
    add_byte(key, rank_of(v));
    if (rank_of(v) == RANK_OBJECT) add_byte(key, (int)v->tag); /* typed objects among themselves */
    switch (v->tag) {
    case HP_STRING: add_text(key, v->string); break;
    case HP_BYTES: add_text(key, v->bytes); break;
    case HP_FILE: add_text(key, v->file.name); break;
    case HP_RELATION: add_text(key, v->relation); break;
    case HP_POINTER:
        add_text(key, v->pointer.class_name);
        add_text(key, v->pointer.object_id);
        break;
    case HP_GEOPOINT: add_point(key, v->geopoint); break;
    case HP_POLYGON:
        for (uint32_t i = 0; i < v->polygon.count; i++) add_point(key, v->polygon.points[i]);
        add_byte(key, RANK_END);
        break;
    case HP_ARRAY:
        for (uint32_t i = 0; i < v->array.count; i++) add_value(key, &v->array.items[i]);
        add_byte(key, RANK_END);
        break;
    case HP_OBJECT: add_members(key, v); break;
    case HP_NULL:
    case HP_BOOL:
    case HP_NUMBER:
    case HP_DATE:
    case HP_DECIMAL: break; /* short */
    }
}

static void result_parts(sqlite3_context *ctx, const hp_value *v)
{
    enum { KEY_MAX = 64 << 20 };
    hp_buf key;
    hp_buf_init(&key, KEY_MAX);
    add_value(&key, v);
    if (key.overflow)
        sqlite3_result_error_toobig(ctx);
    else
        result(ctx, (const unsigned char *)key.ptr, key.len);
    hp_buf_done(&key);
}

void hp_sqlite_result_sort_key(sqlite3_context *ctx, const hp_value *v)
{
    unsigned char key[KEY_BYTES_MAX];
    if (v == NULL) return; /* less than null: no result, which is NULL */
    const size_t len = put_short(key, v);
    if (len > 0)
        result(ctx, key, len);
    else if (v->tag == HP_STRING)
        result_text(ctx, RANK_STRING, v->string); /* alone, it needs no end */
    else
        result_parts(ctx, v);
}
