/* SPDX-License-Identifier: Apache-2.0 */
/* The table of refused GETs and its look-up. */
#include "http/get_table.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "http/path.h"

#define ACTS      "acts"
#define DISCLOSES "discloses"
#define REACHES   "reaches out"
#define OPENS     "opens a channel"
#define RRD       "writes an image file on the node (rrddata has the numbers)"

#define AGENT_OUTPUT "/nodes/{}/qemu/{}/agent/exec-status"

#define PXAR       "{pxar}"
#define PATH_BYTES 4096u

/* clang-format off */
static const struct http_get_row rows[] = {
    /* Proxmox VE: guests */
    {"/nodes/{}/qemu/{}/agent/file-read",   DISCLOSES, "reads any file inside the guest", NULL, 0},
    {AGENT_OUTPUT, DISCLOSES, "hands out, and forgets, the output of a command run in the guest", NULL, 0},
    {"/nodes/{}/qemu/{}/cloudinit/dump",    DISCLOSES, "prints generated user data with password hashes", "type=network,meta", 0},
    {"/nodes/{}/vzdump/extractconfig",      DISCLOSES, "prints a guest's configuration from a backup, nothing masked", NULL, 0},
    {"/nodes/{}/qemu/{}/vncwebsocket",      OPENS,     "opens a console", NULL, 0},
    {"/nodes/{}/lxc/{}/vncwebsocket",       OPENS,     "opens a console", NULL, 0},
    {"/nodes/{}/qemu/{}/mtunnelwebsocket",  OPENS,     "opens a migration tunnel", NULL, 0},
    {"/nodes/{}/lxc/{}/mtunnelwebsocket",   OPENS,     "opens a migration tunnel", NULL, 0},
    {"/nodes/{}/qemu/{}/rrd",               ACTS,      RRD, NULL, 0},
    {"/nodes/{}/lxc/{}/rrd",                ACTS,      RRD, NULL, 0},
    /* nodes */
    {"/nodes/{}/rrd",                       ACTS,      RRD, NULL, CONFIG_PVE}, /* a Backup Server answers numbers there */
    {"/nodes/{}/storage/{}/rrd",            ACTS,      RRD, NULL, 0},
    {"/nodes/{}/vncwebsocket",              OPENS,     "opens a shell on the node", NULL, 0},
    {"/nodes/{}/report",                    DISCLOSES, "runs many commands and prints whole configuration files", NULL, 0},
    {"/nodes/{}/apt/changelog",             REACHES,   "downloads from the package mirror", NULL, 0},
    {"/nodes/{}/query-url-metadata",        REACHES,   "makes the node request any address it is given", NULL, 0},
    {"/nodes/{}/query-oci-repo-tags",       REACHES,   "makes the node request any registry it is given", NULL, 0},
    {"/nodes/{}/scan/cifs",                 REACHES,   "connects to any server it is given, with a password", NULL, 0},
    {"/nodes/{}/scan/pbs",                  REACHES,   "connects to any server it is given, with a password", NULL, 0},
    {"/nodes/{}/scan/nfs",                  REACHES,   "connects to any server it is given", NULL, 0},
    {"/nodes/{}/scan/iscsi",                REACHES,   "connects to any portal it is given", NULL, 0},
    {"/nodes/{}/scan/glusterfs",            REACHES,   "connects to any server it is given", NULL, 0},
    {"/nodes/{}/storage/{}/file-restore/download", DISCLOSES, "hands out files from a backup", NULL, 0},
    {"/nodes/{}/storage/{}/file-restore/list",     ACTS,      "starts a helper VM to look into a disk image", "filepath=/,{pxar}", 0},
    /* cluster: the directory is any address */
    {"/cluster/acme/meta",                  REACHES,   "makes the node request any address it is given", NULL, 0},
    {"/cluster/acme/tos",                   REACHES,   "makes the node request any address it is given", NULL, 0},
    /* Proxmox Backup Server */
    {"/config/acme/tos",                                REACHES,   "makes the server request any address it is given", NULL, 0},
    {"/config/remote/{}/scan",                          REACHES,   "logs in to another Backup Server", NULL, 0},
    {"/config/remote/{}/scan/**",                       REACHES,   "logs in to another Backup Server", NULL, 0},
    {"/config/s3/{}/list-buckets",                      REACHES,   "logs in to an object store", NULL, 0},
    {"/admin/datastore/{}/download",                    DISCLOSES, "hands out files of a backup", NULL, 0},
    {"/admin/datastore/{}/download-decoded",            DISCLOSES, "hands out files of a backup", NULL, 0},
    {"/admin/datastore/{}/pxar-file-download",          DISCLOSES, "hands out files of a backup", NULL, 0},
    {"/backup",                                         OPENS,     "starts a backup session", NULL, 0},
    {"/backup/**",                                      OPENS,     "belongs to a backup session", NULL, 0},
    {"/reader",                                         OPENS,     "starts a restore session", NULL, 0},
    {"/reader/**",                                      OPENS,     "belongs to a restore session", NULL, 0},
    {"/tape/media/destroy",                             ACTS,      "destroys a tape's records, although it is a GET", NULL, 0},
    {"/tape/media/list",                                ACTS,      "asks the tape library and stores what it says, unless told not to", "update-status=0,false", 0},
    {"/tape/drive/{}/read-label",                       ACTS,      "moves and reads the tape", NULL, 0},
    {"/tape/drive/{}/inventory",                        ACTS,      "asks the tape library and stores what it says", NULL, 0},
};
/* clang-format on */

