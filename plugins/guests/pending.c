/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_pending and pve_cloudinit_get: options with the value that is in use and the one that waits.
 * Proxmox puts the configuration's digest among the options; it is no option and is taken out. Sources:
 * GET /nodes/{node}/{qemu,lxc}/{vmid}/pending, GET /nodes/{node}/qemu/{vmid}/cloudinit.
 */
#include "guests.h"

#define HIDDEN_MARK "[hidden]"

static const struct proximo_param pending_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "all", .flags = PROXIMO_PARAM_NOT_SENT,
          .description = "true: every option; otherwise only those whose change waits."),
};
static const struct proximo_param cloudinit_params[] = {GUEST_PARAMS};
static const struct proximo_column option_columns[] = {
    COLUMN(.name = "key"),
    COLUMN(.name = "value", UNTRUSTED),
    COLUMN(.name = "pending", UNTRUSTED),
    COLUMN(.name = "delete"),
};
static const struct proximo_need needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};

static bool waits(struct json_object *option)
{
    return member_of(option, "pending") || member_of(option, "delete");
}

/* A secret stands in the row as the value of a key, where nobody else would know it for one. */
static int hide(struct json_object *option)
{
    static const char *const members[] = {"value", "pending"};
    int bad = 0;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (member_of(option, members[i]))
            bad |= json_object_object_add(option, members[i], json_object_new_string(HIDDEN_MARK));
    }
    return bad;
}

static int32_t reply_options(const struct guest *g, struct json_object *list, bool all)
{
    struct json_object *rows DROP_JSON = json_object_new_array();
    int bad = rows ? 0 : -1;
    for (size_t i = 0; !bad && i < json_object_array_length(list); i++) {
        struct json_object *option = json_object_array_get_idx(list, i);
        const char *key = member_text(option, "key");
        if (!key || strcmp(key, "digest") == 0 || (!all && !waits(option)))
            continue;
        if (strstr(key, "password"))
            bad = hide(option);
        bad = bad ? bad : json_object_array_add(rows, json_object_get(option));
    }
    if (bad)
        return PROXIMO_ENOMEM;
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                          .data = json_text(rows)};
    return g->ask.host->reply(g->ask.call, &block, 1);
}

static int32_t read_options(struct guest *g, const char *path, bool all)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = g->at, .field_count = 3,
                                    .needs = ROWS(need, 1)};
    struct json_object *list DROP_JSON = NULL;
    int32_t r = vm ? ask_get(&g->ask, &get, json_type_array, &list) : PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? reply_options(g, list, all) : r;
}

static int32_t read_pending(void *instance, struct proximo_call *call)
{
    struct guest g;
    int32_t r = guest_open(instance, call, &g);
    if (r == PROXIMO_OK)
        r = read_options(&g, GUEST_PATH "/pending", ask_flag(&g.ask, "all"));
    guest_done(&g);
    return r;
}

static int32_t read_cloudinit(void *instance, struct proximo_call *call)
{
    struct guest g;
    int32_t r = guest_open(instance, call, &g);
    if (r == PROXIMO_OK && guest_is_lxc(&g))
        r = g.ask.host->fail(call, PROXIMO_EINVAL,
                             "%s has no cloud-init, which is for machines; pve_guest_config_get shows its "
                             "hostname, network and DNS",
                             guest_label(&g));
    if (r == PROXIMO_OK)
        r = read_options(&g, GUEST_PATH "/cloudinit", true);
    guest_done(&g);
    return r;
}

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_guest_pending",
        .title = "Pending changes",
        .description =
            "Lists the options of one guest whose change waits for its next start: the value in use, the "
            "pending one, or `delete` for an option that goes away. pve_guest_config_revert with `pending` "
            "throws such a change away. Passwords are never shown.",
        .params = PROXIMO_TABLE(pending_params),
        .path = GUEST_PATH "/pending",
        .columns = PROXIMO_TABLE(option_columns),
        .sort_by = "key",
        .needs = PROXIMO_TABLE(needs),
        .read = read_pending,
    },
    {
        ROW(proximo_read),
        .name = "pve_cloudinit_get",
        .title = "Cloud-init",
        .description = "Shows the cloud-init settings of one machine: user, SSH keys, IP configuration, DNS; "
                       "`pending` is "
                       "what the cloud-init drive does not hold yet. Passwords are never shown.",
        .params = PROXIMO_TABLE(cloudinit_params),
        .path = GUEST_PATH "/cloudinit",
        .columns = PROXIMO_TABLE(option_columns),
        .sort_by = "key",
        .needs = PROXIMO_TABLE(needs),
        .read = read_cloudinit,
    },
};

const struct topic guests_topic_pending = {
    .reads = PROXIMO_TABLE(reads),
};
