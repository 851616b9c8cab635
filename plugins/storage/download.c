/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_storage_download: the node fetches a file from a URL. Proxmox overwrites nothing here because a name
 * that is taken is refused while planning, and the way back deletes the file only while it is the one that
 * came. Source: POST /nodes/{node}/storage/{storage}/download-url.
 */
#include <strings.h>

#include "../common/config_object.h"
#include "content.h"

#define DOWNLOAD_CLASS "storage.download"

/* File names by what they hold. */
static const struct {
    const char *content, *folder, *endings;
} kinds[] = {
    {"iso", "iso", ".iso,.img"},
    {"vztmpl", "vztmpl", ".tar.gz,.tar.xz,.tar.zst,.tgz,.txz"},
    {"import", "import", ".ova,.ovf,.qcow2,.raw,.vmdk"},
};

/* Hexadecimal digits of a checksum. */
static const struct {
    const char *algorithm;
    size_t digits;
} sums[] = {{"md5", 32}, {"sha1", 40}, {"sha224", 56}, {"sha256", 64}, {"sha384", 96}, {"sha512", 128}};

struct download {
    struct asking a;
    const char *storage, *node, *content, *url, *filename, *volid;
    const char *checksum, *algorithm, *compression;
    const char *guarded; /* selectors of the file in the list */
    bool unverified;
    struct proximo_field at[3];
};

static bool ends_with(const char *text, const char *ending, size_t len)
{
    const size_t have = strlen(text);
    return have > len && strncasecmp(text + have - len, ending, len) == 0;
}

static bool ending_fits(const char *filename, const char *endings)
{
    while (*endings) {
        const size_t len = strcspn(endings, ",");
        if (ends_with(filename, endings, len))
            return true;
        endings += len + (endings[len] == ',');
    }
    return false;
}

static int32_t check_name(struct download *d)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].content, d->content) != 0)
            continue;
        if (d->filename[0] == '.' || strspn(d->filename, allowed) != strlen(d->filename))
            return d->a.host->fail(d->a.call, PROXIMO_EINVAL,
                                   "filename \"%.100s\" may have letters, digits, '.', '_', '+' and '-', and "
                                   "does not begin with a dot",
                                   d->filename);
        if (!ending_fits(d->filename, kinds[i].endings))
            return d->a.host->fail(d->a.call, PROXIMO_EINVAL,
                                   "filename \"%.100s\" does not end as %s does: one of %s", d->filename,
                                   d->content, kinds[i].endings);
        d->volid = ask_text(&d->a, "%s:%s/%s", d->storage, kinds[i].folder, d->filename);
        d->guarded =
            d->volid ? ask_text(&d->a, "[volid=%s]/size,[volid=%s]/ctime", d->volid, d->volid) : NULL;
        return d->guarded ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    return d->a.host->fail(d->a.call, PROXIMO_EINVAL, "content is one of iso, vztmpl, import");
}

/* Whoever may read the task's log would read the password. */
static int32_t check_url(const struct download *d)
{
    const bool plain = strncmp(d->url, "http://", 7) == 0;
    const char *rest = plain ? d->url + 7 : strncmp(d->url, "https://", 8) == 0 ? d->url + 8 : NULL;
    if (!rest || !*rest || *rest == '/')
        return d->a.host->fail(d->a.call, PROXIMO_EINVAL,
                               "url is not one of http:// or https:// with a host");
    const size_t authority = strcspn(rest, "/?#");
    if (memchr(rest, '@', authority) || (memchr(rest, ':', authority) && strchr(rest, '@')))
        return d->a.host->fail(d->a.call, PROXIMO_EINVAL,
                               "url has a user name or password before an @: Proxmox would write it to the "
                               "task's log. Offer the file where no password is needed");
    return PROXIMO_OK;
}

static int32_t check_checksum(const struct download *d)
{
    if (!d->checksum && !d->algorithm)
        return PROXIMO_OK;
    if (!d->checksum || !d->algorithm)
        return d->a.host->fail(d->a.call, PROXIMO_EINVAL,
                               "checksum and checksum_algorithm are given together or not at all");
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        if (strcmp(sums[i].algorithm, d->algorithm) == 0 &&
            (strlen(d->checksum) != sums[i].digits ||
             strspn(d->checksum, "0123456789abcdefABCDEF") != sums[i].digits))
            return d->a.host->fail(d->a.call, PROXIMO_EINVAL, "a checksum of %s has %zu hexadecimal digits",
                                   d->algorithm, sums[i].digits);
    }
    return PROXIMO_OK;
}

