/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exec plane proves itself by, and whom it believes: mode and kind of the key file (never its
 * content), known_hosts and pins. Sources: OpenSSH's PROTOCOL.key; sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "doctor/exec.h"

#define KEY_BYTES   16384 /* of a file that are looked at */
#define HOSTS_BYTES ((size_t)4 << 20)
#define HEAD_BYTES  512 /* of an OpenSSH key, decoded: up to the public key's type */

/* A big-endian length and as many bytes. */
struct piece {
    const unsigned char *at;
    size_t left;
};

static bool piece_take(struct piece *p, const unsigned char **ret, size_t *ret_len)
{
    if (p->left < 4)
        return false;
    const size_t len = (size_t)p->at[0] << 24 | (size_t)p->at[1] << 16 | (size_t)p->at[2] << 8 | p->at[3];
    if (len > p->left - 4)
        return false;
    *ret = p->at + 4;
    *ret_len = len;
    p->at += 4 + len;
    p->left -= 4 + len;
    return true;
}

/* "openssh-key-v1": cipher, KDF, its options, the number of keys, the first public key, whose first member is
 * its type. All of that is not secret. */
static bool openssh_type(const unsigned char *bytes, size_t len, char ret_type[32], bool *ret_sealed)
{
    static const char magic[] = "openssh-key-v1";
    struct piece whole, key;
    const unsigned char *at;
    size_t n;

    if (len < sizeof(magic) || memcmp(bytes, magic, sizeof(magic)) != 0)
        return false;
    whole = (struct piece){bytes + sizeof(magic), len - sizeof(magic)};
    if (!piece_take(&whole, &at, &n))
        return false;
    *ret_sealed = n != 4 || memcmp(at, "none", 4) != 0;
    for (int i = 0; i < 2; i++) { /* KDF and its options */
        if (!piece_take(&whole, &at, &n))
            return false;
    }
    if (whole.left < 8)
        return false;
    /* The public key may reach beyond what was decoded; its type does not. */
    key = (struct piece){whole.at + 8, whole.left - 8};
    if (!piece_take(&key, &at, &n) || n >= 32)
        return false;
    memcpy(ret_type, at, n);
    ret_type[n] = '\0';
    return true;
}

static bool decode_head(const char *text, unsigned char out[HEAD_BYTES], size_t *ret_len)
{
    const struct crypto_module *crypto = crypto_module_get(NULL);
    char joined[HEAD_BYTES];
    size_t len = 0;

    for (; *text && *text != '-' && len < HEAD_BYTES / 4 * 4 - 4; text++)
        if (*text != '\n' && *text != '\r')
            joined[len++] = *text;
    len -= len % 4;
    const bool good = crypto && crypto->base64_decode(joined, len, out, ret_len) == 0;
    explicit_bzero(joined, sizeof(joined));
    return good;
}

/* The kind in words; "unknown" where the file says nothing. */
static void key_kind(const char *text, char ret[32], bool *ret_sealed)
{
    static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
    unsigned char head[HEAD_BYTES];
    size_t len = 0;
    const char *at = strstr(text, begin);

    (void)snprintf(ret, 32, "unknown");
    *ret_sealed = strstr(text, "ENCRYPTED") != NULL;
    if (strstr(text, "-----BEGIN RSA PRIVATE KEY-----"))
        (void)snprintf(ret, 32, "ssh-rsa");
    else if (strstr(text, "-----BEGIN EC PRIVATE KEY-----"))
        (void)snprintf(ret, 32, "ecdsa");
    else if (at && decode_head(at + sizeof(begin) - 1, head, &len) &&
             !openssh_type(head, len, ret, ret_sealed))
        (void)snprintf(ret, 32, "unknown");
    explicit_bzero(head, sizeof(head));
}

