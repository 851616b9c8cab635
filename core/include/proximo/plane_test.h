/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plane_test.h - a fake host for unit tests of planes: header-only, C99, one test program at a time and one
 * thread.
 *
 *     struct plane_test t;
 *     plane_test_init(&t);
 *     plane_test_argument(&t, "node", "pve1", 1);
 *     plane_test_answer(&t, "/nodes/pve1/status", 200, "{\"uptime\":5}");
 *     int32_t r = plane_test_read(&t, &plane, "hello_uptime");   opens the plane, calls the tool's function
 *     ... t.reply[0].data, t.fail_code, t.fail_text, t.asked[] ...
 *     plane_test_done(&t);
 *
 * Plan and blast functions the same way; what they told is kept as JSON, one text an entry, with the members
 * of a draft (docs/planes.md) in the order of the structs of plane.h, absent when 0 or NULL:
 *
 *     plane_test_secret(&t, "password");                     the argument is {"secret":true}
 *     r = plane_test_plan(&t, &plane, "hello_stop");
 *     plane_test_told(&t, "steps", 0)        {"kind":1,"flags":1,"method":"POST","path":"/nodes/{node}/...",
 *                                             "params":[{"name":"node","value":"pve1"}]}, or NULL
 *     plane_test_told_count(&t, "guards")    also: facts risks steps always postcondition subjects affected
 *                                            incomplete, and once each summary and undo
 *     r = plane_test_plan_undo(&t, &plane, "hello_stop", "{\"before\":[...],...}");
 *     r = plane_test_blast(&t, &plane, "hello.stop", "{\"kind\":\"guest\",\"vmid\":105}");
 *
 * What a read tells is kept in the lists findings and incomplete.
 *
 * Resources and prompts as reads; what is said to the client is kept in the lists asks, logs, shown, updated:
 *
 *     r = plane_test_resource(&t, &plane, "hello_note");     and plane_test_prompt; by the resource's name
 *     plane_test_offer(&t, PROXIMO_ASK_ELICITATION);         what the client offers; else PROXIMO_ECAPABILITY
 *     r = plane_test_read(&t, &plane, "hello_pick");         PROXIMO_EINPUT: it asked, and nobody answered
 *     plane_test_told(&t, "asks", 0)         {"kind":1,"key":"which","params":{...}}
 *     plane_test_client_answer(&t, "which", "{\"action\":\"decline\"}");
 *     r = plane_test_read(&t, &plane, "hello_pick");         from the beginning, with the answer
 *     t.ungranted = 1;                                       as without client_requests: PROXIMO_EDENIED
 *
 * Executors: what they connect to and spawn comes from the test's own callbacks, or is refused.
 *
 *     t.connect = my_socketpair;                             and t.spawn, t.ended_status, t.ended_signal
 *     plane_test_material(&t, "known_hosts", "...", 3);
 *     plane_test_exec_secret(&t, "value", 5);                what secret_stdin gives
 *     struct proximo_text argv[] = {{"uptime", 6}};
 *     r = plane_test_exec(&t, &plane, "ssh", "{\"node\":\"pve1\"}", argv, 1);
 *     ... t.output[1], t.said == PLANE_TEST_EXITED, t.exit_status, t.exit_signal, t.contradicted ...
 *     plane_test_told(&t, "spawns", 0)       {"program":"ssh","argv":["ssh","-x"]}; also connects
 *
 * The fake refuses what is out of place (PROXIMO_ENOSYS) and the plainest mistakes (PROXIMO_EINVAL: no path,
 * {x} without a field, a method that is none, an unknown flag); the host refuses more.
 *
 * Include it before cmocka.h, whose macro fail() hides host->fail().
 *
 * Paths are filled in as the host does it ({x} from the fields, percent-encoded), the other fields follow as
 * "?a=b&c=d". Everything handed to the plane lives until plane_test_done; everything the plane hands over is
 * copied at once.
 */
#ifndef PROXIMO_PLANE_TEST_H
#define PROXIMO_PLANE_TEST_H

#include "proximo/plane_test_base.h"
#include "proximo/plane_test_client.h"
#include "proximo/plane_test_exec.h"
#include "proximo/plane_test_plan.h"

