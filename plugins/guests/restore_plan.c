/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_restore. A machine that is restored to a new number would have the addresses and the id of the first
 * one, so that `unique` is on by itself, but for an archive that goes back over its own guest. A guest that
 * is overwritten must be stopped, as Proxmox wants it; its way back is a backup that is taken before.
 */
#include "life.h"
#include "restore.h"

struct planning {
    struct restore s;
    const char *pool;
    bool force, unique, start;
};

/* ---- the archive */

const char *restore_kind(const char *archive, int64_t *ret_own)
{
    static const struct {
        const char *begins, *kind;
    } names[] = {{"vzdump-qemu-", "qemu"},
                 {"vzdump-lxc-", "lxc"},
                 {"vzdump-openvz-", "lxc"},
                 {"vm/", "qemu"},
                 {"ct/", "lxc"}};
    const char *name = strchr(archive, ':');

    *ret_own = 0;
    name = name && strncmp(name, ":backup/", 8) == 0 ? name + 8 : "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const size_t len = strlen(names[i].begins);
        if (strncmp(name, names[i].begins, len) == 0) {
            *ret_own = (int64_t)digits_of(name + len, 999999999);
            return names[i].kind;
        }
    }
    return strstr(name, ".vma") ? "qemu" : strstr(name, ".tar") ? "lxc" : NULL; /* it was renamed */
}

int32_t restore_find_archive(struct restore *s)
{
    const struct asking *a = &s->g.ask;
    const char *colon = strchr(s->archive, ':');

    s->from = colon ? ask_text(a, "%.*s", (int)(colon - s->archive), s->archive) : NULL;
    if (!s->from)
        return colon
                   ? PROXIMO_ENOMEM
                   : a->host->fail(a->call, PROXIMO_EINVAL,
                                   "archive is a volume id as pve_backup_list shows it: storage:backup/name");
    const struct proximo_field at[] = {s->g.at[0], FIELD("storage", s->from), FIELD("content", "backup")};
    const struct proximo_get get = {ROW(proximo_get), .path = CONTENT_PATH, .fields = at, .field_count = 3};
    int32_t r = ask_look(a, &get, &s->list);
    if (r < 0)
        return r;
    if (json_object_is_type(s->list.data, json_type_array))
        s->row = migrate_row(s->list.data, "volid", s->archive);
    if (s->row && !s->own)
        s->own = json_object_get_int64(member_of(s->row, "vmid"));
    return PROXIMO_OK;
}

void restore_done(struct restore *s)
{
    json_object_put(s->list.data);
    if (s->view.target)
        migrate_close(&s->view);
    guests_done(&s->guests);
    guest_done(&s->now);
    guest_done(&s->g);
}

/* ---- where to, and over whom */

static int32_t fail_node(const struct planning *p)
{
    static const struct proximo_get get = {ROW(proximo_get), .path = "/nodes"};
    const struct asking *a = &p->s.g.ask;
    struct looked nodes = {0};
    const char *text = "";
    int32_t r = ask_look(a, &get, &nodes);

    for (size_t i = 0; r == PROXIMO_OK && text && json_object_is_type(nodes.data, json_type_array) &&
                       i < json_object_array_length(nodes.data);
         i++) {
        struct json_object *row = json_object_array_get_idx(nodes.data, i);
        if (member_is(row, "status", "online") && member_text(row, "node"))
            text = ask_text(a, "%s%s%s", text, *text ? ", " : "", member_text(row, "node"));
    }
    json_object_put(nodes.data);
    return r < 0 ? r
                 : a->host->fail(a->call, PROXIMO_EINVAL, "say on which node: node; online are %s",
                                 text && *text ? text : "none that are seen");
}

static int32_t check_over(const struct planning *p, const struct known_guest *old)
{
    const struct asking *a = &p->s.g.ask;
    const char *kind = old->lxc ? "lxc" : "qemu", *what = old->lxc ? "container" : "machine";

    if (!p->force)
        return a->host->fail(
            a->call, PROXIMO_ESTATE,
            "the number %s is taken: %s %s on %s. force restores over it and destroys what it "
            "is now; pve_cluster_nextid gives a free number",
            p->s.g.vmid, what, p->s.g.vmid, old->node);
    if (strcmp(kind, p->s.g.kind) != 0)
        return a->host->fail(a->call, PROXIMO_ESTATE,
                             "%s has the number %s, and the archive is of a %s: Proxmox does not restore one "
                             "over the other",
                             old->lxc ? "a container" : "a machine", p->s.g.vmid,
                             old->lxc ? "machine" : "container");
    if (p->s.g.node && strcmp(p->s.g.node, old->node) != 0)
        return a->host->fail(a->call, PROXIMO_EINVAL, "%s %s is on %s, not on %s: leave node out", what,
                             p->s.g.vmid, old->node, p->s.g.node);
    return PROXIMO_OK;
}

