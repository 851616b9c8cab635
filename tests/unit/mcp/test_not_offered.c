/* SPDX-License-Identifier: Apache-2.0 */
/* What is left out on purpose is said, with the reason, to whoever looks for it: by a search and by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>

#include "base/json.h"
#include "mcp/not_offered.h"
#include "mcp/server.h"
#include "talk.h"

#define WHY "a channel around plan and consent"

static void who_asks_for_what(void **state)
{
    static const struct {
        const char *text, *piece; /* NULL: nothing is said */
    } cases[] = {
        {"console", "consoles"},
        {"open the CONSOLE of vm 100", "consoles"},
        {"vnc", "consoles"},
        {"noVNC", "consoles"},
        {"spice ticket", "consoles"},
        {"termproxy", "consoles"},
        {"remote desktop", "consoles"},
        {"xterm.js", "consoles"},
        {"pve_guest_vncproxy", "consoles"},
        {"pve_console", "consoles"},
        {"pve_node_termproxy", "consoles"},
        {"remote migrate", "tunnels"},
        {"qemu monitor", "QEMU's monitor"},
        {"pve_guest_monitor", "QEMU's monitor"},
        {"send keys to the vm", "QEMU's monitor"},
        {"put node in maintenance", "maintenance mode"},
        {"pve_ha_maintenance", "maintenance mode"},
        {"node maintenance mode", "maintenance mode"},
        {"", NULL},
        {"ceph maintenance", NULL},
        {"guest status", NULL},
        {"monitor the nodes", NULL},
        {"remote storage", NULL},
        {"desktop", NULL},
        {"consolidate", NULL},
        {"migrate a guest", NULL},
        {"keyboard layout", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct not_offered *row = not_offered_find(cases[i].text);

        if (!cases[i].piece != !row || (row && !strstr(row->what, cases[i].piece)))
            fail_msg("\"%s\": %s", cases[i].text, row ? row->what : "nothing");
    }
}

/* What is shown must fit where it is shown (message_error.text). */
static void every_row_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < not_offered_count; i++) {
        const struct not_offered *row = &not_offered[i];

        assert_true(strlen(row->what) < 80 && strlen(row->why) <= 160);
        assert_true(row->phrases[0] && row->instead[0]);
    }
}

static struct json_object *ask(struct talk *talk, int id, const char *name, const char *arguments)
{
    call_tool(talk, id, name, arguments, "");
    struct json_object *message = hear(talk);

    assert_int_equal(id_of(message), id);
    return message;
}

static void find_says_why(void **state)
{
    struct json_object *alone CLEANUP_JSON = NULL, *other CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    alone = ask(&talk, 1, "proximo_find", "\"query\":\"vnc console\"");
    assert_non_null(strstr(text_at(alone, "result/structuredContent/not_offered/0/what"), "VNC"));
    assert_non_null(strstr(text_at(alone, "result/structuredContent/not_offered/0/why"), WHY));
    assert_true(text_at(alone, "result/structuredContent/not_offered/0/instead")[0]);
    assert_null(at(alone, "result/structuredContent/not_offered/1"));
    other = ask(&talk, 2, "proximo_find", "\"query\":\"container state\"");
    assert_null(at(other, "result/structuredContent/not_offered"));
    (void)talk_finish(&talk, SERVER_ENDED);
}

static void a_name_says_why(void **state)
{
    static const char *const by[] = {"proximo_describe", "proximo_read"};
    struct json_object *named CLEANUP_JSON = NULL;
    struct talk talk;
    int id = 1;

    (void)state;
    talk_open(&talk);
    talk_begin(&talk);
    hello(&talk);
    for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
        struct json_object *answer CLEANUP_JSON =
            ask(&talk, id++, by[i],
                i ? "\"tool\":\"pve_guest_vncproxy\",\"arguments\":{\"vmid\":\"100\"}"
                  : "\"tool\":\"pve_guest_vncproxy\"");

        assert_string_equal(text_at(answer, "result/structuredContent/error/code"), "PX-TOOL");
        assert_non_null(strstr(text_at(answer, "result/structuredContent/error/cause"), WHY));
        assert_non_null(strstr(text_at(answer, "result/structuredContent/error/next"), "web interface"));
    }
    named = ask(&talk, id, "pve_guest_spiceproxy", "\"vmid\":\"100\"");
    assert_non_null(strstr(text_at(named, "error/message"), "Not offered"));
    assert_non_null(strstr(text_at(named, "error/message"), WHY));
    (void)talk_finish(&talk, SERVER_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_for_what),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test_setup(find_says_why, talk_setup),
        cmocka_unit_test_setup(a_name_says_why, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
