/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that come from outside: uploads, and downloads from a URL. No URL is ever asked: the simulator
 * invents the file. What it contains counts as the text of the URL itself, so that a caller can know its
 * checksum; its size follows from the URL too. Nothing listens on 127.0.0.1.
 */
#include "body.h"
#include "handlers.h"
#include "storage.h"
#include "task_run.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

static const struct kind {
    const char *content, *prefix, *endings;
} kinds[] = {{"iso", "iso", ".iso .img"},
             {"vztmpl", "vztmpl", ".tar.gz .tar.xz .tar.zst"},
             {"import", "import", ".ova .qcow2 .raw .vmdk"}};

static const struct kind *kind_of(const char *content)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].content, content) == 0)
            return &kinds[i];
    }
    return &kinds[0];
}

/* The last part of a path, with nothing in it that a file's name should not have. */
static void clean_name(const char *given, char *name, size_t size)
{
    for (const char *at = given; *at; at++) {
        if (*at == '/' || *at == '\\')
            given = at + 1;
    }
    (void)snprintf(name, size, "%s", given);
    for (char *at = name; *at; at++) {
        if (!isalnum((unsigned char)*at) && !strchr("_.-", *at))
            *at = '_';
    }
}

/* The ending that the file has; NULL: none of those of its kind. */
static const char *ending_of(const struct kind *kind, const char *name)
{
    for (const char *at = kind->endings; *at; at += *at == ' ') {
        size_t n = strcspn(at, " "), length = strlen(name);

        if (length > n && strncasecmp(name + length - n, at, n) == 0)
            return at;
        at += n;
    }
    return NULL;
}

static void format_of(const struct kind *kind, const char *name, char *format, size_t size)
{
    const char *ending = ending_of(kind, name);

    if (strcmp(kind->content, "iso") == 0)
        (void)snprintf(format, size, "iso");
    else if (strcmp(kind->content, "vztmpl") == 0)
        (void)snprintf(format, size, "t%.*s", ending ? (int)strcspn(ending + 5, " ") : 0,
                       ending ? ending + 5 : "");
    else
        (void)snprintf(format, size, "%.*s", ending ? (int)strcspn(ending + 1, " ") : 0,
                       ending ? ending + 1 : "");
}

/* Checks what uploads and downloads have in common and gives the volume's id. Returns 0 or fails the call. */
static int check_target(struct sim_call *call, char *volid, size_t size)
{
    const char *storage = sim_arg(call, "storage");
    const struct kind *kind = kind_of(sim_arg(call, "content"));
    struct json_object *config;
    char name[300];

    if (sim_storage_usable(call, storage) < 0)
        return -1;
    config = sim_storage_config(call->state, storage);
    if (!sim_storage_type_of(config)->files)
        return sim_fail(call, 500, "can't upload to storage type '%s'\n", sim_str(config, "type", ""));
    clean_name(sim_arg(call, "filename"), name, sizeof name);
    if (!ending_of(kind, name))
        return sim_fail_param(call, "filename", "wrong file extension");
    if (!sim_storage_takes(config, kind->content))
        return sim_fail(call, 500, "storage '%s' does not support '%s' content\n", storage, kind->content);
    (void)snprintf(volid, size, "%s:%s/%s", storage, kind->prefix, name);
    return 0;
}

/* The hash of some bytes with one of Proxmox's names for algorithms, in small hex digits. */
static void checksum(const char *algorithm, const char *bytes, size_t size, char *text, size_t room)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    const EVP_MD *md = EVP_get_digestbyname(algorithm);
    unsigned int n = 0;

    *text = 0;
    if (!md || EVP_Digest(bytes, size, hash, &n, md, NULL) != 1)
        return;
    for (unsigned int i = 0; i < n; i++)
        (void)snprintf(text + strlen(text), room - strlen(text), "%02x", hash[i]);
}

static void put_file(struct sim *sim, const char *node, const char *volid, const char *content, int64_t size)
{
    struct json_object *volume = json_object_new_object();
    char format[16];

    format_of(kind_of(content), volid, format, sizeof format);
    sim_set_str(volume, "volid", volid);
    sim_set_str(volume, "content", content);
    sim_set_str(volume, "format", format);
    sim_set_int(volume, "size", size);
    sim_set_int(volume, "ctime", (int64_t)time(NULL));
    sim_volume_remove(sim->state, node, volid);
    sim_volume_add(sim->state, node, volume);
}

