/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every tool of every built-in plane is called with every sample of every argument. Each request it makes, by
 * a row or from a function, must be one that the API description of Proxmox VE (or Backup Server) takes:
 * method, path, names, types, choices, required ones. The descriptions lie beside the project (PROXIMO_SHARED
 * or ../shared); without them the test says so.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/argument_inner.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"
#include "samples.h"
#include "tests/unit/reads/fake_http.h"

#define PLANES_MAX 16
#define S(text)    ((char *)(uintptr_t)(text))

/* The last one is for the planes of Backup Servers, the others for the rest. */
static const char *const versions[] = {"pve-9.2.json", "pve-8.4.json", "pbs-4.2.json"};
#define VERSIONS 3u
#define PBS      2u
static struct api *apis[VERSIONS];
static bool for_pbs;     /* the call in progress is to a Backup Server */
static char fault[1024]; /* the first one of the call in progress */
static size_t request_total;
static char loading[64];    /* the plane that is being opened */
static const char *release; /* of the tool that is being called, where only one has its requests */

/* ---- the server: checks and gives the emptiest answer of the right type */

static char *serve(const struct http_request *request, int *ret_status)
{
    const char *returns = "null";
    char why[700];
    request_total++;
    for (size_t i = for_pbs ? PBS : 0; i < (for_pbs ? VERSIONS : PBS); i++) {
        if (i == 1 && sample_is_of_9(request->path))
            continue;
        if (apis[i] && !(release && !for_pbs && (*release == '8') != (i == 1)) &&
            api_check(apis[i], request, why, sizeof(why), &returns) < 0 && !fault[0])
            snprintf(fault, sizeof(fault), "%s: %s", versions[i], why);
    }
    *ret_status = 200;
    const char *known = sample_answer(request->path, returns, for_pbs);
    if (known)
        return strdup(known);
    if (strcmp(returns, "array") == 0)
        return strdup("{\"data\":[]}");
    if (strcmp(returns, "object") == 0)
        return strdup("{\"data\":{\"a\":1}}");
    if (strcmp(returns, "integer") == 0)
        return strdup("{\"data\":\"102\"}");
    return strdup("{\"data\":\"x\"}");
}

/* ---- a plane's host, as far as read functions go */

struct proximo_call {
    const struct plane_call *request;
    struct json_object *arguments;
    struct plane_reply reply;
    char words[512];
    void *arena[256];
    size_t arena_count;
};

static void *host_alloc(struct proximo_call *call, uint64_t size)
{
    if (call->arena_count == 256)
        return NULL;
    return call->arena[call->arena_count++] = calloc(1, size ? size : 1);
}

static struct proximo_text keep(struct proximo_call *call, const char *text, size_t len)
{
    char *copy = host_alloc(call, len + 1);
    memcpy(copy, text, len);
    return (struct proximo_text){copy, len};
}

static int32_t host_arguments(struct proximo_call *call, struct proximo_text *ret)
{
    const char *text = json_object_to_json_string(call->arguments);
    *ret = (struct proximo_text){text, strlen(text)};
    return 0;
}

static int32_t host_argument(struct proximo_call *call, const char *name, struct proximo_text *ret)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(call->arguments, name, &value) || !value)
        return PROXIMO_ENOTFOUND;
    const char *text = json_object_get_string(value);
    *ret = (struct proximo_text){text, strlen(text)};
    return 0;
}

__attribute__((format(printf, 3, 4))) static int32_t host_fail(struct proximo_call *call, int32_t code,
                                                               const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(call->words, sizeof(call->words), format, ap);
    va_end(ap);
    return code;
}

static char *text_copy(struct proximo_text text)
{
    return text.len ? strndup(text.ptr, text.len) : NULL;
}

static int32_t host_reply(struct proximo_call *call, const struct proximo_content *blocks, uint32_t count)
{
    call->reply.blocks = calloc(count, sizeof(*call->reply.blocks));
    call->reply.count = count;
    for (uint32_t i = 0; i < count; i++)
        call->reply.blocks[i] = (struct reply_block){.type = blocks[i].type,
                                                     .flags = blocks[i].flags,
                                                     .data = text_copy(blocks[i].data),
                                                     .data_len = blocks[i].data.len,
                                                     .name = text_copy(blocks[i].name),
                                                     .note = text_copy(blocks[i].note)};
    return 0;
}

