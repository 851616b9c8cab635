/* SPDX-License-Identifier: Apache-2.0 */
/* The real module, loaded as the program loads it, against proximo-sim: answers, errors as problems, faults.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "http/http.h"
#include "tests/integration/http/sim.h"

/* Sends a GET and returns the problem its answer makes (code "" when it is a good one). */
static struct problem told(struct sim *sim, const char *path, int expected_status)
{
    struct problem p = PROBLEM_INIT;
    struct http_answer answer = {0};
    const struct http_request request = {.method = "GET", .path = path};
    assert_int_equal(sim->http->request(sim->client, &request, &answer, NULL, &p), 0);
    if (answer.status != expected_status)
        fail_msg("GET %s: %d %s", path, answer.status, answer.reason);
    (void)http_answer_problem(&answer, "GET", path, &p);
    http_answer_done(&answer);
    return p;
}

static void test_answers(void **state)
{
    (void)state;
    struct sim sim;
    struct http_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    sim_start(&sim, "oracle", NULL);
    sim_client(&sim, "root");
    const struct http_request request = {.method = "GET", .path = "/version"};
    for (int i = 0; i < 3; i++) {
        struct json_object *body = NULL, *data = NULL;
        assert_int_equal(sim.http->request(sim.client, &request, &answer, NULL, &p), 0);
        assert_int_equal(answer.status, 200);
        assert_int_equal(json_parse(answer.body, answer.body_len, &body, &p), 0);
        assert_int_equal(json_get(body, "data", json_type_object, &data), 0);
        json_object_put(body);
        http_answer_done(&answer);
    }
    p = told(&sim, "/nodes/pve1/qemu/999/config", 500);
    assert_string_equal(p.code, PX_NOT_FOUND);
    assert_null(strstr(p.cause, "127.0.0.1"));
    p = told(&sim, "/nope", 501);
    assert_string_equal(p.code, PX_UNSUPPORTED);
    p = told(&sim, "/storage/nosuch", 500);
    assert_string_equal(p.code, PX_NOT_FOUND);
    p = told(&sim, "/nodes/nosuch/qemu", 500);
    assert_string_equal(p.code, PX_NOT_FOUND);
    p = told(&sim, "/nodes/pve1/qemu/abc/config", 400);
    assert_string_equal(p.code, PX_PARAM);
    assert_non_null(strstr(p.cause, "vmid"));

    sim_client(&sim, "alice-sep");
    p = told(&sim, "/nodes/pve1/lxc/105/config", 403);
    assert_string_equal(p.code, PX_PRIVILEGE);
    assert_non_null(strstr(p.next, "pveum acl modify /vms/105"));
    p = told(&sim, "/nodes/pve1/qemu/100/config", 200);
    sim_stop(&sim);
}

static void test_wrong_token(void **state)
{
    (void)state;
    struct sim sim;
    sim_start(&sim, "oracle", NULL);
    sim_client(&sim, "root");
    const char wrong[] = "root@pam!test=00000000-0000-0000-0000-000000000000\n";
    assert_int_equal(file_write_atomic(sim.site.token_file, wrong, sizeof(wrong) - 1, 0600), 0);
    struct problem p = told(&sim, "/version", 401);
    assert_string_equal(p.code, PX_AUTH);
    assert_non_null(strstr(p.cause, "Authentication failed!"));
    assert_null(strstr(p.cause, "00000000"));
    sim_stop(&sim);
}

/* The certificate itself as CA file: its names are checked. */
static void test_ca_file(void **state)
{
    (void)state;
    struct sim sim;
    sim_start(&sim, "demo", NULL);
    sim.endpoint.fingerprint = NULL;
    sim.endpoint.ca_file = sim_text(&sim, NULL, "ca_file");
    sim_client(&sim, "root");
    struct problem p = told(&sim, "/version", 200);
    assert_string_equal(p.code, "");
    free(sim.endpoint.ca_file);
    sim_stop(&sim);
}

static void test_wrong_certificate(void **state)
{
    (void)state;
    static const char *const extra[] = {"--wrong-cert", NULL};
    struct sim sim;
    struct http_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    bool sent = true;
    sim_start(&sim, "demo", extra);
    sim_client(&sim, "root");
    const struct http_request request = {.method = "GET", .path = "/version"};
    assert_int_equal(sim.http->request(sim.client, &request, &answer, &sent, &p), -EPROTO);
    assert_string_equal(p.code, PX_TLS);
    assert_false(sent);
    sim_stop(&sim);
}

/* A Backup Server: its own scheme of tokens, errors that are text, and the same severity about certificates.
 */
