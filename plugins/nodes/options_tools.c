/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tools about the options of the datacenter. Property strings are shown split by GET and taken whole by PUT.
 * Sources: GET, PUT /cluster/options.
 */
#include "options.h"

static const struct proximo_need root_audit[] = {NEED("/", "Sys.Audit")};
static const struct proximo_need root_modify[] = {NEED("/", "Sys.Modify"), NEED("/", "Sys.Audit")};

/* Property strings count as lists: the order of their parts means nothing. */
static const struct config_key options_keys[] = {
    {.name = "bwlimit", .flags = CONFIG_LIST},
    {.name = "consent-text", .flags = CONFIG_REWRITTEN},
    {.name = "console"},
    {.name = "crs", .flags = CONFIG_LIST},
    {.name = "description", .flags = CONFIG_REWRITTEN},
    {.name = "email_from"},
    {.name = "fencing"},
    {.name = "ha", .flags = CONFIG_LIST},
    {.name = "http_proxy"},
    {.name = "keyboard"},
    {.name = "language"},
    {.name = "location", .flags = CONFIG_LIST | CONFIG_SINCE_9},
    {.name = "mac_prefix"},
    {.name = "max_workers"},
    {.name = "migration", .flags = CONFIG_LIST},
    {.name = "migration_unsecure"},
    {.name = "next-id", .flags = CONFIG_LIST},
    {.name = "notify", .flags = CONFIG_LIST},
    {.name = "registered-tags", .flags = CONFIG_LIST},
    {.name = "replication", .flags = CONFIG_LIST | CONFIG_SINCE_9},
    {.name = "tag-style", .flags = CONFIG_LIST},
    {.name = "u2f", .flags = CONFIG_LIST},
    {.name = "user-tag-access", .flags = CONFIG_LIST},
    {.name = "webauthn", .flags = CONFIG_LIST},
};
static const char *const computed[] = {"allowed-tags", NULL};

/*
 * Lists of tags stand inside with semicolons, and GET shows them split, so that they arrive here with commas:
 * what follows a comma and is no "name=value" belongs to the list before it.
 */
static const char *tags_joined(const struct asking *a, const char *value, bool all_tags)
{
    char *text = NULL;
    const size_t size = strlen(value) + 1;
    text = a->host->alloc(a->call, size);
    if (!text)
        return NULL;
    memcpy(text, value, size);
    for (char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ',')) {
        const size_t part = strcspn(comma + 1, ",");
        if (all_tags || !memchr(comma + 1, '=', part))
            *comma = ';';
    }
    return text;
}

static int32_t check(struct config_change *c)
{
    const char *names = NULL;
    for (uint32_t i = 0; i < c->count; i++) {
        struct config_edit *edit = &c->edits[i];
        const bool tags = strcmp(edit->key->name, "registered-tags") == 0;
        if (edit->to && (tags || strcmp(edit->key->name, "user-tag-access") == 0)) {
            edit->to = tags_joined(&c->ask, edit->to, tags);
            if (!edit->to)
                return PROXIMO_ENOMEM;
        }
        if (options_are_logins(edit->key->name))
            c->operation_class = "cluster.options.access";
        names = names ? ask_text(&c->ask, "%s,%s", names, edit->key->name) : edit->key->name;
    }
    if (!names)
        return PROXIMO_OK;
    c->subject_details = json_object_new_object();
    if (!c->subject_details)
        return PROXIMO_ENOMEM;
    json_object_object_add(c->subject_details, "options", json_object_new_string(names));
    return PROXIMO_OK;
}

static const struct config_kind options_kind = {
    .what = "datacenter.cfg",
    .subject = "options",
    .subject_member = "id",
    .subject_name = "datacenter",
    .one = "/cluster/options",
    .flags = CONFIG_SINGLE,
    .keys = options_keys,
    .key_count = sizeof(options_keys) / sizeof(options_keys[0]),
    .shown = computed,
    .needs = PROXIMO_TABLE(root_audit),
    .classes = {"cluster.options", "cluster.options", "cluster.options"},
    .check = check,
};
CONFIG_FUNCTIONS(options_set, &options_kind, CONFIG_UPDATE)

static const struct proximo_param set_params[] = {
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "Options by the API's names; a structured one as its property string: "
                         "{\"migration\": \"type=secure,network=10.0.0.0/24\"}."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Options to remove: Proxmox's default holds again."),
};

/* Without Sys.Audit Proxmox answers with nothing but the tags: that would look as if all were at its default.
 */
static int32_t read_options(void *instance, struct proximo_call *call)
{
    struct plane_instance *plane = instance;
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/options",
                                    .needs = PROXIMO_TABLE(root_audit)};
    struct proximo_answer answer;
    struct json_object *data DROP_JSON = NULL;
    int32_t r = nodes_get(plane, call, &get, &answer, &data);
    if (r < 0)
        return r;
    if (answer.flags & PROXIMO_ANSWER_INCOMPLETE)
        return plane->host->fail(
            call, PROXIMO_EDENIED,
            "the options are shown to those who hold Sys.Audit on /, and this token does "
            "not");
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .flags = PROXIMO_CONTENT_UNTRUSTED, .data = answer.data};
    return plane->host->reply(call, &block, 1);
}

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_cluster_options",
     .title = "Options of the datacenter (migration and more)",
     .description = "Shows the options of the whole datacenter: networks of migration and replication, what "
                    "HA does at a shutdown, bandwidth limits, tags, second factors. What is not shown is at "
                    "Proxmox's default.",
     .needs = PROXIMO_TABLE(root_audit), .read = read_options},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_cluster_options_set",
     .title = "Set options of the datacenter",
     .description = "Sets or removes options that hold for all nodes and guests; the plan says whom each "
                    "concerns and from when. Second factors (u2f, webauthn) can lock people out. Undo "
                    "writes what was there.",
     .params = PROXIMO_TABLE(set_params), .operation_class = "cluster.options",
     .subject = "options/datacenter", .needs = PROXIMO_TABLE(root_modify), .plan = options_set_plan,
     .plan_undo = options_set_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
};

#define OPTIONS_SCHEMA                                                                                       \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"options\"},\"id\":{\"type\":\"string\"},"    \
    "\"options\":{\"type\":\"string\"}},\"required\":[\"kind\",\"id\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "cluster.options", .title = "set options of the datacenter",
     .description = "Defaults and networks that all nodes and guests use.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = OPTIONS_SCHEMA, .blast = options_blast},
    {ROW(proximo_class), .name = "cluster.options.access", .title = "set options of logins and tags",
     .description = "Second factors of logins, and who may set which tags.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_CUTS_OFF | PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = OPTIONS_SCHEMA, .blast = options_blast},
};

const struct topic nodes_topic_options = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
