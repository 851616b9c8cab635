/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_agent_info. Everything in these answers was written inside the guest. Source:
 * GET /nodes/{node}/qemu/{vmid}/agent/{get-osinfo,network-get-interfaces,get-fsinfo,get-host-name,get-users,
 * get-time}.
 */
#include "agent.h"

static const struct {
    const char *what, *path;
} questions[] = {
    {"osinfo", AGENT_PATH "get-osinfo"}, {"interfaces", AGENT_PATH "network-get-interfaces"},
    {"fsinfo", AGENT_PATH "get-fsinfo"}, {"hostname", AGENT_PATH "get-host-name"},
    {"users", AGENT_PATH "get-users"},   {"time", AGENT_PATH "get-time"},
};

/* First fit wins: the machine's own "is not running" comes after the agent's. */
struct agent_why agent_why(const char *message)
{
    static const struct {
        const char *words;
        struct agent_why why;
    } meanings[] = {
        {"agent is not running",
         {"its guest agent does not answer: install and start qemu-guest-agent in it", false}},
        {"o QEMU guest agent configured",
         {"the guest agent is off in its options: pve_guest_config_set with agent=1, and its next start, "
          "turn "
          "it on",
          true}},
        {"timeout", {"its guest agent did not answer in time: it hangs, or the guest is very busy", false}},
        {"has been disabled",
         {"its guest agent does not offer this: it is switched off in the guest", false}},
        {"has not been found", {"its guest agent does not offer this: it is too old for it", false}},
        {"not running", {"it is not running", true}},
    };
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strstr(message, meanings[i].words))
            return meanings[i].why;
    }
    return (struct agent_why){message, false};
}

static const char *path_of(const char *what)
{
    for (size_t i = 0; what && i < sizeof(questions) / sizeof(questions[0]); i++) {
        if (strcmp(questions[i].what, what) == 0)
            return questions[i].path;
    }
    return NULL;
}

static int32_t ask_agent(const struct guest *g, const char *path, struct json_object **ret)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, AGENT_PRIVILEGE)};
    const struct proximo_field at[] = {FIELD("node", g->node), FIELD("vmid", g->vmid)};
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = at, .field_count = 2,
                                    .needs = ROWS(need, 1)};
    struct looked looked;
    int32_t r = vm ? ask_look(&g->ask, &get, &looked) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    if (looked.data) {
        *ret = looked.data;
        return PROXIMO_OK;
    }
    if (looked.status != 500) /* no connection, no privilege: the host has words for these */
        return ask_get(&g->ask, &get, json_type_object, ret);
    const struct agent_why why = agent_why(looked.why);
    return g->ask.host->fail(g->ask.call, why.state ? PROXIMO_ESTATE : PROXIMO_EREMOTE, "%s: %s",
                             guest_label(g), why.says);
}

/* The clock comes in nanoseconds. */
static int add_time(struct json_object *answer, struct json_object *result)
{
    return json_object_object_add(answer, "epoch",
                                  json_object_new_int64(json_object_get_int64(result) / 1000000000));
}

static int32_t reply_answer(const struct guest *g, const char *what, struct json_object *data)
{
    struct json_object *answer DROP_JSON = json_object_new_object();
    struct json_object *result = member_of(data, "result");
    if (!result)
        return g->ask.host->fail(g->ask.call, PROXIMO_EPROTO, "the guest agent of %s answered nothing",
                                 guest_label(g));
    if (!answer)
        return PROXIMO_ENOMEM;
    int bad =
        json_object_object_add(answer, "vmid", json_object_new_int64((int64_t)digits_of(g->vmid, 999999999)));
    bad |= json_object_object_add(answer, "what", json_object_new_string(what));
    if (strcmp(what, "time") == 0)
        bad |= add_time(answer, result);
    else
        bad |= json_object_object_add(answer, "answer", json_object_get(result));
    if (bad)
        return PROXIMO_ENOMEM;
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .flags = PROXIMO_CONTENT_UNTRUSTED, .data = json_text(answer)};
    return g->ask.host->reply(g->ask.call, &block, 1);
}

int32_t guests_read_agent_info(void *instance, struct proximo_call *call)
{
    struct guest g;
    struct json_object *data DROP_JSON = NULL;
    int32_t r = guest_open(instance, call, &g);
    const char *what = r == PROXIMO_OK ? ask_argument(&g.ask, "what") : NULL;
    const char *path = path_of(what);
    if (r == PROXIMO_OK && !path)
        r = g.ask.host->fail(call, PROXIMO_EINVAL,
                             "what is one of osinfo, interfaces, fsinfo, hostname, users, time");
    if (r == PROXIMO_OK && guest_is_lxc(&g))
        r = g.ask.host->fail(
            call, PROXIMO_EINVAL,
            "%s has no guest agent, which is for machines; pve_guest_ips shows its addresses",
            guest_label(&g));
    if (r == PROXIMO_OK)
        r = ask_agent(&g, path, &data);
    if (r == PROXIMO_OK)
        r = reply_answer(&g, what, data);
    guest_done(&g);
    return r;
}
