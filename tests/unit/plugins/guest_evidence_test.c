/* SPDX-License-Identifier: Apache-2.0 */
/* What commands inside of a guest say: real texts, missing commands, and texts that mean harm. */
#include "../../../plugins/common/guest_evidence.h"

#include <math.h>

#include "plan_rig.h" /* after it: cmocka's fail() hides the host's */

static struct evidence_text said(const char *text)
{
    return (struct evidence_text){text, text ? strlen(text) : 0, 0};
}

/* Every parser, for texts that all must survive. */
static void all_of(struct findings *f, struct evidence_text in)
{
    double a = 0, b = 0;
    struct evidence_io io[4];
    evidence_pressure(f, IN_PSI_CPU, in);
    evidence_cgroup(f, in, in, in);
    evidence_vmstat(f, in);
    evidence_meminfo(f, in);
    evidence_df(f, in);
    evidence_df_inodes(f, in);
    evidence_failed_units(f, in);
    evidence_journal(f, in, 40);
    evidence_sockets(f, in);
    evidence_processes(f, in);
    evidence_load(f, in, 2);
    (void)evidence_process_io(in, &a, &b);
    if (in.text)
        assert_true(evidence_io_read(in.text, in.len, io, 4) <= 4);
}

#define EXPECT(f, at, code_wanted, title_words)                                                              \
    do {                                                                                                     \
        assert_true((f).count > (at));                                                                       \
        assert_string_equal(check_of((f).rows[at].check)->code, code_wanted);                                \
        if (!strstr((f).rows[at].title, title_words))                                                        \
            fail_msg("title: %s", (f).rows[at].title);                                                       \
    } while (0)

static void pressure(void **state)
{
    struct findings f = {0};
    (void)state;
    evidence_pressure(&f, IN_PSI_IO,
                      said("some avg10=1.00 avg60=55.50 avg300=2.00 total=9\n"
                           "full avg10=0.00 avg60=10.00 avg300=0.00 total=4\n"));
    EXPECT(f, 0, "IN-PSI-IO", "disks");
    assert_int_equal(f.rows[0].severity, PROXIMO_RISK_HIGH);
    assert_true(fabs(f.rows[0].measured - 55.5) < 0.001);
    evidence_pressure(&f, IN_PSI_CPU, said("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"));
    assert_int_equal(f.count, 1);
    assert_int_equal(f.unread_count, 0);
    evidence_pressure(&f, IN_PSI_CPU, said("some avg10=high avg60=0.00 avg300=0.00\n"));
    assert_int_equal(f.unread_count, 1);
    findings_done(&f);
}

static void memory(void **state)
{
    struct findings f = {0};
    (void)state;
    evidence_cgroup(&f, said("520093696\n"), said("536870912\n"),
                    said("low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\n"));
    EXPECT(f, 0, "CGROUP-MEM", "memory");
    EXPECT(f, 1, "CGROUP-OOM", "killed");
    assert_true(f.rows[1].measured == 2);
    evidence_cgroup(&f, said("520093696\n"), said("max\n"), said("oom 0\noom_kill 0\n"));
    assert_int_equal(f.count, 2);
    assert_int_equal(f.unread_count, 0);
    evidence_meminfo(
        &f,
        said("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable: 20 kB\nSwapTotal: 100 kB\nSwapFree: 90 kB\n"));
    EXPECT(f, 2, "IN-MEM", "memory inside");
    assert_int_equal(f.count, 3);
    evidence_meminfo(&f, said("MemTotal: 1000 kB\n")); /* busybox on an old kernel */
    assert_int_equal(f.unread_count, 1);
    findings_done(&f);
}

static void file_systems(void **state)
{
    struct findings f = {0};
    (void)state;
    evidence_df(&f, said("Filesystem 1024-blocks Used Available Capacity Mounted on\n"
                         "/dev/mapper/pve-vm--105 1000 960 40 96% /\n"
                         "//nas/my share 1000 900 100 90% /mnt/my files\n"
                         "/dev/loop3 100 100 0 100% /snap/x\n"
                         "none 0 0 0 - /proc/fs\n"
                         "tmpfs 1000 10 990 1% /run\n"));
    assert_int_equal(f.count, 2);
    EXPECT(f, 0, "FS-FULL", "file system / ");
    EXPECT(f, 1, "FS-FULL", "file system /mnt/my files ");
    assert_non_null(strstr(f.rows[1].evidence, "//nas/my share"));
    evidence_df_inodes(&f,
                       said("Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda1 100 99 1 99% /\n"));
    EXPECT(f, 2, "FS-INODES", "file system / ");
    evidence_df(&f, said("Filesystem 1024-blocks Used Available Capacity Mounted on\n"));
    assert_int_equal(f.unread_count, 1); /* no file system is no full answer */
    findings_done(&f);
}

