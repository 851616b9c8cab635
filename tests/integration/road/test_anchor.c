/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors on the whole road: published after a change, shown, and in the way of one when the state folder was
 * put back to an earlier day. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "road.h"

#define STOP "{\"vmid\":\"105\",\"action\":\"stop\"}"

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};

static void copy_folder(const char *from, const char *to)
{
    int status = -1;
    const pid_t pid = fork();

    if (pid == 0) {
        (void)execlp("cp", "cp", "-aT", from, to, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    assert_int_equal(status, 0);
}

/* Waits for a part of proximo_status. */
static void wait_status(struct server *server, const char *pointer, const char *value)
{
    struct json_object *status = NULL;
    bool failed = false;

    for (int i = 0; i < 100; i++) {
        json_object_put(status);
        status = server_tool(server, "proximo_status", "{}", &failed);
        if (strcmp(at(status, pointer), value) == 0)
            break;
        usleep(50000);
    }
    expect(status, pointer, value);
    json_object_put(status);
}

/* Waits until the anchor covers the record of this number. */
static void wait_size(struct server *server, const char *seq_text)
{
    uint64_t seq = 0, size = 0;
    bool failed = false;

    assert_int_equal(text_to_u64(seq_text, UINT64_MAX, &seq), 0);
    for (int i = 0; i < 100 && size < seq; i++) {
        struct json_object *status = server_tool(server, "proximo_status", "{}", &failed);
        if (text_to_u64(at(status, "/anchors/sinks/0/size"), UINT64_MAX, &size) < 0)
            size = 0;
        json_object_put(status);
        usleep(50000);
    }
    assert_true(size >= seq);
}

static size_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

static void expect_command(struct road *road, const char *const *words, int status, const char *part)
{
    char *text = NULL;
    const int got = road_command(road, &text, words);

    if (got != status || !strstr(text, part))
        fail_msg("%s %s: %d: %s", words[0], words[1], got, text);
    free(text);
}

static void test_road(void **context)
{
    struct road road;
    struct server server;
    char notes[128], saved[128], earlier[128], yaml[512];
    char *text = NULL;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    (void)snprintf(notes, sizeof(notes), "%s/anchor.notes", road.dir);
    (void)snprintf(saved, sizeof(saved), "%s/saved", road.dir);
    (void)snprintf(earlier, sizeof(earlier), "%s/now", road.dir);
    (void)snprintf(yaml, sizeof(yaml), "ledger: {anchor: {file: %s}, require_anchor_within: 60}\n", notes);
    road_configure(&road, "guarded", yaml);
    const char *const anchor[] = {"audit", "anchor", "--config", road.config, NULL};
    const char *const verify[] = {"audit", "verify", "--anchor", notes, "--config", road.config, NULL};
    const char *const doctor[] = {"doctor", "--config", road.config, NULL};

    server_start(&road, &server, NULL);
    server.person = "guest/105";
    json_object_put(server_tool(&server, "proximo_status", "{}", &failed));
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(size_of(notes), 0); /* nothing is published for planning */
    copy_folder(road.state, saved);

    /* The gate publishes, the change is made, and what came of it is published too. */
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    struct json_object *done = plan_apply(&server, plan, &failed);
    assert_false(failed);
    expect(done, "/outcome", "ok");
    wait_size(&server, at(done, "/seq"));
    json_object_put(done);
    wait_status(&server, "/anchors/sinks/0/state", "confirmed");
    wait_status(&server, "/anchors/met", "true");
    assert_int_equal(server_stop(&server), 0);
    const size_t published = size_of(notes);
    assert_true(published > 0);
    expect_command(&road, anchor, 0, ": confirmed, ");
    const size_t whole = size_of(notes);
    assert_true(whole > published);
    expect_command(&road, verify, 10, "good"); /* with a tail: the anchor's own record came after it */
    expect_command(&road, doctor, 0, "is on the ledger's own file system");

    /* The folder of the day before: by itself it is flawless, and the plan is unused. */
    assert_int_equal(rename(road.state, earlier), 0);
    copy_folder(saved, road.state);
    assert_int_equal(road_api(&road, "POST", "/nodes/pve1/lxc/105/status/start", "", NULL), 200);
    usleep(300000);
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    expect_code(plan_apply(&server, plan, &failed), &failed, "PX-ANCHOR");
    assert_string_equal(road_state(&road, "lxc", "pve1", 105), "running");
    wait_status(&server, "/anchors/sinks/0/state", "contradicts the ledger");
    assert_int_equal(server_stop(&server), 0);
    expect_command(&road, anchor, 1, "behind the anchor");
    /* behind; or broken, when it has grown past the first note's size meanwhile, with other records */
    const int verdict = road_command(&road, &text, verify);
    free(text);
    assert_true(verdict == 6 || verdict == 3);
    assert_int_equal(size_of(notes), whole); /* nothing was published */
    road_configure(&road, "guarded", "");
    expect_command(&road, anchor, 2, ""); /* there is none */
    json_object_put(plan);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_road),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
