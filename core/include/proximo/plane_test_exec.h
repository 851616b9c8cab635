/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plane_test_exec.h - part of plane_test.h: what an executor is given by the fake host. Connections and
 * processes are the test's own: callbacks that return real descriptors (a socketpair, pipes), or none.
 */
#ifndef PROXIMO_PLANE_TEST_EXEC_H
#define PROXIMO_PLANE_TEST_EXEC_H

#include <unistd.h>

#include "proximo/plane_test_base.h"

/* late: works on after the run was cancelled, as the host does it. */
PLANE_TEST_FN int32_t plane_test_exec_place(struct proximo_call *call, int late)
{
    if (call->test->kind != PLANE_TEST_EXEC)
        return PROXIMO_ENOSYS;
    return call->test->cancelled && !late ? PROXIMO_ECANCELLED : 0;
}

/* Kept in the list "connects". */
PLANE_TEST_FN int32_t plane_test_connect(struct proximo_call *call, const char *endpoint, int32_t *ret_fd)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_exec_place(call, 0);
    if (r)
        return r;
    plane_test_put_str(&j, NULL, endpoint);
    r = plane_test_tell(&j, "connects", endpoint && *endpoint ? 0 : PROXIMO_EINVAL);
    if (r)
        return r;
    return call->test->connect ? call->test->connect(call->test, endpoint, ret_fd) : PROXIMO_EDENIED;
}

/* Kept in the list "spawns": {"program":"ssh","argv":["ssh","-x"]}. Once a run. */
PLANE_TEST_FN int32_t plane_test_spawn(struct proximo_call *call, const char *program,
                                       const struct proximo_text *argv, uint32_t argc, int32_t *ret_stdin_fd,
                                       int32_t *ret_stdout_fd, int32_t *ret_stderr_fd)
{
    struct plane_test *t = call->test;
    struct plane_test_json j = {t, NULL, 0, 0};
    int32_t fds[3] = {-1, -1, -1}, r = plane_test_exec_place(call, 0);
    if (r)
        return r;
    if (!program || !*program || !argv || argc == 0 || t->spawned)
        return t->spawned ? PROXIMO_ESTATE : PROXIMO_EINVAL;
    plane_test_put(&j, "{", 1);
    plane_test_put_str(&j, "program", program);
    plane_test_put_key(&j, "argv");
    plane_test_put(&j, "[", 1);
    for (uint32_t i = 0; i < argc; i++) {
        if (i)
            plane_test_put(&j, ",", 1);
        plane_test_put_text(&j, NULL, argv[i].ptr ? argv[i].ptr : "", argv[i].len);
    }
    plane_test_put(&j, "]}", 2);
    r = plane_test_tell(&j, "spawns", 0);
    if (r == 0)
        r = t->spawn ? t->spawn(t, program, argv, argc, fds) : PROXIMO_EDENIED;
    if (r)
        return r;
    t->spawned = 1;
    *ret_stdin_fd = fds[0];
    *ret_stdout_fd = fds[1];
    *ret_stderr_fd = fds[2];
    return 0;
}

/* What the test set: ended_status, ended_signal. */
PLANE_TEST_FN int32_t plane_test_ended(struct proximo_call *call, int32_t *ret_exit_status,
                                       struct proximo_text *ret_signal)
{
    const struct plane_test *t = call->test;
    int32_t r = plane_test_exec_place(call, 1);
    if (r)
        return r;
    if (!t->spawned)
        return PROXIMO_ENOTFOUND;
    *ret_exit_status = t->ended_signal ? -1 : t->ended_status;
    ret_signal->ptr = t->ended_signal ? t->ended_signal : "";
    ret_signal->len = strlen(ret_signal->ptr);
    return 0;
}

PLANE_TEST_FN int32_t plane_test_material_of(struct proximo_call *call, const char *name,
                                             struct proximo_text *ret_bytes)
{
    const struct plane_test *t = call->test;
    int32_t r = plane_test_exec_place(call, 0);
    for (uint32_t i = 0; r == 0 && i < t->material_count; i++)
        if (strcmp(t->materials[i].name, name) == 0) {
            *ret_bytes = t->materials[i].bytes;
            return 0;
        }
    return r ? r : PROXIMO_EDENIED;
}

