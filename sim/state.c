/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the state from a seed (sim/seed/NAME.json, part of the program).
 */
#include "guest.h"
#include "guest_life.h"
#include "large.h"
#include "seed.h"
#include "sim.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json_pointer.h>
#include <stdlib.h>
#include <string.h>

/* Times in a seed are seconds before (or after, when marked so) the start: these names hold them. */
static const char time_names[] = "starttime endtime ctime snaptime started time notbefore notafter "
                                 "backup-time last-run-endtime touched";

static void resolve_times(struct json_object *value, int64_t now)
{
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            resolve_times(json_object_array_get_idx(value, i), now);
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            if (json_object_is_type(member, json_type_int) &&
                sim_word_in(time_names, " ", name, strlen(name)))
                (void)json_object_set_int64(member, json_object_get_int64(member) + now);
            else
                resolve_times(member, now);
        }
    }
}

static int by_start(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;
    int64_t x = sim_int(*left, "starttime", 0), y = sim_int(*right, "starttime", 0);

    return x < y ? 1 : x > y ? -1 : 0;
}

static int by_time(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;
    int64_t x = sim_int(*left, "time", 0), y = sim_int(*right, "time", 0);

    return x < y ? 1 : x > y ? -1 : 0;
}

static void add_log(struct json_object *log, struct json_object *task, const char *what, const char *end,
                    int64_t when)
{
    struct json_object *entry = json_object_new_object();
    char text[700];

    (void)snprintf(text, sizeof text, "%s task %s%s%s", what, sim_str(task, "upid", ""), end ? " " : "",
                   end ? end : "");
    sim_set_int(entry, "time", when);
    sim_set_int(entry, "pri", end && strcmp(end, "OK") != 0 ? 3 : 6);
    sim_set_str(entry, "tag", "pvedaemon");
    sim_set_str(entry, "user", sim_str(task, "user", ""));
    sim_set_str(entry, "msg", text);
    sim_set(entry, "node", sim_copy(sim_get(task, "node")));
    json_object_array_add(log, entry);
}

void sim_seed_number_tasks(struct json_object *state)
{
    struct json_object *tasks = sim_get(state, "tasks");
    const struct sim_product *product = sim_product_of(state);

    json_object_array_sort(tasks, by_start);
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);

        sim_set_int(task, "pid", 21000 + (int64_t)(json_object_array_length(tasks) - i) * 17);
        sim_set_int(task, "pstart", 4200000 + (int64_t)(json_object_array_length(tasks) - i) * 911);
        product->name_task(task);
    }
}

/* The cluster log has an entry for the start and the end of each task. */
static void finish_tasks(struct json_object *state)
{
    struct json_object *tasks = sim_get(state, "tasks"), *log = sim_get(state, "log");

    sim_seed_number_tasks(state);
    for (size_t i = 0; i < json_object_array_length(tasks); i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);

        add_log(log, task, "starting", NULL, sim_int(task, "starttime", 0));
        if (sim_get(task, "status"))
            add_log(log, task, "end", sim_str(task, "status", ""), sim_int(task, "endtime", 0));
    }
    json_object_array_sort(log, by_time);
    for (size_t i = 0; i < json_object_array_length(log); i++) {
        struct json_object *entry = json_object_array_get_idx(log, i);
        const char *node = sim_str(entry, "node", "pve1");
        int64_t uid = (int64_t)(json_object_array_length(log) - i);
        char text[128];

        (void)snprintf(text, sizeof text, "%" PRId64 ":%s", uid, node);
        if (!sim_get(entry, "node"))
            sim_set_str(entry, "node", node);
        sim_set_str(entry, "id", text);
        (void)snprintf(text, sizeof text, "%" PRId64, uid);
        sim_set_str(entry, "uid", text);
        sim_set_int(entry, "pid", 1200);
    }
}

/* What the statistics of a guest know without its running. */
static struct json_object *limits(struct json_object *state, const char *vmid, struct json_object *entry)
{
    struct json_object *out = json_object_new_object();
    struct sim_guest guest;

    sim_guest_view(vmid, entry, &guest);
    sim_set_int(out, "maxcpu", sim_guest_cpus(state, &guest));
    sim_set_int(out, "maxmem", sim_guest_maxmem(&guest));
    sim_set_int(out, "maxdisk", sim_guest_maxdisk(&guest));
    sim_set_int(out, "disk", 0);
    return out;
}

