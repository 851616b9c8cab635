/* SPDX-License-Identifier: Apache-2.0 */
/* Files: what is read from good ones, and what is said about bad ones, with line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/config.h"

#define SITE "sites: {a: {url: 'https://h', token_file: /t"
#define HEX  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct config *load(const char *yaml)
{
    struct config *config = NULL;
    struct problem p = PROBLEM_INIT;

    if (config_load_text("f", yaml, strlen(yaml), &config, &p) < 0)
        fail_msg("%s", p.cause);
    return config;
}

static void test_defaults(void **state)
{
    static const char *const empty[] = {"",         "\n# nothing\n",     "---\n",       "{}",
                                        "sites:\n", "tools:\nlimits:\n", "\xef\xbb\xbf"};

    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        struct config *c = load(empty[i]);
        assert_int_equal(c->mode, CONFIG_READ);
        assert_int_equal(c->surface, CONFIG_FACADE);
        assert_int_equal(c->log, LOG_LEVEL_WARN);
        assert_int_equal(c->isolation, CONFIG_SAME_USER);
        assert_int_equal(c->site_count, 0);
        assert_int_equal(c->plane_count, 0);
        assert_false(c->planes_named);
        assert_int_equal(c->max_calls, 64);
        assert_int_equal(c->call_timeout_s, 60);
        assert_true(c->ledger.redact);
        assert_false(c->trust.confirm_direct);
        assert_false(c->trust.lease_required);
        assert_false(c->trust.taint_consent);
        assert_true(c->trust.snapshot_high);
        assert_int_equal(c->changes_per_hour, 60);
        assert_null(c->plane_dir);
        assert_non_null(strstr(c->ledger.file, "/proximo/audit.log"));
        assert_non_null(strstr(c->ledger.key_file, "/proximo/audit.key"));
        config_free(c);
    }
}

static void test_everything(void **state)
{
    struct config *c =
        load("mode: guarded\nsurface: {list: full, hide_unprivileged: true}\nlog: debug\nplane_dir: "
             "/p\nstate_dir: /s\n"
             "sites:\n"
             "  lab:\n"
             "    url: https://PVE.example/api2/json\n"
             "    fingerprint: 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
             "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\n"
             "    token_file: /t\n    node: pve1\n    timeout: 5\n"
             "  b:\n"
             "    endpoints:\n"
             "      - https://10.0.0.1\n"
             "      - url: https://[FD00::1]:9000\n        fingerprint: sha256:" HEX "\n"
             "    kind: pbs\n    token_file: /t2\n    ca_file: /ca.pem\n"
             "planes:\n"
             "  nodes: {mode: read, required: true}\n"
             "  guests: {look_inside: [105, 200-210, 'tag:web', '*']}\n"
             "  mine: {file: /m.so, sha256: " HEX ", allow_without_landlock: true, client_requests: true,\n"
             "         config: {no: no, n: 012, x: 1.5, s: '7', t: true, l: [on, null, ~, ''], m: {}}}\n"
             "tools: {allow: [nodes, guest.stop], deny: [pve_x, vmid:100-199, 'tag:Prod', node:pve1]}\n"
             "trust: {confirm: direct, approver_key: /k.pub}\n"
             "ledger: {file: /l/log, redact: false, expected_head: " HEX "}\n"
             "limits:\n"
             "  calls: 3\n  call_timeout: 7\n  changes_per_hour: 9\n"
             "  class_per_hour: {guest.stop: 5, guest.*: 20, exec.*: 0}\n");

    (void)state;
    assert_int_equal(c->mode, CONFIG_GUARDED);
    assert_int_equal(c->surface, CONFIG_FULL);
    assert_true(c->hide_unprivileged);
    assert_int_equal(c->log, LOG_LEVEL_DEBUG);
    assert_string_equal(c->plane_dir, "/p");
    assert_int_equal(c->site_count, 2);
    const struct config_site *lab = config_site_find(c, "lab"), *b = config_site_find(c, "b");
    assert_int_equal(lab->kind, CONFIG_PVE);
    assert_int_equal(lab->endpoint_count, 1);
    assert_string_equal(lab->endpoints[0].url, "https://pve.example:8006");
    assert_string_equal(lab->endpoints[0].fingerprint, HEX);
    assert_null(lab->endpoints[0].ca_file);
    assert_string_equal(lab->node, "pve1");
    assert_int_equal(lab->timeout_s, 5);
    assert_int_equal(b->kind, CONFIG_PBS);
    assert_int_equal(b->timeout_s, 30);
    assert_string_equal(b->endpoints[0].url, "https://10.0.0.1:8007");
    assert_string_equal(b->endpoints[0].ca_file, "/ca.pem");
    assert_string_equal(b->endpoints[1].url, "https://[fd00::1]:9000");
    assert_string_equal(b->endpoints[1].fingerprint, HEX);
    assert_null(b->endpoints[1].ca_file); /* it has an identity of its own */
    assert_true(c->planes_named);
    assert_int_equal(c->plane_count, 3);
    const struct config_plane *nodes = config_plane_find(c, "nodes"), *mine = config_plane_find(c, "mine");
    assert_true(nodes->required);
    const struct config_plane *guests = config_plane_find(c, "guests");
    assert_int_equal(nodes->look_inside.count, 0); /* nothing is run in a guest unless it is named */
    assert_int_equal(guests->look_inside.count, 4);
    assert_string_equal(guests->look_inside.items[1], "200-210");
    assert_int_equal(config_plane_mode(c, nodes), CONFIG_READ);
    assert_int_equal(config_plane_mode(c, mine), CONFIG_GUARDED);
    assert_string_equal(nodes->section_json, "{}");
    assert_string_equal(mine->section_json, "{\"no\":\"no\",\"n\":\"012\",\"x\":1.5,\"s\":\"7\",\"t\":true,"
                                            "\"l\":[\"on\",null,\"~\",\"\"],\"m\":{}}");
    assert_true(mine->allow_without_landlock && mine->client_requests);
    assert_int_equal(c->allow.count, 2);
    assert_string_equal(c->deny.items[0], "pve_x");
    assert_int_equal(c->deny.count, 4);
    assert_string_equal(c->deny.items[1], "vmid:100-199");
    assert_string_equal(c->deny.items[2], "tag:Prod");
    assert_int_equal(c->changes_per_hour, 9);
    assert_int_equal(c->class_per_hour.count, 3);
    assert_string_equal(c->class_per_hour.items[1], "guest.*=20");
    assert_string_equal(c->class_per_hour.items[2], "exec.*=0");
    assert_true(c->trust.confirm_direct);
    assert_false(c->ledger.redact);
    assert_string_equal(c->ledger.key_file, "/l/audit.key");
    assert_string_equal(c->ledger.expected_head, HEX);
    assert_int_equal(c->max_calls, 3);
    assert_int_equal(c->call_timeout_s, 7);
    assert_null(config_site_find(c, "none"));
    config_free(c);
}

