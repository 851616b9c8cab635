/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lost answer: the request may have started a task. It is looked for in the node's task list by type, id,
 * user and start time; only a single one that fits is taken for ours.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "trust/run_inner.h"

#define SLACK_S    2           /* the start of a task is in whole seconds */
#define LIST_LIMIT 200         /* newest tasks that are looked at */
#define PBS_NODE   "localhost" /* a Backup Server's only node goes by this name too */

struct search {
    struct run *run;
    bool always;
    bool pbs;
    char node[128];
    char user[256];
    char id[128];
    const char *types;
    int64_t from_s, to_s; /* in the node's own time */
    struct upid found;
};

static bool node_of(const char *path, char *ret, size_t size)
{
    static const char head[] = "/nodes/";
    if (strncmp(path, head, sizeof(head) - 1) != 0)
        return false;
    size_t len = strcspn(path + sizeof(head) - 1, "/");
    if (len == 0 || len >= size)
        return false;
    memcpy(ret, path + sizeof(head) - 1, len);
    ret[len] = '\0';
    return true;
}

/* How far the node's clock is ahead of ours; 0 where this token may not read it. */
static int64_t clock_ahead(const struct search *search)
{
    CLEANUP_BUF struct buf path = BUF_INIT(512);
    struct site_answer answer = {0};
    struct json_object *data = NULL;
    int64_t there = 0;
    int64_t ahead = 0;
    buf_printf(&path, "/nodes/%s/time", search->node);
    struct site_call call = run_call(search->run, search->always, search->run->times->lost);
    if (site_get(search->run->request->site, &call, path.data, NULL, 0, true, &answer, NULL) < 0)
        return 0;
    if (answer.status < 300 && answer.body && json_get(answer.body, "data", json_type_object, &data) == 0 &&
        json_get_int(data, "time", &there) == 0)
        ahead = there - clock_wall_us() / 1000000;
    site_answer_done(&answer);
    return ahead;
}

static bool candidate(const struct search *search, const char *text, size_t len, struct upid *ret)
{
    if (upid_parse(text, len, ret) < 0)
        return false;
    const bool same = search->pbs ? lost_id_has(ret->id, search->id) : strcmp(search->id, ret->id) == 0;
    return text_in_list(search->types, ret->type) && (!search->id[0] || same) &&
           strcmp(search->user, ret->user) == 0 && (int64_t)ret->starttime >= search->from_s &&
           (int64_t)ret->starttime <= search->to_s;
}

static size_t count_candidates(const struct search *search, struct json_object *list,
                               char ret_upid[UPID_LIMIT])
{
    size_t count = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *text = NULL;
        size_t len = 0;
        struct upid upid;
        if (json_get_string(json_object_array_get_idx(list, i), "upid", &text, &len) < 0 ||
            !candidate(search, text, len, &upid))
            continue;
        if (count && strcmp(ret_upid, text) == 0)
            continue; /* one task, in two parts of the list */
        if (count++ == 0)
            memcpy(ret_upid, text, len + 1);
    }
    return count;
}

/* 0 and *ret_count, or -EAGAIN and p. */
static int list_once(const struct search *search, char ret_upid[UPID_LIMIT], size_t *ret_count,
                     struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(512);
    struct site_answer answer = {0};
    struct json_object *list = NULL;
    char since[24];
    char until[24];
    char limit[12];
    char words[300];
    (void)snprintf(since, sizeof(since), "%lld", (long long)search->from_s);
    (void)snprintf(until, sizeof(until), "%lld", (long long)search->to_s);
    (void)snprintf(limit, sizeof(limit), "%d", LIST_LIMIT);
    /* A Backup Server lists running and ended tasks alike. */
    struct http_field fields[] = {{"since", since, strlen(since)},
                                  {"until", until, strlen(until)},
                                  {"limit", limit, strlen(limit)},
                                  {"source", "all", 3},
                                  {"vmid", search->id, strlen(search->id)}};
    uint64_t vmid = 0;
    size_t count = search->pbs ? 3 : text_to_u64(search->id, 999999999, &vmid) == 0 ? 5 : 4;
    buf_printf(&path, "/nodes/%s/tasks", search->node);
    struct site_call call = run_call(search->run, search->always, search->run->times->lost);
    if (site_get(search->run->request->site, &call, path.data, fields, count, true, &answer, p) < 0)
        return -EAGAIN;
    run_answer_words(&answer, words, sizeof(words));
    int r = 0;
    if (answer.status >= 300)
        r = problem_set(p, -EAGAIN, PX_REMOTE, "the list of tasks: Proxmox answered %d: %s", answer.status,
                        words);
    else if (!answer.body || json_get(answer.body, "data", json_type_array, &list) < 0)
        r = problem_set(p, -EAGAIN, PX_BAD_ANSWER, "the list of tasks is not a list");
    else
        *ret_count = count_candidates(search, list, ret_upid);
    site_answer_done(&answer);
    return r;
}

static bool look_around(struct run *run, bool always, int64_t deadline)
{
    return run_sleep(run, always || run_stopped(run), run->times->lost_pause, deadline);
}

int lost_find(struct run *run, bool always, const char *method, const char *path,
              const struct field_list *fields, int64_t sent_us, char ret_upid[UPID_LIMIT], bool *ret_several,
              struct problem *p)
{
    struct search search = {.run = run, .always = always};
    char upid[UPID_LIMIT] = "";
    size_t count = 0;
    *ret_several = false;
    search.types = lost_types(method, path, fields, search.id);
    search.pbs = site_config(run->request->site)->kind == CONFIG_PBS;
    if (!search.types)
        return 0;
    if (!node_of(path, search.node, sizeof(search.node))) {
        if (!search.pbs)
            return 0;
        memcpy(search.node, PBS_NODE, sizeof(PBS_NODE));
    }
    int r = site_token_id(run->request->site, search.user, p);
    if (r < 0)
        return -EAGAIN;
    int64_t now = clock_wall_us();
    int64_t ahead = clock_ahead(&search);
    search.from_s = sent_us / 1000000 + ahead - SLACK_S;
    /* It was under way no longer than the site's own timeout. */
    int64_t last = sent_us / 1000 + (int64_t)site_config(run->request->site)->timeout_s * 1000;
    search.to_s = (now / 1000 < last ? now / 1000 : last) / 1000 + ahead + SLACK_S;
    int64_t deadline = clock_ms() + run->times->lost;
    do { /* a request that was still under way may start its task a moment later */
        count = 0;
        r = list_once(&search, upid, &count, p);
        if (count)
            break;
        search.to_s += (run->times->lost_pause + 999) / 1000;
    } while (clock_wall_us() / 1000 <= last && look_around(run, always, deadline));
    if (r < 0 && count == 0)
        return -EAGAIN;
    *ret_several = count > 1;
    if (count != 1)
        return 0;
    memcpy(ret_upid, upid, sizeof(upid));
    return 1;
}