/* {names} of the path from the fields; what is left is the query. */
static int32_t host_get(struct proximo_call *call, const struct proximo_get *get, struct proximo_answer *ret)
{
    struct buf path = BUF_INIT(2048);
    struct http_field query[32];
    size_t query_count = 0;
    bool used[32] = {false};
    for (const char *at = get->path; *at;) {
        size_t plain = strcspn(at, "{");
        buf_add(&path, at, plain);
        at += plain;
        if (!*at)
            break;
        size_t len = strcspn(at, "}");
        for (uint32_t i = 0; i < get->field_count; i++) {
            if (strlen(get->fields[i].name) == len - 1 &&
                strncmp(get->fields[i].name, at + 1, len - 1) == 0) {
                buf_percent(&path, get->fields[i].value, strlen(get->fields[i].value));
                used[i] = true;
            }
        }
        at += len + 1;
    }
    for (uint32_t i = 0; i < get->field_count; i++) {
        if (!used[i])
            query[query_count++] =
                (struct http_field){get->fields[i].name, get->fields[i].value, strlen(get->fields[i].value)};
    }
    struct site_call site_call = {.deadline_ms = clock_ms() + 5000};
    struct site_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    int r = site_get(call->request->site, &site_call, path.data, query, query_count, false, &answer, &p);
    buf_done(&path);
    if (r < 0)
        return host_fail(call, PROXIMO_EREMOTE, "%s", p.cause);
    struct json_object *data = NULL;
    json_object_object_get_ex(answer.body, "data", &data);
    const char *text = json_object_to_json_string(get->flags & PROXIMO_GET_WHOLE ? answer.body : data);
    ret->status = answer.status;
    ret->data = keep(call, text, strlen(text));
    site_answer_done(&answer);
    return 0;
}

static int32_t host_get_many(struct proximo_call *call, const struct proximo_get *gets, uint32_t count,
                             struct proximo_answer *ret)
{
    int32_t r = 0;
    for (uint32_t i = 0; r == 0 && i < count; i++)
        r = host_get(call, &gets[i], &ret[i]);
    return r;
}

static int64_t host_deadline_ms(struct proximo_call *call)
{
    (void)call;
    return 5000;
}

static int32_t host_site(struct proximo_call *call, struct proximo_site *ret)
{
    (void)call;
    ret->kind = for_pbs ? PROXIMO_SITE_PBS : PROXIMO_SITE_PVE;
    ret->name = (struct proximo_text){"lab", 3};
    ret->version = (struct proximo_text){for_pbs ? "4.2.1" : release ? release : "9.2.3", 5};
    return 0;
}

static int32_t host_permission(struct proximo_call *call, const char *path, const char *privilege)
{
    (void)call;
    (void)path;
    (void)privilege;
    return 1;
}

static int32_t host_progress(struct proximo_call *call, uint32_t done, uint32_t total, const char *message)
{
    (void)call;
    (void)done;
    (void)total;
    (void)message;
    return 0;
}

static int32_t host_untrusted(struct proximo_call *call, struct proximo_text raw, struct proximo_text *ret)
{
    *ret = keep(call, raw.ptr, raw.len);
    return 0;
}

static int32_t host_incomplete(struct proximo_call *call, const char *what, const char *why)
{
    return call && what && why ? 0 : PROXIMO_EINVAL;
}

static int32_t host_finding(struct proximo_call *call, const struct proximo_finding *finding)
{
    return call && finding->title.len ? 0 : PROXIMO_EINVAL;
}

static int32_t host_cancelled(struct proximo_call *call)
{
    (void)call;
    return 0;
}

/* The plane of commands does nothing for a guest that its lists do not name. */
static int32_t host_config(struct proximo_text *ret_json)
{
    static const char section[] = "{\"ct\":[\"*\"],\"vm\":[\"*\"]}";
    *ret_json = strcmp(loading, "exec") == 0 ? (struct proximo_text){section, sizeof(section) - 1}
                                             : (struct proximo_text){"{}", 2};
    return 0;
}

