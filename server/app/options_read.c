/* app/options_read.c — one value of one option, as text or as JSON, becomes what its type promises.
 *
 * Text is what command line and environment give; a JSON text is read the same way, because existing configuration files
 * write "1337" and "true" as well as 1337 and true. What is refused is said with what was expected; what was found is
 * shown unless the option is a secret. */
#include "app/options_internal.h"
#include "app/options_parse_words.h"
#include "value/json.h"

enum { SHOWN_BYTES_MAX = 60, WORDS_BYTES_MAX = 200 };

static const double INTEGER_MAX = 9007199254740992.0; /* beyond 2^53 a JSON number is not exact */

/* `text` fit for a line of the report. */
static hp_str shown(hp_arena *mem, hp_str text, size_t bytes_max)
{
    hp_str cut = hp_str_sub(text, 0, bytes_max);
    while (cut.len > 0 && !hp_str_utf8_valid(cut)) cut.len--;

    char *copy = hp_arena_cstr(mem, cut);
    for (size_t i = 0; i < cut.len; i++)
        if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f) copy[i] = '?';
    return (hp_str){ copy, cut.len };
}

static bool refuse(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_str expected)
{
    const hp_str words = hp_option_parse_words(l->mem, o, in);
    hp_loader_parse_words(l, hp_str_present(words) ? shown(l->mem, words, WORDS_BYTES_MAX) : words);
    if (o->flags & HP_OPTION_SECRET) {
        hp_loader_problem(l, o, where, "expected %" HP_STR_FMT, HP_STR_ARG(expected));
        return false;
    }
    const hp_str found = hp_is(in, HP_STRING) ? in->string : hp_json_text(l->mem, in);
    const hp_str part = shown(l->mem, found, SHOWN_BYTES_MAX);
    hp_loader_problem(l, o, where, "expected %" HP_STR_FMT ", got \"%" HP_STR_FMT "%s\"", HP_STR_ARG(expected),
                      HP_STR_ARG(part), part.len < found.len ? "…" : "");
    return false;
}

static bool printable(hp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f) return false;
    return s.len > 0 && hp_str_utf8_valid(s);
}

static bool read_text(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    if (!hp_is(in, HP_STRING) || !printable(in->string))
        return refuse(l, o, in, where, HP_STR("a text that is not empty and has no control characters"));
    *out = hp_string(hp_arena_str(l->mem, in->string));
    return true;
}

static bool read_bool(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    const hp_str text = hp_text(in);

    if (hp_is(in, HP_BOOL))
        *out = *in;
    else if (hp_str_eq_nocase(text, HP_STR("true")) || hp_str_eq(text, HP_STR("1")))
        *out = hp_bool(true);
    else if (hp_str_eq_nocase(text, HP_STR("false")) || hp_str_eq(text, HP_STR("0")))
        *out = hp_bool(false);
    else
        return refuse(l, o, in, where, HP_STR("true or false"));
    return true;
}

static bool whole_number(const hp_value *in, int64_t *out)
{
    if (hp_is(in, HP_STRING)) return hp_str_to_int64(in->string, -(int64_t)INTEGER_MAX, (int64_t)INTEGER_MAX, out);
    if (!hp_is(in, HP_NUMBER) || in->number > INTEGER_MAX || in->number < -INTEGER_MAX) return false;
    *out = (int64_t)in->number;
    return (double)*out == in->number;
}

static bool read_int(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    const bool not_zero = (o->flags & HP_OPTION_NOT_ZERO) != 0;
    int64_t number = 0;

    if (!whole_number(in, &number) || number < o->min || number > o->max || (number == 0 && not_zero))
        return refuse(l, o, in, where,
                      hp_arena_printf(l->mem, "%sa whole number from %lld to %lld%s%s", not_zero ? "-1 or " : "",
                                      not_zero ? 1LL : (long long)o->min, (long long)o->max, o->unit ? " " : "",
                                      o->unit ? o->unit : ""));
    *out = hp_number((double)number);
    return true;
}

