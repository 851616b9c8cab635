/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict of isolation against hostile files: a system file or a folder above it that the running user or
 * anybody else can change, links, ACLs, capabilities, root; and what the configuration names. Played as root
 * with other users in children; skipped for others.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "config/build.h"

#define RUNNER 54321u /* who runs proximo */
#define AGENT  54322u

static char folder[64], etc[96], file[128], state[96], token[128];

static void make(const char *path, const char *text, mode_t mode, uid_t owner)
{
    assert_int_equal(file_write_atomic(path, text, strlen(text), mode), 0);
    assert_int_equal(chmod(path, mode), 0);
    assert_int_equal(chown(path, owner, owner), 0);
}

static void configure(const char *more)
{
    char text[1024];

    (void)snprintf(text, sizeof(text),
                   "mode: guarded\nstate_dir: %s\nsites: {lab: {url: 'https://h', token_file: %s}}\n%s",
                   state, token, more);
    make(file, text, 0644, 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* FOLDER/etc/proximo.yaml of root; FOLDER/state and the token of the runner. */
static int setup(void **context)
{
    (void)context;
    (void)snprintf(folder, sizeof(folder), "/tmp/isolation.XXXXXX");
    if (geteuid() != 0)
        return 0;
    if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
        return -1;
    (void)snprintf(etc, sizeof(etc), "%s/etc", folder);
    (void)snprintf(file, sizeof(file), "%s/proximo.yaml", etc);
    (void)snprintf(state, sizeof(state), "%s/state", folder);
    (void)snprintf(token, sizeof(token), "%s/lab.token", state);
    if (mkdir(etc, 0755) < 0 || mkdir(state, 0700) < 0 || chown(state, RUNNER, RUNNER) < 0)
        return -1;
    make(token, "u@pam!t=s\n", 0600, RUNNER);
    configure("");
    return 0;
}

static int teardown(void **context)
{
    (void)context;
    return geteuid() == 0 ? nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) : 0;
}

static void need_root(void)
{
    if (geteuid() != 0) {
        print_message("not root: another user cannot be played\n");
        skip();
    }
}

struct found {
    int isolation; /* -1: it does not load */
    char faults[2048];
};

/* What `user` (with one more group, 0: none) finds. keep: capabilities stay. */
static struct found find_as(uid_t user, gid_t group, bool keep)
{
    const struct config_options options = {.no_environment = true};
    struct found found = {.isolation = -1};
    int pipes[2], status = 0;

    assert_int_equal(pipe(pipes), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct config *c = NULL;
        if (keep)
            (void)prctl(PR_SET_KEEPCAPS, 1);
        if (setgroups(group ? 1 : 0, &group) < 0 || (user && (setgid(user) < 0 || setuid(user) < 0)))
            _exit(1);
        if (config_load_with(&options, file, -1, &c, NULL) == 0) {
            found.isolation = (int)c->isolation;
            for (size_t i = 0; i < c->check_count; i++) {
                const size_t len = strlen(found.faults);
                if (c->checks[i].fault)
                    (void)snprintf(found.faults + len, sizeof(found.faults) - len, "%s: %s\n",
                                   c->checks[i].what, c->checks[i].fault);
            }
            config_free(c);
        }
        _exit(write(pipes[1], &found, sizeof(found)) == (ssize_t)sizeof(found) ? 0 : 1);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &found, sizeof(found)), sizeof(found));
    close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return found;
}

/* words NULL: isolated; otherwise advisory, and a look says so. */
static void expect(const char *words)
{
    const struct found found = find_as(RUNNER, 0, false);

    if (!words && (found.isolation != CONFIG_ISOLATED || found.faults[0]))
        fail_msg("not isolated: %s", found.faults);
    if (words && (found.isolation != CONFIG_SAME_USER || !strstr(found.faults, words)))
        fail_msg("%d, wanted \"%s\", found: %s", found.isolation, words, found.faults);
}

/* design 3: "Trust settings come from a file that the running user cannot write ..." */
static void the_trust_file(void **context)
{
    char other[160];

    (void)context;
    need_root();
    expect(NULL);
    assert_int_equal(chown(file, RUNNER, RUNNER), 0);
    expect("trust settings: it does not belong to root");
    configure("");
    assert_int_equal(chmod(file, 0664), 0); /* by a group that the runner is not in: the agent may be */
    expect("trust settings: its group or others can write to it");
    configure("");
    /* reached by a link, from a folder of root's */
    (void)snprintf(other, sizeof(other), "%s/real.yaml", etc);
    assert_int_equal(rename(file, other), 0);
    assert_int_equal(symlink(other, file), 0);
    expect("trust settings: a symbolic link is on the way");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rename(other, file), 0);
    expect(NULL);
    assert_int_equal(unlink(file), 0);
    expect("trust settings: there is no such file");
}

static void folders_above_it(void **context)
{
    static const mode_t modes[] = {0777, 0775, 0757};

    (void)context;
    need_root();
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(etc, modes[i]), 0);
        expect("its folder");
        assert_int_equal(chmod(etc, 0755), 0);
        assert_int_equal(chmod(folder, modes[i]), 0); /* two above */
        expect("its folder");
        assert_int_equal(chmod(folder, 0755), 0);
    }
    assert_int_equal(chown(etc, RUNNER, RUNNER), 0); /* could give itself the right */
    expect("its folder");
    assert_int_equal(chown(etc, 0, 0), 0);
    assert_int_equal(chown(folder, AGENT, AGENT), 0);
    expect("its folder");
    assert_int_equal(chown(folder, 0, 0), 0);
    assert_int_equal(chmod(folder, 01777), 0); /* as /tmp: nobody can take root's away */
    expect(NULL);
    assert_int_equal(chmod(folder, 0755), 0);
    expect(NULL);
}