static void test_backup_server(void **state)
{
    (void)state;
    static const char *const extra[] = {"--auth-delay-ms", "0", NULL};
    static const char *const wrong[] = {"--wrong-cert", NULL};
    struct sim sim;
    struct http_answer answer = {0};
    struct problem p;
    bool sent = true;
    sim_start(&sim, "vault", extra);
    sim_client(&sim, "root");
    p = told(&sim, "/admin/datastore", 200);
    assert_string_equal(p.code, "");
    p = told(&sim, "/admin/datastore/main/rrd", 400);
    assert_non_null(strstr(p.cause, "timeframe"));
    sim_client(&sim, "backup-narrow");
    p = told(&sim, "/admin/datastore/main/gc", 403);
    assert_string_equal(p.code, PX_PRIVILEGE);
    const char bad[] = "root@pam!proximo:00000000-0000-0000-0000-000000000000\n";
    assert_int_equal(file_write_atomic(sim.site.token_file, bad, sizeof(bad) - 1, 0600), 0);
    p = told(&sim, "/version", 401);
    assert_string_equal(p.code, PX_AUTH);
    assert_null(strstr(p.cause, "00000000"));
    sim_stop(&sim);

    /* The fingerprint that is configured is another one; then the name, with the certificate as CA. */
    for (int by_name = 0; by_name < 2; by_name++) {
        sim_start(&sim, "vault", wrong);
        if (by_name) {
            sim.endpoint.fingerprint = NULL;
            sim.endpoint.ca_file = sim_text(&sim, NULL, "ca_file");
        }
        sim_client(&sim, "root");
        const struct http_request request = {.method = "GET", .path = "/version"};
        p = PROBLEM_INIT;
        assert_int_equal(sim.http->request(sim.client, &request, &answer, &sent, &p), -EPROTO);
        assert_string_equal(p.code, PX_TLS);
        assert_false(sent);
        free(sim.endpoint.ca_file);
        sim.endpoint.ca_file = NULL;
        sim_stop(&sim);
    }
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        int rc, status;
        const char *code;
    } cases[] = {
        {"/version:drop", -ECONNRESET, 0, PX_CONNECT},
        {"/version:half", -ECONNRESET, 0, PX_CONNECT},
        {"/version:500", 0, 500, PX_REMOTE},
        {"/version:596", 0, 596, PX_REMOTE},
        {"/version:slow:3000", -ETIMEDOUT, 0, PX_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const extra[] = {"--fault", cases[i].fault, NULL};
        struct sim sim;
        struct http_answer answer = {0};
        struct problem p = PROBLEM_INIT;
        sim_start(&sim, "demo", extra);
        sim_client(&sim, "root");
        const struct http_request request = {
            .method = "GET", .path = "/version", .deadline_ms = clock_ms() + 700};
        assert_int_equal(sim.http->request(sim.client, &request, &answer, NULL, &p), cases[i].rc);
        if (cases[i].rc == 0) {
            assert_int_equal(answer.status, cases[i].status);
            (void)http_answer_problem(&answer, "GET", "/version", &p);
        }
        assert_string_equal(p.code, cases[i].code);
        http_answer_done(&answer);
        sim_stop(&sim);
    }
}

static unsigned long hex_number(const char **at)
{
    static const char digits[] = "0123456789abcdef";
    unsigned long n = 0;
    for (const char *digit; **at != '\0' && (digit = strchr(digits, **at)) != NULL; (*at)++)
        n = n * 16 + (unsigned long)(digit - digits);
    return n;
}

/* The writable memory of this process, searched for a text that is only known disguised. */
static unsigned found_in_memory(const unsigned char *disguised, size_t len)
{
    char line[512];
    unsigned found = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        const char *word = line; /* "55d0c0000000-55d0c0001000 rw-p ..." */
        const unsigned long from = hex_number(&word);
        word += *word == '-' ? 1 : 0;
        const unsigned long to = hex_number(&word);
        if (strncmp(word, " rw-p", 5) != 0)
            continue;
        for (const volatile unsigned char *at = (const volatile unsigned char *)from;
             to - (unsigned long)at > len; at++) {
            size_t n = 0;
            while (n < len && (at[n] ^ 0x5a) == disguised[n])
                n++;
            found += n == len ? 1 : 0;
        }
    }
    fclose(maps);
    return found;
}

/* After a request neither the client nor libcurl keeps the token anywhere, also while the connection is kept.
 */
static void test_token_is_wiped(void **state)
{
    (void)state;
    static unsigned char disguised[36];
    unsigned char text[512];
    struct sim sim;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* their shadow memory is too much to search */
#endif
    sim_start(&sim, "demo", NULL);
    sim_client(&sim, "root");
    const int fd = open(sim.site.token_file, O_RDONLY | O_CLOEXEC);
    const ssize_t n = read(fd, text, sizeof(text));
    close(fd);
    assert_true(n > 40);
    const size_t end = text[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n;
    for (size_t i = 0; i < sizeof(disguised); i++)
        disguised[i] = text[end - sizeof(disguised) + i] ^ 0x5a;
    assert_true(found_in_memory(disguised, sizeof(disguised)) > 0); /* the search finds what is there */
    explicit_bzero(text, sizeof(text));
    assert_int_equal(found_in_memory(disguised, sizeof(disguised)), 0);
    for (int i = 0; i < 3; i++) {
        struct problem p = told(&sim, "/version", 200);
        assert_string_equal(p.code, "");
    }
    assert_int_equal(found_in_memory(disguised, sizeof(disguised)), 0);
    sim_stop(&sim);
}

int main(void)
{
    char program[4096], keys[64];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),       cmocka_unit_test(test_wrong_token),
        cmocka_unit_test(test_ca_file),       cmocka_unit_test(test_wrong_certificate),
        cmocka_unit_test(test_faults),        cmocka_unit_test(test_token_is_wiped),
        cmocka_unit_test(test_backup_server),
    };
    sim_program(program);
    if (access(program, X_OK) != 0) {
        print_message("proximo-sim is not built (%s)\n", program);
        return 1;
    }
    /* No environment makes the client write down the keys of its connections. */
    snprintf(keys, sizeof(keys), "/tmp/proximo-test-keys-%d", (int)getpid());
    setenv("SSLKEYLOGFILE", keys, 1);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (access(keys, F_OK) != 0)
        return failed;
    print_message("the keys of TLS connections were written to %s\n", keys);
    unlink(keys);
    return 1;
}
