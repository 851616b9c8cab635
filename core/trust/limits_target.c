/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets in the allow and deny lists: decided from the plan alone, so that planning and applying decide the
 * same. What a plan is aimed at (its subjects) is known for certain; whom it affects as far as the plan
 * knows; which pool or tag a guest has is read by planning into guards (limits_member.c), which apply reads
 * again. A deny sees more rather than less: also the paths and parameters of the requests.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "config/target.h"
#include "trust/limits.h"
#include "trust/limits_inner.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

enum member { MEMBER_NO, MEMBER_YES, MEMBER_UNREAD };

static size_t length_of(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

static const char *text_of(struct json_object *object, const char *name)
{
    const char *text = NULL;

    return json_get_string(object, name, &text, NULL) == 0 ? text : "";
}

/* "guest/105" gives 105; 0: no guest. */
static uint32_t label_vmid(const char *label)
{
    uint64_t vmid = 0;

    return strncmp(label, "guest/", 6) == 0 && text_to_u64(label + 6, 999999999, &vmid) == 0 ? (uint32_t)vmid
                                                                                             : 0;
}

static bool label_is(const char *label, const char *kind, const char *name)
{
    const size_t len = strlen(kind);

    return strncmp(label, kind, len) == 0 && label[len] == '/' && strcmp(label + len + 1, name) == 0;
}

/* ---- where a guest is, and what it belongs to, by the guards */

/* "/nodes/NODE/qemu/105/REST" taken apart: the node's length, and whether it is this guest. */
static bool path_of_guest(const char *path, uint32_t vmid, const char *rest, size_t *ret_node)
{
    char tail[2][80];
    const size_t node = strncmp(path, "/nodes/", 7) == 0 ? strcspn(path + 7, "/") : 0;

    (void)snprintf(tail[0], sizeof(tail[0]), "/qemu/%u%s", vmid, rest);
    (void)snprintf(tail[1], sizeof(tail[1]), "/lxc/%u%s", vmid, rest);
    *ret_node = node;
    return node && (strcmp(path + 7 + node, tail[0]) == 0 || strcmp(path + 7 + node, tail[1]) == 0);
}

static bool guest_on_node(const struct limits_view *view, uint32_t vmid, const char *name)
{
    for (size_t i = 0; i < length_of(view->guards); i++) {
        const char *path = text_of(json_object_array_get_idx(view->guards, i), "path");
        size_t node = 0;
        if (path_of_guest(path, vmid, "/status/current", &node) && strlen(name) == node &&
            memcmp(path + 7, name, node) == 0)
            return true;
    }
    return false;
}

static bool is_absent(struct json_object *value)
{
    return json_object_is_type(value, json_type_object) && json_object_object_get_ex(value, "absent", NULL);
}

/* One tag of a list; Proxmox parts them by semicolons, commas or spaces. */
static bool tags_have(const char *tags, const char *tag, bool any_case)
{
    while (*tags) {
        const size_t len = strcspn(tags, ";, ");
        if (len == strlen(tag) && (any_case ? strncasecmp(tags, tag, len) : strncmp(tags, tag, len)) == 0)
            return true;
        tags += len;
        tags += strspn(tags, ";, ");
    }
    return false;
}

/* The guarded value of a field; -1: it is not guarded, 0: it is absent, 1: *ret. */
static int guarded(struct json_object *guard, const char *field, struct json_object **ret)
{
    struct json_object *values = NULL;
    int64_t status = 0;

    (void)json_get_int(guard, "status", &status);
    if (json_get(guard, "value", json_type_object, &values) < 0 || status < 200 || status >= 300 ||
        !json_object_object_get_ex(values, field, ret))
        return -1;
    return is_absent(*ret) ? 0 : 1;
}

static enum member guest_has_tag(const struct limits_view *view, uint32_t vmid, const char *tag,
                                 bool any_case)
{
    for (size_t i = 0; i < length_of(view->guards); i++) {
        struct json_object *guard = json_object_array_get_idx(view->guards, i), *tags = NULL;
        size_t node = 0;
        if (!path_of_guest(text_of(guard, "path"), vmid, "/config", &node))
            continue;
        const int r = guarded(guard, "/tags", &tags);
        if (r == 0)
            return MEMBER_NO;
        if (r > 0 && json_object_is_type(tags, json_type_string))
            return tags_have(json_object_get_string(tags), tag, any_case) ? MEMBER_YES : MEMBER_NO;
    }
    return MEMBER_UNREAD;
}

void limits_pool_field(uint32_t vmid, char ret[64])
{
    (void)snprintf(ret, 64, "/0/members[vmid=%u]/vmid", vmid);
}

bool limits_pool_guard(struct json_object *guard, const char *pool)
{
    struct json_object *query = NULL, *field;

    if (strcmp(text_of(guard, "path"), "/pools") != 0 ||
        json_get(guard, "query", json_type_array, &query) < 0 || length_of(query) != 1)
        return false;
    field = json_object_array_get_idx(query, 0);
    return strcmp(text_of(field, "name"), "poolid") == 0 && strcmp(text_of(field, "value"), pool) == 0;
}

static enum member guest_in_pool(const struct limits_view *view, uint32_t vmid, const char *pool)
{
    char selector[64];

    limits_pool_field(vmid, selector);
    for (size_t i = 0; i < length_of(view->guards); i++) {
        struct json_object *guard = json_object_array_get_idx(view->guards, i), *value = NULL;
        bool tolerated = false;
        int64_t status = 0;
        if (!limits_pool_guard(guard, pool))
            continue;
        (void)json_get_bool(guard, "tolerate", &tolerated);
        (void)json_get_int(guard, "status", &status);
        if (tolerated && status >= 400) /* there is no such pool, and that is guarded */
            return MEMBER_NO;
        const int r = guarded(guard, selector, &value);
        if (r >= 0)
            return r ? MEMBER_YES : MEMBER_NO;
    }
    return MEMBER_UNREAD;
}

/* ---- one thing against one target */

static enum member thing_fits(const struct limits_view *view, const char *label, const struct target *target,
                              bool any_case)
{
    const uint32_t vmid = label_vmid(label);

    switch (target->kind) {
    case TARGET_SITE: return strcmp(view->site, target->name) == 0;
    case TARGET_NODE:
        return label_is(label, "node", target->name) || (vmid && guest_on_node(view, vmid, target->name));
    case TARGET_VMID: return vmid >= target->from && vmid <= target->to;
    case TARGET_STORAGE: return label_is(label, "storage", target->name);
    case TARGET_SUBJECT: return strcmp(label, target->name) == 0;
    case TARGET_POOL:
        if (label_is(label, "pool", target->name))
            return MEMBER_YES;
        return vmid ? guest_in_pool(view, vmid, target->name) : MEMBER_NO;
    case TARGET_TAG: return vmid ? guest_has_tag(view, vmid, target->name, any_case) : MEMBER_NO;
    }
    return MEMBER_UNREAD;
}

/* ---- the requests, for a deny */

/* Does a segment of the path say so: "/nodes/pve1/", "/qemu/105", "/storage/local", "/pools/prod"? */
static bool path_names(const char *path, const char *before, const char *name)
{
    CLEANUP_BUF struct buf part = BUF_INIT(1024);

    buf_str(&part, before);
    buf_percent(&part, name, strlen(name));
    const char *at = buf_ok(&part) ? strstr(path, part.data) : NULL;
    return at && (at[part.len] == '\0' || at[part.len] == '/');
}

static bool path_has_guest(const char *path, const struct target *target)
{
    static const char *const kinds[] = {"/qemu/", "/lxc/"};

    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(path, kinds[i]);
        uint64_t vmid = 0;
        char digits[16];
        const size_t len = at ? strspn(at + strlen(kinds[i]), "0123456789") : 0;
        if (len == 0 || len >= sizeof(digits))
            continue;
        memcpy(digits, at + strlen(kinds[i]), len);
        digits[len] = '\0';
        if (text_to_u64(digits, 999999999, &vmid) == 0 && vmid >= target->from && vmid <= target->to)
            return true;
    }
    return false;
}

