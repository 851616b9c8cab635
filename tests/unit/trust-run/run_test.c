/* SPDX-License-Identifier: Apache-2.0 */
/* The six outcomes, and how a task is followed to its end. */
#include "bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "plans.h"

static void stop_plan(void)
{
    char text[2000];
    snprintf(text, sizeof(text), "%s,'steps':[%s],%s", bench_config, STOP_STEP, STOPPED);
    bench_plan(text);
    fake_http_script(STOP, SAY(.body = NAMED));
}

/* design 2: "Outcomes: ok, failed, partial, running" */
static void ok(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("running")));
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("stopped")));
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS, .times = 3));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(0, "upid"), UPID);
    assert_string_equal(bench_step(0, "exitstatus"), "OK");
    assert_string_equal(bench.result.why, "");
    assert_int_equal(fake_http_changes(), 1);
    assert_int_equal(fake_http_count_of("GET " TASK "/status"), 4);
    assert_int_equal(strlen(bench.result.undo_sha256), 64);
}

/* design 2: "request: one API call; optionally follows the task" */
static void failed(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("can't lock file: got timeout")));
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "can't lock file: got timeout"));
    assert_non_null(strstr(bench.result.why, "'stop' (1 of 1) failed"));
    assert_int_equal(fake_http_count_of("GET " STATUS_NOW), 0);
}

static void refused(void **state)
{
    (void)state;
    bench_plan("'steps':[" STOP_STEP "]");
    fake_http_script(STOP, SAY(.status = 403, .body = "{\"data\":null,\"message\":\"Permission check failed "
                                                      "(/vms/105, VM.PowerMgmt)\\n\"}"));
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(bench.result.why, "PX-PRIVILEGE"));
    assert_non_null(strstr(bench_journal(), "\"event\":\"refused\""));
}

static void partial(void **state)
{
    (void)state;
    bench_plan("'steps':[" PUT_STEP("one", "") "," PUT_STEP("two", "") "," PUT_STEP("three", "") "]");
    fake_http_script("PUT " CONFIG, SAY(.body = NOTHING));
    fake_http_script("PUT " CONFIG,
                     SAY(.status = 500, .body = "{\"data\":null,\"message\":\"no such disk\"}"));
    assert_string_equal(bench_run(), "partial");
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_string_equal(bench_step(1, "outcome"), "failed");
    assert_string_equal(bench_step(2, "outcome"), "skipped");
    assert_int_equal(fake_http_changes(), 2); /* the third never left */
}

/* A task that hangs, and a run that is told to stop: what goes on at Proxmox is said to go on. */
static void running(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS, .times = 3));
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS, .hook = bench_stop));
    assert_string_equal(bench_run(), "running");
    assert_non_null(strstr(bench.result.why, UPID));
}

/* design 2: "Success needs the task's real end" */
static void unconfirmed(void **state)
{
    (void)state;
    static const char task[] =
        "UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:hastop:105:" TOKEN ":"; /* an HA task only queues */
    stop_plan();
    fake_http_reset();
    fake_http_script("GET " CONFIG, SAY(.body = "{\"data\":{\"digest\":\"d1\",\"tags\":\"a\"}}"));
    char body[300];
    snprintf(body, sizeof(body), "{\"data\":\"%s\"}", task);
    fake_http_script(STOP, SAY(.body = body));
#define HA_TASK                                                                                              \
    "/nodes/pve1/tasks/UPID%3Apve1%3A0000C0DE%3A00ABCDEF%3A6A1B2C3D%3Ahastop%3A105%3Aroot%40pam%21bench%3A"
    fake_http_script("GET " HA_TASK "/status", SAY(.body = ENDED("OK")));
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("running")));
    assert_string_equal(bench_run(), "unconfirmed");
    assert_string_equal(bench_step(0, "outcome"), "ok");
    assert_non_null(strstr(bench.result.why, "/status last was \"running\""));
    assert_true(fake_http_count_of("GET " STATUS_NOW) > 1);
}

static void unknown(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("unexpected status")));
    assert_string_equal(bench_run(), "unknown");
}

static void warnings(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("stopped")));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("WARNINGS: 3")));
    assert_string_equal(bench_run(), "ok");
    assert_int_equal(bench.result.warnings, 3);
    assert_non_null(strstr(bench_step(0, "message"), "3 warnings"));
    assert_int_equal(follow_warnings("WARNINGS: 2"), 2);
    assert_int_equal(follow_warnings("WARNINGS: x"), 0);
    assert_int_equal(follow_warnings("OK"), 0);
}