static bool size_in_bytes(const hp_value *in, int64_t *out)
{
    return hp_is(in, HP_STRING) ? hp_str_to_bytes(in->string, out) : whole_number(in, out);
}

static bool read_size(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    int64_t bytes = 0;

    if (!size_in_bytes(in, &bytes) || bytes < o->min || bytes > o->max)
        return refuse(l, o, in, where,
                      hp_arena_printf(l->mem, "a size such as 20mb or 512kb, from %lld to %lld bytes",
                                      (long long)o->min, (long long)o->max));
    *out = hp_number((double)bytes);
    return true;
}

static bool read_choice(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    hp_str rest = hp_str_of(o->choices), choice;

    while (hp_is(in, HP_STRING) && hp_str_split(&rest, '|', &choice)) {
        if (!hp_str_eq(choice, in->string)) continue;
        *out = hp_string(choice);
        return true;
    }
    return refuse(l, o, in, where, hp_arena_printf(l->mem, "one of %s", o->choices));
}

static bool is_url(hp_str url)
{
    const hp_str scheme = hp_str_starts(url, HP_STR("https://"))  ? HP_STR("https://")
                          : hp_str_starts(url, HP_STR("http://")) ? HP_STR("http://")
                                                                  : HP_STR_NONE;
    const hp_str rest = hp_str_sub(url, scheme.len, SIZE_MAX);

    if (!hp_str_present(scheme) || rest.len == 0 || rest.ptr[0] == '/' || !printable(url)) return false;
    for (size_t i = 0; i < rest.len; i++)
        if (memchr(" ?#\"<>\\", rest.ptr[i], 7)) return false;
    return true;
}

static bool read_url(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    hp_str url = hp_text(in);

    if (!is_url(url))
        return refuse(l, o, in, where,
                      HP_STR("an address such as https://api.example.com/parse, without query or fragment"));
    while (hp_str_ends(url, HP_STR("/"))) url.len--;
    *out = hp_string(hp_arena_str(l->mem, url));
    return true;
}

/* ---- lists ---- */
static hp_value split_commas(hp_arena *mem, hp_str text)
{
    hp_value list = hp_array();
    hp_str one;

    text = hp_str_trim(text);
    while (text.len > 0 && hp_str_split(&text, ',', &one))
        hp_array_push(mem, &list, hp_string(hp_arena_str(mem, hp_str_trim(one))));
    return list;
}

/* Text, a JSON array in a text, or an array; the entries are not looked at yet. */
static bool list_entries(hp_loader *l, const hp_value *in, hp_value *out)
{
    hp_err err = { 0 };

    if (hp_is(in, HP_STRING) && hp_str_starts(hp_str_trim(in->string), HP_STR("[")))
        return hp_json_read(in->string, HP_JSON_PLAIN, l->mem, out, &err) == HP_OK && out->tag == HP_ARRAY;
    if (hp_is(in, HP_STRING))
        *out = split_commas(l->mem, in->string);
    else if (hp_is(in, HP_ARRAY))
        *out = *in;
    else
        return false;
    return true;
}

static bool read_text_list(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    if (!list_entries(l, in, out)) return refuse(l, o, in, where, HP_STR("a list of texts"));
    for (uint32_t i = 0; i < out->array.count; i++) {
        const hp_value *entry = &out->array.items[i];
        if (!hp_is(entry, HP_STRING) || !printable(entry->string))
            return refuse(l, o, entry, where, HP_STR("a list of texts that are not empty"));
    }
    return true;
}

static bool read_ip_list(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    hp_ip_range range;

    if (!list_entries(l, in, out)) return refuse(l, o, in, where, HP_STR("a list of IP addresses and CIDR ranges"));
    for (uint32_t i = 0; i < out->array.count; i++)
        if (!hp_ip_range_parse(hp_text(&out->array.items[i]), &range))
            return refuse(l, o, &out->array.items[i], where,
                          HP_STR("IP addresses and CIDR ranges such as 10.0.0.0/8 or 2001:db8::/32"));
    return true;
}

