/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guests that HA looks after. Its manager follows what stands here when it can: what it made of it is in
 * the status alone. Sources: GET, POST /cluster/ha/resources, GET, PUT, DELETE /cluster/ha/resources/{sid}.
 */
#include "world.h"

static const struct config_key resource_keys[] = {
    {.name = "state", .absent = "started"},
    {.name = "group", .flags = CONFIG_UNTIL_8},
    {.name = "max_restart", .absent = "1"},
    {.name = "max_relocate", .absent = "1"},
    {.name = "failback", .flags = CONFIG_SINCE_9, .absent = "1"},
    {.name = "auto-rebalance", .flags = CONFIG_SINCE_9, .absent = "1"},
    {.name = "comment"},
};
static const char *const computed[] = {"type", NULL};
static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

/* What the manager shows of a resource that is as it was asked for. */
static const char *settled(const char *state)
{
    return strcmp(state, "stopped") == 0    ? "[\"stopped\"]"
           : strcmp(state, "disabled") == 0 ? "[\"disabled\"]"
           : strcmp(state, "ignored") == 0  ? "[\"ignored\"]"
                                            : "[\"started\"]";
}

static int32_t see_state(struct config_change *c, const char *state)
{
    struct proximo_step *waits = c->ask.host->alloc(c->ask.call, 2 * sizeof(*waits));
    int32_t r = waits ? ha_wait_state(&c->ask, c->id, settled(state), &waits[0]) : PROXIMO_ENOMEM;
    c->seen = waits;
    c->seen_count = 1;
    if (r == PROXIMO_OK && strcmp(state, "ignored") == 0) /* shown at once; the manager lets go of it later */
        r = ha_wait_state(&c->ask, c->id, "0", &waits[c->seen_count++]);
    if (r == PROXIMO_OK && c->seen_count == 2) {
        waits[1].wait_test = PROXIMO_WAIT_COUNT;
        waits[1].select = ask_text(&c->ask, "[sid=%s]/crm_state", c->id);
    }
    return r;
}

/* What else may make it move: its group, and whether it goes back. */
static int32_t foresee(struct config_change *c)
{
    const struct config_edit *group = config_edited(c, "group"), *failback = config_edited(c, "failback");
    const struct ha_resource_edit edit = {.sid = c->id,
                                          .failback = failback ? (failback->to ? failback->to : "1") : NULL,
                                          .group = group ? group->to : NULL,
                                          .no_group = group && !group->to};
    struct ha_world world = {0}, after;
    if (!group && (c->verb != CONFIG_UPDATE || !failback))
        return PROXIMO_OK;
    int32_t r = ha_world_read(&c->ask, &world);
    if (r == PROXIMO_OK && world.rules_known && edit.group && !ha_world_has_rule(&world, edit.group))
        r = c->ask.host->fail(c->ask.call, PROXIMO_ENOTFOUND,
                              "there is no HA group \"%.64s\"; pve_ha_groups_list has those that there are",
                              edit.group);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE)
        r = ha_world_copy(&world, &after);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE)
        r = ha_world_put_resource(&after, &edit);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE)
        r = ha_expect_moves(c, &world, &after);
    ha_world_done(&world);
    return r;
}

static int32_t check_state(struct config_change *c, struct json_object *status)
{
    const struct config_edit *state = config_edited(c, "state");
    const char *to = state && state->to ? state->to : "started";
    const bool disables = state && strcmp(to, "disabled") == 0;
    int32_t r = disables ? PROXIMO_OK : ha_check_error(&c->ask, status, c->id);
    if (r == PROXIMO_OK && (state || c->verb == CONFIG_CREATE))
        r = see_state(c, to);
    return r;
}

/* Back again, it is waited for as it is when somebody adds it; without a manager nothing would come. */
static int32_t keep_rules(struct config_change *c, struct json_object *status)
{
    const char *state = config_before(c, "state");
    struct proximo_step wait;
    int32_t r = ha_wait_state(&c->ask, c->id, settled(state ? state : "started"), &wait);
    wait.name = "settled";
    wait.flags = PROXIMO_STEP_CONTINUE;
    const bool acts = ha_status_row(status, "type", "master") != NULL;
    return r == PROXIMO_OK ? ha_keep_rules(c, c->id, acts ? &wait : NULL) : r;
}

