/* SPDX-License-Identifier: Apache-2.0 */
/* What a client can attach of one guest, and prompts about guests. They name no tool that may not be there:
 * which tools there are, proximo_find says. */
#include "guests.h"

static const struct proximo_param guest_variables[] = {
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest",
     .flags = PROXIMO_PARAM_REQUIRED, .description = "Id or name of the guest."},
};
static const struct proximo_resource resources[] = {
    {
        ROW(proximo_resource),
        .uri = "proximo://site/{site}/guest/{vmid}",
        .name = "guest",
        .title = "A guest",
        .description = "The present state of one virtual machine or container.",
        .params = PROXIMO_TABLE(guest_variables),
        .tool = "pve_guest_status",
    },
    {
        ROW(proximo_resource),
        .uri = "proximo://site/{site}/guest/{vmid}/config",
        .name = "guest_config",
        .title = "A guest's configuration",
        .description = "The configuration of one virtual machine or container, pending values included.",
        .params = PROXIMO_TABLE(guest_variables),
        .tool = "pve_guest_config_get",
    },
};

static const struct proximo_param migrate_params[] = {
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest",
     .flags = PROXIMO_PARAM_REQUIRED, .description = "Id or name of the guest to move."},
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .name = "target", .format = "node",
     .description = "The node to move it to; absent: propose one."},
};
static const struct proximo_param provision_params[] = {
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .name = "purpose", .flags = PROXIMO_PARAM_REQUIRED,
     .description = "What the container is for."},
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .name = "hostname", .description = "Its name."},
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",
     .description = "Where it is to run."},
    {ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",
     .description = "Where its disk is to be."},
};

static const struct proximo_prompt prompts[] = {
    {
        ROW(proximo_prompt),
        .name = "safe_migration",
        .title = "Migrate a guest safely",
        .description =
            "Move a guest to another node: what stands in the way first, then a plan, then the proof.",
        .params = PROXIMO_TABLE(migrate_params),
        .text = "Move guest {vmid} to node {target} (nothing here: compare the nodes and propose one) "
                "without losing "
                "it.\n"
                "1. Read its state and configuration: running or not, lock, snapshots, HA, disks and where "
                "they lie, "
                "passed-through devices, mount points, network bridges.\n"
                "2. Check the target: online, memory and CPU free after the move, every storage and bridge "
                "that the "
                "guest needs is there. Name what makes the move impossible, and what only makes it slow "
                "(local disks are "
                "copied).\n"
                "3. Find the change tool with proximo_find (\"migrate\"); one that moves many guests takes "
                "a single one, "
                "by its id. If there is none, this server cannot do it: say so and stop.\n"
                "4. Plan it, show me steps, risk, who is affected, what could not be read, consent and way "
                "back. Wait "
                "for my word, then apply. A person may be asked by the server itself: never in my place.\n"
                "5. Afterwards read the guest again: on the target, running as before, tasks ended well. "
                "Give me the "
                "receipt, and how to move it back.",
    },
    {
        ROW(proximo_prompt),
        .name = "provision_container",
        .title = "Provision a container",
        .description =
            "Create a container for a purpose: names, resources and network settled before a plan is made.",
        .params = PROXIMO_TABLE(provision_params),
        .text =
            "Create a container for: {purpose}. Name: {hostname}. Node: {node}. Storage: {storage}. What is "
            "left "
            "empty here, propose with a reason and let me confirm.\n"
            "1. Look whether one of that name is there already; then ask me what to do instead of making "
            "another.\n"
            "2. Look at nodes (free memory, load), storages (free space, content types), templates, bridges, "
            "and "
            "how similar containers here are set up.\n"
            "3. Propose: template, unprivileged unless there is a reason, cores, memory, disk, network, "
            "start at "
            "boot, tags, backup. State what you assumed.\n"
            "4. Find the change tool with proximo_find (\"create container\"). If there is none, this server "
            "cannot "
            "do it: say so and stop. Plan, show me the plan, wait for my word, apply.\n"
            "5. Check that it runs, give me its address if it can be seen, the receipt, and the way back.",
    },
};

const struct topic guests_topic_prompts = {
    .resources = PROXIMO_TABLE(resources),
    .prompts = PROXIMO_TABLE(prompts),
};
