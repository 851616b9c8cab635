/* SPDX-License-Identifier: Apache-2.0 */
/* Thresholds, counting and ranking of findings. */
#include "../../../plugins/common/findings.h"

#include <math.h>

#include "plan_rig.h" /* after it: cmocka's fail() hides the host's */

#define L PROXIMO_RISK_LOW
#define M PROXIMO_RISK_MEDIUM
#define H PROXIMO_RISK_HIGH

/* The thresholds themselves, so that a change of one is a change of this table. */
static const struct judged {
    uint32_t check;
    const char *code;
    double value;
    uint32_t severity;
} table[] = {
    {ROOTFS_FULL, "ROOTFS-FULL", 84.9, 0},
    {ROOTFS_FULL, "ROOTFS-FULL", 85, M},
    {ROOTFS_FULL, "ROOTFS-FULL", 94.9, M},
    {ROOTFS_FULL, "ROOTFS-FULL", 95, H},
    {ROOTFS_FULL, "ROOTFS-FULL", 101, H},
    {STORAGE_FULL, "STORAGE-FULL", 84, 0},
    {STORAGE_FULL, "STORAGE-FULL", 86, M},
    {STORAGE_FULL, "STORAGE-FULL", 99, H},
    {THIN_DATA, "THIN-DATA-FULL", 79, 0},
    {THIN_DATA, "THIN-DATA-FULL", 80, M},
    {THIN_DATA, "THIN-DATA-FULL", 90, H},
    {THIN_META, "THIN-META-FULL", 74, 0},
    {THIN_META, "THIN-META-FULL", 75, M},
    {THIN_META, "THIN-META-FULL", 90, H},
    {MEM_HIGH, "MEM-HIGH", 89, 0},
    {MEM_HIGH, "MEM-HIGH", 90, M},
    {MEM_HIGH, "MEM-HIGH", 97, H},
    {SWAP_HIGH, "SWAP-HIGH", 29, 0},
    {SWAP_HIGH, "SWAP-HIGH", 30, M},
    {SWAP_HIGH, "SWAP-HIGH", 80, H},
    {LOAD_HIGH, "LOAD-HIGH", 0.99, 0},
    {LOAD_HIGH, "LOAD-HIGH", 1, M},
    {LOAD_HIGH, "LOAD-HIGH", 2, H},
    {CPU_HIGH, "CPU-HIGH", 89, 0},
    {CPU_HIGH, "CPU-HIGH", 98, H},
    {IOWAIT_HIGH, "IOWAIT-HIGH", 9.9, 0},
    {IOWAIT_HIGH, "IOWAIT-HIGH", 10, M},
    {IOWAIT_HIGH, "IOWAIT-HIGH", 30, H},
    {PSI_CPU, "PSI-CPU", 24, 0},
    {PSI_CPU, "PSI-CPU", 60, H},
    {PSI_IO, "PSI-IO", 20, M},
    {PSI_MEMORY, "PSI-MEMORY", 4.9, 0},
    {PSI_MEMORY, "PSI-MEMORY", 5, M},
    {PSI_MEMORY, "PSI-MEMORY", 20, H},
    {TASK_FAILED, "TASK-FAILED", 0, 0},
    {TASK_FAILED, "TASK-FAILED", 1, M},
    {TASK_FAILED, "TASK-FAILED", 10, H},
    {TIME_OFFSET, "TIME-OFFSET", 4, 0},
    {TIME_OFFSET, "TIME-OFFSET", 5, M},
    {TIME_OFFSET, "TIME-OFFSET", 60, H},
    {UPDATES_PENDING, "UPDATES-PENDING", 0, 0},
    {UPDATES_PENDING, "UPDATES-PENDING", 1, L},
    {UPDATES_PENDING, "UPDATES-PENDING", 50, M},
    {UPDATES_PENDING, "UPDATES-PENDING", 5000, M},
    {UPDATES_SECURITY, "UPDATES-SECURITY", 1, M},
    {CERT_EXPIRY, "CERT-EXPIRY", 31, 0},
    {CERT_EXPIRY, "CERT-EXPIRY", 30, M},
    {CERT_EXPIRY, "CERT-EXPIRY", 7, H},
    {CERT_EXPIRY, "CERT-EXPIRY", -3, H},
    {ZFS_FULL, "ZFS-FULL", 79, 0},
    {ZFS_FULL, "ZFS-FULL", 90, H},
    {DISK_WEAROUT, "DISK-WEAROUT", 21, 0},
    {DISK_WEAROUT, "DISK-WEAROUT", 20, M},
    {DISK_WEAROUT, "DISK-WEAROUT", 10, H},
    {DISK_WEAROUT, "DISK-WEAROUT", 0, H},
    {QUORUM_THIN, "QUORUM-THIN", 1, 0},
    {QUORUM_THIN, "QUORUM-THIN", 0, M},
    {REPL_FAILED, "REPL-FAILED", 1, M},
    {REPL_FAILED, "REPL-FAILED", 3, H},
    {REPL_LAG, "REPL-LAG", 23.9, 0},
    {REPL_LAG, "REPL-LAG", 24, M},
    {REPL_LAG, "REPL-LAG", 168, H},
    {BACKUP_NO_JOB, "BACKUP-NO-JOB", 0, 0},
    {BACKUP_NO_JOB, "BACKUP-NO-JOB", 500, M},
    {BACKUP_NONE, "BACKUP-NONE", 1, H},
    {BACKUP_OLD, "BACKUP-OLD", 6, 0},
    {BACKUP_OLD, "BACKUP-OLD", 7, M},
    {BACKUP_OLD, "BACKUP-OLD", 30, H},
    {BACKUP_VERIFY, "BACKUP-VERIFY-FAILED", 1, H},
    {SNAPSHOT_OLD, "SNAPSHOT-OLD", 29, 0},
    {SNAPSHOT_OLD, "SNAPSHOT-OLD", 30, M},
    {SNAPSHOT_OLD, "SNAPSHOT-OLD", 180, H},
    {UNDO_POINT_OLD, "UNDO-POINT-OLD", 1000, L},
    {GUEST_ONBOOT, "GUEST-NO-ONBOOT", 1, L},
    {GUEST_STATE, "GUEST-STATE", 1, H},
    {GUEST_PAUSED, "GUEST-PAUSED", 1, M},
    {GUEST_LOCKED, "GUEST-LOCKED", 1, M},
    {VM_CPU, "VM-CPU-HIGH", 89, 0},
    {VM_CPU, "VM-CPU-HIGH", 98, H},
    {VM_MEM, "VM-MEM-HIGH", 92, M},
    {VM_BALLOON, "VM-BALLOON", 100, 0},
    {VM_BALLOON, "VM-BALLOON", 75, L},
    {VM_BALLOON, "VM-BALLOON", 50, M},
    {VM_MEM_GROWTH, "VM-MEM-GROWTH", -30, 0},
    {VM_MEM_GROWTH, "VM-MEM-GROWTH", 20, M},
    {VM_SNAPSHOTS, "VM-SNAPSHOTS", 5, L},
    {VM_SNAPSHOTS, "VM-SNAPSHOTS", 10, M},
    {VM_FS_FULL, "VM-FS-FULL", 85, M},
    {FS_INODES, "FS-INODES", 95, H},
    {CGROUP_OOM, "CGROUP-OOM", 0, 0},
    {CGROUP_OOM, "CGROUP-OOM", 1, H},
    {JOURNAL_ERRORS, "JOURNAL-ERRORS", 1, L},
    {JOURNAL_ERRORS, "JOURNAL-ERRORS", 50, M},
    {PROC_BLOCKED, "PROC-BLOCKED", 5, H},
    {PROC_ZOMBIE, "PROC-ZOMBIE", 1, L},
};

