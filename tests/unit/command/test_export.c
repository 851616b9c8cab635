/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit export` on a real ledger, and verify.sh against forgers of what was exported. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "proofs.h"

#define FILE_LIMIT ((size_t)4 << 20)

static char bundle[96];

static struct outcome export_to(const char *folder)
{
    const char *const words[] = {"audit", "export", folder, "--file", place.file, NULL};

    return run(words, "", NULL);
}

static struct outcome verify_sh(const char *key)
{
    char script[128];

    (void)snprintf(script, sizeof script, "%s/verify.sh", bundle);
    const char *const words[] = {script, key, NULL};
    return run_other("/bin/sh", words);
}

static void no_secret(const char *secret_file, const char *file)
{
    CLEANUP_BUF struct buf secret = BUF_INIT(FILE_LIMIT), bytes = BUF_INIT(FILE_LIMIT);

    place_read(secret_file, &secret);
    place_read(file, &bytes);
    for (const char *at = secret.data, *end; at && *at; at = *end ? end + 1 : end) {
        end = strchrnul(at, '\n');
        const char *word = memrchr(at, ' ', (size_t)(end - at));
        word = word ? word + 1 : at;
        if (end - word >= 60 && memmem(bytes.data, bytes.len, word, (size_t)(end - word)))
            fail_msg("%.*s is in %s", (int)(end - word), word, file);
    }
}

static const char *const exported[] = {"segments/audit.log",
                                       "segments/audit.log.000001",
                                       "checkpoint.txt",
                                       "key.txt",
                                       "key.pem",
                                       "README.txt",
                                       "verify.sh",
                                       "SHA256SUMS"};

static void test_export(void **state)
{
    char path[192], original[192];

    (void)state;
    CLEANUP_OUTCOME struct outcome made = export_to(bundle);
    if (made.status != 0)
        fail_msg("%d %s%s", made.status, made.out.data, made.err.data);
    for (size_t i = 0; i < sizeof exported / sizeof exported[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", bundle, exported[i]);
        no_secret(place.key, path);
        no_secret(place.sign, path);
    }
    CLEANUP_BUF struct buf ours = BUF_INIT(FILE_LIMIT), theirs = BUF_INIT(FILE_LIMIT);
    (void)snprintf(path, sizeof path, "%s/segments/audit.log.000001", bundle);
    (void)snprintf(original, sizeof original, "%s.000001", place.file);
    place_read(path, &ours);
    place_read(original, &theirs);
    assert_int_equal(ours.len, theirs.len);
    assert_memory_equal(ours.data, theirs.data, ours.len);
    CLEANUP_OUTCOME struct outcome alone = verify_sh(NULL), keyed = verify_sh(key_text);
    if (alone.status != 0 || keyed.status != 0)
        fail_msg("%s%s%s", alone.out.data, alone.err.data, keyed.err.data);
    assert_non_null(strstr(keyed.out.data, "good: "));
    assert_null(strstr(keyed.out.data, "compare"));
    CLEANUP_OUTCOME struct outcome other = verify_sh("proximo-ledger/x+00000000+AAAA");
    assert_int_equal(other.status, 1);
    CLEANUP_OUTCOME struct outcome again = export_to(bundle);
    assert_int_equal(again.status, 2);
    assert_non_null(strstr(again.err.data, "not empty"));
}

/* forge.sh: a forgery of the bundle, with SHA256SUMS made anew. */
static void forge(const char *what, const char *other)
{
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char script[PATH_MAX];

    (void)snprintf(script, sizeof script, "%s/tests/unit/command/forge.sh", source ? source : ".");
    const char *const words[] = {script, bundle, what, other, NULL};
    CLEANUP_OUTCOME struct outcome o = run_other("/bin/sh", words);
    if (o.status != 0)
        fail_msg("%s: %s", what, o.err.data);
}

/* Bytes of a file changed, one at a time: verify.sh must see each, whatever SHA256SUMS says. */
static void attack(const char *name, size_t step)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(FILE_LIMIT);
    char path[192];

    (void)snprintf(path, sizeof path, "%s/%s", bundle, name);
    place_read(path, &bytes);
    for (size_t at = 0; at < bytes.len; at += step) {
        const char kept = bytes.data[at];
        bytes.data[at] = (char)(kept == '7' ? '8' : '7');
        place_write(path, bytes.data, bytes.len);
        CLEANUP_OUTCOME struct outcome careless = verify_sh(key_text);
        assert_int_equal(careless.status, 1);
        forge("list", NULL);
        CLEANUP_OUTCOME struct outcome forged = verify_sh(key_text);
        if (forged.status != 1)
            fail_msg("%s, byte %zu: %d %s", name, at, forged.status, forged.out.data);
        bytes.data[at] = kept;
        place_write(path, bytes.data, bytes.len);
        forge("list", NULL);
    }
    CLEANUP_OUTCOME struct outcome good = verify_sh(key_text);
    assert_int_equal(good.status, 0);
}

/* Records cut out, doubled, moved; files left out, exchanged, taken from another ledger; the checkpoint
 * changed. */
static void forgeries(void)
{
    static const char *const names[] = {
        "record-cut", "record-moved", "record-twice", "newest-missing", "oldest-missing", "files-exchanged",
        "torn",       "nul-behind",   "nul-within",   "another-prev",   "another-ledger", "note-line-cut",
        "note-size",  "note-no-text", "another-note", "another-key"};
    char copy[112], other[96];
    struct place second;

    (void)snprintf(copy, sizeof copy, "%s.good", bundle);
    in_folder(other, "other");
    place_make_small(&second);
    place_fill(&second, 2 * RECORDS);
    const char *const export_other[] = {"audit", "export", other, "--file", second.file, NULL};
    CLEANUP_OUTCOME struct outcome exported_other = run(export_other, "", NULL);
    assert_int_equal(exported_other.status, 0);
    place_done(&second);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *const words[] = {"-r", bundle, copy, NULL};
        CLEANUP_OUTCOME struct outcome copied = run_other("/bin/cp", words);
        assert_int_equal(copied.status, 0);
        forge(names[i], other);
        CLEANUP_OUTCOME struct outcome forged = verify_sh(key_text);
        if (forged.status != 1)
            fail_msg("%s: %d %s%s", names[i], forged.status, forged.out.data, forged.err.data);
        remove_all(bundle);
        assert_int_equal(rename(copy, bundle), 0);
    }
    CLEANUP_OUTCOME struct outcome good = verify_sh(key_text);
    assert_int_equal(good.status, 0);
}

static void test_forged_bundle(void **state)
{
    (void)state;
    attack("checkpoint.txt", 23);
    attack("key.txt", 23);
    attack("segments/audit.log.000001", 4001);
    attack("segments/audit.log", 1201);
    forgeries();
}

/* Runs the script in /bin/sh, with these as $1 and $2. */
static void shell(const char *script, const char *a, const char *b)
{
    const char *const words[] = {"-c", script, "sh", a, b, NULL};
    CLEANUP_OUTCOME struct outcome o = run_other("/bin/sh", words);

    if (o.status != 0)
        fail_msg("%s: %s", script, o.err.data);
}

/* A copy without its keys: the stored checkpoint is taken, and nothing is made there. Then a damaged one: it
 * is exported all the same, and said. */
static void test_export_others(void **state)
{
    char copy[96], file[128], to[96];

    (void)state;
    in_folder(copy, "copy");
    in_folder(to, "of-copy");
    (void)snprintf(file, sizeof file, "%s/audit.log", copy);
    shell("mkdir $1 && cp $2/audit.log $2/audit.log.0* $2/audit.log.checkpoint $2/audit.signing.pem.pub $1",
          copy, place.folder);
    const char *const words[] = {"audit", "export", to, "--file", file, NULL};
    CLEANUP_OUTCOME struct outcome keyless = run(words, "", NULL);
    if (keyless.status != 0 || !strstr(keyless.err.data, "no new checkpoint"))
        fail_msg("%d %s%s", keyless.status, keyless.out.data, keyless.err.data);
    shell("test ! -e $1/audit.key && test ! -e $1/audit.signing.pem && sh $2/verify.sh", copy, to);
    shell("chmod u+w $1/audit.log.000001 && sed -i '2s/guest/guess/' $1/audit.log.000001 && rm -r $2", copy,
          to);
    CLEANUP_OUTCOME struct outcome damaged = run(words, "", NULL);
    assert_int_equal(damaged.status, 3);
    assert_non_null(strstr(damaged.err.data, "does not verify"));
    shell("! sh $1/verify.sh && rm $2/audit.log.checkpoint", to, copy);
    shell("rm -r $1", to, NULL);
    CLEANUP_OUTCOME struct outcome bare = run(words, "", NULL);
    assert_int_equal(bare.status, 1);
    shell("test ! -e $1", to, NULL); /* half a bundle would pass for one */
}

static int setup(void **state)
{
    int r = proofs_setup(state);

    in_folder(bundle, "bundle");
    return r;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_forged_bundle),
        cmocka_unit_test(test_export_others),
    };

    return cmocka_run_group_tests(tests, setup, proofs_teardown);
}