static int32_t begin(struct download *d, void *instance, struct proximo_call *call)
{
    *d = (struct download){.a = {((struct plane_instance *)instance)->host, call}};
    const struct asking *a = &d->a;
    d->storage = ask_argument(a, "storage");
    d->node = ask_argument(a, "node");
    d->content = ask_argument(a, "content");
    d->url = ask_argument(a, "url");
    d->filename = ask_argument(a, "filename");
    d->checksum = ask_argument(a, "checksum");
    d->algorithm = ask_argument(a, "checksum_algorithm");
    d->compression = ask_argument(a, "compression");
    const char *verify = ask_argument(a, "verify_certificates");
    d->unverified = verify && (strcmp(verify, "false") == 0 || strcmp(verify, "0") == 0);
    if (!d->storage || !d->node || !d->content || !d->url || !d->filename)
        return a->host->fail(call, PROXIMO_EINVAL, "storage, node, content, url or filename is missing");
    d->at[0] = FIELD("node", d->node);
    d->at[1] = FIELD("storage", d->storage);
    d->at[2] = FIELD("content", d->content);
    int32_t r = check_name(d);
    return r == PROXIMO_OK ? check_url(d) : r;
}

/* Beside the storage Proxmox wants the network: Sys.AccessNetwork on the node, or Sys.Audit and Sys.Modify on
 * all. */
static int32_t check_rights(const struct download *d)
{
    const char *node = ask_text(&d->a, "/nodes/%s", d->node);
    const char *const asked[][2] = {{node, "Sys.AccessNetwork"}, {"/", "Sys.Audit"}, {"/", "Sys.Modify"}};
    int32_t held[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        held[i] = node ? d->a.host->permission(d->a.call, asked[i][0], asked[i][1]) : PROXIMO_ENOMEM;
        if (ask_ends(held[i]))
            return held[i];
    }
    if (held[0] != 0 || (held[1] != 0 && held[2] != 0))
        return PROXIMO_OK;
    return d->a.host->fail(
        d->a.call, PROXIMO_EDENIED,
        "to let %s fetch from the network this token needs Sys.AccessNetwork on %s. An operator can "
        "grant it: pveum role add Proximo-Sys.AccessNetwork --privs Sys.AccessNetwork && pveum acl "
        "modify %s --tokens '<your token>' --roles Proximo-Sys.AccessNetwork (the token's user needs "
        "it as well)",
        d->node, node, node);
}

/* The storage takes such files and is there; a file of the name is not. */
static int32_t check_target(const struct download *d)
{
    const struct proximo_get state = {ROW(proximo_get), .path = "/nodes/{node}/storage/{storage}/status",
                                      .fields = d->at, .field_count = 2};
    const struct proximo_get list = {ROW(proximo_get), .path = CONTENT_PATH, .fields = d->at,
                                     .field_count = 3};
    struct json_object *status DROP_JSON = NULL, *files DROP_JSON = NULL;
    int32_t r = ask_get(&d->a, &state, json_type_object, &status);
    if (r < 0)
        return r;
    const char *content = member_text(status, "content");
    if (member_is(status, "enabled", "0") || member_is(status, "active", "0"))
        return d->a.host->fail(d->a.call, PROXIMO_ESTATE, "storage %s is %s on %s", d->storage,
                               member_is(status, "enabled", "0") ? "disabled" : "not active", d->node);
    if (content && !config_list_has(content, d->content))
        return d->a.host->fail(
            d->a.call, PROXIMO_ESTATE,
            "storage %s is not for %s: it takes %s. pve_storage_update can change its content", d->storage,
            d->content, content);
    if ((r = ask_get(&d->a, &list, json_type_array, &files)) < 0)
        return r;
    if (volume_row(files, d->volid))
        return d->a.host->fail(d->a.call, PROXIMO_ESTATE,
                               "%s is there already: take another filename, or delete that one first "
                               "(pve_storage_content_delete)",
                               d->volid);
    const int64_t avail = json_object_get_int64(member_of(status, "avail"));
    return tell_fact(&d->a, "free_bytes", json_object_new_int64(avail));
}

static int32_t tell(const struct download *d)
{
    const char *summary = ask_text(&d->a, "%s fetches %.400s to %s%s", d->node, d->url, d->volid,
                                   d->checksum ? ", checked by its checksum" : "");
    int32_t r = summary ? d->a.host->change(d->a.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && !d->checksum)
        r = d->a.host->risk(d->a.call,
                            strncmp(d->url, "http://", 7) == 0 ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM,
                            strncmp(d->url, "http://", 7) == 0
                                ? "the file comes without encryption and no checksum is given: whoever is "
                                  "on the way can put another one there"
                                : "no checksum is given: what the server sends is taken as it is");
    if (r == PROXIMO_OK && d->unverified)
        r = d->a.host->risk(d->a.call, PROXIMO_RISK_HIGH,
                            "the server's certificate is not verified: any server can answer in its place");
    return r;
}

