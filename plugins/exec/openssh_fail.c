/* SPDX-License-Identifier: Apache-2.0 */
#include "openssh_fail.h"

#include <string.h>

#define SHOWN_MOST 400u /* bytes of ssh's words */

/* A part of what ssh (or the shell of the node) says, and what helps. The first that fits. */
static const struct advice {
    const char *part;
    int32_t code;
    const char *next;
} advices[] = {
    {"Host key verification failed", PROXIMO_EDENIED,
     "compare the key with ssh-keygen -lf on the node itself, then mend the line in known_hosts yourself"},
    {"Permission denied", PROXIMO_EDENIED,
     "ssh had no key that the node takes without a question: is one in its authorized_keys for this user, "
     "and "
     "here in the agent or without a passphrase?"},
    {"Too many authentication failures", PROXIMO_EDENIED,
     "name the one key in the ssh configuration: IdentityFile, with IdentitiesOnly yes"},
    {"no matching host key type", PROXIMO_EDENIED,
     "both sides must share an algorithm: HostKeyAlgorithms in the ssh configuration"},
    {"Could not resolve hostname", PROXIMO_EUNAVAIL,
     "name the node's address in the ssh configuration: Host and HostName"},
    {"Connection refused", PROXIMO_EUNAVAIL, "does the SSH server run there, and at this port?"},
    {"timed out", PROXIMO_EUNAVAIL, "is the node up and reachable from here?"},
    {"No route to host", PROXIMO_EUNAVAIL, "is the node up and reachable from here?"},
    {"perl: ", PROXIMO_ESTATE, "the openssh back end needs Perl on the node, as every Proxmox host has it"},
    {"Bad configuration option", PROXIMO_EINVAL, "mend the ssh configuration, or use OpenSSH 8.7 or later"},
};

int32_t openssh_fail(const struct backend_run *run, const struct marks *err, const struct marks *out)
{
    const struct marks *from = err->before_len || !out ? err : out;
    const uint32_t most = from->before_len < SHOWN_MOST ? from->before_len : SHOWN_MOST;
    const char *next = "try the same host with ssh -v as the user that proximo runs as";
    int32_t code = PROXIMO_EUNAVAIL;
    char text[sizeof(from->before) + 1], shown[SHOWN_MOST + 1];
    for (uint32_t i = 0; i < from->before_len; i++) /* untrusted, and of several lines */
        text[i] = from->before[i] >= ' ' && from->before[i] <= '~' ? from->before[i] : ' ';
    text[from->before_len] = '\0';
    for (uint32_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        if (strstr(text, advices[i].part)) {
            code = advices[i].code;
            next = advices[i].next;
            break;
        }
    (void)memcpy(shown, text + from->before_len - most, most);
    shown[most] = '\0';
    return run->host->fail(run->call, code,
                           "ssh to %s ended before the command was sent, so nothing was run: \"%s\"; %s",
                           run->node, most ? shown : "it said nothing", next);
}

int32_t openssh_fail_over(const struct backend_run *run, int32_t code)
{
    const char *why = code == PROXIMO_ECANCELLED ? "it was cancelled"
                      : code == PROXIMO_EDEADLINE
                          ? "the time given was over; is the node reachable and its SSH server answering?"
                          : "the pipes of ssh could not be read";
    return run->host->fail(run->call, PROXIMO_EUNAVAIL,
                           "nothing was run on %s, since before the command was sent %s", run->node, why);
}