/* Parameters that name things, whatever the method. Source: the API's descriptions. */
static const struct naming {
    const char *param;
    enum target_kind kind;
} naming[] = {
    {"node", TARGET_NODE},
    {"nodes", TARGET_NODE},
    {"target", TARGET_NODE},
    {"target-node", TARGET_NODE},
    {"vmid", TARGET_VMID},
    {"vmids", TARGET_VMID},
    {"vms", TARGET_VMID},
    {"newid", TARGET_VMID},
    {"target-vmid", TARGET_VMID},
    {"pool", TARGET_POOL},
    {"poolid", TARGET_POOL},
    {"storage", TARGET_STORAGE},
    {"storages", TARGET_STORAGE},
    {"target-storage", TARGET_STORAGE},
    {"targetstorage", TARGET_STORAGE},
    {"tags", TARGET_TAG},
    {"vmstatestorage", TARGET_STORAGE},
    {"sid", TARGET_VMID},
};

static bool param_names(const char *param, enum target_kind kind)
{
    for (size_t i = 0; i < sizeof(naming) / sizeof(naming[0]); i++) {
        if (naming[i].kind == kind && strcmp(naming[i].param, param) == 0)
            return true;
    }
    return false;
}

static bool word_fits(const char *word, size_t len, const struct target *target)
{
    const char *colon = memchr(word, ':', len);
    char digits[16];
    uint64_t vmid = 0;

    if (target->kind != TARGET_VMID)
        return strlen(target->name) == len &&
               (target->kind == TARGET_TAG ? strncasecmp(word, target->name, len)
                                           : strncmp(word, target->name, len)) == 0;
    if (colon) { /* "vm:105", the id of an HA resource */
        len -= (size_t)(colon + 1 - word);
        word = colon + 1;
    }
    if (len == 0 || len >= sizeof(digits))
        return false;
    memcpy(digits, word, len);
    digits[len] = '\0';
    return text_to_u64(digits, 999999999, &vmid) == 0 && vmid >= target->from && vmid <= target->to;
}

