/* SPDX-License-Identifier: Apache-2.0 */
/* Consent that can be proved: an approver at a terminal, their key, the plan and the server; and everybody
 * who would like to do without them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"
#include "tests/unit/command/terminal.h"
#include "trust/approval.h"
#include "trust/plan.h"

#define PASS  "correct horse battery"
#define STOP  "{\"vmid\":\"105\",\"action\":\"stop\"}"
#define STOP2 "{\"vmid\":\"101\",\"action\":\"stop\"}"

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};

/* A road with an approver whose home is road.dir; their key was made at a terminal. */
struct scene {
    struct road road;
    struct server server;
    char program[512], home[96], path[560], config[128], public_key[170];
    const char *environment[3];
    const struct crypto_module *crypto;
    unsigned char seed[32];
};

static void make_key(struct scene *s)
{
    const char *const argv[] = {s->program, "keys", "approver", NULL};
    struct buf pem CLEANUP_BUF = BUF_INIT(16384);
    struct terminal t;
    char path[160];

    terminal_start(&t, argv, s->environment);
    terminal_type_secret(&t, "12 characters or more", PASS);
    terminal_type_secret(&t, "The same again", PASS);
    assert_int_equal(terminal_end(&t), 0);
    terminal_done(&t);
    (void)snprintf(path, sizeof(path), "%s/.config/proximo/approver.key", s->road.dir);
    (void)snprintf(s->public_key, sizeof(s->public_key), "%s.pub", path);
    s->crypto = crypto_module_get(NULL);
    assert_non_null(s->crypto);
    assert_int_equal(file_read(path, &pem), 0);
    assert_int_equal(s->crypto->ed25519_from_pem(pem.data, pem.len, PASS, s->seed), 0);
}

static void scene_start(struct scene *s, const char *yaml)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char text[900];

    memset(s, 0, sizeof(*s));
    road_start(&s->road, quick, "");
    (void)snprintf(s->program, sizeof(s->program), "%s/proximo", build ? build : ".");
    (void)snprintf(s->path, sizeof(s->path), "PATH=%s:/usr/bin:/bin", build ? build : ".");
    (void)snprintf(s->home, sizeof(s->home), "HOME=%s", s->road.dir);
    (void)snprintf(s->config, sizeof(s->config), "PROXIMO_CONFIG=%s", s->road.config);
    s->environment[0] = s->home;
    s->environment[1] = s->path;
    make_key(s);
    (void)snprintf(text, sizeof(text), "trust:\n  approver_key: %s\n%s", s->public_key, yaml);
    road_configure(&s->road, "guarded", text);
    server_start(&s->road, &s->server, NULL);
    s->server.person = "guest/105"; /* who would fill in any form */
}

static void scene_stop(struct scene *s)
{
    assert_int_equal(s->server.forms, 0); /* a form proves nothing: it was never offered */
    assert_int_equal(server_stop(&s->server), 0);
    road_stop(&s->road);
}

/* `proximo approve ID` as a person does it, through `env` as a stand-in for sudo or ssh. */
static void approve_begin(struct scene *s, struct terminal *t, const char *id)
{
    char via[300];
    const char *const argv[] = {s->program, "approve", "--via", via, id, NULL};

    (void)snprintf(via, sizeof(via), "env %s", s->config);
    terminal_start(t, argv, s->environment);
}

static void approve(struct scene *s, const char *id, const char *subject)
{
    struct terminal t;

    approve_begin(s, &t, id);
    terminal_expect(&t, "type its subject exactly: ");
    terminal_type(&t, subject);
    terminal_type_secret(&t, "Passphrase of your key", PASS);
    if (terminal_end(&t) != 0 || !strstr(t.seen.data, "is approved with the key"))
        fail_msg("%s", t.seen.data);
    assert_null(strstr(t.seen.data, "horse"));
    terminal_done(&t);
}

