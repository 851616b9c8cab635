/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configurations in backups.
 */
#include "guest_life.h"
#include "handlers.h"
#include "vzdump.h"

#include <stdlib.h>

static void freeze(struct json_object *state, struct json_object *volume, const char *vmid)
{
    const char *whose = sim_str(volume, "vmid", "");
    struct json_object *guest = sim_get(sim_get(state, "guests"), whose);
    SIM_FREE_WITH(sim_freep) char *text = NULL;

    if (strcmp(sim_str(volume, "content", ""), "backup") != 0 || sim_get(volume, "archive") || !guest ||
        (vmid && strcmp(vmid, whose) != 0) ||
        strcmp(sim_str(volume, "subtype", ""), sim_str(guest, "type", "")) != 0)
        return;
    text = sim_backup_config(sim_get(guest, "config"));
    sim_set_str(volume, "archive", text);
}

void sim_backups_freeze(struct json_object *state, const char *vmid)
{
    json_object_object_foreach(sim_get(state, "volumes"), storage, list)
    {
        (void)storage;
        for (size_t i = 0; i < json_object_array_length(list); i++)
            freeze(state, json_object_array_get_idx(list, i), vmid);
    }
}

/* Numbers are numbers where the option is one. */
static struct json_object *value_of(const struct sim_param *param, const char *text)
{
    uint64_t number;

    if (param && (param->type == SIM_INTEGER || param->type == SIM_BOOLEAN) &&
        sim_parse_uint(text, 10, INT64_MAX, &number) == 0)
        return json_object_new_int64((int64_t)number);
    return json_object_new_string(text);
}

struct json_object *sim_archive_config(const char *text, bool qemu)
{
    struct json_object *config = json_object_new_object();
    SIM_FREE_WITH(sim_freep) char *copy = strdup(text), *description = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&description, &size);
    char *save = NULL;

    if (!copy || !out)
        abort();
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *colon = strstr(line, ": ");

        if (*line == '#') {
            fprintf(out, "%s%s", ftell(out) > 0 && qemu ? "\n" : "", line + 1);
            if (!qemu)
                fputc('\n', out);
        } else if (colon) {
            *colon = 0;
            sim_set(config, line,
                    value_of(sim_param_find(qemu ? sim_qemu_options : sim_lxc_options, line), colon + 2));
        }
    }
    (void)fclose(out);
    if (*description)
        sim_set_str(config, "description", description);
    return config;
}

/* "net0: virtio=MAC,bridge=vmbr0" or "name=eth0,hwaddr=MAC,...". */
char *sim_net_without_mac(bool qemu, const char *text)
{
    SIM_FREE_WITH(sim_freep) char *out = NULL;
    size_t size = 0, n;
    FILE *stream = open_memstream(&out, &size);
    char *result;

    if (!stream)
        abort();
    for (const char *at = text; *at; at += n + (at[n] == ',')) {
        n = strcspn(at, ",");
        if (!qemu && strncmp(at, "hwaddr=", 7) == 0)
            continue;
        if (ftell(stream) > 0)
            fputc(',', stream);
        fprintf(stream, "%.*s", (int)(qemu && at == text ? strcspn(at, "=,") : n), at);
    }
    (void)fclose(stream);
    result = out;
    out = NULL;
    return result;
}
