/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/exec/fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define STOP_MS       1000 /* a run that was cancelled ends its command itself for so long */
#define KILL_AFTER_MS 1000
#define GRACE_MS      5000 /* after the deadline, for the plane to say how it ended */
#define WORDS_MOST    600

static struct fake *fake_now; /* for config(), which has no call */

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void *keep(struct fake *fake, size_t size)
{
    fake->memory = must(realloc(fake->memory, (fake->memory_count + 1) * sizeof(*fake->memory)));
    return fake->memory[fake->memory_count++] = must(calloc(1, size ? size : 1));
}

static bool gone(struct fake *fake, unsigned i)
{
    if (!fake->reaped[i])
        fake->reaped[i] = waitpid(fake->spawned[i], &fake->wait_status[i], WNOHANG) == fake->spawned[i];
    return fake->reaped[i];
}

static int32_t is_over(const struct fake *fake)
{
    if (fake->cancelled || (fake->cancel_after_bytes && fake->out.total >= fake->cancel_after_bytes) ||
        (fake->cancel_at_ms && clock_ms() >= fake->cancel_at_ms))
        return PROXIMO_ECANCELLED;
    return clock_ms() >= fake->deadline_at_ms ? PROXIMO_EDEADLINE : 0;
}

/* What an upcall returns when the run is over; what it spawned is ended then. */
static int32_t over(struct fake *fake)
{
    const int64_t now = clock_ms();
    int32_t r = is_over(fake);
    if (r && !fake->over_at_ms)
        fake->over_at_ms = now;
    if (!r || fake->patient || (r == PROXIMO_ECANCELLED && now < fake->over_at_ms + STOP_MS))
        return r;
    const int number = !fake->term_at_ms ? SIGTERM : now >= fake->term_at_ms + KILL_AFTER_MS ? SIGKILL : 0;
    if (!fake->term_at_ms)
        fake->term_at_ms = now;
    for (unsigned i = 0; number && i < fake->spawned_count; i++)
        if (!fake->reaped[i])
            (void)kill(-fake->spawned[i], number);
    return r;
}

static void *host_alloc(struct proximo_call *call, uint64_t size)
{
    return size > (uint64_t)256 << 20 ? NULL : keep(call->fake, (size_t)size);
}

PROXIMO_PRINTF(3, 4)
static int32_t host_fail(struct proximo_call *call, int32_t code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(call->fake->fail_text, sizeof(call->fake->fail_text), format, ap);
    va_end(ap);
    call->fake->fail_code = code;
    return code;
}

PROXIMO_PRINTF(3, 4)
static void host_log(struct proximo_call *call, uint32_t level, const char *format, ...)
{
    struct fake *fake = call ? call->fake : fake_now;
    char line[1024];
    va_list ap;
    (void)level;
    va_start(ap, format);
    (void)vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    size_t used = strlen(fake->log_text);
    (void)snprintf(fake->log_text + used, sizeof(fake->log_text) - used, "%s\n", line);
}

static int32_t host_config(struct proximo_text *ret_json)
{
    *ret_json = (struct proximo_text){"{}", 2};
    return 0;
}

static int32_t host_cancelled(struct proximo_call *call)
{
    return over(call->fake) == PROXIMO_ECANCELLED;
}

static int64_t host_deadline_ms(struct proximo_call *call)
{
    (void)over(call->fake);
    return call->fake->deadline_at_ms + GRACE_MS - clock_ms();
}