static void progress(void **state)
{
    (void)state;
    stop_plan();
    fake_http_reset();
    fake_http_script(STOP, SAY(.body = NAMED));
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("stopped")));
    fake_http_script(
        "GET " TASK "/log?start=0&limit=500",
        SAY(.body =
                "{\"data\":[{\"n\":1,\"t\":\"mirror-scsi0: transferred 1.0 GiB of 8.0 GiB (12.50%) in 4s\"}],"
                "\"total\":1}"));
    fake_http_script("GET " TASK "/log?start=1&limit=500",
                     SAY(.body = "{\"data\":[{\"n\":2,\"t\":\"\\u001b[31mpause\"}],\"total\":2}"));
    fake_http_script(
        "GET " TASK "/log?start=2&limit=500",
        SAY(.body =
                "{\"data\":[{\"n\":3,\"t\":\"progress 97% (read 8 bytes, duration 3 sec)\"}],\"total\":3}"));
    fake_http_script("GET " TASK "/log?start=3&limit=500", SAY(.body = "{\"data\":[],\"total\":3}"));
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS, .times = 4));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_run(), "ok");
    assert_true(bench_was_told("stop: 12% \"mirror-scsi0"));
    assert_true(bench_was_told("12% \"[31mpause\"")); /* the last one seen stays; no control characters */
    assert_true(bench_was_told("97%"));
    assert_false(bench_was_told("100%")); /* nothing is guessed */
    struct json_object *steps = NULL;
    struct json_object *log = NULL;
    assert_int_equal(json_get(bench.result.record, "steps", json_type_array, &steps), 0);
    assert_int_equal(json_get(json_object_array_get_idx(steps, 0), "log", json_type_array, &log), 0);
    assert_int_equal(json_object_array_length(log), 3);
}

/* issue 5: "the percentage that Proxmox task logs print"; lines as they are printed. -1: it says nothing. */
static const struct {
    const char *line;
    double percent;
} lines[] = {
    /* vzdump */
    {"INFO:   0% (320.0 MiB of 32.0 GiB) in 3s, read: 106.7 MiB/s, write: 98.4 MiB/s", 0},
    {"INFO:  12% (1.2 GiB of 10.0 GiB) in 3s", 12},
    {"INFO: 100% (10.0 GiB of 10.0 GiB) in 55s, read: 186.2 MiB/s, write: 0 B/s", 100},
    {"INFO: backup is sparse: 3.20 GiB (32%) total zero data", -1},
    {"INFO: backup was done incrementally, reused 30.40 GiB (95%)", -1},
    {"INFO: scsi0: dirty-bitmap status: OK (1.2 GiB of 32.0 GiB dirty)", -1},
    {"INFO: using fast incremental mode (dirty-bitmap), 1.2 GiB dirty of 32.0 GiB total", -1},
    {"INFO: transferred 10.00 GiB in 55 seconds (186.2 MiB/s)", -1},
    {"INFO: Total bytes written: 1309808640 (1.3GiB, 94MiB/s)", -1},
    {"INFO: processed 1.2 GiB in 3s, uploaded 98.1 MiB", -1},
    /* clone, move, import */
    {"transferred 1.0 GiB of 8.0 GiB (12.50%)", 12.5},
    {"transferred 0.0 B of 8.0 GiB (0.00%)", 0},
    {"drive-scsi0: transferred 1.0 GiB of 8.0 GiB (12.50%) in 4s", 12.5},
    {"mirror-scsi0: transferred 8.0 GiB of 8.0 GiB (100.00%) in 1m 3s, ready", 100},
    {"drive-virtio0: transferred: 1073741824 bytes remaining: 7516192768 bytes total: 8589934592 bytes "
     "progression: 12.50 % busy: 1 ready: 0",
     12.5},
    {"    (25.00/100%)", 25},
    /* migration; the time stands before it */
    {"2026-03-09 12:31:01 migration active, transferred 2.0 GiB of 8.0 GiB VM-state, 112.5 MiB/s", 25},
    {"migration active, transferred 512.0 MiB of 4.0 GiB VM-state, 112.5 MiB/s", 12.5},
    {"migration active, transferred 9.0 GiB of 8.0 GiB VM-state, 112.5 MiB/s", 99},
    {"migration active, transferred 9.0 GiB of 0.0 B VM-state, 112.5 MiB/s", -1},
    {"2019-03-09 12:31:01 migration status: active (transferred 1111, remaining 2222), total 4444)", 25},
    {"2026-03-09 12:31:09 migration xbzrle cachesize: 512.0 MiB transferred 1 MiB pages 20 cacheMiss 10", -1},
    {"2026-03-09 12:31:09 average migration speed: 1.1 GiB/s - downtime 52 ms", -1},
    /* restore */
    {"progress 25% (read 2684354560 bytes, duration 3 sec)", 25},
    {"progress 1% (read 88080384 bytes, zeroes = 20% (17825792 bytes), duration 1 sec)", 1},
    {"total bytes read 10737418240, sparse bytes 8061865984 (75.1%)", -1},
    /* containers: rsync */
    {"      1,238,099  12%  146.38kB/s    0:00:08", 12},
    {"sent 1,238,099 bytes  received 4,012 bytes  82,807.40 bytes/sec", -1},
    {"total size is 1,234,567  speedup is 1.00", -1},
    /* Ceph */
    {"Removing image: 7% complete...", 7},
    {"Rolling back to snapshot: 100% complete...done.", 100},
    /* Backup Server */
    {"2026-03-09T12:31:01+00:00: percentage done: 12.50% (1/8 groups)", 12.5},
    {"marked 40% (4 of 10 index files)", 40},
    {"2026-03-09T12:31:01+01:00: processed 7% (1234 chunks)", 7},
    /* nothing of it, or not whole */
    {"", -1},
    {"100%", -1},
    {"disk usage is 93% of 8 GiB", -1},
    {"progress 250% (read 1 bytes, duration 3 sec)", -1},
    {"progress 1.2.3% (read 1 bytes, duration 3 sec)", -1},
    {"progress .5% (read 1 bytes, duration 3 sec)", -1},
    {"progress 99999999999999999999999999999999% (read 1 bytes", -1},
    {"progress", -1},
    {"2026-03-09", -1},
    {"transferred 1.0 GiB of 8.0 GiB (12.50", -1},
    {"transferred 1.0 Gib of 8.0 GiB (12.50%)", -1},
};

