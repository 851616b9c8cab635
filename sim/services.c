/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services of a node: started and stopped by tasks that change what /nodes/NODE/services shows.
 */
#include "handlers.h"
#include "task_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The services that answer the API itself are never stopped through it. */
static const char never_stopped[] = "pveproxy pvedaemon pve-cluster";

static struct json_object *service_of(struct sim *sim, struct sim_job *job)
{
    struct json_object *services = sim_atf(sim->state, "/nodes/%s/services", sim_str(job->args, "node", ""));

    return sim_get(services, sim_str(job->args, "id", ""));
}

/* The command is the type's end: srvSTOP. */
static int check(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *service = service_of(sim, job);
    const char *name = sim_str(job->args, "id", ""), *command = job->work->type + 3;
    const char *unit = sim_str(service, "unit-state", "not-found");

    if (strcmp(command, "stop") == 0 && sim_word_in(never_stopped, " ", name, strlen(name)))
        return sim_why(why, "invalid service cmd '%s %s': ERROR", name, command);
    if (strcmp(unit, "not-found") == 0)
        return sim_why(why, "command 'systemctl %s %s' failed: exit code 5", command, name);
    if (strcmp(unit, "masked") == 0 && strcmp(command, "stop") != 0)
        return sim_why(why, "command 'systemctl %s %s' failed: exit code 1", command, name);
    if (strcmp(command, "reload") == 0 && strcmp(sim_str(service, "active-state", ""), "active") != 0)
        return sim_why(why, "command 'systemctl reload %s' failed: exit code 1", name);
    return 0;
}

static int finish(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *service = service_of(sim, job);
    bool stop = strcmp(job->work->type, "srvstop") == 0;

    if (check(sim, job, why) < 0)
        return -EINVAL;
    sim_set_str(service, "state", stop ? "dead" : "running");
    sim_set_str(service, "active-state", stop ? "inactive" : "active");
    return 0;
}

static const struct sim_work works[] = {{"srvstart", NULL, check, finish},
                                        {"srvstop", NULL, check, finish},
                                        {"srvrestart", NULL, check, finish},
                                        {"srvreload", NULL, check, finish}};

int sim_service_command(struct sim_call *call)
{
    const char *command = strrchr(call->route->path, '/') + 1;
    struct json_object *args;

    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        if (strcmp(works[i].type + 3, command) != 0)
            continue;
        args = json_object_new_object();
        sim_set_str(args, "id", sim_arg(call, "service"));
        return sim_call_task_of(call, &works[i], args);
    }
    return sim_fail(call, 500, "unknown service command '%s'\n", command);
}