__attribute__((format(printf, 3, 4))) static void host_log(struct proximo_call *call, uint32_t level,
                                                           const char *format, ...)
{
    va_list ap;
    (void)call;
    (void)level;
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
}

/* A command that said nothing, or a dry run that found nothing: no request of the API. */
static int32_t host_probe(struct proximo_call *call, const char *name, const struct proximo_field *fields,
                          uint32_t count, struct proximo_answer *ret)
{
    static const char silent[] = "{\"exit_status\":0,\"signal\":null,\"end\":\"exited\",\"stdout\":\"\","
                                 "\"stderr\":\"\",\"truncated\":false}";
    assert_non_null(name);
    assert_true(fields && count);
    ret->status = 200;
    ret->data = strncmp(name, "pbs_", 4) == 0 ? keep(call, "[]", 2) : keep(call, silent, sizeof(silent) - 1);
    return 0;
}

static const struct proximo_host host = {.struct_size = sizeof(host),
                                         .config = host_config,
                                         .log = host_log,
                                         .probe = host_probe,
                                         .alloc = host_alloc,
                                         .arguments = host_arguments,
                                         .argument = host_argument,
                                         .fail = host_fail,
                                         .reply = host_reply,
                                         .get = host_get,
                                         .get_many = host_get_many,
                                         .site = host_site,
                                         .permission = host_permission,
                                         .progress = host_progress,
                                         .untrusted = host_untrusted,
                                         .incomplete = host_incomplete,
                                         .finding = host_finding,
                                         .cancelled = host_cancelled,
                                         .deadline_ms = host_deadline_ms};

struct loaded {
    const struct proximo_plane *plane;
    struct plane_info *info;
    void *instance;
};
static struct loaded planes[PLANES_MAX];
static size_t plane_count;

int __wrap_planes_call(struct planes *unused, const struct plane_call *request, struct plane_reply *ret,
                       struct problem *p);
int __wrap_planes_call(struct planes *unused, const struct plane_call *request, struct plane_reply *ret,
                       struct problem *p)
{
    (void)unused;
    struct proximo_call call = {.request = request};
    const struct loaded *in = planes;
    while (in->info != request->tool->plane)
        in++;
    assert_int_equal(
        json_parse(request->arguments_json, strlen(request->arguments_json), &call.arguments, NULL), 0);
    const struct proximo_read *read =
        (const struct proximo_read *)in->plane->reads.rows + request->tool->index;
    assert_string_equal(read->name, request->tool->name);
    int32_t code = read->read(in->instance, &call);
    for (size_t i = 0; i < call.arena_count; i++)
        free(call.arena[i]);
    json_object_put(call.arguments);
    if (code < 0)
        return problem_set(p, -5, PX_PLANE, "%d: %s", (int)code, call.words);
    *ret = call.reply;
    return 0;
}

/* ---- loading */

static void load_plane(const char *folder, const char *file)
{
    char path[1200];
    const char *name = loading;
    struct buf manifest = BUF_INIT(MANIFEST_LIMIT);
    struct problem p = PROBLEM_INIT;
    struct loaded *to = &planes[plane_count];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    snprintf(loading, sizeof(loading), "%.*s", (int)(strlen(file) - 3), file);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail_msg("%s", dlerror());
    union {
        void *object;
        proximo_plane_entry_fn function;
    } entry = {.object = dlsym(object, PROXIMO_PLANE_ENTRY)};
    assert_non_null(entry.object);
    to->plane = entry.function(PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
    if (manifest_write(to->plane, &manifest, &p) < 0 ||
        manifest_read(manifest.data, manifest.len, name, &to->info, &p) < 0)
        fail_msg("%s: %s", name, p.cause);
    buf_done(&manifest);
    assert_int_equal(to->plane->open(&host, &to->instance), 0);
    plane_count++;
}

static int load(void **state)
{
    (void)state;
    const char *shared = getenv("PROXIMO_SHARED");
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char path[1100];
    for (size_t i = 0; i < VERSIONS; i++) {
        if (shared)
            snprintf(path, sizeof(path), "%s/api/%s", shared, versions[i]);
        else
            snprintf(path, sizeof(path), "%s/../shared/api/%s", source ? source : ".", versions[i]);
        apis[i] = api_load(path);
        if (!apis[i])
            printf("no API description %s: not checked against it\n", versions[i]);
    }
    snprintf(path, sizeof(path), "%s/planes", build ? build : ".");
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) && plane_count < PLANES_MAX;) {
        size_t len = strlen(entry->d_name);
        if (len > 3 && strcmp(entry->d_name + len - 3, ".so") == 0)
            load_plane(path, entry->d_name);
    }
    closedir(folder);
    return plane_count > 0 ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    for (size_t i = 0; i < plane_count; i++) {
        planes[i].plane->close(planes[i].instance);
        plane_info_free(planes[i].info);
    }
    for (size_t i = 0; i < VERSIONS; i++)
        api_free(apis[i]);
    return 0;
}

