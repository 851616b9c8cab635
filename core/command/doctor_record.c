/* SPDX-License-Identifier: Apache-2.0 */
/* The part of doctor that looks at what was recorded: the state folder and the ledger. It makes and mends
 * nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/problem.h"
#include "command/doctor.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "trust/trust.h"

static void check_state_dir(struct doctor *d, const struct config *config)
{
    struct stat st;
    char next[600];

    if (!config->state_dir) {
        doctor_add(d, DOCTOR_PROBLEM, "Set state_dir in the configuration, or HOME in the environment.",
                   "There is no state folder: nothing can be planned or recorded.");
        return;
    }
    if (lstat(config->state_dir, &st) < 0) {
        doctor_add(d, errno == ENOENT ? DOCTOR_OK : DOCTOR_PROBLEM, NULL, "state folder %s: %s",
                   config->state_dir,
                   errno == ENOENT ? "not there yet; the first call makes it" : strerror(errno));
        return;
    }
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022)) {
        (void)snprintf(next, sizeof(next), "chown %u '%s' && chmod 700 '%s'", (unsigned)geteuid(),
                       config->state_dir, config->state_dir);
        doctor_add(d, DOCTOR_PROBLEM, next,
                   "state folder %s is no folder of this user alone (owner %u, mode %04o).",
                   config->state_dir, (unsigned)st.st_uid, (unsigned)(st.st_mode & 07777));
        return;
    }
    doctor_fact(doctor_add(d, DOCTOR_OK, NULL, "state folder %s", config->state_dir), "path",
                config->state_dir);
}

static void check_ledger(struct doctor *d, const struct config *config)
{
    CLEANUP_FREE char *file = ledger_file(config);
    CLEANUP_FREE char *key = ledger_key_file(config);
    struct ledger_report report = {0};
    struct problem p = PROBLEM_INIT;
    struct json_object *check;

    if (!file || !key)
        return;
    if (access(file, F_OK) < 0 && errno == ENOENT && access(key, F_OK) < 0) {
        doctor_add(d, DOCTOR_OK, NULL, "ledger %s: not there yet; the first call makes it and its key", file);
        return;
    }
    if (ledger_verify_configured(config, NULL, &report, &p) < 0) {
        doctor_add_problem(d, "ledger", &p);
        return;
    }
    if (report.verdict == LEDGER_OK)
        check = doctor_add(d, DOCTOR_OK, NULL, "ledger %s verifies: %llu records", file,
                           (unsigned long long)report.records);
    else if (ledger_verdict_good(report.verdict))
        check = doctor_add(d, DOCTOR_OK, NULL, "ledger %s verifies: %llu records; %s", file,
                           (unsigned long long)report.records, report.why);
    else if (report.verdict == LEDGER_TORN_TAIL)
        check = doctor_add(d, DOCTOR_NOTE, "The next call sets it aside and records that.",
                           "ledger %s: its last line is incomplete, everything before it is good", file);
    else
        check = doctor_add(d, DOCTOR_PROBLEM,
                           "`proximo audit verify` says where; nothing is changed until it is mended.",
                           "ledger %s does not verify: %s", file, report.why);
    doctor_fact(check, "file", file);
    doctor_fact(check, "head", report.head);
}

/* Frozen on purpose is no fault, but whoever wonders why nothing can be changed should read it here. */
static void check_frozen(struct doctor *d, const struct config *config)
{
    struct problem p = PROBLEM_INIT;

    if (trust_frozen(config->state_dir, &p) < 0)
        doctor_add(d, DOCTOR_NOTE, p.next, "%s", p.cause);
}

void doctor_record(struct doctor *d, const struct config *config)
{
    doctor_section(d, "record");
    check_state_dir(d, config);
    check_frozen(d, config);
    check_ledger(d, config);
    doctor_anchors(d, config);
}