static int32_t host_connect(struct proximo_call *call, const char *endpoint, int32_t *ret_fd)
{
    struct fake *fake = call->fake;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } address = {0};
    socklen_t len = sizeof(address.in);
    unsigned i = 0;
    int32_t r = over(fake);
    if (r)
        return r;
    while (i < fake->endpoint_count && strcmp(fake->endpoints[i].name, endpoint) != 0)
        i++;
    if (i == fake->endpoint_count)
        return host_fail(call, PROXIMO_EDENIED, "the configuration names no endpoint \"%s\"", endpoint);
    if (fake->endpoints[i].port) {
        address.in.sin_family = AF_INET;
        address.in.sin_port = htons(fake->endpoints[i].port);
        if (inet_pton(AF_INET, fake->endpoints[i].address, &address.in.sin_addr) != 1)
            abort();
    } else {
        address.un.sun_family = AF_UNIX;
        (void)snprintf(address.un.sun_path, sizeof(address.un.sun_path), "%s", fake->endpoints[i].address);
        len = sizeof(address.un);
    }
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &address.any, len) < 0) {
        fd_close(&fd);
        return host_fail(call, PROXIMO_EUNAVAIL, "%s: %s", endpoint, strerror(errno));
    }
    fake->connect_count++;
    *ret_fd = fd;
    return 0;
}

/* In the child: descriptors 0, 1, 2 are the pipes, everything else goes at exec. */
__attribute__((noreturn)) static void become(const char *file, char **words, const int *fds)
{
    (void)setpgid(0, 0);
    (void)signal(SIGPIPE, SIG_DFL);
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], i) < 0)
            _exit(126);
    execvp(file, words);
    _exit(127);
}

static char *text_copy(struct fake *fake, struct proximo_text text)
{
    char *copy = keep(fake, (size_t)text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, (size_t)text.len);
    return copy;
}

static int32_t host_spawn(struct proximo_call *call, const char *program, const struct proximo_text *argv,
                          uint32_t argc, int32_t *ret_stdin, int32_t *ret_stdout, int32_t *ret_stderr)
{
    struct fake *fake = call->fake;
    char *words[WORDS_MOST + 2];
    int in[2], out[2], err[2];
    unsigned i = 0, n = 0;
    int32_t r = over(fake);
    if (r)
        return r;
    while (i < fake->program_count && strcmp(fake->programs[i].name, program) != 0)
        i++;
    if (i == fake->program_count)
        return host_fail(call, PROXIMO_EDENIED, "the configuration names no program \"%s\"", program);
    if (fake->spawned_count == FAKE_MOST || argc == 0 || argc > WORDS_MOST / 2)
        abort();
    words[n++] = text_copy(fake, argv[0]);
    for (char **before = fake->programs[i].before; before && *before; before++)
        words[n++] = *before;
    for (uint32_t word = 1; word < argc; word++)
        words[n++] = text_copy(fake, argv[word]);
    words[n] = NULL;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        abort();
    pid_t pid = fork();
    if (pid == 0)
        become(fake->programs[i].file, words, (const int[]){in[0], out[1], err[1]});
    if (pid < 0)
        abort();
    (void)setpgid(pid, pid);
    fd_close(&in[0]);
    fd_close(&out[1]);
    fd_close(&err[1]);
    fake->spawned[fake->spawned_count++] = pid;
    *ret_stdin = in[1];
    *ret_stdout = out[0];
    *ret_stderr = err[0];
    return 0;
}

static int32_t host_material(struct proximo_call *call, const char *name, struct proximo_text *ret_bytes)
{
    struct fake *fake = call->fake;
    int32_t r = over(fake);
    for (unsigned i = 0; r == 0 && i < fake->material_count; i++)
        if (strcmp(fake->materials[i].name, name) == 0) {
            *ret_bytes = (struct proximo_text){fake->materials[i].bytes, fake->materials[i].len};
            return 0;
        }
    return r ? r : PROXIMO_ENOTFOUND;
}

/* These go on when the run is over: it is being wound up. */
static int32_t host_output(struct proximo_call *call, uint32_t stream, struct proximo_text bytes)
{
    struct fake *fake = call->fake;
    struct fake_stream *into = stream == 1 ? &fake->out : &fake->err;
    if ((stream != 1 && stream != 2) || fake->exited || fake->unknown)
        return PROXIMO_EINVAL;
    size_t room = into->kept.limit - into->kept.len;
    into->total += bytes.len;
    buf_add(&into->kept, bytes.ptr, bytes.len < room ? (size_t)bytes.len : room);
    (void)over(fake);
    return 0;
}

