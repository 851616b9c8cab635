/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_first: the core's own steps before those of the plan. Refused while planning unless it is certain
 * that every disk of the one guest can be snapshotted; when the plan runs, a snapshot that fails, or is not
 * seen afterwards, ends it before anything is changed. Sources: GET /nodes/{node}/{kind}/{vmid}/feature,
 * .../config, .../snapshot; POST .../snapshot.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "plane/planes.h"
#include "trust/build.h"
#include "trust/undo_point.h"

#define SNAPSHOT_CLASS                                                                                       \
    "snapshot.create" /* the class of pve_snapshot_create; what is denied there is here                      \
                       */
#define SEEN_MS     60000
#define SHORT_NONCE 8

static int refuse(struct problem *p, const char *next, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(struct problem *p, const char *next, const char *format, ...)
{
    char words[600];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(words, sizeof(words), format, ap);
    va_end(ap);
    (void)problem_set(p, -ENOTSUP, PX_SNAPSHOT, "no snapshot can be taken first: %s", words);
    problem_next(p, "%s",
                 next ? next : "plan it without snapshot_first, or make a backup of the guest first");
    return -ENOTSUP;
}

/* ---- which guest */

/* Each subject's class must want it: a tool may plan under several. */
static int class_check(struct build *b, struct problem *p)
{
    const struct plane_info *plane = NULL;
    const struct class_row *class = NULL;

    if (!planes_class_find(b->trust->planes, b->action, &plane, &class) ||
        !(class->flags & PROXIMO_CLASS_SNAPSHOT_FIRST))
        return refuse(p, NULL, "%.100s is no operation that a snapshot goes before", b->action);
    return trust_allowed(b->trust, b->tool, SNAPSHOT_CLASS, p);
}

static int guest_of_subject(struct build *b, struct site_guest *ret, struct problem *p)
{
    struct json_object *subject = NULL;
    const char *kind = NULL;
    char number[24];
    int64_t vmid = 0;

    (void)json_get(json_object_array_get_idx(b->subjects, 0), "subject", json_type_object, &subject);
    if (json_object_array_length(b->subjects) != 1 || json_get_string(subject, "kind", &kind, NULL) < 0 ||
        strcmp(kind, "guest") != 0 || json_get_int(subject, "vmid", &vmid) < 0)
        return refuse(p, NULL, "the plan is aimed at %.200s, not at one guest", b->subject.data);
    if (b->reading.has_guest && b->reading.guest.vmid == vmid) {
        *ret = b->reading.guest;
        return 0;
    }
    (void)snprintf(number, sizeof(number), "%lld", (long long)vmid);
    return site_guest_find(b->request->site, &b->reading.site_call, number, NULL, NULL, false, ret, p);
}

static int privilege_check(struct build *b, const struct site_guest *guest, struct problem *p)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/vms/%lld", (long long)guest->vmid);
    return preflight_need(b, "snapshot_first", path, path, "VM.Snapshot", p);
}

/* ---- what is read */

struct state {
    struct site_guest guest;
    char path[200]; /* /nodes/N/KIND/VMID */
    char name[48];
    struct json_object *disks; /* [{"disk","storage"}], owned */
};

/* A GET whose answer must be there; `what` for the words. New object. */
static int look(struct build *b, const struct state *s, const char *below, const struct http_field *field,
                json_type type, const char *what, struct json_object **ret, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);
    struct cached_answer answer = {0};
    struct json_object *data = NULL;

    buf_printf(&path, "%s%s", s->path, below);
    if (!buf_ok(&path))
        return build_no_memory(p);
    int r = read_cache_get(b->cache, &b->reading.site_call, path.data, field, field ? 1 : 0, &answer, p);
    if (r < 0)
        return r;
    if (answer.status != 200 || !answer.data)
        return refuse(p, "try again when the guest's node answers; without certainty nothing is planned",
                      "%s of guest %lld could not be read: %.300s", what, (long long)s->guest.vmid,
                      answer.problem ? answer.problem->cause : "no answer");
    r = json_parse(answer.data, answer.data_len, &data, p);
    if (r == 0 && !json_object_is_type(data, type)) {
        json_object_put(data);
        return refuse(p, NULL, "%s of guest %lld is not what the API promises", what,
                      (long long)s->guest.vmid);
    }
    if (r == 0)
        *ret = data;
    return r;
}

