/* SPDX-License-Identifier: Apache-2.0 */
/* The plan store: ids, edited files, links, modes, moves. */
#include <fcntl.h>
#include <pthread.h>
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

#include "base/json.h"
#include "rig.h"

static struct plan *planned(void)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;
    if (rig_plan(&set_tool, "{\"vmid\":\"100\",\"description\":\"new\"}", NULL, &plan, NULL, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    return plan;
}

static void refused(const char *id, const char *word)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;
    assert_true(store_load(&rig.trust, id, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_PLAN);
    assert_non_null(strstr(p.cause, word));
}

static void id_is_keyed(void **state)
{
    (void)state;
    char a[PLAN_ID_SIZE], b[PLAN_ID_SIZE], hash[65];
    char bytes[] = "{\"a\":1}";
    assert_int_equal(canonical_id(&rig.trust, bytes, 7, a, hash), 0);
    bytes[5] ^= 1;
    assert_int_equal(canonical_id(&rig.trust, bytes, 7, b, hash), 0);
    assert_string_not_equal(a, b);
    bytes[5] ^= 1;
    rig.trust.plan_key[31] ^= 1;
    assert_int_equal(canonical_id(&rig.trust, bytes, 7, b, hash), 0);
    assert_string_not_equal(a, b);
}

static void files(void **state)
{
    (void)state;
    struct stat st;
    struct plan *plan = planned();
    char *path = store_path(&rig.trust, plan->id, PLAN_WAITING, "json");
    char other[300];
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    /* one digit of it edited */
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    fseek(f, 40, SEEK_SET);
    int c = fgetc(f);
    fseek(f, 40, SEEK_SET);
    fputc(c == 'a' ? 'b' : 'a', f);
    fclose(f);
    refused(plan->id, "altered");
    /* open to others */
    assert_int_equal(chmod(path, 0644), 0);
    refused(plan->id, "not a plain file");
    /* a link to a good one */
    snprintf(other, sizeof(other), "%s.real", path);
    assert_int_equal(unlink(path), 0);
    int fd = open(other, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, plan->bytes, plan->len), plan->len);
    close(fd);
    assert_int_equal(symlink(other, path), 0);
    refused(plan->id, "not a plain file");
    refused("../../../../etc/passwd", "not a plan id");
    refused("0123456789abcdef0123456789abcdef", "no plan");
    free(path);
    plan_free(plan);
}

static void moves_once(void **state)
{
    (void)state;
    struct problem p = PROBLEM_INIT;
    enum plan_state where = PLAN_WAITING;
    struct plan *plan = planned(), *again = NULL;
    assert_int_equal(store_move(&rig.trust, plan->id, PLAN_WAITING, PLAN_EXECUTING, &p), 0);
    assert_true(store_move(&rig.trust, plan->id, PLAN_WAITING, PLAN_EXECUTING, &p) < 0);
    assert_int_equal(store_load(&rig.trust, plan->id, &again, &where, &p), 0);
    assert_int_equal(where, PLAN_EXECUTING);
    plan_free(again);
    plan_free(plan);
}

/* Stores the plan anew with another end. */
static void expire(struct plan *plan, int64_t expires_s, struct plan **ret)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(PLAN_LIMIT);
    char id[PLAN_ID_SIZE], hash[65];
    json_object_object_add(plan->root, "expires", json_object_new_int64(expires_s));
    canonical_put(&bytes, plan->root);
    assert_int_equal(canonical_id(&rig.trust, bytes.data, bytes.len, id, hash), 0);
    assert_int_equal(plan_parse(&rig.trust, id, bytes.data, bytes.len, ret, NULL), 0);
    assert_int_equal(store_save(&rig.trust, *ret, NULL), 0);
}

static void pruned_at_expiry(void **state)
{
    (void)state;
    struct plan *plan = planned(), *old = NULL, *found = NULL;
    char *id = strdup(plan->id);
    struct plan *copy = NULL;
    assert_int_equal(store_load(&rig.trust, id, &copy, NULL, NULL), 0);
    expire(copy, 1000, &old);
    store_prune(&rig.trust);
    refused(old->id, "no plan");
    assert_string_equal(rig.kind, "pruned");
    assert_int_equal(store_load(&rig.trust, id, &found, NULL, NULL), 0);
    plan_free(found);
    plan_free(old);
    plan_free(copy);
    plan_free(plan);
    free(id);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(id_is_keyed), TEST(files), TEST(moves_once),
                                       TEST(pruned_at_expiry)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
