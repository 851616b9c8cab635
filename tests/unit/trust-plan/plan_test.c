/* SPDX-License-Identifier: Apache-2.0 */
/* Planning as a whole: what a plan holds, what overrules a lying draft, what is shown, what stays secret. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "rig.h"

#define STATUS "/nodes/{node}/{kind}/{vmid}/status"
#define START                                                                                                \
    "{\"summary\":\"it starts\",\"guards\":[{\"path\":\"" STATUS "/current\",\"fields\":\"/status\"}],"      \
    "\"steps\":[{\"kind\":1,\"flags\":1,\"method\":\"POST\",\"path\":\"" STATUS "/start\"}],"                \
    "\"postcondition\":[{\"kind\":3,\"path\":\"" STATUS "/current\",\"select\":\"/status\","                 \
    "\"wait_test\":2,\"wait_value\":\"\\\"running\\\"\"}]}"

/* design 2: "The core freezes it, shows it, records its hash" */
/* design 3: "frozen canonical bytes -> plan file" */
/* design 3: "plan (reads and probes only) -> blast(subject)" */
static void a_low_plan(void **state)
{
    (void)state;
    rig.draft = START;
    struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"cache\"}");
    assert_string_equal(plan->action, "guest.stop");
    assert_string_equal(plan->subject, "guest/105");
    assert_string_equal(plan->consent, "plan");
    assert_int_equal(plan->risk, RISK_LOW);
    assert_int_equal(plan->expires_s - plan->created_s, PLAN_WAIT_S);
    assert_string_equal(plan->principal, "uid:1000 root@pam!test");
    assert_string_equal(rig.kind, "planned");
    assert_non_null(strstr(rig.record.data, plan->sha256));
    for (size_t i = 0; i < fake_http_count(); i++)
        assert_string_equal(fake_http_at(i)->method, "GET");
    struct plan *again = NULL;
    enum plan_state where = PLAN_DONE;
    assert_int_equal(store_load(&rig.trust, plan->id, &again, &where, NULL), 0);
    assert_int_equal(where, PLAN_WAITING);
    assert_int_equal(again->len, plan->len);
    assert_memory_equal(again->bytes, plan->bytes, plan->len);
    plan_free(again);
    plan_free(plan);
}

/* Every member, in the order of plan.h. */
static void canonical_bytes(void **state)
{
    (void)state;
    rig.draft = START;
    struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
    static const char *const order[] = {
        "format", "nonce",   "created",     "expires", "site",    "principal",     "config",
        "planes", "tool",    "arguments",   "action",  "subject", "subjects",      "sentence",
        "risk",   "consent", "consent_why", "guards",  "steps",   "postcondition", "undo"};
    size_t i = 0;
    json_object_object_foreach(plan->root, key, value)
    {
        (void)value;
        assert_true(i < sizeof(order) / sizeof(order[0]));
        assert_string_equal(key, order[i++]);
    }
    assert_int_equal(i, sizeof(order) / sizeof(order[0]));
    assert_string_equal(rig_member(plan, "guards"),
                        "[{\"path\":\"" LXC "/status/current\",\"fields\":[\"/status\",\"/lock\","
                        "\"/ha/managed\",\"/ha/state\"],\"status\":200,\"value\":{\"/status\":\"running\","
                        "\"/lock\":{\"absent\":true},\"/ha/managed\":0,\"/ha/state\":{\"absent\":true}}}]");
    assert_string_equal(rig_member(plan, "steps"),
                        "[{\"name\":\"change\",\"kind\":\"request\",\"method\":\"POST\",\"path\":\"" LXC
                        "/status/start\",\"params\":[],\"follow\":true,\"atomic\":false,\"recheck\":[0],"
                        "\"risk\":1}]");
    assert_string_equal(
        rig_member(plan, "planes"),
        "[{\"name\":\"guests\",\"version\":\"1.0\",\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]");
    plan_free(plan);
}

