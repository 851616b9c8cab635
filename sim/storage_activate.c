/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a new storage points to: servers, volume groups, pools, directories. Proxmox looks for them when it
 * creates a storage that the answering node can use; what is there says /outside of the state.
 */
#include "storage.h"

#include <errno.h>
#include <stdarg.h>

static int SIM_PRINTF(3, 4) cannot(char *why, size_t size, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(why, size, format, ap);
    va_end(ap);
    return -EINVAL;
}

/* "10.0.0.1:3260" or "[fd00::1]:3260" without its port. */
static void host_of(const char *portal, char *host, size_t size)
{
    const char *colon = strrchr(portal, ':');
    bool one = colon && strchr(portal, ':') == colon;

    if (*portal == '[')
        (void)snprintf(host, size, "%.*s", (int)strcspn(portal + 1, "]"), portal + 1);
    else
        (void)snprintf(host, size, "%.*s", one ? (int)(colon - portal) : (int)strlen(portal), portal);
}

static bool serves(struct json_object *outside, const char *server, const char *service)
{
    char host[256];

    host_of(server, host, sizeof host);
    return sim_listed(sim_str(sim_get(outside, "hosts"), host, NULL), service);
}

/* Is the word one of an array's? */
static bool has(struct json_object *array, const char *word)
{
    for (size_t i = 0; array && i < json_object_array_length(array); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(array, i)), word) == 0)
            return true;
    }
    return false;
}

static int share(struct json_object *outside, const char *name, struct json_object *config, char *why,
                 size_t size)
{
    const char *type = sim_str(config, "type", "");

    if (strcmp(type, "cephfs") == 0 && !sim_get(config, "monhost"))
        return 0; /* of this cluster itself */
    if (serves(outside, sim_str(config, strcmp(type, "cephfs") == 0 ? "monhost" : "server", ""), type))
        return 0;
    return cannot(why, size, "storage '%s' is not online\n", name);
}

static int backup_server(struct json_object *outside, const char *name, struct json_object *config, char *why,
                         size_t size)
{
    const char *server = sim_str(config, "server", ""), *datastore = sim_str(config, "datastore", "");

    if (!serves(outside, server, "pbs"))
        return cannot(why, size,
                      "%s: error fetching datastores - 500 Can't connect to %s:%s (No route to host)\n", name,
                      server, sim_str(config, "port", "8007"));
    if (has(sim_get(sim_get(outside, "datastores"), server), datastore))
        return 0;
    return cannot(why, size, "%s: Cannot find datastore '%s', check permissions and existence!\n", name,
                  datastore);
}

static int local_pool(struct json_object *outside, const char *name, struct json_object *config, char *why,
                      size_t size)
{
    const char *vg = sim_str(config, "vgname", ""), *thin = sim_str(config, "thinpool", NULL),
               *pool = sim_str(config, "pool", "");
    struct json_object *found = sim_get(sim_get(outside, "vgs"), vg), *pools = sim_get(outside, "zpools");
    char root[256];

    if (*vg && thin)
        return has(found, thin) ? 0 : cannot(why, size, "no such logical volume %s/%s\n", vg, thin);
    if (*vg)
        return found ? 0 : cannot(why, size, "no such volume group '%s'\n", vg);
    (void)snprintf(root, sizeof root, "%.*s", (int)strcspn(pool, "/"), pool);
    if (has(pools, root))
        return 0;
    if (pools)
        return cannot(why, size,
                      "could not activate storage '%s', zfs error: cannot import '%s': no such pool "
                      "available\n\n",
                      name, root);
    return cannot(why, size,
                  "could not activate storage '%s', zfs error: open3: exec of zpool import -d "
                  "/dev/disk/by-id/ -o cachefile=none %s failed: No such file or directory at "
                  "/usr/share/perl5/PVE/Cmd.pm line 174.\n\n",
                  name, root);
}

static int directory(struct json_object *outside, const char *name, struct json_object *config, char *why,
                     size_t size)
{
    const char *path = sim_str(config, "path", ""), *mount = sim_str(config, "is_mountpoint", "no");
    bool mounted;

    if (*mount == '/')
        path = mount;
    mounted = has(sim_get(outside, "mounts"), path);
    if (!sim_listed("no off 0 false", mount) && !mounted)
        return cannot(why, size,
                      "unable to activate storage '%s' - directory is expected to be a mount point but is "
                      "not mounted: '%s'\n",
                      name, path);
    if ((!sim_int(config, "mkdir", 1) || !sim_int(config, "create-base-path", 1)) && !mounted)
        return cannot(why, size,
                      "unable to activate storage '%s' - directory '%s' does not exist or is unreachable\n",
                      name, path);
    return 0;
}

static int remote(struct json_object *outside, const char *name, struct json_object *config, char *why,
                  size_t size)
{
    const char *type = sim_str(config, "type", "");
    const char *at = sim_str(config, strcmp(type, "esxi") == 0 ? "server" : "portal", "");

    if (serves(outside, at, strcmp(type, "esxi") == 0 ? "esxi" : "iscsi"))
        return 0;
    return cannot(why, size, "storage '%s' is not online\n", name);
}

int sim_storage_activate(struct json_object *state, const char *name, struct json_object *config, char *why,
                         size_t size)
{
    static const struct {
        const char *types;
        int (*check)(struct json_object *outside, const char *name, struct json_object *config, char *why,
                     size_t size);
    } checks[] = {{"nfs cifs cephfs", share},
                  {"pbs", backup_server},
                  {"lvm lvmthin zfspool", local_pool},
                  {"dir btrfs fakesnap", directory},
                  {"iscsi iscsidirect zfs esxi", remote}};

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (sim_listed(checks[i].types, sim_str(config, "type", "")))
            return checks[i].check(sim_get(state, "outside"), name, config, why, size);
    }
    return 0; /* rbd: Proxmox connects when it is used */
}