/* A volume: "local-lvm:32", "file=local:iso/x.iso". */
static bool value_has_volume(const char *value, const char *storage)
{
    const size_t len = strlen(storage);

    for (const char *at = strstr(value, storage); at; at = strstr(at + 1, storage)) {
        if (at[len] == ':' && (at == value || strchr("=, ;", at[-1])))
            return true;
    }
    return false;
}

static bool value_fits(const char *param, const char *value, const struct target *target)
{
    if (target->kind == TARGET_STORAGE && value_has_volume(value, target->name))
        return true;
    if (!param_names(param, target->kind))
        return false;
    while (*value) {
        const size_t len = strcspn(value, ";, ");
        if (word_fits(value, len, target))
            return true;
        value += len;
        value += strspn(value, ";, ");
    }
    return false;
}

/* Where a command runs: the members of its target, by the names that parameters of requests have. */
static bool command_fits(struct json_object *step, const struct target *target)
{
    struct json_object *members = NULL;

    if (json_get(step, "target", json_type_object, &members) < 0)
        return false;
    json_object_object_foreach(members, name, value)
    {
        if (value_fits(strcmp(name, "ctid") == 0 ? "vmid" : name, json_object_get_string(value), target))
            return true;
    }
    return false;
}

static bool step_fits(struct json_object *step, const struct target *target)
{
    const char *path = text_of(step, "path");
    struct json_object *params = NULL;

    if (strcmp(text_of(step, "kind"), "executor") == 0)
        return command_fits(step, target);
    if (strcmp(text_of(step, "kind"), "request") != 0)
        return false;
    if ((target->kind == TARGET_NODE && path_names(path, "/nodes/", target->name)) ||
        (target->kind == TARGET_STORAGE && path_names(path, "/storage/", target->name)) ||
        (target->kind == TARGET_POOL && path_names(path, "/pools/", target->name)) ||
        (target->kind == TARGET_VMID && path_has_guest(path, target)))
        return true;
    (void)json_get(step, "params", json_type_array, &params);
    for (size_t i = 0; i < length_of(params); i++) {
        struct json_object *field = json_object_array_get_idx(params, i);
        if (value_fits(text_of(field, "name"), text_of(field, "value"), target))
            return true;
    }
    return false;
}

/* ---- the lists */

static int refuse(const char *word, const char *label, const char *how, struct problem *p)
{
    problem_set(p, -EPERM, PX_TARGET, "%.200s %s tools.deny: %.100s", label, how, word);
    problem_next(p, "nothing is changed there; an operator can change tools.deny in the configuration and "
                    "start the server again, or make the change in Proxmox itself");
    return -EPERM;
}