static void file_beside(const struct scene *s, const char *folder, const char *id, char ret[300])
{
    (void)snprintf(ret, 300, "%s/plans/%s/%s.approval", s->road.state, folder, id);
}

static void place(const char *path, const char *text, size_t len, mode_t mode)
{
    assert_int_equal(file_write_atomic(path, text, len, mode), 0);
}

static void expect_refused(struct scene *s, struct json_object *plan, const char *cause)
{
    bool failed = false;
    struct json_object *answer = plan_apply(&s->server, plan, &failed);

    if (!strstr(at(answer, "/error/cause"), cause))
        fail_msg("'%s' is not in: %s", cause, json_object_to_json_string(answer));
    assert_true(strlen(at(answer, "/error/next")) > 0);
    expect_code(answer, &failed, "PX-CONSENT");
    assert_string_equal(road_state(&s->road, "lxc", "pve1", 105), "running");
}

static void expect_approval(struct scene *s, const char *id, const char *state)
{
    char arguments[80];
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", id);
    struct json_object *status = server_tool(&s->server, "proximo_status", arguments, NULL);

    expect(status, "/state", "waiting");
    expect(status, "/approval/state", state);
    json_object_put(status);
}

static void expect_said(struct scene *s, const char *const *words, const char *mark)
{
    char *text = NULL;

    (void)road_command(&s->road, &text, words);
    if (!strstr(text, mark))
        fail_msg("'%s' is not in: %s", mark, text);
    free(text);
}

/* The newest record of a kind, as its line in the file; the caller's. */
static char *newest_record(struct scene *s, const char *kind)
{
    char *text = NULL, *found = NULL, mark[40];

    (void)snprintf(mark, sizeof(mark), "\"kind\":\"%s\"", kind);
    assert_int_equal(road_command(&s->road, &text,
                                  (const char *const[]){"audit", "show", "--json", "--limit", "1000",
                                                        "--config", s->road.config, NULL}),
                     0);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char *copy = strndup(line, strcspn(line, "\n"));
        assert_non_null(copy);
        if (strstr(copy, mark)) {
            free(found);
            found = copy;
        } else {
            free(copy);
        }
    }
    free(text);
    assert_non_null(found);
    return found;
}

/* ---- the road */

/* By tools that are not ours. */
static void verify_by_openssl(struct scene *s, struct json_object *record)
{
    char text[160], signature[160], out[64];
    unsigned char bytes[66];
    size_t len = 0;
    const char *approval = at(record, "/approval"), *base64 = at(record, "/signature");
    const char *const argv[] = {"openssl", "pkeyutl", "-verify", "-pubin",   "-inkey",  s->public_key,
                                "-rawin",  "-in",     text,      "-sigfile", signature, NULL};
    char *said = NULL;

    if (access("/usr/bin/openssl", X_OK) < 0)
        return;
    (void)snprintf(text, sizeof(text), "%s/text", s->road.dir);
    (void)snprintf(signature, sizeof(signature), "%s/signature", s->road.dir);
    place(text, approval, strlen(approval), 0600);
    assert_int_equal(s->crypto->base64_decode(base64, strlen(base64), bytes, &len), 0);
    place(signature, (const char *)bytes, len, 0600);
    if (run_without_terminal(argv, s->environment, "", &said) != 0)
        fail_msg("%s", said);
    free(said);
    /* and it would say so if it were not */
    (void)snprintf(out, sizeof(out), "%.40s", approval);
    place(text, out, strlen(out), 0600);
    assert_int_not_equal(run_without_terminal(argv, s->environment, "", NULL), 0);
}

/* With the record and the public key alone. */
static int check_record(struct scene *s, const char *line, char **ret)
{
    const char *const argv[] = {s->program, "consent", "check", "--key", s->public_key, NULL};

    return run_without_terminal(argv, s->environment, line, ret);
}

