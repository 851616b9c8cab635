/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of uploads: fields, and one file at the end.
 */
#include "body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_MAX 4096

/* One part: its name, its file name ("" if it has none) and its bytes. */
struct part {
    char name[64], file[512];
    const char *bytes;
    size_t size;
    bool is_file;
};

bool sim_is_upload(const struct sim_request *request)
{
    size_t n = strcspn(request->target, "?");

    return n > 7 && strncmp(request->target + n - 7, "/upload", 7) == 0 && request->content_type &&
           strncasecmp(request->content_type, "multipart/form-data", 19) == 0;
}

/* The line that separates the parts. */
static int delimiter(const struct sim_request *request, char *text, size_t size)
{
    const char *at = strstr(request->content_type, "boundary=");
    size_t n;

    if (!at)
        return -EINVAL;
    at += strlen("boundary=");
    at += *at == '"';
    n = strcspn(at, "\"; ");
    if (n == 0 || snprintf(text, size, "--%.*s", (int)n, at) >= (int)size)
        return -EINVAL;
    return 0;
}

/* The value of name="value" in a head. */
static bool attribute(const char *head, size_t size, const char *name, char *value, size_t room)
{
    SIM_FREE_WITH(sim_freep) char *copy = strndup(head, size);
    char wanted[32];
    const char *at;
    size_t n;

    (void)snprintf(wanted, sizeof wanted, "; %s=\"", name);
    at = copy ? strstr(copy, wanted) : NULL;
    if (!at)
        return false;
    at += strlen(wanted);
    n = strcspn(at, "\"\r\n");
    if (n >= room)
        return false;
    (void)snprintf(value, room, "%.*s", (int)n, at);
    return true;
}

/* The next part; `*at` stands behind its delimiter then. Returns 1, 0 after the last one, or -EINVAL. */
static int next_part(const char **at, const char *end, const char *line, struct part *part)
{
    size_t n = strlen(line);
    const char *head, *body, *stop;

    if ((size_t)(end - *at) < n + 2 || memcmp(*at, line, n) != 0)
        return -EINVAL;
    *at += n;
    if (memcmp(*at, "--", 2) == 0)
        return 0;
    head = *at + 2;
    body = head < end ? memmem(head, (size_t)(end - head), "\r\n\r\n", 4) : NULL;
    if (!body || memcmp(*at, "\r\n", 2) != 0)
        return -EINVAL;
    *part = (struct part){.bytes = body + 4};
    if (!attribute(head, (size_t)(body - head), "name", part->name, sizeof part->name))
        return -EINVAL;
    part->is_file = attribute(head, (size_t)(body - head), "filename", part->file, sizeof part->file);
    for (stop = part->bytes; (stop = memmem(stop, (size_t)(end - stop), line, n)) != NULL; stop++) {
        if (stop >= part->bytes + 2 && memcmp(stop - 2, "\r\n", 2) == 0)
            break;
    }
    if (!stop)
        return -EINVAL;
    part->size = (size_t)(stop - 2 - part->bytes);
    *at = stop;
    return 1;
}

/* Walks through all parts. Nothing may follow the file: Proxmox stops reading there. */
static int walk(const struct sim_request *request, struct json_object *params, struct part *ret_file)
{
    const char *at = request->body, *end = at + request->body_size;
    struct part part, file = {.bytes = NULL};
    char line[256];
    int r = at ? delimiter(request, line, sizeof line) : -EINVAL;

    while (r == 0) {
        r = next_part(&at, end, line, &part);
        if (r == 0)
            break;
        if (r > 0 && (file.bytes || (!part.is_file && part.size > FIELD_MAX)))
            r = -EINVAL;
        if (r < 0)
            break;
        if (part.is_file)
            file = part;
        else if (params)
            sim_set(params, part.name, json_object_new_string_len(part.bytes, (int)part.size));
        r = 0;
    }
    if (r == 0)
        *ret_file = file;
    return r;
}

int sim_parse_upload(const struct sim_request *request, struct json_object *params)
{
    struct part file;
    int r = walk(request, params, &file);

    if (r == 0 && file.bytes)
        sim_set_str(params, "filename", file.file);
    return r;
}

int sim_upload_file(const struct sim_request *request, const char **ret_bytes, size_t *ret_size)
{
    struct part file;
    int r = request && sim_is_upload(request) ? walk(request, NULL, &file) : -EINVAL;

    if (r < 0 || !file.bytes)
        return -EINVAL;
    *ret_bytes = file.bytes;
    *ret_size = file.size;
    return 0;
}