static void lists(void **state)
{
    struct findings f = {0};
    (void)state;
    evidence_failed_units(&f, said(""));
    assert_int_equal(f.count + f.unread_count, 0);
    assert_int_equal(f.read[FROM_FAILED_UNITS], 1);
    evidence_failed_units(&f, said("nginx.service loaded failed failed A server\n"
                                   "\xe2\x97\x8f logrotate.service loaded failed failed Rotate\n"));
    assert_int_equal(f.count, 2);
    EXPECT(f, 0, "UNIT-FAILED", "unit nginx.service");
    EXPECT(f, 1, "UNIT-FAILED", "unit logrotate.service");
    evidence_journal(&f, said("-- No entries --\n"), 40);
    assert_int_equal(f.count, 2);
    evidence_journal(&f, said("2026-01-01T00:00:00+0000 ct kernel: Out of memory: Killed process 7\n"), 1);
    EXPECT(f, 2, "JOURNAL-ERRORS", "journal");
    assert_non_null(strstr(f.rows[2].evidence, "as many as were asked for, some tell of processes killed"));
    evidence_sockets(&f, said("tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=1,fd=3))\n"
                              "tcp LISTEN 0 128 127.0.0.1:25 0.0.0.0:*\n"
                              "udp UNCONN 0 0 [::]:53 [::]:* users:((\"named\",pid=2,fd=3))\n"));
    EXPECT(f, 3, "LISTEN-ANY", "sockets");
    assert_string_equal(f.rows[3].evidence, "tcp/22 sshd, udp/53 named");
    findings_done(&f);
}

static void processes(void **state)
{
    struct findings f = {0};
    double read = 0, written = 0;
    (void)state;
    evidence_processes(&f, said("  PID PPID STAT %CPU %MEM RSS COMMAND COMMAND\n"
                                "    1 0 Ss 0.0 0.1 9000 systemd /sbin/init\n"
                                "   77 1 D 0.5 0.1 9000 nfsd [nfsd]\n"
                                "   78 1 R 187.5 10.0 900000 php php -f x\n"
                                "   79 1 Z 0.0 0.0 0 sh [sh] <defunct>\n"));
    assert_int_equal(f.count, 3);
    EXPECT(f, 0, "PROC-CPU", "process 78 (php)");
    EXPECT(f, 1, "PROC-BLOCKED", "processes");
    EXPECT(f, 2, "PROC-ZOMBIE", "processes");
    evidence_processes(&f, said("PID   USER     TIME  COMMAND\n    1 root      0:00 init\n")); /* busybox */
    assert_int_equal(f.unread_count, 1);
    evidence_load(&f, said("4.50 4.20 4.00 1/467 12345\n"), 2);
    EXPECT(f, 3, "IN-LOAD", "load");
    assert_true(fabs(f.rows[3].measured - 2.1) < 0.001);
    evidence_load(&f, said(" 10:00:00 up 1 day, 1 user, load average: 0.10, 0.20, 0.30\n"), 2);
    assert_int_equal(f.count, 4);
    evidence_load(&f, said("4.50 4.20 4.00\n"), 0);
    evidence_load(&f, said("what\n"), 2);
    assert_int_equal(f.unread_count, 3);
    assert_true(
        evidence_process_io(said("rchar: 1\nread_bytes: 4096\nwrite_bytes: 8192\n"), &read, &written));
    assert_true(read == 4096 && written == 8192);
    assert_false(evidence_process_io(said("read_bytes: 4096\n"), &read, &written));
    findings_done(&f);
}

static void killed(void **state)
{
    struct findings f = {0};
    (void)state;
    evidence_vmstat(&f, said("nr_free_pages 1\noom_kill 0\n"));
    assert_int_equal(f.count + f.unread_count, 0);
    evidence_vmstat(&f, said("nr_free_pages 1\noom_kill 4\n"));
    EXPECT(f, 0, "IN-OOM", "killed");
    assert_true(f.rows[0].measured == 4);
    evidence_vmstat(&f, said("nr_free_pages 1\n")); /* a kernel before 4.13 */
    assert_int_equal(f.unread_count, 1);
    evidence_df_inodes(&f, (struct evidence_text){"", 0, 124});
    assert_int_equal(f.unread_count, 2);
    assert_non_null(strstr(f.unread[1].why, "in its time"));
    findings_done(&f);
}