/* A folder that is a link somewhere else, as another way to the same file. */
static void a_linked_folder(void **context)
{
    char moved[96];

    (void)context;
    need_root();
    (void)snprintf(moved, sizeof(moved), "%s/real", folder);
    assert_int_equal(rename(etc, moved), 0);
    assert_int_equal(symlink(moved, etc), 0);
    expect("a symbolic link is on the way");
}

/* POSIX ACL entries as Linux keeps them: version, then tag, permissions, id. */
static int acl_user(const char *path, uid_t user, uint16_t permissions)
{
    const struct {
        uint16_t tag, permissions;
        uint32_t id;
    } entries[] = {{1, 6, UINT32_MAX},
                   {2, permissions, user},
                   {4, 4, UINT32_MAX},
                   {16, 6, UINT32_MAX},
                   {32, 4, UINT32_MAX}};
    unsigned char bytes[4 + sizeof(entries)] = {2};

    memcpy(bytes + 4, entries, sizeof(entries));
    return setxattr(path, "system.posix_acl_access", bytes, sizeof(bytes), 0);
}

static void an_acl(void **context)
{
    (void)context;
    need_root();
    if (acl_user(file, RUNNER, 6) < 0) {
        print_message("no ACLs on this file system: %s\n", strerror(errno));
        skip();
    }
    expect("trust settings:");
    configure("");
    assert_int_equal(acl_user(file, AGENT, 6), 0);
    expect("trust settings: its group or others can write to it"); /* the mask shows it */
}

static void the_running_user(void **context)
{
    struct found found;

    (void)context;
    need_root();
    found = find_as(0, 0, false);
    assert_int_equal(found.isolation, CONFIG_SAME_USER);
    assert_non_null(strstr(found.faults, "it is root"));
    found = find_as(RUNNER, 0, true); /* another user, who kept root's capabilities */
    assert_int_equal(found.isolation, CONFIG_SAME_USER);
    assert_non_null(strstr(found.faults, "CAP_CHOWN"));
    found = find_as(RUNNER, AGENT, false); /* one more group does no harm by itself */
    assert_int_equal(found.isolation, CONFIG_ISOLATED);
    assert_int_equal(chown(etc, 0, AGENT), 0);
    assert_int_equal(chmod(etc, 0775), 0);
    found = find_as(RUNNER, AGENT, false);
    assert_int_equal(found.isolation, CONFIG_SAME_USER);
}

/* What the configuration names, in the agent's reach. */
static void what_it_names(void **context)
{
    char path[160], more[300];

    (void)context;
    need_root();
    assert_int_equal(chmod(token, 0640), 0);
    expect("token: its group or others can read it");
    make(token, "u@pam!t=s\n", 0600, AGENT);
    expect("token: it belongs to another user");
    make(token, "u@pam!t=s\n", 0600, RUNNER);
    expect(NULL);
    assert_int_equal(unlink(token), 0); /* not there yet, in a closed folder */
    expect(NULL);
    make(token, "u@pam!t=s\n", 0400, 0);
    expect(NULL);
    assert_int_equal(chmod(state, 0755), 0);
    expect("state folder: its group or others can read it");
    assert_int_equal(chmod(state, 0770), 0);
    expect("state folder: its group or others can write");
    assert_int_equal(chmod(state, 0700), 0);

    (void)snprintf(path, sizeof(path), "%s/approver.pub", folder);
    (void)snprintf(more, sizeof(more), "trust: {approver_key: %s}\n", path);
    configure(more);
    make(path, "key", 0644, AGENT);
    expect("approver's public key: it belongs to another user");
    make(path, "key", 0666, 0);
    expect("approver's public key: its group or others can write");
    make(path, "key", 0644, 0);
    expect(NULL);

    static const char *const keys[][2] = {{"key_file", "ledger key"},
                                          {"signing_key_file", "key of checkpoints"}};
    (void)snprintf(path, sizeof(path), "%s/open", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char words[120];
        (void)snprintf(more, sizeof(more), "ledger: {%s: %s/audit.key}\n", keys[i][0], path);
        configure(more);
        assert_int_equal(chown(path, AGENT, AGENT), 0);
        (void)snprintf(words, sizeof(words), "%s:", keys[i][1]);
        expect(words); /* the folder is the agent's: cannot be looked into, or is another's */
        assert_int_equal(chown(path, 0, 0), 0);
        assert_int_equal(chmod(path, 0777), 0);
        (void)snprintf(words, sizeof(words), "%s: the folder it will lie in can be changed by others",
                       keys[i][1]);
        expect(words);
        assert_int_equal(chmod(path, 0755), 0);
        expect(NULL);
        assert_int_equal(chmod(path, 0700), 0);
    }

    (void)snprintf(path, sizeof(path), "%s/mine.so", folder);
    (void)snprintf(more, sizeof(more), "planes: {mine: {file: %s}}\n", path);
    configure(more);
    make(path, "x", 0775, 0);
    expect("plane: its group or others can write");
}

/* The system file is there and does not rule: what is looser elsewhere is not refused, and it is said. */
static void ruling_is_not_isolation(void **context)
{
    (void)context;
    need_root();
    assert_int_equal(chmod(state, 0755), 0); /* it rules all the same, but others read the records */
    const struct found found = find_as(RUNNER, 0, false);
    assert_int_equal(found.isolation, CONFIG_SAME_USER);
    assert_null(strstr(found.faults, "trust settings"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_trust_file),   TEST(folders_above_it), TEST(a_linked_folder),        TEST(an_acl),
        TEST(the_running_user), TEST(what_it_names),    TEST(ruling_is_not_isolation)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
