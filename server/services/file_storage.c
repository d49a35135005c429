#include "services/file_storage.h"

#include "base/thread.h"

static bool is_key(hp_str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (!((key.ptr[i] >= '0' && key.ptr[i] <= '9') || (key.ptr[i] >= 'a' && key.ptr[i] <= 'f'))) return false;
    return key.len == HP_FILE_KEY_LEN;
}

hp_code hp_file_storage_put(hp_file_storage *s, hp_str key, hp_str bytes, hp_str about, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT(is_key(key) && about.len <= HP_FILE_ABOUT_BYTES_MAX);
    return s->ops->put(s, key, bytes, about, err);
}

hp_code hp_file_storage_open(hp_file_storage *s, hp_str key, hp_arena *mem, hp_stored_file *out, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT(is_key(key));
    *out = (hp_stored_file){ .fd = -1 };
    return s->ops->open(s, key, mem, out, err);
}

hp_code hp_file_storage_remove(hp_file_storage *s, hp_str key, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT(is_key(key));
    return s->ops->remove(s, key, err);
}

void hp_file_storage_close(hp_file_storage *s)
{
    if (s != NULL) s->ops->close(s);
}
