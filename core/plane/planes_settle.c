/* SPDX-License-Identifier: Apache-2.0 */
/* Once every host has started: names across planes, the list of tools, and whether the start must be refused.
 * Under the lock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "plane/manifest_check.h"
#include "plane/read.h"
#include "plane/supervisor.h"

static const struct plane_slot *owner_of(const struct planes *planes, size_t before, enum info_names kind,
                                         const char *name)
{
    for (size_t i = 0; i < before; i++) {
        const struct plane_slot *slot = &planes->slots[i];
        const char *theirs;
        if (slot->out || !slot->info)
            continue;
        for (size_t k = 0; (theirs = info_name(slot->info, kind, k)) != NULL; k++)
            if (strcmp(theirs, name) == 0)
                return slot;
    }
    return NULL;
}

/* Of two planes with the same name in it the earlier in the configuration stays; the other is left out whole.
 */
static void check_names(struct planes *planes, size_t index)
{
    struct plane_slot *slot = &planes->slots[index];
    struct problem p = PROBLEM_INIT;
    const struct plane_slot *other = NULL;
    const char *what = "", *name = "", *next;

    for (int kind = 0; !other && kind < INFO_OF_ALL_PLANES; kind++)
        for (size_t k = 0; !other && (next = info_name(slot->info, (enum info_names)kind, k)) != NULL; k++) {
            name = next;
            what = info_words[kind].one;
            other = owner_of(planes, index, (enum info_names)kind, name);
        }
    if (!other)
        return;
    (void)problem_set(&p, -EEXIST, PX_PLANE, "its %s \"%s\" is there already, from the plane \"%s\"", what,
                      name, other->name);
    problem_next(&p, "Only one of the two planes can be used.");
    slot_refuse(slot, &p);
}