void exec_check_identity(const struct exec_view *v)
{
    const char *path = config_named(&v->plane->material, "identity");
    const char *agent = config_named(&v->plane->endpoints, "agent");
    CLEANUP_BUF struct buf text = BUF_INIT(KEY_BYTES);
    CLEANUP_FD int fd = -1;
    struct problem p = PROBLEM_INIT;
    struct json_object *check;
    char kind[32];
    bool sealed = false;

    if (strcmp(v->backend, "libssh2") != 0)
        return;
    if (!path) {
        doctor_add(v->d, agent ? DOCTOR_OK : DOCTOR_PROBLEM,
                   agent ? NULL
                         : "Set planes.exec.material.identity, or endpoints.agent and config.identity.",
                   agent ? "keys come from the agent %s" : "there is neither a key file nor an agent%s",
                   agent ? agent : "");
        return;
    }
    if (file_open_secret(path, &fd, &p) != 0) {
        doctor_add_problem(v->d, "exec: identity", &p);
        return;
    }
    const int r = fd_read_all(fd, &text);
    key_kind(r == 0 && text.data ? text.data : "", kind, &sealed);
    if (text.data)
        explicit_bzero(text.data, text.len);
    if (strstr(kind, "rsa"))
        check = doctor_add(v->d, DOCTOR_PROBLEM,
                           "ssh-keygen -t ed25519, or the back end openssh, which takes RSA.",
                           "identity %s is an RSA key: the back end libssh2 takes ed25519 and ecdsa", path);
    else if (sealed)
        check =
            doctor_add(v->d, DOCTOR_PROBLEM, "Use a key without one, mode 600, or an agent that holds it.",
                       "identity %s (%s) has a passphrase, and nobody is there to type it", path, kind);
    else
        check = doctor_add(v->d, DOCTOR_OK, NULL, "identity %s: for its owner alone, kind %s", path, kind);
    doctor_fact(check, "path", path);
    doctor_fact(check, "kind", kind);
}

/* ---- whom it believes */

/* Does the first field of a line name the host? "|1|..." is hashed and says nothing here; '@' marks. */
static bool line_names(const char *line, size_t len, const char *host, bool *ret_hashed)
{
    size_t at = 0;

    if (len > 0 && (line[0] == '#' || line[0] == '@'))
        return false;
    *ret_hashed = *ret_hashed || (len > 0 && line[0] == '|');
    while (at < len && line[at] != ' ' && line[at] != '\t') {
        size_t n = 0;
        while (at + n < len && line[at + n] != ',' && line[at + n] != ' ' && line[at + n] != '\t')
            n++;
        if (n == strlen(host) && memcmp(line + at, host, n) == 0)
            return true;
        at += n;
        at += at < len && line[at] == ',';
    }
    return false;
}

bool exec_knows_host(const struct exec_view *v, const char *node)
{
    const char *path = config_named(&v->plane->material, "known_hosts");
    CLEANUP_BUF struct buf text = BUF_INIT(HOSTS_BYTES);
    struct json_object *pins = NULL;
    bool hashed = false, found = false;

    if (json_get(v->section, "hostkeys", json_type_object, &pins) == 0 &&
        json_object_object_get_ex(pins, node, NULL))
        return true;
    if (!path || file_read(path, &text) < 0 || !text.data)
        return false;
    for (const char *line = text.data; *line && !found;) {
        const size_t len = strcspn(line, "\n");
        found = line_names(line, len, node, &hashed);
        line += len + (line[len] == '\n');
    }
    return found || hashed; /* hashed names cannot be told from here: nothing is said */
}

void exec_check_hostkeys(const struct exec_view *v)
{
    const char *path = config_named(&v->plane->material, "known_hosts");
    struct json_object *pins = NULL;

    if (strcmp(v->backend, "libssh2") != 0)
        return;
    (void)json_get(v->section, "hostkeys", json_type_object, &pins);
    if (!path && !pins)
        doctor_add(v->d, DOCTOR_PROBLEM,
                   "Set planes.exec.material.known_hosts, or planes.exec.config.hostkeys.NODE: SHA256:...",
                   "no host key is known: nothing can be connected to");
    else if (path && access(path, R_OK) < 0)
        doctor_add(v->d, DOCTOR_PROBLEM, "Correct the path, or create the file.", "known_hosts %s: %s", path,
                   strerror(errno));
    else if (path)
        doctor_fact(doctor_add(v->d, DOCTOR_OK, NULL, "host keys from %s%s", path, pins ? " and pins" : ""),
                    "path", path);
    else
        doctor_add(v->d, DOCTOR_OK, NULL, "host keys are pinned");
}
