/* SPDX-License-Identifier: Apache-2.0 */
/* The core's reading of a manifest and of a reply: each rule once, and a few thousand broken ones that must
 * only be refused. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "plane/supervisor.h"

static const char good[] =
    "{\"abi_major\":0,\"abi_minor\":1,\"struct_size\":208,\"threading\":2,\"name\":\"p\",\"version\":\"1\","
    "\"licence\":\"MIT\",\"summary\":\"S.\",\"reads\":[{\"name\":\"p_list\",\"title\":\"T\",\"description\":"
    "\"D.\","
    "\"params\":[{\"name\":\"vmid\",\"type\":1,\"flags\":1,\"format\":\"guest\",\"description\":\"G.\"},"
    "{\"name\":\"max\",\"type\":2,\"minimum\":1,\"maximum\":9,\"default_json\":\"5\",\"description\":\"M.\"}]"
    ","
    "\"path\":\"/nodes/{node}/{kind}/{vmid}/"
    "config\",\"fixed\":[{\"name\":\"full\",\"value\":\"1\"}],\"items\":\"/list\","
    "\"columns\":[{\"name\":\"id\",\"unit\":\"bytes\"},{\"name\":\"disk\",\"from\":\"/disks[id=scsi0]/"
    "size\"}],"
    "\"count_by\":\"id\",\"sort_by\":\"disk\",\"needs\":[{\"path\":\"/vms/"
    "{vmid}\",\"privilege\":\"VM.Audit\"}],"
    "\"read\":false}],\"changes\":[{\"name\":\"p_stop\",\"description\":\"D.\",\"undo_kind\":2,"
    "\"params\":[{\"name\":\"vmid\",\"type\":1,\"format\":\"guest\",\"description\":\"G.\"}],"
    "\"operation_class\":\"guest.stop\",\"subject\":\"guest/{vmid}\",\"method\":\"POST\","
    "\"path\":\"/nodes/{node}/{kind}/{vmid}/status/stop\",\"guards\":[{\"path\":\"/nodes/{node}/{kind}/"
    "{vmid}/config\","
    "\"fields\":\"/lock,/digest\"}],\"undo\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/a/{vmid}\"}],"
    "\"plan\":false,\"plan_undo\":false}],\"probes\":[{\"name\":\"ping\",\"method\":\"POST\","
    "\"path\":\"/nodes/{node}/qemu/{vmid}/agent/"
    "ping\",\"params\":[{\"name\":\"node\",\"type\":1,\"description\":\"N.\"},"
    "{\"name\":\"vmid\",\"type\":1,\"description\":\"V.\"}]}],\"classes\":[{\"name\":\"guest.stop\","
    "\"title\":\"T\","
    "\"risk_floor\":2,\"undo_kind\":2,\"blast\":true,\"subject_schema\":\"{}\"}],"
    "\"executors\":[{\"name\":\"sh\",\"run\":true}],"
    "\"resources\":[{\"name\":\"p_guest\",\"uri\":\"proximo://site/{site}/guest/"
    "{vmid}\",\"description\":\"D.\","
    "\"params\":[{\"name\":\"vmid\",\"type\":1,\"flags\":1,\"description\":\"The guest.\"}],"
    "\"tool\":\"p_list\",\"fixed\":[{\"name\":\"max\",\"value\":\"9\"}],\"read\":false},"
    "{\"name\":\"p_all\",\"uri\":\"p:all\",\"description\":\"D.\",\"mime\":\"text/plain\",\"read\":true}],"
    "\"prompts\":[{\"name\":\"p_look\",\"title\":\"Look\",\"description\":\"D.\","
    "\"params\":[{\"name\":\"what\",\"type\":1,\"description\":\"What.\"}],"
    "\"text\":\"Look at {what}.\\n\",\"get\":false},"
    "{\"name\":\"p_get\",\"description\":\"D.\",\"get\":true}]}";

struct fault {
    const char *from, *to, *says;
};
static const struct fault faults[] = {
    {"\"name\":\"p\"", "\"name\":\"P\"", "its name \"P\""},
    {"\"name\":\"p\"", "\"name\":\"other\"", "the configuration calls it \"p\""},
    {"\"threading\":2", "\"threading\":3", "neither SERIAL nor PARALLEL"},
    {"\"version\":\"1\"", "\"version\":\"\"", "version is missing"},
    {"\"summary\":\"S.\"", "\"summary\":\"S\\n\"", "control characters"},
    {"p_list", "1_list", "its name \"1_list\""},
    {"p_list", "p_123456789_123456789_123456789_123456789_123456789_123456789_123", "up to 63 of"},
    {"\"name\":\"max\"", "\"name\":\"Max\"", "the parameter \"Max\""},
    {"p_list", "p_list_that_is_sixty_five_characters_long________________________", "up to 63"},
    {"\"title\":\"T\",\"description\":\"D.\"", "\"title\":\"T\"", "description is missing"},
    {"\"type\":2,", "\"type\":9,", "unknown type 9"},
    {"\"type\":1,\"flags\":1,", "\"type\":1,\"flags\":256,", "unknown flag bits"},
    {"\"format\":\"guest\",\"description\":\"G.\"}", "\"format\":\"gast\",\"description\":\"G.\"}",
     "format \"gast\""},
    {"\"name\":\"max\"", "\"name\":\"vmid\"", "two parameters are called"},
    {"\"name\":\"max\"", "\"name\":\"site\"", "is taken by the program"},
    {"\"name\":\"max\"", "\"name\":\"snapshot_first\"", "is taken by the program"},
    {"\"minimum\":1", "\"minimum\":10", "above its maximum"},
    {"\"default_json\":\"5\"", "\"default_json\":\"five\"", "default of \"max\" is not JSON"},
    {"\"default_json\":\"5\"", "\"default_json\":\"[5]\"", "not of its type"},
    {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\"", "/nodes/{host}/config\",\"fixed\"", "names \"host\""},
    {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\"", "/nodes/../config\",\"fixed\"", "its path"},
    {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\"", "/nodes?x=1\",\"fixed\"", "its path"},
    {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\"", "/nodes/{node\",\"fixed\"", "no parameter"},
    {"\"items\":\"/list\"", "\"items\":\"list\"", "is no selector"},
    {"\"from\":\"/disks[id=scsi0]/size\"", "\"from\":\"/disks[id\"", "is no selector"},
    {"\"unit\":\"bytes\"", "\"unit\":\"miles\"", "unknown unit"},
    {"\"count_by\":\"id\"", "\"count_by\":\"colour\"", "is no column"},
    {"\"privilege\":\"VM.Audit\"", "\"privilege\":\"\"", "no privilege"},
    {"\"needs\":[{\"path\":\"/vms/{vmid}\"", "\"needs\":[{\"path\":\"/vms/{vmid?}/x\"", "no parameter"},
    {"\"needs\":[{\"path\":\"/vms/{vmid}\"", "\"needs\":[{\"path\":\"/vms-{vmid?}\"", "no parameter"},
    {"\"needs\":[{\"path\":\"/vms/{vmid}\"", "\"needs\":[{\"path\":\"/vms/{nobody?}\"", "no parameter"},
    {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\"", "/nodes/{vmid?}\",\"fixed\"", "its path"},
    {"\"fixed\":[{\"name\":\"full\",", "\"fixed\":[{\"name\":\"a&b\",", "fixed parameter 0"},
    {"p_stop", "p_list", "two tools called"},
    {"\"undo_kind\":2,\"params\"", "\"undo_kind\":1,\"params\"", "undo kind does not fit"},
    {"\"undo_kind\":2,\"params\"", "\"undo_kind\":3,\"params\"", "undo kind does not fit"},
    {"\"operation_class\":\"guest.stop\",", "", "operation class"},
    {"\"subject\":\"guest/{vmid}\",", "", "without a subject"},
    {"\"subject\":\"guest/{vmid}\"", "\"subject\":\"guest/{who}\"", "names \"who\""},
    {"\"method\":\"POST\",\"path\":\"/nodes/{node}/{kind}",
     "\"method\":\"GET\",\"path\":\"/nodes/{node}/{kind}", "needs a method"},
    {"/lock,/digest", "/lock,digest", "is no selector"},
    {"{\"kind\":1,", "{\"kind\":7,", "step of kind 7"},
    {"{\"kind\":1,", "{\"kind\":1,\"flags\":1024,", "unknown flag bits"},
    {"agent/ping", "status/stop", "is not a probe"},
    {"agent/ping\",", "agent/ping\",\"fixed\":[{\"name\":\"timeout\",\"value\":\"1\"}],", "is not a probe"},
    {"\"risk_floor\":2", "\"risk_floor\":0", "risk floor"},
    {"\"subject_schema\":\"{}\"", "\"subject_schema\":\"[]\"", "not a JSON object"},
    {"\"run\":true", "\"run\":false", "no run function"},
    {"\"threading\":2", "\"threading\":1", "must be PARALLEL"},
    {"\"executors\":[{", "\"executors\":[{\"flags\":1,", "unknown flag bits"},
    {"\"executors\":[{", "\"executors\":[{\"name\":\"sh\",\"run\":true},{", "two executors called"},
    {"\"method\":\"POST\",\"path\":\"/nodes/{node}/qemu/{vmid}/agent/ping\",",
     "\"executor\":\"none\",\"argv\":[{\"value\":\"a\"}],", "no executor of this plane"},
    {"\"method\":\"POST\",\"path\":\"/nodes/{node}/qemu/{vmid}/agent/ping\",",
     "\"executor\":\"sh\",\"argv\":[{\"value\":\"a{vmid}\"}],", "must be one parameter"},
    {"\"method\":\"POST\",\"path\":\"/nodes/{node}/qemu/{vmid}/agent/ping\",",
     "\"executor\":\"sh\",\"argv\":[{\"value\":\"a\"},{\"value\":\"{vmid}\"}],",
     "\"node\" is no word of argv"},
    /* classes that a snapshot goes before */
    {"\"risk_floor\":2", "\"flags\":16,\"risk_floor\":2", "unknown flag bits"},
    {"\"risk_floor\":2", "\"flags\":9,\"risk_floor\":2", "exclude each other"},
    {"\"risk_floor\":2", "\"flags\":8,\"risk_floor\":2", "subjects of kind guest"},
    {"\"classes\":[{\"name\":\"guest.stop\"", "\"classes\":[{\"flags\":8,\"name\":\"guest.rollback\"",
     "not for a class of snapshots"},
    {"\"classes\":[{\"name\":\"guest.stop\"", "\"classes\":[{\"flags\":8,\"name\":\"snapshot.delete\"",
     "not for a class of snapshots"},
    {"\"classes\":[{\"name\":\"guest.stop\"", "\"classes\":[{\"flags\":8,\"name\":\"guest.destroy\"",
     "not for a class of snapshots"},
    {"\"name\":\"ping\"", "\"flags\":1,\"name\":\"ping\"", "unknown flag bits"},
    {"\"struct_size\":208", "\"struct_size\":-1", "out of range"},
    {"\"licence\":\"MIT\"", "\"licence\":7", "not a text"},
    {"\"licence\":\"MIT\"", "\"licence\":\"M\\u0000T\"", "not a text"},
    {"]}", "]", "not JSON"},
    /* change rows */
    {"\"undo_kind\":2,\"params\"", "\"undo_kind\":9,\"params\"", "undo kind 9"},
    {"\"plan_undo\":false", "\"plan_undo\":true", "undo kind does not fit"},
    {"\"undo\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/a/{vmid}\"}],", "", "a template has undo steps"},
    {"\"plan_undo\":false", "\"undo_class\":\"Guest Start\"", "no name of an operation class"},
    {"\"operation_class\":\"guest.stop\"", "\"operation_class\":\"guest stop\"",
     "no name of an operation class"},
    {"\"classes\":[{\"name\":\"guest.stop\"", "\"classes\":[{\"name\":\"guest.\"",
     "no name of an operation class"},
    {"\"guards\":[{\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"fields\":\"/lock,/digest\"}],",
     "\"flags\":16,", "DIGEST needs a guard"},
    {"\"description\":\"D.\",\"undo_kind\":2", "\"description\":\"D.\",\"flags\":64,\"undo_kind\":2",
     "unknown flag bits"},
    {"\"fields\":\"/lock,/digest\"", "\"fields\":\"/lock\",\"flags\":2", "a guard has unknown flag bits"},
    {"\"path\":\"/a/{vmid}\"", "\"path\":\"/a/{whom}\"", "names \"whom\""},
    {"\"path\":\"/a/{vmid}\"", "\"path\":\"/a/../{vmid}\"", "its path"},
    {"{\"kind\":1,\"method\":\"POST\",\"path\":\"/a/{vmid}\"",
     "{\"kind\":1,\"method\":\"GET\",\"path\":\"/a/{vmid}\"", "POST, PUT or DELETE"},
    {"\"path\":\"/a/{vmid}\"}",
     "\"path\":\"/a/{vmid}\",\"params\":[{\"name\":\"x\",\"flags\":2,\"value\":\"before.1:/x\"}]}",
     "no reference that has a value"},
    {"\"path\":\"/a/{vmid}\"}",
     "\"path\":\"/a/{vmid}\",\"params\":[{\"name\":\"x\",\"flags\":1,\"secret\":\"vmid\"}]}",
     "no secret that can be placed here"},
    {"\"undo\":[{\"kind\":1,",
     "\"postcondition\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/a\"}],\"undo\":[{\"kind\":1,",
     "has no place here"},
    /* a row that core/http would refuse whatever is asked */
    {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\"",
     "/nodes/{node}/qemu/{vmid}/agent/file-read\",\"fixed\"", "it discloses"},
    {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\":[",
     "/nodes/{node}/qemu/{vmid}/cloudinit/dump\",\"fixed\":"
     "[{\"name\":\"type\",\"value\":\"user\"},",
     "it discloses"},
};

