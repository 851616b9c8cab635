/* SPDX-License-Identifier: Apache-2.0 */
#include "openssh_fail.h"

#include <stdbool.h>
#include <string.h>

#define SHOWN_MOST 300u /* bytes of ssh's words */

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

/* As printable ASCII on one line, runs of blanks and of ssh's @ frames as one blank. It is untrusted. */
static void tidy(const struct marks *from, char *ret)
{
    size_t n = 0;
    for (uint32_t i = 0; i < from->before_len; i++) {
        const char c = from->before[i];
        const bool blank =
            c <= ' ' || c > '~' || (c == '@' && i + 1 < from->before_len && from->before[i + 1] == '@');
        if (!blank)
            ret[n++] = c;
        else if (n && ret[n - 1] != ' ')
            ret[n++] = ' ';
    }
    while (n && ret[n - 1] == ' ')
        n--;
    ret[n] = '\0';
}

int32_t openssh_fail(const struct backend_run *run, const struct marks *err, const struct marks *out)
{
    char text[sizeof(err->before) + 1];
    const char *next = "try the same host with ssh -v as the user that proximo runs as";
    int32_t code = PROXIMO_EUNAVAIL;
    tidy(err->before_len || !out ? err : out, text);
    for (uint32_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
        if (strstr(text, advices[i].part)) {
            code = advices[i].code;
            next = advices[i].next;
            break;
        }
    const size_t len = strlen(text);
    const char *shown = len > SHOWN_MOST ? strchr(text + len - SHOWN_MOST, ' ') : text;
    return run->host->fail(run->call, code,
                           "ssh to %s ended before the command was sent, so nothing was run: \"%s\"; %s",
                           run->node,
                           !len    ? "it said nothing"
                           : shown ? shown + (*shown == ' ')
                                   : text,
                           next);
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
