/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked, one line of JSON a request, so that a test can compare it with the API description. */
#include "sim.h"

#include <errno.h>
#include <string.h>

int sim_request_log_open(struct sim *sim, const char *file)
{
    sim->request_log = fopen(file, "we");
    return sim->request_log ? 0 : -errno;
}

void sim_request_log(struct sim *sim, const char *method, const char *target, const char *who,
                     struct json_object *params)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *line = NULL;
    SIM_FREE_WITH(sim_freep) char *path = NULL;
    static const char base[] = "/api2/";
    const char *below = strncmp(target, base, strlen(base)) == 0 ? strchr(target + strlen(base), '/') : NULL;

    if (!sim->request_log || !below)
        return;
    line = json_object_new_object();
    path = strndup(below, strcspn(below, "?")); /* encoded, as it came: a slash in a name stays one */
    sim_set_str(line, "method", method);
    sim_set_str(line, "path", path);
    sim_set_str(line, "who", who ? who : "");
    sim_set(line, "params", json_object_get(params));
    (void)fprintf(
        sim->request_log, "%s\n",
        json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    (void)fflush(sim->request_log);
}

void sim_request_log_close(struct sim *sim)
{
    if (sim->request_log)
        (void)fclose(sim->request_log);
    sim->request_log = NULL;
}