PLANE_TEST_FN int32_t plane_test_arguments(struct proximo_call *call, struct proximo_text *ret_json)
{
    struct plane_test *t = call->test;
    size_t size = 3, len = 0;
    uint32_t i;
    for (i = 0; i < t->argument_count; i++)
        size += strlen(t->arguments[i].name) + strlen(t->arguments[i].text) + 8;
    char *json = (char *)plane_test_keep(t, size);
    if (!json)
        return PROXIMO_ENOMEM;
    json[len++] = '{';
    for (i = 0; i < t->argument_count; i++) {
        const char *quote = t->arguments[i].quoted ? "\"" : "";
        len += (size_t)snprintf(json + len, size - len, "%s\"%s\":%s%s%s", i ? "," : "", t->arguments[i].name,
                                quote, t->arguments[i].text, quote);
    }
    json[len++] = '}';
    ret_json->ptr = json;
    ret_json->len = len;
    return 0;
}

PLANE_TEST_FN int32_t plane_test_argument_of(struct proximo_call *call, const char *name,
                                             struct proximo_text *ret_text)
{
    struct plane_test *t = call->test;
    for (uint32_t i = 0; i < t->argument_count; i++)
        if (strcmp(t->arguments[i].name, name) == 0) {
            ret_text->ptr = t->arguments[i].text;
            ret_text->len = strlen(t->arguments[i].text);
            return 0;
        }
    return PROXIMO_ENOTFOUND;
}

PLANE_TEST_FN int32_t plane_test_reply(struct proximo_call *call, const struct proximo_content *blocks,
                                       uint32_t count)
{
    struct plane_test *t = call->test;
    if (!plane_test_replies(t))
        return PROXIMO_ENOSYS;
    t->replies++;
    for (uint32_t i = 0; i < count && t->reply_count < PLANE_TEST_MOST; i++, t->reply_count++) {
        t->reply[t->reply_count].type = blocks[i].type;
        t->reply[t->reply_count].flags = blocks[i].flags;
        t->reply[t->reply_count].data = plane_test_copy(t, blocks[i].data.ptr, blocks[i].data.len);
        t->reply[t->reply_count].len = blocks[i].data.len;
        t->reply[t->reply_count].note = plane_test_copy(t, blocks[i].note.ptr, blocks[i].note.len);
    }
    return t->replies > 1 ? PROXIMO_EINVAL : 0;
}

PROXIMO_PRINTF(3, 4)
PLANE_TEST_FN int32_t plane_test_fail(struct proximo_call *call, int32_t code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(call->test->fail_text, sizeof(call->test->fail_text), format, ap);
    va_end(ap);
    call->test->fail_code = code;
    return code;
}

PROXIMO_PRINTF(3, 4)
PLANE_TEST_FN void plane_test_log(struct proximo_call *call, uint32_t level, const char *format, ...)
{
    va_list ap;
    (void)call;
    (void)fprintf(stderr, "plane log %u: ", (unsigned)level);
    va_start(ap, format);
    (void)vfprintf(stderr, format, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
}

PLANE_TEST_FN int32_t plane_test_config(struct proximo_text *ret_json)
{
    ret_json->ptr = plane_test_now && plane_test_now->config ? plane_test_now->config : "{}";
    ret_json->len = strlen(ret_json->ptr);
    return 0;
}

PLANE_TEST_FN int32_t plane_test_site(struct proximo_call *call, struct proximo_site *ret_site)
{
    const char *version = call->test->version ? call->test->version : "9.2.3";
    ret_site->kind = call->test->site_kind ? call->test->site_kind : PROXIMO_SITE_PVE;
    ret_site->name.ptr = "test";
    ret_site->name.len = 4;
    ret_site->version.ptr = version;
    ret_site->version.len = strlen(version);
    if (ret_site->struct_size >= sizeof(*ret_site)) {
        const char *token = call->test->token ? call->test->token : "";
        const char *reached = call->test->reached ? call->test->reached : "";
        ret_site->token.ptr = token;
        ret_site->token.len = strlen(token);
        ret_site->reached_json.ptr = reached;
        ret_site->reached_json.len = strlen(reached);
    }
    return 0;
}

PLANE_TEST_FN int32_t plane_test_sites(struct proximo_call *call, struct proximo_text *ret_json)
{
    const char *sites = call->test->sites ? call->test->sites : "[{\"name\":\"test\",\"kind\":\"pve\"}]";
    ret_json->ptr = sites;
    ret_json->len = strlen(sites);
    return 0;
}

PLANE_TEST_FN void plane_test_encode(char *into, size_t size, size_t *len, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        int plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
        if (*len + 4 < size)
            *len += (size_t)snprintf(into + *len, size - *len, plain ? "%c" : "%%%02X", c);
    }
}

