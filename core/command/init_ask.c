/* SPDX-License-Identifier: Apache-2.0 */
/* The questions of `proximo init`, in the order in which a newcomer has the answers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "command/init.h"
#include "command/plane_names.h"
#include "config/config.h"
#include "config/url.h"
#include "config/value.h"
#include "http/http.h"

/* What to enter on the server for a user and a token that can look at everything and change nothing. */
static const char pve_lines[] =
    "\nA user and a token that may only look. As root on any node of the cluster:\n\n"
    "  pveum user add proximo@pve --comment 'proximo, reads only'\n"
    "  pveum acl modify / --users proximo@pve --roles PVEAuditor\n"
    "  pveum user token add proximo@pve reader --privsep 1\n"
    "  pveum acl modify / --tokens 'proximo@pve!reader' --roles PVEAuditor\n\n"
    "The third line prints the secret, once.\n\n";
static const char pbs_lines[] =
    "\nA user and a token that may only look. As root on the Backup Server:\n\n"
    "  proxmox-backup-manager user create proximo@pbs --comment 'proximo, reads only'\n"
    "  proxmox-backup-manager acl update / Audit --auth-id proximo@pbs\n"
    "  proxmox-backup-manager user generate-token proximo@pbs reader\n"
    "  proxmox-backup-manager acl update / Audit --auth-id 'proximo@pbs!reader'\n\n"
    "The third line prints the secret, once.\n\n";

/* ---------------------------------------------------------------- checks of answers */

static const char *check_name(const char *answer)
{
    return name_valid(answer) ? NULL : "use " NAME_RULE;
}

static const char *check_url(const char *answer)
{
    const char *why = NULL;
    char *canonical = NULL;

    if (url_normalise(answer, 8006, &canonical, &why) < 0)
        return why ? why : "no memory";
    free(canonical);
    return NULL;
}

static const char *check_fingerprint(const char *answer)
{
    char digits[65];

    return sha256_normalise(answer, digits) == 0 ? NULL : "a SHA-256 fingerprint has 64 hexadecimal digits";
}

static const char *check_readable(const char *answer)
{
    CLEANUP_FREE char *path = file_expand_home(answer);

    if (!path || path[0] != '/')
        return "give the whole path, from / or ~/";
    return access(path, R_OK) == 0 ? NULL : "there is no such file, or it cannot be read";
}

static const char *check_path(const char *answer)
{
    return answer[0] == '/' || (answer[0] == '~' && answer[1] == '/') ? NULL
                                                                      : "give the whole path, from / or ~/";
}

/* USER@REALM!TOKENID: Proxmox's rules, loosely; the server has the last word. */
static const char *check_token_id(const char *answer)
{
    const char *at = strrchr(answer, '@'), *mark = strchr(answer, '!');

    if (!at || !mark || at == answer || mark < at || mark == at + 1 || !mark[1] || strpbrk(answer, " =:/"))
        return "a token is called USER@REALM!TOKENID, for example proximo@pve!reader";
    return NULL;
}

static const char *check_secret(const char *answer)
{
    return strchr(answer, ' ') ? "a secret has no spaces" : NULL;
}

