/* SPDX-License-Identifier: Apache-2.0 */
/* Starting proximo-sim as a child and making a client for it. */
#include "tests/integration/http/sim.h"

#include <ctype.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"

void sim_program(char path[4096])
{
    const char *dir = getenv("PROXIMO_TEST_BUILD_DIR");
    if (dir != NULL)
        snprintf(path, 4096, "%s/proximo-sim", dir);
    else
        snprintf(path, 4096, "%s/../../proximo-sim", file_program_dir());
}

static void sim_line(struct sim *sim, int fd)
{
    char line[4096];
    size_t len = 0;
    struct problem p = PROBLEM_INIT;
    while (len < sizeof(line) - 1 && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
    assert_int_equal(json_parse(line, len, &sim->told, &p), 0);
}

/* extra: NULL-terminated further arguments. */
void sim_start(struct sim *sim, const char *seed, const char *const extra[])
{
    char program[4096];
    int in[2], out[2];
    const char *text = NULL;
    const char *argv[16] = {program, "--seed", seed, "--exit-on-eof", "--auth-delay-ms", "0"};
    size_t argc = 6;
    int64_t port = 0;
    memset(sim, 0, sizeof(*sim));
    for (size_t i = 0; extra != NULL && extra[i] != NULL; i++)
        argv[argc++] = extra[i];
    sim_program(program);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    sim->pid = fork();
    assert_true(sim->pid >= 0);
    if (sim->pid == 0) {
        char *words[16];
        for (size_t i = 0; i <= argc; i++)
            words[i] = argv[i] == NULL ? NULL : strdup(argv[i]);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execv(program, words);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    sim->stdin_fd = in[1];
    sim_line(sim, out[0]);
    close(out[0]);
    assert_int_equal(json_get_int(sim->told, "port", &port), 0);
    snprintf(sim->url, sizeof(sim->url), "https://127.0.0.1:%d", (int)port);
    assert_int_equal(json_get_string(sim->told, "fingerprint", &text, NULL), 0);
    size_t n = 0;
    for (; *text != '\0' && n < 64; text++) {
        if (*text != ':')
            sim->fingerprint[n++] = (char)tolower((unsigned char)*text);
    }
    sim->endpoint = (struct config_endpoint){.url = sim->url, .fingerprint = sim->fingerprint};
}

char *sim_text(struct sim *sim, const char *object, const char *key)
{
    struct json_object *in = sim->told;
    const char *text = NULL;
    if (object != NULL)
        assert_int_equal(json_get(sim->told, object, json_type_object, &in), 0);
    assert_int_equal(json_get_string(in, key, &text, NULL), 0);
    return strdup(text);
}

void sim_client(struct sim *sim, const char *token)
{
    static char name[] = "sim";
    struct problem p = PROBLEM_INIT;
    char *kind = sim_text(sim, NULL, "kind");
    if (sim->client != NULL)
        sim->http->client_free(sim->client);
    free(sim->site.token_file);
    sim->site = (struct config_site){.name = name,
                                     .kind = strcmp(kind, "pbs") == 0 ? CONFIG_PBS : CONFIG_PVE,
                                     .endpoints = &sim->endpoint,
                                     .endpoint_count = 1,
                                     .token_file = sim_text(sim, "tokens", token),
                                     .timeout_s = 10};
    free(kind);
    sim->http = http_module_get(&p);
    if (sim->http == NULL)
        fail_msg("%s", p.cause);
    assert_int_equal(sim->http->client_new(&sim->site, &sim->client, &p), 0);
}

void sim_stop(struct sim *sim)
{
    int status = 0;
    if (sim->client != NULL)
        sim->http->client_free(sim->client);
    close(sim->stdin_fd);
    assert_int_equal(waitpid(sim->pid, &status, 0), sim->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    free(sim->site.token_file);
    json_object_put(sim->told);
}
