/* SPDX-License-Identifier: Apache-2.0 */
/* The planes of a running server, as the rest of the core sees them. */
#include "plane/planes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/sandbox.h"
#include "plane/supervisor.h"

struct plane_host *plane_host_new(struct planes *planes, const char *label)
{
    struct plane_host *host = calloc(1, sizeof(*host));

    if (!host)
        return NULL;
    (void)snprintf(host->label, sizeof(host->label), "%s", label);
    host->socket = host->output = -1;
    host->in = BUF_INIT(MESSAGE_LIMIT);
    host->next = planes->hosts;
    planes->hosts = host;
    return host;
}

int planes_add(struct planes *planes, const struct config_plane *plane)
{
    if (planes->slot_count == PLANES_MOST)
        return -E2BIG;
    struct plane_slot *slot = &planes->slots[planes->slot_count];
    slot->fd = -1;
    slot->config = plane;
    slot->foreign = plane->file != NULL;
    slot->name = text_dup(plane->name);
    slot->path = plane_file_path(planes->config, plane);
    planes->slot_count++;
    if (!slot->name || !slot->path)
        return -ENOMEM;
    if (slot->foreign || plane->endpoints.count || plane->programs.count || plane->material.count) {
        slot->host = plane_host_new(planes, plane->name); /* what executors are handed is nobody else's */
    } else {
        if (!planes->builtin)
            planes->builtin = plane_host_new(planes, "built-in");
        slot->host = planes->builtin;
    }
    return slot->host ? 0 : -ENOMEM;
}

static struct planes *planes_alloc(const struct config *config, struct sites *sites)
{
    struct planes *planes = calloc(1, sizeof(*planes));
    pthread_condattr_t attr;

    if (!planes)
        return NULL;
    planes->config = config;
    planes->sites = sites;
    planes->program_fd = planes->wake_fd = -1;
    planes->next_call = 1;
    (void)pthread_mutex_init(&planes->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&planes->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    return planes;
}

int planes_new(const struct config *config, struct sites *sites, struct planes **ret)
{
    struct planes *planes = planes_alloc(config, sites);
    int r = planes ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < config->plane_count; i++)
        r = planes_add(planes, &config->planes[i]);
    if (r < 0) {
        planes_free(planes);
        return r;
    }
    *ret = planes;
    return 0;
}

void planes_pretend_no_landlock(struct planes *planes)
{
    planes->pretend_no_landlock = true;
}

void planes_start(struct planes *planes)
{
    sigset_t all, before;

    (void)pthread_mutex_lock(&planes->lock);
    if (!planes->started) {
        planes->started = true;
        planes->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        int r = planes->wake_fd < 0 ? errno : pthread_create(&planes->thread, NULL, supervisor_main, planes);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r != 0) {
            planes->settled = planes->thread_ended = true;
            planes->settle_error = problem_set(&planes->settle_problem, -r, PX_INTERNAL,
                                               "the planes' supervisor cannot be started: %s", strerror(r));
        }
    }
    (void)pthread_mutex_unlock(&planes->lock);
}

int planes_wait(struct planes *planes, int64_t deadline_ms, struct problem *p)
{
    struct timespec until = clock_timespec(deadline_ms);
    int r = 0;

    planes_start(planes);
    (void)pthread_mutex_lock(&planes->lock);
    while (!planes->settled && r == 0)
        r = -pthread_cond_timedwait(&planes->changed, &planes->lock, &until);
    if (!planes->settled) {
        r = problem_set(p, -ETIMEDOUT, PX_TIMEOUT, "the planes are still being loaded");
    } else {
        r = planes->settle_error;
        if (r < 0 && p)
            *p = planes->settle_problem;
    }
    (void)pthread_mutex_unlock(&planes->lock);
    return r;
}

bool planes_ready(struct planes *planes)
{
    (void)pthread_mutex_lock(&planes->lock);
    bool ready = planes->settled && planes->settle_error == 0;
    (void)pthread_mutex_unlock(&planes->lock);
    return ready;
}

void planes_free(struct planes *planes)
{
    if (!planes)
        return;
    if (planes->started && !planes->thread_ended) {
        (void)pthread_mutex_lock(&planes->lock);
        planes->stopping = true;
        (void)pthread_mutex_unlock(&planes->lock);
        supervisor_wake(planes);
        (void)pthread_join(planes->thread, NULL);
    }
    fd_close(&planes->wake_fd);
    fd_close(&planes->program_fd);
    for (size_t i = 0; i < planes->slot_count; i++) {
        struct plane_slot *slot = &planes->slots[i];
        fd_close(&slot->fd);
        plane_info_free(slot->info);
        free(slot->manifest);
        free(slot->name);
        free(slot->path);
    }
    while (planes->hosts) {
        struct plane_host *host = planes->hosts;
        planes->hosts = host->next;
        buf_done(&host->in);
        free(host);
    }
    free(planes->tools);
    free(planes->resources);
    free(planes->prompts);
    (void)pthread_cond_destroy(&planes->changed);
    (void)pthread_mutex_destroy(&planes->lock);
    free(planes);
}

/* The tools never change once they are there, so these need the lock only to see that they are. */
size_t planes_tool_count(struct planes *planes)
{
    return planes_ready(planes) ? planes->tool_count : 0;
}

const struct tool *planes_tool_at(struct planes *planes, size_t index)
{
    return index < planes_tool_count(planes) ? planes->tools[index] : NULL;
}

