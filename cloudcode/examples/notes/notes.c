/* A small plug-in: notes have a text, know its size, belong to who wrote them, and can be counted. */
#include <homeport/cloud.h>

static int before_save_note(hpc_request *rq, void *data)
{
    hpc_value *note = hpc_object(rq);
    size_t length = 0;
    (void)data;

    if (hpc_text_len(hpc_get(note, "text"), &length) == NULL || length == 0)
        return hpc_throw(rq, HPC_E_VALIDATION, "A note needs a text.");
    if (length > 1000) return hpc_throw(rq, HPC_E_VALIDATION, "A note has at most 1000 bytes.");
    hpc_set(rq, note, "size", hpc_make_number(rq, (double)length));
    if (hpc_is_new(rq) && hpc_user(rq) != NULL)
        hpc_set(rq, note, "author", hpc_make_pointer(rq, "_User", hpc_text(hpc_get(hpc_user(rq), "objectId"))));
    return HPC_OK;
}

/* Parse.Cloud.run("countNotes"): how many notes there are, whoever may see them. */
static int count_notes(hpc_request *rq, void *data)
{
    int64_t count = 0;
    (void)data;
    int rc = hpc_count_objects(rq, HPC_AS_MASTER, "Note", NULL, &count);
    if (rc != HPC_OK) return rc;
    hpc_return(rq, hpc_make_number(rq, (double)count));
    return HPC_OK;
}

static int setup(hpc_registry *reg)
{
    int rc = hpc_on(reg, HPC_BEFORE_SAVE, "Note", before_save_note, NULL);
    return rc != HPC_OK ? rc : hpc_define(reg, "countNotes", count_notes, NULL);
}

HPC_PLUGIN("notes", setup)
