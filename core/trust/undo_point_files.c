/* SPDX-License-Identifier: Apache-2.0 */
/* The files of undo points in the state folder: what proximo_status lists without asking a site. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "trust/trust_inner.h"
#include "trust/undo_point.h"

#define SUFFIX       ".point"
#define NAME_MOST    40u /* characters of a snapshot's name (Proxmox's format pve-snapshot-name) */
#define FILE_LIMIT   8192
#define FILES_MOST   4096u /* that are counted */
#define NEWEST_SHOWN 10u

/* proximo-20261126T141500-0123abcd: also what makes it safe in a path. */
static bool name_good(const char *name, size_t len)
{
    return len > sizeof(UNDO_POINT_NAME) - 1 && len <= NAME_MOST &&
           strncmp(name, UNDO_POINT_NAME, sizeof(UNDO_POINT_NAME) - 1) == 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") >= len;
}

static char *point_path(const struct trust *trust, const char *name, size_t len)
{
    char *path = NULL;

    if (!trust->undo_dir || !name_good(name, len) ||
        asprintf(&path, "%s/%.*s%s", trust->undo_dir, (int)len, name, SUFFIX) < 0)
        return NULL;
    return path;
}

/* ---- after a run */

static void keep(struct trust *trust, struct json_object *record, struct json_object *point, const char *name,
                 struct json_object *snapshot)
{
    CLEANUP_BUF struct buf text = BUF_INIT(FILE_LIMIT);
    CLEANUP_FREE char *path = point_path(trust, name, strlen(name));
    const char *guest = "", *site = "", *plan_id = "", *outcome = "";
    int64_t started_us = 0;

    (void)json_get_string(snapshot, "outcome", &outcome, NULL);
    if (!path ||
        (strcmp(outcome, "ok") != 0 && strcmp(outcome, "running") != 0 && strcmp(outcome, "unknown") != 0))
        return; /* it was not taken */
    (void)json_get_string(point, "guest", &guest, NULL);
    (void)json_get_string(record, "site", &site, NULL);
    (void)json_get_string(record, "plan_id", &plan_id, NULL);
    (void)json_get_int(snapshot, "started", &started_us);
    buf_char(&text, '{');
    json_put_key_string(&text, "format", "proximo-undo-point-1");
    json_put_key_string(&text, "guest", guest);
    json_put_key_string(&text, "snapshot", name);
    json_put_key_string(&text, "site", site);
    json_put_key_string(&text, "plan_id", plan_id);
    json_put_key_int(&text, "taken", (long long)(started_us / 1000000));
    if (strcmp(outcome, "ok") != 0)
        json_put_key_string(&text, "outcome", outcome);
    buf_str(&text, "}\n");
    int r = buf_ok(&text) ? file_write_atomic(path, text.data, text.len, 0600) : -ENOMEM;
    if (r < 0)
        log_warn("undo point %s exists, and its file could not be written: %s", name, strerror(-r));
}

/* DELETE .../snapshot/NAME that succeeded. */
static void forget(struct trust *trust, struct json_object *step, struct json_object *ended)
{
    static const char part[] = "/snapshot/";
    const char *method = "", *path = "", *outcome = "";

    (void)json_get_string(step, "method", &method, NULL);
    (void)json_get_string(step, "path", &path, NULL);
    (void)json_get_string(ended, "outcome", &outcome, NULL);
    const char *name = strstr(path, part);
    if (strcmp(method, "DELETE") != 0 || !name || strcmp(outcome, "ok") != 0)
        return;
    name += sizeof(part) - 1;
    CLEANUP_FREE char *file = point_path(trust, name, strlen(name));
    if (file && unlink(file) < 0 && errno != ENOENT)
        log_warn("the file of undo point %s could not be removed: %s", name, strerror(errno));
}

void undo_points_follow(struct trust *trust, struct json_object *steps, struct json_object *record)
{
    struct json_object *ends = NULL, *point;
    const char *name = NULL;

    if (json_get(record, "steps", json_type_array, &ends) < 0)
        return;
    point = undo_point_of(record, &name);
    if (point)
        keep(trust, record, point, name, json_object_array_get_idx(ends, 0));
    for (size_t i = 0; i < json_object_array_length(ends) && i < json_object_array_length(steps); i++)
        forget(trust, json_object_array_get_idx(steps, i), json_object_array_get_idx(ends, i));
}

/* ---- for proximo_status */

static int newest_first(const void *a, const void *b)
{
    return strcmp(*(char *const *)b, *(char *const *)a);
}

/* Their names begin with the time at which they were planned, so that order is theirs. */
static size_t list_names(const struct trust *trust, char **names)
{
    DIR *dir = trust->undo_dir ? opendir(trust->undo_dir) : NULL;
    size_t count = 0;

    if (!dir)
        return 0;
    for (const struct dirent *entry = readdir(dir); entry && count < FILES_MOST; entry = readdir(dir)) {
        const size_t len = strlen(entry->d_name), end = sizeof(SUFFIX) - 1;
        if (len <= end || strcmp(entry->d_name + len - end, SUFFIX) != 0 ||
            !name_good(entry->d_name, len - end))
            continue;
        names[count] = strndup(entry->d_name, len - end);
        count += names[count] != NULL;
    }
    closedir(dir);
    qsort(names, count, sizeof(*names), newest_first);
    return count;
}

static void put_one(const struct trust *trust, const char *name, struct buf *out)
{
    static const char *const shown[] = {"guest", "snapshot", "site", "plan_id", "outcome"};
    CLEANUP_FREE char *path = point_path(trust, name, strlen(name));
    CLEANUP_BUF struct buf text = BUF_INIT(FILE_LIMIT);
    CLEANUP_JSON struct json_object *point = NULL;
    int64_t taken = 0;

    if (!path || file_read(path, &text) < 0 || !text.data ||
        json_parse(text.data, text.len, &point, NULL) < 0)
        return;
    json_put_comma(out);
    buf_char(out, '{');
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        const char *word = NULL;
        if (json_get_string(point, shown[i], &word, NULL) == 0)
            json_put_key_string(out, shown[i], word);
    }
    if (json_get_int(point, "taken", &taken) == 0)
        json_put_key_int(out, "taken", (long long)taken);
    buf_char(out, '}');
}

void undo_points_put(struct trust *trust, struct buf *out)
{
    char **names = calloc(FILES_MOST, sizeof(*names));
    const size_t count = names ? list_names(trust, names) : 0;

    json_put_key(out, "undo_points");
    buf_char(out, '{');
    json_put_key_int(out, "count", (long long)count);
    if (count) {
        json_put_key(out, "newest");
        buf_char(out, '[');
        for (size_t i = 0; i < count && i < NEWEST_SHOWN; i++)
            put_one(trust, names[i], out);
        buf_char(out, ']');
        json_put_key_string(out, "next",
                            "pve_undo_points says which of them are still there, pve_undo_points_prune "
                            "deletes them by a plan.");
    }
    buf_char(out, '}');
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}
