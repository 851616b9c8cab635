/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../trust-run/fake_exec.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "plane/planes.h"

#define S(text) ((char *)(uintptr_t)(text))

struct rig rig;
static struct config_site sites_rows[] = {
    {.name = S("lab"), .kind = CONFIG_PVE, .timeout_s = 5, .token_file = S("/nonexistent")}};
static struct config config = {.sites = sites_rows, .site_count = 1};
static struct plane_info plane = {.name = S("guests"), .version = S("1.0")};
static struct class_row class_row = {
    .name = S("guest.stop"), .title = S("Stop a guest"), .risk_floor = PROXIMO_RISK_LOW, .has_blast = true};
static struct param_row power_params[] = {
    {.name = S("vmid"), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .format = S("guest")}};
static struct param_row set_params[] = {
    {.name = S("vmid"), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .format = S("guest")},
    {.name = S("description"), .type = PROXIMO_TYPE_STRING, .format = S("lines")},
    {.name = S("cipassword"), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_SECRET}};
static struct need_row needs[] = {{.path = S("/vms/{vmid}"), .privilege = S("VM.PowerMgmt")}};
const struct tool power_tool = {.plane = &plane,
                                .kind = TOOL_CHANGE,
                                .name = S("pve_guest_power"),
                                .params = power_params,
                                .param_count = 1,
                                .needs = needs,
                                .need_count = 1,
                                .operation_class = S("guest.stop"),
                                .subject = S("guest/{vmid}"),
                                .undo_kind = PROXIMO_UNDO_NONE,
                                .has_plan = true,
                                .rest_json = S("{}")};
const struct tool set_tool = {
    .plane = &plane,
    .kind = TOOL_CHANGE,
    .name = S("pve_guest_set"),
    .params = set_params,
    .param_count = 3,
    .method = S("PUT"),
    .path = S("/nodes/{node}/{kind}/{vmid}/config"),
    .operation_class = S("guest.stop"),
    .subject = S("guest/{vmid}"),
    .undo_kind = PROXIMO_UNDO_TEMPLATE,
    .rest_json = S("{\"guards\":[{\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"fields\":\"/digest\"},"
                   "{\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"fields\":\"/tags\"}],"
                   "\"undo\":[{\"kind\":1,\"name\":\"change\",\"method\":\"PUT\","
                   "\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":[{\"name\":\"description\","
                   "\"value\":\"before.1:/description\",\"flags\":2}]}]}")};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static const char *sought;
static size_t files_found;

static int look_in(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT((size_t)1 << 22);
    (void)st, (void)at;
    if (flag != FTW_F)
        return 0;
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fd_read_all(fd, &bytes) < 0)
        return -1;
    files_found += !sought || (bytes.data && memmem(bytes.data, bytes.len, sought, strlen(sought)));
    return 0;
}

size_t rig_files(const char *text)
{
    sought = text;
    files_found = 0;
    return nftw(rig.folder, look_in, 16, FTW_PHYS) == 0 ? files_found : SIZE_MAX;
}

static void answers(void)
{
    fake_http_answer("/cluster/resources?type=vm", 200,
                     "{\"data\":[{\"type\":\"lxc\",\"vmid\":105,\"name\":\"cache\",\"node\":\"pve1\"},"
                     "{\"type\":\"qemu\",\"vmid\":100,\"name\":\"web\",\"node\":\"pve1\"}]}");
    fake_http_answer("/access/permissions?path=/vms/105", 200,
                     "{\"data\":{\"/vms/105\":{\"VM.PowerMgmt\":1,\"VM.Audit\":1}}}");
    fake_http_answer(LXC "/status/current", 200,
                     "{\"data\":{\"status\":\"running\",\"uptime\":77,\"name\":\"cache\","
                     "\"ha\":{\"managed\":0}}}");
    fake_http_answer(QEMU "/status/current", 200,
                     "{\"data\":{\"status\":\"running\",\"lock\":\"backup\",\"ha\":{\"managed\":1,"
                     "\"state\":\"started\"}}}");
    fake_http_answer(QEMU "/config", 200,
                     "{\"data\":{\"digest\":\"abc\",\"description\":\"old\",\"cipassword\":\"**********\","
                     "\"tags\":\"b;a\"}}");
}

int rig_setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof(rig));
    rig.record = BUF_INIT((size_t)1 << 20);
    rig.draft = "{}";
    rig.blast = "{}";
    fake_http_reset();
    fake_exec_reset();
    answers();
    snprintf(rig.folder, sizeof(rig.folder), "/tmp/trust-plan-XXXXXX");
    if (!mkdtemp(rig.folder))
        return -1;
    struct trust *t = &rig.trust;
    t->config = &config;
    t->plans_dir = strdup(rig.folder);
    t->crypto = crypto_module_get(NULL);
    pthread_mutex_init(&t->secrets_mutex, NULL);
    memset(t->plan_key, 1, sizeof(t->plan_key));
    memset(t->secret_key, 2, sizeof(t->secret_key));
    memset(t->config_hash, 'c', 64);
    if (!t->crypto || sites_new(&config, &t->sites) < 0)
        return -1;
    rig.site = sites_at(t->sites, 0);
    return 0;
}