static void test_secret_dirs(void **state)
{
    struct config *c = load("trust: {secret_dirs: [/run/secrets/, /s//, '~/x']}");

    (void)state;
    assert_int_equal(c->trust.secret_dirs.count, 3);
    assert_string_equal(c->trust.secret_dirs.items[0], "/run/secrets");
    assert_string_equal(c->trust.secret_dirs.items[1], "/s");
    assert_int_equal(c->trust.secret_dirs.items[2][0], '/'); /* the home folder */
    config_free(c);
    c = load("mode: guarded");
    assert_int_equal(c->trust.secret_dirs.count, 0); /* none: nothing is taken from files */
    config_free(c);
}

static void test_operator_addresses(void **state)
{
    struct config *c = load("sites: {a: {url: 'https://h', token_file: /t, operator_addresses: [10.0.0.5, "
                            "10.1.0.0/16, '2001:db8::/32']}}");

    (void)state;
    assert_int_equal(c->sites[0].operator_addresses.count, 3);
    assert_string_equal(c->sites[0].operator_addresses.items[2], "2001:db8::/32");
    config_free(c);
}

/* design 3: "Planes are `read`, `guarded` or `off`; the strictest of global mode and plane mode wins ..." */
static void test_planes_as_list(void **state)
{
    struct config *c = load("planes: [nodes, guests]");

    (void)state;
    assert_int_equal(c->plane_count, 2);
    assert_string_equal(c->planes[1].name, "guests");
    assert_int_equal(config_plane_mode(c, &c->planes[1]), CONFIG_READ); /* follows the global mode */
    config_free(c);
    c = load("planes: {}");
    assert_true(c->planes_named);
    assert_int_equal(c->plane_count, 0);
    config_free(c);
}

