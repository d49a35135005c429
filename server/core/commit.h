/* core/commit.h — the commit of a unit and what always follows it: caches forget what it made stale, everybody sees the
 * schema it changed, and whoever listens hears of the objects (core/event.h).
 *
 * Whatever clients and cloud code write comes through here. One worker. */
#ifndef HP_CORE_COMMIT_H
#define HP_CORE_COMMIT_H

#include "core/call.h"

/* hp_store_write, and what follows it. Errors: the store's. */
HP_MUST_USE hp_code hp_commit(hp_call *call, hp_unit *unit, hp_err *err);

/* The same around a write inside hp_store_transact: before it, and after it with what it returned. */
void hp_commit_prepare(hp_call *call, hp_unit *unit);
void hp_commit_finish(hp_call *call, const hp_unit *unit, hp_code rc);

/* True for what a write of objects may add to the schema. */
bool hp_commit_changes_schema(hp_unit_kind kind);

#endif