/* Guests know their number and what their statistics say about limits. */
static void finish_guests(struct json_object *state)
{
    json_object_object_foreach(sim_get(state, "guests"), vmid, guest)
    {
        SIM_FREE_WITH(sim_json_freep) struct json_object *text = json_object_new_string(vmid);

        sim_set_int(guest, "vmid", json_object_get_int64(text));
        if (!sim_get(guest, "rrd"))
            sim_set(guest, "rrd", limits(state, vmid, guest));
    }
}

/* Where a name in a seed says {time}, it is the time of the backup: those on a backup server have no other.
 */
static void name_backup(struct json_object *volume)
{
    const char *volid = sim_str(volume, "volid", ""), *hole = strstr(volid, "{time}");
    time_t when = (time_t)sim_int(volume, "ctime", 0);
    char name[300], text[40];
    struct tm tm;

    if (!hole)
        return;
    (void)gmtime_r(&when, &tm);
    (void)strftime(text, sizeof text,
                   strncmp(sim_str(volume, "format", ""), "pbs-", 4) == 0 ? "%Y-%m-%dT%H:%M:%SZ"
                                                                          : "%Y_%m_%d-%H_%M_%S",
                   &tm);
    (void)snprintf(name, sizeof name, "%.*s%s%s", (int)(hole - volid), volid, text, hole + strlen("{time}"));
    sim_set_str(volume, "volid", name);
}

static void finish_volumes(struct json_object *state)
{
    json_object_object_foreach(sim_get(state, "volumes"), storage, list)
    {
        (void)storage;
        for (size_t i = 0; i < json_object_array_length(list); i++)
            name_backup(json_object_array_get_idx(list, i));
    }
}

void sim_seed_finish(struct json_object *state, int nodes, int guests)
{
    if (nodes > 0)
        sim_generate_nodes(state, nodes);
    if (guests > 0)
        sim_generate_guests(state, guests);
    finish_volumes(state);
    finish_guests(state);
    if (guests == 0) /* ten thousand are not worth it: theirs are kept when one is changed for good */
        sim_backups_freeze(state, NULL);
    finish_tasks(state);
}

/* "/nodes/pve1/load/wait=0.4": what the seed has at a JSON pointer, or has not yet. "-" appends to a list. */
static int set_one(struct json_object **state, const char *text)
{
    const char *equals = strchr(text, '=');
    char pointer[300];
    struct json_object *value = equals ? json_tokener_parse(equals + 1) : NULL;

    if (!equals || (!value && strcmp(equals + 1, "null") != 0) || (size_t)(equals - text) >= sizeof pointer)
        goto bad;
    (void)snprintf(pointer, sizeof pointer, "%.*s", (int)(equals - text), text);
    if (json_pointer_set(state, pointer, value) == 0)
        return 0;
bad:
    json_object_put(value);
    fprintf(stderr, "proximo-sim: --set '%s' fits nowhere\n", text);
    return -EINVAL;
}

struct json_object *sim_state_new(const char *seed, int nodes, int guests, const char *const *sets,
                                  size_t set_count)
{
    struct json_tokener *tokener;
    struct json_object *state = NULL;

    for (size_t i = 0; i < sim_seed_count; i++) {
        if (strcmp(sim_seeds[i].name, seed) != 0)
            continue;
        tokener = json_tokener_new();
        if (!tokener)
            return NULL;
        state = json_tokener_parse_ex(tokener, (const char *)sim_seeds[i].text, (int)sim_seeds[i].size);
        json_tokener_free(tokener);
    }
    if (!sim_get(state, "nodes")) { /* no such seed, or a part of one */
        json_object_put(state);
        return NULL;
    }
    for (size_t i = 0; i < set_count; i++) {
        if (set_one(&state, sets[i]) < 0) {
            json_object_put(state);
            return NULL;
        }
    }
    /* Numbers as short as Proxmox writes them. */
    (void)json_c_set_serialization_double_format("%.15g", JSON_C_OPTION_GLOBAL);
    resolve_times(state, (int64_t)time(NULL));
    sim_product_of(state)->finish_seed(state, nodes, guests);
    return state;
}
