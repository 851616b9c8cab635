/* SPDX-License-Identifier: Apache-2.0 */
/* What the blast functions about one node share, and that of its time zone. */
#include "node.h"

int32_t node_list(const struct asking *a, const char *path, const struct proximo_need *need, const char *what,
                  struct json_object **ret)
{
    const struct proximo_get get = {ROW(proximo_get), .path = path, .needs = ROWS(need, need ? 1 : 0)};
    struct looked looked;
    *ret = NULL;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    if (!json_object_is_type(looked.data, json_type_array)) {
        json_object_put(looked.data);
        return a->host->incomplete(a->call, what, looked.why ? looked.why : "it could not be read");
    }
    *ret = looked.data;
    return looked.complete
               ? PROXIMO_OK
               : a->host->incomplete(a->call, what, "this token does not hold what a full answer needs");
}

int32_t node_tell_guests(const struct asking *a, const char *node, bool containers_only, uint32_t risk,
                         const char *effect)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked guests;
    int32_t r = ask_look(a, &get, &guests);
    if (r < 0)
        return r;
    const bool read = json_object_is_type(guests.data, json_type_array);
    if (!read || !guests.complete)
        r = a->host->incomplete(a->call, "the guests of the node",
                                read         ? "this token does not hold VM.Audit on /vms"
                                : guests.why ? guests.why
                                             : "they could not be read");
    for (size_t i = 0; r == PROXIMO_OK && read && i < json_object_array_length(guests.data); i++) {
        struct json_object *row = json_object_array_get_idx(guests.data, i);
        const char *vmid = member_text(row, "vmid");
        if (!vmid || !member_is(row, "node", node) || member_true(row, "template") ||
            (containers_only && !member_is(row, "type", "lxc")))
            continue;
        r = tell_affected(a, risk, ask_text(a, "guest/%s", vmid), member_text(row, "name"), effect, NULL);
    }
    json_object_put(guests.data);
    return r;
}

/* Jobs go by the local time of the node that runs them. */
int32_t nodes_blast_time(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json), *jobs DROP_JSON = NULL;
    const char *node = member_text(subject, "node");
    if (!node)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject has no node");
    int32_t r = node_list(&a, "/cluster/backup", need, "backup jobs that run on the node", &jobs);
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        const char *id = member_text(job, "id"), *at = member_text(job, "node");
        const char *enabled = member_text(job, "enabled");
        if (!id || (at && strcmp(at, node) != 0) || (enabled && strcmp(enabled, "0") == 0))
            continue;
        r = tell_affected(&a, PROXIMO_RISK_LOW, ask_text(&a, "backup-job/%s", id), NULL,
                          "goes by local time: on this node it begins at another moment", NULL);
    }
    return r < 0 ? r
                 : tell_affected(&a, PROXIMO_RISK_LOW, ask_text(&a, "node/%s", node), NULL,
                                 "replication, cron and log lines go by local time as well; containers that "
                                 "take the node's zone have the new one after their next start",
                                 NULL);
}
