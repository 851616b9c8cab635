/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_exec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"

struct fake_exec fake_exec;

void fake_exec_reset(void)
{
    fake_exec = (struct fake_exec){.end = EXEC_EXITED};
}

static void see(const struct plane_exec *exec)
{
    struct buf words = BUF_INIT(sizeof(fake_exec.argv));

    for (size_t i = 0; i < exec->argc; i++) {
        buf_char(&words, '[');
        buf_add(&words, exec->argv[i].ptr, exec->argv[i].len);
        buf_char(&words, ']');
    }
    (void)snprintf(fake_exec.argv, sizeof(fake_exec.argv), "%s", words.data ? words.data : "");
    buf_done(&words);
    (void)snprintf(fake_exec.input, sizeof(fake_exec.input), "%.*s", (int)exec->stdin_len,
                   exec->stdin_bytes ? exec->stdin_bytes : "");
    (void)snprintf(fake_exec.target, sizeof(fake_exec.target), "%s", exec->target_json);
    fake_exec.output_limit = exec->output_limit;
    fake_exec.run_ms = exec->run_ms;
}

static void write_stream(struct plane_exec_stream *stream, const char *text, size_t len, size_t limit)
{
    if (text && !len)
        len = strlen(text);
    stream->kept = BUF_INIT(limit + 1);
    stream->total = len;
    buf_add(&stream->kept, text ? text : "", len < limit ? len : limit);
}

int __wrap_planes_exec(struct planes *planes, const struct plane_exec *exec, struct plane_exec_result *ret,
                       struct problem *p);
int __wrap_planes_exec(struct planes *planes, const struct plane_exec *exec, struct plane_exec_result *ret,
                       struct problem *p)
{
    (void)planes;
    memset(ret, 0, sizeof(*ret));
    if (fake_exec.refusal)
        return problem_set(p, fake_exec.refusal, PX_PLANE, "the request is wrong");
    if (!exec->change) /* a step of a plan says so */
        return problem_set(p, -EROFS, PX_READ_ONLY, "not of a plan");
    fake_exec.runs++;
    see(exec);
    if (fake_exec.hook)
        fake_exec.hook();
    ret->end = fake_exec.end;
    for (int64_t until = clock_ms() + 5000; fake_exec.waits && clock_ms() < until;) {
        if (cancel_is_set(exec->cancel)) {
            ret->end = EXEC_TIMED_OUT;
            break;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    ret->exit_status = fake_exec.exit_status;
    if (fake_exec.signal)
        (void)snprintf(ret->signal, sizeof(ret->signal), "%s", fake_exec.signal);
    if (fake_exec.why)
        (void)problem_set(&ret->why, -EIO, PX_CONNECT, "%s", fake_exec.why);
    if (ret->end != EXEC_NOT_STARTED) {
        write_stream(&ret->out, fake_exec.out, fake_exec.out_len, exec->output_limit);
        write_stream(&ret->err, fake_exec.err, fake_exec.err_len, exec->output_limit);
    }
    return 0;
}

bool __wrap_planes_executor_find(struct planes *planes, const char *name, const char **ret_plane,
                                 const char **ret_target_schema);
bool __wrap_planes_executor_find(struct planes *planes, const char *name, const char **ret_plane,
                                 const char **ret_target_schema)
{
    static const char schema[] =
        "{\"type\":\"object\",\"properties\":{\"node\":{\"type\":\"string\"},\"vmid\":{\"type\":\"integer\","
        "\"minimum\":100}},\"required\":[\"node\"],\"additionalProperties\":false}";

    (void)planes;
    if (fake_exec.gone || (strcmp(name, "exec") != 0 && strcmp(name, "other") != 0))
        return false;
    if (ret_plane)
        *ret_plane = strcmp(name, "exec") == 0 ? "exec" : "other";
    if (ret_target_schema)
        *ret_target_schema = schema;
    return true;
}

void __wrap_plane_exec_result_done(struct plane_exec_result *result);
void __wrap_plane_exec_result_done(struct plane_exec_result *result)
{
    buf_done(&result->out.kept);
    buf_done(&result->err.kept);
    memset(result, 0, sizeof(*result));
}