/* What Proxmox refuses of the guest that is there. */
static int32_t check_state(struct guest *g)
{
    int32_t r;

    if ((r = guest_read_status(g)) < 0 || (r = guest_read_config(g)) < 0 ||
        (r = guest_check_lock(g, NULL)) < 0)
        return r;
    const char *why =
        guest_running(g) ? "it runs, and Proxmox does not overwrite one that runs: shut it down "
                           "first (pve_guest_power)"
        : member_true(g->config, "protection")
            ? "it is protected: pve_guest_config_set with protection: false takes that away"
        : guest_is_template(g)
            ? "it is a template, and clones may be based on its disks: restore to another number"
            : NULL;
    return why ? g->ask.host->fail(g->ask.call, PROXIMO_ESTATE, "%s is not overwritten: %s", guest_label(g),
                                   why)
               : PROXIMO_OK;
}

static int32_t place(struct planning *p)
{
    struct restore *s = &p->s;
    int32_t r = guests_list(&s->g.ask, &s->guests);
    const struct known_guest *old =
        r == PROXIMO_OK ? guests_find(&s->guests, (int64_t)digits_of(s->g.vmid, 999999999)) : NULL;

    if (r < 0)
        return r;
    s->over = old != NULL;
    if (old && (r = check_over(p, old)) < 0)
        return r;
    if (old)
        s->g.node = old->node;
    if (!s->g.node)
        return fail_node(p);
    guest_place(&s->g);
    migrate_open(&s->g.ask, s->g.node, &s->view);
    return old ? check_state(&s->g) : life_check_unused(&s->g.ask, s->g.vmid);
}

static int32_t check_rights(const struct planning *p)
{
    const struct asking *a = &p->s.g.ask;
    int32_t r = p->s.over ? guest_check_privilege(&p->s.g, "VM.Allocate|VM.Backup", "a restore over it")
                          : life_check_allocate(a, p->s.g.vmid, p->pool);
    return r == PROXIMO_OK ? life_check_privilege(a, ask_text(a, "/storage/%s", p->s.storage),
                                                  "Datastore.AllocateSpace", "a restore")
                           : r;
}

/* ---- the call */

static int32_t begin(void *instance, struct proximo_call *call, struct planning *ret)
{
    *ret = (struct planning){.s = {.g = {.ask = {((struct plane_instance *)instance)->host, call}}}};
    const struct asking *a = &ret->s.g.ask;
    ret->s.g.vmid = ask_argument(a, "vmid");
    ret->s.g.node = ask_argument(a, "node");
    ret->s.archive = ask_argument(a, "archive");
    ret->s.storage = ask_argument(a, "storage");
    ret->pool = ask_argument(a, "pool");
    ret->force = ask_flag(a, "force");
    ret->start = ask_flag(a, "start");
    if (!ret->s.g.vmid || !ret->s.archive || !ret->s.storage)
        return a->host->fail(call, PROXIMO_EINVAL, "vmid, archive or storage is missing");
    const char *kind = ask_argument(a, "kind");
    ret->s.g.kind = restore_kind(ret->s.archive, &ret->s.own);
    if (strpbrk(ret->s.archive, "],>") || (!ret->s.g.kind && !kind))
        return a->host->fail(call, PROXIMO_EINVAL,
                             "the name %.200s does not say what it is a backup of; archives are as "
                             "pve_backup_list shows them: storage:backup/name",
                             ret->s.archive);
    if (kind && ret->s.g.kind && strcmp(kind, ret->s.g.kind) != 0)
        return a->host->fail(call, PROXIMO_EINVAL, "kind: the archive is of a %s, not %s",
                             strcmp(ret->s.g.kind, "lxc") == 0 ? "container (lxc)" : "machine (qemu)", kind);
    if (!ret->s.g.kind)
        ret->s.g.kind = kind;
    return PROXIMO_OK;
}