static int32_t tell_removal(struct config_change *c, struct json_object *status)
{
    const bool keeps =
        c->release >= 9 && !c->undoing && ask_argument(&c->ask, "purge") && !ask_flag(&c->ask, "purge");
    if (keeps)
        c->more[c->more_count++] = FIELD("purge", "0");
    ha_detail(c->subject_details, "purge", keeps ? "0" : "1");
    ha_detail(c->subject_details, "state", config_before(c, "state"));
    ha_detail(c->subject_details, "group", config_before(c, "group"));
    ha_detail(c->subject_details, "failback", config_before(c, "failback"));
    c->summary = ask_text(&c->ask, "HA no longer looks after %s; the guest stays as it is", c->id);
    if (!c->summary)
        return PROXIMO_ENOMEM;
    return c->release == 8 || keeps ? PROXIMO_OK : keep_rules(c, status);
}

static const char *details_of(const struct config_change *c, const char *key)
{
    const struct config_edit *edit = config_edited(c, key);
    return !edit ? NULL : edit->to ? edit->to : "";
}

static int32_t check(struct config_change *c)
{
    struct json_object *status DROP_JSON = NULL;
    int32_t r = ha_check_change(&c->ask, "a change of HA resources", &status);
    c->subject_details = r == PROXIMO_OK ? json_object_new_object() : NULL;
    if (!c->subject_details)
        return r < 0 ? r : PROXIMO_ENOMEM;
    ha_detail(c->subject_details, "sid", c->id);
    r = ha_tell_state(&c->ask, status, c->id);
    if (r == PROXIMO_OK && c->verb == CONFIG_DELETE)
        return tell_removal(c, status);
    ha_detail(c->subject_details, "state", details_of(c, "state"));
    ha_detail(c->subject_details, "group", details_of(c, "group"));
    ha_detail(c->subject_details, "failback", details_of(c, "failback"));
    if (r == PROXIMO_OK && c->verb == CONFIG_CREATE)
        c->summary = ask_text(&c->ask, "HA looks after %s from now on", c->id);
    if (r == PROXIMO_OK)
        r = check_state(c, status);
    return r == PROXIMO_OK ? foresee(c) : r;
}

static const struct config_kind resource_kind = {
    .what = "HA resource",
    .subject = "guest",
    .subject_member = "vmid",
    .subject_name = "{vmid}",
    .id = "sid",
    .make_id = ha_sid,
    .list = HA_RESOURCES,
    .one = HA_RESOURCES "/{sid}",
    .flags = CONFIG_DIGEST,
    .keys = resource_keys,
    .key_count = sizeof(resource_keys) / sizeof(resource_keys[0]),
    .shown = computed,
    .needs = PROXIMO_TABLE(audit),
    .classes = {"ha.add", "ha.update", "ha.remove"},
    .check = check,
};
CONFIG_FUNCTIONS(resource_add, &resource_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(resource_update, &resource_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(resource_remove, &resource_kind, CONFIG_DELETE)

/* ---- reading one: by the id that the guest's kind makes */

static int32_t read_resource(void *instance, struct proximo_call *call)
{
    return ha_read_one(instance, call, NULL, HA_RESOURCES "/{sid}", "sid", ha_sid, "HA resource");
}

/* ---- the tools */

#define RESOURCE_PARAMS                                                                                      \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "state", .choices = "started,stopped,disabled,ignored",       \
          .description =                                                                                     \
              "What HA is to see to. stopped and disabled shut the guest down; ignored: nothing."),          \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "group", .format = "id",                                  \
              .description = "HA group (Proxmox VE 8 only)."),                                               \
        PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "max_restart", .maximum = 1000,                          \
              .description = "Tries to start it again on its node; without: 1."),                            \
        PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "max_relocate", .maximum = 1000,                         \
              .description = "Other nodes to try after that; without: 1."),                                  \
        PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "failback",                                              \
              .description = "false: it stays where it was taken to (Proxmox VE 9)."),                       \
        PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "auto_rebalance", .api_name = "auto-rebalance",          \
              .description = "false: HA does not move it to even out load (from Proxmox VE 9.2 on)."),       \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "comment", .maximum = 4096,                               \
              .description = "A note kept with it.")