/* The request of a path template and its fields, recorded and looked up among the answers. */
PLANE_TEST_FN int32_t plane_test_ask(struct plane_test *t, const char *path,
                                     const struct proximo_field *fields, uint32_t count,
                                     struct proximo_answer *ret)
{
    char url[2048], used[PLANE_TEST_MOST] = {0};
    size_t len = 0, before;
    uint32_t i;
    for (; *path && len + 1 < sizeof(url); path++) {
        const char *end = *path == '{' ? strchr(path, '}') : NULL;
        if (!end) {
            url[len++] = *path;
            continue;
        }
        for (i = 0; i < count; i++)
            if (strlen(fields[i].name) == (size_t)(end - path) - 1 &&
                memcmp(fields[i].name, path + 1, strlen(fields[i].name)) == 0)
                break;
        if (i == count || i >= PLANE_TEST_MOST)
            return PROXIMO_EINVAL;
        used[i] = 1;
        plane_test_encode(url, sizeof(url), &len, fields[i].value);
        path = end;
    }
    url[len] = '\0';
    before = len;
    for (i = 0; i < count && i < PLANE_TEST_MOST; i++)
        if (!used[i] && len + 2 < sizeof(url)) {
            url[len] = len == before ? '?' : '&';
            len++;
            plane_test_encode(url, sizeof(url), &len, fields[i].name);
            url[len++] = '=';
            plane_test_encode(url, sizeof(url), &len, fields[i].value);
            url[len] = '\0';
        }
    if (t->asked_count < PLANE_TEST_MOST)
        t->asked[t->asked_count++] = plane_test_copy(t, url, len);
    ret->flags = 0;
    ret->message.ptr = "";
    ret->message.len = 0;
    for (i = 0; i < t->answer_count; i++)
        if (strcmp(t->answers[i].path, url) == 0) {
            ret->status = t->answers[i].status;
            ret->flags = t->answers[i].flags;
            ret->data.ptr = t->answers[i].data;
            ret->data.len = strlen(t->answers[i].data);
            return 0;
        }
    ret->status = 501;
    ret->data.ptr = "";
    ret->data.len = 0;
    return 0;
}

/* Of another site as "SITE:/path"; for the whole answer as "whole:/path". */
PLANE_TEST_FN int32_t plane_test_ask_site(struct plane_test *t, const struct proximo_get *get,
                                          struct proximo_answer *ret)
{
    char path[1100];
    (void)snprintf(path, sizeof(path), "%s%s%s%.1000s", get->site ? get->site : "", get->site ? ":" : "",
                   get->flags & PROXIMO_GET_WHOLE ? "whole:" : "", get->path);
    return plane_test_ask(t, path, get->fields, get->field_count, ret);
}

PLANE_TEST_FN int32_t plane_test_get(struct proximo_call *call, const struct proximo_get *get,
                                     struct proximo_answer *ret)
{
    if (call->test->cancelled)
        return PROXIMO_ECANCELLED;
    int32_t r = plane_test_ask_site(call->test, get, ret);
    if (r || ret->status < 400 || (get->flags & PROXIMO_GET_TOLERATE))
        return r;
    return ret->status == 403 || ret->status == 401 ? PROXIMO_EDENIED
           : ret->status == 404                     ? PROXIMO_ENOTFOUND
                                                    : PROXIMO_EREMOTE;
}

PLANE_TEST_FN int32_t plane_test_get_many(struct proximo_call *call, const struct proximo_get *gets,
                                          uint32_t count, struct proximo_answer *ret)
{
    if (call->test->cancelled)
        return PROXIMO_ECANCELLED;
    for (uint32_t i = 0; i < count; i++) {
        int32_t r = plane_test_ask_site(call->test, &gets[i], &ret[i]);
        if (r)
            return r;
    }
    return 0;
}

/* Answered from "probe:NAME". */
PLANE_TEST_FN int32_t plane_test_probe(struct proximo_call *call, const char *name,
                                       const struct proximo_field *params, uint32_t count,
                                       struct proximo_answer *ret)
{
    char path[80];
    if (call->test->cancelled)
        return PROXIMO_ECANCELLED;
    (void)snprintf(path, sizeof(path), "probe:%.60s", name);
    return plane_test_ask(call->test, path, params, count, ret);
}

PLANE_TEST_FN int32_t plane_test_permission(struct proximo_call *call, const char *path,
                                            const char *privilege)
{
    (void)path;
    (void)privilege;
    return call->test->cancelled ? PROXIMO_ECANCELLED : !call->test->denied;
}

