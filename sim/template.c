/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests become templates: their volumes are bases that clones can be linked to.
 */
#include "guest_life.h"
#include "handlers.h"
#include "power.h"
#include "storage.h"

#include <errno.h>

struct turning {
    struct sim *sim;
    const struct sim_guest *guest;
    const char *only; /* the one disk that is meant; NULL: all */
    char *why;
};

/* "vm-117-disk-0" -> "base-117-disk-0", "subvol-..." -> "basevol-...". False: it is a base already, or
 * nothing that becomes one. */
static bool base_name(const struct turning *turning, const char *key, const char *text, char *volid,
                      char *base, size_t size)
{
    char mark[40];
    const char *at;

    if (strncmp(key, "unused", 6) == 0 || strstr(text, "media=cdrom") || *text == '/' || !strchr(text, ':') ||
        (turning->only && strcmp(turning->only, key) != 0))
        return false;
    (void)snprintf(volid, size, "%.*s", (int)strcspn(text, ","), text);
    (void)snprintf(mark, sizeof mark, "vm-%s-", turning->guest->vmid);
    at = strstr(volid, mark);
    if (at) {
        (void)snprintf(base, size, "%.*sbase-%s", (int)(at - volid), volid, at + strlen("vm-"));
        return true;
    }
    (void)snprintf(mark, sizeof mark, "subvol-%s-", turning->guest->vmid);
    at = strstr(volid, mark);
    if (at)
        (void)snprintf(base, size, "%.*sbasevol-%s", (int)(at - volid), volid, at + strlen("subvol-"));
    return at != NULL;
}

static int check_disk(void *context, const char *key, const char *text)
{
    struct turning *turning = context;
    char volid[400], base[400];

    if (!base_name(turning, key, text, volid, base, sizeof volid))
        return 0;
    if (sim_volume_can(turning->sim->state, volid, turning->guest->qemu, SIM_CAN_BASE))
        return 0;
    return sim_why(turning->why, "Template feature is not available for '%s'", volid);
}

static int turn_disk(void *context, const char *key, const char *text)
{
    struct turning *turning = context;
    struct json_object *volume;
    char volid[400], base[400], option[1000];

    if (!base_name(turning, key, text, volid, base, sizeof volid))
        return 0;
    volume = sim_volume_at(turning->sim->state, turning->guest->node, volid);
    if (!volume)
        return sim_why(turning->why, "volume '%s' does not exist", volid);
    (void)snprintf(option, sizeof option, "%s%s", base, text + strlen(volid));
    sim_set_str(volume, "volid", base);
    sim_set_str(turning->guest->config, key, option);
    return 0;
}

static int begin_template(struct sim *sim, struct sim_job *job, char *why)
{
    struct turning turning = {.sim = sim, .only = sim_str(job->args, "disk", NULL), .why = why};
    struct sim_guest guest;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    turning.guest = &guest;
    return sim_each_disk(guest.config, guest.qemu, check_disk, &turning);
}

static int end_template(struct sim *sim, struct sim_job *job, char *why)
{
    struct turning turning = {.sim = sim, .only = sim_str(job->args, "disk", NULL), .why = why};
    SIM_FREE_WITH(sim_json_freep) struct json_object *before = NULL;
    struct sim_guest guest;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (guest.running)
        return sim_why(why, "you can't convert a running guest to a template");
    turning.guest = &guest;
    before = sim_copy(guest.config);
    if (sim_each_disk(before, guest.qemu, turn_disk, &turning) != 0)
        return -EINVAL;
    sim_set_int(guest.config, "template", 1);
    sim_touch(sim);
    return 0;
}

static const struct sim_work template_qemu = {"qmtemplate", NULL, begin_template, end_template},
                             template_lxc = {"vztemplate", NULL, begin_template, end_template};

int sim_guest_template(struct sim_call *call)
{
    const char *disk = sim_arg(call, "disk");
    struct sim_guest guest;
    struct json_object *args, *snapshots;
    char why[SIM_WHY_MAX];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    snapshots = sim_get(guest.entry, "snapshots");
    if (snapshots && json_object_object_length(snapshots) > 0)
        return sim_fail(call, 500, "unable to create template, because %s contains snapshots\n",
                        guest.qemu ? "VM" : "CT");
    if (sim_int(guest.config, "template", 0) && !disk)
        return sim_fail(call, 500, "you can't convert a template to a template\n");
    if (disk && !sim_get(guest.config, disk))
        return sim_fail(call, 500, "disk '%s' does not exist\n", disk);
    if (sim_guest_check_lock(&guest, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    if (guest.running)
        return sim_fail(call, 500, "you can't convert a %s to template if %s is running\n",
                        guest.qemu ? "VM" : "CT", guest.qemu ? "VM" : "the CT");
    args = sim_copy(call->params);
    sim_set_str(args, "type", guest.type);
    (void)sim_call_task(call, guest.qemu ? &template_qemu : &template_lxc, args);
    if (!guest.qemu) { /* answers nothing, and its task goes on */
        json_object_put(call->data);
        call->data = NULL;
    }
    return 0;
}