int rig_teardown(void **state)
{
    (void)state;
    secret_forget(&rig.trust, NULL);
    sites_free(rig.trust.sites);
    free(rig.trust.plans_dir);
    buf_done(&rig.record);
    nftw(rig.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    fake_http_reset();
    return 0;
}

int rig_plan(const struct tool *tool, const char *arguments, const char *record, struct plan **ret,
             struct buf *nothing, struct problem *p)
{
    CLEANUP_JSON struct json_object *given = NULL;
    CLEANUP_JSON struct json_object *past = NULL;
    int r = json_parse(arguments, strlen(arguments), &given, p);
    if (r == 0 && record)
        r = json_parse(record, strlen(record), &past, p);
    if (r < 0)
        return r;
    const struct plan_request request = {
        .tool = tool, .site = rig.site, .arguments = given, .record = past, .deadline_ms = clock_ms() + 5000};
    return plan_build(&rig.trust, &request, ret, nothing, p);
}

struct plan *rig_planned(const struct tool *tool, const char *arguments)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;

    if (rig_plan(tool, arguments, NULL, &plan, NULL, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    return plan;
}

const char *rig_member(const struct plan *plan, const char *name)
{
    struct json_object *value = json_object_object_get(plan->root, name);
    return value ? json_object_to_json_string_ext(value,
                                                  JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                 : "";
}

/* ---- what is replaced */

int __wrap_planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                       struct problem *p);
int __wrap_planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                       struct problem *p)
{
    const char *text = call->kind == PLANE_CALL_BLAST ? rig.blast : rig.draft;
    (void)planes, (void)ret;
    if (strstr(call->arguments_json, CANARY))
        return problem_set(p, -EPROTO, PX_PLANE, "a plane saw the secret");
    if (rig.missing && call->kind != PLANE_CALL_BLAST)
        call->missing(call->missing_arg, "/pool/prod", rig.missing, true);
    return json_parse(text, strlen(text), call->ret_draft, p);
}

bool __wrap_planes_class_find(struct planes *planes, const char *name, const struct plane_info **ret_plane,
                              const struct class_row **ret_class);
bool __wrap_planes_class_find(struct planes *planes, const char *name, const struct plane_info **ret_plane,
                              const struct class_row **ret_class)
{
    (void)planes, (void)name;
    *ret_plane = &plane;
    class_row.flags = rig.class_flags;
    *ret_class = &class_row;
    return !rig.class_gone;
}

size_t __wrap_planes_count(struct planes *planes);
size_t __wrap_planes_count(struct planes *planes)
{
    (void)planes;
    return 1;
}

int __wrap_planes_state(struct planes *planes, size_t index, struct plane_state *ret);
int __wrap_planes_state(struct planes *planes, size_t index, struct plane_state *ret)
{
    (void)planes, (void)index;
    *ret = (struct plane_state){.name = "guests", .info = &plane, .loaded = true};
    memset(ret->sha256, 'a', 64);
    return 0;
}

int __wrap_ledger_append_with(struct ledger *ledger, int (*first)(void *arg, struct problem *p),
                              void (*undo)(void *arg), void *arg, const char *kind, const char *body,
                              size_t len, struct ledger_receipt *ret, struct problem *p);
int __wrap_ledger_append_with(struct ledger *ledger, int (*first)(void *arg, struct problem *p),
                              void (*undo)(void *arg), void *arg, const char *kind, const char *body,
                              size_t len, struct ledger_receipt *ret, struct problem *p)
{
    (void)ledger, (void)ret;
    int r = first ? first(arg, p) : 0;
    if (r < 0)
        return r;
    if (rig.ledger_dead) {
        if (undo)
            undo(arg);
        return problem_set(p, -EIO, PX_LEDGER, "the ledger cannot be written");
    }
    rig.records++;
    snprintf(rig.kind, sizeof(rig.kind), "%s", kind);
    buf_reset(&rig.record);
    buf_add(&rig.record, body, len);
    return 0;
}

int __wrap_ledger_append(struct ledger *ledger, const char *kind, const char *body, size_t len,
                         struct ledger_receipt *ret, struct problem *p);
int __wrap_ledger_append(struct ledger *ledger, const char *kind, const char *body, size_t len,
                         struct ledger_receipt *ret, struct problem *p)
{
    return __wrap_ledger_append_with(ledger, NULL, NULL, NULL, kind, body, len, ret, p);
}

void __wrap_ledger_put_body(struct ledger *ledger, struct buf *out, const char *name, const char *json,
                            size_t len);
void __wrap_ledger_put_body(struct ledger *ledger, struct buf *out, const char *name, const char *json,
                            size_t len)
{
    (void)ledger; /* redaction off: the worst case for a canary */
    json_put_key(out, name);
    buf_add(out, json, len);
}

int __wrap_trust_ready(struct trust *trust, struct problem *p);
int __wrap_trust_ready(struct trust *trust, struct problem *p)
{
    (void)trust, (void)p;
    return 0;
}

int __wrap_trust_principal(struct trust *trust, struct site *site, char ret[320], struct problem *p);
int __wrap_trust_principal(struct trust *trust, struct site *site, char ret[320], struct problem *p)
{
    (void)trust, (void)site, (void)p;
    snprintf(ret, 320, "uid:1000 root@pam!test");
    return 0;
}