/* The same of resources and prompts. */
static const struct fault more_faults[] = {
    {"guest/{vmid}\",\"desc", "guest/{who}\",\"desc", "names \"who\", which is no parameter"},
    {"guest/{vmid}\",\"desc", "guest/{vmid}/{vmid}\",\"desc", "names \"vmid\" twice"},
    {"guest/{vmid}\",\"desc", "guest/{vmid}/{site}\",\"desc", "names \"site\" twice"},
    {"guest/{vmid}\",\"desc", "guest/105\",\"desc", "is no variable of its URI"},
    {"guest/{vmid}\",\"desc", "guest/{vmid\",\"desc", "begins no {name}"},
    {"proximo://site/{site}/guest", "proximo://plan", "the program's own"},
    {"\"uri\":\"p:all\",", "", "its URI \"\" is missing"},
    {"\"uri\":\"p:all\"", "\"uri\":\"all\"", "does not begin with a scheme"},
    {"\"name\":\"p_all\"", "\"name\":\"P\"", "its name \"P\""},
    {"\"name\":\"p_all\"", "\"name\":\"p_guest\"", "two resources called"},
    {"\"mime\":\"text/plain\"", "\"mime\":\"text\"", "is no MIME type"},
    {"\"mime\":\"text/plain\"", "\"flags\":1", "unknown flag bits"},
    {"\"mime\":\"text/plain\"", "\"title\":\"\"", "title is missing"},
    {"\"mime\":\"text/plain\"", "\"fixed\":[{\"name\":\"max\",\"value\":\"1\"}]", "goes with `tool`"},
    {"\"mime\":\"text/plain\"", "\"tool\":\"p_list\"", "one of `tool` and `read`"},
    {"\"mime\":\"text/plain\",\"read\":true", "\"read\":false", "one of `tool` and `read`"},
    {"\"description\":\"D.\",\"mime\"", "\"mime\"", "description is missing"},
    {"\"type\":1,\"flags\":1,\"description\":\"The", "\"type\":1,\"description\":\"The", "and not required"},
    {"\"type\":1,\"flags\":1,\"description\":\"The", "\"type\":2,\"flags\":1,\"description\":\"The",
     "is no string"},
    {"\"type\":1,\"flags\":1,\"description\":\"The", "\"type\":1,\"flags\":3,\"description\":\"The",
     "neither secret"},
    {"\"tool\":\"p_list\"", "\"tool\":\"p_none\"", "is no read tool"},
    {"\"tool\":\"p_list\"", "\"tool\":\"p_stop\"", "is no read tool"},
    {"{\"name\":\"max\",\"value\":\"9\"}", "{\"name\":\"min\",\"value\":\"9\"}", "has no parameter \"min\""},
    {"{\"name\":\"max\",\"value\":\"9\"}", "{\"name\":\"max\",\"value\":\"nine\"}", "no value of \"max\""},
    {"{\"name\":\"max\",\"value\":\"9\"}", "{\"name\":\"vmid\",\"value\":\"9\"}", "given twice"},
    {"guest/{vmid}\",\"description\":\"D.\",\"params\":[{\"name\":\"vmid\"",
     "guest/{other}\",\"description\":\"D.\",\"params\":[{\"name\":\"other\"", "that a URI could give"},
    {"guest/{vmid}\",\"description\":\"D.\",\"params\":[{\"name\":\"vmid\",\"type\":1,\"flags\":1,"
     "\"description\":\"The guest.\"}]",
     "guest\",\"description\":\"D.\"", "needs \"vmid\", which nothing gives"},
    {"\"name\":\"p_get\"", "\"name\":\"p_look\"", "two prompts called"},
    {"\"name\":\"p_get\"", "\"name\":\"p-get\"", "its name \"p-get\""},
    {"\"title\":\"Look\"", "\"flags\":1", "unknown flag bits"},
    {"at {what}", "at {who}", "names \"who\", which is no parameter"},
    {"at {what}", "at {what", "which is no parameter"},
    {"at {what}", "at what}", "without its {"},
    {"at {what}", "at \\u0007", "control characters"},
    {"\"text\":\"Look at {what}.\\n\",", "", "one of `text` and `get`"},
    {"{what}.\\n\",\"get\":false", "{what}.\\n\",\"get\":true", "one of `text` and `get`"},
    {"\"type\":1,\"description\":\"What", "\"type\":3,\"description\":\"What", "is no string"},
};

