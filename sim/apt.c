/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages of a node: what waits to be installed, and the repositories. A refresh finds what the seed holds
 * back in apt/found.
 */
#include "change.h"
#include "handlers.h"
#include "task_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *apt_of(struct sim_call *call)
{
    return sim_atf(call->state, "/nodes/%s/apt", sim_arg(call, "node"));
}

/* ---- refresh ---- */

static int refresh(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *apt = sim_atf(sim->state, "/nodes/%s/apt", sim_str(job->args, "node", ""));
    struct json_object *found = sim_get(apt, "found"), *list = sim_get(apt, "update");

    (void)why;
    for (size_t i = 0; found && list && i < json_object_array_length(found); i++)
        json_object_array_add(list, sim_copy(json_object_array_get_idx(found, i)));
    json_object_object_del(apt, "found");
    return 0;
}

static int refresh_begins(struct sim *sim, struct sim_job *job, char *why)
{
    (void)sim;
    (void)why;
    sim_job_log(job, false, "starting apt-get update");
    sim_job_log(job, true, "Reading package lists...");
    return 0;
}

static const struct sim_work update_work = {"aptupdate", NULL, refresh_begins, refresh};

int sim_apt_refresh(struct sim_call *call)
{
    return sim_call_task_of(call, &update_work, json_object_new_object());
}

/* ---- repositories ---- */

static const char *first(struct json_object *repository, const char *name)
{
    struct json_object *list = sim_get(repository, name);

    return list ? json_object_get_string(json_object_array_get_idx(list, 0)) : "";
}

/* The repository of the files that is this standard one; NULL: none. */
static struct json_object *configured(struct json_object *apt, struct json_object *standard)
{
    struct json_object *files = sim_at(apt, "/repositories/files"), *model = sim_get(standard, "repository");

    for (size_t i = 0; model && i < json_object_array_length(files); i++) {
        struct json_object *list = sim_get(json_object_array_get_idx(files, i), "repositories");

        for (size_t k = 0; k < json_object_array_length(list); k++) {
            struct json_object *one = json_object_array_get_idx(list, k);

            if (strcmp(first(one, "URIs"), first(model, "URIs")) == 0 &&
                strcmp(first(one, "Components"), first(model, "Components")) == 0)
                return one;
        }
    }
    return NULL;
}

/* 64 digits, as the real one has, made of two digests. */
static void files_digest(struct json_object *apt, char ret_hex[65])
{
    struct json_object *files = sim_at(apt, "/repositories/files"), *text;
    char half[41];

    sim_digest(files, half);
    text = json_object_new_string(half);
    (void)snprintf(ret_hex, 65, "%s", half);
    sim_digest(text, half);
    (void)snprintf(ret_hex + 40, 25, "%.24s", half);
    json_object_put(text);
}

int sim_apt_repositories(struct sim_call *call)
{
    struct json_object *apt = apt_of(call), *list;
    char digest[65];

    call->data = sim_copy(sim_get(apt, "repositories"));
    files_digest(apt, digest);
    sim_set_str(call->data, "digest", digest);
    list = sim_get(call->data, "standard-repos");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *standard = json_object_array_get_idx(list, i), *one = configured(apt, standard);

        if (one)
            sim_set_int(standard, "status", sim_int(one, "Enabled", 1));
        json_object_object_del(standard, "repository");
        json_object_object_del(standard, "path");
    }
    return 0;
}

static int check_files(struct sim_call *call)
{
    const char *given = sim_arg(call, "digest");
    char digest[65];

    files_digest(apt_of(call), digest);
    return !given || strcmp(given, digest) == 0 ? 0 : sim_fail(call, 500, SIM_CHANGED);
}

static struct json_object *file_of(struct json_object *apt, const char *path)
{
    struct json_object *files = sim_at(apt, "/repositories/files");

    for (size_t i = 0; i < json_object_array_length(files); i++) {
        struct json_object *file = json_object_array_get_idx(files, i);

        if (strcmp(sim_str(file, "path", ""), path) == 0)
            return file;
    }
    return NULL;
}

/* Switches one repository of a file on or off. */
int sim_apt_repository_change(struct sim_call *call)
{
    struct json_object *file = file_of(apt_of(call), sim_arg(call, "path")), *list, *one;
    int64_t index = sim_arg_int(call, "index", 0);

    if (check_files(call) < 0)
        return -EINVAL;
    if (!file)
        return sim_fail(call, 500, "invalid path - %s\n", sim_arg(call, "path"));
    list = sim_get(file, "repositories");
    one = index >= 0 ? json_object_array_get_idx(list, (size_t)index) : NULL;
    if (!one)
        return sim_fail(call, 500, "invalid index - %" PRId64 "\n", index);
    if (sim_arg(call, "enabled"))
        sim_set_int(one, "Enabled", sim_arg_int(call, "enabled", 0));
    sim_touch(call->sim);
    return 0;
}

/* Writes a standard repository into its own file. */
static void add_repository(struct json_object *apt, struct json_object *standard)
{
    const char *path = sim_str(standard, "path", "/etc/apt/sources.list.d/proxmox.sources");
    struct json_object *file = file_of(apt, path), *digest;

    if (!file) {
        file = json_object_new_object();
        digest = json_object_new_array();
        for (int i = 0; i < 32; i++)
            json_object_array_add(digest, json_object_new_int(i * 7 % 256));
        sim_set_str(file, "path", path);
        sim_set_str(file, "file-type", "sources");
        sim_set(file, "digest", digest);
        sim_set(file, "repositories", json_object_new_array());
        json_object_array_add(sim_at(apt, "/repositories/files"), file);
    }
    json_object_array_add(sim_get(file, "repositories"), sim_copy(sim_get(standard, "repository")));
}

int sim_apt_repository_add(struct sim_call *call)
{
    struct json_object *apt = apt_of(call), *list = sim_at(apt, "/repositories/standard-repos"), *one;
    const char *handle = sim_arg(call, "handle");

    if (check_files(call) < 0)
        return -EINVAL;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *standard = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(standard, "handle", ""), handle) != 0 || !sim_get(standard, "repository"))
            continue;
        one = configured(apt, standard);
        if (one)
            sim_set_int(one, "Enabled", 1);
        else
            add_repository(apt, standard);
        sim_touch(call->sim);
        return 0;
    }
    return sim_fail(call, 500, "unknown repository handle '%s'\n", handle);
}