PLANE_TEST_FN int32_t plane_test_memo_get(struct proximo_call *call, const char *key,
                                          struct proximo_text *ret_data)
{
    (void)call;
    (void)key;
    (void)ret_data;
    return PROXIMO_ENOTFOUND; /* a cache that has forgotten is a cache */
}

PLANE_TEST_FN int32_t plane_test_memo_set(struct proximo_call *call, const char *key,
                                          struct proximo_text data)
{
    (void)call;
    (void)key;
    (void)data;
    return 0;
}

PLANE_TEST_FN int32_t plane_test_is_cancelled(struct proximo_call *call)
{
    return call->test->cancelled != 0;
}

PLANE_TEST_FN int64_t plane_test_deadline_ms(struct proximo_call *call)
{
    (void)call;
    return 60000;
}

PLANE_TEST_FN int32_t plane_test_progress(struct proximo_call *call, uint32_t done, uint32_t total,
                                          const char *message)
{
    (void)done;
    (void)total;
    (void)message;
    return call->test->cancelled ? PROXIMO_ECANCELLED : 0;
}

PLANE_TEST_FN int32_t plane_test_untrusted(struct proximo_call *call, struct proximo_text raw,
                                           struct proximo_text *ret_text)
{
    ret_text->ptr = plane_test_copy(call->test, raw.ptr, raw.len);
    ret_text->len = raw.len;
    return 0;
}

/* The fake table. Members that this header does not fake are NULL: a test that reaches one crashes at its
 * line. */
PLANE_TEST_FN const struct proximo_host *plane_test_host(void)
{
    static struct proximo_host fake;
    fake.struct_size = (uint32_t)sizeof(fake);
    fake.abi_major = PROXIMO_ABI_MAJOR;
    fake.abi_minor = PROXIMO_ABI_MINOR;
    fake.features = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_EXECUTORS |
                    PROXIMO_FEATURE_RESOURCES | PROXIMO_FEATURE_CLIENT;
    fake.alloc = plane_test_alloc;
    fake.arguments = plane_test_arguments;
    fake.argument = plane_test_argument_of;
    fake.secret = plane_test_secret_of;
    fake.reply = plane_test_reply;
    fake.fail = plane_test_fail;
    fake.log = plane_test_log;
    fake.config = plane_test_config;
    fake.site = plane_test_site;
    fake.get = plane_test_get;
    fake.get_many = plane_test_get_many;
    fake.probe = plane_test_probe;
    fake.permission = plane_test_permission;
    fake.memo_get = plane_test_memo_get;
    fake.memo_set = plane_test_memo_set;
    fake.cancelled = plane_test_is_cancelled;
    fake.deadline_ms = plane_test_deadline_ms;
    fake.progress = plane_test_progress;
    fake.untrusted = plane_test_untrusted;
    fake.change = plane_test_change;
    fake.fact = plane_test_fact;
    fake.risk = plane_test_risk;
    fake.guard = plane_test_guard;
    fake.step = plane_test_step;
    fake.always = plane_test_always;
    fake.postcondition = plane_test_postcondition;
    fake.undo = plane_test_undo;
    fake.subject = plane_test_subject;
    fake.affected = plane_test_affected;
    fake.incomplete = plane_test_incomplete;
    fake.finding = plane_test_finding;
    fake.can_ask = plane_test_can_ask;
    fake.ask = plane_test_ask_client;
    fake.client_log = plane_test_client_log;
    fake.show = plane_test_show;
    fake.updated = plane_test_updated;
    fake.connect = plane_test_connect;
    fake.spawn = plane_test_spawn;
    fake.material = plane_test_material_of;
    fake.secret_stdin = plane_test_secret_stdin;
    fake.output = plane_test_output;
    fake.exited = plane_test_exited;
    fake.outcome_unknown = plane_test_outcome_unknown;
    fake.ended = plane_test_ended;
    fake.sites = plane_test_sites;
    return &fake;
}

PLANE_TEST_FN void plane_test_init(struct plane_test *t)
{
    memset(t, 0, sizeof(*t));
    t->call.test = t;
    plane_test_now = t;
}

/* quoted: the argument is a string in the JSON; otherwise text is JSON itself. */
PLANE_TEST_FN void plane_test_argument(struct plane_test *t, const char *name, const char *text, int quoted)
{
    if (t->argument_count == PLANE_TEST_MOST)
        abort();
    t->arguments[t->argument_count].name = plane_test_copy(t, name, strlen(name));
    t->arguments[t->argument_count].text = plane_test_copy(t, text, strlen(text));
    t->arguments[t->argument_count++].quoted = quoted;
}

