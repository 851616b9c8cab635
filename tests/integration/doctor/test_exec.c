/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor says of commands in guests: lists, keys, host keys, endpoints, two machines, and what answers.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/integration/doctor/run.h"
#include "tests/integration/http/sim.h"

#define EXEC "exec"
#define HEAD "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define TAIL "\n-----END OPENSSH PRIVATE KEY-----\n"

/* Heads of key files; there is no key behind them. */
#define ED25519                                                                                              \
    HEAD "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQAAACABAQEBAQEBAQEBA" \
         "QEBAQEBAQEBAQEBAQEBAQEBAQEBAQAAACgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" TAIL
#define RSA                                                                                                  \
    HEAD "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAALwAAAAdzc2gtcnNhAAAAIAEBAQEBAQEBAQEBAQEBA" \
         "QEBAQEBAQEBAQEBAQEBAQEBAAAAKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" TAIL
#define SEALED                                                                                               \
    HEAD "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQAAACABAQEBA" \
         "QEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQAAACgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"    \
         "A" TAIL

/* A configuration with the exec plane: the lines below planes.exec. Valid until the next call. */
static const char *configure(struct sim *sim, const char *exec)
{
    char text[4096];
    char *token_file = sim_text(sim, "tokens", "audit-readonly");

    snprintf(text, sizeof(text),
             "mode: guarded\nplanes:\n  nodes:\n  guests:\n  exec:\n%ssites:\n  lab:\n    url: %s\n"
             "    token_file: %s\n    fingerprint: %s\n",
             exec, sim->url, token_file, sim->fingerprint);
    free(token_file);
    return run_file("proximo.yaml", text);
}

static void what_is_broad(void **state)
{
    char identity[128], known[128], exec[2048];
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", NULL);
    snprintf(identity, sizeof(identity), "%s", run_file("key", ED25519));
    snprintf(known, sizeof(known), "%s", run_file("known_hosts", "pve1 ssh-ed25519 AAAA\n"));
    snprintf(exec, sizeof(exec),
             "    endpoints:\n      pve1: tcp://10.10.10.11:22\n      pve2: tcp://192.0.2.2:22\n"
             "      pve9: tcp://192.0.2.9:22\n"
             "    material:\n      identity: %s\n      known_hosts: %s\n"
             "    config:\n      ct: [105, 200-900, \"tag:web\"]\n      vm: [\"*\"]\n",
             identity, known);
    struct json_object *report = run_doctor(configure(&sim, exec), &status);

    assert_int_equal(status, 0);
    report_expect(report, EXEC, "note", "commands inside guests: on, mode guarded, back end libssh2");
    report_expect(report, EXEC, "ok", "containers that commands may run in: 105, 200-900, tag:web");
    report_expect(report, EXEC, "note", "planes.exec.config.ct is broad: 200-900");
    report_expect(report, EXEC, "note", "planes.exec.config.ct goes by tags");
    report_expect(report, EXEC, "ok", "machines that commands may run in: all");
    report_expect(report, EXEC, "note", "planes.exec.config.vm is broad: *");
    report_expect(report, EXEC, "note", "commands log in as root");
    report_expect(report, EXEC, "ok", "kind ssh-ed25519");
    report_expect_not(report, EXEC, "no host key of pve1");
    report_expect(report, EXEC, "note", "no host key of pve2 is known");
    report_expect(report, EXEC, "note", "pve3 has no endpoint");
    report_expect(report, EXEC, "note", "endpoint pve9: no node of a site has that name");
    /* Two machines: by the cluster's own addresses, and by where the API is. */
    report_expect_not(report, EXEC, "pve1: commands go to");
    struct json_object *split = report_check(report, EXEC, "pve2: commands go to 192.0.2.2");
    assert_string_equal(check_text(split, "cluster_ip"), "10.10.10.12");
    split = report_check(report, EXEC, "API and ssh may be two machines");
    assert_string_equal(check_text(split, "node"), "pve1");
    assert_string_equal(check_text(split, "api_host"), "127.0.0.1");
    json_object_put(report);
    sim_stop(&sim);
}

static void wrong_keys(void **state)
{
    static const struct {
        const char *text, *says;
    } keys[] = {
        {RSA, "is an RSA key"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "is an RSA key"},
        {SEALED, "has a passphrase"},
    };
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", NULL);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char exec[1024];

        snprintf(exec, sizeof(exec),
                 "    endpoints:\n      pve1: tcp://10.10.10.11:22\n    material:\n      identity: %s\n",
                 run_file("key", keys[i].text));
        struct json_object *report = run_doctor(configure(&sim, exec), &status);
        assert_int_equal(status, 1);
        report_expect(report, EXEC, "problem", keys[i].says);
        report_expect(report, EXEC, "problem", "no host key is known");
        assert_null(strstr(json_object_to_json_string(report), "BEGIN"));
        json_object_put(report);
    }
    const char *path = run_file("key", ED25519);
    char exec[1024];
    assert_int_equal(chmod(path, 0644), 0);
    snprintf(exec, sizeof(exec),
             "    endpoints:\n      pve1: tcp://10.10.10.11:22\n    material:\n      identity: %s\n", path);
    struct json_object *report = run_doctor(configure(&sim, exec), &status);
    assert_int_equal(status, 1);
    report_expect(report, EXEC, "problem", "PX-SECRET-FILE");
    json_object_put(report);
    sim_stop(&sim);
}

/* ---- what answers */

struct listener {
    int fd;
    uint16_t port;
    const char *says;
    pthread_t thread;
};

static void *answer_once(void *arg)
{
    struct listener *l = arg;
    const int fd = accept(l->fd, NULL, NULL);

    if (fd >= 0) {
        assert_int_equal(write(fd, l->says, strlen(l->says)), (ssize_t)strlen(l->says));
        close(fd);
    }
    return NULL;
}

static void listen_on(struct listener *l, const char *says)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    l->says = says;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(l->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(l->fd, 1), 0);
    assert_int_equal(getsockname(l->fd, (struct sockaddr *)&address, &len), 0);
    l->port = ntohs(address.sin_port);
}

static void probe(struct sim *sim, const char *says, int expected, const char *piece)
{
    CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 20);
    struct listener l;
    char exec[512];

    listen_on(&l, says ? says : "");
    snprintf(exec, sizeof(exec),
             "    endpoints:\n      pve1: tcp://127.0.0.1:%u\n    programs:\n      ssh: /usr/bin/ssh\n"
             "    config:\n      backend: openssh\n",
             l.port);
    if (says)
        assert_int_equal(pthread_create(&l.thread, NULL, answer_once, &l), 0);
    else
        close(l.fd);
    const char *const words[] = {"doctor", "--config", configure(sim, exec), "--probe", NULL};
    assert_int_equal(run_program(&out, words), expected);
    if (!strstr(out.data, piece))
        fail_msg("no %s in %s", piece, out.data);
    if (says) {
        (void)pthread_join(l.thread, NULL);
        close(l.fd);
    }
}

static void what_answers(void **state)
{
    struct sim sim;

    (void)state;
    sim_start(&sim, "demo", NULL);
    probe(&sim, "hello\r\nSSH-2.0-OpenSSH_9.2\r\n", 0,
          "answers as SSH-2.0-OpenSSH_9.2 (no key was exchanged)");
    probe(&sim, "HTTP/1.1 400 Bad Request\r\n", 1, "it is connected to, and says nothing");
    probe(&sim, NULL, 1, "no connection");
    sim_stop(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_broad), cmocka_unit_test(wrong_keys),
                                       cmocka_unit_test(what_answers)};

    return cmocka_run_group_tests(tests, run_open, run_close);
}
