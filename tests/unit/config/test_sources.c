/* SPDX-License-Identifier: Apache-2.0 */
/* Sources against each other: system file, user's file, environment, command line. Later ones fill in or
 * tighten. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "config/build.h"

#define HEX  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX2 "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define LAB  "sites: {lab: {url: 'https://h', token_file: /t}}\n"

static char folder[] = "/tmp/proximo-test-XXXXXX";
static char system_path[PATH_MAX], user_path[PATH_MAX];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(system_path, sizeof system_path, "%s/system.yaml", folder);
    (void)snprintf(user_path, sizeof user_path, "%s/user.yaml", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(system_path);
    (void)unlink(user_path);
    return rmdir(folder);
}

/* One case: texts of the files (NULL: none), up to six variables, --mode. */
struct scene {
    const char *system, *user;
    int rules; /* the system file cannot be changed by the running user */
    const char *environment[7];
    const char *mode, *site;
    const char *error; /* in the message; NULL: it loads */
};

static int load(const struct scene *s, struct config **ret, struct problem *p)
{
    char *none[] = {NULL}, *given[7] = {NULL};
    struct config_options options = {.file = s->user ? user_path : NULL, .mode = s->mode, .site = s->site};

    if (s->system)
        assert_int_equal(file_write_atomic(system_path, s->system, strlen(s->system), 0600), 0);
    else
        options.no_system_file = true;
    if (s->user)
        assert_int_equal(file_write_atomic(user_path, s->user, strlen(s->user), 0600), 0);
    for (size_t i = 0; i < 7 && s->environment[i]; i++)
        assert_non_null(given[i] = strdup(s->environment[i]));
    options.environment = s->environment[0] ? given : none;
    options.no_environment = !s->environment[0];
    int r = config_load_with(&options, system_path, s->rules, ret, p);
    for (size_t i = 0; i < 7; i++)
        free(given[i]);
    return r;
}