static int locked(const struct state *s, const char *lock, struct problem *p)
{
    (void)problem_set(p, -EBUSY, PX_STATE,
                      "guest %lld is locked (%.60s): Proxmox takes no snapshot of it now",
                      (long long)s->guest.vmid, lock);
    problem_next(p, "wait until the task that holds the lock has ended, then plan again");
    return -EBUSY;
}

static int config_check(struct build *b, struct state *s, struct json_object **ret, struct problem *p)
{
    const char *lock = NULL;
    bool template = false;
    int r = look(b, s, "/config", NULL, json_type_object, "the configuration", ret, p);

    if (r < 0)
        return r;
    if (json_get_string(*ret, "lock", &lock, NULL) == 0 && *lock)
        return locked(s, lock, p);
    if (json_get_bool(*ret, "template", &template) == 0 && template)
        return refuse(p, "plan it without snapshot_first", "guest %lld is a template",
                      (long long)s->guest.vmid);
    return build_undo_disks(*ret, s->guest.kind, &s->disks) < 0 ? build_no_memory(p) : 0;
}

/* Proxmox's own word on all disks at once; whose fault a no is, their storages tell. */
static int feature_check(struct build *b, const struct state *s, struct problem *p)
{
    static const struct http_field snapshot = {"feature", "snapshot", sizeof("snapshot") - 1};
    CLEANUP_JSON struct json_object *answer = NULL;
    CLEANUP_JSON struct json_object *storages = NULL;
    CLEANUP_BUF struct buf words = BUF_INIT(500);
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);
    struct cached_answer storage = {0};
    bool has = false;

    int r =
        look(b, s, "/feature", &snapshot, json_type_object, "what the disks' storages can do", &answer, p);
    if (r < 0)
        return r;
    if (json_get_bool(answer, "hasFeature", &has) < 0)
        return refuse(p, NULL, "Proxmox does not say whether guest %lld can be snapshotted",
                      (long long)s->guest.vmid);
    if (has)
        return 0;
    buf_str(&path, "/nodes/");
    buf_percent(&path, s->guest.node, strlen(s->guest.node));
    buf_str(&path, "/storage");
    if (buf_ok(&path) &&
        read_cache_get(b->cache, &b->reading.site_call, path.data, NULL, 0, &storage, NULL) == 0 &&
        storage.status == 200 && storage.data)
        (void)json_parse(storage.data, storage.data_len, &storages, NULL);
    build_undo_culprits(s->disks, s->guest.kind, storages, &words);
    return refuse(p, NULL, "of guest %lld, %s cannot be snapshotted", (long long)s->guest.vmid,
                  words.len ? words.data : "a disk that is not known");
}

static int list_check(struct build *b, const struct state *s, struct problem *p)
{
    CLEANUP_JSON struct json_object *list = NULL;
    bool complete = false;
    int r = look(b, s, "/snapshot", NULL, json_type_array, "the list of snapshots", &list, p);

    for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++) {
        const char *name = "";
        (void)json_get_string(json_object_array_get_idx(list, i), "name", &name, NULL);
        complete |= strcmp(name, "current") == 0; /* every whole list has it */
        if (strcmp(name, s->name) == 0)
            return refuse(p, "plan again: the next name is another",
                          "guest %lld has a snapshot \"%s\" already", (long long)s->guest.vmid, name);
    }
    if (r == 0 && !complete)
        return refuse(p, NULL, "the list of snapshots of guest %lld was not read completely",
                      (long long)s->guest.vmid);
    return r;
}

/* ---- what is planned */

