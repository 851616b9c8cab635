/* SPDX-License-Identifier: Apache-2.0 */
/* The part of doctor that looks at what was recorded: the state folder and the ledger. It makes and mends
 * nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "ledger/ledger.h"
#include "trust/trust.h"

#define SPACE_NOTE_MIB    256u
#define SPACE_PROBLEM_MIB 16u
#define TRUST_BYTES       ((size_t)1 << 20)

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

/* How old the newest checkpoint is: what came after it no anchor and no receipt can prove. */
static void check_checkpoint(struct doctor *d, const struct config *config)
{
    CLEANUP_FREE char *file = ledger_file(config);
    char path[4096];
    struct stat st;

    if (!file || access(file, F_OK) < 0 ||
        snprintf(path, sizeof(path), "%s.checkpoint", file) >= (int)sizeof(path))
        return;
    if (stat(path, &st) < 0) {
        doctor_add(d, DOCTOR_OK, NULL, "no checkpoint of the ledger was signed yet");
        return;
    }
    const int64_t age = clock_wall_us() / 1000000 - (int64_t)st.st_mtime;
    doctor_fact_int(doctor_add(d, DOCTOR_OK, NULL, "newest checkpoint: %lld min old",
                               (long long)(age > 0 ? age / 60 : 0)),
                    "age_s", age);
}

/* A full disk refuses every change, because nothing is done that cannot be recorded. */
static void check_space(struct doctor *d, const struct config *config)
{
    struct statvfs fs;

    if (!config->state_dir || statvfs(config->state_dir, &fs) < 0)
        return;
    const uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
    struct json_object *check =
        mib < SPACE_PROBLEM_MIB
            ? doctor_add(
                  d, DOCTOR_PROBLEM, "Make room, or set state_dir to another file system.",
                  "%llu MiB left for the state folder: records cannot be written soon, and changes are "
                  "refused then",
                  (unsigned long long)mib)
        : mib < SPACE_NOTE_MIB
            ? doctor_add(d, DOCTOR_NOTE, "Make room.", "%llu MiB left for the state folder",
                         (unsigned long long)mib)
            : doctor_add(d, DOCTOR_OK, NULL, "%llu MiB left for the state folder", (unsigned long long)mib);
    doctor_fact_int(check, "left_mib", (int64_t)mib);
}

/* Frozen on purpose is no fault, but whoever wonders why nothing can be changed should read it here. */
static void check_frozen(struct doctor *d, const struct config *config)
{
    struct problem p = PROBLEM_INIT;

    if (trust_frozen(config->state_dir, &p) < 0)
        doctor_add(d, DOCTOR_NOTE, p.next, "%s", p.cause);
}

/* The newest lease, where one is required. Nothing is made by looking. */
static void check_lease(struct doctor *d, const struct config *config)
{
    CLEANUP_BUF struct buf text = BUF_INIT(65536);
    CLEANUP_JSON struct json_object *lease = NULL;
    struct problem p = PROBLEM_INIT;
    const char *state = "none";
    int64_t left = 0;

    if (!config->trust.lease_required)
        return;
    if (trust_lease_show(d->subject->trust, &text, &p) < 0 ||
        json_parse(text.data, text.len, &lease, &p) < 0) {
        doctor_add_problem(d, "lease", &p);
        return;
    }
    (void)json_get_string(lease, "state", &state, NULL);
    (void)json_get_int(lease, "left_s", &left);
    if (strcmp(state, "good") == 0)
        doctor_add(d, DOCTOR_OK, NULL, "a lease for changes is good for %lld more min",
                   (long long)(left / 60));
    else
        doctor_add(d, DOCTOR_NOTE, "`proximo lease grant --for 1h` gives one.",
                   "changes need a lease, and there is none that is good (%s)", state);
}

/* Plans that wait, run, or whose end nobody knows. */
static void check_plans(struct doctor *d)
{
    CLEANUP_BUF struct buf text = BUF_INIT(TRUST_BYTES);
    CLEANUP_JSON struct json_object *status = NULL;
    struct json_object *plans = NULL, *check;
    struct problem p = PROBLEM_INIT;
    int64_t waiting = 0, open = 0, here = 0;

    buf_char(&text, '{');
    trust_put_status(d->subject->trust, &text);
    buf_char(&text, '}');
    if (!buf_ok(&text) || json_parse(text.data, text.len, &status, &p) < 0 ||
        json_get(status, "plans", json_type_object, &plans) < 0) {
        doctor_add(d, DOCTOR_NOTE, NULL, "plans were not looked at");
        return;
    }
    (void)json_get_int(plans, "waiting", &waiting);
    (void)json_get_int(plans, "executing_or_in_doubt", &open);
    (void)json_get_int(plans, "running_here", &here);
    if (open > here)
        check = doctor_add(
            d, DOCTOR_NOTE, "`proximo doubt list` shows them; proximo_status {plan_id} resolves.",
            "%lld plan%s executing elsewhere or in doubt: what came of %s is not known here",
            (long long)(open - here), open - here == 1 ? " is" : "s are", open - here == 1 ? "it" : "them");
    else
        check = doctor_add(d, DOCTOR_OK, NULL, "plans: %lld waiting, %lld running, none in doubt",
                           (long long)waiting, (long long)here);
    doctor_fact_int(check, "waiting", waiting);
    doctor_fact_int(check, "in_doubt_or_elsewhere", open - here);
}

void doctor_record(struct doctor *d, const struct config *config)
{
    doctor_section(d, "record");
    check_state_dir(d, config);
    check_space(d, config);
    check_frozen(d, config);
    check_ledger(d, config);
    check_checkpoint(d, config);
    if (d->subject->trust) {
        check_plans(d);
        check_lease(d, config);
    }
    doctor_anchors(d, config);
}