/* A secret argument: its value is in nobody's hands. */
PLANE_TEST_FN void plane_test_secret(struct plane_test *t, const char *name)
{
    plane_test_argument(t, name, "{\"secret\":true}", 0);
    t->arguments[t->argument_count - 1].secret = 1;
}

/* The client can be asked for this (PROXIMO_ASK_...); others are PROXIMO_ECAPABILITY. */
PLANE_TEST_FN void plane_test_offer(struct plane_test *t, uint32_t kind)
{
    if (kind >= 4)
        abort();
    t->offered[kind] = 1;
}

/* What the client answers to the question of this key: the JSON of its result. */
PLANE_TEST_FN void plane_test_client_answer(struct plane_test *t, const char *key, const char *json)
{
    if (t->result_count == PLANE_TEST_MOST)
        abort();
    t->results[t->result_count].key = plane_test_copy(t, key, strlen(key));
    t->results[t->result_count++].json = plane_test_copy(t, json, strlen(json));
}

/* The index-th entry of a list that the last function told, as JSON; NULL: there are not so many. */
PLANE_TEST_FN const char *plane_test_told(const struct plane_test *t, const char *list, uint32_t index)
{
    for (uint32_t i = 0; i < t->told_count; i++)
        if (strcmp(t->told[i].list, list) == 0 && index-- == 0)
            return t->told[i].json;
    return NULL;
}

PLANE_TEST_FN uint32_t plane_test_told_count(const struct plane_test *t, const char *list)
{
    uint32_t count = 0;
    while (plane_test_told(t, list, count))
        count++;
    return count;
}

/* What a request for path ("/a/b?c=d") is answered with: status and the JSON of "data". Others get 501. */
PLANE_TEST_FN void plane_test_answer(struct plane_test *t, const char *path, int32_t status, const char *data)
{
    if (t->answer_count == PLANE_TEST_MOST)
        abort();
    t->answers[t->answer_count].path = plane_test_copy(t, path, strlen(path));
    t->answers[t->answer_count].data = plane_test_copy(t, data, strlen(data));
    t->answers[t->answer_count++].status = status;
}

/* The answer to this path is filtered (PROXIMO_ANSWER_INCOMPLETE): a privilege for a full one is not held. */
PLANE_TEST_FN void plane_test_filtered(struct plane_test *t, const char *path)
{
    uint32_t i = 0;
    while (i < t->answer_count && strcmp(t->answers[i].path, path) != 0)
        i++;
    if (i == t->answer_count)
        abort();
    t->answers[i].flags = PROXIMO_ANSWER_INCOMPLETE;
}

/* Calls the function of an opened plane. */
PLANE_TEST_FN int32_t plane_test_call(struct plane_test *t, const struct proximo_plane *tested,
                                      void *instance, const char *name, struct proximo_text input)
{
    const struct proximo_read *read_rows = (const struct proximo_read *)tested->reads.rows;
    const struct proximo_change *change_rows = (const struct proximo_change *)tested->changes.rows;
    const struct proximo_class *class_rows = (const struct proximo_class *)tested->classes.rows;
    const struct proximo_resource *resource_rows = (const struct proximo_resource *)tested->resources.rows;
    const struct proximo_prompt *prompt_rows = (const struct proximo_prompt *)tested->prompts.rows;
    const struct proximo_executor *executor_rows = (const struct proximo_executor *)tested->executors.rows;
    uint32_t i;
    for (i = 0; t->kind == PLANE_TEST_READ && i < tested->reads.count; i++)
        if (strcmp(read_rows[i].name, name) == 0 && read_rows[i].read)
            return read_rows[i].read(instance, &t->call);
    for (i = 0; t->kind == PLANE_TEST_PLAN && i < tested->changes.count; i++)
        if (strcmp(change_rows[i].name, name) == 0 && change_rows[i].plan)
            return change_rows[i].plan(instance, &t->call);
    for (i = 0; t->kind == PLANE_TEST_UNDO && i < tested->changes.count; i++)
        if (strcmp(change_rows[i].name, name) == 0 && change_rows[i].plan_undo)
            return change_rows[i].plan_undo(instance, &t->call, input);
    for (i = 0; t->kind == PLANE_TEST_BLAST && i < tested->classes.count; i++)
        if (strcmp(class_rows[i].name, name) == 0 && class_rows[i].blast)
            return class_rows[i].blast(instance, &t->call, input);
    for (i = 0; t->kind == PLANE_TEST_RESOURCE && i < tested->resources.count; i++)
        if (strcmp(resource_rows[i].name, name) == 0 && resource_rows[i].read)
            return resource_rows[i].read(instance, &t->call);
    for (i = 0; t->kind == PLANE_TEST_PROMPT && i < tested->prompts.count; i++)
        if (strcmp(prompt_rows[i].name, name) == 0 && prompt_rows[i].get)
            return prompt_rows[i].get(instance, &t->call);
    for (i = 0; t->kind == PLANE_TEST_EXEC && i < tested->executors.count; i++)
        if (strcmp(executor_rows[i].name, name) == 0 && executor_rows[i].run)
            return executor_rows[i].run(instance, &t->call, &t->exec);
    return PROXIMO_ENOTFOUND;
}