static void thresholds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct judged *one = &table[i];
        if (check_severity(one->check, one->value) != one->severity ||
            strcmp(check_of(one->check)->code, one->code) != 0)
            fail_msg("%s (%s): %g is %s, not %s", one->code, check_of(one->check)->code, one->value,
                     severity_word(check_severity(one->check, one->value)), severity_word(one->severity));
    }
}

/* What was not measured is no finding; every row of the tables is whole, and no code is there twice. */
static void tables(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CHECKS; i++) {
        const struct check *check = check_of(i);
        assert_int_equal(check_severity(i, NAN), 0);
        assert_true(check->code && check->title && check->source < SOURCES);
        assert_true(check->unit ? !check->severity : check->severity >= L && check->severity <= H);
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(check_of(k)->code, check->code);
        for (uint32_t k = 1; k < 3; k++) {
            const double milder = check->at[k - 1], worse = check->at[k];
            if (!isnan(milder) && !isnan(worse))
                assert_true(check->flags & CHECK_BELOW ? worse < milder : worse > milder);
        }
    }
    for (uint32_t i = 0; i < SOURCES; i++) {
        bool used = false;
        for (uint32_t k = 0; k < CHECKS; k++)
            used |= check_of(k)->source == i;
        assert_true(used);
        assert_true(source_of(i)->name && !source_of(i)->path == !source_of(i)->privilege);
    }
}