static int32_t host_exited(struct proximo_call *call, int32_t exit_status, const char *signal_name)
{
    struct fake *fake = call->fake;
    fake->exited++;
    fake->exit_status = exit_status;
    (void)snprintf(fake->signal, sizeof(fake->signal), "%s", signal_name ? signal_name : "");
    return 0;
}

static int32_t host_outcome_unknown(struct proximo_call *call, const char *why)
{
    call->fake->unknown++;
    (void)snprintf(call->fake->unknown_why, sizeof(call->fake->unknown_why), "%s", why ? why : "");
    return 0;
}

static int32_t host_ended(struct proximo_call *call, int32_t *ret_exit_status,
                          struct proximo_text *ret_signal)
{
    struct fake *fake = call->fake;
    if (!fake->spawned_count)
        return PROXIMO_ENOTFOUND;
    while (!gone(fake, fake->spawned_count - 1)) {
        (void)over(fake);
        (void)usleep(1000);
    }
    const int status = fake->wait_status[fake->spawned_count - 1];
    const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "";
    *ret_exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    *ret_signal = (struct proximo_text){name, strlen(name)};
    return 0;
}

void fake_init(struct fake *fake)
{
    *fake = (struct fake){
        .host = {.struct_size = (uint32_t)sizeof(struct proximo_host),
                 .abi_major = PROXIMO_ABI_MAJOR,
                 .abi_minor = PROXIMO_ABI_MINOR,
                 .features = PROXIMO_FEATURE_EXECUTORS,
                 .alloc = host_alloc,
                 .fail = host_fail,
                 .log = host_log,
                 .config = host_config,
                 .cancelled = host_cancelled,
                 .deadline_ms = host_deadline_ms,
                 .connect = host_connect,
                 .spawn = host_spawn,
                 .material = host_material,
                 .output = host_output,
                 .exited = host_exited,
                 .outcome_unknown = host_outcome_unknown,
                 .ended = host_ended},
        .out.kept.limit = (size_t)4 << 20,
        .err.kept.limit = (size_t)4 << 20,
    };
    fake->call.fake = fake;
    fake->deadline_at_ms = clock_ms() + 60000;
    fake_now = fake;
}

void fake_endpoint(struct fake *fake, const char *name, const char *address, uint16_t port)
{
    unsigned i = 0; /* the same name again replaces */
    while (i < fake->endpoint_count && strcmp(fake->endpoints[i].name, name) != 0)
        i++;
    if (i == FAKE_MOST)
        abort();
    if (i < fake->endpoint_count) {
        free(fake->endpoints[i].name);
        free(fake->endpoints[i].address);
    } else {
        fake->endpoint_count++;
    }
    fake->endpoints[i].name = must(strdup(name));
    fake->endpoints[i].address = must(strdup(address));
    fake->endpoints[i].port = port;
}

static void free_words(char **words)
{
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}

void fake_program(struct fake *fake, const char *name, const char *file, const char *const *before)
{
    unsigned i = 0;
    size_t count = 0;
    while (i < fake->program_count && strcmp(fake->programs[i].name, name) != 0)
        i++;
    if (i == FAKE_MOST)
        abort();
    if (i < fake->program_count) {
        free(fake->programs[i].name);
        free(fake->programs[i].file);
        free_words(fake->programs[i].before);
    } else {
        fake->program_count++;
    }
    while (before && before[count])
        count++;
    fake->programs[i].name = must(strdup(name));
    fake->programs[i].file = must(strdup(file));
    fake->programs[i].before = must(calloc(count + 1, sizeof(char *)));
    for (size_t word = 0; word < count; word++)
        fake->programs[i].before[word] = must(strdup(before[word]));
}