static const struct {
    hp_str word, ranges;
} PROXY_WORDS[] = {
    { HP_STR_INIT("loopback"), HP_STR_INIT("127.0.0.0/8,::1/128") },
    { HP_STR_INIT("linklocal"), HP_STR_INIT("169.254.0.0/16,fe80::/10") },
    { HP_STR_INIT("uniquelocal"), HP_STR_INIT("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7") },
};

static void push_proxy(hp_arena *mem, hp_value *list, const hp_value *entry)
{
    for (size_t i = 0; i < sizeof PROXY_WORDS / sizeof *PROXY_WORDS; i++) {
        if (!hp_str_eq(hp_text(entry), PROXY_WORDS[i].word)) continue;
        const hp_value ranges = split_commas(mem, PROXY_WORDS[i].ranges);
        for (uint32_t k = 0; k < ranges.array.count; k++) hp_array_push(mem, list, ranges.array.items[k]);
        return;
    }
    hp_array_push(mem, list, *entry);
}

/* Express also takes `true` and a number of hops. Both believe whoever connects: a client could choose its own address,
 * and with it the ones that keys are bound to. */
static bool read_proxies(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    hp_value entries, expanded = hp_array();
    int64_t hops = 0;

    *out = hp_array();
    if ((hp_is(in, HP_BOOL) && !in->boolean) || hp_str_eq(hp_text(in), HP_STR("false"))) return true;
    if (hp_is(in, HP_BOOL) || hp_str_eq(hp_text(in), HP_STR("true")) || whole_number(in, &hops)) {
        hp_loader_problem(l, o, where,
                          "name the proxies: with true or a number of hops anybody could choose the address they "
                          "seem to come from; expected addresses, CIDR ranges, loopback, linklocal or uniquelocal");
        return false;
    }
    if (!list_entries(l, in, &entries))
        return refuse(l, o, in, where, HP_STR("a list of addresses, CIDR ranges, loopback, linklocal or uniquelocal"));
    for (uint32_t i = 0; i < entries.array.count; i++) push_proxy(l->mem, &expanded, &entries.array.items[i]);
    return read_ip_list(l, o, &expanded, where, out);
}

/* ---- JSON ---- */
static bool read_json(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    hp_err err = { 0 };

    if (!hp_is(in, HP_STRING)) {
        *out = *in;
        return true;
    }
    if (hp_json_read(in->string, HP_JSON_PLAIN, l->mem, out, &err) == HP_OK) return true;
    if (o->status != HP_OPTION_WORKS) { /* the name of a module, say: that it is set is all that matters */
        *out = hp_string(hp_arena_str(l->mem, in->string));
        return true;
    }
    hp_loader_problem(l, o, where, "expected JSON: %s", err.msg);
    return false;
}

static bool read_group(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    if (!read_json(l, o, in, where, out)) return false;
    return hp_is(out, HP_OBJECT) || refuse(l, o, in, where, HP_STR("a JSON object"));
}

bool hp_option_coerce(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out)
{
    switch (o->type) {
    case HP_OPTION_SECTION: break;
    case HP_OPTION_TEXT: return read_text(l, o, in, where, out);
    case HP_OPTION_BOOL: return read_bool(l, o, in, where, out);
    case HP_OPTION_INT: return read_int(l, o, in, where, out);
    case HP_OPTION_SIZE: return read_size(l, o, in, where, out);
    case HP_OPTION_CHOICE: return read_choice(l, o, in, where, out);
    case HP_OPTION_URL: return read_url(l, o, in, where, out);
    case HP_OPTION_TEXT_LIST: return read_text_list(l, o, in, where, out);
    case HP_OPTION_IP_LIST: return read_ip_list(l, o, in, where, out);
    case HP_OPTION_PROXIES: return read_proxies(l, o, in, where, out);
    case HP_OPTION_JSON: return read_json(l, o, in, where, out);
    case HP_OPTION_GROUP: return read_group(l, o, in, where, out);
    }
    hp_assert_failed("an option with a value", __FILE__, __LINE__);
}
