/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of pve_guest_config_set and pve_guest_config_revert. */
#include "plan_rig.h"

#define RUNNING "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED "{\"vmid\":105,\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define CONFIG                                                                                               \
    "{\"digest\":\"d1\",\"cores\":2,\"memory\":\"1024\",\"onboot\":1,\"tags\":\"prod;web\",\"scsi0\":"       \
    "\"local:105/a.raw,size=4G\",\"cipassword\":\"**********\",\"meta\":\"m\"}"
#define CT                                                                                                   \
    "{\"digest\":\"d1\",\"cores\":1,\"memory\":512,\"hostname\":\"ct105\",\"rootfs\":\"local:105/a.raw\"}"

static const struct proximo_plane *guests;

static int32_t config(struct plane_test *t, const char *kind, const char *status, const char *tool,
                      const char *argument, const char *value)
{
    guest_init(t, kind);
    if (argument)
        plane_test_argument(t, argument, value, 0);
    guest_answer(t, kind, "/status/current", 200, status);
    guest_answer(t, kind, "/config", 200, strcmp(kind, "lxc") == 0 ? CT : CONFIG);
    guest_answer(t, kind, "/pending", 200,
                 "[{\"key\":\"cores\",\"value\":2,\"pending\":4},{\"key\":\"digest\",\"value\":\"d1\"},"
                 "{\"key\":\"tags\",\"value\":\"prod;web\",\"delete\":1}]");
    return plane_test_plan(t, guests, tool);
}

static int32_t set(struct plane_test *t, const char *kind, const char *changes)
{
    return config(t, kind, RUNNING, "pve_guest_config_set", "changes", changes);
}

/* The digest of a fresh read goes along, and the fields at stake are asserted in that very read. */
static void one_put_with_the_digest_of_a_fresh_read(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(set(&t, "qemu", "{\"cores\":4,\"numa\":true,\"memory\":\"1024\"}"), 0);
    expect_told(&t, "guards", 0,
                "{\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"fields\":\"/digest,/lock,/cores,/numa\","
                "\"params\":[" AT("qemu") "]}");
    expect_told(&t, "guards", 1,
                "{\"path\":\"/nodes/{node}/{kind}/{vmid}/status/current\",\"fields\":\"/status,/lock\","
                "\"params\":[" AT("qemu") "]}");
    expect_told(
        &t, "steps", 0,
        "{\"kind\":2,\"name\":\"state\",\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":[" AT(
            "qemu") "],\"select\":\"/digest,/lock,/cores,/numa\",\"keep\":\"/digest\"}");
    expect_told(&t, "steps", 1,
                "{\"kind\":1,\"flags\":8,\"name\":\"change\",\"method\":\"PUT\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":[" AT(
                    "qemu") ",{\"name\":\"cores\",\"value\":\"4\"},{\"name\":\"numa\",\"value\":\"1\"},"
                            "{\"name\":\"digest\",\"value\":\"state:/digest\",\"flags\":2}]}");
    expect_told(&t, "steps", 2, NULL);
    expect_words(&t, "facts", "{\"name\":\"may_wait_for_restart\",\"value\":[\"cores\",\"numa\"]}");
    expect_words(&t, "subjects", "guest.config");
    plane_test_done(&t);
}

/* Changed keys get their old values, keys that were absent are removed again. */
static void the_way_back_is_exact(void **state)
{
    struct plane_test t;
    (void)state;
    guest_init(&t, "qemu");
    plane_test_argument(&t, "delete", "[\"tags\"]", 0);
    plane_test_argument(&t, "changes", "{\"cores\":4,\"numa\":true}", 0);
    guest_answer(&t, "qemu", "/status/current", 200, STOPPED);
    guest_answer(&t, "qemu", "/config", 200, CONFIG);
    assert_int_equal(plane_test_plan(&t, guests, "pve_guest_config_set"), 0);
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"tags\"}");
    expect_told(&t, "undo", 0,
                "{\"kind\":2,\"steps\":[{\"kind\":2,\"name\":\"state\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/config\",\"select\":\"/digest,/lock,/cores,/numa,/tags\","
                "\"keep\":\"/digest\"},{\"kind\":1,\"flags\":8,\"name\":\"change\",\"method\":\"PUT\","
                "\"path\":\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":["
                "{\"name\":\"cores\",\"value\":\"before.0:/cores\",\"flags\":2},"
                "{\"name\":\"tags\",\"value\":\"before.0:/tags\",\"flags\":2},"
                "{\"name\":\"delete\",\"value\":\"numa\"},"
                "{\"name\":\"digest\",\"value\":\"state:/digest\",\"flags\":2}]}]}");
    /* Of a stopped guest nothing waits. */
    for (uint32_t i = 0; i < plane_test_told_count(&t, "facts"); i++)
        assert_null(strstr(plane_test_told(&t, "facts", i), "may_wait"));
    plane_test_done(&t);
}