void fake_material(struct fake *fake, const char *name, const char *bytes, size_t len)
{
    unsigned i = 0;
    while (i < fake->material_count && strcmp(fake->materials[i].name, name) != 0)
        i++;
    if (i == FAKE_MOST)
        abort();
    if (i < fake->material_count) {
        free(fake->materials[i].name);
        free(fake->materials[i].bytes);
    } else {
        fake->material_count++;
    }
    fake->materials[i].name = must(strdup(name));
    fake->materials[i].bytes = must(calloc(1, len + 1));
    if (len)
        memcpy(fake->materials[i].bytes, bytes, len);
    fake->materials[i].len = len;
}

void fake_run_argv(struct fake *fake, struct backend_run *ret, const char *node, const char *const *argv)
{
    uint32_t argc = 0;
    while (argv[argc])
        argc++;
    struct proximo_text *words = keep(fake, argc * sizeof(*words));
    for (uint32_t i = 0; i < argc; i++)
        words[i] = (struct proximo_text){text_copy(fake, (struct proximo_text){argv[i], strlen(argv[i])}),
                                         strlen(argv[i])};
    *ret = (struct backend_run){.host = &fake->host,
                                .call = &fake->call,
                                .node = text_copy(fake, (struct proximo_text){node, strlen(node)}),
                                .argv = words,
                                .argc = argc,
                                .stdin_fd = -1,
                                .deadline_ms = 30000};
}

void fake_run_words(struct fake *fake, struct backend_run *ret, const char *node, ...)
{
    const char *words[WORDS_MOST];
    unsigned n = 0;
    va_list ap;
    va_start(ap, node);
    while ((words[n] = va_arg(ap, const char *)) != NULL)
        if (++n == WORDS_MOST)
            abort();
    va_end(ap);
    fake_run_argv(fake, ret, node, words);
}

int fake_pipe(const char *bytes, size_t len)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        abort();
    /* What does not fit into the pipe is written by a child, as the host would write it. */
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        if (fork() == 0)
            (void)fd_write_all(ends[1], bytes, len);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, NULL, 0) < 0)
        abort();
    (void)close(ends[1]);
    return ends[0];
}

void fake_ended(struct fake *fake)
{
    for (unsigned i = 0; i < fake->spawned_count; i++)
        if (!gone(fake, i)) {
            const int64_t until = clock_ms() + KILL_AFTER_MS;
            (void)kill(-fake->spawned[i], SIGTERM);
            while (!gone(fake, i) && clock_ms() < until)
                (void)usleep(2000);
            (void)kill(-fake->spawned[i], SIGKILL);
            while (!gone(fake, i))
                (void)usleep(2000);
        }
}

void fake_again(struct fake *fake)
{
    fake_ended(fake);
    buf_reset(&fake->out.kept);
    buf_reset(&fake->err.kept);
    fake->out.total = fake->err.total = 0;
    fake->exited = fake->unknown = fake->spawned_count = fake->connect_count = 0;
    fake->exit_status = fake->fail_code = 0;
    fake->signal[0] = fake->unknown_why[0] = fake->fail_text[0] = fake->log_text[0] = '\0';
    memset(fake->reaped, 0, sizeof(fake->reaped));
    fake->cancelled = fake->patient = false;
    fake->over_at_ms = fake->term_at_ms = 0;
    fake->cancel_after_bytes = 0;
    fake->cancel_at_ms = 0;
    fake->deadline_at_ms = clock_ms() + 60000;
    while (fake->memory_count)
        free(fake->memory[--fake->memory_count]);
}

void fake_done(struct fake *fake)
{
    fake_again(fake);
    free(fake->memory);
    buf_done(&fake->out.kept);
    buf_done(&fake->err.kept);
    for (unsigned i = 0; i < fake->endpoint_count; i++) {
        free(fake->endpoints[i].name);
        free(fake->endpoints[i].address);
    }
    for (unsigned i = 0; i < fake->program_count; i++) {
        free(fake->programs[i].name);
        free(fake->programs[i].file);
        free_words(fake->programs[i].before);
    }
    for (unsigned i = 0; i < fake->material_count; i++) {
        free(fake->materials[i].name);
        free(fake->materials[i].bytes);
    }
    if (fake_now == fake)
        fake_now = NULL;
}