static void path_of(struct sim *sim, const char *volid, char *path, size_t size)
{
    struct sim_volume_name name;
    char why[700];

    *path = 0;
    if (sim_volume_parse(sim->state, volid, &name, why, sizeof why) == 0)
        sim_volume_path(sim->state, &name, path, size);
}

/* ---- uploads ---- */

static int copy_begin(struct sim *sim, struct sim_job *job, char *why)
{
    const char *expected = sim_str(job->args, "checksum", NULL), *got = sim_str(job->args, "got", "");
    char path[700];

    path_of(sim, sim_str(job->args, "volid", ""), path, sizeof path);
    sim_job_log(job, false, "starting file import from: %s", sim_str(job->args, "temporary", ""));
    sim_job_log(job, false, "target node: %s", sim_str(job->args, "node", ""));
    sim_job_log(job, false, "target file: %s", path);
    sim_job_log(job, false, "file size is: %s", sim_str(job->args, "size", "0"));
    if (expected && strcasecmp(expected, got) != 0)
        return sim_why(why, "checksum mismatch: got '%s' != expect '%s'", got, expected);
    sim_job_log(job, false, "command: cp -- %s %s", sim_str(job->args, "temporary", ""), path);
    return 0;
}

static int copy_end(struct sim *sim, struct sim_job *job, char *why)
{
    (void)why;
    put_file(sim, sim_str(job->args, "node", ""), sim_str(job->args, "volid", ""),
             sim_str(job->args, "content", ""), sim_int(job->args, "size", 0));
    sim_job_log(job, false, "finished file import successfully");
    return 0;
}

static const struct sim_work copy_work = {.type = "imgcopy", .begin = copy_begin, .end = copy_end};

