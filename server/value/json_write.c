#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "value/date.h"
#include "value/json.h"

/* ---- numbers: ECMA-262 Number::toString, from the shortest digits that read back as the same double ---- */

/* Most numbers that people store have few decimals: n * 10^k is then next to a whole number w, and w / 10^k is n again
 * (w and 10^k are exact, so the quotient is rounded once). A decimal of at most 15 digits is the only one of that length
 * for its double, so w's digits are the shortest. 0 if `n` is not of this kind. */
static int few_decimals(double n, char digits[20], int *point)
{
    enum { DECIMALS_MAX = 8 };
    double scale = 10;
    for (int k = 1; k <= DECIMALS_MAX; k++, scale *= 10) {
        double whole = floor(n * scale + 0.5);
        if (whole >= 1e15) break;
        if (whole / scale != n) continue;
        int count = 0;
        for (uint64_t w = (uint64_t)whole; w != 0; w /= 10) count++;
        int at = count;
        for (uint64_t w = (uint64_t)whole; w != 0; w /= 10) digits[--at] = (char)('0' + w % 10);
        *point = count - k;
        return count;
    }
    return 0;
}

/* At a power of two the doubles above lie twice as far apart as those below: the nearest decimal, if it is below, may read
 * back as the neighbour while the next one up reads back as `n`. A 9 is left alone: what it carries into is shorter. */
static bool next_up_reads_back(double n, char *text)
{
    int exponent;
    char *last = strchr(text, 'e') - 1;
    if (frexp(n, &exponent) != 0.5 || *last == '9') return false;
    (*last)++;
    return strtod(text, NULL) == n;
}

/* The shortest of 15 to 17 digits (of 1 to 17 for subnormal numbers, which have fewer) that reads back as `n` (> 0), as
 * `count` digits and a point: 0.d1d2… * 10^*point. */
static int shortest_digits(double n, char digits[20], int *point)
{
    char text[40];
    int count = few_decimals(n, digits, point);
    if (count > 0) return count;
    for (int precision = n < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof text, "%.*e", precision - 1, n);
        if (strtod(text, NULL) == n || next_up_reads_back(n, text)) break;
    }
    const char *p = text;
    for (; *p != 'e'; p++)
        if (*p != '.') digits[count++] = *p;
    *point = (int)strtol(p + 1, NULL, 10) + 1;
    while (count > 1 && digits[count - 1] == '0') count--;
    return count;
}

static void add_zeros(hp_buf *out, int count)
{
    for (int i = 0; i < count; i++) hp_buf_add_char(out, '0');
}

static void write_fraction(hp_buf *out, double n)
{
    char digits[20];
    int point, count = shortest_digits(n, digits, &point);
    hp_str all = { digits, (size_t)count };

    if (point > 21 || point < -5) { /* d.ddde±x */
        hp_buf_add_char(out, digits[0]);
        if (count > 1) hp_buf_add_char(out, '.');
        hp_buf_add(out, hp_str_sub(all, 1, all.len));
        hp_buf_printf(out, "e%c%d", point > 0 ? '+' : '-', abs(point - 1));
    } else if (point <= 0) { /* 0.000ddd */
        hp_buf_add_lit(out, "0.");
        add_zeros(out, -point);
        hp_buf_add(out, all);
    } else if (count <= point) { /* ddd000 */
        hp_buf_add(out, all);
        add_zeros(out, point - count);
    } else { /* dd.ddd */
        hp_buf_add(out, hp_str_sub(all, 0, (size_t)point));
        hp_buf_add_char(out, '.');
        hp_buf_add(out, hp_str_sub(all, (size_t)point, all.len));
    }
}

void hp_json_write_number(hp_buf *out, double n)
{
    if (!isfinite(n)) {
        hp_buf_add_lit(out, "null");
        return;
    }
    if (n == 0) { /* -0 too, as JSON.stringify prints it */
        hp_buf_add_char(out, '0');
        return;
    }
    if (n < 0) {
        hp_buf_add_char(out, '-');
        n = -n;
    }
    if (n < 9007199254740992.0 && n == floor(n)) { /* the common case: a whole number that an integer holds exactly */
        char text[20];
        size_t at = sizeof text;
        uint64_t whole = (uint64_t)n;
        do text[--at] = (char)('0' + whole % 10);
        while ((whole /= 10) != 0);
        hp_buf_add(out, (hp_str){ text + at, sizeof text - at });
        return;
    }
    write_fraction(out, n);
}

/* ---- strings ---- */

static void add_control(hp_buf *out, unsigned char c)
{
    switch (c) {
    case '"': hp_buf_add_lit(out, "\\\""); break;
    case '\\': hp_buf_add_lit(out, "\\\\"); break;
    case '\b': hp_buf_add_lit(out, "\\b"); break;
    case '\f': hp_buf_add_lit(out, "\\f"); break;
    case '\n': hp_buf_add_lit(out, "\\n"); break;
    case '\r': hp_buf_add_lit(out, "\\r"); break;
    case '\t': hp_buf_add_lit(out, "\\t"); break;
    default: hp_buf_printf(out, "\\u%04x", c); break;
    }
}

/* Runs of ordinary bytes go out whole; only what must be escaped stops them. */
static void write_valid(hp_buf *out, hp_str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        hp_buf_add(out, hp_str_sub(s, from, i - from));
        add_control(out, c);
        from = i + 1;
    }
    hp_buf_add(out, hp_str_sub(s, from, s.len));
}

