/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tape: drives, libraries, pools, media and jobs, as far as the server knows them without asking the
 * hardware. Sources: GET /tape/drive, /tape/changer, /config/media-pool, /tape/media/list?update-status=0,
 * /tape/backup.
 */
#include "pbs.h"

static const struct proximo_need see_tape[] = {NEED("/tape", "Tape.Audit")};

static const struct part {
    const char *name, *path, *words;
} parts[] = {
    {"drives", "/tape/drive", "the drives"},
    {"changers", "/tape/changer", "the libraries"},
    {"pools", "/config/media-pool", "the media pools"},
    {"media", "/tape/media/list", "the media"},
    {"jobs", "/tape/backup", "the backup jobs"},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int32_t read_tape(void *instance, struct proximo_call *call)
{
    static const struct proximo_field as_stored[] = {
        {ROW(proximo_field), .name = "update-status", .value = "0"}};
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *all = json_object_new_object();
    bool complete = true;
    int32_t r = all ? PROXIMO_OK : PROXIMO_ENOMEM;

    for (size_t i = 0; r == PROXIMO_OK && i < PARTS; i++) {
        const struct proximo_get get = {ROW(proximo_get), .path = parts[i].path, .fields = as_stored,
                                        .field_count = strcmp(parts[i].name, "media") == 0,
                                        .needs = ONE_NEED(see_tape)};
        struct looked looked = {0};
        r = ask_look(&a, &get, &looked);
        complete = complete && looked.complete;
        if (r == PROXIMO_OK && !json_object_is_type(looked.data, json_type_array)) {
            complete = false;
            r = a.host->incomplete(call, parts[i].words, looked.why);
        } else if (r == PROXIMO_OK) {
            if (json_object_object_add(all, parts[i].name, json_object_get(looked.data)) < 0)
                r = PROXIMO_ENOMEM;
        }
        json_object_put(looked.data);
    }
    if (r == PROXIMO_OK)
        return pbs_reply_object(&a, all, !complete, PROXIMO_CONTENT_UNTRUSTED); /* labels, comments */
    json_object_put(all);
    return r;
}

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pbs_tape_status", .title = "Tape",
     .description = "Shows the tape drives, libraries, media pools, media and tape backup jobs of a Backup "
                    "Server, as it has them in its records; no drive and no library is asked.",
     .needs = PROXIMO_TABLE(see_tape), .read = read_tape},
};

const struct topic pbs_topic_tape = {
    .reads = PROXIMO_TABLE(reads),
};
