/* services/file_disk.h — files in one folder of the file system: services/file_storage.h. */
#ifndef HP_SERVICES_FILE_DISK_H
#define HP_SERVICES_FILE_DISK_H

#include "services/file_storage.h"

/* Files in `folder`, which is made by the first put; what an interrupted one left there is removed.
 * Owner: the caller, hp_file_storage_close. Blocks. */
hp_file_storage *hp_file_disk_open(hp_str folder);

#endif
