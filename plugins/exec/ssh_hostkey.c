/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_hostkey.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define USABLE                                                                                               \
    (1u << SSH_KEY_ED25519 | 1u << SSH_KEY_ECDSA_256 | 1u << SSH_KEY_ECDSA_384 | 1u << SSH_KEY_ECDSA_521)
#define NOTE_MOST 512u

/* What the file has besides: lines not understood, authorities. May be empty. */
static void notes(const struct ssh_known *known, char ret[NOTE_MOST])
{
    int n = 0;

    ret[0] = '\0';
    if (known->authorities)
        n = snprintf(ret, NOTE_MOST,
                     ". A @cert-authority line names it too, but libssh2 cannot use host certificates (the "
                     "openssh back "
                     "end can)");
    if (known->not_read && n >= 0 && (size_t)n < NOTE_MOST)
        (void)snprintf(ret + n, NOTE_MOST - (size_t)n,
                       ". %" PRIu32 " lines of known_hosts are not understood, the first is line %" PRIu32,
                       known->not_read, known->first_not_read);
}

static int32_t nothing_known(const struct ssh_work *work, const struct ssh_known *known)
{
    const struct backend_run *run = work->run;
    char more[NOTE_MOST];

    notes(known, more);
    if (known->types & 1u << SSH_KEY_RSA)
        return run->host->fail(
            run->call, PROXIMO_EDENIED,
            "known_hosts has only an RSA key of %s, which libssh2 1.10 cannot check (it knows RSA "
            "with SHA-1 only); nothing was run. Add the node's ed25519 or ecdsa key (`ssh-keyscan -t "
            "ed25519,ecdsa %s`, compared on the node's console with `ssh-keygen -lf "
            "/etc/ssh/ssh_host_ed25519_key.pub`), set hostkey, or use the openssh back end%s",
            run->node, run->node, more);
    return run->host->fail(
        run->call, PROXIMO_EDENIED,
        "known_hosts has no key of %s that can be used, and a key is not trusted because it is the "
        "first one seen; nothing was run. Get it with `ssh-keyscan -t ed25519,ecdsa %s`, compare on "
        "the node's console with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`, and add it to "
        "known_hosts under the name %s, or set hostkey to its fingerprint%s",
        run->node, run->node, run->node, more);
}

static int32_t broken(const struct ssh_work *work, const struct ssh_known *known)
{
    return work->run->host->fail(work->run->call, PROXIMO_EDENIED,
                                 "line %" PRIu32
                                 " of known_hosts is marked @revoked and cannot be read, so no key can "
                                 "be said not to be revoked; nothing was run. Correct or remove that line",
                                 known->line);
}

int32_t ssh_hostkey_prepare(const struct ssh_work *work, struct ssh_hostkey *ret)
{
    const struct backend_run *run = work->run;
    struct ssh_hostkey made = {.types = USABLE};
    struct ssh_known known;

    if (work->settings->hostkey) {
        *ret = made;
        return PROXIMO_OK;
    }
    int32_t r = ssh_work_material(work, "known_hosts", &made.known);
    if (r == PROXIMO_ECANCELLED || r == PROXIMO_EDEADLINE)
        return r;
    if (r)
        return run->host->fail(
            run->call, PROXIMO_EDENIED,
            "neither known_hosts nor hostkey is configured or readable, so it cannot be known that "
            "%s is the node it should be; nothing was run. Set one of them",
            run->node);
    if (made.known.len > SSH_KNOWN_HOSTS_MOST)
        return run->host->fail(run->call, PROXIMO_EINVAL,
                               "known_hosts has %" PRIu64 " bytes, more than 4 MiB; nothing was run",
                               made.known.len);
    if (ssh_known_hosts_look(made.known.ptr, made.known.len, run->node, 22, NULL, &known) == SSH_KNOWN_BROKEN)
        return broken(work, &known);
    made.types = known.types & USABLE;
    if (!made.types)
        return nothing_known(work, &known);
    *ret = made;
    return PROXIMO_OK;
}

bool ssh_hostkey_pinned(const struct ssh_work *work, const struct ssh_bytes *blob)
{
    char offered[SSH_FINGERPRINT_SIZE];

    return ssh_fingerprint(blob->ptr, blob->len, offered) &&
           ssh_fingerprint_equal(offered, work->settings->hostkey);
}

static int32_t changed(const struct ssh_work *work, const struct ssh_known *known, const char *type,
                       const char *offered)
{
    const struct backend_run *run = work->run;
    char list[SSH_KNOWN_SHOWN * (SSH_FINGERPRINT_SIZE + 24)] = "", more[NOTE_MOST];
    size_t n = 0;

    notes(known, more);
    for (uint32_t i = 0; i < known->shown && n < sizeof(list); i++)
        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s %s", i ? ", " : "",
                              ssh_key_type_name(known->shown_types[i]), known->fingerprints[i]);
    return run->host->fail(
        run->call, PROXIMO_EDENIED,
        "the host key of %s is not the one that is known: it offers %s %s, known_hosts has %s. The "
        "node was installed anew, or another machine answers in its place; nothing was run. Compare "
        "on the node's console with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`; only if that "
        "is the offered one, replace the lines of %s in known_hosts (`ssh-keygen -R %s`, then "
        "`ssh-keyscan %s`)%s",
        run->node, type, offered, list, run->node, run->node, run->node, more);
}

int32_t ssh_hostkey_check(const struct ssh_work *work, const struct ssh_hostkey *expected,
                          const struct ssh_bytes *blob)
{
    const struct backend_run *run = work->run;
    const char *type = ssh_key_type_name(ssh_key_type_of_blob(blob->ptr, blob->len));
    char offered[SSH_FINGERPRINT_SIZE];
    struct ssh_known known;

    if (!ssh_fingerprint(blob->ptr, blob->len, offered))
        return run->host->fail(run->call, PROXIMO_ENOMEM, "no memory to check the host key of %s", run->node);
    if (work->settings->hostkey) {
        if (ssh_fingerprint_equal(offered, work->settings->hostkey))
            return PROXIMO_OK;
        return run->host->fail(
            run->call, PROXIMO_EDENIED,
            "the host key of %s is not the configured one: it offers %s %s, hostkey is %s. The node "
            "was installed anew, or another machine answers in its place; nothing was run. Compare on "
            "the node's console with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`; only if that "
            "is the offered one, set hostkey to it",
            run->node, type, offered, work->settings->hostkey);
    }
    switch (ssh_known_hosts_look(expected->known.ptr, expected->known.len, run->node, 22, blob, &known)) {
    case SSH_KNOWN_MATCH: return PROXIMO_OK;
    case SSH_KNOWN_BROKEN: return broken(work, &known);
    case SSH_KNOWN_REVOKED:
        return run->host->fail(run->call, PROXIMO_EDENIED,
                               "the host key that %s offers, %s %s, is revoked by line %" PRIu32
                               " of known_hosts; "
                               "nothing was run. Give the node a new host key, and add that to known_hosts",
                               run->node, type, offered, known.line);
    case SSH_KNOWN_CHANGED: return changed(work, &known, type, offered);
    case SSH_KNOWN_NONE:
    default: return nothing_known(work, &known);
    }
}
