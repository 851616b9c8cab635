/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, changing and removing limits of traffic. Sources: /config/traffic-control,
 * /config/traffic-control/{name}. */
#include "jobs.h"

/* clang-format off */
#define NAME(words)                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .format = "safeid", .flags = PROXIMO_PARAM_REQUIRED,  \
          .minimum = 3, .maximum = 32, .description = (words))
#define NETWORK(how)                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "network", .flags = (how),                                   \
          .description = "Networks that it is for: \"10.10.0.0/16\".")
#define VALUES                                                                                               \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "users", .description = "Only these users; absent: all."),   \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "timeframe",                                                 \
          .description = "Only then: \"mon..fri 8-18\"; absent: always."),                                   \
    JOB_TEXT("rate_in", "Limit of traffic in, such as \"100 MB\" a second."),                                \
    JOB_TEXT("rate_out", "Limit of traffic out."),                                                           \
    JOB_TEXT("burst_in", "How much may come in at once above the limit."),                                   \
    JOB_TEXT("burst_out", "How much may go out at once above the limit."),                                   \
    JOB_TEXT("comment", "A note kept with the rule.")
/* clang-format on */

static const struct proximo_param create_params[] = {NAME("Name of the new rule."),
                                                     NETWORK(PROXIMO_PARAM_REQUIRED), VALUES};
static const struct proximo_param update_params[] = {
    NAME("Name of the rule; pbs_traffic_controls_list has them."), NETWORK(0), VALUES, JOB_DELETE_PARAM};
static const struct proximo_param delete_params[] = {
    NAME("Name of the rule; pbs_traffic_controls_list has them.")};

static const struct config_key keys[] = {
    {.name = "network", .flags = CONFIG_REPEAT},
    {.name = "users", .flags = CONFIG_REPEAT},
    {.name = "timeframe", .flags = CONFIG_REPEAT},
    {.name = "rate-in"},
    {.name = "rate-out"},
    {.name = "burst-in"},
    {.name = "burst-out"},
    {.name = "comment"},
};

static int32_t check(struct config_change *c)
{
    int32_t r = ask_privilege(&c->ask, "/", "Sys.Modify",
                              "to change limits of traffic this token needs Sys.Modify on /");
    if (r == PROXIMO_OK)
        r = job_detail(c, "network", config_after(c, "network"));
    if (r == PROXIMO_OK)
        r = job_detail(c, "rate-in", config_after(c, "rate-in"));
    return r == PROXIMO_OK ? job_detail(c, "rate-out", config_after(c, "rate-out")) : r;
}

static const struct config_kind kind = {
    .what = "traffic limit",
    .subject = "traffic-control",
    .subject_member = "name",
    .id = "name",
    .list = "/config/traffic-control",
    .one = "/config/traffic-control/{name}",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .classes = {"pbs.traffic-control.create", "pbs.traffic-control.update", "pbs.traffic-control.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(create, &kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(update, &kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(delete, &kind, CONFIG_DELETE)

static int32_t tell(void *instance, struct proximo_call *call, struct proximo_text subject_json, bool stays)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *name = member_text(subject, "name"), *in = member_text(subject, "rate-in");
    const char *out = member_text(subject, "rate-out"), *network = member_text(subject, "network");
    if (!name)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject has no name");
    return tell_affected(
        &a, stays && (in || out) ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
        ask_text(&a, "traffic-control/%s", name), NULL,
        stays
            ? ask_text(&a,
                       "backups and restores of %s: in %s, out %s; too low a limit makes "
                       "them late, and a restore slow",
                       network ? network : "?", in ? in : "without limit", out ? out : "without limit")
            : ask_text(&a, "backups and restores of %s are no longer limited by it", network ? network : "?"),
        NULL);
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return tell(instance, call, subject_json, true);
}

static int32_t blast_gone(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return tell(instance, call, subject_json, false);
}

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pbs_traffic_control_create", .title = "Create a limit of traffic",
     .description =
         "Creates a rule that limits the traffic of backups and restores by network, user and time. "
         "Undo removes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "pbs.traffic-control.create",
     .subject = "traffic-control/{name}", .plan = create_plan, .plan_undo = create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.traffic-control.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pbs_traffic_control_update",
     .title = "Change a limit of traffic",
     .description =
         "Changes a limit of traffic; what is not given stays. Undo writes the former values back.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "pbs.traffic-control.update",
     .subject = "traffic-control/{name}", .plan = update_plan, .plan_undo = update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pbs_traffic_control_delete", .title = "Delete a limit of traffic",
     .description = "Deletes a limit of traffic. Undo creates it again.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "pbs.traffic-control.delete",
     .subject = "traffic-control/{name}", .plan = delete_plan, .plan_undo = delete_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.traffic-control.create"},
};

#define SCHEMA                                                                                               \
    "{\"type\":\"object\",\"required\":[\"kind\",\"name\"],\"properties\":{\"kind\":{\"type\":\"string\"},"  \
    "\"name\":{\"type\":\"string\"}}}"
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.traffic-control.create", .title = "create a limit of traffic",
     .description = "Backups and restores become slower.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.traffic-control.update", .title = "change a limit of traffic",
     .description = "Backups and restores become slower or faster.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.traffic-control.delete", .title = "remove a limit of traffic",
     .description = "Backups and restores may fill the line.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SCHEMA, .blast = blast_gone},
};

const struct topic pbs_topic_traffic = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
