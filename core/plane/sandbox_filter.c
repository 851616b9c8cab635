/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls left to a plane host, as one table from which both filters are made: the first holds while
 * planes are loaded (the dynamic loader opens libraries and maps code), the second for ever after. What is in
 * no row fails with EPERM, so that a library that probes for something goes on without; what only an attack
 * would try ends the process. Keep docs/planes.md ("What is left") in step.
 */
#include "plane/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#if !defined(PROXIMO_LOOSE_SANDBOX)

#define LOADING 1u
#define SEALED  2u
#define BOTH    (LOADING | SEALED)
#define KILLED  4u
#define SOCKETS 8u /* beside SEALED, in hosts that are handed connected sockets */

/* Flags without which clone() makes a process, not a thread. */
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
/* Flags that would give the thread namespaces of its own, or a tracer. */
#define NO_THREAD_FLAGS                                                                                      \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |               \
     CLONE_NEWCGROUP | CLONE_PTRACE | CLONE_VFORK)

/* A rule: the call, when, and at most two conditions on arguments. `own` compares with this process's id. */
struct rule {
    int call;
    unsigned when;
    unsigned count;
    struct scmp_arg_cmp cmp[2];
};
#define ANY(name, when)                                                                                      \
    {                                                                                                        \
        SCMP_SYS(name), when, 0,                                                                             \
        {                                                                                                    \
            {                                                                                                \
                0                                                                                            \
            }                                                                                                \
        }                                                                                                    \
    }
#define IF(name, when, c)                                                                                    \
    {                                                                                                        \
        SCMP_SYS(name), when, 1,                                                                             \
        {                                                                                                    \
            c                                                                                                \
        }                                                                                                    \
    }
#define IF2(name, when, c, d)                                                                                \
    {                                                                                                        \
        SCMP_SYS(name), when, 2,                                                                             \
        {                                                                                                    \
            c, d                                                                                             \
        }                                                                                                    \
    }
#define EQ(arg, value)                                                                                       \
    {                                                                                                        \
        arg, SCMP_CMP_EQ, (scmp_datum_t)(value), 0                                                           \
    }
#define MASK(arg, mask, value)                                                                               \
    {                                                                                                        \
        arg, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value)                                 \
    }
#define PRIVATE MASK(3, MAP_SHARED, 0) /* shared memory would be memory that a limit does not see */