static int32_t look(struct planning *p)
{
    struct restore *s = &p->s;
    const struct asking *a = &s->g.ask;
    struct json_object *entry = NULL;
    int32_t r = place(p);

    if (r == PROXIMO_OK)
        r = check_rights(p);
    if (r == PROXIMO_OK)
        r = restore_find_archive(s);
    if (r == PROXIMO_OK && !json_object_is_type(s->list.data, json_type_array))
        return a->host->fail(a->call, s->list.status == 403 ? PROXIMO_EDENIED : PROXIMO_EREMOTE,
                             "the archives on %s cannot be listed on %s: %.300s", s->from, s->g.node,
                             s->list.why ? s->list.why : "no answer");
    if (r == PROXIMO_OK && !s->row)
        return a->host->fail(a->call, PROXIMO_ENOTFOUND,
                             "%s of %s has no archive %s that this token sees; pve_backup_list lists them",
                             s->from, s->g.node, s->archive);
    if (r == PROXIMO_OK)
        r = backup_check_storage(&s->view, s->storage, guest_is_lxc(&s->g) ? "rootdir" : "images", &entry);
    const char *unique = ask_argument(a, "unique");
    const bool in_place = s->over && s->own == (int64_t)digits_of(s->g.vmid, 999999999);
    p->unique = unique ? ask_flag(a, "unique") : !in_place;
    return r;
}

/* ---- what the plan says */

static int32_t tell_archive(const struct planning *p)
{
    const struct asking *a = &p->s.g.ask;
    struct json_object *row = p->s.row, *fact = json_object_new_object();
    const int64_t ctime = json_object_get_int64(member_of(row, "ctime"));
    const uint32_t verified = verified_of(row);
    const char *when = time_text(a, ctime), *age = age_text(a, now_epoch() - ctime);
    const char *encrypted = member_text(row, "encrypted");

    if (!fact || !when || !age) {
        json_object_put(fact);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(fact, "volid", json_object_new_string(p->s.archive));
    json_object_object_add(fact, "kind", json_object_new_string(p->s.g.kind));
    if (p->s.own)
        json_object_object_add(fact, "of_guest", json_object_new_int64(p->s.own));
    json_object_object_add(fact, "time", json_object_new_string(when));
    json_object_object_add(fact, "age", json_object_new_string(age));
    if (member_of(row, "size"))
        json_object_object_add(fact, "size", json_object_get(member_of(row, "size")));
    json_object_object_add(fact, "verified", json_object_new_string(verified_word(verified)));
    int32_t r = tell_fact(a, "archive", fact);
    if (r == PROXIMO_OK && verified == VERIFIED_FAILED)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "the archive's verification FAILED: what comes back may be damaged");
    if (r == PROXIMO_OK && encrypted && *encrypted && strcmp(encrypted, "0") != 0)
        r = tell_text(a, "encrypted",
                      ask_text(a, "the archive is encrypted: storage %s must have the key it was made with",
                               p->s.from));
    return r;
}

static int32_t tell(const struct planning *p)
{
    const struct restore *s = &p->s;
    const struct asking *a = &s->g.ask;
    const char *when = time_text(a, json_object_get_int64(member_of(s->row, "ctime")));
    const char *text =
        !when ? NULL
        : s->over
            ? ask_text(a,
                       "OVERWRITES %s on %s with its backup of %s: everything since is lost, its disks and "
                       "snapshots are destroyed%s",
                       guest_label(&s->g), s->g.node, when, p->start ? "; it is started" : "")
            : ask_text(a, "CREATES %s on %s from the backup of %s, disks on %s%s", guest_label(&s->g),
                       s->g.node, when, s->storage, p->start ? "; it is started" : "");
    if (s->over && s->own && s->own != (int64_t)digits_of(s->g.vmid, 999999999) && text)
        text = ask_text(a, "%s. The archive is of ANOTHER guest: %lld", text, (long long)s->own);
    int32_t r = text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && s->over)
        r = guest_tell_facts(&s->g);
    if (r == PROXIMO_OK)
        r = tell_archive(p);
    if (r == PROXIMO_OK)
        r = tell_text(a, "identity",
                      p->unique
                          ? "it gets new network addresses (MAC) and, a machine, a new SMBIOS id: unique"
                          : "it gets the network addresses (MAC) and, a machine, the SMBIOS id of the "
                            "archive: unique is off");
    if (r == PROXIMO_OK)
        r = tell_text(a, "inside",
                      "passwords, keys and fixed addresses inside are those of the archive's time");
    if (r == PROXIMO_OK && s->over)
        return tell_text(a, "no_way_back",
                         "what the guest is now is not kept: take a backup of it first (pve_backup), and "
                         "restore that to come back");
    if (r == PROXIMO_OK && p->start)
        return tell_text(a, "no_way_back",
                         "undo destroys only what nobody used, and this guest is started at once: "
                         "pve_delete_guest destroys it");
    return r == PROXIMO_OK
               ? tell_text(a, "way_back", "undo destroys it as long as nobody started or changed it")
               : r;
}

