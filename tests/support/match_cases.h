/* match_cases.h — what each query operator means, as data: one class, a handful of objects, and for every case the objects
 * that its where selects.
 *
 * The in-memory matcher's test and the store contract suite both run this table, so that every store, LiveQuery and guards
 * agree. The meaning is MongoDB's as Parse uses it; top-level null is the same as absent here. To add an operator or a
 * field type, add cases. JSON(…) is the text between its brackets, in REST encoding; objectId, createdAt and updatedAt are
 * to be kept by whoever stores the objects. */
#ifndef HP_TEST_MATCH_CASES_H
#define HP_TEST_MATCH_CASES_H

#include <stdint.h>

#define MATCH_NOW_MS INT64_C(1704844800000) /* 2024-01-10T00:00:00Z: the clock that $relativeTime reads */

/* JSON's words are words here, whatever <stdbool.h> makes of them. */
#pragma push_macro("true")
#pragma push_macro("false")
#undef true
#undef false

/* The macros hold JSON, which clang-format would break. */
/* clang-format off */
#define JSON_(...) #__VA_ARGS__
#define JSON(...) JSON_(__VA_ARGS__)
#define DATE(text) {"__type": "Date", "iso": text}
#define POINTER(class_name, id) {"__type": "Pointer", "className": class_name, "objectId": id}
#define DECIMAL(text) {"__type": "Decimal128", "value": text}
#define GEO(lat, lng) {"__type": "GeoPoint", "latitude": lat, "longitude": lng}

static const char MATCH_SCHEMA[] = JSON(
    {"className": "Case", "fields": {"objectId": {"type": "String"}, "createdAt": {"type": "Date"},
    "updatedAt": {"type": "Date"}, "ACL": {"type": "ACL"}, "s": {"type": "String"}, "n": {"type": "Number"},
    "b": {"type": "Boolean"}, "d": {"type": "Date"}, "o": {"type": "Object"}, "a": {"type": "Array"},
    "g": {"type": "GeoPoint"}, "f": {"type": "File"}, "by": {"type": "Bytes"}, "pg": {"type": "Polygon"},
    "p": {"type": "Pointer", "targetClass": "Owner"}, "m": {"type": "Decimal128"}, "ms": {"type": "Array"}}});

static const char *const MATCH_OBJECTS[] = {
    JSON({"objectId": "e0", "createdAt": DATE("2024-01-01T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-01T00:00:00.000Z")}),
    JSON({"objectId": "e1", "createdAt": DATE("2024-01-02T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-02T00:00:00.000Z"), "s": null, "n": null, "b": null, "d": null, "o": null,
         "a": null, "p": null, "m": null}),
    JSON({"objectId": "v1", "createdAt": DATE("2024-01-03T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-03T00:00:00.000Z"), "s": "apple", "n": 1, "b": true, "m": DECIMAL("1.50"),
         "ms": [DECIMAL("0.10"), 2],
         "d": DATE("2020-01-01T00:00:00.000Z"), "o": {"x": 1, "y": {"z": "deep"}, "k": null,
         "w": DATE("2020-01-01T00:00:00Z")}, "a": [1, 2, 3], "g": GEO(10, 20), "f": {"__type": "File",
         "name": "a.png"}, "by": {"__type": "Bytes", "base64": "AQID"}, "pg": {"__type": "Polygon",
         "coordinates": [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]}, "p": POINTER("Owner", "o1")}),
    JSON({"objectId": "v2", "createdAt": DATE("2024-01-04T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-04T00:00:00.000Z"), "s": "banana", "n": 2.5, "b": false, "m": DECIMAL("1.5000"),
         "ms": [0.1, DECIMAL("7")],
         "d": DATE("2021-06-15T12:30:00.500Z"), "o": {"x": 2, "list": [1, 2], "ref": POINTER("Owner", "o1")},
         "a": ["red", "green"], "g": GEO(-5, 100), "f": {"__type": "File", "name": "b.png"},
         "by": {"__type": "Bytes", "base64": "BAUG"}, "pg": {"__type": "Polygon", "coordinates": [[20, 20], [20, 30],
         [30, 30], [30, 20], [20, 20]]}, "p": POINTER("Owner", "o2")}),
    JSON({"objectId": "v3", "createdAt": DATE("2024-01-05T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-05T00:00:00.000Z"), "s": "Apple pie", "n": -1, "m": DECIMAL("-12.25"),
         "d": DATE("1969-07-20T20:17:40.000Z"), "o": {"x": "1", "y": 5}, "a": [], "p": POINTER("Owner", "o1")}),
    JSON({"objectId": "v4", "createdAt": DATE("2024-01-06T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-06T00:00:00.000Z"), "s": "", "n": 0, "b": true, "m": DECIMAL("-0"), "o": {}, "a": [null, "red"]}),
    JSON({"objectId": "v5", "createdAt": DATE("2024-01-07T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-07T00:00:00.000Z"), "s": "a.c\nline two", "n": 1e15,
         "m": DECIMAL("12345678901234567890.123456789"), "o": {"list": [{"v": 1},
         {"v": 2}]}, "a": [{"sku": "k1", "qty": 2}, {"sku": "k2"}]}),
    JSON({"objectId": "v6", "createdAt": DATE("2024-01-08T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-08T00:00:00.000Z"), "s": "éclair", "n": 9007199254740992,
         "m": DECIMAL("12345678901234567890.123456788"),
         "d": DATE("2020-01-01T00:00:00.000Z"), "o": {"x": [1, 5], "b": true}, "a": [POINTER("Owner", "o1"),
         DATE("2020-01-01T00:00:00.000Z"), {"k": 1}]}),
    JSON({"objectId": "v7", "createdAt": DATE("2024-01-09T00:00:00.000Z"),
         "updatedAt": DATE("2024-01-09T00:00:00.000Z"), "s": "100%_sure'\";--", "n": 1, "m": DECIMAL("2E+1"), "o": {"x": null}, "a": [[1,
         2], 3]}),
};

