/* base/error.h — the one error type. Every failure a client can see is a Parse code, a sentence and a status.
 *
 * A fallible function returns hp_code and fills the hp_err it was given; a caller that cannot handle the failure
 * passes it on unchanged; it is logged once, where it becomes an answer. `msg` is for the client and never says
 * what we run on; `detail` is for the log only. No state, any thread. */
#ifndef HP_BASE_ERROR_H
#define HP_BASE_ERROR_H

#include <stdbool.h>

#define HP_MUST_USE __attribute__((warn_unused_result))

/* Cloud code may throw any integer, so an hp_code can hold values that are not listed. 0 is success. */
typedef enum hp_code {
    HP_OK = 0,
#define HP_CODE(name, number, http) HP_E_##name = (number),
#include "base/error_codes.def"
#undef HP_CODE
    HP_CODE_MIN_ = -2147483647 - 1, /* makes every int a valid hp_code */
    HP_CODE_MAX_ = 2147483647
} hp_code;

typedef struct hp_err { /* lives on the caller's stack; nothing in it needs freeing */
    hp_code code;
    int http;         /* 0: the status that belongs to the code; else a status answered without a code */
    bool permission;  /* a permission refusal: `msg` is replaced by "Permission denied" where answers are sanitised */
    char msg[400];    /* for the client: what to change */
    char detail[400]; /* for the log: driver text, errno, the statement's name */
} hp_err;

/* Fills *err and returns `code`, so that failing is one line: return hp_fail(err, HP_E_…, "…", …);
 * Never HP_OK: 0, which a plug-in or another server may have given as its code, becomes SCRIPT_FAILED. */
HP_MUST_USE __attribute__((format(printf, 3, 4))) hp_code hp_fail(hp_err *err, hp_code code, const char *fmt, ...);

/* The same for a refusal by ACL, CLP or key level, whose text the sanitising option hides. */
HP_MUST_USE __attribute__((format(printf, 3, 4))) hp_code hp_deny(hp_err *err, hp_code code, const char *fmt, ...);

/* An error of the HTTP layer: answered with `http` and {"error": msg} without a code. Returns HP_E_OTHER_CAUSE. */
HP_MUST_USE __attribute__((format(printf, 3, 4))) hp_code hp_fail_http(hp_err *err, int http, const char *fmt, ...);

/* A failure of the world (disk, driver, peer): the client reads a constant text, the log reads `fmt`. Returns INTERNAL. */
HP_MUST_USE __attribute__((format(printf, 2, 3))) hp_code hp_fail_internal(hp_err *err, const char *fmt, ...);

/* The HTTP status of a code: 404 for 101, 500 for 1, 400 for any other, listed or not. */
int hp_code_http(hp_code code);

/* Leaves at the first failure. For functions that hold arena memory only; otherwise `goto done`. */
#define HP_TRY(expr)                              \
    do {                                          \
        hp_code hp_try_rc = (expr);               \
        if (hp_try_rc != HP_OK) return hp_try_rc; \
    } while (0)

/* An error that changes nothing; the line says why. (A cast to void does not quiet HP_MUST_USE with gcc.) */
#define HP_IGNORE(expr)                    \
    do {                                   \
        const hp_code hp_ignored = (expr); \
        (void)hp_ignored;                  \
    } while (0)

/* A promise of our own code. On in release too; never about anything a peer sent. Prints and aborts. */
#define HP_ASSERT(cond)                                           \
    do {                                                          \
        if (!(cond)) hp_assert_failed(#cond, __FILE__, __LINE__); \
    } while (0)
__attribute__((noreturn)) void hp_assert_failed(const char *what, const char *file, int line);

#endif