/* Two looks at all processes: one came, one went, one started anew under an old number. */
static void processes_twice(void **state)
{
    static const char first[] = "/proc/./1/io:read_bytes: 100\n/proc/./1/io:write_bytes: 1\n"
                                "/proc/./7/io:read_bytes: 10\n/proc/./7/io:write_bytes: 10\n"
                                "/proc/./8/io:read_bytes: 5\n/proc/./8/io:write_bytes: 5\n";
    static const char second[] = "/proc/./1/io:read_bytes: 100\n/proc/./1/io:write_bytes: 1\n"
                                 "/proc/./8/io:read_bytes: 1005\n/proc/./8/io:write_bytes: 105\n"
                                 "/proc/./9/io:read_bytes: 4\n/proc/./9/io:write_bytes: 4\n"
                                 "grep: x: y\n/proc/self/io:read_bytes: 4\n/proc/./a/io:read_bytes: 4\n";
    struct evidence_io before[4], after[4];
    (void)state;
    assert_int_equal(evidence_io_read(first, strlen(first), before, 2), 2);
    assert_int_equal(evidence_io_read(first, strlen(first), before, 4), 3);
    assert_true(before[0].pid == 1 && before[0].bytes == 101 && before[1].pid == 7 && before[1].bytes == 20);
    assert_int_equal(evidence_io_read(second, strlen(second), after, 4), 3);
    assert_int_equal(evidence_io_moved(before, 3, after, 3), 2);
    assert_true(after[0].pid == 1 && after[0].bytes == 0);
    assert_true(after[1].pid == 8 && after[1].bytes == 1100);
    assert_int_equal(evidence_io_moved(before, 0, after, 2), 0);
}

/* A command that is not there is unread, whichever it is: 10 sources, nothing found, nothing counted. */
static void missing(void **state)
{
    static const struct evidence_text gone[] = {
        {NULL, 0, 0}, {"sh: not found", 13, 127}, {"df: unrecognized option: i", 26, 1}, {"", 0, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        struct findings f = {0};
        uint32_t run, not_run, wanted = 0;
        all_of(&f, gone[i]);
        findings_count(&f, &run, &not_run);
        for (uint32_t k = 0; k < CHECKS; k++)
            wanted += check_of(k)->source >= FROM_PSI_FILES && check_of(k)->source != FROM_PROCESS_IO;
        assert_int_equal(f.count, 0);
        assert_int_equal(run, 0);
        assert_int_equal(not_run, wanted);
        findings_done(&f);
    }
}

/* Anything at all: cut texts, bytes of no character, numbers without end, lines without end. */
static void hostile(void **state)
{
    static const char *const seeds[] = {
        "some avg10=1.00 avg60=55.50 avg300=2.00 total=9\nfull avg10=",
        "/dev/sda1 100 99 1 99% /\n% % % % %\n 1 2 3 4% \n",
        "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\n",
        "  1 0 D 99999999999999999999999999999999.9 0 0 x\n 1 1 Z 0 0 0 y\n",
        "MemTotal: 99999999999999999999999999 kB\nMemAvailable: -5 kB\nSwapTotal: 1\nSwapFree: -99\n",
        "\xe2\x97\x8f .service\n.\n\xff\xfe.\n",
        "0.1, 0.2, 0.3 load average: ,,, \n",
        ", , ,\n",
        "/proc/./9/io:read_bytes: 9\n/proc/./99999999/io:x -1\n/proc/./\n/proc/./1/io:a 99999999999999\n",
        "oom_kill 999999999999999999999999999999999999999\noom\n"};
    unsigned random = 12345;
    (void)state;
    for (size_t s = 0; s < sizeof(seeds) / sizeof(seeds[0]); s++) {
        for (unsigned round = 0; round < 400; round++) {
            struct findings f = {0};
            size_t len = strlen(seeds[s]);
            random = random * 1103515245u + 12345u;
            len = round ? random % (len + 1) : len;
            char *text = malloc(len + 1); /* its own block: a read beyond it is seen by the sanitizer */
            assert_non_null(text);
            memcpy(text, seeds[s], len);
            for (unsigned k = 0; len && k < round % 5; k++) {
                random = random * 1103515245u + 12345u;
                text[(random >> 8) % len] = (char)(random >> 16);
            }
            all_of(&f, (struct evidence_text){text, len, 0});
            for (uint32_t i = 0; i < f.count; i++) {
                for (const char *at = f.rows[i].evidence; *at; at++)
                    assert_true((unsigned char)*at >= 0x20);
            }
            free(text);
            findings_done(&f);
        }
    }
}

static void endless(void **state)
{
    struct findings f = {0};
    const size_t len = 2 * EVIDENCE_TEXT_MOST;
    char *text = malloc(len);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', len);
    all_of(&f, (struct evidence_text){text, len, 0});
    assert_true(f.unread_count >= 10);
    for (size_t i = 0; i + 12 <= len; i += 12)
        memcpy(text + i, "a.service x\n", 12);
    evidence_failed_units(&f, (struct evidence_text){text, len - len % 12, 0});
    assert_true(f.count <= FINDINGS_MOST);
    free(text);
    findings_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pressure),        cmocka_unit_test(memory),    cmocka_unit_test(file_systems),
        cmocka_unit_test(lists),           cmocka_unit_test(processes), cmocka_unit_test(missing),
        cmocka_unit_test(hostile),         cmocka_unit_test(endless),   cmocka_unit_test(killed),
        cmocka_unit_test(processes_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