/* The worst stay when there are too many, and arguments are those of the finding that they were told for. */
static void too_many(void **state)
{
    struct findings f = {0};
    uint32_t high = 0;
    (void)state;
    for (uint32_t i = 0; i < FINDINGS_MOST; i++)
        findings_judged(&f, NET_INACTIVE, "x", i % 2 ? L : M, 1, NAN, "%u", i);
    findings_judged(&f, NET_INACTIVE, "dropped", L, 1, NAN, "%s", "");
    findings_argument(&f, "node", "dropped");
    for (uint32_t i = 0; i < FINDINGS_MOST / 2; i++) {
        findings_judged(&f, NET_INACTIVE, "worse", H, 1, NAN, "%s", "");
        findings_argument(&f, "node", "worse");
    }
    findings_judged(&f, NET_INACTIVE, "dropped", L, 1, NAN, "%s", "");
    findings_argument(&f, "node", "dropped");
    assert_int_equal(f.count, FINDINGS_MOST);
    assert_int_equal(f.more, FINDINGS_MOST / 2 + 2);
    findings_rank(&f);
    for (uint32_t i = 0; i < f.count; i++) {
        high += f.rows[i].severity == H;
        assert_true(f.rows[i].severity > L);
        assert_null(strstr(f.rows[i].arguments, "dropped"));
        assert_int_equal(strstr(f.rows[i].arguments, "worse") != NULL, f.rows[i].severity == H);
    }
    assert_int_equal(high, FINDINGS_MOST / 2);
    findings_done(&f);
}

static void counting(void **state)
{
    struct findings f = {0};
    uint32_t run, not_run;
    (void)state;
    findings_count(&f, &run, &not_run);
    assert_int_equal(run + not_run, 0);
    findings_read(&f, FROM_NODE_ZFS); /* ZFS-HEALTH, ZFS-FULL */
    findings_unread(&f, FROM_NODE_THIN, NULL, "no answer");
    findings_count(&f, &run, &not_run);
    assert_int_equal(run, 2);
    assert_int_equal(not_run, 2);
    findings_unread(&f, FROM_NODE_ZFS, "pool rpool", "its state is not told"); /* in part is not run */
    findings_count(&f, &run, &not_run);
    assert_int_equal(run, 0);
    assert_int_equal(not_run, 4);
    for (uint32_t i = 0; i < 2 * UNREAD_MOST; i++)
        findings_unread(&f, FROM_NODE_ZFS, "x", "y");
    assert_int_equal(f.unread_count + f.unread_more, 2 * UNREAD_MOST + 2);
    findings_done(&f);
}

