/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/exec/rig.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define SSHD          "/usr/sbin/sshd"
#define START_WAIT_MS 10000
#define PATH_SYSTEM   "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const host_keys[] = {"host_ed25519", "host_ecdsa", "host_rsa"};
static const char *const key_types[] = {"ed25519", "ecdsa", "rsa"}; /* and the names of the client's keys */
#define HOST_KEYS 3
static const unsigned host_key_rsa = 2;

__attribute__((format(printf, 1, 2), noreturn)) static void broken(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    (void)fputs("exec rig: ", stderr);
    (void)vfprintf(stderr, format, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    abort();
}

char *rig_path(const struct rig *rig, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", rig->folder, name) < 0)
        abort();
    return path;
}

char *rig_read(const struct rig *rig, const char *name, size_t *ret_len)
{
    char *path = rig_path(rig, name);
    struct buf bytes = {.limit = (size_t)16 << 20};
    int r = file_read(path, &bytes);
    if (r < 0)
        broken("%s: %s", path, strerror(-r));
    buf_char(&bytes, '\0');
    free(path);
    size_t len = 0;
    char *text = buf_take(&bytes, &len);
    if (ret_len)
        *ret_len = len - 1;
    return text;
}

void rig_write(const struct rig *rig, const char *name, const char *text, mode_t mode)
{
    char *path = rig_path(rig, name);
    int r = file_write_atomic(path, text, strlen(text), mode);
    if (r < 0)
        broken("%s: %s", path, strerror(-r));
    free(path);
}

/* A child that ends with this test, however the test ends; its output goes to the log. */
static pid_t start(const struct rig *rig, const char *const *argv, bool own_run)
{
    char *log = rig_path(rig, "rig.log");
    const pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        broken("fork: %s", strerror(errno));
    if (pid) {
        free(log);
        return pid;
    }
    int in = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    /* A server of root wants an empty folder /run/sshd, which only a service manager makes. */
    if (own_run &&
        (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
         mount("tmpfs", "/run", "tmpfs", 0, "mode=755,size=64k") < 0 || mkdir("/run/sshd", 0755) < 0))
        _exit(125);
    (void)setenv("LC_ALL", "C", 1);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int finished(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            broken("waitpid: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int rig_run(const struct rig *rig, const char *const *argv)
{
    return finished(start(rig, argv, false));
}

static void end(pid_t *pid)
{
    if (*pid > 0) {
        (void)kill(*pid, SIGKILL); /* unshare takes no notice of TERM */
        (void)finished(*pid);
    }
    *pid = 0;
}

bool rig_alive(pid_t pid)
{
    char path[32], text[256];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' && name_end[2] != 'Z' && name_end[2] != 'X';
}

static bool has_word(const char *pid, const char *word)
{
    char path[300];
    struct buf words = {.limit = (size_t)4 << 20};
    bool found = false;
    (void)snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
    if (file_read(path, &words) == 0 && words.len) {
        buf_char(&words, '\0');
        for (const char *at = words.data, *end = at + words.len; !found && at < end; at += strlen(at) + 1)
            found = strcmp(at, word) == 0;
    }
    buf_done(&words);
    return found;
}

bool rig_process(const char *word)
{
    DIR *folder = opendir("/proc");
    bool found = false;
    if (!folder)
        broken("/proc: %s", strerror(errno));
    for (struct dirent *entry; !found && (entry = readdir(folder));)
        found = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && has_word(entry->d_name, word);
    (void)closedir(folder);
    return found;
}

static void make_key(const struct rig *rig, const char *name, const char *type, const char *passphrase)
{
    char *path = rig_path(rig, name);
    const char *const argv[] = {
        "ssh-keygen", "-q",   "-t", type, "-b", strcmp(type, "rsa") == 0 ? "2048" : "256", "-N", passphrase,
        "-C",         "test", "-f", path, NULL};
    int status = rig_run(rig, argv);
    if (status)
        broken("ssh-keygen -t %s: exit status %d, see %s/rig.log", type, status, rig->folder);
    free(path);
}

static void make_keys(const struct rig *rig)
{
    for (unsigned i = 0; i < HOST_KEYS; i++) {
        make_key(rig, host_keys[i], key_types[i], "");
        make_key(rig, key_types[i], key_types[i], "");
    }
    make_key(rig, "locked", "ed25519", RIG_PASSPHRASE);
    make_key(rig, "stranger", "ed25519", "");
    static const char *const authorized[] = {"ed25519.pub", "ecdsa.pub", "rsa.pub", "locked.pub"};
    struct buf lines = {.limit = 65536};
    for (unsigned i = 0; i < sizeof(authorized) / sizeof(authorized[0]); i++) {
        char *line = rig_read(rig, authorized[i], NULL);
        buf_str(&lines, line);
        free(line);
    }
    buf_char(&lines, '\0');
    rig_write(rig, "authorized_keys", lines.data, 0600);
    buf_done(&lines);
}

static int no_rig(struct rig *rig, const char *why)
{
    (void)snprintf(rig->why, sizeof(rig->why), "skipped: %s", why);
    (void)fprintf(stderr, "exec rig: %s\n", rig->why);
    return -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void install(const struct rig *rig, const char *name)
{
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char *from = NULL, *path = NULL;
    if (asprintf(&from, "%s/tests/exec/%s", source ? source : ".", name) < 0 ||
        asprintf(&path, "bin/%s", name) < 0)
        abort();
    struct buf bytes = {.limit = 65536};
    int r = file_read(from, &bytes);
    if (r < 0)
        broken("%s: %s", from, strerror(-r));
    buf_char(&bytes, '\0');
    rig_write(rig, path, bytes.data, 0755);
    buf_done(&bytes);
    free(from);
    free(path);
}

int rig_start(struct rig *rig)
{
    static const char *const folders[] = {"bin", "containers"};
    *rig = (struct rig){0};
    if (access(SSHD, X_OK) < 0)
        return no_rig(rig, "no OpenSSH server (" SSHD "); scripts/install-deps installs it");
    struct passwd *me = getpwuid(geteuid());
    if (!me)
        return no_rig(rig, "the running user has no entry in passwd, so nobody could log in");
    (void)snprintf(rig->user, sizeof(rig->user), "%s", me->pw_name);
    (void)snprintf(rig->folder, sizeof(rig->folder), "/tmp/proximo-exec-XXXXXX");
    if (!mkdtemp(rig->folder))
        broken("%s: %s", rig->folder, strerror(errno));
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char *path = rig_path(rig, folders[i]);
        if (mkdir(path, 0755) < 0)
            broken("%s: %s", path, strerror(errno));
        free(path);
    }
    make_keys(rig);
    install(rig, "pct");
    if (rig_server(rig, RIG_PLAIN))
        return 0;
    rig_stop(rig);
    return no_rig(rig,
                  "an OpenSSH server does not start here (as root it needs /run/sshd, or mounts of its own)");
}

void rig_stop(struct rig *rig)
{
    for (unsigned i = 0; i < RIG_VARIANTS; i++)
        end(&rig->server[i]);
    end(&rig->agent);
    end(&rig->container);
    if (rig->folder[0])
        (void)nftw(rig->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    rig->folder[0] = '\0';
}

/* Connected, or refused: -1. */
static int dial(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    fd_close(&fd);
    return -1;
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        broken("no port: %s", strerror(errno));
    (void)close(fd);
    return ntohs(address.sin_port);
}

static void write_config(const struct rig *rig, enum rig_variant variant, const char *name, uint16_t port)
{
    static const char *const more[RIG_VARIANTS] = {
        [RIG_PLAIN] = "",
        [RIG_RSA_HOST_KEY] = "",
        [RIG_ETM_MACS] = "MACs hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com\n"
                         "Ciphers aes128-ctr,aes256-ctr\n",
        [RIG_AEAD_CIPHERS] =
            "Ciphers aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com\n",
    };
    struct buf text = {.limit = 65536};
    buf_printf(
        &text,
        "ListenAddress 127.0.0.1:%u\nPidFile none\nUsePAM no\nStrictModes no\nUseDNS no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nAuthorizedKeysFile %s/authorized_keys\nLogLevel VERBOSE\n"
        "MaxStartups 200\nMaxSessions 50\nPrintMotd no\nPrintLastLog no\nSetEnv PATH=%s/bin:" PATH_SYSTEM
        "\n%s",
        port, rig->folder, rig->folder, more[variant]);
    for (unsigned i = variant == RIG_RSA_HOST_KEY ? host_key_rsa : 0; i < HOST_KEYS; i++)
        buf_printf(&text, "HostKey %s/%s\n", rig->folder, host_keys[i]);
    buf_char(&text, '\0');
    rig_write(rig, name, text.data, 0600);
    buf_done(&text);
}

uint16_t rig_server(struct rig *rig, enum rig_variant variant)
{
    if (rig->server[variant])
        return rig->port[variant];
    char name[32];
    (void)snprintf(name, sizeof(name), "sshd_config_%d", (int)variant);
    for (int tries = 0; tries < 3; tries++) { /* the port may be taken before the server has it */
        const uint16_t port = free_port();
        write_config(rig, variant, name, port);
        char *config = rig_path(rig, name), *log = rig_path(rig, "sshd.log");
        const char *const argv[] = {SSHD, "-D", "-f", config, "-E", log, NULL};
        pid_t pid = start(rig, argv, geteuid() == 0 && access("/run/sshd", F_OK) < 0);
        free(config);
        free(log);
        const int64_t until = clock_ms() + START_WAIT_MS;
        int status, fd = -1;
        pid_t gone = 0;
        while (fd < 0 && (gone = waitpid(pid, &status, WNOHANG)) == 0 && clock_ms() < until) {
            fd = dial(port);
            if (fd < 0)
                (void)usleep(5000);
        }
        if (fd >= 0) {
            (void)close(fd);
            rig->server[variant] = pid;
            return rig->port[variant] = port;
        }
        if (gone == 0)
            end(&pid);
    }
    return 0;
}

const char *rig_agent(struct rig *rig, const char *key)
{
    char *path = rig_path(rig, key);
    if (!rig->agent) {
        (void)snprintf(rig->agent_socket, sizeof(rig->agent_socket), "%s/agent", rig->folder);
        const char *const argv[] = {"ssh-agent", "-D", "-a", rig->agent_socket, NULL};
        rig->agent = start(rig, argv, false);
        for (int i = 0; i < 1000 && access(rig->agent_socket, F_OK) < 0; i++)
            (void)usleep(5000);
    }
    char *socket_word = NULL;
    if (asprintf(&socket_word, "SSH_AUTH_SOCK=%s", rig->agent_socket) < 0)
        abort();
    const char *const add[] = {"env", socket_word, "ssh-add", "-q", path, NULL};
    int status = rig_run(rig, add);
    if (status)
        broken("ssh-add %s: exit status %d, see %s/rig.log", key, status, rig->folder);
    free(socket_word);
    free(path);
    return rig->agent_socket;
}

/* The process that is process 1 of the container, as seen from here: the child of `unshare`. */
static pid_t first_child(pid_t of)
{
    char path[64], text[64] = "";
    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)of, (int)of);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    fd_close(&fd);
    uint64_t pid = 0;
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, " ")] = '\0';
    return text_to_u64(text, INT32_MAX, &pid) == 0 ? (pid_t)pid : 0;
}

bool rig_container(struct rig *rig)
{
    if (rig->container)
        return true;
    static const char script[] = "hostname " RIG_CONTAINER_NAME " && : > \"$1\" && exec sleep 100000";
    char *ready = rig_path(rig, "container-ready");
    const char *const argv[] = {"unshare", "--user",       "--map-root-user",
                                "--mount", "--pid",        "--uts",
                                "--fork",  "--kill-child", "--mount-proc",
                                "sh",      "-c",           script,
                                "sh",      ready,          NULL};
    pid_t pid = start(rig, argv, false);
    int status;
    for (int i = 0; i < 2000 && access(ready, F_OK) < 0 && waitpid(pid, &status, WNOHANG) == 0; i++)
        (void)usleep(5000);
    pid_t first = access(ready, F_OK) == 0 ? first_child(pid) : 0;
    free(ready);
    if (!first) {
        (void)fprintf(stderr, "exec rig: skipped: no user and process namespaces for a container here\n");
        return false;
    }
    char text[16];
    (void)snprintf(text, sizeof(text), "%d\n", (int)first);
    rig_write(rig, "containers/" RIG_CONTAINER, text, 0644);
    rig->container = pid;
    return true;
}

char *rig_fingerprint(const struct rig *rig, const char *name)
{
    char *path = rig_path(rig, name), *command = NULL;
    if (asprintf(&command, "ssh-keygen -l -f %s | cut -d' ' -f2 > %s/fingerprint", path, rig->folder) < 0)
        abort();
    const char *const argv[] = {"sh", "-c", command, NULL};
    if (rig_run(rig, argv))
        broken("no fingerprint of %s", path);
    free(command);
    free(path);
    char *text = rig_read(rig, "fingerprint", NULL);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

char *rig_known_hosts(const struct rig *rig, enum rig_variant variant, const char *host, uint16_t port,
                      enum rig_known what)
{
    struct buf text = {.limit = 65536};
    char name[300], pub[32];
    host = what == RIG_UNKNOWN ? "elsewhere" : host;
    if (port == 22)
        (void)snprintf(name, sizeof(name), "%s", host);
    else
        (void)snprintf(name, sizeof(name), "[%s]:%u", host, port);
    for (unsigned i = variant == RIG_RSA_HOST_KEY ? host_key_rsa : 0; i < HOST_KEYS; i++) {
        (void)snprintf(pub, sizeof(pub), "%s.pub", what == RIG_WRONG ? key_types[i] : host_keys[i]);
        char *key = rig_read(rig, pub, NULL);
        buf_printf(&text, "%s %s", name, key);
        if (what == RIG_REVOKED)
            buf_printf(&text, "@revoked %s %s", name, key);
        free(key);
    }
    buf_char(&text, '\0');
    return buf_take(&text, NULL);
}
