/* SPDX-License-Identifier: Apache-2.0 */
/* An executor's run inside its host: what it is asked, the descriptors it is handed, how it says the end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"
#include "plane/exec.h"
#include "plane/exec_run.h"
#include "plane/host.h"

#define CANCEL_STACK ((size_t)256 << 10)

/* Only in a run that goes on, or (late) in one that was stopped and is being wound up. */
static int32_t enter(struct proximo_call *call, const char *what, bool late)
{
    if (!call)
        return PROXIMO_EINVAL;
    if (call->kind != PLANE_CALL_EXEC)
        return host_not_here(call, what);
    return late ? 0 : host_stopped(call);
}

/* A run that contradicts itself has no outcome: the words are the call's, whatever the function returns. */
static int32_t contradict(struct proximo_call *call, const char *words)
{
    if (!*call->exec.fault)
        (void)snprintf(call->exec.fault, sizeof(call->exec.fault), "%s", words);
    return host_fail(call, PROXIMO_EINVAL, "%s", words);
}

static void close_fds(struct proximo_call *call)
{
    while (call->fd_count)
        (void)close(call->fds[--call->fd_count]);
}

void host_call_fd(const struct message_head *head, int fd)
{
    pthread_mutex_lock(&host.lock);
    struct proximo_call *call = host_call_find(head->call);
    bool wanted =
        call && call->waiting && call->seq == head->seq && !call->answered && call->fd_count < EXEC_FDS;
    if (wanted)
        call->fds[call->fd_count++] = fd;
    pthread_mutex_unlock(&host.lock);
    if (!wanted)
        (void)close(fd);
}

/* An upcall that is answered with so many descriptors. */
static int32_t ask_fds(struct proximo_call *call, uint32_t type, const struct buf *request, int32_t *ret[],
                       uint32_t count)
{
    struct body answer;

    pthread_mutex_lock(&host.lock);
    close_fds(call);
    pthread_mutex_unlock(&host.lock);
    int32_t code = host_upcall_answer(call, type, request, &answer);
    pthread_mutex_lock(&host.lock);
    if (code == 0 && call->fd_count != count)
        code = PROXIMO_EPROTO;
    if (code == 0)
        for (uint32_t i = 0; i < count; i++)
            *ret[i] = call->fds[i];
    if (code == 0)
        call->fd_count = 0;
    close_fds(call);
    pthread_mutex_unlock(&host.lock);
    return code;
}

int32_t host_connect(struct proximo_call *call, const char *endpoint, int32_t *ret_fd)
{
    struct buf request CLEANUP_BUF = BUF_INIT(4096);
    int32_t code = enter(call, "connect", false);

    if (code)
        return code;
    if (!endpoint || !ret_fd)
        return PROXIMO_EINVAL;
    body_put_text(&request, endpoint, strnlen(endpoint, EXEC_NAME_MOST + 1));
    return ask_fds(call, MESSAGE_CONNECT, &request, &ret_fd, 1);
}

int32_t host_spawn_program(struct proximo_call *call, const char *program, const struct proximo_text *argv,
                           uint32_t argc, int32_t *ret_stdin_fd, int32_t *ret_stdout_fd,
                           int32_t *ret_stderr_fd)
{
    struct buf request CLEANUP_BUF = BUF_INIT(EXEC_ARGV_MOST + 65536);
    int32_t *fds[EXEC_FDS] = {ret_stdin_fd, ret_stdout_fd, ret_stderr_fd};
    int32_t code = enter(call, "spawn", false);
    size_t bytes = 0;

    if (code)
        return code;
    if (!program || !argv || !ret_stdin_fd || !ret_stdout_fd || !ret_stderr_fd)
        return PROXIMO_EINVAL;
    if (argc == 0 || argc > EXEC_WORDS_MOST)
        return host_fail(call, PROXIMO_EINVAL, "%u words of argv; 1 to %u make sense", argc, EXEC_WORDS_MOST);
    body_put_text(&request, program, strnlen(program, EXEC_NAME_MOST + 1));
    body_put_u32(&request, argc);
    for (uint32_t i = 0; i < argc; i++) {
        if ((argv[i].len && !argv[i].ptr) || argv[i].len > EXEC_ARGV_MOST ||
            (bytes += (size_t)argv[i].len) > EXEC_ARGV_MOST)
            return host_fail(call, PROXIMO_EINVAL, "argv has more than %zu bytes", EXEC_ARGV_MOST);
        body_put_text(&request, argv[i].ptr ? argv[i].ptr : "", (size_t)argv[i].len);
    }
    return ask_fds(call, MESSAGE_SPAWN, &request, fds, EXEC_FDS);
}