static void nothing_to_do(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf why = BUF_INIT(1000);
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;
    rig.draft = "{\"summary\":\"it is already running\"}";
    assert_int_equal(rig_plan(&power_tool, "{\"vmid\":\"105\"}", NULL, &plan, &why, &p), 0);
    assert_null(plan);
    assert_string_equal(why.data, "it is already running");
    assert_int_equal(rig.records, 0);
}

/* design 2: "The core judges risk itself" */
/* design 2: "It binds every plan, whatever a plane claims" */
/* design 2: "What a human is shown is rendered by the core" */
static void a_lie_is_overruled(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf text = BUF_INIT(100000);
    struct problem p = PROBLEM_INIT;
    struct plan *plan = NULL;
    rig.draft = "{\"summary\":\"only looks, \\\"harmless\\\"\",\"risks\":[{\"risk\":1,\"reason\":\"none\"}],"
                "\"steps\":[{\"kind\":1,\"flags\":8,\"method\":\"DELETE\","
                "\"path\":\"/nodes/{node}/{kind}/{vmid}\"}]}";
    plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
    assert_int_equal(plan->risk, RISK_HIGH);
    assert_string_equal(plan->consent, "human");
    assert_true(plan->flags & RISK_DESTROYS);
    assert_int_equal(plan->expires_s - plan->created_s, PLAN_WAIT_LONG_S);
    plan_render(plan, &text);
    assert_non_null(strstr(text.data, "1. DELETE " LXC "; its task is followed"));
    assert_null(strstr(text.data, "refuses it if the configuration changed")); /* it claimed to be atomic */
    assert_non_null(strstr(text.data, "The plane says: \"only looks, \\\"harmless\\\"\""));
    assert_non_null(strstr(text.data, "Risk: high; destroys"));
    plan_free(plan);

    rig.draft = "{\"summary\":\"sets tags\",\"steps\":[{\"kind\":1,\"method\":\"PUT\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":[{\"name\":\"tags\",\"value\":\"a\"},"
                "{\"name\":\"hookscript\",\"value\":\"local:snippets/x\"}]}]}";
    assert_true(rig_plan(&power_tool, "{\"vmid\":\"105\"}", NULL, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_ROOT_ONLY);

    p = PROBLEM_INIT;
    rig.draft = "{\"summary\":\"x\",\"steps\":[{\"kind\":1,\"method\":\"PUT\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":[{\"name\":\"cipassword\","
                "\"value\":\"clear\"}]}]}";
    assert_true(rig_plan(&power_tool, "{\"vmid\":\"105\"}", NULL, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_PLANE);
    assert_int_equal(rig.records, 1);
}

/* design 2: "Completeness. Proxmox filters lists by privilege" */
/* design 2: "Missing privilege, failed read, offline node" */
static void incomplete_is_high_and_first(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf text = BUF_INIT(100000);
    rig.draft = START;
    rig.missing = "VM.Audit";
    struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
    assert_int_equal(plan->risk, RISK_HIGH);
    plan_render(plan, &text);
    assert_int_equal(strncmp(text.data, "INCOMPLETE", 10), 0);
    assert_non_null(strstr(text.data, "\"/pool/prod\": \"this token does not hold VM.Audit on /pool/prod\""));
    plan_free(plan);
}

/* design 2: "Class names are global; any plane may use another's" */
static void unknown_class(void **state)
{
    (void)state;
    rig.draft = START;
    rig.class_gone = true;
    struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
    assert_int_equal(plan->risk, RISK_HIGH);
    assert_non_null(strstr(rig_member(plan, "incomplete"), "no loaded plane has this operation class"));
    plan_free(plan);
}

/* design 3: "arguments against the schema; preflight" */
static void preflight_names_the_line(void **state)
{
    (void)state;
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;
    rig.draft = START;
    fake_http_answer("/access/permissions?path=/vms/105", 200, "{\"data\":{\"/vms/105\":{\"VM.Audit\":1}}}");
    assert_true(rig_plan(&power_tool, "{\"vmid\":\"105\"}", NULL, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_PRIVILEGE);
    assert_non_null(strstr(p.next, "pveum"));
    assert_non_null(strstr(p.next, "/vms/105"));
    p = PROBLEM_INIT;
    assert_true(rig_plan(&power_tool, "{\"vmid\":\"105\",\"nosuch\":1}", NULL, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_ARG);
    assert_int_equal(rig.records, 0);
}

/* design 3: "If the ledger cannot be written, nothing is changed" */
static void dead_ledger(void **state)
{
    (void)state;
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;
    rig.draft = START;
    rig.ledger_dead = true;
    assert_true(rig_plan(&power_tool, "{\"vmid\":\"105\"}", NULL, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_LEDGER);
    assert_null(plan);
    assert_int_equal(rig_files(NULL), 0);
}

static int is_canary(void *arg, const char *value, size_t len)
{
    *(bool *)arg = len == strlen(CANARY) && memcmp(value, CANARY, len) == 0;
    return 0;
}

/* An array goes out as several fields of one name; an object with a name twice would be no JSON to a client.
 */
static void a_repeated_parameter_is_shown_as_a_list(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out = BUF_INIT(100000);
    CLEANUP_JSON struct json_object *answer = NULL;
    rig.draft = "{\"summary\":\"it is mapped\",\"steps\":[{\"kind\":1,\"method\":\"POST\",\"path\":"
                "\"/cluster/mapping/dir\",\"params\":[{\"name\":\"map\",\"value\":\"a\"},{\"name\":\"id\","
                "\"value\":\"x\"},{\"name\":\"map\",\"value\":\"b\"}]}]}";
    struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
    buf_char(&out, '{');
    plan_put_members(plan, &out);
    buf_char(&out, '}');
    assert_int_equal(json_parse(out.data, out.len, &answer, NULL), 0);
    assert_non_null(strstr(out.data, "\"params\":{\"map\":[\"a\",\"b\"],\"id\":\"x\"}"));
    plan_free(plan);
}

/* design 2: "Secrets. Parameters and results can be flagged secret" */
/* design 2: "The plan holds a keyed commitment" */
/* design 2: "A plane never receives a secret value" */
static void secrets_stay_out(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf text = BUF_INIT(100000);
    char commitment[65], again[65];
    bool same = false;
    struct plan *plan = rig_planned(&set_tool, "{\"vmid\":\"100\",\"cipassword\":\"" CANARY "\"}");
    plan_render(plan, &text);
    plan_put_members(plan, &text);
    assert_null(strstr(plan->bytes, CANARY));
    assert_null(strstr(text.data, CANARY));
    assert_null(strstr(rig.record.data, CANARY));
    assert_int_equal(rig_files(NULL), 1);
    assert_int_equal(rig_files(CANARY), 0);
    assert_non_null(strstr(rig_member(plan, "steps"), "{\"name\":\"cipassword\",\"secret\":\"cipassword\"}"));
    assert_string_equal(rig_member(plan, "arguments"),
                        "{\"vmid\":\"100\",\"cipassword\":{\"secret\":true},\"kind\":\"qemu\",\"node\":"
                        "\"pve1\"}");
    const char *nonce = NULL;
    assert_int_equal(json_get_string(plan->root, "nonce", &nonce, NULL), 0);
    assert_int_equal(secret_commitment(&rig.trust, nonce, "cipassword", CANARY, strlen(CANARY), commitment),
                     0);
    assert_non_null(strstr(rig_member(plan, "secrets"), commitment));
    rig.trust.secret_key[0] ^= 1;
    assert_int_equal(secret_commitment(&rig.trust, nonce, "cipassword", CANARY, strlen(CANARY), again), 0);
    assert_string_not_equal(commitment, again);
    assert_int_equal(secret_use(&rig.trust, plan->id, "cipassword", is_canary, &same), 0);
    assert_true(same);
    secret_forget(&rig.trust, plan->id);
    assert_true(secret_use(&rig.trust, plan->id, "cipassword", is_canary, &same) < 0);
    plan_free(plan);
}

/* design 2: "A field that GET masks or omits is write-only" */
static void way_back(void **state)
{
    (void)state;
    struct plan *plan = rig_planned(&set_tool, "{\"vmid\":\"100\",\"description\":\"new\"}");
    assert_non_null(strstr(rig_member(plan, "undo"), "{\"kind\":\"template\""));
    /* a digest alone guards the whole; what the way back needs is guarded */
    assert_non_null(strstr(rig_member(plan, "guards"), "{\"\":{\"cipassword\":\"**********\""));
    assert_non_null(strstr(rig_member(plan, "guards"), "\"/tags\":\"b;a\",\"/description\":\"old\""));
    plan_free(plan);
    fake_http_answer(QEMU "/config", 200, "{\"data\":{\"digest\":\"abc\",\"description\":\"******\"}}");
    plan = rig_planned(&set_tool, "{\"vmid\":\"100\",\"description\":\"new\"}");
    assert_string_equal(rig_member(plan, "undo"),
                        "{\"kind\":\"none\",\"note\":\"Proxmox does not show description, so it cannot be "
                        "given back\"}");
    plan_free(plan);
}

/* design 2: "Undo is built after the fact" */
/* design 2: "The undo plan's guards are the after-state" */
static void plan_of_a_way_back(void **state)
{
    (void)state;
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;
    const char *record =
        "{\"format\":\"proximo-undo-1\",\"plan_id\":\"0123456789abcdef0123456789abcdef\",\"outcome\":\"ok\","
        "\"arguments\":{\"vmid\":\"100\",\"kind\":\"qemu\",\"node\":\"pve9\",\"description\":\"new\"},"
        "\"subjects\":[{\"class\":\"guest.stop\",\"subject\":{\"kind\":\"guest\",\"vmid\":100}}],"
        "\"guards\":[{\"path\":\"" QEMU "/config\",\"fields\":[\"/description\"]}],"
        "\"before\":[{\"/description\":\"older\"}],\"after\":[{\"/description\":\"old\"}],"
        "\"undo\":{\"kind\":\"template\",\"steps\":[{\"kind\":1,\"name\":\"change\",\"method\":\"PUT\","
        "\"path\":"
        "\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":[{\"name\":\"description\",\"value\":"
        "\"before.0:/description\",\"flags\":2}]}]}}";
    if (rig_plan(&set_tool, "{}", record, &plan, NULL, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    assert_string_equal(plan->undo_of, "0123456789abcdef0123456789abcdef");
    assert_non_null(strstr(rig_member(plan, "steps"), QEMU "/config\",\"params\":[{\"name\":\"description\","
                                                           "\"value\":\"older\"}]"));
    plan_free(plan);
    plan = NULL;
    fake_http_answer(QEMU "/config", 200, "{\"data\":{\"description\":\"by another hand\"}}");
    assert_true(rig_plan(&set_tool, "{}", record, &plan, NULL, &p) < 0);
    assert_string_equal(p.code, PX_DRIFT);
    assert_non_null(strstr(p.cause, "/description"));
}

/* design 3: "reply: the plan, plan_id, the consent it needs" */
static void answer_is_small(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf blast = BUF_INIT((size_t)4 << 20);
    CLEANUP_BUF struct buf out = BUF_INIT((size_t)4 << 20);
    CLEANUP_JSON struct json_object *answer = NULL;
    buf_str(&blast, "{\"affected\":[");
    for (int i = 0; i < 2000; i++)
        buf_printf(&blast,
                   "%s{\"resource\":\"guest/%d\",\"name\":\"\\\"\\u0007evil\\nname\",\"effect\":\"dies\","
                   "\"risk\":3}",
                   i ? "," : "", i);
    buf_str(&blast, "]}");
    rig.draft = START;
    rig.blast = blast.data;
    struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
    buf_char(&out, '{');
    plan_put_members(plan, &out);
    buf_char(&out, '}');
    assert_true(buf_ok(&out));
    assert_true(out.len < 48000);
    assert_int_equal(json_parse(out.data, out.len, &answer, NULL), 0);
    const char *text = NULL;
    int64_t left_out = 0;
    assert_int_equal(json_get_string(answer, "text", &text, NULL), 0);
    assert_non_null(strstr(text, "guest/0 \"\\\"evil name\" [high]: \"dies\""));
    assert_non_null(strstr(text, "cut here"));
    assert_int_equal(json_get_int(answer, "affected_left_out", &left_out), 0);
    assert_true(left_out > 1000);
    assert_int_equal(json_get_string(answer, "risk", &text, NULL), 0);
    assert_string_equal(text, "high");
    plan_free(plan);
}

/* design 2: "For high risk it also re-runs the blast function" */
static void blast_again(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf diff = BUF_INIT(10000);
    struct problem p = PROBLEM_INIT;
    struct read_cache *cache = NULL;
    const struct site_call call = {.deadline_ms = INT64_MAX / 2};
    rig.draft = START;
    rig.blast = "{\"affected\":[{\"resource\":\"guest/105\",\"effect\":\"stops\",\"risk\":3}]}";
    struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
    assert_int_equal(plan->risk, RISK_HIGH);
    assert_int_equal(read_cache_new(rig.site, &cache), 0);
    assert_int_equal(plan_blast_again(&rig.trust, plan, cache, &call, &diff, &p), 0);
    assert_int_equal(diff.len, 0);
    rig.blast = "{\"affected\":[{\"resource\":\"guest/105\",\"effect\":\"stops\",\"risk\":3},"
                "{\"resource\":\"guest/106\",\"effect\":\"loses its router\",\"risk\":3}]}";
    assert_true(plan_blast_again(&rig.trust, plan, cache, &call, &diff, &p) < 0);
    assert_string_equal(p.code, PX_DRIFT);
    assert_string_equal(diff.data,
                        "{\"guard\":\"affected\",\"field\":\"guest/106\",\"planned\":{\"absent\":true},"
                        "\"now\":\"loses its router\"}");
    read_cache_free(cache);
    plan_free(plan);
}

#define STAGES(fields)                                                                                       \
    "{\"summary\":\"s\",\"guards\":[{\"path\":\"/nodes/pve1/network\"" fields                                \
    "}],\"steps\":[{\"kind\":1,\"method\":\"DELETE\",\"path\":\"/nodes/pve1/network/vmbr9\"},{\"kind\":1,"   \
    "\"method\":\"PUT\",\"path\":\"/nodes/pve1/network\",\"flags\":1}]}"

/* What the plan itself changes is not held against it: a request on a member changes the whole list, but
 * not what is guarded of other members. */
static void a_member_of_a_guarded_list(void **state)
{
    static const struct {
        const char *draft, *guarded;
    } rows[] = {{STAGES(""), NULL}, {STAGES(",\"fields\":\"[iface=vmbr0]/cidr\""), "\"recheck\":[0]"}};
    (void)state;
    fake_http_answer("/nodes/pve1/network", 200,
                     "{\"data\":[{\"iface\":\"vmbr0\",\"cidr\":\"10.0.0.1/24\"},{\"iface\":\"vmbr9\"}]}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rig.draft = rows[i].draft;
        struct plan *plan = rig_planned(&power_tool, "{\"vmid\":\"105\"}");
        const char *steps = rig_member(plan, "steps");
        assert_true(!strstr(steps, "\"recheck\":[0") == !rows[i].guarded);
        plan_free(plan);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_low_plan),
                                       TEST(canonical_bytes),
                                       TEST(nothing_to_do),
                                       TEST(a_lie_is_overruled),
                                       TEST(incomplete_is_high_and_first),
                                       TEST(unknown_class),
                                       TEST(preflight_names_the_line),
                                       TEST(dead_ledger),
                                       TEST(a_repeated_parameter_is_shown_as_a_list),
                                       TEST(secrets_stay_out),
                                       TEST(way_back),
                                       TEST(plan_of_a_way_back),
                                       TEST(answer_is_small),
                                       TEST(a_member_of_a_guarded_list),
                                       TEST(blast_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