static const struct proximo_param list_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type", .choices = "vm,ct",
          .description = "Only virtual machines or only containers."),
};
static const struct proximo_param guest_params[] = {GUEST_PARAMS};
static const struct proximo_param add_params[] = {GUEST_PARAMS, RESOURCE_PARAMS};
static const struct proximo_param update_params[] = {
    GUEST_PARAMS,
    RESOURCE_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Values to remove: group, comment, max_restart, max_relocate, failback."),
};
static const struct proximo_param remove_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "purge",
          .description = "false: rules go on naming it (Proxmox VE 9). Without: it leaves its rules."),
};

static const struct proximo_column columns[] = {
    COLUMN(.name = "sid"),
    COLUMN(.name = "type"),
    COLUMN(.name = "state"),
    COLUMN(.name = "group"),
    COLUMN(.name = "max_restart"),
    COLUMN(.name = "max_relocate"),
    COLUMN(.name = "failback"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "auto-rebalance", EXTRA),
    COLUMN(.name = "digest", EXTRA),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_ha_resources_list", .title = "HA resources",
     .description = "Lists the guests that high availability (HA) keeps running, with the state that was "
                    "asked for. What HA "
                    "made of it is in pve_ha_status.",
     .params = PROXIMO_TABLE(list_params), .path = HA_RESOURCES, .columns = PROXIMO_TABLE(columns),
     .count_by = "state", .sort_by = "sid", .needs = PROXIMO_TABLE(audit)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS, .name = "pve_ha_resource_get",
     .title = "One HA resource",
     .description =
         "Shows how HA treats one guest: the state that was asked for, restarts, relocations, failback "
         "and group. Values that are not there are Proxmox's defaults.",
     .params = PROXIMO_TABLE(guest_params), .path = HA_RESOURCES, .needs = PROXIMO_TABLE(audit),
     .read = read_resource},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_ha_resource_add", .title = "Put a guest under HA",
     .description = "Adds a guest to HA, which then starts it again when it fails, and on another node when "
                    "its node fails. The "
                    "plan says where that would be and what ties the guest to its node. state stopped or "
                    "disabled shuts it "
                    "down. Undo takes it out again.",
     .params = PROXIMO_TABLE(add_params), .operation_class = "ha.add", .subject = "guest/{vmid}",
     .needs = PROXIMO_TABLE(audit), .plan = resource_add_plan, .plan_undo = resource_add_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ha.remove"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_ha_resource_update",
     .title = "Change an HA resource",
     .description =
         "Changes how HA treats a guest: requested state, restarts, relocations, failback, group. state "
         "stopped or disabled shuts the guest down, started starts it. disabled clears the state error. "
         "Undo writes the values from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "ha.update", .subject = "guest/{vmid}",
     .needs = PROXIMO_TABLE(audit), .plan = resource_update_plan, .plan_undo = resource_update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_ha_resource_remove", .title = "Remove an HA resource",
     .description =
         "Takes a guest out of HA. It stays as it is, running or not, but nobody starts it again when it "
         "or its node fails. On Proxmox VE 9 it leaves its rules as well. Undo adds it again with all "
         "its values and rules.",
     .params = PROXIMO_TABLE(remove_params), .operation_class = "ha.remove", .subject = "guest/{vmid}",
     .needs = PROXIMO_TABLE(audit), .plan = resource_remove_plan, .plan_undo = resource_remove_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ha.add"},
};

#define RESOURCE_SCHEMA                                                                                      \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"},"   \
    "\"sid\":{\"type\":\"string\"},\"state\":{\"type\":\"string\"},\"group\":{\"type\":\"string\"},"         \
    "\"failback\":{\"type\":\"string\"},\"purge\":{\"type\":\"string\"},\"rules\":{\"type\":\"string\"}},"   \
    "\"required\":[\"kind\",\"vmid\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "ha.add", .title = "put a guest under HA",
     .description = "HA starts the guest where it fails, or stops it where that is asked.",
     .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = RESOURCE_SCHEMA,
     .blast = ha_blast_add},
    {ROW(proximo_class), .name = "ha.update", .title = "change how HA treats a guest",
     .description = "HA starts, stops or moves the guest, or treats it otherwise when something fails.",
     .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = RESOURCE_SCHEMA,
     .blast = ha_blast_update},
    {ROW(proximo_class), .name = "ha.remove", .title = "take a guest out of HA",
     .description = "Nobody starts the guest again when it or its node fails.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = RESOURCE_SCHEMA,
     .blast = ha_blast_remove},
};

const struct topic ha_topic_resources = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