/* Each with a piece of the message and, where it matters, of the next step or the valid values. */
static const struct {
    const char *yaml, *cause, *more;
} bad[] = {
    /* keys */
    {"mod: read", "f:1:1: unknown key `mod`", "did you mean `mode`?"},
    {"mode: read\nsites:\n  a: {urll: x}", "f:3:7: unknown key `urll`", "did you mean `url`?"},
    {"zzz: 1", "f:1:1: unknown key `zzz`", "mode, surface, log"},
    {"surface: {lst: full}", "f:1:11: unknown key `lst`", "list, hide_unprivileged"},
    {"surface: [full]", "f:1:10: surface", NULL},
    {"trust: {secret_dirs: /s}", "f:1:22: trust.secret_dirs: a list is needed", NULL},
    {"trust: {secret_dirs: [/]}", "f:1:23: trust.secret_dirs: \"/\" is not a folder of its own", NULL},
    {"trust: {secret_dirs: ['/a,b']}", "is not a folder that can be named here", NULL},
    {"trust: {secret_dirs: ['']}", "is not a path (it is empty)", NULL},
    {"trust: {secret_dirs: [{a: b}]}", "a folder is needed here", NULL},
    {"planes: {guests: {look_inside: 105}}", "f:1:32: planes.guests.look_inside: a list is needed", NULL},
    {"planes: {guests: {look_inside: [all]}}", "f:1:33: planes.guests.look_inside: \"all\": a guest's number",
     NULL},
    {"planes: {guests: {look_inside: [99]}}", "\"99\": a guest's number", NULL},
    {"planes: {guests: {look_inside: [0105]}}", "\"0105\": a guest's number", NULL},
    {"planes: {guests: {look_inside: [210-200]}}", "\"210-200\": a guest's number", NULL},
    {"planes: {guests: {look_inside: ['tag:']}}", "one tag is expected behind tag:", NULL},
    {"planes: {guests: {look_inside: ['vmid:105']}}", "a guest's number", NULL},
    {"planes: {guests: {look_inside: [{a: b}]}}", "a guest is needed here", NULL},
    {"sites: {a: {operator_addresses: 10.0.0.5}}", "a list is needed", NULL},
    {"sites: {a: {operator_addresses: [10.0.0.5/33]}}", "is not an IP address or a network", NULL},
    {"sites: {a: {operator_addresses: [10.0.0/8]}}", "is not an IP address or a network", NULL},
    {"sites: {a: {operator_addresses: ['2001:db8::/129']}}", "is not an IP address or a network", NULL},
    {"sites: {a: {operator_addresses: [pve1.lan]}}", "is not an IP address or a network", NULL},
    {"surface: {list: some}", "f:1:17: surface", NULL},
    {"mode: {list: read}", "f:1:7: mode", NULL},
    {"mode: read\nmode: read", "f:2:1: the key `mode` stands here a second time", NULL},
    {"mode: read\n\"mode\": read", "f:2:1: the key `mode` stands here a second time", NULL},
    {"? [a]\n: b", "f:1:3: a key must be plain text", NULL},
    /* YAML that is refused whatever it says */
    {"mode: &x read", "f:1:7: an anchor", NULL},
    {"mode: *x", "f:1:7: an alias", NULL},
    {"mode: !!str read", "f:1:7: a tag", NULL},
    {"tools: !x {}", "f:1:8: a tag", NULL},
    {"tools: &a {}", "f:1:8: an anchor", NULL},
    {"<<: {}", "f:1:1: a merge key", NULL},
    {"mode: read\n---\nmode: read", "f:2:1: a second document", NULL},
    {"%TAG ! tag:x,2000:\n---\nmode: read", "f:1:1: %TAG", NULL},
    {"mode: [", "f:2:1: not YAML", "indentation"},
    {"mode: read\n\tsurface: full", "f:2:1: not YAML", NULL},
    {"mode: \"a\\0b\"", "f:1:7: a NUL character", NULL},
    {"mode: \xff", "f:1:7: not UTF-8", NULL},
    {"mode: read\nlog: \"a\001\"", "f:2:8: not YAML: control characters", NULL},
    {"planes: {x: {config: {a: [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}}}", "nested more than 16", NULL},
    {"- a", "f:1:1: configuration: a mapping is needed", NULL},
    {"word", "f:1:1: configuration: a mapping is needed", NULL},
    /* types */
    {"mode: Read", "f:1:7: mode: \"Read\" is not one of the choices", "read, guarded"},
    {"mode: off", "f:1:7: mode: \"off\" is not one of the choices", "read, guarded"},
    {"mode:", "f:1:6: mode: a value is missing", NULL},
    {"mode: {}", "f:1:7: mode: a single value is needed", NULL},
    {"mode: ''", "is not one of the choices", NULL},
    {"limits: {calls: 0}", "f:1:17: limits.calls: \"0\" is not a whole number in range", "1 to 1024"},
    {"limits: {calls: 1025}", "not a whole number in range", "1 to 1024"},
    {"limits: {calls: 0x10}", "not a whole number in range", NULL},
    {"limits: {calls: 1.0}", "not a whole number in range", NULL},
    {"limits: {calls: 99999999999999999999}", "not a whole number in range", NULL},
    {"ledger: {redact: yes}", "ledger.redact: \"yes\" is not a truth value", "true, false"},
    {"ledger: {redact: 1}", "not a truth value", NULL},
    {"ledger: {expected_head: abc}", "not a SHA-256 value", NULL},
    {"ledger: 5", "f:1:9: ledger: a mapping is needed", NULL},
    {"tools: {allow: x}", "f:1:16: tools.allow: a list is needed", NULL},
    {"tools: {allow: [X]}", "f:1:17: \"X\" is not the name", NULL},
    {"tools: {allow: [[a]]}", "f:1:17: tools.allow: a name is needed", NULL},
    {"tools: {deny: ['vmid:99']}", "f:1:16: \"vmid:99\": a number from 100", NULL},
    {"tools: {deny: ['node:a b']}", "the short name of a node is expected", NULL},
    {"tools: {deny: ['vm:100']}", "a target is site:, node:, vmid:", NULL},
    {"limits: {changes_per_hour: 0}", "not a whole number in range", "1 to 1000000"},
    {"limits: {class_per_hour: {guest.stop: -1}}", "not a whole number in range", "0 to 1000000"},
    {"limits: {class_per_hour: {guest.stop: }}", "limits.class_per_hour: a number is needed here", NULL},
    {"limits: {class_per_hour: {'*': 1}}", "\"*\" is not an operation class", NULL},
    {"limits: {class_per_hour: {'g*': 1}}", "\"g*\" is not an operation class", NULL},
    {"limits: {class_per_hour: {Guest: 1}}", "\"Guest\" is not an operation class", NULL},
    {"limits: {class_per_hour: [guest.stop]}", "a mapping of classes to numbers is needed", NULL},
    {"trust: {lease: yes}", "is not one of the choices", "none, required"},
    {"trust: {taint: human}", "is not one of the choices", "off, consent"},
    {"trust: {snapshot_first: never}", "is not one of the choices", "asked, high"},
    {"state_dir: ''", "state_dir", "empty"},
    {"state_dir: \"a\\tb\"", "control characters", NULL},
    /* sites */
    {"sites: []", "f:1:8: sites: a mapping of site names is needed", NULL},
    {"sites: {a: x}", "f:1:12: sites.a: a mapping is needed", NULL},
    {"sites: {Lab: {}}", "f:1:9: \"Lab\" cannot be the name of a site", "lower-case"},
    {"sites: {abcdefghijklmnopqrstuvwxyzabcdefg: {}}", "cannot be the name of a site", NULL},
    {"sites: {a: {}}", "f:1:9: sites.a.url is missing", "https://HOST:8006"},
    {"sites: {a: {kind: pbs}}", "sites.a.url is missing", "https://HOST:8007"},
    {"sites: {a: {url: 'https://h'}}", "sites.a.token_file is missing", "TOKENID=SECRET"},
    {"sites: {a: {kind: pbs, url: 'https://h'}}", "sites.a.token_file is missing", "TOKENID:SECRET"},
    {"sites: {a: {url: 'https://h', token_file: 'me@pve!ro=s3cret'}}",
     "f:1:9: sites.a.token_file holds a token", "mode 600"},
    {SITE ", endpoints: ['https://i']}}", "both url and endpoints", NULL},
    {"sites: {a: {token_file: /t, endpoints: []}}", "at least one endpoint", NULL},
    {"sites: {a: {token_file: /t, endpoints: [{fingerprint: " HEX "}]}}", "url is missing", NULL},
    {"sites: {a: {token_file: /t, endpoints: [[]]}}", "a URL or a mapping", NULL},
    {"sites: {a: {token_file: /t, endpoints: ['https://h', 'https://H:8006/']}}", "names the endpoint", NULL},
    {"sites: {a: {url: 'http://h'}}", "must begin with https://", "https://HOST:8006"},
    {SITE ", node: 'a b'}}", "is not a node name", NULL},
    {SITE ", node: a.b}}", "is not a node name", "domain"},
    {SITE ", timeout: 0}}", "in range", "1 to 600"},
    {SITE ", kind: vmware}}", "one of the choices", "pve, pbs"},
    {SITE ", fingerprint: 'AA:BB'}}", "not a SHA-256 value", NULL},
    {SITE ", fingerprint: " HEX "00}}", "not a SHA-256 value", NULL},
    /* planes */
    {"planes: nodes", "a mapping or a list of plane names", NULL},
    {"planes: [a, a]", "f:1:13: planes: this plane stands in the list a second time", NULL},
    {"planes: [[a]]", "the name of a plane is needed", NULL},
    {"planes: [../x]", "cannot be the name of a plane", NULL},
    {"planes: {nodes: read}", "a mapping is needed here", NULL},
    {"planes: {nodes: {mode: rw}}", "one of the choices", "off, read, guarded"},
    {"planes: {nodes: {config: []}}", "a mapping is needed", NULL},
    {"planes: {nodes: {config: {a: 1, a: 2}}}", "a second time", NULL},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CLEANUP_BUF struct buf text = BUF_INIT(8192);
        struct problem p = PROBLEM_INIT;
        struct config *config = NULL;
        if (config_load_text("f", bad[i].yaml, strlen(bad[i].yaml), &config, &p) == 0)
            fail_msg("accepted: %s", bad[i].yaml);
        assert_null(config);
        assert_string_equal(p.code, PX_CONFIG);
        problem_text(&p, &text);
        assert_null(strstr(text.data, "s3cret"));
        if (!strstr(p.cause, bad[i].cause) || (bad[i].more && !strstr(text.data, bad[i].more)))
            fail_msg("%s: %s", bad[i].yaml, text.data);
    }
}

