/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_auth.h"

#include <string.h>
#include <unistd.h>

#include "ssh_identity.h"

static int32_t prepare_agent(const struct ssh_work *work, struct ssh_auth *auth)
{
    const struct backend_run *run = work->run;
    int32_t fd = -1;

    int32_t r = run->host->connect(run->call, "agent", &fd);
    if (r)
        return r;
    auth->agent_fd = fd;
    r = ssh_agent_find(work, fd, work->settings->identity, &auth->key);
    if (r)
        ssh_auth_done(auth);
    return r;
}

int32_t ssh_auth_prepare(const struct ssh_work *work, struct ssh_auth *ret)
{
    const struct backend_run *run = work->run;
    struct ssh_auth auth = {.agent_fd = -1};

    if (work->settings->identity) {
        int32_t found = prepare_agent(work, &auth);
        if (found == PROXIMO_OK)
            *ret = auth;
        return found;
    }
    int32_t r = ssh_work_material(work, "identity", &auth.identity);
    if (r == PROXIMO_ECANCELLED || r == PROXIMO_EDEADLINE)
        return r;
    if (r)
        return run->host->fail(
            run->call, PROXIMO_EINVAL,
            "no private key is configured or it cannot be read; nothing was run. Configure its file, "
            "or an agent with the fingerprint of the key");
    enum ssh_identity_kind kind = ssh_identity_kind(auth.identity.ptr, auth.identity.len);
    if (kind != SSH_IDENTITY_USABLE)
        return run->host->fail(run->call, PROXIMO_EINVAL, "%s. Nothing was run", ssh_identity_advice(kind));
    *ret = auth;
    return PROXIMO_OK;
}

void ssh_auth_done(struct ssh_auth *auth)
{
    if (auth->agent_fd >= 0)
        (void)close(auth->agent_fd);
    auth->agent_fd = -1;
}

/* What the callback of libssh2 needs, and what it leaves. */
struct signing {
    const struct ssh_work *work;
    const struct ssh_auth *auth;
    int32_t result;
};

static int sign(LIBSSH2_SESSION *ssh, unsigned char **ret, size_t *ret_len, const unsigned char *data,
                size_t len, void **abstract)
{
    struct signing *signing = *abstract;
    struct ssh_bytes bytes = {data, len}, signature = {0};

    (void)ssh;
    signing->result =
        ssh_agent_sign(signing->work, signing->auth->agent_fd, &signing->auth->key, &bytes, &signature);
    if (signing->result)
        return -1;
    /* The session was made with malloc and free as its own. */
    memcpy(ret, &signature.ptr, sizeof(*ret));
    *ret_len = signature.len;
    return 0;
}

static int step(const struct ssh_work *work, struct ssh_auth *auth, struct ssh_session *session,
                struct signing *signing)
{
    const char *user = work->settings->user;
    void *abstract = signing;

    if (auth->agent_fd >= 0)
        return libssh2_userauth_publickey(session->ssh, user, auth->key.blob.ptr, auth->key.blob.len, sign,
                                          &abstract);
    return libssh2_userauth_publickey_frommemory(session->ssh, user, strlen(user), NULL, 0,
                                                 auth->identity.ptr, auth->identity.len, NULL);
}

int32_t ssh_auth_run(const struct ssh_work *work, struct ssh_auth *auth, struct ssh_session *session)
{
    struct signing signing = {work, auth, PROXIMO_OK};
    const struct backend_run *run = work->run;
    int error = 0;

    while ((error = step(work, auth, session, &signing)) == LIBSSH2_ERROR_EAGAIN) {
        int32_t r = ssh_session_wait(work, session);
        if (r)
            return ssh_work_fail(work, r, "authenticating to the node");
    }
    if (error == 0)
        return PROXIMO_OK;
    if (signing.result)
        return signing.result;
    /* One code for a signature refused and for a connection lost while waiting for the answer; the words
     * differ. */
    bool lost =
        error == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED && strncmp(ssh_session_error(session), "Waiting", 7) == 0;
    if (!lost &&
        (error == LIBSSH2_ERROR_AUTHENTICATION_FAILED || error == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED))
        return run->host->fail(
            run->call, PROXIMO_EDENIED,
            "%s does not let %s in with this key (%s); nothing was run. Its public half belongs in "
            "authorized_keys of %s on the node, and sshd_config must allow it (PermitRootLogin, "
            "AllowUsers, PubkeyAuthentication); the node's journal of ssh says why",
            run->node, work->settings->user, ssh_session_error(session), work->settings->user);
    if (error == LIBSSH2_ERROR_FILE || error == LIBSSH2_ERROR_METHOD_NOT_SUPPORTED)
        return run->host->fail(
            run->call, PROXIMO_EINVAL,
            "libssh2 cannot read the private key (%s); nothing was run. Use an ed25519 or ecdsa key "
            "in OpenSSH's format",
            ssh_session_error(session));
    return run->host->fail(run->call, PROXIMO_EUNAVAIL,
                           "the connection to %s ended while authenticating (%s); nothing was run", run->node,
                           ssh_session_error(session));
}
