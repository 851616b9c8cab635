/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_session.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ssh_auth.h"
#include "ssh_offer.h"

#define HOSTKEYS_MOST 128u
#define LEAVE_MS      200
#define FREE_TRIES    64
#define PIN_TRIES     4 /* as many as there are types of host keys */

/* SHA-2, counter mode, nothing of what libssh2 1.10 knows that servers have dropped. */
static const char kex[] =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group14-sha256,diffie-hellman-group-exchange-sha256";
static const char ciphers[] = "aes256-ctr,aes192-ctr,aes128-ctr";
static const char macs[] = "hmac-sha2-256,hmac-sha2-512";

short ssh_session_events(const struct ssh_session *session)
{
    int blocked = libssh2_session_block_directions(session->ssh);
    short events = 0;

    if (blocked & LIBSSH2_SESSION_BLOCK_OUTBOUND)
        events |= POLLOUT;
    if ((blocked & LIBSSH2_SESSION_BLOCK_INBOUND) || !events)
        events |= POLLIN;
    return events;
}

int32_t ssh_session_wait(const struct ssh_work *work, const struct ssh_session *session)
{
    return ssh_work_wait(work, session->fd, ssh_session_events(session));
}

const char *ssh_session_error(const struct ssh_session *session)
{
    char *words = NULL;

    (void)libssh2_session_last_error(session->ssh, &words, NULL, 0);
    return words && *words ? words : "no reason given";
}

void ssh_session_close(struct ssh_session *session, bool polite)
{
    if (!session)
        return;
    if (session->ssh && polite) {
        int64_t until = ssh_now_ms() + LEAVE_MS;
        while (libssh2_session_disconnect(session->ssh, "done") == LIBSSH2_ERROR_EAGAIN &&
               ssh_now_ms() < until) {
            struct pollfd p = {.fd = session->fd, .events = ssh_session_events(session)};
            (void)poll(&p, 1, LEAVE_MS / 4);
        }
    }
    /* Freeing a session closes its channels, which sends: on a socket that is shut down that ends at once. */
    (void)shutdown(session->fd, SHUT_RDWR);
    for (int i = 0; session->ssh && i < FREE_TRIES; i++) {
        if (libssh2_session_free(session->ssh) != LIBSSH2_ERROR_EAGAIN)
            session->ssh = NULL;
    }
    (void)close(session->fd);
    free(session);
}

static void hostkey_list(uint32_t types, char ret[HOSTKEYS_MOST])
{
    size_t n = 0;

    ret[0] = '\0';
    for (int type = SSH_KEY_ED25519; type <= SSH_KEY_ECDSA_521; type++) {
        if (types & 1u << type)
            n += (size_t)snprintf(ret + n, HOSTKEYS_MOST - n, "%s%s", n ? "," : "",
                                  ssh_key_type_name((enum ssh_key_type)type));
    }
}