static void what_is_looked_for_fits_what_proxmox_keeps(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(set(&t, "qemu", "{\"cores\":4}"), 0);
    expect_words(&t, "postcondition", "\"select\":\"/cores\",\"wait_test\":2");
    plane_test_done(&t);
    /* Sorted and put in lower case by Proxmox: it is there, that is all that can be said. */
    assert_int_equal(set(&t, "qemu", "{\"tags\":\"Z,a\"}"), 0);
    expect_words(&t, "postcondition", "\"select\":\"/tags\",\"wait_test\":1");
    plane_test_done(&t);
    assert_int_equal(config(&t, "qemu", RUNNING, "pve_guest_config_set", "delete", "[\"onboot\"]"), 0);
    expect_words(&t, "postcondition", "\"select\":\"/onboot\",\"wait_test\":4");
    plane_test_done(&t);
}

static void nothing_to_do_has_no_steps(void **state)
{
    static const char *const same[] = {"{\"cores\":2}", "{\"onboot\":true}", "{\"memory\":\"1024\"}",
                                       "{\"memory\":1024,\"tags\":\"prod;web\"}"};
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(set(&t, "qemu", same[i]), 0);
        expect_told(&t, "steps", 0, NULL);
        expect_told(&t, "undo", 0, NULL);
        expect_words(&t, "summary", "nothing to do");
        plane_test_done(&t);
    }
}

static void a_call_without_anything_is_a_mistake(void **state)
{
    static const struct {
        const char *tool, *argument, *value, *words;
    } cases[] = {
        {"pve_guest_config_set", "changes", "{}", "say what to change"},
        {"pve_guest_config_set", "delete", "[]", "say what to change"},
        {"pve_guest_config_revert", "prior_config", "{}", "say what to write back"},
        {"pve_guest_config_revert", "pending", "[]", "say what to write back"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(&t, config(&t, "qemu", RUNNING, cases[i].tool, cases[i].argument, cases[i].value),
                       PROXIMO_EINVAL, cases[i].words);
        plane_test_done(&t);
    }
}

/* What both versions of Proxmox know stays possible, and what the guest has. */
static void an_unknown_option_is_refused_with_near_names(void **state)
{
    static const struct {
        const char *kind, *changes, *words; /* words NULL: it is planned */
    } cases[] = {
        {"qemu", "{\"core\":4}", "near: cores"},
        {"qemu", "{\"onbot\":1}", "near: onboot"},
        {"qemu", "{\"mermory\":1}", "near: memory"},
        {"qemu", "{\"discription\":\"x\"}", "near: description"},
        {"qemu", "{\"Cores\":4}", "near: cores"},
        {"qemu", "{\"xyzzy\":1}", "no such option; pve_guest_config_get"},
        {"qemu", "{\"swap\":1}", "it is an option of containers"},
        {"lxc", "{\"balloon\":1}", "it is an option of machines"},
        {"lxc", "{\"nameservers\":\"1.1.1.1\"}", "near: nameserver"},
        {"qemu", "{\"allow-ksm\":0}", NULL},
        {"qemu", "{\"startdate\":\"now\"}", NULL},
        {"qemu", "{\"autostart\":1}", NULL},
        {"lxc", "{\"mp255\":\"local:1,mp=/x\"}", NULL},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int32_t r = set(&t, cases[i].kind, cases[i].changes);
        if (cases[i].words)
            expect_failure(&t, r, PROXIMO_EINVAL, cases[i].words);
        else
            assert_int_equal(r, 0);
        plane_test_done(&t);
    }
    expect_failure(&t, config(&t, "qemu", RUNNING, "pve_guest_config_set", "delete", "[\"onbot\"]"),
                   PROXIMO_EINVAL, "near: onboot");
    plane_test_done(&t);
}

/* A password reaches the request as a handle, and is told nowhere; the way back is none, said before. */
static void a_masked_value_has_no_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    guest_init(&t, "qemu");
    plane_test_secret(&t, "cipassword");
    plane_test_argument(&t, "changes", "{\"cores\":4}", 0);
    guest_answer(&t, "qemu", "/status/current", 200, RUNNING);
    guest_answer(&t, "qemu", "/config", 200, CONFIG);
    assert_int_equal(plane_test_plan(&t, guests, "pve_guest_config_set"), 0);
    expect_words(&t, "steps", "{\"name\":\"cipassword\",\"flags\":1,\"secret\":\"cipassword\"}");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "never shows the present cipassword");
    expect_words(&t, "facts", "{\"option\":\"cipassword\",\"from\":\"(hidden)\",\"to\":\"(hidden)\"}");
    for (uint32_t i = 0; i < plane_test_told_count(&t, "guards"); i++)
        assert_null(strstr(plane_test_told(&t, "guards", i), "cipassword"));
    plane_test_done(&t);
    /* Removing it as well: what it was is not known. */
    assert_int_equal(config(&t, "qemu", RUNNING, "pve_guest_config_set", "delete", "[\"cipassword\"]"), 0);
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"cipassword\"}");
    expect_words(&t, "postcondition", "\"select\":\"/cipassword\",\"wait_test\":4");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
}