static int denied_by(const struct limits_view *view, struct json_object *rows, const char *member,
                     const char *word, const struct target *target, const char *how, struct problem *p)
{
    CLEANUP_BUF struct buf unread = BUF_INIT(1200);

    for (size_t i = 0; i < length_of(rows); i++) {
        const char *label = text_of(json_object_array_get_idx(rows, i), member);
        const enum member fits = thing_fits(view, label, target, true);
        if (fits == MEMBER_YES)
            return refuse(word, label, how, p);
        if (fits == MEMBER_UNREAD) {
            buf_printf(&unread, "may fall under (it could not be read whether it does%s%.300s)",
                       view->unread ? ": " : "", view->unread ? view->unread : "");
            return refuse(word, label, buf_ok(&unread) ? unread.data : "may fall under", p);
        }
    }
    return 0;
}

static int deny(const struct limits_view *view, const char *word, const struct target *target,
                struct problem *p)
{
    int r = denied_by(view, view->subjects, "label", word, target, "falls under", p);

    if (r == 0)
        r = denied_by(view, view->affected, "resource", word, target, "would be affected, and falls under",
                      p);
    for (size_t i = 0; r == 0 && i < length_of(view->steps); i++) {
        struct json_object *step = json_object_array_get_idx(view->steps, i);
        if (step_fits(step, target))
            r = refuse(word, text_of(step, "name"), "(a step of this plan) names what falls under", p);
    }
    return r;
}

static bool allowed(const struct config_strings *list, const struct limits_view *view, const char *label,
                    bool *ret_unread)
{
    for (size_t i = 0; i < list->count; i++) {
        struct target target;
        const char *why = NULL;
        if (!target_is(list->items[i]) || target_parse(list->items[i], &target, &why) < 0)
            continue;
        const enum member fits = thing_fits(view, label, &target, false);
        if (fits == MEMBER_YES)
            return true;
        *ret_unread |= fits == MEMBER_UNREAD;
    }
    return false;
}

static int allow(const struct config_strings *list, const struct limits_view *view, struct problem *p)
{
    for (size_t i = 0; i < length_of(view->subjects); i++) {
        const char *label = text_of(json_object_array_get_idx(view->subjects, i), "label");
        bool unread = false;
        if (allowed(list, view, label, &unread))
            continue;
        problem_set(p, -EPERM, PX_TARGET, "%.200s is none of the targets of tools.allow%s%s%.300s", label,
                    unread ? ", as far as could be read" : "", unread && view->unread ? ": " : "",
                    unread && view->unread ? view->unread : "");
        problem_next(p, "change what is allowed; an operator can add to tools.allow in the configuration and "
                        "start the server again, or make the change in Proxmox itself");
        return -EPERM;
    }
    return 0;
}

int limits_targets(struct trust *trust, const struct limits_view *view, struct problem *p)
{
    const struct config *config = trust->config;
    int r = 0;

    for (size_t i = 0; r == 0 && i < config->deny.count; i++) {
        const char *word = config->deny.items[i], *why = NULL;
        struct target target;
        if (!target_is(word))
            continue;
        if (target_parse(word, &target, &why) < 0) /* checked when it was read; never passed over */
            return problem_set(p, -EPERM, PX_TARGET, "tools.deny has \"%.80s\": %s", word, why);
        r = deny(view, word, &target, p);
    }
    return r == 0 && targets_count(&config->allow) ? allow(&config->allow, view, p) : r;
}

int limits_targets_plan(struct trust *trust, const struct plan *plan, struct problem *p)
{
    struct limits_view view = {.site = plan->site};

    (void)json_get(plan->root, "subjects", json_type_array, &view.subjects);
    (void)json_get(plan->root, "affected", json_type_array, &view.affected);
    (void)json_get(plan->root, "guards", json_type_array, &view.guards);
    (void)json_get(plan->root, "steps", json_type_array, &view.steps);
    return limits_targets(trust, &view, p);
}

bool limits_targets_deny(const struct trust *trust)
{
    return targets_count(&trust->config->deny) != 0;
}
