/* SPDX-License-Identifier: Apache-2.0 */
/* Closing off a plane host: limits, descriptors, Landlock. The system call filters are in sandbox_filter.c.
 */
#include "plane/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

#if defined(PROXIMO_LOOSE_SANDBOX)
#if defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#if defined(NDEBUG) || !SANITIZED
#error                                                                                                       \
    "PROXIMO_LOOSE_SANDBOX is for sanitizer builds without NDEBUG only; a build that ships must not contain it"
#endif
#endif

/* Rights of Landlock ABIs that this machine's headers may not know yet (linux/landlock.h of newer kernels).
 */
#define FS_REFER     (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE  (1ULL << 14) /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_BIND     (1ULL << 0)  /* ABI 4 */
#define NET_CONNECT  (1ULL << 1)
#define SCOPE_SOCKET (1ULL << 0) /* ABI 6: abstract unix sockets */
#define SCOPE_SIGNAL (1ULL << 1)
#define FS_ABI_1     ((1ULL << 13) - 1)

/* The kernel's struct as of ABI 6; it accepts a longer one than it knows only if the rest is 0, so the size
 * goes by ABI. */
struct ruleset {
    uint64_t fs, net, scoped;
};

static const char *const readable[] = {
    "/lib",  "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache",
#if defined(PROXIMO_LOOSE_SANDBOX)
    "/proc", /* a sanitizer reads its own maps to report */
#endif
};

bool sandbox_is_loose(void)
{
#if defined(PROXIMO_LOOSE_SANDBOX)
    /* A test looks for these words in programs that ship. */
    static const char *volatile marker = "built with PROXIMO_LOOSE_SANDBOX";
    return marker != NULL;
#else
    return false;
#endif
}

int sandbox_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static int limit(__rlimit_resource_t what, uint64_t value)
{
    struct rlimit r = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(what, &r) < 0 ? -errno : 0;
}

int sandbox_start(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NAME, "plane-host") < 0)
        return -errno;
    if (close_range(4, ~0U, 0) < 0)
        return -errno;
    int r = limit(RLIMIT_CORE, 0);
    if (r == 0)
        r = limit(RLIMIT_NOFILE, 256);
    if (r == 0)
        r = limit(RLIMIT_FSIZE, 0);
    /* Each arena reserves address space, which the limit counts. */
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 128 << 10); /* a fixed one: what a long list took goes back at once */
#if !defined(PROXIMO_LOOSE_SANDBOX)
    if (r == 0)
        r = limit(RLIMIT_AS, SANDBOX_MEMORY_LIMIT);
#endif
    return r;
}

static int allow(int ruleset, int beneath, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = beneath};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? -errno : 0;
}

static int landlock_enter(const int *files, size_t file_count)
{
    int abi = sandbox_landlock_abi();
    struct ruleset attr = {.fs = FS_ABI_1};
    size_t size = sizeof(attr.fs);

    if (abi == 0)
        return -ENOSYS;
    if (abi >= 2)
        attr.fs |= FS_REFER;
    if (abi >= 3)
        attr.fs |= FS_TRUNCATE;
    if (abi >= 4) {
        attr.net = NET_BIND | NET_CONNECT;
        size = sizeof(attr.fs) + sizeof(attr.net);
    }
    if (abi >= 5)
        attr.fs |= FS_IOCTL_DEV;
    if (abi >= 6) {
        attr.scoped = SCOPE_SOCKET | SCOPE_SIGNAL;
        size = sizeof(attr);
    }
    CLEANUP_FD int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (ruleset < 0)
        return -errno;

    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        CLEANUP_FD int fd = open(readable[i], O_PATH | O_CLOEXEC);
        if (fd < 0)
            continue; /* a machine without /lib64 has nothing there to read */
        int r = allow(ruleset, fd, LANDLOCK_ACCESS_FS_READ_FILE);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < file_count; i++) {
        int r = allow(ruleset, files[i], LANDLOCK_ACCESS_FS_READ_FILE);
        if (r < 0)
            return r;
    }
    return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}

int sandbox_enter(bool landlock, bool endpoints, const int *files, size_t file_count)
{
    if (landlock) {
        int r = landlock_enter(files, file_count);
        if (r < 0)
            return r;
    }
    return sandbox_filter_load(false, endpoints);
}

int sandbox_seal(bool endpoints)
{
    return sandbox_filter_load(true, endpoints);
}