static const struct scene scenes[] = {
    /* mode: nobody loosens what a file says */
    {.user = "mode: read", .environment = {"PROXIMO_MODE=guarded"}, .error = "would loosen what"},
    {.user = "mode: read", .mode = "guarded", .error = "command line --mode"},
    {.user = "mode: guarded", .environment = {"PROXIMO_MODE=read"}},
    {.user = "mode: guarded",
     .environment = {"PROXIMO_MODE=read"},
     .mode = "guarded",
     .error = "PROXIMO_MODE"},
    {.user = "mode: guarded", .mode = "read"},
    {.user = LAB, .mode = "guarded"}, /* no file says a mode: filled in */
    {.environment = {"PROXIMO_MODE=off"}, .error = "environment PROXIMO_MODE: mode: \"off\""},
    {.system = "mode: read", .user = "mode: guarded", .error = "would loosen what"},
    {.system = "mode: guarded", .user = "mode: read"},
    /* where the system file rules, its silence is a word as well */
    {.system = LAB, .rules = 1, .user = "mode: guarded", .error = "would loosen the default (read)"},
    {.system = LAB, .rules = 1, .mode = "guarded", .error = "would loosen the default (read)"},
    {.system = LAB,
     .rules = 1,
     .environment = {"PROXIMO_LEDGER_REDACT=off"},
     .error = "would loosen the default"},
    {.system = LAB, .rules = 1, .environment = {"PROXIMO_AUDIT_LOG=/x"}, .error = "ledger.file"},
    {.system = LAB, .rules = 1, .user = "plane_dir: /x", .error = "plane_dir"},
    {.system = LAB, .rules = 1, .user = "trust: {confirm: direct}", .error = "trust.confirm"},
    {.system = LAB, .rules = 1, .user = "planes: [exec]", .error = "the plane exec is not among those"},
    {.system = LAB, .rules = 1, .user = "planes: {x: {file: /x.so}}", .error = "planes.x.file"},
    {.system = LAB, .rules = 1, .user = "planes: [nodes]"},
    {.system = "planes: [nodes]", .rules = 1, .user = "planes: [guests]", .error = "not among those"},
    {.system = "planes: [nodes]", .rules = 1, .user = "planes: {nodes: {mode: off}}"},
    {.system = "planes: {nodes: {mode: read}}",
     .rules = 1,
     .user = "planes: {nodes: {mode: guarded}}",
     .error = "loosen"},
    {.system = "planes: [nodes]",
     .rules = 1,
     .user = "planes: {nodes: {config: {a: 1}}}",
     .error = "planes.nodes.config"},
    /* what a plane's executors may reach, start and read is the ruling file's alone */
    {.system = "planes: {nodes: {endpoints: {a: 'tcp://h:22'}}}",
     .rules = 1,
     .user = "planes: {nodes: {endpoints: {a: 'tcp://h:22', b: 'tcp://i:22'}}}",
     .error = "planes.nodes.endpoints"},
    {.system = "planes: {nodes: {endpoints: {a: 'tcp://h:22'}}}",
     .rules = 1,
     .user = "planes: {nodes: {endpoints: {a: 'tcp://other:22'}}}",
     .error = "would change what"},
    {.system = "planes: {nodes: {endpoints: {a: 'tcp://h:22'}}}",
     .rules = 1,
     .user = "planes: {nodes: {endpoints: {a: 'tcp://h:22'}}}"},
    {.system = "planes: [nodes]",
     .rules = 1,
     .user = "planes: {nodes: {programs: {sh: /bin/sh}}}",
     .error = "planes.nodes.programs"},
    {.system = LAB,
     .rules = 1,
     .user = "planes: {nodes: {material: {k: /k}}}",
     .error = "planes.nodes.material"},
    {.user = "planes: {nodes: {programs: {sh: bin/sh}}}", .error = "absolute path"},
    {.user = "planes: {nodes: {programs: {'a b': /bin/sh}}}", .error = "1 to 64 letters"},
    {.user = "planes: {nodes: {endpoints: {a: 'https://h:22'}}}", .error = "no endpoint"},
    {.user = "planes: {nodes: {endpoints: {a: 'tcp://h'}}}", .error = "no endpoint"},
    {.user = "planes: {nodes: {endpoints: {a: 'unix:x'}}}", .error = "no endpoint"},
    {.user = "planes: {nodes: {endpoints: [a]}}", .error = "a mapping of names"},
    {.user = "planes: {nodes: {endpoints: {a: [1]}}}", .error = "what the name stands for"},
    {.user = "planes: {nodes: {endpoints: {lab/pve1: 'unix:/run/x', b: 'udp://[::1]:161'},"
             " programs: {ssh: /usr/bin/ssh}, material: {k: id_ed25519}}}"},
    {.system = LAB, .rules = 1, .user = "sites: {lab: {node: x}}", .error = "the site lab is given by"},
    {.system = LAB, .rules = 1, .user = "sites: {mine: {url: 'https://m', token_file: /m}}"},
    {.system = LAB, .rules = 1, .user = "surface: full\nlimits: {calls: 9}"},
    {.system = LAB, .rules = 1, .environment = {"PROXIMO_CA_BUNDLE=/ca"}, .error = "proves its identity"},
    {.system = "tools: {allow: [nodes, guests]}", .rules = 1, .user = "tools: {allow: [nodes], deny: [x]}"},
    {.system = "tools: {allow: [nodes]}",
     .rules = 1,
     .user = "tools: {allow: [guests]}",
     .error = "tools.allow"},
    {.system = "tools: {allow: [nodes]}", .rules = 1, .user = "tools: {allow: []}", .error = "tools.allow"},
    /* names and targets of the allow list narrow each by themselves */
    {.system = "tools: {allow: [nodes, guests]}",
     .rules = 1,
     .user = "tools: {allow: [nodes, 'vmid:100-199']}"},
    {.system = "tools: {allow: [nodes, 'vmid:100']}",
     .rules = 1,
     .user = "tools: {allow: [nodes]}",
     .error = "tools.allow"},
    {.system = "tools: {allow: [nodes, 'vmid:100']}",
     .rules = 1,
     .user = "tools: {allow: ['vmid:100']}",
     .error = "tools.allow"},
    {.system = "tools: {allow: ['vmid:100', 'tag:x']}",
     .rules = 1,
     .user = "tools: {allow: ['tag:x', guests]}"},
    {.system = "tools: {allow: ['vmid:100']}",
     .rules = 1,
     .user = "tools: {allow: ['vmid:101']}",
     .error = "tools.allow"},
    {.system = LAB, .rules = 1, .user = "tools: {allow: ['vmid:101'], deny: ['pool:x']}"},
    /* limits are lowered, added to and switched on, never the other way */
    {.system = "limits: {changes_per_hour: 10}", .rules = 1, .user = "limits: {changes_per_hour: 9}"},
    {.system = "limits: {changes_per_hour: 10}",
     .rules = 1,
     .user = "limits: {changes_per_hour: 11}",
     .error = "would loosen what"},
    {.system = LAB,
     .rules = 1,
     .user = "limits: {changes_per_hour: 61}",
     .error = "would loosen the default (60)"},
    {.user = "limits: {changes_per_hour: 5000}"}, /* nobody rules: the file's own word */
    {.system = "limits: {class_per_hour: {guest.stop: 1}}",
     .rules = 1,
     .user =
         "limits: {class_per_hour: {guest.stop: 9, 'guest.*': 2}}"}, /* the lower one counts all the same */
    {.system = LAB, .rules = 1, .user = "trust: {lease: required, taint: consent}"},
    {.system = "trust: {lease: required}",
     .rules = 1,
     .user = "trust: {lease: none}",
     .error = "trust.lease"},
    /* folders of secrets only as the system's file names them; its silence counts */
    {.system = "trust: {secret_dirs: [/s]}", .rules = 1, .user = "trust: {secret_dirs: [/s]}"},
    {.system = "trust: {secret_dirs: [/s]}",
     .rules = 1,
     .user = "trust: {secret_dirs: [/s, /home]}",
     .error = "trust.secret_dirs"},
    {.system = LAB, .rules = 1, .user = "trust: {secret_dirs: [/home]}", .error = "trust.secret_dirs"},
    {.system = "planes: {guests: {look_inside: [105]}}",
     .rules = 1,
     .user = "planes: {guests: {look_inside: ['*']}}",
     .error = "planes.guests.look_inside"},
    {.system = "planes: {guests: {}}",
     .rules = 1,
     .user = "planes: {guests: {look_inside: [105]}}",
     .error = "planes.guests.look_inside"},
    {.system = "trust: {taint: consent}", .user = "trust: {taint: off}", .error = "trust.taint"},
    {.system = "trust: {snapshot_first: high}",
     .user = "trust: {snapshot_first: asked}",
     .error = "trust.snapshot_first"},
    {.system = "ledger: {redact: false}", .rules = 1, .user = "ledger: {redact: true}"},
    /* consent only rises, from file to file and above what is built in */
    {.system = "trust: {consent: {guest.start: human}}", .user = "trust: {consent: {guest.start: human}}"},
    {.system = "trust: {consent: {guest.start: human}}",
     .rules = 1,
     .user = "trust: {consent: {guest.start: plan}}",
     .error = "trust.consent.guest.start: this would loosen what"},
    {.system = "trust: {approver_key: /k, consent: {guest.start: approver}}",
     .user = "trust: {consent: {guest.start: human}}",
     .error = "would loosen what"},
    {.system = "trust: {approver_key: /k, consent: {guest.start: human}}",
     .rules = 1,
     .user = "trust: {consent: {guest.start: approver, 'node.*': human}}"},
    {.system = LAB, .rules = 1, .user = "trust: {consent: {'guest.*': human}}"},
    {.user = "trust:\n  consent:\n    guest.*: human\n    storage.*: plan\n    node.reboot: human\n"},
    {.system = LAB, .rules = 1, .user = "trust: {approver_key: /mine}", .error = "trust.approver_key"},
    {.system = "sites: {lab: {url: 'https://h', token_file: /t, consent: human}}",
     .user = "sites: {lab: {consent: plan}}",
     .error = "sites.lab.consent: this would loosen what"},
    {.system = LAB, .user = "sites: {lab: {consent: human}}"},
    {.user = "trust: {consent: {guest.start: approver}}",
     .error = "trust.consent.guest.start: approver, but"},
    {.user = "sites: {lab: {url: 'https://h', token_file: /t, consent: approver}}",
     .error = "sites.lab.consent: approver, but"},
    {.user = "trust: {consent: {'exec.*': plan}}", .error = "less than exec's classes need anyway: human"},
    {.user = "trust: {consent: {exec.run: human}}"},
    {.user = "trust: {approver_key: /k, consent: {exec.run: human}}",
     .error = "less than exec's classes need anyway: approver"},
    {.user = "trust: {consent: {guest.start: none}}", .error = "is not one of the choices"},
    {.user = "trust: {consent: {guest: human}}", .error = "neither a class nor a prefix"},
    {.user = "trust: {consent: {'*': human}}", .error = "neither a class nor a prefix"},
    {.user = "trust: {consent: {'guest*': human}}", .error = "neither a class nor a prefix"},
    {.user = "trust: {consent: {'.*': human}}", .error = "neither a class nor a prefix"},
    {.user = "trust: {consent: {'a..*': human}}", .error = "neither a class nor a prefix"},
    {.user = "trust: {consent: {'Guest.*': human}}", .error = "neither a class nor a prefix"},
    {.user = "trust: {consent: human}", .error = "a mapping is needed here"},
    {.user = "trust: {consent: {guest.start: [human]}}", .error = "a single value is needed here"},
    /* the same user's two files */
    {.system = LAB, .user = "sites: {lab: {node: x}}"},
    {.system = LAB,
     .user = "sites: {lab: {url: 'https://other'}}",
     .error = "sites.lab.url: this would change"},
    {.system = "sites: {lab: {endpoints: ['https://h'], token_file: /t}}",
     .user = "sites: {lab: {endpoints: ['https://i']}}",
     .error = "earlier file has given the endpoints"},
    /* the environment's site */
    {.environment = {"PROXIMO_API_BASE_URL=https://h:8006/api2/json/", "PROXIMO_NODE=n",
                     "PROXIMO_TOKEN_PATH=/t"}},
    {.environment = {"PROXIMO_NODE=n"}, .error = "there is no such site"},
    {.environment = {"PROXIMO_API_BASE_URL=https://h"},
     .error = "environment PROXIMO_API_BASE_URL: sites.default.token_file"},
    {.environment = {"PROXIMO_API_BASE_URL=ftp://h"},
     .error = "environment PROXIMO_API_BASE_URL: sites.default.url"},
    {.environment = {"PROXIMO_PBS_BASE_URL=https://h", "PROXIMO_PBS_TOKEN_PATH=/t",
                     "PROXIMO_PBS_FINGERPRINT=" HEX}},
    {.user = LAB, .environment = {"PROXIMO_API_BASE_URL=https://H:8006", "PROXIMO_NODE=n"}},
    {.user = LAB,
     .environment = {"PROXIMO_API_BASE_URL=https://other"},
     .error = "would change where the site lab"},
    {.user = LAB, .environment = {"PROXIMO_TOKEN_PATH=/other"}, .error = "would change what"},
    {.user = LAB, .environment = {"PROXIMO_TOKEN_PATH=/t", "PROXIMO_CA_BUNDLE=/ca"}},
    {.user = "sites: {lab: {url: 'https://h', token_file: /t, fingerprint: " HEX "}}",
     .environment = {"PROXIMO_FINGERPRINT=" HEX2},
     .error = "would change what"},
    {.user = "sites: {lab: {url: 'https://h', token_file: /t, fingerprint: " HEX "}}",
     .environment = {"PROXIMO_CA_BUNDLE=/ca"},
     .error = "proves its identity"},
    {.user = "sites: {lab: {url: 'https://h', token_file: /t, fingerprint: " HEX "}}",
     .environment = {"PROXIMO_FINGERPRINT=sha256:" HEX}},
    {.user = LAB "mode: read",
     .environment = {"PROXIMO_PBS_BASE_URL=https://b", "PROXIMO_PBS_TOKEN_PATH=/t"}},
    {.user = "sites: {a: {url: 'https://a', token_file: /t}, b: {url: 'https://b', token_file: /t}}",
     .environment = {"PROXIMO_NODE=n"},
     .error = "has several"},
    {.user = "sites: {default: {kind: pbs, url: 'https://a', token_file: /t}}",
     .environment = {"PROXIMO_API_BASE_URL=https://h", "PROXIMO_TOKEN_PATH=/t"},
     .error = "called default already"},
    /* names and settings that are gone */
    {.environment = {"PROXIMO_TOKEN_PAHT=/t"}, .error = "PROXIMO_TOKEN_PAHT is not a name"},
    {.environment = {"PROXIMO_FOO_BAR_BAZ=1"}, .error = "PROXIMO_FOO_BAR_BAZ is not a name"},
    {.environment = {"PROXIMO_VERIFY_TLS=false"}, .error = "PROXIMO_VERIFY_TLS: \"false\" is not possible"},
    {.environment = {"PROXIMO_VERIFY_TLS= Off "}, .error = "not possible"},
    {.environment = {"PROXIMO_PBS_VERIFY_TLS=0"}, .error = "not possible"},
    {.environment = {"PROXIMO_AUDIT_KEYED=no"}, .error = "not possible"},
    {.environment = {"PROXIMO_VERIFY_TLS=true", "PROXIMO_AUDIT_KEYED=1"}},
    {.environment = {"PROXIMO_ENABLE_EXEC=1", "PROXIMO_CT_ALLOWLIST=*", "PROXIMO_A2A_PORT=1",
                     "PROXIMO_SSH_TARGET=x"}},
    {.environment = {"PROXIMO_A2A_HOST=0.0.0.0", "PROXIMO_A2A_TOKEN_FILE=/t", "PROXIMO_A2A_ALLOWED_HOSTS=*",
                     "PROXIMO_A2A_SIGNING_KEY_FILE=/k"}},
    {.user = "ledger: {key_file: /a}",
     .environment = {"PROXIMO_AUDIT_KEY_PATH=/b"},
     .error = "would change what"},
    {.user = "ledger: {key_file: /a}", .environment = {"PROXIMO_AUDIT_KEY_PATH=/a"}},
    {.user = "sites: {b: {kind: pbs, url: 'https://h', token_file: /t, ca_file: /a}}",
     .environment = {"PROXIMO_PBS_CA_BUNDLE=/b"},
     .error = "would change what"},
    {.environment = {"PROXIMO_PBS_BASE_URL=https://h", "PROXIMO_PBS_TOKEN_PATH=/t",
                     "PROXIMO_PBS_CA_BUNDLE=/ca"}},
    {.environment = {"PROXIMO_TEST_ANYTHING=1", "PROXIMO_SHARED=/x", "OTHER=1", "PROXIMO=1"}},
    {.environment = {"PROXIMO_NODE=", "PROXIMO_MODE="}}, /* empty is not set */
    {.environment = {"PROXIMO_CONFIG=/does/not/exist.yaml"}, .error = "there is no such file"},
    /* an anchor: the same, or sooner; whoever rules says which ones there are */
    {.system = "ledger: {anchor: {file: /mnt/a}, require_anchor_within: 30}",
     .user = "ledger: {require_anchor_within: 10}"},
    {.system = "ledger: {anchor: {file: /mnt/a}, require_anchor_within: 30}",
     .user = "ledger: {require_anchor_within: 31}",
     .error = "would loosen"},
    {.system = "ledger: {anchor: {file: /mnt/a}, require_anchor_within: 30}",
     .user = "ledger: {require_anchor_within: 0}",
     .error = "would loosen"},
    {.system = "ledger: {anchor: {file: /mnt/a}, require_anchor_within: 0}",
     .user = "ledger: {require_anchor_within: 10}"},
    {.system = "ledger: {anchor: {file: /mnt/a}}",
     .user = "ledger: {anchor: {file: /home/a}}",
     .error = "would change"},
    {.system = LAB,
     .rules = 1,
     .user = "ledger: {anchor: {file: /home/a}}",
     .error = "would loosen the default"},
    {.user = "ledger: {require_anchor_within: 10}", .error = "there is no anchor"},
    {.user = "ledger: {anchor: {url: 'http://h/a'}}", .error = "it must begin with https://"},
    {.user = "ledger: {anchor: {url: 'https://u:p@h/a'}}", .error = "user or password"},
    {.user = "ledger: {anchor: {url: 'https://h/a?token=1'}}", .error = "a query or a fragment"},
    {.user = "ledger: {anchor: {url: 'https://h:8443/a/b', url_fingerprint: " HEX "}}"},
    {.user = "ledger: {anchor: {url_token_file: /t}}", .error = "no effect without"},
    {.user = "ledger: {anchor: {syslog: 'tls://h:6514'}}"},
    {.user = "ledger: {anchor: {syslog: 'tls://h'}}", .error = "the port is missing"},
    {.user = "ledger: {anchor: {syslog: 'tls://h:6514/a'}}", .error = "nothing may follow"},
    {.user = "ledger: {anchor: {syslog: 'udp://h:514'}}", .error = "tls:// or tcp://"},
    {.user = "ledger: {anchor: {syslog: 'tcp://h:514', syslog_fingerprint: " HEX "}}", .error = "plain TCP"},
    {.user = "ledger: {anchor: {file: /mnt/a, witness_key: w}}", .error = "not a verifier key"},
    {.user = "ledger: {anchor: {file: /mnt/a, witness_key: 'w.example/1+0123abcd+BAAA'}}"},
    {.user = "ledger: {redact: true}", .environment = {"PROXIMO_LEDGER_REDACT=off"}, .error = "would loosen"},
    {.user = "ledger: {redact: true}", .environment = {"PROXIMO_LEDGER_REDACT=offf"}},
    {.user = "ledger: {file: /a}", .environment = {"PROXIMO_AUDIT_LOG=/b"}, .error = "would change what"},
    {.environment = {"PROXIMO_AUDIT_EXPECTED_HEAD=12"}, .error = "not a SHA-256 value"},
    /* --site */
    {.user = LAB, .site = "lba", .error = "no site \"lba\""},
    {.user = "sites: {a: {url: 'https://a', token_file: /t}, b: {url: 'https://b', token_file: /t}}",
     .site = "b"},
};