/* design 3: "the ledger calls it approver-signed" */
static void verify_record(struct scene *s, const char *id)
{
    char *line = newest_record(s, "consent"), *said = NULL;
    struct json_object *record = json_tokener_parse(line);

    expect(record, "/how", "approver-signed");
    expect(record, "/plan_id", id);
    expect(record, "/subject", "guest/105");
    assert_int_equal(strlen(at(record, "/approver_key")), 32);
    if (check_record(s, line, &said) != 0 || !strstr(said, "good: signed by the key"))
        fail_msg("%s", said);
    free(said);
    verify_by_openssl(s, record);
    /* another subject in what was signed, or beside it */
    char *place_in = strstr(line, "subject: guest/105");
    assert_non_null(place_in);
    place_in[strlen("subject: guest/10")] = '6';
    assert_int_equal(check_record(s, line, &said), 1);
    assert_non_null(strstr(said, "altered or forged"));
    free(said);
    place_in[strlen("subject: guest/10")] = '5';
    place_in = strstr(line, "\"subject\":\"guest/105\"");
    assert_non_null(place_in);
    place_in[strlen("\"subject\":\"guest/10")] = '6';
    assert_int_equal(check_record(s, line, &said), 1);
    assert_non_null(strstr(said, "not what was signed"));
    free(said);
    json_object_put(record);
    free(line);
}