int32_t host_material(struct proximo_call *call, const char *name, struct proximo_text *ret_bytes)
{
    struct buf request CLEANUP_BUF = BUF_INIT(4096);
    struct body answer;
    int32_t code = enter(call, "material", false);
    size_t len;

    if (code)
        return code;
    if (!name || !ret_bytes)
        return PROXIMO_EINVAL;
    body_put_text(&request, name, strnlen(name, EXEC_NAME_MOST + 1));
    code = host_upcall_answer(call, MESSAGE_MATERIAL, &request, &answer);
    if (code)
        return code;
    const char *bytes = body_text(&answer, &len);
    if (!body_end(&answer))
        return PROXIMO_EPROTO;
    *ret_bytes = (struct proximo_text){bytes, len};
    return 0;
}

int32_t host_secret_stdin(struct proximo_call *call, uint64_t secret_id, int32_t *ret_fd)
{
    struct buf request CLEANUP_BUF = BUF_INIT(64);
    int32_t code = enter(call, "secret_stdin", false);

    if (code)
        return code;
    if (!ret_fd)
        return PROXIMO_EINVAL;
    body_put_u64(&request, secret_id);
    return ask_fds(call, MESSAGE_SECRET, &request, &ret_fd, 1);
}

int32_t host_ended(struct proximo_call *call, int32_t *ret_exit_status, struct proximo_text *ret_signal)
{
    struct buf none = BUF_INIT(1);
    struct body answer;
    int32_t code = enter(call, "ended", true);
    size_t len;

    if (code)
        return code;
    if (!ret_exit_status || !ret_signal)
        return PROXIMO_EINVAL;
    code = host_upcall_late(call, MESSAGE_ENDED, &none, &answer);
    if (code)
        return code;
    int32_t status = (int32_t)body_u32(&answer);
    const char *signal_name = body_text(&answer, &len);
    if (!body_end(&answer))
        return PROXIMO_EPROTO;
    *ret_exit_status = status;
    *ret_signal = (struct proximo_text){signal_name, len};
    return 0;
}

int32_t host_output(struct proximo_call *call, uint32_t stream, struct proximo_text bytes)
{
    int32_t code = enter(call, "output", true);

    if (code)
        return code;
    if (stream != 1 && stream != 2)
        return contradict(call, "output is of stream 1 or 2");
    if (call->exec.said)
        return contradict(call, "it told of output after it had said how the command ended");
    if (bytes.len && !bytes.ptr)
        return PROXIMO_EINVAL;
    for (uint64_t at = 0; at < bytes.len; at += EXEC_PIECE) {
        struct buf body CLEANUP_BUF = BUF_INIT(MESSAGE_INLINE);
        uint64_t left = bytes.len - at;
        body_put_u32(&body, stream);
        body_put_text(&body, bytes.ptr + at, left < EXEC_PIECE ? (size_t)left : EXEC_PIECE);
        if (!buf_ok(&body))
            return PROXIMO_ENOMEM;
        host_send(&(struct message_head){.type = MESSAGE_OUTPUT, .call = call->id}, body.data, body.len);
    }
    return 0;
}

static int32_t say(struct proximo_call *call, const char *what, enum exec_said said)
{
    int32_t code = enter(call, what, true);

    if (code)
        return code;
    if (call->exec.said)
        return contradict(call, "it said twice how the command ended");
    call->exec.said = said;
    return 0;
}