/* design 3: "Command line and environment can only tighten what a configuration file says ..." */
/* design 3: "Settings that would weaken a promise ..." */
static void test_scenes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        CLEANUP_BUF struct buf text = BUF_INIT(8192);
        struct problem p = PROBLEM_INIT;
        struct config *config = NULL;
        int r = load(&scenes[i], &config, &p);
        problem_text(&p, &text);
        if ((r == 0) != (scenes[i].error == NULL) || (scenes[i].error && !strstr(p.cause, scenes[i].error)))
            fail_msg("scene %zu (%s | %s): %d %s", i, scenes[i].user ? scenes[i].user : "-",
                     scenes[i].environment[0] ? scenes[i].environment[0] : "-", r, text.data);
        if (r < 0)
            assert_null(config);
        config_free(config);
    }
}

static const char *origin(const struct config *c, const char *path)
{
    for (size_t i = 0; i < c->origin_count; i++) {
        if (strcmp(c->origins[i].path, path) == 0)
            return c->origins[i].origin;
    }
    return "?";
}

static void test_results(void **state)
{
    const struct scene ruled = {.system = "mode: guarded\n" LAB "tools: {deny: [a]}",
                                .rules = 1,
                                .user = "mode: read\ntools: {deny: [b]}\nlog: debug",
                                .environment = {"PROXIMO_NODE=n1", "PROXIMO_SSH_TARGET=secret-host"}};
    struct problem p = PROBLEM_INIT;
    struct config *c = NULL;
    char expected[PATH_MAX + 8];

    (void)state;
    assert_int_equal(load(&ruled, &c, &p), 0);
    assert_int_equal(c->isolation, CONFIG_ISOLATED);
    assert_int_equal(c->mode, CONFIG_READ);
    assert_int_equal(c->deny.count, 2);
    assert_string_equal(c->sites[0].node, "n1");
    assert_string_equal(c->file, user_path);
    (void)snprintf(expected, sizeof expected, "%s:1", user_path);
    assert_string_equal(origin(c, "mode"), expected);
    (void)snprintf(expected, sizeof expected, "%s:2", system_path);
    assert_string_equal(origin(c, "sites.lab.token_file"), expected);
    assert_string_equal(origin(c, "sites.lab.endpoints[0].url"), expected);
    assert_string_equal(origin(c, "sites.lab.node"), "environment PROXIMO_NODE");
    assert_string_equal(origin(c, "surface"), "default");
    assert_non_null(strstr(origin(c, "PROXIMO_SSH_TARGET"), "planes.exec"));
    config_free(c);

    const struct scene two = {
        .user = "sites: {a: {url: 'https://a', token_file: x/t}, b: {url: 'https://b', token_file: "
                "/t}}",
        .site = "b"};
    assert_int_equal(load(&two, &c, &p), 0);
    assert_int_equal(c->site_count, 1);
    assert_string_equal(c->sites[0].name, "b");
    config_free(c);

    const struct scene relative = {.user = "sites: {a: {url: 'https://a', token_file: x/t}}"};
    assert_int_equal(load(&relative, &c, &p), 0);
    (void)snprintf(expected, sizeof expected, "%s/x/t", folder);
    assert_string_equal(c->sites[0].token_file, expected); /* beside the file that says it */
    config_free(c);
}

static void test_file_owner(void **state)
{
    const struct config_options options = {.file = user_path, .no_environment = true, .no_system_file = true};
    struct problem p = PROBLEM_INIT;
    struct config *c = NULL;

    (void)state;
    assert_int_equal(file_write_atomic(user_path, "mode: read\n", 11, 0666), 0);
    assert_int_equal(config_load(&options, &c, &p), -EPERM);
    assert_non_null(strstr(p.cause, "anyone can write"));
    assert_int_equal(chmod(user_path, 0644), 0);
    assert_int_equal(config_load(&options, &c, &p), 0);
    config_free(c);
    if (geteuid() == 0) {
        assert_int_equal(chown(user_path, 12345, 12345), 0);
        assert_int_equal(config_load(&options, &c, &p), -EPERM);
        assert_non_null(strstr(p.cause, "another user"));
    }
    assert_int_equal(unlink(user_path), 0);
    assert_int_equal(mkdir(user_path, 0700), 0);
    assert_int_equal(config_load(&options, &c, &p), -EINVAL);
    assert_int_equal(rmdir(user_path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scenes), cmocka_unit_test(test_results),
                                       cmocka_unit_test(test_file_owner)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