typedef struct match_case {
    const char *name;
    const char *where;
    const char *want; /* ids in ascending order, separated by one blank */
} match_case;

#define MATCH_ALL "e0 e1 v1 v2 v3 v4 v5 v6 v7"
#define MATCH_SET "v1 v2 v3 v4 v5 v6 v7" /* the objects whose fields have values */

static const match_case MATCH_CASES[] = {
    /* ---- equality ---- */
    { "no constraint", JSON({}), MATCH_ALL },
    { "string", JSON({"s": "apple"}), "v1" },
    { "string is case-sensitive", JSON({"s": "Apple"}), "" },
    { "empty string is not absent", JSON({"s": ""}), "v4" },
    { "string with quotes and wildcards", JSON({"s": "100%_sure'\";--"}), "v7" },
    { "null is absent or null", JSON({"s": null}), "e0 e1" },
    { "$eq null", JSON({"s": {"$eq": null}}), "e0 e1" },
    { "number", JSON({"n": 1}), "v1 v7" },
    { "number written as double", JSON({"n": 1.0}), "v1 v7" },
    { "zero", JSON({"n": 0}), "v4" },
    { "minus zero is zero", JSON({"n": -0.0}), "v4" },
    { "number beyond 2^53 is the double it reads as", JSON({"n": 9007199254740993}), "v6" },
    { "number never equals a string", JSON({"n": "1"}), "" },
    { "string never equals a number", JSON({"s": 1}), "" },
    { "boolean", JSON({"b": true}), "v1 v4" },
    { "boolean false is not absent", JSON({"b": false}), "v2" },
    { "boolean never equals a number", JSON({"b": 1}), "" },
    { "boolean null", JSON({"b": null}), "e0 e1 v3 v5 v6 v7" },
    { "date", JSON({"d": DATE("2020-01-01T00:00:00.000Z")}), "v1 v6" },
    { "date by instant", JSON({"d": DATE("2020-01-01T01:00:00+01:00")}), "v1 v6" },
    { "date field never equals text", JSON({"d": "2020-01-01T00:00:00.000Z"}), "" },
    { "createdAt reads ISO text", JSON({"createdAt": "2024-01-03T00:00:00.000Z"}), "v1" },
    { "createdAt reads a Date", JSON({"createdAt": DATE("2024-01-03T00:00:00.000Z")}), "v1" },
    { "createdAt with text that is no date", JSON({"createdAt": "yesterday"}), "" },
    { "objectId", JSON({"objectId": "v3"}), "v3" },
    { "objectId is never null", JSON({"objectId": null}), "" },
    { "geo point", JSON({"g": GEO(10, 20)}), "v1" },
    { "file by name", JSON({"f": {"__type": "File", "name": "b.png"}}), "v2" },
    { "bytes", JSON({"by": {"__type": "Bytes", "base64": "AQID"}}), "v1" },
    { "polygon",
      JSON({"pg": {"__type": "Polygon", "coordinates": [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]}}),
      "v1" },

    /* ---- pointers ---- */
    { "pointer", JSON({"p": POINTER("Owner", "o1")}), "v1 v3" },
    { "pointer by bare id", JSON({"p": "o1"}), "v1 v3" },
    { "pointer to another class", JSON({"p": POINTER("Other", "o1")}), "" },
    { "pointer null", JSON({"p": null}), "e0 e1 v4 v5 v6 v7" },
    { "pointer $ne", JSON({"p": {"$ne": POINTER("Owner", "o1")}}), "e0 e1 v2 v4 v5 v6 v7" },
    { "pointer $ne another class", JSON({"p": {"$ne": POINTER("Other", "o1")}}), MATCH_ALL },
    { "pointer $ne null", JSON({"p": {"$ne": null}}), "v1 v2 v3" },
    { "pointer $in", JSON({"p": {"$in": ["o2", POINTER("Owner", "o1")]}}), "v1 v2 v3" },
    { "pointer $in with another class", JSON({"p": {"$in": [POINTER("Other", "o1")]}}), "" },
    { "pointer $nin with null", JSON({"p": {"$nin": [POINTER("Owner", "o1"), null]}}), "v2" },
    { "pointer $nin", JSON({"p": {"$nin": ["o1"]}}), "e0 e1 v2 v4 v5 v6 v7" },
    { "pointer $exists", JSON({"p": {"$exists": true}}), "v1 v2 v3" },
    { "pointer $all of one", JSON({"p": {"$all": [POINTER("Owner", "o1")]}}), "v1 v3" },

    /* ---- $ne, $in, $nin on single values ---- */
    { "$ne matches absent", JSON({"n": {"$ne": 1}}), "e0 e1 v2 v3 v4 v5 v6" },
    { "$ne null is present", JSON({"n": {"$ne": null}}), MATCH_SET },
    { "$ne of another type matches all", JSON({"n": {"$ne": "x"}}), MATCH_ALL },
    { "$ne boolean", JSON({"b": {"$ne": true}}), "e0 e1 v2 v3 v5 v6 v7" },
    { "$ne geo point", JSON({"g": {"$ne": GEO(10, 20)}}), "e0 e1 v2 v3 v4 v5 v6 v7" },
    { "$in", JSON({"n": {"$in": [1, -1, "0"]}}), "v1 v3 v7" },
    { "$in with null matches absent", JSON({"n": {"$in": [0, null]}}), "e0 e1 v4" },
    { "$in of nothing", JSON({"n": {"$in": []}}), "" },
    { "$in flattens one level", JSON({"n": {"$in": [[1, 0], 2.5]}}), "v1 v2 v4 v7" },
    { "$in strings", JSON({"s": {"$in": ["apple", "éclair", "x"]}}), "v1 v6" },
    { "$in dates", JSON({"d": {"$in": [DATE("2020-01-01T00:00:00.000Z")]}}), "v1 v6" },
    { "$in objectIds", JSON({"objectId": {"$in": ["v1", "v9", "e0"]}}), "e0 v1" },
    { "$nin matches absent", JSON({"n": {"$nin": [1, 0]}}), "e0 e1 v2 v3 v5 v6" },
    { "$nin with null", JSON({"n": {"$nin": [1, null]}}), "v2 v3 v4 v5 v6" },
    { "$nin of nothing", JSON({"n": {"$nin": []}}), MATCH_ALL },
    { "$nin of another type", JSON({"n": {"$nin": ["x"]}}), MATCH_ALL },
    { "$all of one on a single value", JSON({"n": {"$all": [1]}}), "v1 v7" },
    { "$all of two different on a single value", JSON({"n": {"$all": [1, 0]}}), "" },
    { "$containedBy on a single value holds", JSON({"s": {"$containedBy": ["x"]}}), MATCH_ALL },

    /* ---- order comparisons ---- */
    { "$gt", JSON({"n": {"$gt": 1}}), "v2 v5 v6" },
    { "$gte", JSON({"n": {"$gte": 1}}), "v1 v2 v5 v6 v7" },
    { "$lt", JSON({"n": {"$lt": 0}}), "v3" },
    { "$lte", JSON({"n": {"$lte": 0}}), "v3 v4" },
    { "two bounds", JSON({"n": {"$gt": 0, "$lt": 2}}), "v1 v7" },
    { "$gt of another type", JSON({"n": {"$gt": "0"}}), "" },
    { "$lt null", JSON({"n": {"$lt": null}}), "" },
    { "strings by code point", JSON({"s": {"$gt": "apple"}}), "v2 v6" },
    { "upper case sorts first", JSON({"s": {"$lt": "A"}}), "v4 v7" },
    { "$gte empty string", JSON({"s": {"$gte": ""}}), MATCH_SET },
    { "dates before the epoch", JSON({"d": {"$lt": DATE("2020-01-01T00:00:00.000Z")}}), "v3" },
    { "$gte date", JSON({"d": {"$gte": DATE("2020-01-01T00:00:00.000Z")}}), "v1 v2 v6" },
    { "date field against text", JSON({"d": {"$gt": "2000-01-01T00:00:00Z"}}), "" },
    { "createdAt against ISO text", JSON({"createdAt": {"$gt": "2024-01-07T00:00:00.000Z"}}), "v6 v7" },
    { "createdAt against a Date", JSON({"createdAt": {"$lte": DATE("2024-01-02T00:00:00.000Z")}}), "e0 e1" },
    { "$relativeTime past", JSON({"createdAt": {"$gt": {"$relativeTime": "3 days ago"}}}), "v6 v7" },
    { "$relativeTime sum", JSON({"createdAt": {"$lte": {"$relativeTime": "1 week 1 day ago"}}}), "e0 e1" },
    { "$relativeTime future", JSON({"createdAt": {"$lt": {"$relativeTime": "in 2 hours"}}}), MATCH_ALL },
    { "$relativeTime now", JSON({"d": {"$lt": {"$relativeTime": "now"}}}), "v1 v2 v3 v6" },
    { "booleans: false before true", JSON({"b": {"$gt": false}}), "v1 v4" },

    /* ---- Decimal128: by value, whatever its digits; a Number is what JavaScript prints ---- */
    { "decimal", JSON({"m": DECIMAL("1.5")}), "v1 v2" },
    { "decimal zero", JSON({"m": DECIMAL("0.00")}), "v4" },
    { "decimal by a number", JSON({"m": 1.5}), "v1 v2" },
    { "decimal by a number with an exponent", JSON({"m": 20}), "v7" },
    { "decimal never equals a string", JSON({"m": "1.50"}), "" },
    { "decimal $ne", JSON({"m": {"$ne": DECIMAL("1.5")}}), "e0 e1 v3 v4 v5 v6 v7" },
    { "decimal $exists", JSON({"m": {"$exists": true}}), MATCH_SET },
    { "decimal null", JSON({"m": null}), "e0 e1" },
    { "decimal $gt beyond doubles", JSON({"m": {"$gt": DECIMAL("12345678901234567890.123456788")}}), "v5" },
    { "decimal $gte beyond doubles", JSON({"m": {"$gte": DECIMAL("12345678901234567890.123456788")}}), "v5 v6" },
    { "decimal $lt", JSON({"m": {"$lt": DECIMAL("1.5")}}), "v3 v4" },
    { "decimal $lte a number", JSON({"m": {"$lte": 1.5}}), "v1 v2 v3 v4" },
    { "decimal $lt of greatest exponent", JSON({"m": {"$lt": DECIMAL("-9E+6144")}}), "" },
    { "decimal $in", JSON({"m": {"$in": [DECIMAL("-12.250"), 20, "x", null]}}), "e0 e1 v3 v7" },
    { "decimal $in by many", JSON({"m": {"$in": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
        21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]}}), "v7" },
    { "decimal $nin", JSON({"m": {"$nin": [DECIMAL("1.5"), 0]}}), "e0 e1 v3 v5 v6 v7" },
    { "a number field is asked with numbers", JSON({"n": DECIMAL("1")}), "" },
    { "decimals in an array", JSON({"ms": DECIMAL("0.1")}), "v1 v2" },
    { "decimals in an array by a number", JSON({"ms": 7}), "v2" },
    { "decimals in an array, $gt", JSON({"ms": {"$gt": DECIMAL("2.0")}}), "v2" },
    { "decimals in an array, $all", JSON({"ms": {"$all": [0.1, DECIMAL("2.00")]}}), "v1" },
    { "decimals in an array, $containedBy", JSON({"ms": {"$containedBy": [0.1, 2, 3]}}),
      "e0 e1 v1 v3 v4 v5 v6 v7" },

    /* ---- $exists and unknown names ---- */
    { "$exists true", JSON({"s": {"$exists": true}}), MATCH_SET },
    { "$exists false", JSON({"s": {"$exists": false}}), "e0 e1" },
    { "$exists on an object", JSON({"o": {"$exists": true}}), MATCH_SET },
    { "object null", JSON({"o": null}), "e0 e1" },
    { "unknown name is absent", JSON({"zz": 1}), "" },
    { "unknown name is null", JSON({"zz": null}), MATCH_ALL },
    { "unknown name $exists false", JSON({"zz": {"$exists": false}}), MATCH_ALL },
    { "unknown name $ne", JSON({"zz": {"$ne": 1}}), MATCH_ALL },
    { "unknown name $gt", JSON({"zz": {"$gt": 1}}), "" },
    { "unknown name $in null", JSON({"zz": {"$in": [null]}}), MATCH_ALL },
    { "unknown dotted name $nin", JSON({"zz.q": {"$nin": [1]}}), MATCH_ALL },
    { "names are case-sensitive", JSON({"S": "apple"}), "" },
    { "nothing is below a string", JSON({"s.x": 1}), "" },
    { "null is below a string", JSON({"s.x": null}), MATCH_ALL },

    /* ---- arrays ---- */
    { "contains", JSON({"a": 2}), "v1" },
    { "contains text", JSON({"a": "red"}), "v2 v4" },
    { "contains null or absent", JSON({"a": null}), "e0 e1 v4" },
    { "contains a pointer", JSON({"a": POINTER("Owner", "o1")}), "v6" },
    { "contains a date", JSON({"a": DATE("2020-01-01T00:00:00.000Z")}), "v6" },
    { "contains an object", JSON({"a": {"sku": "k2"}}), "v5" },
    { "contains an object in any key order", JSON({"a": {"qty": 2, "sku": "k1"}}), "v5" },
    { "$eq object", JSON({"a": {"$eq": {"sku": "k2"}}}), "v5" },
    { "$eq whole array", JSON({"a": {"$eq": [1, 2, 3]}}), "v1" },
    { "$eq array as an element", JSON({"a": {"$eq": [1, 2]}}), "v7" },
    { "array $ne: no element equals", JSON({"a": {"$ne": "red"}}), "e0 e1 v1 v3 v5 v6 v7" },
    { "array $ne null", JSON({"a": {"$ne": null}}), "v1 v2 v3 v5 v6 v7" },
    { "array $in", JSON({"a": {"$in": ["green", 3]}}), "v1 v2 v7" },
    { "array $in null", JSON({"a": {"$in": [null]}}), "e0 e1 v4" },
    { "array $in flattens one level", JSON({"a": {"$in": [[1, 99]]}}), "v1" },
    { "array $in of nothing", JSON({"a": {"$in": []}}), "" },
    { "array $nin", JSON({"a": {"$nin": ["red"]}}), "e0 e1 v1 v3 v5 v6 v7" },
    { "array $nin with null", JSON({"a": {"$nin": ["red", null]}}), "v1 v3 v5 v6 v7" },
    { "array $nin of nothing", JSON({"a": {"$nin": []}}), MATCH_ALL },
    { "$all", JSON({"a": {"$all": [1, 3]}}), "v1" },
    { "$all of one", JSON({"a": {"$all": [3]}}), "v1 v7" },
    { "$all with null", JSON({"a": {"$all": ["red", null]}}), "v4" },
    { "$all of nothing", JSON({"a": {"$all": []}}), "" },
    { "$all starting with", JSON({"a": {"$all": [{"$regex": "^\\Qre\\E"}, {"$regex": "^\\Qgr\\E"}]}}), "v2" },
    { "$all starting with one", JSON({"a": {"$all": [{"$regex": "^\\Qre\\E"}]}}), "v2 v4" },
    { "some element greater", JSON({"a": {"$gt": 2}}), "v1 v7" },
    { "some element greater, text", JSON({"a": {"$gt": "h"}}), "v2 v4" },
    { "some element greater, date", JSON({"a": {"$gt": DATE("2019-01-01T00:00:00.000Z")}}), "v6" },
    { "bounds met by different elements", JSON({"a": {"$gt": 2, "$lt": 2}}), "v1" },
    { "array $regex", JSON({"a": {"$regex": "^r"}}), "v2 v4" },
    { "$containedBy", JSON({"a": {"$containedBy": [1, 2, 3, 4]}}), "e0 e1 v1 v3" },
    { "$containedBy with null", JSON({"a": {"$containedBy": ["red", "green", null]}}), "e0 e1 v2 v3 v4" },
    { "$containedBy nothing", JSON({"a": {"$containedBy": []}}), "e0 e1 v3" },
    { "array $exists true", JSON({"a": {"$exists": true}}), MATCH_SET },
    { "array $exists false", JSON({"a": {"$exists": false}}), "e0 e1" },
    { "index", JSON({"a.2": 3}), "v1" },
    { "index of an array in an array", JSON({"a.0": 1}), "v1 v7" },
    { "index $exists", JSON({"a.1": {"$exists": true}}), "v1 v2 v4 v5 v6 v7" },
    { "field of the elements", JSON({"a.sku": "k2"}), "v5" },
    { "field of the elements $in", JSON({"a.sku": {"$in": ["k1"]}}), "v5" },
    { "field of the elements $ne", JSON({"a.sku": {"$ne": "k1"}}), "e0 e1 v1 v2 v3 v4 v6 v7" },
    { "field of the elements $gt", JSON({"a.qty": {"$gt": 1}}), "v5" },
    { "field of the elements $exists", JSON({"a.qty": {"$exists": true}}), "v5" },
    { "field of the elements null", JSON({"a.qty": null}), "e0 e1 v5 v6" },
    { "id of the pointers", JSON({"a.objectId": "o1"}), "v6" },
    { "field of one element", JSON({"a.0.sku": "k1"}), "v5" },
    { "field of another element", JSON({"a.1.sku": "k1"}), "" },

    /* ---- inside objects ---- */
    { "path", JSON({"o.x": 1}), "v1 v6" },
    { "path keeps types apart", JSON({"o.x": "1"}), "v3" },
    { "path null", JSON({"o.x": null}), "e0 e1 v4 v5 v7" },
    { "path $exists true counts null", JSON({"o.x": {"$exists": true}}), "v1 v2 v3 v6 v7" },
    { "path $exists false", JSON({"o.x": {"$exists": false}}), "e0 e1 v4 v5" },
    { "path $ne", JSON({"o.x": {"$ne": 1}}), "e0 e1 v2 v3 v4 v5 v7" },
    { "path $ne null", JSON({"o.x": {"$ne": null}}), "v1 v2 v3 v6" },
    { "path $gt", JSON({"o.x": {"$gt": 1}}), "v2 v6" },
    { "path $lte", JSON({"o.x": {"$lte": 1}}), "v1 v6" },
    { "path $in", JSON({"o.x": {"$in": [2, "1"]}}), "v2 v3" },
    { "path $in null", JSON({"o.x": {"$in": [null, 2]}}), "e0 e1 v2 v4 v5 v7" },
    { "path $nin", JSON({"o.x": {"$nin": [1, null]}}), "v2 v3" },
    { "path $containedBy", JSON({"o.x": {"$containedBy": [1]}}), "e0 e1 v1 v2 v3 v4 v5 v7" },
    { "deeper path", JSON({"o.y.z": "deep"}), "v1" },
    { "path through a number", JSON({"o.y.z": {"$exists": false}}), "e0 e1 v2 v3 v4 v5 v6 v7" },
    { "path $regex", JSON({"o.y.z": {"$regex": "EE", "$options": "i"}}), "v1" },
    { "path date", JSON({"o.w": DATE("2020-01-01T00:00:00.000Z")}), "v1" },
    { "path date order", JSON({"o.w": {"$lt": DATE("2021-01-01T00:00:00.000Z")}}), "v1" },
    { "path date never equals text", JSON({"o.w": "2020-01-01T00:00:00Z"}), "" },
    { "path pointer", JSON({"o.ref": POINTER("Owner", "o1")}), "v2" },
    { "path into a pointer", JSON({"o.ref.objectId": "o1"}), "v2" },
    { "path boolean", JSON({"o.b": true}), "v6" },
    { "path array contains", JSON({"o.list": 2}), "v2" },
    { "path array contains an object", JSON({"o.list": {"v": 1}}), "v5" },
    { "path whole array", JSON({"o.list": [1, 2]}), "v2" },
    { "path whole object", JSON({"o.y": {"z": "deep"}}), "v1" },
    { "path $all", JSON({"o.list": {"$all": [1, 2]}}), "v2" },
    { "path index", JSON({"o.list.0": 1}), "v2" },
    { "path index field", JSON({"o.list.1.v": 2}), "v5" },
    { "path field of the elements", JSON({"o.list.v": 2}), "v5" },

    /* ---- $regex ---- */
    { "substring", JSON({"s": {"$regex": "app"}}), "v1" },
    { "option i", JSON({"s": {"$regex": "^APP", "$options": "i"}}), "v1 v3" },
    { "option i beyond ASCII", JSON({"s": {"$regex": "^É", "$options": "i"}}), "v6" },
    { "option m", JSON({"s": {"$regex": "^line", "$options": "m"}}), "v5" },
    { "without option m", JSON({"s": {"$regex": "^line"}}), "" },
    { "option s", JSON({"s": {"$regex": "c.line", "$options": "s"}}), "v5" },
    { "without option s", JSON({"s": {"$regex": "c.line"}}), "" },
    { "option x", JSON({"s": {"$regex": "a p p l e # comment", "$options": "x"}}), "v1" },
    { "quoted prefix", JSON({"s": {"$regex": "^\\Qa.c\\E"}}), "v5" },
    { "quoted suffix", JSON({"s": {"$regex": "\\Qe\\E$"}}), "v1 v3" },
    { "quoted substring", JSON({"s": {"$regex": "\\Q%_\\E"}}), "v7" },
    { "quoted twice", JSON({"s": {"$regex": "^\\Q100%\\E\\Q_sure\\E"}}), "v7" },
    { "quote without end", JSON({"s": {"$regex": "\\Qapple"}}), "v1" },
    { "end of quote alone", JSON({"s": {"$regex": "app\\E"}}), "v1" },
    { "SQL text in a quote", JSON({"s": {"$regex": "\\Q'\";--\\E"}}), "v7" },
    { "dot is one character", JSON({"s": {"$regex": "^.clair$"}}), "v6" },
    { "dot is any character", JSON({"s": {"$regex": "a.c"}}), "v5" },
    { "empty expression finds every text", JSON({"s": {"$regex": ""}}), MATCH_SET },
    { "prefix range ends at the prefix", JSON({"s": {"$regex": "^b"}}), "v2" },
    { "only texts match", JSON({"n": {"$regex": "1"}}), "" },
    { "with another constraint", JSON({"s": {"$regex": "^a", "$ne": "apple"}}), "v5" },

    /* ---- logic ---- */
    { "keys are joined by and", JSON({"n": 1, "b": true}), "v1" },
    { "$or", JSON({"$or": [{"n": 1}, {"s": ""}]}), "v1 v4 v7" },
    { "$or with a sibling", JSON({"$or": [{"n": 1}, {"s": ""}], "b": true}), "v1 v4" },
    { "$or of nothing", JSON({"$or": []}), "" },
    { "$or with an empty branch", JSON({"$or": [{"n": 1}, {}]}), MATCH_ALL },
    { "$and", JSON({"$and": [{"n": {"$gt": 0}}, {"n": {"$lt": 2}}]}), "v1 v7" },
    { "$and of nothing", JSON({"$and": []}), MATCH_ALL },
    { "$nor", JSON({"$nor": [{"n": 1}, {"b": true}]}), "e0 e1 v2 v3 v5 v6" },
    { "$nor matches absent", JSON({"$nor": [{"n": {"$gt": 0}}]}), "e0 e1 v3 v4" },
    { "$nor on arrays", JSON({"$nor": [{"a": "red"}]}), "e0 e1 v1 v3 v5 v6 v7" },
    { "$nor of everything", JSON({"$nor": [{}]}), "" },
    { "nested", JSON({"$or": [{"$and": [{"n": 1}, {"$nor": [{"b": true}]}]}, {"$or": [{"s": "banana"}]}]}), "v2 v7" },
    { "$nor of $in with null", JSON({"$nor": [{"n": {"$in": [1, null]}}]}), "v2 v3 v4 v5 v6" },
    { "$nor of an object path", JSON({"$nor": [{"o.x": {"$gt": 0}}]}), "e0 e1 v3 v4 v5 v7" },

    /* ---- places ---- */
    { "box", JSON({"g": {"$within": {"$box": [GEO(0, 0), GEO(15, 25)]}}}), "v1" },
    { "circle", JSON({"g": {"$geoWithin": {"$centerSphere": [GEO(10.5, 20.5), 0.1]}}}), "v1" },
    { "circle by longitude and latitude", JSON({"g": {"$geoWithin": {"$centerSphere": [[20, 10], 0.001]}}}), "v1" },
    { "circle around the world", JSON({"g": {"$geoWithin": {"$centerSphere": [GEO(0, 0), 3.2]}}}), "v1 v2" },
    { "polygon of points",
      JSON({"g": {"$geoWithin": {"$polygon": [GEO(0, 0), GEO(0, 30), GEO(15, 30), GEO(15, 0)]}}}),
      "v1" },
    { "polygon of longitude and latitude",
      JSON({"g": {"$geoWithin": {"$polygon": {"__type": "Polygon", "coordinates": [[0, 0], [30, 0], [30, 15], [0,
           15]]}}}}),
      "v1" },
    /* ---- full text: s is "apple", "banana", "Apple pie", "", "a.c\nline two", "éclair", "100%_sure'\";--" ---- */
    { "$text finds a word in any case", JSON({"s": {"$text": {"$search": {"$term": "APPLE"}}}}), "v1 v3" },
    { "$text finds other forms of a word", JSON({"s": {"$text": {"$search": {"$term": "lines"}}}}), "v5" },
    { "$text without stems", JSON({"s": {"$text": {"$search": {"$term": "lines", "$language": "none"}}}}), "" },
    { "$text of several words finds any", JSON({"s": {"$text": {"$search": {"$term": "banana pie"}}}}), "v2 v3" },
    { "$text without a word", JSON({"s": {"$text": {"$search": {"$term": "apple -pie"}}}}), "v1" },
    { "$text of a phrase", JSON({"s": {"$text": {"$search": {"$term": "\"apple PIE\""}}}}), "v3" },
    { "$text of another phrase", JSON({"s": {"$text": {"$search": {"$term": "\"pie apple\""}}}}), "" },
    { "$text without a phrase", JSON({"s": {"$text": {"$search": {"$term": "apple -\"apple pie\""}}}}), "v1" },
    { "$text of words that say nothing", JSON({"s": {"$text": {"$search": {"$term": "the and"}}}}), "" },
    { "$text of exclusions alone", JSON({"s": {"$text": {"$search": {"$term": "-apple"}}}}), "" },
    { "$text ignores accents", JSON({"s": {"$text": {"$search": {"$term": "eclair"}}}}), "v6" },
    { "$text minds accents",
      JSON({"s": {"$text": {"$search": {"$term": "eclair", "$diacriticSensitive": true}}}}), "" },
    { "$text minds accents and finds them",
      JSON({"s": {"$text": {"$search": {"$term": "Éclairs", "$diacriticSensitive": true}}}}), "v6" },
    { "$text minds case", JSON({"s": {"$text": {"$search": {"$term": "Apple", "$caseSensitive": true}}}}), "v3" },
    { "$text is no part of a word", JSON({"s": {"$text": {"$search": {"$term": "app"}}}}), "" },
    { "$text with what FTS5 takes for operators",
      JSON({"s": {"$text": {"$search": {"$term": "NEAR(apple* ^c0: AND \\"}}}}), "v1 v3" },
    { "$text in an array", JSON({"a": {"$text": {"$search": {"$term": "red"}}}}), "v2 v4" },
    { "$text in an object", JSON({"o.y.z": {"$text": {"$search": {"$term": "deep"}}}}), "v1" },
    { "$text in a number", JSON({"n": {"$text": {"$search": {"$term": "1"}}}}), "" },
    { "$text as an alternative",
      JSON({"$or": [{"s": {"$text": {"$search": {"$term": "banana"}}}}, {"n": 1}]}), "v1 v2 v7" },
    { "no $text", JSON({"$nor": [{"s": {"$text": {"$search": {"$term": "apple"}}}}]}), "e0 e1 v2 v4 v5 v6 v7" },

    { "near is everything with a point", JSON({"g": {"$nearSphere": GEO(80, 0)}}), "v1 v2" },
    { "near within radians", JSON({"g": {"$nearSphere": GEO(10.5, 20.5), "$maxDistance": 0.1}}), "v1" },
    { "near within radians by name", JSON({"g": {"$nearSphere": GEO(10.5, 20.5), "$maxDistanceInRadians": 0.1}}), "v1" },
    { "near within kilometers",
      JSON({"g": {"$nearSphere": GEO(10, 19), "$maxDistanceInKilometers": 110}}), "v1" },
    { "near is farther than kilometers",
      JSON({"g": {"$nearSphere": GEO(10, 19), "$maxDistanceInKilometers": 109}}), "" },
    { "near within miles", JSON({"g": {"$maxDistanceInMiles": 69, "$nearSphere": GEO(10, 19)}}), "v1" },
    { "near is farther than miles", JSON({"g": {"$maxDistanceInMiles": 68, "$nearSphere": GEO(10, 19)}}), "" },
    { "near at no distance", JSON({"g": {"$nearSphere": GEO(10, 20), "$maxDistance": 0}}), "v1" },
    { "near and another condition", JSON({"$and": [{"g": {"$nearSphere": GEO(0, 0)}}, {"n": 1}]}), "v1" },
    { "near a text is nowhere", JSON({"s": {"$nearSphere": GEO(0, 0)}}), "" },
    { "near with $exists", JSON({"g": {"$nearSphere": GEO(0, 0), "$exists": true}}), "v1 v2" },
    { "box by its other corners", JSON({"g": {"$within": {"$box": [GEO(15, 0), GEO(0, 25)]}}}), "v1" },
    { "box with a corner on the point", JSON({"g": {"$within": {"$box": [GEO(10, 20), GEO(15, 25)]}}}), "v1" },
    { "polygon field contains a point of its edge", JSON({"pg": {"$geoIntersects": {"$point": GEO(0, 5)}}}), "v1" },
    { "polygon field contains", JSON({"pg": {"$geoIntersects": {"$point": GEO(5, 5)}}}), "v1" },
    { "polygon field does not contain", JSON({"pg": {"$geoIntersects": {"$point": GEO(50, 50)}}}), "" },
    { "a text is nowhere", JSON({"s": {"$within": {"$box": [GEO(0, 0), GEO(15, 25)]}}}), "" },
    { "not in the box",
      JSON({"$nor": [{"g": {"$within": {"$box": [GEO(0, 0), GEO(15, 25)]}}}]}),
      "e0 e1 v2 v3 v4 v5 v6 v7" },
};
/* clang-format on */

#undef JSON_
#undef JSON
#undef DATE
#undef POINTER
#undef GEO
#pragma pop_macro("true")
#pragma pop_macro("false")

enum {
    MATCH_OBJECT_COUNT = sizeof MATCH_OBJECTS / sizeof *MATCH_OBJECTS,
    MATCH_CASE_COUNT = sizeof MATCH_CASES / sizeof *MATCH_CASES,
};

#endif
