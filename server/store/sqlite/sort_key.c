/* sort_key.c — the bytes of the keys.
 *
 * A number is the nearest double, as eight bytes in its order, and one byte that says where the number lies beside that
 * double: most are the double, and need no more. Decimals that share a double lie below it, on it or above it, and below
 * and above are told apart by their digits. A decimal that equals a number has the number's key. */
#include "store/sqlite/sort_key.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

enum { RANK_NULL, RANK_NUMBER, RANK_STRING, RANK_OBJECT, RANK_ARRAY, RANK_BYTES, RANK_BOOL, RANK_DATE };
enum { BELOW = 1, SAME, ABOVE };

enum { WORD_AT = 1, WORD_BYTES = 8, SIDE_AT = WORD_AT + WORD_BYTES, DIGITS_AT, EXPONENT_BYTES = 2, DIGITS_MAX = 34 };
enum { KEY_BYTES_MAX = DIGITS_AT + EXPONENT_BYTES + DIGITS_MAX + 1 };

static void result(sqlite3_context *ctx, const unsigned char *key, size_t len)
{
    sqlite3_result_blob64(ctx, key, len, SQLITE_TRANSIENT);
}

static void put_word(unsigned char *key, unsigned char rank, uint64_t word)
{
    key[0] = rank;
    for (int i = 0; i < WORD_BYTES; i++) key[WORD_AT + i] = (unsigned char)(word >> (8 * (WORD_BYTES - 1 - i)));
}

static void result_word(sqlite3_context *ctx, unsigned char rank, uint64_t word)
{
    unsigned char key[WORD_AT + WORD_BYTES];
    put_word(key, rank, word);
    result(ctx, key, sizeof key);
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

static void result_decimal(sqlite3_context *ctx, hp_decimal d)
{
    unsigned char key[KEY_BYTES_MAX];
    const hp_value decimal = hp_decimal_value(d), nearest = hp_number(hp_decimal_to_double(d));
    const hp_value zero = hp_number(0);
    size_t len = DIGITS_AT;
    bool ok;
    const int order = hp_value_compare(&decimal, &nearest, &ok);

    put_word(key, RANK_NUMBER, order_bits(nearest.number));
    key[SIDE_AT] = (unsigned char)(order < 0 ? BELOW : order > 0 ? ABOVE : SAME);
    if (order != 0) len += put_digits(key + len, d, hp_value_compare(&decimal, &zero, &ok) < 0);
    result(ctx, key, len);
}

static void result_number(sqlite3_context *ctx, double n)
{
    unsigned char key[DIGITS_AT];
    put_word(key, RANK_NUMBER, order_bits(n));
    key[SIDE_AT] = SAME;
    result(ctx, key, sizeof key);
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

void hp_sqlite_result_sort_key(sqlite3_context *ctx, const hp_value *v)
{
    if (v == NULL) return; /* less than null: no result, which is NULL */
    switch (v->tag) {
    case HP_NULL: result_word(ctx, RANK_NULL, 0); break;
    case HP_NUMBER: result_number(ctx, v->number); break;
    case HP_DECIMAL: result_decimal(ctx, v->decimal); break;
    case HP_STRING: result_text(ctx, RANK_STRING, v->string); break;
    case HP_BOOL: result_word(ctx, RANK_BOOL, v->boolean); break;
    case HP_DATE: result_word(ctx, RANK_DATE, (uint64_t)v->date.ms ^ (UINT64_C(1) << 63)); break;
    case HP_ARRAY: result_word(ctx, RANK_ARRAY, 0); break;
    case HP_BYTES: result_text(ctx, RANK_BYTES, v->bytes); break;
    case HP_OBJECT:
    case HP_POINTER:
    case HP_GEOPOINT:
    case HP_FILE:
    case HP_POLYGON:
    case HP_RELATION: result_word(ctx, RANK_OBJECT, 0); break;
    }
}