/* "proximo-20261126T141500-0123abcd": valid for Proxmox (a letter first, at most 40 of [A-Za-z0-9_-]). */
static int name_make(const struct build *b, char *ret, size_t size)
{
    const time_t now = (time_t)(clock_wall_us() / 1000000);
    struct tm utc;
    char stamp[20];

    if (!gmtime_r(&now, &utc) || strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &utc) == 0)
        return -EINVAL;
    const int n = snprintf(ret, size, "%s%s-%.*s", UNDO_POINT_NAME, stamp, SHORT_NONCE, b->nonce);
    return n > 0 && n <= 40 ? 0 : -EINVAL;
}

static int add_field(struct json_object *fields, const char *name, const char *value)
{
    struct json_object *field = json_object_new_object();

    if (build_add_text(field, "name", name) < 0 || build_add_text(field, "value", value) < 0 ||
        json_object_array_add(fields, field) < 0) {
        json_object_put(field);
        return -ENOMEM;
    }
    return 0;
}

/* `raw` as build_steps takes it, appended to the plan's. */
static int add_step(struct build *b, struct json_object *raw, struct problem *p)
{
    struct json_object *step = NULL;
    int r = build_step(b, raw, b->steps, &step, p);

    if (r == 0 && json_object_array_add(b->steps, step) < 0)
        r = build_no_memory(p);
    return r;
}

static int snapshot_step(struct build *b, const struct state *s, struct problem *p)
{
    CLEANUP_JSON struct json_object *raw = json_object_new_object();
    struct json_object *fields = json_object_new_array();
    CLEANUP_BUF struct buf text = BUF_INIT(600);
    int r = build_add(raw, "params", fields);

    buf_printf(&text, "%s/snapshot", s->path);
    r |= build_add(raw, "kind", json_object_new_int(PROXIMO_STEP_REQUEST));
    r |= build_add(raw, "flags", json_object_new_int64((int64_t)PROXIMO_STEP_FOLLOW));
    r |= build_add_text(raw, "name", UNDO_POINT_STEP);
    r |= build_add_text(raw, "method", "POST");
    r |= text.data ? build_add_text(raw, "path", text.data) : -ENOMEM;
    buf_reset(&text);
    buf_printf(&text, "%s%s: %.60s on %.100s", UNDO_POINT_WORDS, b->nonce, b->action, b->subject.data);
    if (r == 0)
        r = add_field(fields, "snapname", s->name) |
            add_field(fields, "description", text.data ? text.data : "");
    return r ? build_no_memory(p) : add_step(b, raw, p);
}

static int seen_step(struct build *b, const struct state *s, struct problem *p)
{
    CLEANUP_JSON struct json_object *raw = json_object_new_object();
    char path[240], select[80];
    int r = raw ? 0 : -ENOMEM;

    (void)snprintf(path, sizeof(path), "%s/snapshot", s->path);
    (void)snprintf(select, sizeof(select), "[name=%s]/name", s->name);
    r |= build_add(raw, "kind", json_object_new_int(PROXIMO_STEP_WAIT));
    r |= build_add_text(raw, "name", UNDO_POINT_SEEN);
    r |= build_add_text(raw, "path", path);
    r |= build_add_text(raw, "select", select);
    r |= build_add(raw, "wait_test", json_object_new_int(PROXIMO_WAIT_EXISTS));
    r |= build_add(raw, "deadline_ms", json_object_new_int(SEEN_MS));
    r |= build_add_text(raw, "tolerate", "500,595,596,599");
    return r ? build_no_memory(p) : add_step(b, raw, p);
}

/* That nobody took the name meanwhile; beside it the guest's own guards stand already. */
static int name_guard(struct build *b, const struct state *s, struct problem *p)
{
    CLEANUP_JSON struct json_object *guard = json_object_new_object();
    struct json_object *fields = json_object_new_array();
    char path[240], select[80];
    int r = build_add(guard, "fields", fields);

    (void)snprintf(path, sizeof(path), "%s/snapshot", s->path);
    (void)snprintf(select, sizeof(select), "[name=%s]/name", s->name);
    r |= build_add_text(guard, "path", path);
    struct json_object *text = json_object_new_string(select);
    if (r || !text || json_object_array_add(fields, text) < 0) {
        json_object_put(text);
        return build_no_memory(p);
    }
    return build_guard_append(b, guard, p);
}