static void what_proxmox_would_refuse_is_refused_before(void **state)
{
    static const struct {
        const char *kind, *changes, *words;
        int32_t code;
    } cases[] = {
        {"qemu", "{\"cipassword\":\"x\"}", "parameter of its own", PROXIMO_EINVAL},
        {"qemu", "{\"args\":\"-foo\"}", "root@pam itself only", PROXIMO_EDENIED},
        {"qemu", "{\"lock\":\"backup\"}", "root@pam itself only", PROXIMO_EDENIED},
        {"qemu", "{\"digest\":\"x\"}", "not an option", PROXIMO_EINVAL},
        {"lxc", "{\"unprivileged\":1}", "not an option", PROXIMO_EINVAL},
        {"qemu", "{\"delete\":\"cores\"}", "parameter delete", PROXIMO_EINVAL},
        {"qemu", "{\"revert\":\"cores\"}", "parameter delete", PROXIMO_EINVAL},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_failure(&t, set(&t, cases[i].kind, cases[i].changes), cases[i].code, cases[i].words);
        plane_test_done(&t);
    }
    guest_init(&t, "qemu");
    plane_test_argument(&t, "changes", "{\"cores\":4}", 0);
    plane_test_argument(&t, "delete", "[\"cores\"]", 0);
    guest_answer(&t, "qemu", "/status/current", 200, RUNNING);
    guest_answer(&t, "qemu", "/config", 200, CONFIG);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_config_set"), PROXIMO_EINVAL, "both");
    plane_test_done(&t);
    expect_failure(&t,
                   config(&t, "qemu", "{\"status\":\"running\",\"lock\":\"migrate\",\"ha\":{\"managed\":0}}",
                          "pve_guest_config_set", "changes", "{\"cores\":4}"),
                   PROXIMO_ESTATE, "locked (migrate)");
    plane_test_done(&t);
    /* An empty answer is not an empty configuration. */
    guest_init(&t, "qemu");
    plane_test_argument(&t, "changes", "{\"cores\":4}", 0);
    guest_answer(&t, "qemu", "/status/current", 200, RUNNING);
    guest_answer(&t, "qemu", "/config", 200, "{}");
    expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_config_set"), PROXIMO_EPROTO, "digest");
    plane_test_done(&t);
}