/* ---- the test */

static struct config_site site_row = {
    .name = S("lab"), .kind = CONFIG_PVE, .node = S("pve1"), .timeout_s = 5};
static struct config config = {.sites = &site_row, .site_count = 1};

static void call_tool(const struct tool *tool, struct json_object *arguments)
{
    struct sites *sites = NULL;
    struct read_result result = {0};
    struct problem p = PROBLEM_INIT;
    for_pbs = !plane_info_for(tool->plane, CONFIG_PVE);
    site_row.kind = for_pbs ? CONFIG_PBS : CONFIG_PVE;
    assert_int_equal(sites_new(&config, &sites), 0); /* a new one: nothing is remembered */
    fake_http_reset();
    fake_http_fallback(serve);
    fault[0] = 0;
    release = sample_release(tool);
    const struct read_call call = {
        .tool = tool, .site = sites_at(sites, 0), .arguments = arguments, .deadline_ms = clock_ms() + 5000};
    size_t before = request_total;
    int r = read_run(&call, &result, &p);
    const char *given = json_object_to_json_string(arguments);
    if (fault[0])
        fail_msg("%s %s: %s", tool->name, given, fault);
    if (r < 0)
        fail_msg("%s %s: %s: %s", tool->name, given, p.code, p.cause);
    if (request_total == before)
        fail_msg("%s %s made no request", tool->name, given);
    read_result_done(&result);
    sites_free(sites);
}

/* The required arguments and, for a guest, the sample `guest`. */
static struct json_object *base_arguments(const struct tool *tool, size_t guest)
{
    struct json_object *arguments = json_object_new_object();
    for (size_t i = 0; i < tool->param_count; i++) {
        const struct param_row *param = &tool->params[i];
        bool is_guest = text_equal(param->format, "guest");
        if (param->flags & PROXIMO_PARAM_REQUIRED)
            json_object_object_add(arguments, param->name, sample(tool, param, is_guest ? guest : 0));
    }
    return arguments;
}

/* At one place of those that the tool knows, with each of its other parameters. */
static size_t call_at_place(const struct tool *tool, struct json_object *place)
{
    size_t calls = 1;
    call_tool(tool, place);
    for (size_t i = 0; i < tool->param_count; i++) {
        const struct param_row *param = &tool->params[i];
        struct json_object *value = NULL;
        for (size_t n = 0; !sample_is_place(tool, param) && (value = sample(tool, param, n)); n++, calls++) {
            json_object_object_add(place, param->name, value);
            call_tool(tool, place);
        }
        if (!sample_is_place(tool, param) && !(param->flags & PROXIMO_PARAM_REQUIRED))
            json_object_object_del(place, param->name);
    }
    return calls;
}

static size_t call_at_places(const struct tool *tool)
{
    struct json_object *place = NULL;
    size_t calls = 0;
    for (size_t n = 0; (place = sample_place(tool, n)); n++) {
        for (size_t i = 0; i < tool->param_count; i++) {
            if (tool->params[i].flags & PROXIMO_PARAM_REQUIRED)
                json_object_object_add(place, tool->params[i].name, sample(tool, &tool->params[i], 0));
        }
        calls += call_at_place(tool, place);
        json_object_put(place);
    }
    return calls;
}