int32_t host_exited(struct proximo_call *call, int32_t exit_status, const char *signal_name)
{
    bool by_signal = signal_name && *signal_name;

    if (call && call->kind == PLANE_CALL_EXEC &&
        (by_signal ? !exec_signal_fits(signal_name, strnlen(signal_name, EXEC_SIGNAL_SIZE))
                   : exit_status < 0))
        return contradict(call, "a command ends with a status of 0 or more, or by a signal (\"KILL\")");
    int32_t code = say(call, "exited", EXEC_SAID_EXITED);
    if (code)
        return code;
    call->exec.status = by_signal ? 0 : exit_status;
    (void)snprintf(call->exec.signal, sizeof(call->exec.signal), "%s", by_signal ? signal_name : "");
    return 0;
}

int32_t host_outcome_unknown(struct proximo_call *call, const char *why)
{
    int32_t code = say(call, "outcome_unknown", EXEC_SAID_UNKNOWN);

    if (code)
        return code;
    (void)snprintf(call->exec.why, sizeof(call->exec.why), "%s", why && *why ? why : "it gave no reason");
    return 0;
}

/* ---- the run */

static int read_request(struct proximo_call *call, struct proximo_exec *ret)
{
    struct body body = {call->input, call->input_len, false};
    struct proximo_exec exec = {.struct_size = (uint32_t)sizeof(exec)};
    size_t len;

    exec.deadline_ms = body_u64(&body);
    exec.output_limit = body_u64(&body);
    exec.stdin_secret_id = body_u64(&body);
    exec.target_json.ptr = body_text(&body, &len);
    exec.target_json.len = len;
    exec.argc = body_u32(&body);
    if (body.bad || exec.argc == 0 || exec.argc > EXEC_WORDS_MOST)
        return -EPROTO;
    struct proximo_text *argv = host_arena_alloc(call, exec.argc * sizeof(*argv));
    if (!argv)
        return -ENOMEM;
    for (uint32_t i = 0; i < exec.argc; i++) {
        argv[i].ptr = body_text(&body, &len);
        argv[i].len = len;
    }
    exec.argv = argv;
    if (!body_end(&body))
        return -EPROTO;
    *ret = exec;
    return 0;
}

int32_t host_run_exec(struct proximo_call *call)
{
    struct proximo_executor row;
    struct proximo_exec exec;

    if (host_row(&call->plane->plane.executors, call->row, &row, sizeof(row)) < 0 || !row.run ||
        read_request(call, &exec) < 0)
        return PROXIMO_EINTERNAL;
    int32_t code = row.run(call->plane->instance, call, &exec);
    if (*call->exec.fault)
        return host_fail(call, PROXIMO_EINTERNAL, "%s", call->exec.fault);
    if (!call->exec.said)
        return code ? code
                    : host_fail(call, PROXIMO_EINTERNAL, "it ended without saying how the command ended");
    body_put_u32(&call->reply, call->exec.said);
    body_put_u32(&call->reply, (uint32_t)call->exec.status);
    body_put_cstr(&call->reply, call->exec.signal);
    body_put_cstr(&call->reply, call->exec.why);
    return 0;
}

/* Beside run, in a thread of its own: the main thread must stay free for messages. */
static void *cancel_main(void *arg)
{
    struct proximo_call *call = arg;
    struct proximo_executor row;

    host_crash_stack();
    host_current_plane = call->plane;
    host_current_call = call->id;
    if (host_row(&call->plane->plane.executors, call->row, &row, sizeof(row)) == 0 && row.cancel)
        (void)row.cancel(call->plane->instance, call);
    host_current_plane = NULL;
    host_current_call = 0;
    pthread_mutex_lock(&host.lock);
    call->cancelling = false;
    pthread_cond_broadcast(&call->wake);
    pthread_mutex_unlock(&host.lock);
    return NULL;
}

void host_exec_cancel(struct proximo_call *call)
{
    struct proximo_executor row;

    if (call->kind != PLANE_CALL_EXEC || call->cancelling || !call->begun ||
        host_row(&call->plane->plane.executors, call->row, &row, sizeof(row)) < 0 || !row.cancel)
        return;
    call->cancelling = true;
    if (thread_start(cancel_main, call, CANCEL_STACK) < 0)
        call->cancelling = false;
}

void host_exec_done(struct proximo_call *call)
{
    close_fds(call);
}
