/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo doctor` as an operator runs it, against proximo-sim: exit status, JSON, the fingerprint to pin, no
 * secret. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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
#include "base/json.h"
#include "tests/integration/http/sim.h"

static char config_file[64];

static void write_config(struct sim *sim, const char *token, const char *identity)
{
    char text[1024];
    char *token_file = sim_text(sim, "tokens", token);
    const int n = snprintf(text, sizeof(text), "sites:\n  lab:\n    url: %s\n    token_file: %s\n%s%s%s",
                           sim->url, token_file, identity != NULL ? "    fingerprint: " : "",
                           identity != NULL ? identity : "", identity != NULL ? "\n" : "");
    assert_int_equal(file_write_atomic(config_file, text, (size_t)n, 0600), 0);
    free(token_file);
}

/* Runs doctor; the exit status, and in *out what it printed. */
static int doctor(struct buf *out, bool json)
{
    char program[4096];
    int fds[2], status = 0;
    sim_program(program);
    memcpy(strrchr(program, '/') + 1, "proximo", sizeof("proximo"));
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        execl(program, "proximo", "doctor", "--config", config_file, json ? "--json" : NULL, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    buf_reset(out);
    assert_int_equal(fd_read_all(fds[0], out), 0);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_good(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 20);
    struct sim sim;
    struct problem p = PROBLEM_INIT;
    struct json_object *report = NULL, *sections = NULL;
    bool ok = false;
    sim_start(&sim, "demo", NULL);
    write_config(&sim, "audit-readonly", sim.fingerprint);
    assert_int_equal(doctor(&out, false), 0);
    assert_non_null(strstr(out.data, "token accepted, Proxmox VE 9."));
    assert_non_null(strstr(out.data, "3 nodes"));
    assert_non_null(strstr(out.data, "Nothing is wrong."));
    assert_int_equal(doctor(&out, true), 0);
    assert_int_equal(json_parse(out.data, out.len, &report, &p), 0);
    assert_int_equal(json_get_bool(report, "ok", &ok), 0);
    assert_true(ok);
    assert_int_equal(json_get(report, "sections", json_type_array, &sections), 0);
    assert_int_equal(json_object_array_length(sections), 10);
    assert_non_null(strstr(out.data, "not there yet; the first call makes it"));
    assert_non_null(strstr(out.data, "\"what\":\"state folder\",\"kept\":\"yes\""));
    assert_non_null(strstr(out.data, "\"what\":\"trust settings\",\"kept\":\"no\""));
    json_object_put(report);

    /* A token that sees one guest works, and what stays hidden is said with the line that mends it. */
    write_config(&sim, "narrow-guest105", sim.fingerprint);
    assert_int_equal(doctor(&out, false), 0);
    assert_non_null(strstr(out.data, "VM.Audit is not held on /vms"));
    assert_non_null(
        strstr(out.data, "pveum acl modify /vms --tokens 'narrow@pve!guest105' --roles Proximo-read-vms"));
    sim_stop(&sim);
}

static void test_wrong(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 20);
    struct sim sim;
    sim_start(&sim, "demo", NULL);
    char *shown = sim_text(&sim, NULL, "fingerprint");
    write_config(&sim, "root", NULL); /* nothing vouches for it */
    assert_int_equal(doctor(&out, false), 1);
    assert_non_null(strstr(out.data, "not verified by the system store"));
    assert_non_null(strstr(out.data, shown));
    assert_non_null(strstr(out.data, "pvenode cert info"));
    assert_null(strstr(out.data, "token accepted"));
    free(shown);

    write_config(&sim, "root", sim.fingerprint);
    char *token_file = sim_text(&sim, "tokens", "root");
    assert_int_equal(chmod(token_file, 0644), 0);
    assert_int_equal(doctor(&out, false), 1);
    assert_non_null(strstr(out.data, "PX-SECRET-FILE"));
    assert_non_null(strstr(out.data, "chmod 600"));
    const char wrong[] = "root@pam!proximo=11111111-2222-3333-4444-555555555555\n";
    assert_int_equal(file_write_atomic(token_file, wrong, sizeof(wrong) - 1, 0600), 0);
    assert_int_equal(doctor(&out, false), 1);
    assert_non_null(strstr(out.data, "PX-AUTH"));
    assert_null(strstr(out.data, "11111111-2222"));
    free(token_file);
    sim_stop(&sim);
    assert_int_equal(doctor(&out, false), 1); /* nobody listens any more */
    assert_non_null(strstr(out.data, "no TLS connection"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_wrong)};
    snprintf(config_file, sizeof(config_file), "/tmp/proximo-test-doctor-%d.yaml", (int)getpid());
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    setenv("XDG_STATE_HOME", "/nonexistent", 1);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(config_file);
    return failed;
}