void hp_json_write_string(hp_buf *out, hp_str s)
{
    hp_buf_add_char(out, '"');
    if (hp_str_utf8_valid(s)) {
        write_valid(out, s);
    } else {
        for (size_t i = 0; i < s.len;) { /* rare: text is checked where it comes in */
            size_t len = 1;
            while (len < 4 && !hp_str_utf8_valid(hp_str_sub(s, i, len))) len++;
            hp_str one = hp_str_sub(s, i, len);
            bool valid = one.len == len && hp_str_utf8_valid(one);
            if (valid)
                write_valid(out, one);
            else
                hp_buf_add_lit(out, "\xef\xbf\xbd");
            i += valid ? len : 1;
        }
    }
    hp_buf_add_char(out, '"');
}

/* ---- values ---- */

/* `start` is the member up to its value: ,"name": */
static void write_text_member(hp_buf *out, hp_str start, hp_str text)
{
    hp_buf_add(out, start);
    hp_json_write_string(out, text);
}

static void write_date(hp_buf *out, const hp_value *v)
{
    char normal[HP_DATE_TEXT_LEN + 1];
    hp_str iso = v->date.iso;
    if (!hp_str_present(iso)) iso = (hp_str){ normal, hp_date_format(v->date.ms, normal) };
    hp_buf_add_lit(out, "{\"__type\":\"Date\"");
    write_text_member(out, HP_STR(",\"iso\":"), iso);
    hp_buf_add_char(out, '}');
}

static void write_polygon(hp_buf *out, const hp_value *v)
{
    hp_buf_add_lit(out, "{\"__type\":\"Polygon\",\"coordinates\":[");
    for (uint32_t i = 0; i < v->polygon.count; i++) {
        hp_buf_add(out, i == 0 ? HP_STR("[") : HP_STR(",["));
        hp_json_write_number(out, v->polygon.points[i].latitude);
        hp_buf_add_char(out, ',');
        hp_json_write_number(out, v->polygon.points[i].longitude);
        hp_buf_add_char(out, ']');
    }
    hp_buf_add_lit(out, "]}");
}

static void write_array(hp_buf *out, const hp_value *v)
{
    hp_buf_add_char(out, '[');
    for (uint32_t i = 0; i < v->array.count; i++) {
        if (i > 0) hp_buf_add_char(out, ',');
        hp_json_write(out, &v->array.items[i]);
    }
    hp_buf_add_char(out, ']');
}

static void write_object(hp_buf *out, const hp_value *v)
{
    hp_buf_add_char(out, '{');
    for (uint32_t i = 0; i < v->object.count; i++) {
        if (i > 0) hp_buf_add_char(out, ',');
        hp_json_write_string(out, v->object.items[i].key);
        hp_buf_add_char(out, ':');
        hp_json_write(out, &v->object.items[i].value);
    }
    hp_buf_add_char(out, '}');
}

static void write_decimal(hp_buf *out, hp_decimal d)
{
    char text[HP_DECIMAL_TEXT_MAX + 1];
    const size_t len = hp_decimal_format(d, text);
    hp_buf_add_lit(out, "{\"__type\":\"Decimal128\",\"value\":\"");
    hp_buf_add(out, (hp_str){ text, len });
    hp_buf_add_lit(out, "\"}");
}

void hp_json_write(hp_buf *out, const hp_value *v)
{
    switch (v->tag) {
    case HP_NULL: hp_buf_add_lit(out, "null"); break;
    case HP_BOOL: hp_buf_add(out, v->boolean ? HP_STR("true") : HP_STR("false")); break;
    case HP_NUMBER: hp_json_write_number(out, v->number); break;
    case HP_STRING: hp_json_write_string(out, v->string); break;
    case HP_ARRAY: write_array(out, v); break;
    case HP_OBJECT: write_object(out, v); break;
    case HP_DATE: write_date(out, v); break;
    case HP_POINTER:
        hp_buf_add_lit(out, "{\"__type\":\"Pointer\"");
        write_text_member(out, HP_STR(",\"className\":"), v->pointer.class_name);
        write_text_member(out, HP_STR(",\"objectId\":"), v->pointer.object_id);
        hp_buf_add_char(out, '}');
        break;
    case HP_GEOPOINT:
        hp_buf_add_lit(out, "{\"__type\":\"GeoPoint\",\"latitude\":");
        hp_json_write_number(out, v->geopoint.latitude);
        hp_buf_add_lit(out, ",\"longitude\":");
        hp_json_write_number(out, v->geopoint.longitude);
        hp_buf_add_char(out, '}');
        break;
    case HP_FILE:
        hp_buf_add_lit(out, "{\"__type\":\"File\"");
        write_text_member(out, HP_STR(",\"name\":"), v->file.name);
        if (hp_str_present(v->file.url)) write_text_member(out, HP_STR(",\"url\":"), v->file.url);
        hp_buf_add_char(out, '}');
        break;
    case HP_BYTES:
        hp_buf_add_lit(out, "{\"__type\":\"Bytes\"");
        write_text_member(out, HP_STR(",\"base64\":"), v->bytes);
        hp_buf_add_char(out, '}');
        break;
    case HP_POLYGON: write_polygon(out, v); break;
    case HP_RELATION:
        hp_buf_add_lit(out, "{\"__type\":\"Relation\"");
        write_text_member(out, HP_STR(",\"className\":"), v->relation);
        hp_buf_add_char(out, '}');
        break;
    case HP_DECIMAL: write_decimal(out, v->decimal); break;
    }
}

hp_str hp_json_text(hp_arena *mem, const hp_value *v)
{
    hp_buf out;
    hp_buf_init(&out, HP_REPLY_BYTES_MAX);
    hp_json_write(&out, v);
    hp_str text = hp_arena_str(mem, hp_buf_str(&out));
    hp_buf_done(&out);
    return text;
}