PLANE_TEST_FN int32_t plane_test_run(struct plane_test *t, const struct proximo_plane *tested, int kind,
                                     const char *name, const char *input)
{
    void *instance = NULL;
    struct proximo_text text = {input, input ? strlen(input) : 0};
    int32_t r = tested->open ? tested->open(plane_test_host(), &instance) : 0;
    t->kind = kind;
    t->told_count = 0;
    if (r == 0 && tested->ready)
        r = tested->ready(instance);
    if (r == 0)
        r = plane_test_call(t, tested, instance, name, text);
    if (tested->stop)
        tested->stop(instance);
    if (tested->close)
        tested->close(instance);
    return r;
}

/* Opens the plane, calls the function of its read `tool`, stops and closes it. The function's result, or
 * PROXIMO_ENOTFOUND. */
PLANE_TEST_FN int32_t plane_test_read(struct plane_test *t, const struct proximo_plane *tested,
                                      const char *tool)
{
    return plane_test_run(t, tested, PLANE_TEST_READ, tool, NULL);
}

/* The same for the function of a resource or a prompt, by its name. */
PLANE_TEST_FN int32_t plane_test_resource(struct plane_test *t, const struct proximo_plane *tested,
                                          const char *name)
{
    return plane_test_run(t, tested, PLANE_TEST_RESOURCE, name, NULL);
}

PLANE_TEST_FN int32_t plane_test_prompt(struct plane_test *t, const struct proximo_plane *tested,
                                        const char *name)
{
    return plane_test_run(t, tested, PLANE_TEST_PROMPT, name, NULL);
}

/* The same for the plan function of a change. What an earlier function told is forgotten. */
PLANE_TEST_FN int32_t plane_test_plan(struct plane_test *t, const struct proximo_plane *tested,
                                      const char *tool)
{
    return plane_test_run(t, tested, PLANE_TEST_PLAN, tool, NULL);
}

PLANE_TEST_FN int32_t plane_test_plan_undo(struct plane_test *t, const struct proximo_plane *tested,
                                           const char *tool, const char *record_json)
{
    return plane_test_run(t, tested, PLANE_TEST_UNDO, tool, record_json);
}

PLANE_TEST_FN int32_t plane_test_blast(struct plane_test *t, const struct proximo_plane *tested,
                                       const char *operation_class, const char *subject_json)
{
    return plane_test_run(t, tested, PLANE_TEST_BLAST, operation_class, subject_json);
}

/* The same for an executor, by its name. What an earlier run did is forgotten. */
PLANE_TEST_FN int32_t plane_test_exec(struct plane_test *t, const struct proximo_plane *tested,
                                      const char *executor, const char *target_json,
                                      const struct proximo_text *argv, uint32_t argc)
{
    memset(&t->exec, 0, sizeof(t->exec));
    t->exec.struct_size = (uint32_t)sizeof(t->exec);
    t->exec.argc = argc;
    t->exec.argv = argv;
    t->exec.target_json.ptr = target_json;
    t->exec.target_json.len = strlen(target_json);
    t->exec.stdin_secret_id = t->secret.ptr ? 1 : 0;
    t->exec.deadline_ms = 60000;
    t->exec.output_limit = 65536;
    t->spawned = t->secret_given = t->said = t->contradicted = 0;
    memset(t->output, 0, sizeof(t->output));
    return plane_test_run(t, tested, PLANE_TEST_EXEC, executor, NULL);
}

PLANE_TEST_FN void plane_test_done(struct plane_test *t)
{
    while (t->memory_count)
        free(t->memory[--t->memory_count]);
    memset(t, 0, sizeof(*t));
    if (plane_test_now == t)
        plane_test_now = 0;
}

#endif