static int32_t lay_out(const struct download *d)
{
    struct proximo_field fields[10] = {d->at[0], d->at[1], d->at[2], FIELD("url", d->url),
                                       FIELD("filename", d->filename)};
    uint32_t count = 5;
    if (d->checksum) {
        fields[count++] = FIELD("checksum", d->checksum);
        fields[count++] = FIELD("checksum-algorithm", d->algorithm);
    }
    if (d->compression)
        fields[count++] = FIELD("compression", d->compression);
    if (d->unverified)
        fields[count++] = FIELD("verify-certificates", "0");
    const struct proximo_guard guard = {ROW(proximo_guard), .path = CONTENT_PATH, .fields = d->guarded,
                                        .params = ROWS(d->at, 3)};
    const struct proximo_step fetch = {ROW(proximo_step),
                                       .kind = PROXIMO_STEP_REQUEST,
                                       .flags = PROXIMO_STEP_FOLLOW,
                                       .name = "change",
                                       .method = "POST",
                                       .path = "/nodes/{node}/storage/{storage}/download-url",
                                       .params = ROWS(fields, count)};
    const struct proximo_step there = {ROW(proximo_step),
                                       .kind = PROXIMO_STEP_WAIT,
                                       .path = CONTENT_PATH,
                                       .params = ROWS(d->at, 3),
                                       .select = ask_text(&d->a, "[volid=%s]/size", d->volid),
                                       .wait_test = PROXIMO_WAIT_EXISTS,
                                       .interval_ms = 1000,
                                       .deadline_ms = 30000};
    const struct volume volume = {.volid = d->volid, .node = d->node};
    int32_t r = there.select ? d->a.host->guard(d->a.call, &guard) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = volume_subject(&volume, &d->a, DOWNLOAD_CLASS);
    if (r == PROXIMO_OK)
        r = d->a.host->step(d->a.call, &fetch);
    if (r == PROXIMO_OK)
        r = d->a.host->postcondition(d->a.call, &there);
    return r == PROXIMO_OK ? d->a.host->undo(d->a.call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

int32_t storage_plan_download(void *instance, struct proximo_call *call)
{
    struct download d;
    int32_t r = begin(&d, instance, call);
    if (r == PROXIMO_OK)
        r = check_checksum(&d);
    if (r == PROXIMO_OK)
        r = check_rights(&d);
    if (r == PROXIMO_OK)
        r = check_target(&d);
    if (r == PROXIMO_OK)
        r = tell(&d);
    return r == PROXIMO_OK ? lay_out(&d) : r;
}

/* ---- the way back */

/* What the record says of the file after the download: "size" or "ctime"; 0: nothing. */
static int64_t recorded(const struct download *d, struct json_object *record, const char *member)
{
    struct json_object *after = member_of(record, "after");
    struct json_object *first = json_object_is_type(after, json_type_array) && json_object_array_length(after)
                                    ? json_object_array_get_idx(after, 0)
                                    : NULL;
    const char *key = ask_text(&d->a, "[volid=%s]/%s", d->volid, member);
    return key ? json_object_get_int64(member_of(first, key)) : 0;
}

static const char *touched(const struct download *d, struct json_object *record, struct json_object *row)
{
    struct json_object *undo_of = member_of(record, "undo_of");
    const int64_t size = recorded(d, record, "size"), ctime = recorded(d, record, "ctime");
    if (undo_of && !json_object_is_type(undo_of, json_type_null))
        return "the file was deleted; to have it again, download it anew";
    if (!row)
        return "the file is not there any more";
    if (!size && !ctime)
        return "the record does not say what the file was after the download";
    if (size != json_object_get_int64(member_of(row, "size")) ||
        ctime != json_object_get_int64(member_of(row, "ctime")))
        return "the file is not the one that was downloaded: its size or time is another";
    return NULL;
}

int32_t storage_undo_download(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json), *files DROP_JSON = NULL;
    struct download d;
    int32_t r = begin(&d, instance, call);
    if (r < 0)
        return r;
    const struct proximo_get list = {ROW(proximo_get), .path = CONTENT_PATH, .fields = d.at,
                                     .field_count = 3};
    if ((r = ask_get(&d.a, &list, json_type_array, &files)) < 0)
        return r;
    const char *why = touched(&d, record, volume_row(files, d.volid));
    if (why) {
        (void)d.a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return d.a.host->fail(call, PROXIMO_ESTATE, "%s: %s", d.volid, why);
    }
    const struct volume volume = {.volid = d.volid,
                                  .storage = d.storage,
                                  .node = d.node,
                                  .at = {d.at[0], d.at[1], FIELD("volume", d.volid)}};
    const char *summary = ask_text(&d.a, "%s, unchanged since it was downloaded, is deleted", d.volid);
    if (!summary || (r = d.a.host->change(call, summary)) < 0)
        return summary ? r : PROXIMO_ENOMEM;
    if ((r = volume_lay_out_delete(&volume, &d.a, "volume.delete", d.guarded)) < 0 ||
        (r = tell_text(&d.a, "no_way_back", "a deleted file comes back only by another download")) < 0)
        return r;
    return d.a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
}
