/* SPDX-License-Identifier: Apache-2.0 */
/* What moves of guests rest on: lists of the cluster and of the target. Sources: the paths in the table. */
#include "migrate.h"

static const struct source {
    const char *path, *name, *value; /* a query field; NULL: none */
    const char *need_path, *privilege;
} sources[MIGRATE_LISTS] = {
    [MIGRATE_NODES] = {"/nodes", NULL, NULL, NULL, NULL},
    [MIGRATE_STORAGES] = {"/storage", NULL, NULL, "/storage", "Datastore.Audit|Datastore.AllocateSpace"},
    [MIGRATE_TARGET_STORAGE] = {"/nodes/{target}/storage", NULL, NULL, "/storage",
                                "Datastore.Audit|Datastore.AllocateSpace"},
    /* the plain list has no vnets */
    [MIGRATE_NETWORK] = {"/nodes/{target}/network", "type", "any_bridge", "/sdn/zones", "SDN.Audit|SDN.Use"},
    [MIGRATE_GUESTS] = {"/cluster/resources", "type", "vm", "/vms", "VM.Audit"},
    [MIGRATE_HA_RESOURCES] = {"/cluster/ha/resources", NULL, NULL, "/", "Sys.Audit"},
    [MIGRATE_HA_RULES] = {"/cluster/ha/rules", NULL, NULL, "/", "Sys.Audit"},
    [MIGRATE_HA_GROUPS] = {"/cluster/ha/groups", NULL, NULL, "/", "Sys.Audit"},
    /* filtered by VM.Audit on the guest, which its state needs as well */
    [MIGRATE_REPLICATION] = {"/cluster/replication", NULL, NULL, NULL, NULL},
    [MIGRATE_PCI] = {"/cluster/mapping/pci", NULL, NULL, "/mapping/pci",
                     "Mapping.Audit|Mapping.Use|Mapping.Modify"},
    [MIGRATE_USB] = {"/cluster/mapping/usb", NULL, NULL, "/mapping/usb",
                     "Mapping.Audit|Mapping.Use|Mapping.Modify"},
    [MIGRATE_DIR] = {"/cluster/mapping/dir", NULL, NULL, "/mapping/dir",
                     "Mapping.Audit|Mapping.Use|Mapping.Modify"},
};

void migrate_open(const struct asking *a, const char *target, struct migrate_view *ret)
{
    *ret = (struct migrate_view){.ask = *a, .target = target};
}

void migrate_close(struct migrate_view *view)
{
    for (size_t i = 0; i < MIGRATE_LISTS; i++) {
        json_object_put(view->lists[i].data);
        view->lists[i].data = NULL;
        view->have[i] = false;
    }
}

int32_t migrate_list(struct migrate_view *view, enum migrate_list list, struct json_object **ret_rows)
{
    const struct source *source = &sources[list];
    const struct proximo_need need[] = {NEED(source->need_path, source->privilege)};
    struct proximo_field fields[2] = {FIELD("target", view->target), FIELD(source->name, source->value)};
    const bool targeted = strstr(source->path, "{target}") != NULL;
    struct proximo_get get = {ROW(proximo_get), .path = source->path,
                              .fields = targeted ? fields : fields + 1,
                              .field_count = (uint32_t)targeted + (source->name != NULL)};
    struct looked *looked = &view->lists[list];

    *ret_rows = NULL;
    if (source->privilege)
        get.needs = (struct proximo_table)ROWS(need, 1);
    if (!view->have[list]) {
        int32_t r = ask_look(&view->ask, &get, looked);
        if (r < 0)
            return r;
        view->have[list] = true;
        if (!json_object_is_type(looked->data, json_type_array)) {
            json_object_put(looked->data);
            looked->data = NULL;
        }
    }
    *ret_rows = looked->data;
    return PROXIMO_OK;
}

bool migrate_complete(const struct migrate_view *view, enum migrate_list list)
{
    return view->have[list] && view->lists[list].data && view->lists[list].complete;
}

const char *migrate_why(const struct migrate_view *view, enum migrate_list list)
{
    const struct looked *looked = &view->lists[list];
    if (looked->data)
        return "this token does not hold what a full answer needs";
    return looked->why ? looked->why : "it could not be read";
}

struct json_object *migrate_row(struct json_object *rows, const char *key, const char *text)
{
    const size_t count = rows ? json_object_array_length(rows) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (member_is(row, key, text))
            return row;
    }
    return NULL;
}

const char *migrate_part(const struct asking *a, const char *text, const char *key)
{
    const size_t key_len = strlen(key);

    while (text && *text) {
        const size_t len = strcspn(text, ",");
        if (len > key_len && strncmp(text, key, key_len) == 0 && text[key_len] == '=')
            return ask_text(a, "%.*s", (int)(len - key_len - 1), text + key_len + 1);
        text += len + (text[len] != '\0');
    }
    return NULL;
}

/* ---- the request */

uint32_t migrate_fields(const struct migration *m, struct proximo_field ret[3])
{
    const bool lxc = guest_is_lxc(m->g);
    uint32_t count = 0;

    ret[count++] = FIELD("target", m->view->target);
    if (MIGRATE_RUNNING(m))
        ret[count++] = FIELD(lxc ? "restart" : "online", "1");
    if (!lxc && m->copies)
        ret[count++] = FIELD("with-local-disks", "1");
    return count;
}

const char *migrate_details(const struct migration *m)
{
    return ask_text(&m->view->ask, ",\"target\":\"%s\",\"online\":%s,\"with_local_disks\":%s",
                    m->view->target, m->online ? "true" : "false", m->with_local_disks ? "true" : "false");
}

/* ---- findings */

int32_t migrate_say(struct migration *m, uint32_t risk, const char *resource, const char *effect,
                    struct json_object *facts)
{
    if (m->tell)
        return tell_affected(&m->view->ask, risk, resource, NULL, effect, facts);
    json_object_put(facts);
    return resource && effect ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t migrate_refuse(struct migration *m, const char *resource, const char *why)
{
    const char *effect = why ? ask_text(&m->view->ask, "Proxmox refuses the move: %s", why) : NULL;

    if (!effect || !resource)
        return PROXIMO_ENOMEM;
    if (!m->refused)
        m->refused = why;
    return migrate_say(m, PROXIMO_RISK_HIGH, resource, effect, NULL);
}

int32_t migrate_unknown(struct migration *m, const char *what, const char *why)
{
    if (!what)
        return PROXIMO_ENOMEM;
    return m->tell
               ? m->view->ask.host->incomplete(m->view->ask.call, what, why ? why : "it could not be read")
               : PROXIMO_OK;
}