const struct tool *planes_tool_find(struct planes *planes, const char *name)
{
    size_t low = 0, high = planes_tool_count(planes);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(planes->tools[middle]->name, name);
        if (order == 0)
            return planes->tools[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t planes_resource_count(struct planes *planes)
{
    return planes_ready(planes) ? planes->resource_count : 0;
}

const struct resource_row *planes_resource_at(struct planes *planes, size_t index)
{
    return index < planes_resource_count(planes) ? planes->resources[index] : NULL;
}

size_t planes_prompt_count(struct planes *planes)
{
    return planes_ready(planes) ? planes->prompt_count : 0;
}

const struct prompt_row *planes_prompt_at(struct planes *planes, size_t index)
{
    return index < planes_prompt_count(planes) ? planes->prompts[index] : NULL;
}

/* Neither a slot's info nor its configuration changes once the planes are loaded. */
bool planes_may_ask(const struct planes *planes, const struct plane_info *plane)
{
    for (size_t i = 0; i < planes->slot_count; i++)
        if (planes->slots[i].info == plane)
            return plane && planes->slots[i].config && planes->slots[i].config->client_requests;
    return false;
}

bool planes_class_find(struct planes *planes, const char *name, const struct plane_info **ret_plane,
                       const struct class_row **ret_class)
{
    bool found = false;

    (void)pthread_mutex_lock(&planes->lock);
    for (size_t i = 0; planes->settled && !found && i < planes->slot_count; i++) {
        const struct plane_slot *slot = &planes->slots[i];
        const struct plane_info *info = slot->out ? NULL : slot->info;
        for (size_t k = 0; info && !found && k < info->class_count; k++)
            if (strcmp(info->classes[k].name, name) == 0) {
                *ret_plane = info;
                *ret_class = &info->classes[k];
                found = true;
            }
    }
    (void)pthread_mutex_unlock(&planes->lock);
    return found;
}

size_t planes_count(struct planes *planes)
{
    (void)pthread_mutex_lock(&planes->lock);
    size_t count = planes->slot_count;
    (void)pthread_mutex_unlock(&planes->lock);
    return count;
}

/* Pss of a process where the kernel lets this user read it. */
static int64_t process_memory(pid_t pid)
{
    struct buf text CLEANUP_BUF = BUF_INIT(8192);
    char path[64];
    uint64_t kib;

    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fd_read_all(fd, &text) < 0 || !buf_ok(&text) || !text.data)
        return -1;
    const char *at = strstr(text.data, "\nPss:");
    char *end;
    if (!at)
        return -1;
    at += 5 + strspn(at + 5, " ");
    size_t len = strspn(at, "0123456789");
    end = strndup(at, len);
    int r = end ? text_to_u64(end, INT64_MAX / 1024, &kib) : -ENOMEM;
    free(end);
    return r < 0 ? -1 : (int64_t)kib * 1024;
}

int planes_state(struct planes *planes, size_t index, struct plane_state *ret)
{
    pid_t pid = 0;

    (void)pthread_mutex_lock(&planes->lock);
    if (index >= planes->slot_count) {
        (void)pthread_mutex_unlock(&planes->lock);
        return -ENOENT;
    }
    const struct plane_slot *slot = &planes->slots[index];
    *ret = (struct plane_state){.name = slot->name,
                                .info = slot->info,
                                .path = slot->path,
                                .loaded = slot->loaded && !slot->out,
                                .foreign = slot->foreign,
                                .problem = slot->problem,
                                .restarts = slot->host->restarts,
                                .memory_bytes = -1};
    memcpy(ret->sha256, slot->sha256, sizeof(ret->sha256));
    (void)snprintf(ret->mode, sizeof(ret->mode), "%s",
                   config_mode_name(config_plane_mode(planes->config, slot->config)));
    pid = slot->host->pid;
    (void)pthread_mutex_unlock(&planes->lock);
    if (pid)
        ret->memory_bytes = process_memory(pid);
    return 0;
}

bool planes_landlock(void)
{
    return sandbox_landlock_abi() > 0;
}

static int inspect_slot(struct planes *planes, const char *file)
{
    struct plane_slot *slot = &planes->slots[0];

    planes->inspect = true;
    planes->slot_count = 1;
    slot->fd = -1;
    slot->foreign = true;
    slot->path = text_dup(file);
    slot->host = plane_host_new(planes, "inspect");
    return slot->path && slot->host ? 0 : -ENOMEM;
}

int planes_inspect(const char *file, struct buf *ret_manifest_json, struct problem *p)
{
    struct planes *planes = planes_alloc(NULL, NULL);
    int r = planes ? inspect_slot(planes, file) : -ENOMEM;

    if (r < 0)
        r = problem_set(p, r, PX_INTERNAL, "no memory");
    if (r == 0)
        r = planes_wait(planes, clock_ms() + 3 * STAGE_MS, p);
    if (r == 0) {
        const struct plane_slot *slot = &planes->slots[0];
        (void)pthread_mutex_lock(&planes->lock);
        if (slot->out || !slot->manifest) {
            r = -EINVAL;
            *p = slot->problem;
        } else {
            buf_char(ret_manifest_json, '{');
            json_put_key_string(ret_manifest_json, "file", slot->path);
            json_put_key_string(ret_manifest_json, "sha256", slot->sha256);
            buf_char(ret_manifest_json, ',');
            buf_add(ret_manifest_json, slot->manifest + 1, slot->manifest_len - 2);
            json_put_key(ret_manifest_json, "input_schemas");
            buf_char(ret_manifest_json, '{');
            for (size_t i = 0; i < planes->tool_count; i++) {
                json_put_key(ret_manifest_json, planes->tools[i]->name);
                buf_str(ret_manifest_json, planes->tools[i]->input_schema);
            }
            buf_str(ret_manifest_json, "}}");
            r = buf_ok(ret_manifest_json) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
        }
        (void)pthread_mutex_unlock(&planes->lock);
    }
    planes_free(planes);
    return r;
}
