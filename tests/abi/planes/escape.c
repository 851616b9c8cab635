/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries to get out, by the way its argument names; the answer is errno of the attempt, 0 for one that
 * succeeded. Its constructor tries to read a file as well; the answer of "constructor" is what came of that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tiny.h"

#ifndef TOKEN_FILE
#define TOKEN_FILE "/etc/passwd"
#endif

static int constructed = -1;

static int try_open(const char *path)
{
    int fd = open(path, O_RDONLY);
    int result = fd >= 0 ? 0 : errno;
    if (fd >= 0)
        (void)close(fd);
    return result;
}

__attribute__((constructor)) static void construct(void)
{
    constructed = try_open(TOKEN_FILE);
}

static int result_of(long r)
{
    return r < 0 ? errno : 0;
}

static int try_connect(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    int result = result_of(connect(fd, (struct sockaddr *)&to, sizeof(to)));
    (void)close(fd);
    return result == ECONNREFUSED ? 0 : result;
}

static int try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return result_of(pid);
}

static int try_peek(void)
{
    char byte;
    struct iovec local = {&byte, 1}, remote = {(void *)0x400000, 1};
    return result_of(process_vm_readv(getppid(), &local, 1, &remote, 1, 0));
}

/* Makes memory that can be written and run. */
static int try_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED)
        return 0;
    at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : result_of(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int try_parent_fds(void)
{
    for (int fd = 4; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 0;
    return EBADF;
}

static int try_exec(void)
{
    char *const argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
    return result_of(execve("/bin/true", argv, argv + 1));
}

static int32_t run(void *instance, struct proximo_call *call)
{
    struct proximo_text which = {0};
    (void)instance;
    if (host->argument(call, "which", &which))
        return PROXIMO_EINVAL;
    const struct {
        const char *name;
        int (*attempt)(void);
    } attempts[] = {{"connect", try_connect}, {"fork", try_fork},      {"peek", try_peek},
                    {"code", try_code},       {"fds", try_parent_fds}, {"exec", try_exec}};
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        if (strcmp(which.ptr, attempts[i].name) == 0)
            return tiny_result(call, attempts[i].attempt());
    if (strcmp(which.ptr, "open") == 0)
        return tiny_result(call, try_open(TOKEN_FILE));
    if (strcmp(which.ptr, "constructor") == 0)
        return tiny_result(call, constructed);
    if (strcmp(which.ptr, "library") == 0)
        return tiny_result(call, try_open("/etc/ld.so.cache"));
    if (strcmp(which.ptr, "create") == 0)
        return tiny_result(call, result_of(open("/tmp/proximo-escape", O_WRONLY | O_CREAT, 0600)));
    if (strcmp(which.ptr, "kill") == 0)
        return tiny_result(call, result_of(kill(getppid(), SIGTERM)));
    if (strcmp(which.ptr, "tgkill") == 0)
        return tiny_result(call, result_of(syscall(SYS_tgkill, getppid(), getppid(), SIGTERM)));
    if (strcmp(which.ptr, "ptrace") == 0)
        return tiny_result(call, result_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)));
    if (strcmp(which.ptr, "signal") == 0) /* makes the kernel signal the parent when input arrives */
        return tiny_result(call, result_of(fcntl(3, F_SETOWN, getppid())));
    if (strcmp(which.ptr, "dumpable") == 0)
        return tiny_result(call, result_of(prctl(PR_SET_DUMPABLE, 1)));
    if (strcmp(which.ptr, "environment") == 0)
        return tiny_result(call, getenv("PROXIMO_TEST_SECRET") ? 0 : ENOENT);
    return PROXIMO_EINVAL;
}
static const struct proximo_param params[] = {{.struct_size = sizeof(struct proximo_param),
                                               .type = PROXIMO_TYPE_STRING,
                                               .flags = PROXIMO_PARAM_REQUIRED,
                                               .name = "which",
                                               .description = "Which one."}};
static const struct proximo_read reads[] = {{.struct_size = sizeof(struct proximo_read),
                                             .name = "escape_run",
                                             .description = "A tool of a test.",
                                             .params = PROXIMO_TABLE(params),
                                             .read = run}};
static const struct proximo_plane plane = {TINY_HEAD("escape"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