static void check_faults(const struct fault *rows, size_t count)
{
    struct plane_info *info = NULL;

    for (size_t i = 0; i < count; i++) {
        struct problem p = PROBLEM_INIT;
        struct buf text = BUF_INIT(65536);
        const char *at = strstr(good, rows[i].from);
        if (!at)
            fail_msg("case %zu: %s is not in the manifest", i, rows[i].from);
        buf_add(&text, good, (size_t)(at - good));
        buf_str(&text, rows[i].to);
        buf_str(&text, at + strlen(rows[i].from));
        if (manifest_read(text.data, text.len, "p", &info, &p) == 0)
            fail_msg("case %zu: accepted with %s", i, rows[i].to);
        if (!strstr(p.cause, rows[i].says))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, p.cause, rows[i].says);
        buf_done(&text);
    }
}

static void test_rules(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct plane_info *info = NULL;

    (void)state;
    if (manifest_read(good, strlen(good), "p", &info, &p) < 0)
        fail_msg("%s", p.cause);
    assert_int_equal(info->tool_count, 2);
    assert_string_equal(info->tools[0].method, "GET");
    assert_int_equal(info->tools[0].column_count, 2);
    assert_int_equal(info->tools[1].kind, TOOL_CHANGE);
    assert_non_null(strstr(info->tools[1].rest_json, "\"guards\""));
    assert_true(info->classes[0].has_blast);
    assert_int_equal(info->resource_count, 2);
    assert_true(info->resources[0].is_template && !info->resources[0].has_read);
    assert_true(info->resources[1].has_read && info->resources[1].plane == info);
    assert_string_equal(info->resources[0].fixed[0].value, "9");
    assert_int_equal(info->prompt_count, 2);
    assert_true(info->prompts[1].has_get && info->prompts[1].index == 1);
    plane_info_free(info);
    check_faults(faults, sizeof(faults) / sizeof(faults[0]));
    check_faults(more_faults, sizeof(more_faults) / sizeof(more_faults[0]));
}

