/* core/installation_write.h — devices: which stored installation a write means, and which others it makes superfluous.
 *
 * A device that installs the app again, or a push service that gives its token to another, must not leave two
 * installations behind: a create may become an update of the row that is there, and rows that lost their token go.
 * The rows are looked up twice: before permission and cloud code, which have to know what the write is; and once more
 * alone among writers, together with the write itself (hp_installation_still). If something else comes out then, nothing
 * is written and the whole write begins anew. Everything lives in the call's arena; one worker. */
#ifndef HP_CORE_INSTALLATION_WRITE_H
#define HP_CORE_INSTALLATION_WRITE_H

#include "core/object_write.h"

/* True if a write still means what it meant when it was prepared; `store` is read in the transaction of the write.
 * True for every write that is none of a device. Errors: the store's. */
HP_MUST_USE hp_code hp_installation_still(const hp_write *w, hp_store *store, bool *same, hp_err *err);

#endif
