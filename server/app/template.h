/* app/template.h — a ready-made backend: schema, permissions, cloud code, demo users. schemas/<name>/ in the tree. */
#ifndef HP_APP_TEMPLATE_H
#define HP_APP_TEMPLATE_H

#include "core/call.h"

/* True if a template is called so. */
bool hp_template_exists(hp_str name);

/* Its classes (schema.json, extra.json and permissions.json laid over each other) as an array for hp_schema_plan_make. */
HP_MUST_USE hp_code hp_template_classes(hp_str name, hp_arena *mem, hp_value *classes, hp_err *err);

/* The file of its cloud code. Errors: INVALID_VALUE if there is no such template. */
HP_MUST_USE hp_code hp_template_cloud_code(hp_str name, hp_arena *mem, hp_str *path, hp_err *err);

/* Creates what is missing of its classes; what somebody changed since stays. `call` has master rights. */
HP_MUST_USE hp_code hp_template_apply(hp_call *call, hp_str name, hp_err *err);

/* For a start without template and without cloud code: a warning where all classes of a template are there, since the rules
 * that kept clients from writing in them are not. */
void hp_template_warn_without_rules(hp_call *call);

/* Signs up its demo users that are not there yet. */
HP_MUST_USE hp_code hp_template_add_demo(hp_call *call, hp_str name, hp_err *err);

#endif
