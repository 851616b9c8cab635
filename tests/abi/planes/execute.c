/* SPDX-License-Identifier: Apache-2.0 */
/* An executor that does what the first word of the command says: decent things, and the others. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tiny.h"

static volatile int woken;

static int word_is(const struct proximo_exec *exec, uint32_t index, const char *word)
{
    return index < exec->argc && exec->argv[index].len == strlen(word) &&
           memcmp(exec->argv[index].ptr, word, strlen(word)) == 0;
}

static const char *word(struct proximo_call *call, const struct proximo_exec *exec, uint32_t index)
{
    uint64_t len = index < exec->argc ? exec->argv[index].len : 0;
    char *copy = host->alloc(call, len + 1);

    if (copy && len)
        memcpy(copy, exec->argv[index].ptr, len);
    return copy ? copy : "";
}

/* All of a descriptor as output. */
static int32_t drain(struct proximo_call *call, int fd, uint32_t stream)
{
    char bytes[8192];
    ssize_t n;
    int32_t r = 0;

    while (r == 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
        r = host->output(call, stream, (struct proximo_text){bytes, (uint64_t)n});
    (void)close(fd);
    return r;
}

/* The secret into a descriptor, which is closed then. */
static int32_t feed(struct proximo_call *call, const struct proximo_exec *exec, int into)
{
    char bytes[4096];
    int32_t fd, r = exec->stdin_secret_id ? host->secret_stdin(call, exec->stdin_secret_id, &fd) : 0;
    ssize_t n;

    if (r == 0 && exec->stdin_secret_id) {
        while ((n = read(fd, bytes, sizeof(bytes))) > 0)
            if (write(into, bytes, (size_t)n) != n)
                break;
        (void)close(fd);
    }
    return r;
}

static int32_t spawn(struct proximo_call *call, const struct proximo_exec *exec)
{
    struct proximo_text signal_name = {NULL, 0};
    int32_t in, out, err, status = 0;
    char name[32];
    int32_t r = host->spawn(call, word(call, exec, 1), exec->argv + 2, exec->argc - 2, &in, &out, &err);

    if (r)
        return r;
    r = feed(call, exec, in);
    (void)close(in);
    if (r == 0)
        r = drain(call, out, 1);
    if (r == 0)
        r = drain(call, err, 2);
    if (r == 0)
        r = host->ended(call, &status, &signal_name);
    if (r)
        return r;
    (void)snprintf(name, sizeof(name), "%.*s", (int)signal_name.len, signal_name.ptr);
    return host->exited(call, status < 0 ? 0 : status, name);
}

static int32_t echo(struct proximo_call *call, const struct proximo_exec *exec)
{
    int32_t fd, r = host->connect(call, word(call, exec, 1), &fd);

    if (r)
        return r;
    r = feed(call, exec, fd);
    (void)shutdown(fd, SHUT_WR);
    if (r == 0)
        r = drain(call, fd, 1);
    return r ? r : host->exited(call, 0, NULL);
}

/* What an SSH library does to a socket; the bits of what was refused. */
static int32_t options(struct proximo_call *call, const struct proximo_exec *exec)
{
    int32_t fd, r = host->connect(call, word(call, exec, 1), &fd);
    int value = 1, refused = 0;
    socklen_t size = sizeof(value);

    if (r)
        return r;
    refused |= getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size) < 0 ? 1 : 0;
    value = 1;
    refused |= setsockopt(fd, 6, 1, &value, sizeof(value)) < 0 ? 2 : 0; /* IPPROTO_TCP, TCP_NODELAY */
    refused |= fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? 4 : 0;
    refused |= setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof(value)) < 0 ? 8 : 0;
    refused |= getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &value, &size) < 0 ? 16 : 0;
    refused |= socket(AF_INET, SOCK_STREAM, 0) < 0 ? 32 : 0;
    (void)close(fd);
    return host->exited(call, refused, NULL);
}

static int32_t flood(struct proximo_call *call, const struct proximo_exec *exec)
{
    char bytes[50000];
    int32_t r = 0;

    (void)exec;
    memset(bytes, 'x', sizeof(bytes));
    for (int i = 0; r == 0 && i < 200; i++)
        r = host->output(call, i % 2 ? 2 : 1, (struct proximo_text){bytes, sizeof(bytes)});
    return r ? r : host->exited(call, 3, NULL);
}