/* A pipe with the secret of plane_test_exec_secret. */
PLANE_TEST_FN int32_t plane_test_secret_stdin(struct proximo_call *call, uint64_t secret_id, int32_t *ret_fd)
{
    struct plane_test *t = call->test;
    int fds[2];
    int32_t r = plane_test_exec_place(call, 0);
    if (r)
        return r;
    if (secret_id != 1 || !t->secret.ptr)
        return PROXIMO_ENOTFOUND;
    if (t->secret_given++)
        return PROXIMO_ESTATE;
    if (pipe(fds) < 0)
        return PROXIMO_ENOMEM;
    if (write(fds[1], t->secret.ptr, (size_t)t->secret.len) != (ssize_t)t->secret.len)
        abort(); /* a test's secret fits into a pipe */
    (void)close(fds[1]);
    *ret_fd = fds[0];
    return 0;
}

/* Together in t.output[1] and t.output[2]. */
PLANE_TEST_FN int32_t plane_test_output(struct proximo_call *call, uint32_t stream, struct proximo_text bytes)
{
    struct plane_test *t = call->test;
    int32_t r = plane_test_exec_place(call, 1);
    if (r)
        return r;
    if (stream < 1 || stream > 2 || t->said) {
        t->contradicted = 1;
        return PROXIMO_EINVAL;
    }
    struct proximo_text *all = &t->output[stream];
    char *more = (char *)plane_test_keep(t, all->len + bytes.len + 1);
    if (!more)
        return PROXIMO_ENOMEM;
    if (all->len)
        memcpy(more, all->ptr, (size_t)all->len);
    if (bytes.len)
        memcpy(more + all->len, bytes.ptr, (size_t)bytes.len);
    all->ptr = more;
    all->len += bytes.len;
    return 0;
}

PLANE_TEST_FN int32_t plane_test_say(struct proximo_call *call, int said)
{
    struct plane_test *t = call->test;
    int32_t r = plane_test_exec_place(call, 1);
    if (r)
        return r;
    if (t->said) {
        t->contradicted = 1;
        return PROXIMO_EINVAL;
    }
    t->said = said;
    return 0;
}

PLANE_TEST_FN int32_t plane_test_exited(struct proximo_call *call, int32_t exit_status,
                                        const char *signal_name)
{
    int32_t r = plane_test_say(call, PLANE_TEST_EXITED);
    if (r == 0) {
        call->test->exit_status = exit_status;
        (void)snprintf(call->test->exit_signal, sizeof(call->test->exit_signal), "%s",
                       signal_name ? signal_name : "");
    }
    return r;
}

PLANE_TEST_FN int32_t plane_test_outcome_unknown(struct proximo_call *call, const char *why)
{
    int32_t r = plane_test_say(call, PLANE_TEST_UNKNOWN);
    if (r == 0)
        (void)snprintf(call->test->unknown_why, sizeof(call->test->unknown_why), "%s", why ? why : "");
    return r;
}

/* A file that the configuration would name. */
PLANE_TEST_FN void plane_test_material(struct plane_test *t, const char *name, const char *bytes,
                                       uint64_t len)
{
    if (t->material_count == PLANE_TEST_MOST)
        abort();
    t->materials[t->material_count].name = plane_test_copy(t, name, strlen(name));
    t->materials[t->material_count].bytes.ptr = plane_test_copy(t, bytes, len);
    t->materials[t->material_count++].bytes.len = len;
}

/* What comes from secret_stdin; the executor is told of it as stdin_secret_id 1. */
PLANE_TEST_FN void plane_test_exec_secret(struct plane_test *t, const char *bytes, uint64_t len)
{
    t->secret.ptr = plane_test_copy(t, bytes, len);
    t->secret.len = len;
}

#endif