static int32_t start(const struct ssh_work *work, struct ssh_session **ret)
{
    const struct backend_run *run = work->run;
    size_t len = strlen(run->node) + 1;
    int32_t fd = -1;
    int on = 1;

    int32_t r = run->host->connect(run->call, run->node, &fd);
    if (r)
        return r;
    /* The host may have done it; where the sandbox forbids it, the host has. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct ssh_session *session = calloc(1, sizeof(*session) + len);
    LIBSSH2_SESSION *ssh = session && ssh_nonblocking(fd) ? libssh2_session_init() : NULL;
    if (!ssh) {
        free(session);
        (void)close(fd);
        (void)run->host->fail(run->call, PROXIMO_ENOMEM, "no memory for a connection to %s", run->node);
        return PROXIMO_ENOMEM;
    }
    session->ssh = ssh;
    session->fd = fd;
    memcpy(session->node, run->node, len);
    libssh2_session_set_blocking(ssh, 0);
    *ret = session;
    return PROXIMO_OK;
}

/* Words for a handshake that failed with libssh2's code `error`. */
static int32_t handshake_failed(const struct ssh_work *work, const struct ssh_session *session, int error,
                                const char *hostkeys)
{
    const char *const wanted[SSH_METHODS] = {kex, hostkeys, ciphers, macs};
    const struct backend_run *run = work->run;
    char why[SSH_WHY_MOST] = "";

    if (error == LIBSSH2_ERROR_KEX_FAILURE || error == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE ||
        error == LIBSSH2_ERROR_METHOD_NONE) {
        ssh_offer_explain(work, wanted, why);
        if (why[0])
            return run->host->fail(
                run->call, PROXIMO_EUNAVAIL,
                "no key exchange with %s: %s. Nothing was run. Allow one of them on the node (a "
                "host key: known_hosts must have it too), or use the openssh back end",
                run->node, why);
        return run->host->fail(
            run->call, PROXIMO_EUNAVAIL,
            "no key exchange with %s (%s); nothing was run. Known causes: the server has only an RSA "
            "host key, or allows only ETM MACs or only GCM and chacha20 ciphers, none of which "
            "libssh2 1.10 knows. The openssh back end does",
            run->node, ssh_session_error(session));
    }
    if (error == LIBSSH2_ERROR_HOSTKEY_SIGN || error == LIBSSH2_ERROR_HOSTKEY_INIT)
        return run->host->fail(
            run->call, PROXIMO_EDENIED,
            "%s does not prove that it holds its host key (%s); nothing was run. Something between "
            "here and the node may answer in its place",
            run->node, ssh_session_error(session));
    return run->host->fail(
        run->call, PROXIMO_EUNAVAIL,
        "what answers as %s ended the connection or does not speak SSH (%s); nothing was run. Is it "
        "the SSH port? A server with many connections at once refuses new ones (MaxStartups)",
        run->node, ssh_session_error(session));
}

/* A connection whose key exchange is done, with a host key of one of `types`; not checked yet. */
static int32_t exchange(const struct ssh_work *work, uint32_t types, struct ssh_session **ret)
{
    char hostkeys[HOSTKEYS_MOST];
    struct ssh_session *session = NULL;

    int32_t r = start(work, &session);
    if (r)
        return r;
    hostkey_list(types, hostkeys);
    const struct {
        int method;
        const char *names;
    } preferences[] = {
        {LIBSSH2_METHOD_KEX, kex},          {LIBSSH2_METHOD_HOSTKEY, hostkeys},
        {LIBSSH2_METHOD_CRYPT_CS, ciphers}, {LIBSSH2_METHOD_CRYPT_SC, ciphers},
        {LIBSSH2_METHOD_MAC_CS, macs},      {LIBSSH2_METHOD_MAC_SC, macs},
        {LIBSSH2_METHOD_COMP_CS, "none"},   {LIBSSH2_METHOD_COMP_SC, "none"},
    };
    int error = 0;
    for (size_t i = 0; !error && i < sizeof(preferences) / sizeof(preferences[0]); i++)
        error = libssh2_session_method_pref(session->ssh, preferences[i].method, preferences[i].names);
    if (!error)
        error = libssh2_session_handshake(session->ssh, session->fd);
    while (error == LIBSSH2_ERROR_EAGAIN && (r = ssh_session_wait(work, session)) == PROXIMO_OK)
        error = libssh2_session_handshake(session->ssh, session->fd);
    if (r)
        r = ssh_work_fail(work, r, "agreeing on keys with the node");
    else if (error)
        r = handshake_failed(work, session, error, hostkeys);
    if (r) {
        ssh_session_close(session, false);
        return r;
    }
    *ret = session;
    return PROXIMO_OK;
}

static struct ssh_bytes hostkey_of(const struct ssh_session *session)
{
    size_t len = 0;
    int type = 0;
    const char *blob = libssh2_session_hostkey(session->ssh, &len, &type);

    return (struct ssh_bytes){(const unsigned char *)blob, blob ? len : 0};
}

/*
 * With known_hosts the types to ask for are known. With a pin they are not: a fingerprint does not say of
 * what type its key is, so when the server shows another key, it is asked for its keys of other types.
 */
static int32_t exchange_and_check(const struct ssh_work *work, const struct ssh_hostkey *expected,
                                  struct ssh_session **ret)
{
    uint32_t types = expected->types;
    struct ssh_session *session = NULL, *first = NULL;

    int32_t r = exchange(work, types, &session);
    for (int i = 1; r == PROXIMO_OK && work->settings->hostkey && i < PIN_TRIES; i++) {
        struct ssh_bytes blob = hostkey_of(session);
        types &= ~(1u << ssh_key_type_of_blob(blob.ptr, blob.len));
        if (ssh_hostkey_pinned(work, &blob) || !types)
            break;
        if (first)
            ssh_session_close(session, false);
        else
            first = session;
        session = NULL;
        r = exchange(work, types, &session);
    }
    if (r && first) { /* no more types: what it showed first is what is said */
        session = first;
        first = NULL;
        r = PROXIMO_OK;
    }
    ssh_session_close(first, false);
    if (r)
        return r;
    struct ssh_bytes blob = hostkey_of(session);
    r = blob.len ? ssh_hostkey_check(work, expected, &blob) : PROXIMO_EPROTO;
    if (r) {
        ssh_session_close(session, false);
        return r;
    }
    *ret = session;
    return PROXIMO_OK;
}

int32_t ssh_session_open(const struct ssh_work *work, struct ssh_session **ret)
{
    struct ssh_hostkey expected;
    struct ssh_auth auth;
    struct ssh_session *session = NULL;

    int32_t r = ssh_auth_prepare(work, &auth);
    if (r)
        return r;
    r = ssh_hostkey_prepare(work, &expected);
    if (r == PROXIMO_OK)
        r = exchange_and_check(work, &expected, &session);
    if (r == PROXIMO_OK)
        r = ssh_auth_run(work, &auth, session);
    ssh_auth_done(&auth);
    if (r) {
        ssh_session_close(session, false);
        return r;
    }
    *ret = session;
    return PROXIMO_OK;
}

bool ssh_session_usable(const struct ssh_work *work, struct ssh_session *session)
{
    struct ssh_bytes blob = hostkey_of(session);
    struct ssh_hostkey expected = {0};
    struct ssh_known known;
    char byte = 0;

    /* The server's end of the connection is seen as end of file; data may be there (global requests). */
    ssize_t n = recv(session->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        return false;
    if (work->settings->hostkey)
        return ssh_hostkey_pinned(work, &blob);
    /* A key may have been revoked or replaced since. */
    return work->run->host->material(work->run->call, "known_hosts", &expected.known) == PROXIMO_OK &&
           expected.known.len <= SSH_KNOWN_HOSTS_MOST &&
           ssh_known_hosts_look(expected.known.ptr, expected.known.len, session->node, 22, &blob, &known) ==
               SSH_KNOWN_MATCH;
}
