/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rig of the executor tests: OpenSSH servers on the loopback as ordinary processes with keys of their
 * own, an ssh-agent, known_hosts files, a proxy that cuts connections, and a "container", which is a process
 * in namespaces of its own that the rig's `pct` enters. All of it lives in one folder and ends with rig_stop.
 *
 *     static struct rig rig;
 *     if (rig_start(&rig) < 0)        no sshd here: rig.why says so
 *         skip();
 *     uint16_t port = rig_server(&rig, RIG_PLAIN);
 *     char *known = rig_known_hosts(&rig, RIG_PLAIN, "127.0.0.1", port, RIG_KNOWN);     free()
 *     char *key = rig_read(&rig, "ed25519", NULL);                                      free()
 *     ...
 *     rig_stop(&rig);
 *
 * Everything but rig_start and rig_server ends the test when it fails.
 */
#ifndef PROXIMO_TESTS_EXEC_RIG_H
#define PROXIMO_TESTS_EXEC_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum rig_variant {
    RIG_PLAIN,        /* as Debian ships it; host keys ed25519, ecdsa and rsa */
    RIG_RSA_HOST_KEY, /* has an RSA host key only */
    RIG_ETM_MACS,     /* MACs *-etm@openssh.com only, ciphers that need a MAC */
    RIG_AEAD_CIPHERS, /* AES-GCM and chacha20-poly1305 only */
    RIG_VARIANTS
};

/* The client keys are files of these names in the folder, NAME.pub beside them: "ed25519", "ecdsa", "rsa",
 * "locked" (ed25519 with RIG_PASSPHRASE), "stranger" (ed25519, in no authorized_keys). */
#define RIG_PASSPHRASE "correct horse"

#define RIG_CONTAINER      "105" /* vmid of the container that runs */
#define RIG_CONTAINER_NAME "ct105"

struct rig {
    char folder[48];
    char user[64]; /* who logs in: the one that the test runs as */
    char why[256]; /* why there is no rig */
    pid_t server[RIG_VARIANTS];
    uint16_t port[RIG_VARIANTS];
    pid_t agent;
    pid_t container;
    char agent_socket[64];
    bool host_keys;
};

/* 0; -1 with rig->why when this machine has no OpenSSH server or may not run one. Then nothing is to be
 * stopped. */
int rig_start(struct rig *rig);
void rig_stop(struct rig *rig);

/* Starts the server at the first call; its port on 127.0.0.1. */
uint16_t rig_server(struct rig *rig, enum rig_variant variant);
/* Starts the agent at the first call, and adds this key to it; the path of its socket. */
const char *rig_agent(struct rig *rig, const char *key);
/* Starts the container at the first call; false when this machine has no namespaces for us. */
bool rig_container(struct rig *rig);

/* The path of a file in the folder; malloc'd. */
char *rig_path(const struct rig *rig, const char *name);
/* A file of the folder, malloc'd and with a NUL behind it. ret_len may be NULL. */
char *rig_read(const struct rig *rig, const char *name, size_t *ret_len);
void rig_write(const struct rig *rig, const char *name, const char *text, mode_t mode);
/* "SHA256:..." of a public key of the folder: "ed25519.pub", "host_ecdsa.pub". malloc'd. */
char *rig_fingerprint(const struct rig *rig, const char *name);

enum rig_known {
    RIG_KNOWN,   /* all host keys of the server, as they are */
    RIG_WRONG,   /* other keys under its name */
    RIG_REVOKED, /* its keys, and each of them once more as @revoked */
    RIG_UNKNOWN, /* a file without this host */
};
/* The text of a known_hosts file: "[host]:port type key" a line, host alone for port 22. malloc'd. */
char *rig_known_hosts(const struct rig *rig, enum rig_variant variant, const char *host, uint16_t port,
                      enum rig_known what);

/* Runs a program of PATH (argv ends with NULL) and waits; its output goes to rig.log. The exit status. */
int rig_run(const struct rig *rig, const char *const *argv);
bool rig_alive(pid_t pid);          /* a process of this id is there, and no zombie */
bool rig_process(const char *word); /* a process is there that was started with this word */

/*
 * A TCP proxy to a port of the loopback, in a thread of its own, for one connection at a time. It can be
 * told to stop after so many bytes from the server, or now.
 */
enum rig_proxy_end {
    RIG_PROXY_RESET, /* both connections are reset */
    RIG_PROXY_STALL, /* nothing passes any more, the connections stay */
};
struct rig_proxy;
struct rig_proxy *rig_proxy_new(uint16_t target);
uint16_t rig_proxy_port(const struct rig_proxy *proxy);
/* Takes effect with the connection that runs or comes next; afterwards it passes everything again. */
void rig_proxy_end_after(struct rig_proxy *proxy, uint64_t bytes_from_server, enum rig_proxy_end end);
void rig_proxy_end_now(struct rig_proxy *proxy, enum rig_proxy_end end);
uint64_t rig_proxy_bytes(const struct rig_proxy *proxy); /* from the server, of all connections */
unsigned rig_proxy_connections(const struct rig_proxy *proxy);
void rig_proxy_free(struct rig_proxy *proxy);

#endif