static const char *check_node(const char *answer)
{
    return strspn(answer, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(answer)
               ? NULL
               : "a node name has letters, digits and hyphens";
}

static const char *check_planes(const char *answer)
{
    char name[40];

    while (*answer) {
        answer += strspn(answer, " ,");
        size_t len = strcspn(answer, " ,");
        (void)snprintf(name, sizeof name, "%.*s", (int)(len < 39 ? len : 39), answer);
        if (len && !name_valid(name))
            return "the names of planes, separated by commas: nodes, guests, storage, firewall";
        if (len && !plane_name_known(name))
            return "there is no plane of that name; `proximo planes list` shows those there are";
        answer += len;
    }
    return NULL;
}

/* ---------------------------------------------------------------- questions */

static int stopped(int r, struct problem *p)
{
    (void)problem_set(p, r, PX_ARG, "the questions were not all answered: %s",
                      r == -ENODATA ? "end of input" : strerror(-r));
    problem_next(p, "nothing was written; start `proximo init` again");
    return r;
}

static int ask_path(const struct question *question, char path[ASK_SIZE])
{
    char answer[ASK_SIZE];

    int r = ask(question, answer);
    if (r < 0)
        return r;
    CLEANUP_FREE char *expanded = file_expand_home(answer);
    if (!expanded)
        return -ENOMEM;
    return (size_t)snprintf(path, ASK_SIZE, "%s", expanded) < ASK_SIZE ? 0 : -ENAMETOOLONG;
}

/* Asks the server for its certificate and the person whether it is the right one. -EAGAIN: it must be typed.
 */
static int fetch_fingerprint(struct init_answers *a)
{
    struct config_endpoint endpoint = {.url = a->url};
    const struct config_site site = {.name = a->site,
                                     .kind = a->pbs ? CONFIG_PBS : CONFIG_PVE,
                                     .endpoints = &endpoint,
                                     .endpoint_count = 1,
                                     .timeout_s = 15};
    struct http_tls_report report = {0};
    struct problem p = PROBLEM_INIT;

    const struct http_module *http = http_module_get(&p);
    int r = http ? http->tls_report(&site, 0, &report, &p) : -ENOENT;
    if (r < 0 || !report.connected || !report.fingerprint[0]) {
        ask_say("  The certificate could not be fetched: %s%s\n", p.cause, p.cause[0] ? "" : report.verdict);
        return -EAGAIN;
    }
    ask_say(
        "\n  The server at %s shows this certificate:\n    SHA-256  %s\n    subject  %s\n    until    %s\n"
        "  Compare the SHA-256 with %s, or on the server itself with\n"
        "    openssl x509 -noout -fingerprint -sha256 -in %s\n%s\n",
        a->url, report.fingerprint, report.subject, report.not_after,
        a->pbs ? "Dashboard > Show Fingerprint" : "node > System > Certificates",
        a->pbs ? "/etc/proxmox-backup/proxy.pem" : "/etc/pve/local/pve-ssl.pem",
        a->pbs ? "" : "  (pveproxy-ssl.pem in the same folder, if a certificate of your own is installed)\n");
    if (!ask_yes("Is it the same? yes or no"))
        return -EAGAIN;
    (void)snprintf(a->fingerprint, sizeof a->fingerprint, "%s", report.fingerprint);
    return 0;
}

static int ask_identity(struct init_answers *a)
{
    char how[ASK_SIZE];

    ask_say("\nHow is the server's identity checked? By the fingerprint of its certificate, by the file of "
            "its CA,\n"
            "or, for a certificate of a public CA, by the system's store.\n");
    int r = ask(
        &(struct question){.text = "Identity", .fallback = "fingerprint", .choices = "fingerprint,ca,system"},
        how);
    if (r < 0 || strcmp(how, "system") == 0)
        return r;
    if (strcmp(how, "ca") == 0)
        return ask_path(&(struct question){.text = "PEM file of the CA", .check = check_readable},
                        a->ca_file);
    r = ask(&(struct question){.text = "Fingerprint (empty: fetch it from the server now)",
                               .fallback = "",
                               .check = check_fingerprint},
            a->fingerprint);
    if (r == 0 && !a->fingerprint[0] && fetch_fingerprint(a) < 0)
        r = ask(&(struct question){.text = "Fingerprint, as the server's own screen shows it",
                                   .check = check_fingerprint},
                a->fingerprint);
    return r;
}

static int ask_token(struct init_answers *a)
{
    char fallback[ASK_SIZE + PATH_MAX];

    ask_say("%s", a->pbs ? pbs_lines : pve_lines);
    int r = ask_path(&(struct question){.text = "Token file that exists already (empty: write one now)",
                                        .fallback = "",
                                        .check = check_readable},
                     a->token_file);
    if (r < 0 || a->token_file[0])
        return r;
    if (snprintf(fallback, sizeof fallback, "%s/%s.token", a->config_folder, a->site) >= (int)ASK_SIZE)
        fallback[0] = '\0';
    do {
        r = ask_path(&(struct question){.text = "Token file to write",
                                        .fallback = fallback[0] ? fallback : NULL,
                                        .check = check_path},
                     a->token_file);
        if (r == 0 && !a->force && access(a->token_file, F_OK) == 0) {
            ask_say("  %s exists already.\n", a->token_file);
            a->token_file[0] = '\0';
        }
    } while (r == 0 && !a->token_file[0]);
    if (r == 0)
        r = ask(&(struct question){.text = "Token name, USER@REALM!TOKENID",
                                   .fallback = a->pbs ? "proximo@pbs!reader" : "proximo@pve!reader",
                                   .check = check_token_id},
                a->token_id);
    if (r == 0)
        r = ask(&(struct question){.text = "Token secret (not shown)", .secret = true, .check = check_secret},
                a->secret);
    return r;
}

static int ask_server(struct init_answers *a)
{
    char kind[ASK_SIZE], url[ASK_SIZE];
    const char *why;
    char *canonical = NULL;

    int r = ask(&(struct question){.text = "Name of the site", .fallback = "default", .check = check_name},
                a->site);
    if (r == 0)
        r = ask(&(struct question){.text = "Kind: Proxmox VE or Backup Server",
                                   .fallback = "pve",
                                   .choices = "pve,pbs"},
                kind);
    if (r < 0)
        return r;
    a->pbs = strcmp(kind, "pbs") == 0;
    r = ask(&(struct question){.text = a->pbs ? "Address, https://HOST:8007" : "Address, https://HOST:8006",
                               .check = check_url},
            url);
    if (r < 0)
        return r;
    if (url_normalise(url, a->pbs ? 8007 : 8006, &canonical, &why) < 0)
        return -ENOMEM;
    (void)snprintf(a->url, sizeof a->url, "%s", canonical);
    free(canonical);
    return 0;
}

int init_ask(struct init_answers *a, struct problem *p)
{
    int r = ask_server(a);

    if (r == 0)
        r = ask_identity(a);
    if (r == 0)
        r = ask_token(a);
    if (r == 0 && !a->pbs)
        r = ask(&(struct question){.text = "Node meant when none is named (empty: none)",
                                   .fallback = "",
                                   .check = check_node},
                a->node);
    if (r == 0)
        r = ask(&(struct question){.text = "Mode: read, or guarded (changes after plan and consent)",
                                   .fallback = "read",
                                   .choices = "read,guarded"},
                a->mode);
    if (r == 0)
        r = ask(&(struct question){.text = "Planes, separated by commas (empty: every built-in one but exec)",
                                   .fallback = "",
                                   .check = check_planes},
                a->planes);
    return r < 0 ? stopped(r, p) : 0;
}
