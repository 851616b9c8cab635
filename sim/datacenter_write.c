/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of the datacenter's options and of metric servers.
 */
#include "change.h"
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Deleting what is not there, or not even an option, is fine. */
int sim_options_update(struct sim_call *call)
{
    struct json_object *options = sim_at(call->state, "/cluster/options");

    sim_drop_deleted(call, options);
    sim_put_given(call, options, "delete");
    if (*sim_str(options, "description", "") == 0)
        json_object_object_del(options, "description");
    sim_end_line(options, "description");
    sim_touch(call->sim);
    return 0;
}

/* ---- metric servers ---- */

static struct json_object *server_of(struct sim_call *call)
{
    return sim_get(sim_get(call->state, "metrics"), sim_arg(call, "id"));
}

/* What a server of each type may be given beside its address. */
static const struct {
    const char *type, *options;
} kinds[] = {
    {"graphite", "disable server port mtu path proto timeout"},
    {"influxdb",
     "disable server port mtu timeout api-path-prefix bucket influxdbproto max-body-size organization "
     "token verify-certificate"},
    {"opentelemetry", "disable server port mtu timeout otel-compression otel-headers otel-max-body-size "
                      "otel-path otel-protocol "
                      "otel-resource-attributes otel-timeout otel-verify-ssl"},
};

static const char *options_of(const char *type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].options;
    }
    return "";
}

static int check_given(struct sim_call *call, const char *type)
{
    json_object_object_foreach(call->params, name, value)
    {
        (void)value;
        if (!sim_word_in("id type delete digest", " ", name, strlen(name)) &&
            !sim_word_in(options_of(type), " ", name, strlen(name)))
            return sim_fail(call, 500, "unexpected property '%s'\n", name);
    }
    return 0;
}

int sim_metrics_create(struct sim_call *call)
{
    const char *id = sim_arg(call, "id");
    struct json_object *server;

    if (server_of(call))
        return sim_fail(call, 500, "Metric server '%s' already exists\n", id);
    if (check_given(call, sim_arg(call, "type")) < 0)
        return -EINVAL;
    server = json_object_new_object();
    sim_put_given(call, server, "id token");
    sim_set(sim_get(call->state, "metrics"), id, server);
    sim_touch(call->sim);
    return 0;
}

int sim_metrics_update(struct sim_call *call)
{
    struct json_object *server = server_of(call);
    const char *at = sim_arg(call, "delete"), *type = sim_str(server, "type", "");
    char word[64];

    if (sim_check_digest(call, sim_get(call->state, "metrics"), "") < 0)
        return -EINVAL;
    if (!server)
        return sim_fail(call, 500, "no such server '%s'\n", sim_arg(call, "id"));
    if (check_given(call, type) < 0)
        return -EINVAL;
    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!sim_word_in(options_of(type), " ", word, strlen(word)))
            return sim_fail(call, 500, "no such option '%s'\n", word);
        if (sim_word_in("server port", " ", word, strlen(word)))
            return sim_fail(call, 500, "unable to delete required option '%s'\n", word);
    }
    sim_drop_deleted(call, server);
    sim_put_given(call, server, "id delete digest token");
    sim_touch(call->sim);
    return 0;
}

/* The text for a server that is not there is what the real one says, line number and all. */
int sim_metrics_delete(struct sim_call *call)
{
    if (!server_of(call))
        return sim_fail(call, 500,
                        "cannot lookup undefined type! at "
                        "/usr/share/perl5/PVE/API2/Cluster/MetricServer.pm line 295.\n");
    json_object_object_del(sim_get(call->state, "metrics"), sim_arg(call, "id"));
    sim_touch(call->sim);
    return 0;
}
