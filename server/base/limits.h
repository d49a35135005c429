/* base/limits.h — every bound on what a peer can make grow, in one place. Passing one is an ordinary error. */
#ifndef HP_BASE_LIMITS_H
#define HP_BASE_LIMITS_H

enum {
    HP_JSON_DEPTH_MAX = 200,              /* nesting of arrays and objects in any JSON that is read */
    HP_JSON_NODES_MAX = 1000000,          /* values in one JSON text */
    HP_OBJECT_KEYS_MAX = 20000,           /* keys of one JSON object */
    HP_NAME_BYTES_MAX = 128,              /* class and field names */
    HP_OBJECT_ID_BYTES_MAX = 128,         /* custom object ids */
    HP_REQUEST_ID_BYTES_MAX = 256,        /* X-Parse-Request-Id that is remembered */
    HP_CLASS_FIELDS_MAX = 1000,           /* fields of one class */
    HP_PATH_SEGMENTS_MAX = 32,            /* a.b.c in where, keys, include and dotted updates */
    HP_QUERY_DEPTH_MAX = 10,              /* nesting of $or/$and/$nor; requestComplexity.queryDepth */
    HP_QUERY_NODES_MAX = 2000,            /* constraints in one where */
    HP_QUERY_LIST_MAX = 40000,            /* elements of $in and its kin that a client may send */
    HP_SUBQUERY_DEPTH_MAX = 10,           /* requestComplexity.subqueryDepth */
    HP_INCLUDE_DEPTH_MAX = 10,            /* requestComplexity.includeDepth */
    HP_INCLUDE_COUNT_MAX = 100,           /* requestComplexity.includeCount */
    HP_INCLUDED_VALUES_MAX = 250000,      /* pointers that the includes of one request replace, repetitions counted */
    HP_INCLUDE_STEPS_MAX = 5000000,       /* values that the includes of one request look at */
    HP_SUBQUERIES_MAX = 100,              /* sub-queries and relation look-ups of one request, nested ones counted */
    HP_CALL_BYTES_MAX = 512 << 20,        /* what one request of a client may have in memory when it reads more rows */
    HP_FIND_ROWS_MAX = 100000,            /* rows of one find or sub-query, whatever limit says */
    HP_USER_ROLES_MAX = 10000,            /* roles one user has through the hierarchy */
    HP_BATCH_MAX = 100,                   /* requestComplexity.batchRequestLimit */
    HP_CALL_READS_MS_MAX = 15000,         /* what the reads of one request of a client may take together */
    HP_LONG_READ_MS = 25,                 /* reads that take longer have a few places and wait for one in a line … */
    HP_LONG_READS_WAITING_MAX = 200,      /* … of so many; one more is refused */
    HP_REGEX_BYTES_MAX = 32768,           /* a pattern */
    HP_PIPELINE_STAGES_MAX = 100,         /* stages of one aggregation, those inside $facet counted */
    HP_PIPELINE_NODES_MAX = 10000,        /* expressions and conditions of one aggregation */
    HP_PIPELINE_STEPS_MAX = 200000000,    /* evaluations of one aggregation */
    HP_PIPELINE_BYTES_MAX = 128 << 20,    /* what the stages of one aggregation may hold at a time */
    HP_REGEX_MATCH_LIMIT = 100000,        /* PCRE2 match limit: bounds the time of one match */
    HP_REGEX_DEPTH_LIMIT = 1000,          /* PCRE2 heap and depth bound */
    HP_TEXT_WORDS_MAX = 64,               /* words, and phrases, of one $text */
    HP_TEXT_SEARCHED_BYTES_MAX = 1 << 20, /* of one text: what comes after it is not found */
    HP_FUNCTION_NAME_BYTES_MAX = 256,     /* cloud functions and jobs */
    HP_WEBHOOKS_MAX = 10000,              /* stored webhooks that are asked */
    HP_WEBHOOK_URL_BYTES_MAX = 4096,
    HP_JOBS_MAX = 16,                       /* background jobs running at once */
    HP_MAILS_MAX = 1000,                    /* mails waiting to be sent */
    HP_HOOK_DEPTH_MAX = 16,                 /* cloud code that calls the engine that runs cloud code … */
    HP_PASSWORDS_WAITING_MAX = 200,         /* requests that wait for the turn of their password's hash */
    HP_AUTH_PROVIDERS_MAX = 64,             /* providers in one authData, and configured ones */
    HP_AUTH_ID_BYTES_MAX = 1024,            /* authData.<provider>.id */
    HP_PUBSUB_WAITING_BYTES_MAX = 32 << 20, /* messages to other nodes that wait while the bus is down or slow */
    HP_LIVE_MATCH_STEPS_MAX = 5000000,      /* of one subscription's where for one event: some 100 ms */
    HP_LIVE_MATCH_CHEAP_STEPS = 100,        /* what is less is not worth counting … */
    HP_LIVE_MATCH_FREE_STEPS = 20000, /* … and this is free: for all of a connection's and one event, some 400 us */
    HP_LIVE_CLIENT_STEPS_MAX = 50000000, /* of a connection's beyond that: some 1 s, paid off … */
    HP_LIVE_CLIENT_STEPS_PER_MS = 1000,  /* … by a fiftieth of the time that passes */
    HP_LIVE_INCLUDE_FREE_MS = 5,         /* what a connection's includes may take for one event before they are owed */
    HP_LIVE_TICKETS_AHEAD_MAX = 1 << 16, /* commits whose events wait for those of an earlier one */
    HP_LIVE_QUERIES_BYTES_MAX = 1 << 30, /* what all different subscriptions take up, estimated */
    HP_RATE_RULES_MAX = 100,             /* limits on requests: rateLimit, and those of cloud code */
    HP_RATE_PATH_BYTES_MAX = 1024,       /* a pattern in them */
    HP_RATE_COUNTERS_MAX = 1 << 17,      /* who is being counted, all rules together; 24 bytes each */
    HP_PAGE_FILES_MAX = 1000,            /* files of pages.pagesPath … */
    HP_PAGE_BYTES_MAX = 32 << 20,        /* … all together */
    HP_TEMPLATE_DEPTH_MAX = 16,          /* sections inside sections */
    HP_UNIT_OPS_MAX = 5000,              /* operations in one atomic unit */
    HP_REPLY_BYTES_MAX = 256 << 20,      /* one answer */
};

#endif
