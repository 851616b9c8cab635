/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for backups: their parameters, who may ask, which guests they are about.
 */
#include "vzdump.h"
#include "handlers.h"

#include <ctype.h>
#include <stdlib.h>

static int refuse(struct sim_call *call, const char *path, const char *priv)
{
    char why[300];

    if (sim_can(call, path, priv))
        return 0;
    (void)snprintf(why, sizeof why, " (%s, %s)", path, priv);
    return sim_fail_perm(call, why);
}

/* Some options are for root alone, or for who may change the node. */
static int check_options(struct sim_call *call)
{
    static const char *const roots[] = {"dumpdir", "script", "tmpdir", "job-id"};
    static const char *const system[] = {"bwlimit", "ionice", "performance"};

    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (sim_arg(call, roots[i]) && strcmp(call->who, "root@pam") != 0)
            return sim_fail_param(call, roots[i], "Only root may set this option.");
    }
    for (size_t i = 0; i < sizeof system / sizeof *system; i++) {
        if (sim_arg(call, system[i]) && refuse(call, "/", "Sys.Modify") < 0)
            return -1;
    }
    if (sim_arg_int(call, "stdout", 0))
        return sim_fail_param(call, "stdout", "option is only allowed on the command line interface.");
    return 0;
}

static int check_selection(struct sim_call *call)
{
    static const char *const others[] = {"all", "exclude", "pool"};

    for (size_t i = 0; sim_arg(call, "vmid") && i < sizeof others / sizeof *others; i++) {
        if (sim_arg(call, others[i]) && strcmp(sim_arg(call, others[i]), "0") != 0)
            return sim_fail_param(call, others[i], "option conflicts with option 'vmid'");
    }
    if (sim_arg_int(call, "all", 0) && sim_arg(call, "pool"))
        return sim_fail_param(call, "pool", "option conflicts with option 'all'");
    if (!sim_arg(call, "vmid") && !sim_arg(call, "pool") && !sim_arg(call, "exclude") &&
        !sim_arg_int(call, "all", 0) && !sim_arg_int(call, "stop", 0))
        return sim_fail_param(call, "vmid", "property is missing");
    return 0;
}

static int check_storages(struct sim_call *call, const char *storage)
{
    const char *fleecing = sim_arg(call, "fleecing"), *on = fleecing ? strstr(fleecing, "storage=") : NULL;
    char path[160];

    (void)snprintf(path, sizeof path, "/storage/%s", storage);
    if (refuse(call, path, "Datastore.AllocateSpace") < 0 ||
        (sim_arg(call, "prune-backups") && refuse(call, path, "Datastore.Allocate") < 0))
        return -1;
    if (!on)
        return 0;
    (void)snprintf(path, sizeof path, "/storage/%.*s", (int)strcspn(on + 8, ","), on + 8);
    return refuse(call, path, "Datastore.AllocateSpace");
}

/* ---- which guests ---- */

struct selection {
    struct json_object *here; /* on this node, or nowhere: that shows later */
    char *elsewhere;
    size_t size;
    FILE *out;
};

static void select_guest(struct sim_call *call, struct selection *selection, const char *vmid)
{
    struct json_object *guest = sim_get(sim_get(call->state, "guests"), vmid);

    if (!guest || strcmp(sim_str(guest, "node", ""), sim_arg(call, "node")) == 0)
        json_object_array_add(selection->here, json_object_new_string(vmid));
    else
        fprintf(selection->out, "%s%s", ftell(selection->out) > 0 ? ", " : "", vmid);
}

static void select_all(struct sim_call *call, struct selection *selection)
{
    const char *pool = sim_arg(call, "pool"), *exclude = sim_arg(call, "exclude");

    json_object_object_foreach(sim_get(call->state, "guests"), vmid, guest)
    {
        bool wanted = pool ? strcmp(sim_str(guest, "pool", ""), pool) == 0
                           : !exclude || !sim_word_in(exclude, ",; ", vmid, strlen(vmid));

        /* Of all guests those of other nodes are no news. */
        if (wanted && (pool || strcmp(sim_str(guest, "node", ""), sim_arg(call, "node")) == 0))
            select_guest(call, selection, vmid);
    }
}

