/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-ins: every function of planes.h, read.h and site.h that the server uses. */
#include "fake_planes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"

struct fake_planes fake_planes;
static atomic_llong ready_at; /* 0: not started */
static atomic_int at_once;

static char plane_name[] = "guests", version[] = "0.1.0", summary[] = "Guests.", vmid[] = "vmid",
            guest[] = "guest";
static char status_name[] = "pve_guest_status", status_title[] = "Guest status",
            status_text[] = "State of one guest. More about it.", list_name[] = "pve_list_guests",
            list_title[] = "List guests", list_text[] = "All virtual machines and containers.",
            power_name[] = "pve_guest_power", power_title[] = "Power a guest",
            power_text[] = "Start, stop or reboot a guest. Plans only.", column[] = "status",
            power_class[] = "guest.power", stop_class[] = "guest.stop", subject[] = "guest/{vmid}",
            path[] = "/vms/{vmid}", privilege[] = "VM.PowerMgmt";
static struct class_row classes[] = {{.name = power_class, .risk_floor = PROXIMO_RISK_MEDIUM},
                                     {.name = stop_class, .risk_floor = PROXIMO_RISK_HIGH}};
static struct plane_info info = {
    .name = plane_name, .version = version, .summary = summary, .classes = classes, .class_count = 2};
static struct param_row params[] = {
    {.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = vmid, .format = guest}};
static struct need_row needs[] = {{.path = path, .privilege = privilege}};
static struct column_row columns[] = {{.name = column}};
static const struct tool tools[] = {
    {.plane = &info,
     .kind = TOOL_CHANGE,
     .name = power_name,
     .title = power_title,
     .description = power_text,
     .params = params,
     .param_count = 1,
     .needs = needs,
     .need_count = 1,
     .operation_class = power_class,
     .subject = subject,
     .undo_kind = PROXIMO_UNDO_TEMPLATE},
    {.plane = &info,
     .name = status_name,
     .title = status_title,
     .description = status_text,
     .params = params,
     .param_count = 1,
     .columns = columns,
     .column_count = 1},
    {.plane = &info, .name = list_name, .title = list_title, .description = list_text},
};
#define TOOLS (sizeof(tools) / sizeof(tools[0]))

void fake_planes_reset(void)
{
    fake_planes.load_ms = 0;
    fake_planes.refuse = false;
    atomic_store(&fake_planes.started, 0);
    atomic_store(&fake_planes.most_at_once, 0);
    atomic_store(&ready_at, 0);
}

/* ---------------------------------------------------------------- planes.h */

void planes_start(struct planes *planes)
{
    long long none = 0;

    (void)planes;
    if (atomic_compare_exchange_strong(&ready_at, &none, clock_ms() + fake_planes.load_ms))
        atomic_fetch_add(&fake_planes.started, 1);
}

int planes_wait(struct planes *planes, int64_t deadline_ms, struct problem *p)
{
    planes_start(planes);
    while (clock_ms() < atomic_load(&ready_at)) {
        if (clock_ms() >= deadline_ms)
            return problem_set(p, -ETIMEDOUT, PX_TIMEOUT, "planes are still loading");
        usleep(500);
    }
    return fake_planes.refuse ? problem_set(p, -EINVAL, PX_CONFIG, "a required plane is missing") : 0;
}

bool planes_ready(struct planes *planes)
{
    (void)planes;
    return atomic_load(&ready_at) != 0 && clock_ms() >= atomic_load(&ready_at) && !fake_planes.refuse;
}

size_t planes_tool_count(struct planes *planes)
{
    (void)planes;
    return TOOLS;
}

const struct tool *planes_tool_at(struct planes *planes, size_t index)
{
    (void)planes;
    return &tools[index];
}

const struct tool *planes_tool_find(struct planes *planes, const char *name)
{
    (void)planes;
    for (size_t i = 0; i < TOOLS; i++) {
        if (strcmp(tools[i].name, name) == 0)
            return &tools[i];
    }
    return NULL;
}

size_t planes_count(struct planes *planes)
{
    (void)planes;
    return 1;
}

int planes_state(struct planes *planes, size_t index, struct plane_state *ret)
{
    (void)planes;
    (void)index;
    *ret = (struct plane_state){
        .name = plane_name, .info = &info, .loaded = true, .mode = "read", .memory_bytes = 1};
    return 0;
}