static size_t call_with_samples(const struct tool *tool, size_t guest)
{
    size_t calls = 1;
    struct json_object *plain = base_arguments(tool, guest);
    struct json_object *all = base_arguments(tool, guest);
    call_tool(tool, plain);
    json_object_put(plain);
    for (size_t i = 0; i < tool->param_count; i++) {
        const struct param_row *param = &tool->params[i];
        struct json_object *value = NULL;
        if (text_equal(param->format, "kind")) {
            json_object_object_add(all, param->name, json_object_new_string(guest ? "qemu" : "lxc"));
            continue;
        }
        for (size_t n = 0; !(param->flags & PROXIMO_PARAM_REQUIRED) && (value = sample(tool, param, n));
             n++, calls++) {
            struct json_object *arguments = base_arguments(tool, guest);
            json_object_object_add(arguments, param->name, value);
            if (n == (text_equal(param->format, "guest") ? guest : 0))
                json_object_object_add(all, param->name, json_object_get(value));
            call_tool(tool, arguments);
            json_object_put(arguments);
        }
    }
    if (common_param_find(tool, "limit"))
        json_object_object_add(all, "limit", json_object_new_int(5));
    if (common_param_find(tool, "offset"))
        json_object_object_add(all, "offset", json_object_new_int(1));
    call_tool(tool, all);
    json_object_put(all);
    return calls + 1;
}

static void every_request_is_one_that_proxmox_takes(void **state)
{
    (void)state;
    size_t tools = 0;
    size_t calls = 0;
    if (!apis[0] && !apis[1] && !apis[PBS]) {
        printf("no API descriptions (set PROXIMO_SHARED): nothing was checked\n");
        skip();
    }
    for (size_t i = 0; i < plane_count; i++) {
        for (size_t k = 0; k < planes[i].info->tool_count; k++) {
            const struct tool *tool = &planes[i].info->tools[k];
            if (tool->kind == TOOL_CHANGE)
                continue;
            tools++;
            size_t at_places = call_at_places(tool);
            calls += at_places;
            if (at_places)
                continue;
            if (!sample_for_machines(tool))
                calls += call_with_samples(tool, 0);
            if (tool_param_format(tool, "guest") && !sample_for_containers(tool))
                calls += call_with_samples(tool, 1);
        }
    }
    printf("%zu tools of %zu planes, %zu calls, %zu requests\n", tools, plane_count, calls, request_total);
    assert_true(tools >= 11);
}

/* The check itself must be able to fail. */
static void wrong_requests_are_found(void **state)
{
    (void)state;
    static const struct http_field bad_name = {"nosuch", "1", 1};
    static const struct http_field bad_choice = {"type", "vms", 3};
    static const struct http_field bad_flag = {"full", "true", 4};
    static const struct http_field bad_number = {"limit", "-1", 2};
    static const struct http_request requests[] = {
        {.method = "GET", .path = "/nodes/pve1/nosuch"},
        {.method = "GET", .path = "/nodes/pve1/qemu/abc/config"},
        {.method = "GET", .path = "/nodes/pve1/qemu/99/config"},
        {.method = "PATCH", .path = "/nodes"},
        {.method = "GET", .path = "/nodes", .fields = &bad_name, .field_count = 1},
        {.method = "GET", .path = "/cluster/resources", .fields = &bad_choice, .field_count = 1},
        {.method = "GET", .path = "/nodes/pve1/qemu", .fields = &bad_flag, .field_count = 1},
        {.method = "GET", .path = "/nodes/pve1/tasks", .fields = &bad_number, .field_count = 1},
        {.method = "GET", .path = "/nodes/pve1/rrddata"}, /* timeframe is required */
    };
    if (!apis[0])
        skip();
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        char why[512] = "";
        const char *returns = NULL;
        if (api_check(apis[0], &requests[i], why, sizeof(why), &returns) == 0)
            fail_msg("request %zu was taken", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_is_one_that_proxmox_takes),
        cmocka_unit_test(wrong_requests_are_found),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
