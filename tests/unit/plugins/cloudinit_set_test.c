/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of pve_cloudinit_set. */
#include "plan_rig.h"

#define STOPPED "{\"vmid\":105,\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define CONFIG                                                                                               \
    "{\"digest\":\"d1\",\"ciuser\":\"root\",\"ipconfig0\":\"ip=dhcp\",\"cipassword\":\"**********\","        \
    "\"ide2\":\"thin:vm-105-cloudinit,media=cdrom\"}"
#define NO_DRIVE "{\"digest\":\"d1\",\"ciuser\":\"root\",\"ide2\":\"none,media=cdrom\"}"

static const struct proximo_plane *guests;

static void world(struct plane_test *t, const char *kind, const char *config)
{
    guest_init(t, kind);
    guest_answer(t, kind, "/status/current", 200, STOPPED);
    guest_answer(t, kind, "/config", 200, config);
}

static int32_t set(struct plane_test *t, const char *config, const char *changes)
{
    world(t, "qemu", config);
    plane_test_argument(t, "changes", changes, 0);
    return plane_test_plan(t, guests, "pve_cloudinit_set");
}

static void the_options_are_set_and_the_image_written_anew(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(set(&t, CONFIG, "{\"ciuser\":\"admin\",\"ciupgrade\":false,\"ipconfig0\":\"ip=dhcp\"}"),
                     0);
    expect_told(
        &t, "steps", 1,
        "{\"kind\":1,\"flags\":8,\"name\":\"change\",\"method\":\"PUT\",\"path\":"
        "\"/nodes/{node}/{kind}/{vmid}/config\",\"params\":[" AT(
            "qemu") ",{\"name\":\"ciuser\",\"value\":\"admin\"},{\"name\":\"ciupgrade\",\"value\":\"0\"},"
                    "{\"name\":\"digest\",\"value\":\"state:/digest\",\"flags\":2}]}");
    expect_told(&t, "steps", 2,
                "{\"kind\":1,\"name\":\"regenerate\",\"method\":\"PUT\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/cloudinit\",\"params\":[" AT("qemu") "]}");
    expect_words(&t, "undo", "{\"name\":\"ciuser\",\"value\":\"before.0:/ciuser\",\"flags\":2}");
    expect_words(&t, "undo", "{\"name\":\"delete\",\"value\":\"ciupgrade\"}");
    expect_words(&t, "undo", "/nodes/{node}/{kind}/{vmid}/cloudinit");
    expect_words(&t, "subjects", "\"class\":\"guest.config\"");
    plane_test_done(&t);
    world(&t, "qemu", CONFIG);
    plane_test_argument(&t, "changes", "{\"ciuser\":\"admin\"}", 0);
    plane_test_argument(&t, "regenerate", "false", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_cloudinit_set"), 0);
    expect_told(&t, "steps", 2, NULL);
    expect_words(&t, "facts", "stays as it is until the machine is started anew");
    plane_test_done(&t);
    assert_int_equal(set(&t, NO_DRIVE, "{\"ciuser\":\"admin\"}"), 0);
    expect_told(&t, "steps", 2, NULL);
    expect_words(&t, "facts", "has no cloud-init drive");
    plane_test_done(&t);
    assert_int_equal(set(&t, CONFIG, "{\"ipconfig0\":\"ip=dhcp\"}"), 0);
    expect_told(&t, "steps", 0, NULL);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
}

/* Proxmox wants the keys percent-encoded inside of the form. */
static void keys_go_encoded_and_a_password_as_a_secret(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t, "qemu", CONFIG);
    plane_test_argument(&t, "sshkeys", "ssh-ed25519 AAA+b/c= me@home\nssh-rsa BBB\n", 1);
    assert_int_equal(plane_test_plan(&t, guests, "pve_cloudinit_set"), 0);
    expect_words(&t, "steps", "\"value\":\"ssh-ed25519%20AAA%2Bb%2Fc%3D%20me%40home%0Assh-rsa%20BBB\"");
    expect_words(&t, "undo", "\"delete\",\"value\":\"sshkeys\"");
    plane_test_done(&t);
    world(&t, "qemu", CONFIG);
    plane_test_secret(&t, "cipassword");
    assert_int_equal(plane_test_plan(&t, guests, "pve_cloudinit_set"), 0);
    expect_words(&t, "steps", "\"name\":\"cipassword\"");
    expect_words(&t, "facts", "never shows the present cipassword");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
}

static void what_is_not_cloud_inits_is_refused(void **state)
{
    static const struct {
        const char *name, *value, *words;
    } cases[] = {
        {"changes", "{\"cores\":4}", "not one of cloud-init's"},
        {"changes", "{\"ipconfig32\":\"ip=dhcp\"}", "not one of cloud-init's"},
        {"changes", "{\"ipconfig\":\"ip=dhcp\"}", "not one of cloud-init's"},
        {"changes", "{\"cipassword\":\"x\"}", "a parameter of its own"},
        {"changes", "{\"sshkeys\":\"x\"}", "a parameter of its own"},
        {"delete", "[\"scsi0\"]", "not one of cloud-init's"},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world(&t, "qemu", CONFIG);
        plane_test_argument(&t, cases[i].name, cases[i].value, 0);
        expect_failure(&t, plane_test_plan(&t, guests, "pve_cloudinit_set"), PROXIMO_EINVAL, cases[i].words);
        plane_test_done(&t);
    }
    world(&t, "qemu", CONFIG);
    plane_test_argument(&t, "sshkeys", " \n", 1);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_cloudinit_set"), PROXIMO_EINVAL, "no key in it");
    plane_test_done(&t);
    world(&t, "lxc", "{\"digest\":\"d1\"}");
    plane_test_argument(&t, "changes", "{\"ciuser\":\"admin\"}", 0);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_cloudinit_set"), PROXIMO_EINVAL, "for machines");
    plane_test_done(&t);
}

int main(void)
{
    guests = plane_load("guests");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_options_are_set_and_the_image_written_anew),
        cmocka_unit_test(keys_go_encoded_and_a_password_as_a_secret),
        cmocka_unit_test(what_is_not_cloud_inits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
