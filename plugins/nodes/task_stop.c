/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_task_stop, and what a task that is stopped was doing. Source: DELETE /nodes/{node}/tasks/{upid}; the
 * parts of a task id: UPID:node:pid:pstart:starttime:type:id:user:.
 */
#include "nodes.h"

#define TASK_PATH   "/nodes/{node}/tasks/{upid}"
#define TASK_STATUS TASK_PATH "/status"
#define UPID_PARTS  9

/* What half a task of this type leaves behind. */
static const struct {
    const char *type, *effect;
} kinds[] = {
    {"vzdump",
     "its backup is not finished and not kept; the guest's lock and a frozen file system are let go"},
    {"qmrestore", "is half restored: it has to be deleted or restored again"},
    {"vzrestore", "is half restored: it has to be deleted or restored again"},
    {"qmigrate", "its migration is broken off: it should go on where it was, copied disks may be left over"},
    {"vzmigrate", "its migration is broken off: it may stand still, copied volumes may be left over"},
    {"qmclone", "the clone of it is not finished; the new guest has to be deleted"},
    {"vzclone", "the clone of it is not finished; the new guest has to be deleted"},
    {"qmmove", "the move of its disk is broken off; the copy may be left over"},
    {"move_volume", "the move of its volume is broken off; the copy may be left over"},
    {"qmsnapshot", "its snapshot is not finished; it may stay locked"},
    {"vzsnapshot", "its snapshot is not finished; it may stay locked"},
    {"qmdelsnapshot", "the deletion of its snapshot is not finished; it may stay locked"},
    {"vzdelsnapshot", "the deletion of its snapshot is not finished; it may stay locked"},
    {"qmrollback", "is between two states: half rolled back, and it may stay locked"},
    {"vzrollback", "is between two states: half rolled back, and it may stay locked"},
    {"qmdestroy", "is half deleted"},
    {"vzdestroy", "is half deleted"},
    {"qmcreate", "is half created"},
    {"vzcreate", "is half created"},
    {"qmshutdown", "is not waited for any longer; the guest may shut down all the same"},
    {"vzshutdown", "is not waited for any longer; the guest may shut down all the same"},
    {"vncproxy", "a console of it is closed"},
    {"spiceproxy", "a console of it is closed"},
    {"vncshell", "a shell on the node is closed"},
    {"imgdel", "a volume is half deleted"},
    {"imgcopy", "a copy is not finished"},
    {"download", "a download is not finished; its file may be left over"},
    {"aptupdate", "the list of packages is not renewed"},
};

struct upid {
    char text[300];
    const char *part[UPID_PARTS];
};
enum { PART_NODE = 1, PART_TYPE = 5, PART_ID = 6, PART_USER = 7 };

static bool upid_read(const char *text, struct upid *ret)
{
    size_t count = 0;
    if (strlen(text) >= sizeof(ret->text))
        return false;
    (void)snprintf(ret->text, sizeof(ret->text), "%s", text);
    for (char *at = ret->text; at && count < UPID_PARTS; count++) {
        ret->part[count] = at;
        at = strchr(at, ':');
        if (at)
            *at++ = '\0';
    }
    return count >= PART_USER + 1 && strcmp(ret->part[0], "UPID") == 0;
}

static const char *effect_of(const char *type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].effect;
    }
    return "what it was doing is left half done";
}

/* ---- the plan */

