/* The cloud code of files.test.mjs: what a name begins with says what happens. */
#include <homeport/cloud.h>
#include <stdio.h>
#include <string.h>

static bool begins(hpc_request *rq, const char *with)
{
    const char *name = hpc_text(hpc_get(hpc_object(rq), "name"));
    return name != NULL && strncmp(name, with, strlen(with)) == 0;
}

static int note(hpc_request *rq, const char *event)
{
    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "event", hpc_make_text(rq, event));
    hpc_set(rq, row, "file", hpc_object(rq));
    return hpc_save(rq, HPC_AS_MASTER, "Seen", NULL, row, NULL);
}

static int before_save(hpc_request *rq, void *data)
{
    size_t len;
    const void *bytes = hpc_file_bytes(rq, &len);
    (void)data;
    if (len > 5 && memcmp(bytes, "EICAR", 5) == 0) return hpc_throw(rq, 130, "This file is infected.");
    if (begins(rq, "rename")) hpc_set(rq, hpc_object(rq), "name", hpc_make_text(rq, "renamed.txt"));
    if (begins(rq, "escape")) hpc_set(rq, hpc_object(rq), "name", hpc_make_text(rq, "../../etc/passwd"));
    if (begins(rq, "elsewhere")) {
        hpc_set(rq, hpc_object(rq), "url", hpc_make_text(rq, "https://cdn.example/x.txt"));
        hpc_set(rq, hpc_object(rq), "name", hpc_make_text(rq, "x.txt"));
    }
    if (begins(rq, "tagged")) {
        hpc_value *metadata = hpc_get(hpc_object(rq), "metadata");
        hpc_set(rq, metadata, "by", hpc_make_text(rq, "cloud code"));
        hpc_set(rq, hpc_object(rq), "directory", hpc_make_text(rq, "sorted/here"));
    }
    return HPC_OK;
}

static int after_save(hpc_request *rq, void *data) { return (void)data, note(rq, "afterSave"); }

static int before_delete(hpc_request *rq, void *data)
{
    (void)data;
    return strstr(hpc_text(hpc_get(hpc_object(rq), "name")), "keep") != NULL ? hpc_throw(rq, 0, "This one stays.")
                                                                             : HPC_OK;
}

static int after_delete(hpc_request *rq, void *data) { return (void)data, note(rq, "afterDelete"); }

static int before_find(hpc_request *rq, void *data)
{
    (void)data;
    if (strstr(hpc_text(hpc_get(hpc_object(rq), "name")), "secret") != NULL && hpc_user(rq) == NULL)
        return hpc_throw(rq, 101, "Not for you.");
    return HPC_OK;
}

static int after_find(hpc_request *rq, void *data)
{
    hpc_value *headers = hpc_get(hpc_object(rq), "responseHeaders");
    (void)data;
    hpc_set(rq, headers, "X-By", hpc_make_text(rq, "cloud code"));
    hpc_set(rq, headers, "X-Split", hpc_make_text(rq, "a\r\nSet-Cookie: x=1"));
    hpc_set(rq, headers, "Content-Length", hpc_make_text(rq, "1"));
    if (strstr(hpc_text(hpc_get(hpc_object(rq), "name")), "forced") != NULL)
        hpc_set(rq, hpc_object(rq), "forceDownload", hpc_make_bool(rq, true));
    return HPC_OK;
}

static int setup(hpc_registry *reg)
{
    const struct {
        hpc_trigger trigger;
        hpc_handler handler;
    } all[] = { { HPC_BEFORE_SAVE, before_save },     { HPC_AFTER_SAVE, after_save },
                { HPC_BEFORE_DELETE, before_delete }, { HPC_AFTER_DELETE, after_delete },
                { HPC_BEFORE_FIND, before_find },     { HPC_AFTER_FIND, after_find } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int rc = hpc_on(reg, all[i].trigger, "@File", all[i].handler, NULL);
        if (rc != HPC_OK) return rc;
    }
    return hpc_on(reg, HPC_BEFORE_LOGIN, "@File", before_find, NULL) == HPC_OK; /* has to be refused */
}

HPC_PLUGIN("files", setup)