const struct http_get_row *http_get_rows(size_t *ret_count)
{
    *ret_count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

bool http_field_is(const struct http_field *field, const char *text)
{
    const size_t len = strlen(text);
    return field->value_len == len && (len == 0 || memcmp(field->value, text, len) == 0);
}

/* Strict base64, padded; what Perl and Rust decode it to is the same. Not too long for the buffer, and
 * without NUL; -1: it is none. */
static int path_decode(const char *text, size_t len, char ret[PATH_BYTES])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t out = 0;
    unsigned bits = 0;
    if (len == 0 || len % 4 != 0 || len / 4 * 3 >= PATH_BYTES)
        return -1;
    const size_t padding = text[len - 1] != '=' ? 0 : text[len - 2] != '=' ? 1 : 2;
    for (size_t i = 0; i < len - padding; i++) {
        const char *digit = memchr(digits, text[i], sizeof(digits) - 1);
        if (digit == NULL)
            return -1;
        bits = (bits << 6 | (unsigned)(digit - digits)) & 0xffffff;
        if (i % 4 == 0)
            continue;
        ret[out] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
        if (ret[out++] == '\0')
            return -1;
    }
    ret[out] = '\0';
    return 0;
}

/* A path whose first element is an archive of files, and that stays in it. */
static bool is_in_pxar(const struct http_field *field)
{
    static const char *const ends[] = {".pxar.didx", ".mpxar.didx"};
    char path[PATH_BYTES];
    if (path_decode(field->value, field->value_len, path) < 0)
        return false;
    const char *first = path + strspn(path, "/");
    const size_t len = strcspn(first, "/");
    for (const char *part = first + len; *part != '\0'; part += strcspn(part, "/")) {
        part += strspn(part, "/");
        if (strcspn(part, "/") == 2 && part[0] == '.' && part[1] == '.')
            return false;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const size_t end = strlen(ends[i]);
        if (len > end && memcmp(first + len - end, ends[i], end) == 0)
            return true;
    }
    return false;
}

/* Is the value one of the comma separated words? */
static bool value_among(const struct http_field *field, const char *words)
{
    for (const char *at = words; *at != '\0';) {
        const size_t len = strcspn(at, ",");
        if (strncmp(at, PXAR, len) == 0 && len == strlen(PXAR) && is_in_pxar(field))
            return true;
        if (field->value_len == len && memcmp(field->value, at, len) == 0)
            return *at != '{';
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return false;
}

/* "name=a,b": does the field stand exactly once, with one of the values? */
static bool excused(const char *unless, const struct http_field *fields, size_t field_count)
{
    const size_t name_len = strcspn(unless, "=");
    size_t seen = 0;
    bool fits = false;
    for (size_t i = 0; i < field_count; i++) {
        if (strlen(fields[i].name) != name_len || memcmp(fields[i].name, unless, name_len) != 0)
            continue;
        seen++;
        fits = value_among(&fields[i], unless + name_len + 1);
    }
    return seen == 1 && fits;
}

int http_get_check(unsigned site_kind, const char *path, const struct http_field *fields, size_t field_count,
                   struct problem *p)
{
    struct http_path ways[2];
    http_path_split(path, false, &ways[0]);
    http_path_split(path, true, &ways[1]);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct http_get_row *row = &rows[i];
        if (row->site_kind != 0 && site_kind != 0 && row->site_kind != site_kind)
            continue;
        if (!http_path_match(row->path, &ways[0]) && !http_path_match(row->path, &ways[1]))
            continue;
        if (row->unless != NULL && excused(row->unless, fields, field_count))
            continue;
        problem_set(p, -EACCES, PX_REFUSED_GET, "GET %s is not a plain read: it %s (it %s).", row->path,
                    row->what, row->kind);
        problem_next(p, "Reads never send it. %s%s",
                     row->unless != NULL ? "Allowed with " : "Use a tool that plans it.",
                     row->unless != NULL ? row->unless : "");
        return -EACCES;
    }
    return 0;
}

bool http_get_is_agent_output(const char *path, const struct http_field *fields, size_t field_count)
{
    struct http_path parts;

    http_path_split(path, true, &parts);
    return http_path_match(AGENT_OUTPUT, &parts) && field_count == 1 && strcmp(fields[0].name, "pid") == 0;
}