static int by_name(const void *a, const void *b)
{
    const struct tool *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* Of the class of this name, whichever plane brings it; 0: nobody does. */
static uint64_t class_flags(const struct planes *planes, const char *name)
{
    for (size_t i = 0; name && i < planes->slot_count; i++) {
        const struct plane_slot *slot = &planes->slots[i];
        if (slot->out || !slot->info)
            continue;
        for (size_t k = 0; k < slot->info->class_count; k++)
            if (strcmp(slot->info->classes[k].name, name) == 0)
                return slot->info->classes[k].flags;
    }
    return 0;
}

static bool slot_is_off(const struct planes *planes, const struct plane_slot *slot)
{
    return slot->config && config_plane_mode(planes->config, slot->config) == CONFIG_OFF;
}

static int make_tools(struct planes *planes)
{
    struct tool_site sites[64];
    size_t site_count = 0, most = 0;

    for (size_t i = 0; planes->config && i < planes->config->site_count && site_count < 64; i++)
        sites[site_count++] =
            (struct tool_site){planes->config->sites[i].name, planes->config->sites[i].kind};
    for (size_t i = 0; i < planes->slot_count; i++)
        most += planes->slots[i].info ? planes->slots[i].info->tool_count : 0;
    planes->tools = calloc(most + 1, sizeof(const struct tool *));
    if (!planes->tools)
        return -ENOMEM;
    for (size_t i = 0; i < planes->slot_count; i++) {
        struct plane_slot *slot = &planes->slots[i];
        if (slot->out || !slot->info)
            continue;
        bool off = slot_is_off(planes, slot);
        for (size_t k = 0; k < slot->info->tool_count; k++) {
            struct tool *tool = &slot->info->tools[k];
            struct buf schema = BUF_INIT(MANIFEST_LIMIT);
            tool->snapshot_first =
                (class_flags(planes, tool->operation_class) & PROXIMO_CLASS_SNAPSHOT_FIRST) != 0;
            tool_schema_write(tool, sites, site_count, &schema);
            tool->input_schema = buf_take(&schema, NULL);
            if (!tool->input_schema)
                return -ENOMEM;
            if (!off)
                planes->tools[planes->tool_count++] = tool;
        }
    }
    qsort(planes->tools, planes->tool_count, sizeof(const struct tool *), by_name);
    return 0;
}

static int by_uri(const void *a, const void *b)
{
    const struct resource_row *const *left = a, *const *right = b;
    return strcmp((*left)->uri, (*right)->uri);
}

static int by_prompt(const void *a, const void *b)
{
    const struct prompt_row *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* What can be read and picked, of the planes that are not off. */
static int make_resources(struct planes *planes)
{
    size_t resources = 0, prompts = 0;

    for (size_t i = 0; i < planes->slot_count; i++) {
        resources += planes->slots[i].info ? planes->slots[i].info->resource_count : 0;
        prompts += planes->slots[i].info ? planes->slots[i].info->prompt_count : 0;
    }
    planes->resources = calloc(resources + 1, sizeof(const struct resource_row *));
    planes->prompts = calloc(prompts + 1, sizeof(const struct prompt_row *));
    if (!planes->resources || !planes->prompts)
        return -ENOMEM;
    for (size_t i = 0; i < planes->slot_count; i++) {
        const struct plane_slot *slot = &planes->slots[i];
        if (slot->out || !slot->info || slot_is_off(planes, slot))
            continue;
        for (size_t k = 0; k < slot->info->resource_count; k++)
            planes->resources[planes->resource_count++] = &slot->info->resources[k];
        for (size_t k = 0; k < slot->info->prompt_count; k++)
            planes->prompts[planes->prompt_count++] = &slot->info->prompts[k];
    }
    qsort(planes->resources, planes->resource_count, sizeof(const struct resource_row *), by_uri);
    qsort(planes->prompts, planes->prompt_count, sizeof(const struct prompt_row *), by_prompt);
    return 0;
}

/* A wrong word in the configuration, or a plane that must be there and is not, stops the start. */
static int verdict(struct planes *planes, struct problem *p)
{
    for (size_t i = 0; i < planes->slot_count; i++) {
        const struct plane_slot *slot = &planes->slots[i];
        if (!slot->out || planes->inspect)
            continue;
        if (slot->missing && planes->config->planes_named) {
            struct buf valid CLEANUP_BUF = BUF_INIT(1024);
            char *names[PLANES_MOST];
            int r = problem_set(p, -EINVAL, PX_CONFIG, "planes: \"%s\": %s", slot->name, slot->problem.cause);
            problem_next(p, "Correct the name, or give the plane's file: as an absolute path.");
            size_t count = plane_file_names(planes->config, names);
            for (size_t k = 0; k < count; k++) {
                buf_printf(&valid, "%s%s", k ? ", " : "", names[k]);
                free(names[k]);
            }
            if (buf_ok(&valid) && valid.len)
                problem_valid(p, "%s", valid.data);
            return r;
        }
        if (!slot->config->required && strcmp(slot->problem.code, PX_CONFIG) != 0)
            continue;
        int r =
            problem_set(p, -EINVAL, PX_CONFIG, "planes: \"%s\"%s: %s", slot->name,
                        slot->config->required ? " is required and cannot be used" : "", slot->problem.cause);
        if (*slot->problem.next)
            problem_next(p, "%s", slot->problem.next);
        return r;
    }
    return 0;
}

void planes_settle(struct planes *planes)
{
    for (size_t i = 0; i < planes->slot_count; i++)
        if (!planes->slots[i].out && planes->slots[i].info)
            check_names(planes, i);
    planes->settle_error = verdict(planes, &planes->settle_problem);
    if (planes->settle_error == 0 && (make_tools(planes) < 0 || make_resources(planes) < 0))
        planes->settle_error =
            problem_set(&planes->settle_problem, -ENOMEM, PX_INTERNAL, "no memory for the tools");
    planes->settled = true;
    (void)pthread_cond_broadcast(&planes->changed);
}