bool planes_class_find(struct planes *planes, const char *name, const struct plane_info **ret_plane,
                       const struct class_row **ret_class)
{
    (void)planes;
    for (size_t i = 0; i < info.class_count; i++) {
        if (strcmp(classes[i].name, name) == 0) {
            *ret_plane = &info;
            *ret_class = &classes[i];
            return true;
        }
    }
    return false;
}

bool planes_landlock(void)
{
    return true;
}

/* ---------------------------------------------------------------- site.h */

bool plane_info_for(const struct plane_info *of, uint32_t kind)
{
    (void)of;
    (void)kind;
    return true;
}

int sites_find_for(struct sites *all, const char *name, uint32_t kinds, struct site **ret, struct problem *p)
{
    (void)kinds;
    return sites_find(all, name, ret, p);
}

int sites_find(struct sites *sites, const char *name, struct site **ret, struct problem *p)
{
    (void)sites;
    if (name && strcmp(name, "lab") != 0) {
        problem_set(p, -ENOENT, PX_SITE, "there is no site \"%s\"", name);
        problem_valid(p, "lab");
        return -ENOENT;
    }
    *ret = NULL;
    return 0;
}

size_t sites_count(const struct sites *sites)
{
    (void)sites;
    return 0;
}

struct site *sites_at(struct sites *sites, size_t index)
{
    (void)sites;
    (void)index;
    return NULL;
}

const struct config_site *site_config(const struct site *site)
{
    (void)site;
    return NULL;
}

int site_permission_below(struct site *site, const struct site_call *call, const char *where,
                          const char *privileges, struct problem *p)
{
    (void)site;
    (void)call;
    (void)where;
    (void)privileges;
    return problem_set(p, -EIO, PX_CONNECT, "a stand-in");
}

int site_permission_anywhere(struct site *site, const struct site_call *call, const char *under,
                             const char *privileges, struct problem *p)
{
    return site_permission_below(site, call, under, privileges, p);
}

bool site_was_used(const struct site *site)
{
    (void)site;
    return false;
}

/* ---------------------------------------------------------------- read.h */

void tool_schema_write(const struct tool *tool, const struct tool_site *sites, size_t site_count,
                       struct buf *out)
{
    (void)tool;
    (void)sites;
    (void)site_count;
    buf_str(out, "{\"type\":\"object\",\"properties\":{}}");
}

void read_result_done(struct read_result *result)
{
    buf_done(&result->structured);
    buf_done(&result->content);
}

static int wait_and_tell(const struct read_call *call, int64_t ms, struct problem *p)
{
    int64_t end = clock_ms() + ms;
    bool whole = false;

    (void)json_get_bool(call->arguments, "whole", &whole);
    for (uint32_t n = 1; clock_ms() < end; n++) {
        if (cancel_is_set(call->cancel))
            return problem_set(p, -ECANCELED, PX_CANCELLED, "the call was cancelled");
        if (clock_ms() >= call->deadline_ms)
            return problem_set(p, -ETIMEDOUT, PX_TIMEOUT, "the call took too long");
        if (call->progress)
            call->progress(call->progress_arg, whole ? n : n / 8, whole ? n : 1000, "reading\n");
        usleep(5000);
    }
    return 0;
}

int read_run(const struct read_call *call, struct read_result *ret, struct problem *p)
{
    int now = atomic_fetch_add(&at_once, 1) + 1, seen = atomic_load(&fake_planes.most_at_once);
    int64_t ms = 0;
    int r;

    while (now > seen && !atomic_compare_exchange_weak(&fake_planes.most_at_once, &seen, now))
        ;
    (void)json_get_int(call->arguments, "sleep_ms", &ms);
    r = wait_and_tell(call, ms, p);
    atomic_fetch_sub(&at_once, 1);
    if (r < 0)
        return r;
    ret->structured = BUF_INIT(1 << 20);
    ret->content = BUF_INIT(1 << 20);
    buf_str(&ret->structured, "{\"tool\":");
    json_put_cstr(&ret->structured, call->tool->name);
    json_put_key(&ret->structured, "arguments");
    json_put_value(&ret->structured, call->arguments);
    buf_char(&ret->structured, '}');
    return 0;
}