static void ranking(void **state)
{
    struct findings f = {0};
    (void)state;
    assert_false(findings_measure(&f, ROOTFS_FULL, "x", 50, "fine"));
    assert_true(findings_measure(&f, UPDATES_PENDING, "u", 3, "low"));
    assert_true(findings_measure(&f, STORAGE_FULL, "a", 96, "high"));
    assert_true(findings_measure(&f, STORAGE_FULL, "b", 99, "higher"));
    assert_true(findings_measure(&f, CERT_EXPIRY, "c", 6, "six"));
    assert_true(findings_measure(&f, CERT_EXPIRY, "d", 2, "two"));
    findings_state(&f, SERVICE_CORE, "s", 0, "down");
    findings_rank(&f);
    assert_int_equal(f.count, 6);
    assert_int_equal(f.rows[0].check, SERVICE_CORE);
    assert_string_equal(f.rows[1].evidence, "higher");
    assert_string_equal(f.rows[2].evidence, "high");
    assert_string_equal(f.rows[3].evidence, "two"); /* the fewer days the worse */
    assert_string_equal(f.rows[4].evidence, "six");
    assert_int_equal(f.rows[5].check, UPDATES_PENDING);
    for (uint32_t i = 0; i < 2 * FINDINGS_MOST; i++)
        findings_state(&f, SERVICE_FAILED, "s", 0, "x");
    assert_int_equal(f.count, FINDINGS_MOST);
    assert_int_equal(f.count + f.more, 2 * FINDINGS_MOST + 6);
    findings_done(&f);
}

/* Texts of people: control characters, halves of characters, arguments that are no object. */
static void texts(void **state)
{
    struct findings f = {0};
    char most[2000];
    (void)state;
    memset(most, 'e', sizeof(most));
    memcpy(most + 590, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 12);
    most[sizeof(most) - 1] = 0;
    (void)snprintf(f.arguments, sizeof(f.arguments), "{\"node\":\"pve1\"}");
    findings_state(&f, SERVICE_FAILED, "a\nb\033[1m\xff", 0, "%s", most);
    assert_string_equal(f.rows[0].title, "a b [1m? has failed or does not run although it is enabled");
    assert_int_equal(strlen(f.rows[0].evidence), sizeof(f.rows[0].evidence) - 1);
    assert_int_equal(f.rows[0].evidence[598], '?'); /* the half of a character that did not fit */
    findings_argument(&f, "service", "x\"y");
    assert_string_equal(f.rows[0].arguments, "{\"node\":\"pve1\",\"service\":\"x\\\"y\"}");
    findings_argument(&f, "service", most);
    assert_string_equal(f.rows[0].arguments, ""); /* half of an object is none */
    findings_done(&f);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        double value; /* NAN: none */
    } cases[] = {{"12", 12},   {"0.5", 0.5}, {"-3", -3},   {"12.", 12},   {"", NAN},   {"-", NAN},
                 {"1e3", NAN}, {"12a", NAN}, {" 1", NAN},  {"0x10", NAN}, {".5", 0.5}, {"1.2.3", NAN},
                 {"nan", NAN}, {"inf", NAN}, {"--1", NAN}, {"N/A", NAN}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double value = findings_number(cases[i].text, strlen(cases[i].text));
        if (isnan(value) != isnan(cases[i].value) || (!isnan(value) && fabs(value - cases[i].value) > 1e-9))
            fail_msg("\"%s\" is %g", cases[i].text, value);
    }
    assert_true(isnan(findings_number("1111111111111111111111111111111111111111", 40)));
    assert_true(whole_below(2.9) == 2 && whole_below(-0.1) == -1 && whole_below(-3) == -3);
    assert_true(isnan(whole_below(NAN)) && whole_below(1e300) == 1e300);
}

static void names(void **state)
{
    struct name_list list = {0};
    char text[500];
    (void)state;
    names_text(&list, text, sizeof(text));
    assert_string_equal(text, "");
    for (int i = 0; i < 500; i++)
        names_add(&list, "%d", 1000 + i);
    names_text(&list, text, sizeof(text));
    assert_int_equal(list.count, 500);
    assert_true(list.shown < 500 && strlen(text) < 480);
    assert_non_null(strstr(text, "1000, 1001"));
    assert_non_null(strstr(text, " more"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds), cmocka_unit_test(tables),  cmocka_unit_test(too_many),
        cmocka_unit_test(counting),   cmocka_unit_test(ranking), cmocka_unit_test(texts),
        cmocka_unit_test(numbers),    cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