/* A message of its own making: type OUTPUT, for the call whose number the second word is. */
static int32_t forge(struct proximo_call *call, const struct proximo_exec *exec, int with_fd)
{
    struct {
        uint32_t type;
        int32_t code;
        uint64_t call;
        uint32_t seq, flags;
        uint64_t length;
        uint32_t stream, size;
        char bytes[8];
    } message = {.type = (uint32_t)atoi(word(call, exec, 2)),
                 .call = (uint64_t)atoi(word(call, exec, 1)),
                 .length = 16,
                 .stream = 1,
                 .size = with_fd ? 8 : 4000,
                 .bytes = "forged!"};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec iov = {&message, sizeof(message)};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    int fd = 2;

    if (with_fd) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    if (sendmsg(3, &msg, 0) < 0)
        return PROXIMO_EINTERNAL;
    return host->exited(call, 0, NULL);
}

static int32_t hang(void)
{
    const struct timespec moment = {.tv_nsec = 20000000};

    for (int i = 0; i < 3000; i++)
        (void)nanosleep(&moment, NULL);
    return 0;
}

/* Until cancel wakes it. */
static int32_t wait_for_cancel(struct proximo_call *call)
{
    const struct timespec moment = {.tv_nsec = 5000000};

    woken = 0;
    while (!woken)
        (void)nanosleep(&moment, NULL);
    if (host->cancelled(call) != 1)
        return PROXIMO_EINTERNAL;
    (void)host->output(call, 1, (struct proximo_text){"woken", 5});
    return host->exited(call, 0, "TERM");
}

static int32_t material(struct proximo_call *call, const struct proximo_exec *exec)
{
    struct proximo_text bytes;
    int32_t r = host->material(call, word(call, exec, 1), &bytes);

    if (r == 0)
        r = host->output(call, 1, bytes);
    return r ? r : host->exited(call, 0, NULL);
}

static int32_t show_target(struct proximo_call *call, const struct proximo_exec *exec)
{
    int32_t r = host->output(call, 1, exec->target_json);

    for (uint32_t i = 0; r == 0 && i < exec->argc; i++) {
        r = host->output(call, 2, exec->argv[i]);
        if (r == 0)
            r = host->output(call, 2, (struct proximo_text){"\x1b|\xff\r\n", 5});
    }
    return r ? r : host->exited(call, 7, NULL);
}

/* What is only said, not done. The first word's second half says what. */
static int32_t say(struct proximo_call *call, const struct proximo_exec *exec)
{
    int32_t fd = -1;

    if (word_is(exec, 1, "connected") && host->connect(call, "echo", &fd))
        return PROXIMO_EUNAVAIL;
    if (word_is(exec, 0, "crash"))
        abort();
    if (word_is(exec, 0, "hang"))
        return hang();
    if (word_is(exec, 0, "silent"))
        return 0;
    if (word_is(exec, 0, "refused"))
        return host->fail(call, PROXIMO_EDENIED, "the key was not accepted");
    if (word_is(exec, 0, "lost"))
        return host->fail(call, PROXIMO_EREMOTE, "the connection was lost");
    if (word_is(exec, 0, "unknown"))
        return host->outcome_unknown(call, "nobody saw it");
    if (word_is(exec, 0, "signal"))
        return host->exited(call, 0, "KILL");
    if (word_is(exec, 0, "nosignal"))
        return host->exited(call, 0, "kill me\n");
    if (word_is(exec, 0, "negative"))
        return host->exited(call, -5, NULL);
    (void)host->exited(call, 0, NULL);
    if (word_is(exec, 0, "twice"))
        (void)host->exited(call, 1, NULL);
    if (word_is(exec, 0, "both"))
        (void)host->outcome_unknown(call, "or not");
    if (word_is(exec, 0, "after"))
        (void)host->output(call, 1, (struct proximo_text){"late", 4});
    return 0;
}

static int32_t run(void *instance, struct proximo_call *call, const struct proximo_exec *exec)
{
    (void)instance;
    if (word_is(exec, 0, "spawn") && exec->argc > 2)
        return spawn(call, exec);
    if (word_is(exec, 0, "echo"))
        return echo(call, exec);
    if (word_is(exec, 0, "options"))
        return options(call, exec);
    if (word_is(exec, 0, "flood"))
        return flood(call, exec);
    if (word_is(exec, 0, "forge") || word_is(exec, 0, "forge-fd"))
        return forge(call, exec, word_is(exec, 0, "forge-fd"));
    if (word_is(exec, 0, "cancel"))
        return wait_for_cancel(call);
    if (word_is(exec, 0, "material"))
        return material(call, exec);
    if (word_is(exec, 0, "target"))
        return show_target(call, exec);
    return say(call, exec);
}

