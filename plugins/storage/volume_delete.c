/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_storage_content_delete and pve_backup_delete. There is no way back for either, so the plan says which
 * backup could bring it back and how old that is. Source: DELETE
 * /nodes/{node}/storage/{storage}/content/{volume}.
 */
#include "../common/guest_disks.h"
#include "content.h"

static int32_t missing(const struct asking *a, const struct volume *v)
{
    const char *path = ask_text(a, "/storage/%s", v->storage);
    const int32_t held = path ? a->host->permission(a->call, path, "Datastore.Allocate") : PROXIMO_ENOMEM;
    return a->host->fail(
        a->call, PROXIMO_ENOTFOUND,
        "storage %s of %s has no volume %s%s; pve_storage_content lists what it has", v->storage, v->node,
        v->volid,
        held == 1 ? "" : ", as far as this token sees (without Datastore.Allocate it does not see all)");
}

static int32_t tell_facts(const struct asking *a, const struct volume *v)
{
    static const char *const members[] = {"content", "format", "size", "vmid", "protected"};
    struct json_object *fact = json_object_new_object();
    if (!fact)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value = member_of(v->row, members[i]);
        if (value)
            json_object_object_add(fact, members[i], json_object_get(value));
    }
    const int64_t ctime = json_object_get_int64(member_of(v->row, "ctime"));
    const char *when = ctime > 0 ? time_text(a, ctime) : NULL;
    if (when)
        json_object_object_add(fact, "time", json_object_new_string(when));
    if (strcmp(volume_content(v), "backup") == 0)
        json_object_object_add(fact, "verified", json_object_new_string(verified_word(verified_of(v->row))));
    return tell_fact(a, "volume", fact);
}

static int32_t deletion(const struct asking *a, const struct volume *v)
{
    const char *content = volume_content(v), *owner = member_text(v->row, "vmid");
    const bool backup = strcmp(content, "backup") == 0;
    const bool disk = strcmp(content, "images") == 0 || strcmp(content, "rootdir") == 0;
    const int64_t vmid = owner ? (int64_t)digits_of(owner, 999999999) : disk ? volume_owner(v->volid) : 0;
    if (backup && member_true(v->row, "protected"))
        return a->host->fail(
            a->call, PROXIMO_ESTATE,
            "%s is protected against removal, so Proxmox refuses to delete it. If it really is to "
            "go, take the protection away first: pve_storage_volume_set with protected: false",
            v->volid);
    const char *summary = ask_text(a, "%s %s is deleted from %s%s%s",
                                   backup ? "backup"
                                   : disk ? "disk"
                                          : content,
                                   v->name, v->storage, owner ? ", of guest " : "", owner ? owner : "");
    const char *guarded =
        ask_text(a, "[volid=%s]/size,[volid=%s]/ctime,[volid=%s]/protected", v->volid, v->volid, v->volid);
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r < 0 || (r = tell_facts(a, v)) < 0)
        return r;
    r = vmid ? archives_tell_way_back(a, vmid, backup ? "deleted backup" : "deleted volume",
                                      backup ? v->volid : NULL)
             : tell_text(a, "no_way_back", "a deleted file comes back only by an upload or download of it");
    if (r < 0 || (r = volume_lay_out_delete(v, a, backup ? "backup.delete" : "volume.delete", guarded)) < 0)
        return r;
    return a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
}

static int32_t plan(void *instance, struct proximo_call *call, bool backups_only)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct volume v;
    int32_t r = volume_open(&a, &v);
    if (r == PROXIMO_OK && !v.row)
        r = missing(&a, &v);
    if (r == PROXIMO_OK && backups_only && strcmp(volume_content(&v), "backup") != 0)
        r = a.host->fail(call, PROXIMO_EINVAL,
                         "%s is no backup but content \"%s\": pve_storage_content_delete deletes it", v.volid,
                         volume_content(&v));
    if (r == PROXIMO_OK)
        r = deletion(&a, &v);
    volume_done(&v);
    return r;
}

int32_t storage_plan_content_delete(void *instance, struct proximo_call *call)
{
    return plan(instance, call, false);
}

int32_t storage_plan_backup_delete(void *instance, struct proximo_call *call)
{
    return plan(instance, call, true);
}