static int put_member(struct build *b, struct state *s, struct problem *p)
{
    struct json_object *point = json_object_new_object();

    b->undo_point = point;
    if (build_add_text(point, "guest", b->subject.data) < 0 || build_add_text(point, "name", s->name) < 0 ||
        build_add(point, "disks", json_object_get(s->disks)) < 0)
        return build_no_memory(p);
    return 0;
}

static int find_out(struct build *b, struct state *s, struct problem *p)
{
    CLEANUP_JSON struct json_object *config = NULL;
    int r = class_check(b, p);

    if (r == 0)
        r = guest_of_subject(b, &s->guest, p);
    if (r == 0)
        r = privilege_check(b, &s->guest, p);
    if (r < 0)
        return r;
    CLEANUP_BUF struct buf node = BUF_INIT(sizeof(s->path));
    buf_percent(&node, s->guest.node, strlen(s->guest.node));
    const int n = snprintf(s->path, sizeof(s->path), "/nodes/%s/%s/%lld", node.data ? node.data : "",
                           s->guest.kind, (long long)s->guest.vmid);
    if (!buf_ok(&node) || n < 0 || (size_t)n >= sizeof(s->path) || name_make(b, s->name, sizeof(s->name)) < 0)
        return problem_set(p, -EINVAL, PX_INTERNAL, "an undo point could not be named");
    r = config_check(b, s, &config, p);
    if (r == 0)
        r = feature_check(b, s, p);
    return r == 0 ? list_check(b, s, p) : r;
}

/* Commands of high risk get one unasked. Of the risk what is known before the steps are built and their
 * blast: the class's, the plane's, gaps, and the commands themselves. */
static bool is_due(const struct build *b)
{
    const struct plane_info *plane = NULL;
    const struct class_row *class = NULL;

    if (b->snapshot_first)
        return true;
    if (b->snapshot_given || b->request->record || !b->tool->snapshot_first ||
        !b->trust->config->trust.snapshot_high || !build_is_command(b) ||
        !planes_class_find(b->trust->planes, b->action, &plane, &class) ||
        !(class->flags & PROXIMO_CLASS_SNAPSHOT_FIRST))
        return false;
    return class->risk_floor >= RISK_HIGH || !build_draft_reads(b);
}

/* Nobody asked for it: then its lack is said, and the risk is high. */
static int say_none(struct build *b, struct problem *why, struct problem *p)
{
    static const char head[] = "no snapshot can be taken first: ";
    const bool said = strncmp(why->cause, head, sizeof(head) - 1) == 0;
    char words[900];

    (void)snprintf(words, sizeof(words), "no snapshot is taken first: %.600s",
                   said ? why->cause + sizeof(head) - 1 : why->cause);
    return build_incomplete(b, "undo point", words) < 0 ? build_no_memory(p) : 0;
}

int build_undo_point(struct build *b, struct problem *p)
{
    struct problem why = PROBLEM_INIT;
    struct state s = {0};

    if (!is_due(b))
        return 0;
    int r = find_out(b, &s, &why);
    if (r < 0 && r != -ENOMEM && r != -ECANCELED && !b->snapshot_first) {
        json_object_put(s.disks);
        return say_none(b, &why, p);
    }
    if (r < 0 && p)
        *p = why;
    if (r == 0)
        r = name_guard(b, &s, p);
    if (r == 0)
        r = snapshot_step(b, &s, p);
    if (r == 0)
        r = seen_step(b, &s, p);
    if (r == 0)
        r = put_member(b, &s, p);
    json_object_put(s.disks);
    b->own_steps = json_object_array_length(b->steps);
    return r;
}