static void percent_of_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const double percent = follow_percent(lines[i].line);
        const double off = percent - lines[i].percent;
        if (off > 0.01 || off < -0.01)
            print_error("%s: %f\n", lines[i].line, percent);
        assert_true(off < 0.01 && off > -0.01);
    }
}

/* issue 5: progress that grows strictly, with several disks that each go to their end */
static void progress_of_disks(void **state)
{
    (void)state;
    uint32_t last = 0, most = 0;
    stop_plan();
    fake_http_reset();
    fake_http_script(STOP, SAY(.body = NAMED));
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("stopped")));
    fake_http_script("GET " TASK "/log?start=0&limit=500",
                     SAY(.body = "{\"data\":[{\"n\":1,\"t\":\"drive-scsi0: transferred 4.0 GiB of 8.0 GiB "
                                 "(50.00%) in 4s\"}]}"));
    fake_http_script("GET " TASK "/log?start=1&limit=500",
                     SAY(.body = "{\"data\":[{\"n\":2,\"t\":\"drive-scsi0: transferred 8.0 GiB of 8.0 GiB "
                                 "(100.00%) in 8s\"}]}"));
    fake_http_script("GET " TASK "/log?start=2&limit=500",
                     SAY(.body = "{\"data\":[{\"n\":3,\"t\":\"drive-scsi1: transferred 0.4 GiB of 8.0 GiB "
                                 "(5.00%) in 1s\"}]}"));
    fake_http_script("GET " TASK "/log?start=3&limit=500", SAY(.body = "{\"data\":[]}"));
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS, .times = 4));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_run(), "ok");
    assert_true(bench_was_told("stop: 50% \"drive-scsi0"));
    assert_true(bench_was_told("stop: 100% \"drive-scsi1"));
    for (size_t i = 0; i < bench.told_count; i++) {
        const struct told *t = &bench.told[i];
        assert_true(t->done >= last && t->done <= t->total);
        assert_int_equal(t->total, RUN_STEP_PARTS);
        last = t->done;
        if (strncmp(t->message, "stop: ", 6) == 0)
            most = t->done;
    }
    assert_int_equal(most, 99); /* whole is what is done */
    assert_int_equal(last, 100);
}

/* A long log: the last lines are kept, and no more. */
static void log_tail(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf body = BUF_INIT(1 << 16);
    bench_plan("'steps':[" STOP_STEP "]");
    fake_http_reset();
    buf_str(&body, "{\"data\":[");
    for (int i = 1; i <= 60; i++)
        buf_printf(&body, "%s{\"n\":%d,\"t\":\"line %d\"}", i > 1 ? "," : "", i, i);
    buf_str(&body, "],\"total\":60}");
    fake_http_script(STOP, SAY(.body = NAMED));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    fake_http_script("GET " TASK "/log", SAY(.body = body.data));
    assert_string_equal(bench_run(), "ok");
    const char *text = json_object_to_json_string(bench.result.record);
    assert_null(strstr(text, "line 40\""));
    assert_non_null(strstr(text, "line 41\""));
    assert_non_null(strstr(text, "line 60\""));
}