static void select_listed(struct sim_call *call, struct selection *selection)
{
    const char *at = sim_arg(call, "vmid");

    while (*(at += strspn(at, ",; "))) {
        char vmid[32];

        (void)snprintf(vmid, sizeof vmid, "%.*s", (int)strcspn(at, ",; "), at);
        at += strcspn(at, ",; ");
        select_guest(call, selection, vmid);
    }
}

static int begin_task(struct sim_call *call, const char *storage, struct selection *selection)
{
    struct json_object *args, *task;
    size_t count = json_object_array_length(selection->here);

    if (count == 0 && !sim_arg_int(call, "all", 0)) {
        call->data = json_object_new_string("OK"); /* all of them are elsewhere */
        return 0;
    }
    args = json_object_new_object();
    sim_set_str(args, "id",
                count == 1 ? json_object_get_string(json_object_array_get_idx(selection->here, 0)) : "");
    sim_set_str(args, "node", sim_arg(call, "node"));
    sim_set_str(args, "who", call->who);
    sim_set_str(args, "storage", storage);
    sim_set(args, "options", sim_copy(call->params));
    sim_set(args, "guests", json_object_get(selection->here));
    sim_set_str(args, "elsewhere", selection->elsewhere ? selection->elsewhere : "");
    task = sim_task_start(call->sim, &sim_vzdump_work, call->who, sim_arg(call, "node"), args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}

int sim_vzdump(struct sim_call *call)
{
    const char *storage = sim_arg(call, "storage"), *pool = sim_arg(call, "pool");
    struct selection selection = {.here = NULL};
    int r;

    if (!storage)
        storage = "local";
    if (check_options(call) < 0 || check_selection(call) < 0 || check_storages(call, storage) < 0)
        return -1;
    if (pool && !sim_get(sim_get(call->state, "pools"), pool))
        return sim_fail(call, 500, "pool '%s' does not exist\n", pool);
    if (sim_arg_int(call, "stop", 0)) {
        sim_jobs_stop(call->sim, &sim_vzdump_work, sim_arg(call, "node"));
        if (!sim_arg(call, "vmid") && !pool && !sim_arg_int(call, "all", 0)) {
            call->data = json_object_new_string("OK");
            return 0;
        }
    }
    selection.out = open_memstream(&selection.elsewhere, &selection.size);
    if (!selection.out)
        return sim_fail(call, 500, "out of memory\n");
    selection.here = json_object_new_array();
    if (sim_arg(call, "vmid"))
        select_listed(call, &selection);
    else
        select_all(call, &selection);
    (void)fclose(selection.out);
    r = begin_task(call, storage, &selection);
    json_object_put(selection.here);
    free(selection.elsewhere);
    return r;
}

/* The configuration inside a backup, as text. Backups of a seed have their guest's present one. */
int sim_vzdump_extract(struct sim_call *call)
{
    const char *volid = sim_arg(call, "volume");
    struct json_object *volume = sim_volume_find(call, volid), *config;
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    struct sim_volume_name name;
    char why[700];

    if (sim_volume_parse(call->state, volid, &name, why, sizeof why) < 0)
        return sim_fail(call, 500, "%s", why);
    if (sim_volume_readable(call, &name) < 0 || sim_storage_usable(call, name.storage) < 0)
        return -1;
    if (!volume)
        return sim_fail(call, 500, "volume '%s' does not exist\n", volid);
    if (strcmp(sim_str(volume, "content", ""), "backup") != 0)
        return sim_fail(call, 500, "'%s' is no backup\n", volid);
    config = sim_get(sim_get(sim_get(call->state, "guests"), sim_str(volume, "vmid", "")), "config");
    text = config ? sim_backup_config(config) : strdup("");
    call->data = json_object_new_string(sim_str(volume, "archive", text ? text : ""));
    return 0;
}