/* design 3: "`approver` is `proximo approve PLAN_ID` in the operator's own terminal" */
static void test_walk(void **context)
{
    struct scene s;
    bool failed = true;
    char path[300];

    (void)context;
    scene_start(&s, "");
    struct json_object *plan = plan_make(&s.server, "pve_guest_power", STOP);
    const char *id = at(plan, "/plan_id");
    expect(plan, "/consent", "approver");
    assert_non_null(strstr(at(plan, "/consent_why"), "built in"));
    expect_approval(&s, id, "missing");
    expect_refused(&s, plan, "needs an approver's signature, and there is none");
    struct json_object *refused = plan_apply(&s.server, plan, &failed);
    assert_non_null(strstr(at(refused, "/error/next"), "proximo approve"));
    assert_non_null(strstr(at(refused, "/error/next"), id));
    expect_code(refused, &failed, "PX-CONSENT");

    approve(&s, id, "guest/105");
    file_beside(&s, "waiting", id, path);
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    expect_approval(&s, id, "there");
    expect_said(&s, (const char *const[]){"plan", "show", id, "--config", s.road.config, NULL},
                "\nApproval there\n");
    expect_said(&s, (const char *const[]){"doctor", "--config", s.road.config, NULL}, "approver's key /");
    assert_string_equal(road_state(&s.road, "lxc", "pve1", 105), "running"); /* nothing was done yet */

    struct json_object *done = plan_apply(&s.server, plan, &failed);
    assert_false(failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    assert_string_equal(road_state(&s.road, "lxc", "pve1", 105), "stopped");
    file_beside(&s, "done", id, path);
    assert_int_equal(access(path, F_OK), 0); /* it went with its plan */
    verify_record(&s, id);

    /* once: neither again nor approved again */
    expect_code(plan_apply(&s.server, plan, &failed), &failed, "PX-PLAN");
    struct terminal t;
    approve_begin(&s, &t, id);
    assert_int_equal(terminal_end(&t), 1);
    assert_non_null(strstr(t.seen.data, "was used already"));
    terminal_done(&t);
    json_object_put(plan);
    scene_stop(&s);
}

/* Here, without --via; and what a person may do wrong. */
static void test_person(void **context)
{
    struct scene s;
    struct terminal t;
    bool failed = true;

    (void)context;
    scene_start(&s, "");
    struct json_object *plan = plan_make(&s.server, "pve_guest_power", STOP);
    const char *id = at(plan, "/plan_id");
    const char *const argv[] = {s.program, "approve", "--config", s.road.config, id, NULL};
    const char *const far_argv[] = {s.program,  "approve",     "--via", "env",
                                    "--config", s.road.config, id,      NULL};
    static const char *const wrong[] = {"guest/106", " guest/105", "guest/105 ", "yes", "GUEST/105"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        terminal_start(&t, i % 2 ? argv : far_argv, s.environment);
        terminal_expect(&t, "type its subject exactly: ");
        terminal_type(&t, wrong[i]);
        assert_int_equal(terminal_end(&t), 1);
        assert_non_null(strstr(t.seen.data, "it is not approved"));
        assert_null(strstr(t.seen.data, "Passphrase"));
        terminal_done(&t);
    }
    terminal_start(&t, argv, s.environment);
    terminal_expect(&t, "type its subject exactly: ");
    terminal_type(&t, "guest/105");
    for (unsigned i = 0; i < 3; i++)
        terminal_type_secret(&t, "Passphrase of your key", "another passphrase");
    assert_int_equal(terminal_end(&t), 1);
    assert_non_null(strstr(t.seen.data, "nothing was signed"));
    terminal_done(&t);
    /* a key that lies open is none, whosever it is */
    char open_key[96];
    (void)snprintf(open_key, sizeof(open_key), "%s/open.key", s.road.dir);
    char *pem = s.crypto->ed25519_to_pem(s.seed, NULL);
    place(open_key, pem, strlen(pem), 0600);
    free(pem);
    const char *const open_argv[] = {s.program, "approve", "--config", s.road.config,
                                     "--key",   open_key,  id,         NULL};
    terminal_start(&t, open_argv, s.environment);
    terminal_expect(&t, "type its subject exactly: ");
    terminal_type(&t, "guest/105");
    assert_int_equal(terminal_end(&t), 1);
    assert_non_null(strstr(t.seen.data, "is not under a passphrase"));
    terminal_done(&t);
    expect_approval(&s, id, "missing");
    /* what was typed before the plan was seen is no answer */
    terminal_start(&t, argv, s.environment);
    terminal_type(&t, "guest/106");
    terminal_expect(&t, "type its subject exactly: ");
    terminal_type(&t, "guest/105");
    terminal_type_secret(&t, "Passphrase of your key", PASS);
    assert_int_equal(terminal_end(&t), 0);
    assert_non_null(strstr(t.seen.data, "Steps, these and no others"));
    terminal_done(&t);
    expect_approval(&s, id, "there");
    /* a second one: the first stays */
    terminal_start(&t, far_argv, s.environment);
    terminal_expect(&t, "type its subject exactly: ");
    terminal_type(&t, "guest/105");
    terminal_type_secret(&t, "Passphrase of your key", PASS);
    assert_int_equal(terminal_end(&t), 1);
    assert_non_null(strstr(t.seen.data, "has a good approval already"));
    assert_non_null(strstr(t.seen.data, "signed, but not taken"));
    terminal_done(&t);
    struct json_object *done = plan_apply(&s.server, plan, &failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    json_object_put(plan);
    scene_stop(&s);
}

/* ---- who would do without */

/* The plan as the approver's side has it. */
static struct plan *plan_raw(struct scene *s, const char *id)
{
    struct problem p = PROBLEM_INIT;
    struct plan *plan = NULL;
    char *bytes = NULL;

    assert_int_equal(
        road_command(&s->road, &bytes,
                     (const char *const[]){"plan", "show", "--raw", id, "--config", s->road.config, NULL}),
        0);
    if (plan_read(s->crypto, id, bytes, strlen(bytes), &plan, &p) < 0)
        fail_msg("%s", p.cause);
    free(bytes);
    return plan;
}

static void sign(struct scene *s, const unsigned char seed[32], const char *id, int64_t now_s,
                 struct buf *out)
{
    struct plan *plan = plan_raw(s, id);

    buf_reset(out);
    assert_int_equal(approval_sign(s->crypto, seed, plan, now_s, out, NULL), 0);
    plan_free(plan);
}

/* `proximo consent add`, which refuses what apply refuses, and records it. */
static void add_refused(struct scene *s, const char *id, const struct buf *text, const char *cause)
{
    const char *const argv[] = {s->program, "consent", "add", id, "--config", s->road.config, NULL};
    char *said = NULL;

    if (run_without_terminal(argv, s->environment, text->data, &said) == 0 || !strstr(said, cause))
        fail_msg("'%s' is not in: %s", cause, said);
    free(said);
    char *line = newest_record(s, "refused");
    assert_non_null(strstr(line, id));
    assert_non_null(strstr(line, "PX-CONSENT"));
    free(line);
}

/* On disk by somebody who can write there, and by the command. */
static void both_refused(struct scene *s, struct json_object *plan, const struct buf *text, const char *cause)
{
    const char *id = at(plan, "/plan_id");
    char path[300];

    add_refused(s, id, text, cause);
    file_beside(s, "waiting", id, path);
    assert_int_equal(access(path, F_OK), -1);
    place(path, text->data, text->len, 0600);
    expect_approval(s, id, "refused");
    expect_refused(s, plan, cause);
    assert_int_equal(unlink(path), 0);
}

static void test_forged(void **context)
{
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    const int64_t now_s = clock_wall_us() / 1000000;
    unsigned char other[32], public[32];
    struct scene s;
    bool failed = true;

    (void)context;
    scene_start(&s, "");
    struct json_object *plan = plan_make(&s.server, "pve_guest_power", STOP);
    struct json_object *plan2 = plan_make(&s.server, "pve_guest_power", STOP);
    const char *id = at(plan, "/plan_id"), *id2 = at(plan2, "/plan_id");
    assert_string_not_equal(id, id2);
    /* another person's key */
    assert_int_equal(s.crypto->ed25519_new(other, public), 0);
    sign(&s, other, id, now_s, &text);
    both_refused(&s, plan, &text, "made with the key");
    /* who claims to be the approver */
    char mine[APPROVAL_KEY_SIZE], theirs[APPROVAL_KEY_SIZE];
    assert_int_equal(approval_key_id(s.crypto, public, mine), 0);
    assert_int_equal(s.crypto->ed25519_public(s.seed, public), 0);
    assert_int_equal(approval_key_id(s.crypto, public, theirs), 0);
    memcpy(strstr(text.data, mine), theirs, 32);
    both_refused(&s, plan, &text, "altered or forged");
    /* of another time */
    sign(&s, s.seed, id, now_s - 7200, &text);
    both_refused(&s, plan, &text, "has expired");
    sign(&s, s.seed, id, now_s + 7200, &text);
    both_refused(&s, plan, &text, "not valid yet");
    /* of another plan for the very same change */
    sign(&s, s.seed, id2, now_s, &text);
    both_refused(&s, plan, &text, "another plan");
    /* swapped between the two on the disk: neither runs */
    struct buf first CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    sign(&s, s.seed, id, now_s, &first);
    char path[300], path2[300];
    file_beside(&s, "waiting", id, path);
    file_beside(&s, "waiting", id2, path2);
    place(path, text.data, text.len, 0600);
    place(path2, first.data, first.len, 0600);
    expect_refused(&s, plan, "another plan");
    expect_refused(&s, plan2, "another plan");
    /* the right one in its place, but not as a plain file of this user alone */
    char real[320];
    (void)snprintf(real, sizeof(real), "%s.real", path);
    assert_int_equal(unlink(path), 0);
    place(real, first.data, first.len, 0600);
    assert_int_equal(symlink(real, path), 0);
    expect_refused(&s, plan, "not a plain file");
    assert_int_equal(unlink(path), 0);
    place(path, first.data, first.len, 0644);
    expect_refused(&s, plan, "not a plain file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_refused(&s, plan, "not a plain file");
    assert_int_equal(unlink(path), 0);
    /* and as one it does */
    place(path, first.data, first.len, 0600);
    struct json_object *done = plan_apply(&s.server, plan, &failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    /* replayed for the plan it was used for */
    const char *const argv[] = {s.program, "consent", "add", id, "--config", s.road.config, NULL};
    char *said = NULL;
    assert_int_equal(run_without_terminal(argv, s.environment, first.data, &said), 1);
    assert_non_null(strstr(said, "was used"));
    free(said);
    json_object_put(plan);
    json_object_put(plan2);
    scene_stop(&s);
}

/* Whoever can change the public key can approve: so nobody else may. */
/* design 3: "the server knows only the public key" */
static void test_public_key(void **context)
{
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT), pem CLEANUP_BUF = BUF_INIT(16384);
    struct scene s;
    bool failed = true;

    (void)context;
    scene_start(&s, "");
    assert_int_equal(file_read(s.public_key, &pem), 0);
    struct json_object *plan = plan_make(&s.server, "pve_guest_power", STOP);
    const char *id = at(plan, "/plan_id");
    char path[300], real[180];
    sign(&s, s.seed, id, clock_wall_us() / 1000000, &text);
    file_beside(&s, "waiting", id, path);
    place(path, text.data, text.len, 0600);
    static const mode_t modes[] = {0666, 0646, 0664};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(chmod(s.public_key, modes[i]), 0);
        expect_refused(&s, plan, "can be written by others");
    }
    assert_int_equal(chmod(s.public_key, 0644), 0);
    (void)snprintf(real, sizeof(real), "%s.real", s.public_key);
    assert_int_equal(rename(s.public_key, real), 0);
    expect_refused(&s, plan, "No such file");
    assert_int_equal(symlink(real, s.public_key), 0);
    expect_refused(&s, plan, "symbolic link");
    assert_int_equal(unlink(s.public_key), 0);
    place(s.public_key, "-----BEGIN PUBLIC KEY-----\n", 27, 0644);
    expect_refused(&s, plan, "not the public half");
    assert_int_equal(rename(real, s.public_key), 0);
    char folder[128];
    (void)snprintf(folder, sizeof(folder), "%s/.config/proximo", s.road.dir);
    assert_int_equal(chmod(folder, 0777), 0);
    expect_refused(&s, plan, "in a folder that others can write");
    assert_int_equal(chmod(folder, 0700), 0);
    struct json_object *done = plan_apply(&s.server, plan, &failed);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    json_object_put(plan);
    scene_stop(&s);
}

static void consent_is(struct scene *s, const char *tool, const char *arguments, const char *consent,
                       const char *why)
{
    struct json_object *plan = plan_make(&s->server, tool, arguments);

    expect(plan, "/consent", consent);
    if (!strstr(at(plan, "/consent_why"), why))
        fail_msg("%s: %s", tool, at(plan, "/consent_why"));
    json_object_put(plan);
}

/* What is built in and what an operator's rules make of it, as the plans say. */
static void test_ladder(void **context)
{
    static const char start[] = "{\"vmid\":\"109\",\"action\":\"start\"}";
    struct scene s;

    (void)context;
    scene_start(&s, "  consent: {guest.start: approver, 'snapshot.*': human, 'guest.*': plan}\n");
    consent_is(&s, "pve_guest_power", start, "approver", "trust.consent: guest.start");
    consent_is(&s, "pve_guest_power", STOP, "approver", "built in: the risk is high");
    consent_is(&s, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"shutdown\"}", "plan", "built in");
    consent_is(&s, "pve_snapshot_delete", "{\"vmid\":\"105\",\"snapname\":\"tuned\"}", "approver",
               "destroys");
    consent_is(&s, "pve_pool_update", "{\"poolid\":\"infra\",\"comment\":\"x\"}", "approver", "built in");
    char *line = newest_record(&s, "planned");
    assert_non_null(strstr(line, "\"consent_why\":\"built in"));
    free(line);
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),       cmocka_unit_test(test_person), cmocka_unit_test(test_forged),
        cmocka_unit_test(test_public_key), cmocka_unit_test(test_ladder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
