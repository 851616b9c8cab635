/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets from files: what is read, and everything that is not, whatever a model names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/crypto.h"
#include "config/config.h"
#include "trust/build.h"
#include "trust/secret_source.h"

#define CANARY "file-canary-4711"

static char base[64], dir[96], token[128];
static char *dirs[1];
static struct config_site sites[1];
static struct config config;

static void put(const char *path, const void *bytes, size_t len, mode_t mode)
{
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

static const char *in(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/secret-file-XXXXXX");
    if (!mkdtemp(base))
        return -1;
    (void)snprintf(dir, sizeof(dir), "%s/in", base);
    (void)snprintf(token, sizeof(token), "%s/in/token", base);
    dirs[0] = dir;
    sites[0].token_file = token;
    config =
        (struct config){.sites = sites, .site_count = 1, .trust.secret_dirs = {.items = dirs, .count = 1}};
    return mkdir(dir, 0700);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The value; NULL: refused, with words that hold nothing of it. */
static const char *value_of(const char *path, struct problem *p)
{
    static struct buf value;
    value.limit = SECRET_FILE_LIMIT;
    buf_reset(&value);
    memset(p, 0, sizeof(*p));
    int r = secret_file_read(&config, path, &value, p);
    if (r == 0)
        return value.data;
    assert_string_equal(p->code, PX_SECRET_FILE);
    assert_true(value.len == 0);
    assert_true(p->next[0]);
    assert_null(strstr(p->cause, CANARY));
    assert_null(strstr(p->next, CANARY));
    return NULL;
}

static void refused(const char *path, const char *words)
{
    struct problem p;
    assert_null(value_of(path, &p));
    if (!strstr(p.cause, words))
        print_error("%s\n", p.cause);
    assert_non_null(strstr(p.cause, words));
}

static void a_file_is_read(void **state)
{
    static const char odd[] = "{\"secret\":true}\\n\\u0000 'x' --";
    struct problem p;
    (void)state;
    put(in("a"), CANARY "\n", strlen(CANARY) + 1, 0600);
    assert_string_equal(value_of(in("a"), &p), CANARY);
    put(in("a"), CANARY "\n\n", strlen(CANARY) + 2, 0400); /* one newline, not all */
    assert_string_equal(value_of(in("a"), &p), CANARY "\n");
    put(in("a"), odd, strlen(odd), 0600); /* what looks like JSON is bytes like others */
    assert_string_equal(value_of(in("a"), &p), odd);
    assert_int_equal(mkdir(in("sub"), 0700), 0);
    put(in("sub/b"), CANARY, strlen(CANARY), 0600);
    assert_string_equal(value_of(in("sub/b"), &p), CANARY);
    assert_int_equal(chmod(in("sub"), 0100), 0); /* a folder that can be entered and not listed is enough */
    assert_string_equal(value_of(in("sub/b"), &p), CANARY);
    assert_int_equal(chmod(in("sub"), 0700), 0);
}

static void no_folder_no_file(void **state)
{
    struct problem p;
    (void)state;
    put(in("a"), CANARY, strlen(CANARY), 0600);
    config.trust.secret_dirs.count = 0;
    refused(in("a"), "trust.secret_dirs");
    config.trust.secret_dirs.count = 1;
    assert_non_null(value_of(in("a"), &p));
}

static void nothing_outside(void **state)
{
    char path[256];
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/out", base);
    put(path, CANARY, strlen(CANARY), 0600);
    refused(path, "not below a folder");
    refused(in("../out"), "an element that is none");
    refused(in("./a"), "an element that is none");
    refused(in("/a"), "an element that is none");
    refused(in(""), "an element that is none");
    refused(dir, "not below a folder");
    refused("in/a", "not absolute");
    refused("", "not absolute");
    /* a folder whose name only begins alike */
    (void)snprintf(path, sizeof(path), "%s/inside", base);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/inside/a", base);
    put(path, CANARY, strlen(CANARY), 0600);
    refused(path, "not below a folder");
    refused("/etc/shadow", "not below a folder");
}

static void no_links(void **state)
{
    char path[256];
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/out", base);
    put(path, CANARY, strlen(CANARY), 0600);
    assert_int_equal(symlink(path, in("link")), 0);
    refused(in("link"), "symbolic link");
    (void)snprintf(path, sizeof(path), "%s", base);
    assert_int_equal(symlink(path, in("folder")), 0); /* and none on the way */
    refused(in("folder/out"), "symbolic link");
}

static void files_alone(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(in("fifo"), 0600), 0);
    refused(in("fifo"), "not a regular file"); /* and nobody waits for a writer */
    assert_int_equal(mkdir(in("folder"), 0700), 0);
    refused(in("folder"), "not a regular file");
    refused(in("none"), "No such file");
    if (geteuid() == 0 && mknod(in("zero"), S_IFCHR | 0600, makedev(1, 5)) == 0)
        refused(in("zero"), "not a regular file");
}

static void nobody_elses(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0666};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        put(in("a"), CANARY, strlen(CANARY), modes[i]);
        refused(in("a"), "by others");
    }
    assert_int_equal(mkdir(in("shared"), 0700), 0);
    put(in("shared/a"), CANARY, strlen(CANARY), 0600);
    assert_int_equal(chmod(in("shared"), 0777), 0);
    refused(in("shared/a"), "can be written by others");
    assert_int_equal(chmod(in("shared"), 01777), 0);
    refused(in("shared/a"), "can be written by others");
    if (geteuid() != 0)
        return;
    put(in("a"), CANARY, strlen(CANARY), 0600);
    assert_int_equal(chown(in("a"), 65534, 65534), 0);
    refused(in("a"), "another user");
}