static int32_t cancel(void *instance, struct proximo_call *call)
{
    (void)instance;
    (void)call;
    woken = 1;
    return 0;
}

/* ---- reads of this plane, which look by its executor */

static int32_t look(void *instance, struct proximo_call *call)
{
    struct proximo_text node = {"", 0}, what = {"", 0};
    struct proximo_answer answer = {.struct_size = sizeof(answer)};
    char values[2][256];

    (void)instance;
    (void)host->argument(call, "name", &node);
    (void)host->argument(call, "what", &what);
    (void)snprintf(values[0], sizeof(values[0]), "%.*s", (int)node.len, node.ptr);
    (void)snprintf(values[1], sizeof(values[1]), "%.*s", (int)what.len, what.ptr);
    const struct proximo_field fields[] = {
        {.struct_size = sizeof(fields[0]), .name = "node", .value = values[0]},
        {.struct_size = sizeof(fields[0]), .name = "what", .value = values[1]}};
    int32_t r = host->probe(call, "look", fields, 2, &answer);
    if (r)
        return r;
    const struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_JSON, .data = answer.data};
    return host->reply(call, &block, 1);
}

/* None of it is a read's business. */
static int32_t trespass(void *instance, struct proximo_call *call)
{
    const struct proximo_text argv[] = {{"true", 4}};
    struct proximo_text bytes;
    int32_t a, b, c;

    (void)instance;
    return tiny_result(call, host->connect(call, "echo", &a) != PROXIMO_ENOSYS ||
                                 host->spawn(call, "sh", argv, 1, &a, &b, &c) != PROXIMO_ENOSYS ||
                                 host->material(call, "known", &bytes) != PROXIMO_ENOSYS ||
                                 host->secret_stdin(call, 1, &a) != PROXIMO_ENOSYS ||
                                 host->output(call, 1, argv[0]) != PROXIMO_ENOSYS ||
                                 host->exited(call, 0, NULL) != PROXIMO_ENOSYS ||
                                 host->ended(call, &a, &bytes) != PROXIMO_ENOSYS ||
                                 host->outcome_unknown(call, "x") != PROXIMO_ENOSYS);
}

#define PARAM(param_name)                                                                                    \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_param), .type = PROXIMO_TYPE_STRING,                            \
        .flags = PROXIMO_PARAM_REQUIRED, .name = (param_name), .description = "Of a test."                   \
    }
static const struct proximo_param look_params[] = {PARAM("name"), PARAM("what")};
static const struct proximo_read reads[] = {{.struct_size = sizeof(struct proximo_read),
                                             .name = "execute_look",
                                             .description = "A tool of a test.",
                                             .params = PROXIMO_TABLE(look_params),
                                             .flags = PROXIMO_READ_SINGLE,
                                             .read = look},
                                            TINY_READ("execute_trespass", trespass)};
static const struct proximo_param probe_params[] = {PARAM("node"), PARAM("what")};
#define WORD(text)                                                                                           \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_field), .value = (text)                                         \
    }
static const struct proximo_field probe_argv[] = {WORD("target"), WORD("-x"), WORD("{what}")};
static const struct proximo_probe probes[] = {{.struct_size = sizeof(struct proximo_probe),
                                               .name = "look",
                                               .description = "Looks.",
                                               .params = PROXIMO_TABLE(probe_params),
                                               .executor = "test-run",
                                               .argv = PROXIMO_TABLE(probe_argv)}};
static const struct proximo_executor executors[] = {
    {.struct_size = sizeof(struct proximo_executor),
     .name = "test-run",
     .description = "Runs what a test says.",
     .target_schema = "{\"type\":\"object\",\"properties\":{\"node\":{\"type\":\"string\"}},"
                      "\"additionalProperties\":false}",
     .run = run,
     .cancel = cancel}};
static const struct proximo_plane plane = {TINY_HEAD("execute"),
                                           .features_required = PROXIMO_FEATURE_EXECUTORS,
                                           .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads),
                                           .probes = PROXIMO_TABLE(probes),
                                           .executors = PROXIMO_TABLE(executors)};
PROXIMO_PLANE(plane)