/* Rows that some site, or some choice, makes plain reads of: these are core/http's to judge at call time. */
static void test_some_reads(void **state)
{
    static const char *const changed[][2] = {
        {"/nodes/{node}/{kind}/{vmid}/config", "/nodes/{node}/rrd"}, /* a Backup Server's answers numbers */
        {"/nodes/{node}/{kind}/{vmid}/config\",\"fixed\":[",
         "/nodes/{node}/qemu/{vmid}/cloudinit/dump\",\"fixed\":[{\"name\":\"type\",\"value\":\"network\"},"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        struct problem p = PROBLEM_INIT;
        struct plane_info *info = NULL;
        struct buf text = BUF_INIT(65536);
        const char *at = strstr(good, changed[i][0]);
        assert_non_null(at);
        buf_add(&text, good, (size_t)(at - good));
        buf_str(&text, changed[i][1]);
        buf_str(&text, at + strlen(changed[i][0]));
        if (manifest_read(text.data, text.len, "p", &info, &p) < 0)
            fail_msg("case %zu: %s", i, p.cause);
        plane_info_free(info);
        buf_done(&text);
    }
}

/* design 2: "**change rows**: name, parameters, operation class ..." */
/* Change rows in each of the ways that they can be undone, and one with a digest. */
static void test_changes(void **state)
{
    static const char *const changed[][2] = {
        {"\"plan_undo\":false", "\"undo_class\":\"guest.start-again\""},
        {"\"risk_floor\":2,\"undo_kind\":2,\"blast\":true,\"subject_schema\":\"{}\"",
         "\"flags\":8,\"risk_floor\":2,\"undo_kind\":2,\"blast\":true,\"subject_schema\":"
         "\"{\\\"properties\\\":{\\\"kind\\\":{\\\"const\\\":\\\"guest\\\"}}}\""},
        {"\"fields\":\"/lock,/digest\"}]", "\"fields\":\"/lock,/digest\"}],\"flags\":16"},
        {"\"undo\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/a/{vmid}\"}],\"plan\":false",
         "\"plan\":true"}, /* the plan function tells of it */
        {"\"path\":\"/a/{vmid}\"}",
         "\"path\":\"/a/{vmid}\",\"params\":[{\"name\":\"x\",\"flags\":2,\"value\":\"before.0:/x\"},"
         "{\"name\":\"y\",\"flags\":2,\"value\":\"change:/upid\"},"
         "{\"name\":\"z\",\"flags\":2,\"value\":\"argument:vmid\"}]}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        struct problem p = PROBLEM_INIT;
        struct plane_info *info = NULL;
        struct buf text = BUF_INIT(65536);
        const char *at = strstr(good, changed[i][0]);
        assert_non_null(at);
        buf_add(&text, good, (size_t)(at - good));
        buf_str(&text, changed[i][1]);
        buf_str(&text, at + strlen(changed[i][0]));
        if (manifest_read(text.data, text.len, "p", &info, &p) < 0)
            fail_msg("case %zu: %s", i, p.cause);
        plane_info_free(info);
        buf_done(&text);
    }
}

/* A generator of its own, so that a run can be repeated: xorshift. */
static uint64_t chance = 88172645463325252u;
static uint64_t roll(uint64_t below)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % below;
}

static void test_mutations(void **state)
{
    static const char bits[] = "{}[]\",:0123456789-truefalsnl\\/\x01\xff ";
    unsigned accepted = 0;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        char text[sizeof(good)];
        struct problem p = PROBLEM_INIT;
        struct plane_info *info = NULL;
        memcpy(text, good, sizeof(good));
        for (uint64_t k = 1 + roll(3); k; k--)
            text[roll(sizeof(good) - 1)] = bits[roll(sizeof(bits) - 1)];
        if (manifest_read(text, roll(8) ? sizeof(good) - 1 : roll(sizeof(good)), "p", &info, &p) == 0) {
            accepted++;
            plane_info_free(info);
        } else {
            assert_true(*p.code && *p.cause);
        }
    }
    assert_true(accepted < 2500); /* most break a rule, some only a description */
}