static void test_limits(void **state)
{
    CLEANUP_BUF struct buf yaml = BUF_INIT((size_t)4 << 20);
    struct config *config = NULL;
    struct problem p = PROBLEM_INIT;

    (void)state;
    for (size_t i = 0; i <= (size_t)1 << 20; i++)
        buf_char(&yaml, '#');
    assert_true(config_load_text("f", yaml.data, yaml.len, &config, &p) < 0);
    assert_non_null(strstr(p.cause, "1 MiB"));

    buf_reset(&yaml);
    buf_str(&yaml, "sites:\n");
    for (int i = 0; i < 65; i++)
        buf_printf(&yaml, "  s%d: {url: 'https://h%d', token_file: /t}\n", i, i);
    assert_true(config_load_text("f", yaml.data, yaml.len, &config, &p) < 0);
    assert_non_null(strstr(p.cause, "f:66:3: more than 64 sites"));

    buf_reset(&yaml);
    buf_str(&yaml, "planes: {x: {config: {a: [");
    for (int i = 0; i < 30000; i++)
        buf_str(&yaml, "1,");
    buf_str(&yaml, "]}}}");
    assert_true(config_load_text("f", yaml.data, yaml.len, &config, &p) < 0);
    assert_non_null(strstr(p.cause, "more values"));

    /* libyaml is slow with many open brackets; the depth ends it early */
    buf_reset(&yaml);
    for (int i = 0; i < 100000; i++)
        buf_char(&yaml, '[');
    assert_true(config_load_text("f", yaml.data, yaml.len, &config, &p) < 0);
    assert_null(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),       cmocka_unit_test(test_everything),
        cmocka_unit_test(test_secret_dirs),    cmocka_unit_test(test_operator_addresses),
        cmocka_unit_test(test_planes_as_list), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