int sim_storage_upload(struct sim_call *call)
{
    const char *bytes, *algorithm = sim_arg(call, "checksum-algorithm");
    struct json_object *args, *task;
    char volid[400], got[140], temporary[180];
    unsigned char random[8] = {0};
    size_t size;

    if (sim_upload_file(call->request, &bytes, &size) < 0)
        return sim_fail(call, 500, "missing temporary file name\n");
    if (check_target(call, volid, sizeof volid) < 0)
        return -1;
    (void)RAND_bytes(random, sizeof random);
    checksum("md5", (const char *)random, sizeof random, got, sizeof got);
    (void)snprintf(temporary, sizeof temporary, "/var/tmp/pveupload-%s", got);
    args = json_object_new_object();
    sim_set_str(args, "temporary", temporary);
    sim_set_str(args, "id", "");
    sim_set_str(args, "node", sim_arg(call, "node"));
    sim_set_str(args, "volid", volid);
    sim_set_str(args, "content", sim_arg(call, "content"));
    sim_set_int(args, "size", (int64_t)size);
    if (algorithm) {
        checksum(algorithm, bytes, size, got, sizeof got);
        sim_set_str(args, "checksum", sim_arg(call, "checksum"));
        sim_set_str(args, "got", got);
    }
    task = sim_task_start(call->sim, &copy_work, call->who, sim_arg(call, "node"), args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}

/* ---- downloads ---- */

/* 64 MiB to 2 GiB, always the same for a URL. */
static int64_t invented_size(const char *url)
{
    uint64_t hash = 14695981039346656037U;

    for (; *url; url++)
        hash = (hash ^ (unsigned char)*url) * 1099511628211U;
    return (int64_t)(64 + hash % 1984) * (1 << 20);
}

/* The file is there already: good if it is the one that was wanted. Returns 1 then, or fails. */
static int check_existing(struct sim_job *job, const char *path, const char *got, char *why)
{
    const char *expected = sim_str(job->args, "checksum", NULL);

    if (!expected)
        return sim_why(why, "refusing to override existing file '%s'", path);
    if (strcasecmp(expected, got) == 0) {
        sim_job_log(job, false,
                    "calculating checksum of existing file...OK, got correct file already, no need "
                    "to download");
        return 1;
    }
    sim_job_log(job, false, "calculating checksum of existing file...mismatch");
    return sim_why(why, "refusing to override existing file '%s'", path);
}

static int download_begin(struct sim *sim, struct sim_job *job, char *why)
{
    const char *url = sim_str(job->args, "url", ""), *host = strstr(url, "://"),
               *volid = sim_str(job->args, "volid", ""), *node = sim_str(job->args, "node", "");
    char path[700], got[140], when[32];
    time_t now = time(NULL);
    struct tm tm;

    path_of(sim, volid, path, sizeof path);
    checksum(sim_str(job->args, "algorithm", "sha256"), url, strlen(url), got, sizeof got);
    sim_set_str(job->args, "got", got);
    if (sim_volume_at(sim->state, node, volid)) {
        int r = check_existing(job, path, got, why);

        if (r > 0)
            sim_set_int(job->args, "done", 1);
        return r < 0 ? r : 0;
    }
    (void)localtime_r(&now, &tm);
    (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    sim_job_log(job, false, "downloading %s to %s", url, path);
    sim_job_log(job, false, "--%s--  %s", when, url);
    host = host ? host + 3 : url;
    if (strncmp(host, "127.", 4) == 0 || strncmp(host, "localhost", 9) == 0) {
        int n = (int)strcspn(host, "/");

        return sim_why(why, "download failed: Connecting to %.*s%s... failed: Connection refused.", n, host,
                       memchr(host, ':', (size_t)n)    ? ""
                       : strncmp(url, "https", 5) == 0 ? ":443"
                                                       : ":80");
    }
    sim_job_log(job, false, "HTTP request sent, awaiting response... 200 OK");
    sim_job_log(job, false, "Length: %s [application/octet-stream]", sim_str(job->args, "size", "0"));
    for (int percent = 10; percent <= 100; percent += 30)
        sim_job_log(job, true, "%7lldK ........ ........ ........ ........ %3d%% 21.3M",
                    (long long)sim_int(job->args, "size", 0) / 1024 * percent / 100, percent);
    return 0;
}

static int download_end(struct sim *sim, struct sim_job *job, char *why)
{
    const char *expected = sim_str(job->args, "checksum", NULL), *got = sim_str(job->args, "got", ""),
               *url = sim_str(job->args, "url", ""), *volid = sim_str(job->args, "volid", "");
    char path[700];

    if (sim_int(job->args, "done", 0))
        return 0;
    sim_job_flush(job);
    path_of(sim, volid, path, sizeof path);
    if (expected && strcasecmp(expected, got) != 0) {
        sim_job_log(job, false, "calculating checksum...");
        return sim_why(why, "checksum mismatch: got '%s' != expect '%s'", got, expected);
    }
    if (expected)
        sim_job_log(job, false, "calculating checksum...OK, checksum verified");
    put_file(sim, sim_str(job->args, "node", ""), volid, sim_str(job->args, "content", ""),
             sim_int(job->args, "size", 0));
    sim_job_log(job, false, "download of '%s' to '%s' finished", url, path);
    return 0;
}

static const struct sim_work download_work = {
    .type = "download", .begin = download_begin, .end = download_end};

int sim_storage_download(struct sim_call *call)
{
    const char *compression = sim_arg(call, "compression"), *content = sim_arg(call, "content"),
               *url = sim_arg(call, "url");
    struct json_object *args, *task;
    char volid[400];

    if (check_target(call, volid, sizeof volid) < 0)
        return -1;
    if (compression && (strcmp(content, "iso") != 0 || !sim_listed("gz lzo zst bz2", compression)))
        return sim_fail(call, 500, "decompression not supported for '%s' with '%s'\n", content, compression);
    args = json_object_new_object();
    sim_set_str(args, "id", strchr(volid, '/') + 1);
    sim_set_str(args, "node", sim_arg(call, "node"));
    sim_set_str(args, "volid", volid);
    sim_set_str(args, "content", content);
    sim_set_str(args, "url", url);
    sim_set_int(args, "size", invented_size(url));
    sim_set_str(args, "checksum", sim_arg(call, "checksum"));
    if (sim_arg(call, "checksum-algorithm"))
        sim_set_str(args, "algorithm", sim_arg(call, "checksum-algorithm"));
    task = sim_task_start(call->sim, &download_work, call->who, sim_arg(call, "node"), args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}