static const struct rule rules[] = {
    /* Descriptors that are there already. */
    ANY(read, BOTH),
    ANY(readv, BOTH),
    ANY(pread64, BOTH),
    ANY(write, BOTH),
    ANY(writev, BOTH),
    ANY(close, BOTH),
    ANY(lseek, BOTH),
    ANY(fstat, BOTH),
    ANY(sendmsg, BOTH),
    ANY(recvmsg, BOTH),
    ANY(recvfrom, BOTH),
    ANY(poll, BOTH),
    IF(sendto, BOTH, EQ(4, 0)),
    ANY(ppoll, BOTH),
    ANY(select, BOTH),
    ANY(pselect6, BOTH),
    ANY(shutdown, BOTH),
    IF(fcntl, BOTH, EQ(1, F_GETFD)),
    IF(fcntl, BOTH, EQ(1, F_SETFD)),
    IF(fcntl, BOTH, EQ(1, F_GETFL)),
    IF(fcntl, BOTH, EQ(1, F_SETFL)),
    /* Memory, private and, once sealed, never executable. */
    ANY(brk, BOTH),
    ANY(munmap, BOTH),
    ANY(mremap, BOTH),
    ANY(madvise, BOTH),
    IF(mmap, LOADING, PRIVATE),
    ANY(mprotect, LOADING),
    IF2(mmap, SEALED, MASK(2, PROT_EXEC, 0), PRIVATE),
    IF(mprotect, SEALED, MASK(2, PROT_EXEC, 0)),
    /* Threads of this process. */
    IF(clone, BOTH, MASK(0, THREAD_FLAGS | NO_THREAD_FLAGS, THREAD_FLAGS)),
    ANY(futex, BOTH),
    ANY(set_robust_list, BOTH),
    ANY(rseq, BOTH),
    ANY(set_tid_address, BOTH),
    ANY(sched_yield, BOTH),
    ANY(sched_getaffinity, BOTH),
    ANY(getcpu, BOTH),
    ANY(exit, BOTH),
    ANY(exit_group, BOTH),
    /* Signals within this process; tgkill: see below. */
    ANY(rt_sigaction, BOTH),
    ANY(rt_sigprocmask, BOTH),
    ANY(rt_sigreturn, BOTH),
    ANY(sigaltstack, BOTH),
    ANY(restart_syscall, BOTH),
    /* Time, chance and what the process is. */
    ANY(clock_gettime, BOTH),
    ANY(clock_getres, BOTH),
    ANY(clock_nanosleep, BOTH),
    ANY(nanosleep, BOTH),
    ANY(gettimeofday, BOTH),
    ANY(time, BOTH),
    ANY(getrandom, BOTH),
    ANY(getpid, BOTH),
    ANY(gettid, BOTH),
    ANY(getuid, BOTH),
    ANY(geteuid, BOTH),
    ANY(getgid, BOTH),
    ANY(getegid, BOTH),
    ANY(uname, BOTH),
    ANY(sysinfo, BOTH),
    ANY(getrusage, BOTH),
    IF2(prlimit64, BOTH, EQ(0, 0), EQ(2, 0)),
    /* The loader: opens for reading only (Landlock says what), looks at files, maps code; then the second
       filter. */
    IF(openat, LOADING, MASK(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)),
    IF(open, LOADING, MASK(1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)),
    ANY(newfstatat, LOADING),
    ANY(stat, LOADING),
    ANY(lstat, LOADING),
    ANY(access, LOADING),
    ANY(faccessat2, LOADING),
    ANY(readlink, LOADING),
    ANY(getcwd, LOADING),
    ANY(seccomp, LOADING),
    IF(prctl, LOADING, EQ(0, PR_SET_NO_NEW_PRIVS)),
    /* Connected sockets: has it failed, and what SSH libraries set on their own. */
    IF2(getsockopt, SOCKETS, EQ(1, SOL_SOCKET), EQ(2, SO_ERROR)),
    IF2(setsockopt, SOCKETS, EQ(1, IPPROTO_TCP), EQ(2, TCP_NODELAY)),
    /* What has no innocent use here ends the process. */
    ANY(execve, KILLED),
    ANY(execveat, KILLED),
    ANY(ptrace, KILLED),
    ANY(process_vm_readv, KILLED),
    ANY(process_vm_writev, KILLED),
    ANY(kill, KILLED),
    ANY(tkill, KILLED),
    ANY(pidfd_open, KILLED),
    ANY(pidfd_send_signal, KILLED),
    ANY(pidfd_getfd, KILLED),
    ANY(rt_sigqueueinfo, KILLED),
    ANY(rt_tgsigqueueinfo, KILLED),
    ANY(bpf, KILLED),
    ANY(userfaultfd, KILLED),
    ANY(io_uring_setup, KILLED),
    ANY(mount, KILLED),
    ANY(umount2, KILLED),
    ANY(pivot_root, KILLED),
    ANY(chroot, KILLED),
    ANY(unshare, KILLED),
    ANY(setns, KILLED),
    ANY(init_module, KILLED),
    ANY(finit_module, KILLED),
    ANY(kexec_load, KILLED),
    ANY(keyctl, KILLED),
    ANY(add_key, KILLED),
    ANY(request_key, KILLED),
    ANY(perf_event_open, KILLED),
    ANY(reboot, KILLED),
    ANY(swapon, KILLED),
};

static int add_rules(scmp_filter_ctx filter, unsigned when)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];
        uint32_t action = rule->when & KILLED ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW;
        if (!(rule->when & (when | KILLED)))
            continue;
        int r = seccomp_rule_add_array(filter, action, rule->call, rule->count, rule->cmp);
        if (r < 0)
            return r;
    }
    /* abort() and raise() signal the own process; anybody else is out of reach. */
    scmp_datum_t own = (scmp_datum_t)getpid();
    int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, own, 0));
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1,
                             SCMP_A0(SCMP_CMP_NE, own, 0));
    /* The flags of clone3 are behind a pointer; the C library falls back to clone on ENOSYS. */
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return r;
}

int sandbox_filter_load(bool sealed, bool endpoints)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -ENOMEM;
    int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    /* A constructor may have started threads: the second filter takes them all, or the host does not start.
     */
    if (r == 0 && sealed)
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (r == 0)
        r = add_rules(filter, sealed ? SEALED | (endpoints ? SOCKETS : 0) : LOADING);
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter);
    return r > 0 ? -EPERM : r;
}

#else

/*
 * Sanitizer builds: their runtimes map, open and signal in ways that differ by version, so here a list of
 * what is denied has to do. It keeps the hostile planes of the tests inside; it is not the sandbox that
 * ships.
 */
static const int denied[] = {
    SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),   SCMP_SYS(execve),           SCMP_SYS(execveat),
    SCMP_SYS(fork),   SCMP_SYS(vfork),   SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(kill),
};

int sandbox_filter_load(bool sealed, bool endpoints)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    (void)endpoints;
    int r = filter ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < sizeof(denied) / sizeof(denied[0]); i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
    if (r == 0 && sealed)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, O_WRONLY | O_RDWR | O_CREAT, O_WRONLY));
    if (r == 0)
        r = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    return r;
}

#endif
