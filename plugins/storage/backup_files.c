/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_backup_files. Backups of containers and hosts hold an archive of files, which Proxmox reads directly;
 * for a disk image it starts a helper machine on the node, so images are not looked into. The path goes to
 * Proxmox in base64, the root as "/"; volume is the volume id as it is. Source:
 * GET /nodes/{node}/storage/{storage}/file-restore/list (Backup Servers only).
 */
#include "content.h"

#define FILES_PATH "/nodes/{node}/storage/{storage}/file-restore/list"

static bool ends_with(const char *text, size_t len, const char *end)
{
    const size_t n = strlen(end);
    return len > n && strncmp(text + len - n, end, n) == 0;
}

static bool goes_up(const char *path)
{
    while (*path) {
        path += strspn(path, "/");
        const size_t len = strcspn(path, "/");
        if (len == 2 && path[0] == '.' && path[1] == '.')
            return true;
        path += len;
    }
    return false;
}

/* What the core lets through, and the words for the rest. */
static int32_t check_path(const struct asking *a, const char *path)
{
    const char *first = path + strspn(path, "/");
    const size_t len = strcspn(first, "/");
    if (*path != '/' || goes_up(path))
        return a->host->fail(
            a->call, PROXIMO_EINVAL,
            "filepath begins with / and has no .. in it: \"/\" lists the archives of the backup");
    if (!len || ends_with(first, len, ".pxar.didx") || ends_with(first, len, ".mpxar.didx"))
        return PROXIMO_OK;
    if (ends_with(first, len, ".img.fidx"))
        return a->host->fail(
            a->call, PROXIMO_EDENIED,
            "%.*s is a disk image: Proxmox starts a helper machine on the node to look into it, "
            "which a read never does; file restore in Proxmox's own interface can",
            (int)len, first);
    return a->host->fail(
        a->call, PROXIMO_EINVAL,
        "%.*s is no archive of files (*.pxar.didx); filepath \"/\" lists what the backup has", (int)len,
        first);
}

static int32_t check_volume(const struct asking *a, const char *storage, const char *volid)
{
    const size_t len = strlen(storage);
    if (strncmp(volid, storage, len) != 0 || volid[len] != ':')
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "%s is not on storage %s: a volume id begins with its storage and a colon",
                             volid, storage);
    static const char *const kinds[] = {"backup/ct/", "backup/vm/", "backup/host/"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strncmp(volid + len + 1, kinds[i], strlen(kinds[i])) == 0)
            return PROXIMO_OK;
    }
    return a->host->fail(a->call, PROXIMO_EINVAL,
                         "%s is no backup on a Proxmox Backup Server: only those can be looked into", volid);
}

static const char *encoded(const struct asking *a, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t len = strlen(text);
    char *out = a->host->alloc(a->call, (len + 2) / 3 * 4 + 1);
    for (size_t i = 0, n = 0; out && i < len; i += 3) {
        const unsigned char *in = (const unsigned char *)text + i;
        const size_t left = len - i;
        const unsigned bits = (unsigned)in[0] << 16 | (left > 1 ? (unsigned)in[1] << 8 : 0u) |
                              (left > 2 ? (unsigned)in[2] : 0u);
        out[n++] = digits[bits >> 18 & 63];
        out[n++] = digits[bits >> 12 & 63];
        out[n++] = left > 1 ? digits[bits >> 6 & 63] : '=';
        out[n++] = left > 2 ? digits[bits & 63] : '=';
    }
    return out;
}

/* The entry's own path in place of Proxmox's base64 of it. */
static int name_row(const struct asking *a, const char *folder, struct json_object *row)
{
    const char *name = member_text(row, "text");
    const char *path =
        name ? ask_text(a, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name) : NULL;
    return path ? json_object_object_add(row, "filepath", json_object_new_string(path)) : -1;
}

static int32_t reply_files(const struct asking *a, const char *folder, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (!member_text(row, "text"))
            return a->host->fail(a->call, PROXIMO_EPROTO, "an entry of the backup came without a name");
        if (name_row(a, folder, row))
            return PROXIMO_ENOMEM;
    }
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                          .data = json_text(list)};
    return a->host->reply(a->call, &block, 1);
}

int32_t storage_read_backup_files(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *storage = ask_argument(&a, "storage"), *node = ask_argument(&a, "node");
    const char *volid = ask_argument(&a, "volid"), *path = ask_argument(&a, "filepath");
    struct json_object *list DROP_JSON = NULL;
    if (!storage || !node || !volid)
        return a.host->fail(call, PROXIMO_EINVAL, "storage, volid or node is missing");
    if (!path || !*path)
        path = "/";
    int32_t r = check_volume(&a, storage, volid);
    if (r == PROXIMO_OK)
        r = check_path(&a, path);
    if (r < 0)
        return r;
    const char *sent = path[strspn(path, "/")] ? encoded(&a, path) : "/";
    const struct proximo_field fields[] = {FIELD("node", node), FIELD("storage", storage),
                                           FIELD("volume", volid), FIELD("filepath", sent)};
    const struct proximo_get get = {ROW(proximo_get), .path = FILES_PATH, .fields = fields, .field_count = 4};
    r = sent ? ask_get(&a, &get, json_type_array, &list) : PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? reply_files(&a, path, list) : r;
}