/* design 2: "Losing a follow request is not losing the step" */
static void follow_is_lost_for_a_while(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("stopped")));
    fake_http_script("GET " TASK "/status", SAY(.body = RUNS));
    fake_http_script("GET " TASK "/status", SAY(.error = -ECONNRESET, .times = 4));
    fake_http_script("GET " TASK "/status", SAY(.error = -ECONNREFUSED, .unsent = 1, .times = 2));
    fake_http_script("GET " TASK "/status", SAY(.status = 596, .body = "{\"data\":null}"));
    fake_http_script("GET " TASK "/status", SAY(.status = 200, .body = "<html>a proxy</html>"));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    assert_string_equal(bench_run(), "ok");
    assert_int_equal(fake_http_changes(), 1);
}

static void follow_is_lost_for_good(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " TASK "/status", SAY(.error = -ECONNRESET));
    assert_string_equal(bench_run(), "running");
    assert_non_null(strstr(bench.result.why, "may go on or have ended"));
    assert_int_equal(fake_http_changes(), 1);
}

static void task_cannot_be_seen(void **state)
{
    (void)state;
    stop_plan();
    fake_http_script("GET " TASK "/status", SAY(.status = 403, .body = "{\"data\":null,\"message\":\"no\"}"));
    assert_string_equal(bench_run(), "unknown");
}

static void upid_is(const char *text, int r)
{
    struct upid upid;
    assert_int_equal(upid_parse(text, strlen(text), &upid), r);
}

static void upids(void **state)
{
    (void)state;
    struct upid upid;
    char overlong[900] = "UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:";
    assert_int_equal(upid_parse(UPID, strlen(UPID), &upid), 0);
    assert_string_equal(upid.node, "pve1");
    assert_string_equal(upid.type, "vzstop");
    assert_string_equal(upid.id, "105");
    assert_string_equal(upid.user, TOKEN);
    assert_int_equal(upid.starttime, 0x6A1B2C3D);
    upid_is("UPID:pbs:0000C0DE:00ABCDEF:0000000A:6A1B2C3D:backup:store\\x3avm-100:root@pam!t:", 0);
    upid_is("UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:hastart:105:root@pam:", 0);
    upid_is("UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:105:root@pam", -EINVAL);
    upid_is("UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:105:root@pam:\n", -EINVAL);
    upid_is("UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:1\n5:root@pam:", -EINVAL);
    upid_is("UPID:../../x:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:105:root@pam:", -EINVAL);
    upid_is("UPID:..:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:105:root@pam:", -EINVAL);
    upid_is("UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:../x:root@pam:", -EINVAL);
    upid_is("UPID:pve1:xxxxC0DE:00ABCDEF:6A1B2C3D:vzstop:105:root@pam:", -EINVAL);
    upid_is("", -EINVAL);
    memset(overlong + strlen(overlong), 'x', 800);
    overlong[898] = ':';
    upid_is(overlong, -EINVAL);
    assert_int_equal(upid_parse(UPID "\0:", strlen(UPID) + 2, &upid), -EINVAL);
}

/* A server that names something else than the task: never followed, never taken for success. */
static void hostile_upid(const char *data)
{
    char body[2000];
    snprintf(body, sizeof(body), "{\"data\":%s}", data);
    bench_plan("'steps':[" STOP_STEP "]");
    fake_http_script(STOP, SAY(.body = body));
    assert_string_equal(bench_run(), "unknown");
    assert_string_equal(bench_step(0, "upid"), "");
    for (size_t i = 0; i < fake_http_count(); i++)
        assert_null(strstr(fake_http_at(i)->target, "/tasks/"));
    assert_null(strstr(bench_journal(), "\"upid\""));
}

static void upid_with_newline(void **state)
{
    (void)state;
    hostile_upid("\"UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:vz\\nstop:105:root@pam:\"");
}

static void upid_of_another_node(void **state)
{
    (void)state;
    hostile_upid("\"UPID:pve2:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:105:root@pam:\"");
}

static void upid_overlong(void **state)
{
    (void)state;
    char data[1500] = "\"UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:";
    size_t len = strlen(data);
    memset(data + len, '1', 1000);
    snprintf(data + len + 1000, 100, ":root@pam:\"");
    hostile_upid(data);
}

static void upid_as_object(void **state)
{
    (void)state;
    hostile_upid("{\"task\":\"x\"}");
}

#define T(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(ok),
        T(failed),
        T(refused),
        T(partial),
        T(running),
        T(unconfirmed),
        T(unknown),
        T(warnings),
        T(progress),
        T(percent_of_lines),
        T(progress_of_disks),
        T(log_tail),
        T(follow_is_lost_for_a_while),
        T(follow_is_lost_for_good),
        T(task_cannot_be_seen),
        T(upids),
        T(upid_with_newline),
        T(upid_of_another_node),
        T(upid_overlong),
        T(upid_as_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