static void not_too_much(void **state)
{
    static char big[SECRET_FILE_LIMIT + 1];
    struct problem p;
    (void)state;
    memset(big, 'x', sizeof(big));
    put(in("a"), big, SECRET_FILE_LIMIT, 0600);
    assert_non_null(value_of(in("a"), &p));
    put(in("a"), big, sizeof(big), 0600);
    refused(in("a"), "larger than 64 KiB");
    put(in("a"), CANARY, strlen(CANARY), 0600);
    assert_int_equal(truncate(in("a"), (off_t)4 << 30), 0); /* refused by its size, unread */
    refused(in("a"), "larger than 64 KiB");
    put(in("a"), CANARY "\0x", strlen(CANARY) + 2, 0600);
    refused(in("a"), "NUL");
    put(in("a"), "", 0, 0600);
    refused(in("a"), "empty");
    put(in("a"), "\n", 1, 0600);
    refused(in("a"), "empty");
}

/* A folder that the operator chose badly still gives away nothing of proximo's own. */
static void own_keys_are_nobodys(void **state)
{
    (void)state;
    put(token, "root@pam!x=" CANARY, 11 + strlen(CANARY), 0600);
    refused(token, "proximo itself");
    assert_int_equal(link(token, in("other-name")), 0);
    refused(in("other-name"), "proximo itself");
    /* the key with which an executor logs in to the nodes */
    char material[600], *items[] = {material};
    struct config_plane plane = {.material = {.items = items, .count = 1}};
    put(in("ssh-key"), CANARY, strlen(CANARY), 0600);
    (void)snprintf(material, sizeof(material), "identity=%s", in("ssh-key"));
    config.planes = &plane;
    config.plane_count = 1;
    refused(in("ssh-key"), "proximo itself");
    config.plane_count = 0;
    config.state_dir = dir;
    put(in("a"), CANARY, strlen(CANARY), 0600);
    refused(in("a"), "state folder");
    config.state_dir = NULL;
}

/* 128 bits at least, no look-alikes, never the same. */
static void what_is_generated(void **state)
{
    struct trust trust = {.crypto = crypto_module_get(NULL)};
    char one[25], two[25];
    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(secret_generate(&trust, 24, one), 0);
        assert_int_equal(secret_generate(&trust, 24, two), 0);
        assert_int_equal(strlen(one), 24);
        assert_string_not_equal(one, two);
        assert_null(strpbrk(one, "IOlo01"));
        assert_non_null(strpbrk(one, "23456789"));
        assert_non_null(strpbrk(one, "ABCDEFGHJKLMNPQRSTUVWXYZ"));
        assert_non_null(strpbrk(one, "abcdefghijkmnpqrstuvwxyz"));
    }
    trust.crypto = NULL;
    assert_true(secret_generate(&trust, 24, one) < 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_file_is_read), T(no_folder_no_file),    T(nothing_outside),
        T(no_links),       T(files_alone),          T(nobody_elses),
        T(not_too_much),   T(own_keys_are_nobodys), T(what_is_generated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