static void test_replies(void **state)
{
    struct tool tool = {.name = (char *)(uintptr_t) "p_list"};
    struct buf body = BUF_INIT(4096);

    (void)state;
    body_put_u32(&body, 2);
    for (int i = 0; i < 2; i++) {
        body_put_u32(&body, i ? PROXIMO_CONTENT_LINK : PROXIMO_CONTENT_JSON);
        body_put_u64(&body, 0);
        body_put_cstr(&body, "{\"a\":1}");
        body_put_cstr(&body, i ? "text/plain" : "");
        body_put_cstr(&body, i ? "https://example.invalid/" : "");
        body_put_cstr(&body, "name\x1b[31m");
        body_put_cstr(&body, "");
    }
    body_put_cstr(&body, "{\"incomplete\":[{\"what\":\"a\",\"why\":\"b\"}],"
                         "\"findings\":[{\"severity\":3,\"title\":\"t\",\"measured\":1}]}");
    struct plane_reply reply = {0};
    struct problem p = PROBLEM_INIT;
    assert_int_equal(plane_reply_read("p", NULL, body.data, body.len, &reply, &p), -EPROTO); /* no tool's */
    assert_int_equal(plane_reply_read("p", &tool, body.data, body.len, &reply, &p), 0);
    assert_non_null(reply.told);
    assert_int_equal(reply.count, 2);
    assert_null(strchr(reply.blocks[0].name, 0x1b));
    plane_reply_done(&reply);
    for (int i = 0; i < 20000; i++) {
        char *copy = malloc(body.len); /* exactly as long, so that a sanitizer sees a step too far */
        size_t len = roll(4) ? body.len : roll(body.len);
        assert_non_null(copy);
        memcpy(copy, body.data, body.len);
        for (uint64_t k = roll(4); k; k--)
            copy[roll(body.len)] = (char)roll(256);
        copy = realloc(copy, len ? len : 1);
        assert_non_null(copy);
        if (plane_reply_read("p", &tool, copy, len, &reply, &p) == 0)
            plane_reply_done(&reply);
        free(copy);
    }
    buf_done(&body);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_some_reads),
                                     cmocka_unit_test(test_changes), cmocka_unit_test(test_mutations),
                                     cmocka_unit_test(test_replies)};
    return cmocka_run_group_tests_name("abi-manifest", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
