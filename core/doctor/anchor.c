/* SPDX-License-Identifier: Apache-2.0 */
/* The part of doctor that looks at the anchors. It publishes nothing and asks no receiver. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "ledger/anchor.h"

static void check_file(struct doctor *d, const struct config *config)
{
    char text[256];
    const char *path = config->ledger.anchor.file;
    const char *fault = anchor_file_fault(config, text, sizeof(text));
    struct json_object *check;

    if (fault)
        check = doctor_add(d, DOCTOR_PROBLEM, "Mount its file system, or correct ledger.anchor.file.",
                           "anchor file %s: %s", path, fault);
    else if (anchor_file_beside_ledger(config))
        check =
            doctor_add(d, DOCTOR_NOTE, "Put it on a file system of another machine.",
                       "anchor file %s is on the ledger's own file system: no protection against someone who "
                       "has the disk",
                       path);
    else
        check = doctor_add(d, DOCTOR_OK, NULL, "anchor file %s can be written", path);
    doctor_fact(check, "path", path);
}

static void check_receiver(struct doctor *d, const char *key, const struct config_endpoint *receiver)
{
    if (!receiver->url)
        return;
    struct json_object *check =
        strncmp(receiver->url, "tcp://", 6) == 0
            ? doctor_add(d, DOCTOR_NOTE, "Use tls://HOST:6514 where the receiver can.",
                         "%s: over plain TCP anybody between may drop or answer; not tried", key)
            : doctor_add(d, DOCTOR_OK, "`proximo audit anchor` tries it.", "%s: configured, not tried", key);
    if (receiver->ca_file && access(receiver->ca_file, R_OK) < 0)
        check = doctor_add(d, DOCTOR_PROBLEM, "Correct the path in the configuration.",
                           "the CA file %s of %s cannot be read", receiver->ca_file, key);
    doctor_fact(check, "key", key);
}

static void check_token(struct doctor *d, const struct config *config)
{
    CLEANUP_FD int fd = -1;
    struct problem p = PROBLEM_INIT;

    if (!config->ledger.anchor.url_token_file)
        return;
    if (file_open_secret(config->ledger.anchor.url_token_file, &fd, &p) != 0)
        doctor_add_problem(d, "ledger.anchor.url_token_file", &p);
}

void doctor_anchors(struct doctor *d, const struct config *config)
{
    const struct config_anchor *anchor = &config->ledger.anchor;

    if (!anchor->file && !anchor->url.url && !anchor->syslog.url) {
        doctor_add(
            d, DOCTOR_NOTE, "docs/anchors.md has recipes.",
            "no anchor: a ledger that was cut is found only against a head that somebody noted elsewhere");
        return;
    }
    if (anchor->file)
        check_file(d, config);
    check_receiver(d, "ledger.anchor.url", &anchor->url);
    check_receiver(d, "ledger.anchor.syslog", &anchor->syslog);
    check_token(d, config);
    if (config->ledger.require_anchor_within)
        doctor_add(d, DOCTOR_OK, NULL, "changes need a confirmation by an anchor within %u minutes",
                   config->ledger.require_anchor_within);
}
