/* rest/route.h — routes as data, handlers that only translate.
 *
 * Everything a guard needs hangs on the route record: method override, batch parts, letter case,
 * trailing slashes and query strings are gone before a route is looked up, so that no spelling of a path has other
 * guards. A handler calls core/ and says what to answer; it decides nothing about permission. */
#ifndef HP_REST_ROUTE_H
#define HP_REST_ROUTE_H

#include "core/call.h"

typedef enum hp_method { HP_METHOD_GET, HP_METHOD_POST, HP_METHOD_PUT, HP_METHOD_DELETE } hp_method;

/* Who may pass. 0 is no level: a route that forgot to say is refused at start. */
typedef enum hp_need {
    HP_NEED_UNDECLARED = 0,
    HP_NEED_APP,         /* a valid application and, where configured, a client key */
    HP_NEED_APP_NO_USER, /* the same, and the session token is not looked at (/login) or is the handler's business */
    HP_NEED_MASTER,
} hp_need;

enum { HP_ROUTE_PARAMS_MAX = 3 };

typedef struct hp_rest_request {
    hp_call *call;
    hp_method method;
    hp_str params[HP_ROUTE_PARAMS_MAX]; /* the pattern's ':' parts, decoded, in order */
    const hp_value *body;               /* object, credentials taken out; never NULL */
    const hp_value *query;              /* query string: object of texts; never NULL */
    hp_str session_token;               /* as sent, checked or not */
} hp_rest_request;

typedef struct hp_rest_answer {
    int status; /* 200 unless the handler says otherwise */
    hp_value body;
    hp_str location;      /* for the Location header, or absent */
    hp_str job_status_id; /* for X-Parse-Job-Status-Id, or absent */
} hp_rest_answer;

typedef hp_code (*hp_rest_handler)(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err);

typedef struct hp_route {
    hp_method method;
    const char *pattern; /* "classes/:className/:objectId": lower-case words, ':' parts */
    hp_need need;
    hp_rest_handler handle;
} hp_route;

/* The table of each resource; ends with a row without pattern. */
extern const hp_route HP_ROUTES_OBJECTS[], HP_ROUTES_USERS[], HP_ROUTES_SCHEMAS[], HP_ROUTES_CLOUD[],
    HP_ROUTES_CONFIG[], HP_ROUTES_BATCH[], HP_ROUTES_HOOKS[], HP_ROUTES_JOB_SCHEDULES[], HP_ROUTES_PUSH[],
    HP_ROUTES_AGGREGATE[], HP_ROUTES_LOGS[], HP_ROUTES_PURCHASES[];

/* All of them, in the order in which they are asked; ends with NULL. */
extern const hp_route *const HP_ROUTE_TABLES[];

/* Finds the route of `path` (after the mount, percent-decoded per segment, no query string) and fills params.
 * NULL if there is none, or it is switched off. */
const hp_route *hp_route_find(const hp_settings *settings, hp_method method, hp_str path, hp_arena *mem,
                              hp_str params[HP_ROUTE_PARAMS_MAX]);

/* True for the routes whose requests count once per request id (core/idempotency.h). */
bool hp_route_once(const hp_route *route);

/* True for the routes whose body may be multipart/form-data: cloud functions. */
bool hp_route_takes_forms(const hp_route *route);

/* The class that a route names by its collection (users: _User), or absent. */
hp_str hp_route_collection_class(const hp_route *route);

/* The one path of a route, however it was written: "/classes/Post/abc", with the words of the pattern and the parameters as
 * they are, but a slash inside one as %2F. *other: the same route by its other name, /users for /classes/_User and the like;
 * or absent. */
hp_str hp_route_path(const hp_route *route, const hp_str params[HP_ROUTE_PARAMS_MAX], hp_arena *mem, hp_str *other);

/* Stops the program if a route declares no access level. Called before anything is served. */
void hp_routes_check(void);

/* routeAllowList: whether the caller may use `path` (below the mount path) at all. Errors: OPERATION_FORBIDDEN. */
HP_MUST_USE hp_code hp_route_allowed(const hp_call *call, hp_str method, hp_str path, hp_err *err);

/* Runs the route's guard and its handler: the one way in, for requests and for parts of a batch. */
HP_MUST_USE hp_code hp_route_run(const hp_route *route, const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err);

/* "GET", … and back; letter case does not count. */
bool hp_method_parse(hp_str text, hp_method *out);

/* The parameters of a find or get: the query string's (read as JSON where they are JSON) over the body's. */
hp_value hp_rest_params(const hp_rest_request *rq);

/* <publicServerURL>/<path>/<id>, for Location: an id of the app's own making may need its percent signs. */
hp_str hp_rest_location(const hp_call *call, hp_str collection, hp_str object_id);

#endif
