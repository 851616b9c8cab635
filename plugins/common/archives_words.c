/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of the backups that could bring a guest back. */
#include "archives.h"

/* The newest archive of the guest that is not this very volume; NULL: none. */
static const struct archive *newest_other(const struct archives *all, int64_t vmid, const char *except,
                                          uint32_t *ret_others)
{
    uint32_t count = 0;
    const struct archive *rows = archives_of(all, vmid, &count), *found = NULL;
    *ret_others = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (except && strcmp(rows[i].volid, except) == 0)
            continue;
        found = found ? found : &rows[i];
        (*ret_others)++;
    }
    return found;
}

static int32_t tell_archive(const struct asking *a, const char *name, const struct archive *one)
{
    struct json_object *fact = json_object_new_object();
    const char *when = time_text(a, one->ctime), *age = age_text(a, now_epoch() - one->ctime);
    if (!fact || !when || !age) {
        json_object_put(fact);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(fact, "volid", json_object_new_string(one->volid));
    json_object_object_add(fact, "time", json_object_new_string(when));
    json_object_object_add(fact, "age", json_object_new_string(age));
    json_object_object_add(fact, "verified", json_object_new_string(verified_word(one->verified)));
    json_object_object_add(fact, "protected", json_object_new_boolean(one->protected));
    return tell_fact(a, name, fact);
}

/* other: "other " when what goes is a backup itself. */
static const char *way_back_words(const struct asking *a, int64_t vmid, const char *gone, const char *other,
                                  const struct archive *one, uint32_t others, bool unseen)
{
    if (!one)
        return ask_text(a, "a %s cannot be brought back, and no %sbackup of guest %lld was found%s", gone,
                        other, (long long)vmid, unseen ? " where this token could look" : "");
    return ask_text(a,
                    "a %s cannot be brought back; guest %lld has %u %sbackup%s, the newest of %s, %s ago, %s",
                    gone, (long long)vmid, others, other, others == 1 ? "" : "s", time_text(a, one->ctime),
                    age_text(a, now_epoch() - one->ctime),
                    one->verified == VERIFIED_OK       ? "verified"
                    : one->verified == VERIFIED_FAILED ? "whose verification FAILED"
                                                       : "never verified");
}

int32_t archives_tell_way_back(const struct asking *a, int64_t vmid, const char *gone, const char *except)
{
    struct archives all = {0};
    uint32_t others = 0;
    int32_t r = archives_read(a, vmid, NULL, &all);
    const struct archive *one = r == PROXIMO_OK ? newest_other(&all, vmid, except, &others) : NULL;
    const char *words = NULL;
    if (r == PROXIMO_OK)
        r = archives_tell_unseen(a, &all);
    if (r == PROXIMO_OK && one)
        r = tell_archive(a, except ? "newest_other_backup" : "newest_backup", one);
    if (r == PROXIMO_OK) {
        words = way_back_words(a, vmid, gone, except ? "other " : "", one, others, all.unseen_count > 0);
        r = tell_text(a, "no_way_back", words);
    }
    archives_done(&all);
    return r;
}