static int32_t tell(const struct asking *a, const struct upid *task, const char *node)
{
    struct json_object *facts = json_object_new_object();
    const char *path = ask_text(a, "/nodes/%s", node);
    const char *summary =
        ask_text(a, "the task %s%s%s of %s on %s is stopped where it is", task->part[PART_TYPE],
                 *task->part[PART_ID] ? " " : "", task->part[PART_ID], task->part[PART_USER], node);
    if (!facts || !path || !summary) {
        json_object_put(facts);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(facts, "type", json_object_new_string(task->part[PART_TYPE]));
    json_object_object_add(facts, "id", json_object_new_string(task->part[PART_ID]));
    json_object_object_add(facts, "user", json_object_new_string(task->part[PART_USER]));
    json_object_object_add(facts, "node", json_object_new_string(node));
    int32_t r = a->host->change(a->call, summary);
    if (r == PROXIMO_OK)
        r = tell_fact(a, "task", facts);
    else
        json_object_put(facts);
    int32_t held = r == PROXIMO_OK ? a->host->permission(a->call, path, "Sys.Modify") : 1;
    if (ask_ends(held))
        return held;
    if (held == 0) /* whose token this is, a plane does not know */
        r = tell_text(
            a, "privilege",
            "this token does not hold Sys.Modify on the node: Proxmox lets it stop its own tasks only");
    return r;
}

static int32_t lay_out(const struct asking *a, const struct proximo_field *at, const char *upid)
{
    const struct proximo_guard guard = {ROW(proximo_guard), .path = TASK_STATUS, .fields = "/status",
                                        .params = ROWS(at, 2)};
    const struct proximo_step stop = {ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,
                                      .name = "change",  .method = "DELETE",
                                      .path = TASK_PATH, .params = ROWS(at, 2)};
    const struct proximo_step ended = {
        ROW(proximo_step),           .kind = PROXIMO_STEP_WAIT, .path = TASK_STATUS,
        .params = ROWS(at, 2),       .select = "/status",       .wait_test = PROXIMO_WAIT_EQUALS,
        .wait_value = "\"stopped\"", .interval_ms = 500,        .deadline_ms = 30000};
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("task"));
    json_object_object_add(subject, "upid", json_object_new_string(upid));
    int32_t r = a->host->guard(a->call, &guard);
    if (r == PROXIMO_OK)
        r = a->host->subject(a->call, "task.stop", json_text(subject));
    if (r == PROXIMO_OK)
        r = a->host->step(a->call, &stop);
    if (r == PROXIMO_OK)
        r = a->host->postcondition(a->call, &ended);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

int32_t nodes_plan_task_stop(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *upid = ask_argument(&a, "upid"), *node = ask_argument(&a, "node");
    struct json_object *status DROP_JSON = NULL;
    struct upid task;
    if (!upid || !node || !upid_read(upid, &task))
        return a.host->fail(call, PROXIMO_EINVAL, "the task id is not one, or its node is not known");
    const struct proximo_field at[] = {FIELD("node", node), FIELD("upid", upid)};
    const struct proximo_get get = {ROW(proximo_get), .path = TASK_STATUS, .fields = at, .field_count = 2};
    int32_t r = ask_get(&a, &get, json_type_object, &status);
    if (r < 0)
        return r;
    if (member_is(status, "status", "stopped")) {
        const char *text = ask_text(&a, "nothing to do: the task %s has ended already", task.part[PART_TYPE]);
        return text ? a.host->change(call, text) : PROXIMO_ENOMEM;
    }
    if ((r = tell(&a, &task, node)) < 0 ||
        (r = tell_text(&a, "no_way_back", "what a task was doing goes on only if it is started anew")) < 0)
        return r;
    return lay_out(&a, at, upid);
}

/* ---- what it was doing */

int32_t nodes_blast_task(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *text = member_text(subject, "upid");
    struct upid task;
    struct looked looked;
    if (!text || !upid_read(text, &task))
        return a.host->incomplete(call, "the task", "its id is not one");
    const char *upid = ask_text(&a, "%s", text);
    const char *path = ask_text(&a, "/nodes/%s", task.part[PART_NODE]);
    if (!upid || !path)
        return PROXIMO_ENOMEM;
    const struct proximo_field at[] = {FIELD("node", task.part[PART_NODE]), FIELD("upid", upid)};
    const struct proximo_get get = {ROW(proximo_get), .path = TASK_STATUS, .fields = at, .field_count = 2};
    int32_t r = ask_look(&a, &get, &looked);
    if (r < 0)
        return r;
    const bool running = member_is(looked.data, "status", "running");
    if (!looked.data)
        r = a.host->incomplete(call, "the task's state", looked.why ? looked.why : "it could not be read");
    json_object_put(looked.data);
    const char *id = task.part[PART_ID];
    const bool guest = *id && strspn(id, "0123456789") == strlen(id);
    const char *resource = guest ? ask_text(&a, "guest/%s", id)
                           : *id ? ask_text(&a, "%s/%s", task.part[PART_TYPE], id)
                                 : ask_text(&a, "node/%s", task.part[PART_NODE]);
    if (r == PROXIMO_OK)
        r = tell_affected(&a, PROXIMO_RISK_HIGH, resource, NULL,
                          running ? effect_of(task.part[PART_TYPE]) : "the task is not running", NULL);
    return r;
}
