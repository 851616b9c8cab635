/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Isolation: can anybody but root and the running user change what trust rests on? Looked at once, while the
 * configuration is loaded; every look is kept, so that doctor and proximo_status say what the verdict is made
 * of. Who the agent is cannot be seen from here: the environment and the parent process are hints.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "config/build.h"
#include "config/isolation.h"

/* What a path must keep from others. */
enum keep {
    KEEP_TRUST,  /* root's own, and the running user cannot change it */
    KEEP_WHOLE,  /* only root and the running user can change it */
    KEEP_SECRET, /* and nobody else can read it */
    KEEP_FOLDER, /* the same of a folder of the running user */
};

/* ---- what is kept of each look */

static int add(struct config *config, const char *what, const char *path, const struct stat *st,
               const char *fault)
{
    struct config_check *grown = realloc(config->checks, (config->check_count + 1) * sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    config->checks = grown;
    struct config_check *check = &grown[config->check_count];
    *check = (struct config_check){.what = strdup(what),
                                   .path = path ? strdup(path) : NULL,
                                   .fault = fault ? strdup(fault) : NULL,
                                   .owner = st ? (int64_t)st->st_uid : -1,
                                   .mode = st ? (unsigned)(st->st_mode & 07777) : 0};
    config->check_count++;
    return check->what && (check->path || !path) && (check->fault || !fault) ? 0 : -ENOMEM;
}

void isolation_free(struct config *config)
{
    for (size_t i = 0; i < config->check_count; i++) {
        free(config->checks[i].what);
        free(config->checks[i].path);
        free(config->checks[i].fault);
    }
    free(config->checks);
    config->checks = NULL;
    config->check_count = 0;
}

/* ---- one path and all folders above it */

static bool owner_good(uid_t owner, enum keep keep)
{
    return owner == 0 || (keep != KEEP_TRUST && owner == geteuid());
}

/* May somebody else take what lies in this folder away and put something else there? `owner`: of what lies in
 * it; in a sticky folder others cannot. An ACL that lets a user write shows in the group's bits, its mask. */
static bool folder_open(const struct stat *folder, uid_t owner, enum keep keep)
{
    const bool sticky = (folder->st_mode & S_ISVTX) != 0 && owner_good(owner, keep);

    return !owner_good(folder->st_uid, keep) || ((folder->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky);
}

/* Every folder above path, from / on. Fills why when one of them is open; `owner`: of what path names. */
static bool folders_closed(const char *path, enum keep keep, uid_t owner, char *why, size_t size)
{
    char part[PATH_MAX];
    struct stat folder, child = {.st_uid = owner};

    for (size_t len = strlen(path); len > 0;) {
        while (len > 0 && path[len - 1] != '/')
            len--;
        while (len > 1 && path[len - 1] == '/')
            len--;
        if (len == 0 || len >= sizeof(part))
            return len == 0;
        memcpy(part, path, len);
        part[len] = '\0';
        if (stat(part, &folder) < 0) {
            (void)snprintf(why, size, "%.300s cannot be looked at: %s", part, strerror(errno));
            return false;
        }
        if (folder_open(&folder, child.st_uid, keep)) {
            (void)snprintf(why, size, "its folder %.300s can be changed by others (owner %u, mode %04o)",
                           part, (unsigned)folder.st_uid, (unsigned)(folder.st_mode & 07777));
            return false;
        }
        child = folder;
        if (len == 1)
            break;
    }
    return true;
}

/* A symbolic link anywhere on the way: where it leads could be a matter of another folder. */
static bool has_link(const char *path)
{
    CLEANUP_FREE char *real = realpath(path, NULL);

    return !real || strcmp(real, path) != 0;
}

static const char *thing_fault(const struct stat *st, enum keep keep)
{
    if (keep == KEEP_TRUST && st->st_uid != 0)
        return "it does not belong to root";
    if (!owner_good(st->st_uid, keep))
        return "it belongs to another user";
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return "its group or others can write to it";
    if ((keep == KEEP_SECRET || keep == KEEP_FOLDER) && (st->st_mode & (S_IRWXG | S_IRWXO)))
        return "its group or others can read it";
    return NULL;
}

/* Can this process write there, whatever the modes say: capabilities, ACLs, a real user beside the effective
 * one? */
static bool can_write(const char *path)
{
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 || access(path, W_OK) == 0;
}

/* The nearest thing of the path that exists; what is not there yet is made by us, with closed modes. */
static int nearest(const char *path, char *ret, size_t size, struct stat *st)
{
    size_t len = strlen(path);

    if (len == 0 || len >= size)
        return -ENAMETOOLONG;
    memcpy(ret, path, len + 1);
    while (stat(ret, st) < 0) {
        char *slash = strrchr(ret, '/');
        if ((errno != ENOENT && errno != ENOTDIR) || !slash || strcmp(ret, "/") == 0)
            return -errno;
        slash[slash == ret] = '\0';
    }
    return 0;
}

/* NULL: it is kept. Otherwise why not, in `why`. *ret_st is filled when it exists. */
static const char *path_fault(const char *path, enum keep keep, struct stat *st, bool *ret_there, char *why,
                              size_t size)
{
    char place[PATH_MAX];
    CLEANUP_FREE char *real = NULL;
    int r = nearest(path, place, sizeof(place), st);

    *ret_there = r == 0 && strcmp(place, path) == 0;
    if (r < 0) {
        (void)snprintf(why, size, "it cannot be looked at: %s", strerror(-r));
        return why;
    }
    if (keep == KEEP_TRUST && has_link(path))
        return "a symbolic link is on the way to it";
    /* Of what is not there, the folder that it will be made in counts. */
    const char *fault = *ret_there ? thing_fault(st, keep)
                        : folder_open(st, geteuid(), keep)
                            ? "the folder it will lie in can be changed by others"
                            : NULL;
    if (fault)
        return fault;
    real = realpath(place, NULL);
    if (!folders_closed(place, keep, st->st_uid, why, size) ||
        (real && !folders_closed(real, keep, st->st_uid, why, size)))
        return why;
    return keep == KEEP_TRUST && can_write(path) ? "the running user can write to it" : NULL;
}

static int look(struct config *config, const char *what, const char *path, enum keep keep, bool *ret_good)
{
    struct stat st = {0};
    bool there = false;
    char why[PATH_MAX + 200];
    const char *fault = path_fault(path, keep, &st, &there, why, sizeof(why));

    *ret_good = *ret_good && !fault;
    return add(config, what, path, there ? &st : NULL, fault);
}

/* ---- the running user */

/* Capabilities that change files, users or processes of others. Sources: capabilities(7), capget(2). */
static const struct {
    unsigned bit;
    const char *name;
} strong[] = {{CAP_CHOWN, "CAP_CHOWN"},           {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"},
              {CAP_FOWNER, "CAP_FOWNER"},         {CAP_SETUID, "CAP_SETUID"},
              {CAP_SETGID, "CAP_SETGID"},         {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
              {CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}, {CAP_SYS_MODULE, "CAP_SYS_MODULE"},
              {CAP_SETFCAP, "CAP_SETFCAP"},       {CAP_SYS_RAWIO, "CAP_SYS_RAWIO"}};

/* The first of them that this process has or could take; NULL: none. */
static const char *strong_capability(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &head, data) < 0)
        return "capabilities that cannot be read";
    for (size_t i = 0; i < sizeof(strong) / sizeof(strong[0]); i++) {
        if (data[CAP_TO_INDEX(strong[i].bit)].permitted & CAP_TO_MASK(strong[i].bit))
            return strong[i].name;
    }
    return NULL;
}

static int user_check(struct config *config, bool *ret_good)
{
    char why[200];
    const char *capability = NULL, *fault = NULL;

    if (geteuid() == 0 || getuid() == 0) {
        fault = "it is root, who can change every file: nothing is kept from an agent that is root, or makes "
                "root act";
    } else if ((capability = strong_capability()) != NULL) {
        (void)snprintf(why, sizeof(why), "it has %.60s, which goes past the modes of files", capability);
        fault = why;
    } else if (getuid() != geteuid()) {
        fault = "it has two users at once";
    }
    *ret_good = *ret_good && !fault;
    (void)snprintf(config->user, sizeof(config->user), "uid %u", (unsigned)geteuid());
    return add(config, "running user", config->user, NULL, fault);
}

/* ---- the verdict */

int isolation_rules(struct config *config, const char *system_file, bool present, bool *ret_rules)
{
    bool good = present;
    int r = user_check(config, &good);

    if (r == 0 && present)
        r = look(config, "trust settings", system_file, KEEP_TRUST, &good);
    else if (r == 0)
        r = add(config, "trust settings", system_file, NULL, "there is no such file");
    *ret_rules = r == 0 && good;
    return r;
}

/* The CA files of endpoints that no fingerprint vouches for, and of each site its token. */
static int site_paths(struct config *config, const struct config_site *site, bool *ret_good)
{
    int r = site->token_file ? look(config, "token", site->token_file, KEEP_SECRET, ret_good) : 0;

    for (size_t i = 0; r == 0 && i < site->endpoint_count; i++) {
        if (site->endpoints[i].ca_file && !site->endpoints[i].fingerprint)
            r = look(config, "CA", site->endpoints[i].ca_file, KEEP_WHOLE, ret_good);
    }
    return r;
}

/* A plane's file, and the programs and files that its executors are given. */
static int plane_paths(struct config *config, const struct config_plane *plane, bool *ret_good)
{
    int r = plane->file ? look(config, "plane", plane->file, KEEP_WHOLE, ret_good) : 0;

    for (size_t i = 0; r == 0 && i < plane->programs.count; i++)
        r = look(config, "executor's program", strchr(plane->programs.items[i], '=') + 1, KEEP_WHOLE,
                 ret_good);
    for (size_t i = 0; r == 0 && i < plane->material.count; i++)
        r = look(config, "executor's file", strchr(plane->material.items[i], '=') + 1, KEEP_WHOLE, ret_good);
    return r;
}

int isolation_paths(struct config *config, bool rules)
{
    const struct config_ledger *ledger = &config->ledger;
    /* Where an anchor's file lies is another machine's matter. */
    const struct {
        const char *what, *path;
        enum keep keep;
    } named[] = {{"state folder", config->state_dir, KEEP_FOLDER},
                 {"ledger", ledger->file, KEEP_WHOLE},
                 {"ledger key", ledger->key_file, KEEP_SECRET},
                 {"key of checkpoints", ledger->signing_key_file, KEEP_SECRET},
                 {"anchor's token", ledger->anchor.url_token_file, KEEP_SECRET},
                 {"anchor's CA", ledger->anchor.url.ca_file, KEEP_WHOLE},
                 {"anchor's CA", ledger->anchor.syslog.ca_file, KEEP_WHOLE},
                 {"A2A token", config->a2a.token_file, KEEP_SECRET},
                 {"key of the A2A card", config->a2a.signing_key_file, KEEP_SECRET},
                 {"approver's public key", config->trust.approver_key, KEEP_WHOLE},
                 {"plane folder", config->plane_dir, KEEP_WHOLE}};
    bool good = rules;
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(named) / sizeof(named[0]); i++)
        r = named[i].path ? look(config, named[i].what, named[i].path, named[i].keep, &good) : 0;
    for (size_t i = 0; r == 0 && i < config->site_count; i++)
        r = site_paths(config, &config->sites[i], &good);
    for (size_t i = 0; r == 0 && i < config->plane_count; i++)
        r = plane_paths(config, &config->planes[i], &good);
    config->isolation = r == 0 && good ? CONFIG_ISOLATED : CONFIG_SAME_USER;
    return r;
}

/* ---- who started it */

/* -1: no number of a user. */
static int64_t digits_of(const char *text, size_t len)
{
    char digits[16];
    uint64_t value = 0;

    (void)snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
    return len > 0 && len < sizeof(digits) && text_to_u64(digits, UINT32_MAX, &value) == 0 ? (int64_t)value
                                                                                           : -1;
}

/* Real user of the parent process, -1: not known. Source: proc(5), /proc/PID/status, Uid. */
static int64_t parent_user(void)
{
    CLEANUP_BUF struct buf text = BUF_INIT(8192);
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)getppid());
    if (file_read(path, &text) < 0 || !text.data)
        return -1;
    const char *line = strstr(text.data, "\nUid:");
    if (!line)
        return -1;
    line += strcspn(line, "0123456789");
    return digits_of(line, strspn(line, "0123456789"));
}

void config_put_starter(struct buf *out)
{
    const char *sudo = getenv("SUDO_UID"), *ssh = getenv("SSH_CONNECTION");
    const int64_t parent = parent_user(), asker = sudo ? digits_of(sudo, strlen(sudo)) : -1;

    if (asker >= 0)
        buf_printf(out, "by sudo for uid %lld (as SUDO_UID says)%s", (long long)asker,
                   asker == (int64_t)geteuid() ? ": the same user" : "");
    else if (ssh && *ssh)
        buf_str(out, "over ssh (as SSH_CONNECTION says)");
    else if (parent >= 0 && (uid_t)parent == geteuid())
        buf_str(out, "by a process of the same user: if that is the agent, it can do what this user can");
    else if (parent >= 0)
        buf_printf(out, "by a process of uid %lld", (long long)parent);
    else
        buf_str(out, "by somebody who is not known");
}