static void each_option_asks_for_its_privilege(void **state)
{
    static const struct {
        const char *kind, *changes, *words;
    } cases[] = {
        {"qemu", "{\"cores\":4}", "VM.Config.CPU"},
        {"qemu", "{\"memory\":2048}", "VM.Config.Memory"},
        {"qemu", "{\"net1\":\"virtio,bridge=vmbr0\"}", "VM.Config.Network"},
        {"qemu", "{\"scsi1\":\"local:1\"}", "VM.Config.Disk"},
        {"qemu", "{\"ide2\":\"none,media=cdrom\"}", "VM.Config.CDROM"},
        {"qemu", "{\"ciuser\":\"x\"}", "VM.Config.Cloudinit|VM.Config.Network"},
        {"qemu", "{\"tags\":\"x\"}", "VM.Config.Options"},
        {"lxc", "{\"hostname\":\"x\"}", "VM.Config.Network"},
        {"lxc", "{\"features\":\"nesting=1\"}", "VM.Allocate"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        char words[120];
        guest_init(&t, cases[i].kind);
        t.denied = 1;
        plane_test_argument(&t, "changes", cases[i].changes, 0);
        guest_answer(&t, cases[i].kind, "/status/current", 200, RUNNING);
        guest_answer(&t, cases[i].kind, "/config", 200, CONFIG);
        (void)snprintf(words, sizeof(words), "needs %s on /vms/105", cases[i].words);
        expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_config_set"), PROXIMO_EDENIED, words);
        plane_test_done(&t);
    }
}

static void what_reaches_into_the_host_is_named(void **state)
{
    static const struct {
        const char *kind, *changes, *words;
    } cases[] = {
        {"qemu", "{\"hookscript\":\"local:snippets/x\",\"tags\":\"a\"}",
         "hookscript: is a program that the host"},
        {"qemu", "{\"usb0\":\"host=1234:5678\"}", "usb0: gives the guest a USB device"},
        {"qemu", "{\"net1\":\"virtio,bridge=vmbr0\"}", "without Proxmox's firewall"},
        {"lxc", "{\"mp0\":\"/etc,mp=/x\"}", "privileged container a folder or device of the host"},
        {"lxc", "{\"features\":\"nesting=1\"}", "root there is root here"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(set(&t, cases[i].kind, cases[i].changes), 0);
        expect_words(&t, "risks", cases[i].words);
        expect_words(&t, "risks", "\"risk\":3");
        plane_test_done(&t);
    }
    /* `unprivileged` is absent: it is a privileged container. */
    assert_int_equal(set(&t, "lxc", "{\"cores\":2}"), 0);
    expect_words(&t, "facts", "root in it is root on the host");
    assert_int_equal(plane_test_told_count(&t, "risks"), 0);
    plane_test_done(&t);
    assert_int_equal(set(&t, "qemu", "{\"usb0\":\"spice\",\"serial0\":\"socket\"}"), 0);
    assert_int_equal(plane_test_told_count(&t, "risks"), 0);
    plane_test_done(&t);
    assert_int_equal(config(&t, "qemu", RUNNING, "pve_guest_config_set", "delete", "[\"scsi0\"]"), 0);
    expect_words(&t, "risks", "the guest loses this volume");
    plane_test_done(&t);
}

/* ---- revert */

static int32_t revert(struct plane_test *t, const char *argument, const char *value)
{
    return config(t, "qemu", RUNNING, "pve_guest_config_revert", argument, value);
}

static void a_whole_configuration_removes_what_was_not_in_it(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(revert(&t, "prior_config", "{\"digest\":\"d0\",\"cores\":1,\"memory\":\"1024\"}"), 0);
    expect_words(&t, "steps", "{\"name\":\"cores\",\"value\":\"1\"}");
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"onboot,tags\"}");
    expect_words(&t, "facts", "\"left_alone\"");
    expect_words(&t, "facts", "\"scsi0\":\"disks are not put back by configuration\"");
    expect_words(&t, "facts", "\"cipassword\":\"its value is never shown\"");
    plane_test_done(&t);
}

/* Single values say nothing of the others. */
static void single_values_leave_the_others(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(revert(&t, "prior_config", "{\"cores\":1,\"cipassword\":\"[hidden]\"}"), 0);
    expect_words(&t, "steps", "{\"name\":\"cores\",\"value\":\"1\"}");
    assert_null(strstr(plane_test_told(&t, "steps", 1), "delete"));
    assert_null(strstr(plane_test_told(&t, "steps", 1), "cipassword"));
    plane_test_done(&t);
    assert_int_equal(revert(&t, "prior_config", "{\"cores\":2}"), 0);
    expect_told(&t, "steps", 0, NULL);
    plane_test_done(&t);
}

static void waiting_changes_are_thrown_away_and_can_come_back(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(revert(&t, "pending", "[\"cores\",\"tags\",\"memory\"]"), 0);
    expect_words(&t, "steps", "{\"name\":\"revert\",\"value\":\"cores,tags\"}");
    expect_words(&t, "guards", "[key=cores]/pending,[key=cores]/delete,[key=tags]/pending,[key=tags]/delete");
    expect_words(&t, "undo", "{\"name\":\"cores\",\"value\":\"before.1:[key=cores]/pending\",\"flags\":2}");
    expect_words(&t, "undo", "{\"name\":\"delete\",\"value\":\"tags\"}");
    expect_words(&t, "postcondition", "\"select\":\"[key=cores]/pending\",\"wait_test\":4");
    plane_test_done(&t);
    assert_int_equal(revert(&t, "pending", "[\"memory\"]"), 0);
    expect_told(&t, "steps", 0, NULL);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_put_with_the_digest_of_a_fresh_read),
        cmocka_unit_test(the_way_back_is_exact),
        cmocka_unit_test(what_is_looked_for_fits_what_proxmox_keeps),
        cmocka_unit_test(nothing_to_do_has_no_steps),
        cmocka_unit_test(a_call_without_anything_is_a_mistake),
        cmocka_unit_test(an_unknown_option_is_refused_with_near_names),
        cmocka_unit_test(a_masked_value_has_no_way_back),
        cmocka_unit_test(what_proxmox_would_refuse_is_refused_before),
        cmocka_unit_test(each_option_asks_for_its_privilege),
        cmocka_unit_test(what_reaches_into_the_host_is_named),
        cmocka_unit_test(a_whole_configuration_removes_what_was_not_in_it),
        cmocka_unit_test(single_values_leave_the_others),
        cmocka_unit_test(waiting_changes_are_thrown_away_and_can_come_back),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
