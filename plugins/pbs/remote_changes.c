/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, changing and removing remotes: other Backup Servers that sync jobs use. Sources: /config/remote,
 * /config/remote/{name}. The password goes in and never comes out. */
#include "jobs.h"

/* clang-format off */
#define NAME(words)                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .format = "safeid", .flags = PROXIMO_PARAM_REQUIRED,  \
          .minimum = 3, .maximum = 32, .description = (words))
#define HOST(how)                                                                                            \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "host", .flags = (how), .maximum = 255,                       \
          .description = "Its name or address.")
#define AUTH(how)                                                                                            \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "auth_id", .flags = (how), .minimum = 3, .maximum = 64,       \
          .description = "User or token there: sync@pbs, sync@pbs!name.")
#define PASSWORD(how)                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "password", .flags = (how) | PROXIMO_PARAM_SECRET,            \
          .maximum = 1024, .description = "Its password, or the token's secret; it is never shown again.")
#define VALUES                                                                                               \
    JOB_NUMBER("port", 1, 65535, "Port; absent: 8007."),                                                     \
    JOB_TEXT("fingerprint", "SHA-256 of its certificate, with colons; needed unless the certificate is trusted."), \
    JOB_FLAG("use_node_proxy", "true: through the HTTP proxy of this server."),                              \
    JOB_TEXT("comment", "A note kept with the remote.")
/* clang-format on */

static const struct proximo_param create_params[] = {
    NAME("Name of the new remote."), HOST(PROXIMO_PARAM_REQUIRED), AUTH(PROXIMO_PARAM_REQUIRED),
    PASSWORD(PROXIMO_PARAM_REQUIRED), VALUES};
static const struct proximo_param update_params[] = {NAME("Name of the remote; pbs_remotes_list has them."),
                                                     HOST(0),
                                                     AUTH(0),
                                                     PASSWORD(0),
                                                     VALUES,
                                                     JOB_DELETE_PARAM};
static const struct proximo_param delete_params[] = {NAME("Name of the remote; pbs_remotes_list has them.")};

static const struct config_key keys[] = {
    {.name = "host"},        {.name = "port"},
    {.name = "auth-id"},     {.name = "password", .flags = CONFIG_WRITE_ONLY},
    {.name = "fingerprint"}, {.name = "use-node-proxy", .absent = "0"},
    {.name = "comment"},
};

static int32_t check(struct config_change *c)
{
    const char *path = c->verb == CONFIG_CREATE ? "/remote" : ask_text(&c->ask, "/remote/%s", c->id);
    if (c->verb == CONFIG_DELETE)
        c->no_way_back = "the server never shows the password of a remote: to have it back, create it with "
                         "pbs_remote_create and the password";
    return ask_privilege(&c->ask, path, "Remote.Modify",
                         "to change remote \"%s\" this token needs Remote.Modify "
                         "on %s",
                         c->id, path ? path : "/remote");
}

static const struct config_kind kind = {
    .what = "remote",
    .subject = "remote",
    .subject_member = "name",
    .id = "name",
    .list = "/config/remote",
    .one = "/config/remote/{name}",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .classes = {"pbs.remote.create", "pbs.remote.update", "pbs.remote.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(create, &kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(update, &kind, CONFIG_UPDATE)
static int32_t delete_plan(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &kind, CONFIG_DELETE);
}

/* ---- blast: the jobs that use it */

static int32_t tell_users(const struct asking *a, const char *name, const char *effect)
{
    struct json_object *jobs DROP_JSON = NULL;
    uint32_t found = 0;
    int32_t r = jobs_look(a, "sync", NULL, &jobs);
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        const char *id = member_text(job, "id");
        if (!id || !member_is(job, "remote", name))
            continue;
        found++;
        r = tell_affected(a, PROXIMO_RISK_MEDIUM, ask_text(a, "sync-job/%s", id), NULL, effect, NULL);
    }
    return r == PROXIMO_OK && jobs && !found
               ? tell_affected(a, PROXIMO_RISK_LOW, ask_text(a, "remote/%s", name), NULL,
                               "no sync job uses it", NULL)
               : r;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *name = member_text(subject, "name");
    return name ? tell_users(&a, name,
                             "connects with the new values at its next run; if they are wrong, it fails")
                : a.host->fail(call, PROXIMO_EINVAL, "the subject has no name");
}

static int32_t blast_gone(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *name = member_text(subject, "name");
    return name ? tell_users(&a, name,
                             "uses this remote: the server refuses to remove it before the job goes or "
                             "has another one")
                : a.host->fail(call, PROXIMO_EINVAL, "the subject has no name");
}

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pbs_remote_create", .title = "Create a remote",
     .description =
         "Creates a remote: another Backup Server, with a login, for sync jobs. The password is never "
         "shown again. Undo removes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "pbs.remote.create",
     .subject = "remote/{name}", .plan = create_plan, .plan_undo = create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "pbs.remote.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pbs_remote_update",
     .title = "Change a remote",
     .description =
         "Changes how a remote is reached; what is not given stays. The plan names the sync jobs that "
         "use it. Undo writes the former values back; a password has no way back, because it is never "
         "shown.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "pbs.remote.update",
     .subject = "remote/{name}", .plan = update_plan, .plan_undo = update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pbs_remote_delete", .title = "Delete a remote",
     .description =
         "Deletes a remote. The plan names the sync jobs that use it; with any, the server refuses. "
         "There is no undo: its password is never shown.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "pbs.remote.delete",
     .subject = "remote/{name}", .plan = delete_plan, .undo_kind = PROXIMO_UNDO_NONE},
};

#define SCHEMA                                                                                               \
    "{\"type\":\"object\",\"required\":[\"kind\",\"name\"],\"properties\":{\"kind\":{\"type\":\"string\"},"  \
    "\"name\":{\"type\":\"string\"}}}"
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.remote.create", .title = "create a remote",
     .description = "This server can log in at another one.", .risk_floor = PROXIMO_RISK_HIGH,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.remote.update", .title = "change a remote",
     .description = "Sync jobs connect otherwise, or fail.", .risk_floor = PROXIMO_RISK_HIGH,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SCHEMA, .blast = blast},
    {ROW(proximo_class), .name = "pbs.remote.delete", .title = "remove a remote",
     .description = "Sync jobs cannot use it.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = SCHEMA, .blast = blast_gone},
};

const struct topic pbs_topic_remote_changes = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