/* ---- guards, step, postconditions */

static int32_t request(const struct planning *p)
{
    const struct restore *s = &p->s;
    const bool lxc = guest_is_lxc(&s->g);
    struct proximo_field fields[10] = {s->g.at[0], FIELD("vmid", s->g.vmid),
                                       FIELD(lxc ? "ostemplate" : "archive", s->archive),
                                       FIELD("storage", s->storage)};
    uint32_t count = 4;

    if (lxc)
        fields[count++] = FIELD("restore", "1");
    if (s->over)
        fields[count++] = FIELD("force", "1");
    if (p->unique)
        fields[count++] = FIELD("unique", "1");
    if (p->pool)
        fields[count++] = FIELD("pool", p->pool);
    if (p->start)
        fields[count++] = FIELD("start", "1");
    const struct proximo_step step = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .flags = PROXIMO_STEP_FOLLOW,
                                      .name = "change",
                                      .method = "POST",
                                      .path = lxc ? "/nodes/{node}/lxc" : "/nodes/{node}/qemu",
                                      .params = ROWS(fields, count)};
    return s->g.ask.host->step(s->g.ask.call, &step);
}

static int32_t subject(const struct restore *s)
{
    struct json_object *o DROP_JSON = json_object_new_object();
    if (!o)
        return PROXIMO_ENOMEM;
    json_object_object_add(o, "kind", json_object_new_string("guest"));
    json_object_object_add(o, "vmid", json_object_new_int64((int64_t)digits_of(s->g.vmid, 999999999)));
    json_object_object_add(o, "node", json_object_new_string(s->g.node));
    json_object_object_add(o, "type", json_object_new_string(s->g.kind));
    json_object_object_add(o, "archive", json_object_new_string(s->archive));
    json_object_object_add(o, "storage", json_object_new_string(s->storage));
    json_object_object_add(o, "over", json_object_new_boolean(s->over));
    if (!s->over)
        json_object_object_add(o, "new", json_object_new_boolean(1)); /* nothing of it can be guarded yet */
    return s->g.ask.host->subject(s->g.ask.call, RESTORE_CLASS, json_text(o));
}

static int32_t lay_out(const struct planning *p)
{
    const struct restore *s = &p->s;
    const struct asking *a = &s->g.ask;
    const struct proximo_field at[] = {s->g.at[0], FIELD("storage", s->from), FIELD("content", "backup")};
    const char *v = s->archive;
    const struct proximo_guard archive = {
        ROW(proximo_guard), .path = CONTENT_PATH, .params = ROWS(at, 3),
        .fields = ask_text(a, "[volid=%s]/size,[volid=%s]/ctime,[volid=%s]/verification/state", v, v, v)};
    int32_t r = archive.fields ? PROXIMO_OK : PROXIMO_ENOMEM;

    if (r == PROXIMO_OK && s->over)
        r = guest_guard(&s->g, GUEST_CONFIG, "/digest,/lock,/protection,/template");
    if (r == PROXIMO_OK && s->over)
        r = guest_guard(&s->g, GUEST_STATUS, "/vmid,/status,/lock,/ha/managed");
    if (r == PROXIMO_OK && !s->over)
        r = life_guards(a, s->g.at); /* the first is what undo compares */
    if (r < 0 || (r = a->host->guard(a->call, &archive)) < 0 || (r = subject(s)) < 0 ||
        (r = request(p)) < 0 || (r = life_wait_made(a, s->g.at, p->start)) < 0)
        return r;
    return a->host->undo(a->call, s->over || p->start ? PROXIMO_UNDO_NONE : PROXIMO_UNDO_FUNCTION, NULL, 0);
}

int32_t guests_plan_restore(void *instance, struct proximo_call *call)
{
    struct planning p;
    int32_t r = begin(instance, call, &p);
    if (r == PROXIMO_OK)
        r = look(&p);
    if (r == PROXIMO_OK)
        r = tell(&p);
    if (r == PROXIMO_OK)
        r = lay_out(&p);
    restore_done(&p.s);
    return r;
}

int32_t guests_undo_restore(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return life_undo(instance, call, record_json, "vmid");
}
