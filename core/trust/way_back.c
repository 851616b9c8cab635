/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a receipt, a plan id or a record's number to the record of what was done, and from there to the plan
 * of the way back. The ledger decides which undo file belongs to it: its hash stands in the outcome's record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/site.h"
#include "trust/apply.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"
#include "trust/undo_point.h"

#define RECEIPT_HEX 16u

struct found {
    char plan_id[PLAN_ID_SIZE];
    char undo_sha256[65];
    char outcome[16];
};

/* The members of an outcome's record; -ENOENT: it is another kind of record. */
static int take_outcome(const char *line, size_t len, struct found *ret)
{
    CLEANUP_JSON struct json_object *record = NULL;
    const char *kind = NULL, *plan_id = NULL, *outcome = NULL, *sha256 = "";

    if (json_parse(line, len, &record, NULL) < 0 || json_get_string(record, "kind", &kind, NULL) < 0 ||
        strcmp(kind, LEDGER_OUTCOME) != 0 || json_get_string(record, "plan_id", &plan_id, NULL) < 0 ||
        json_get_string(record, "outcome", &outcome, NULL) < 0 || strlen(plan_id) != PLAN_ID_SIZE - 1 ||
        strlen(outcome) >= sizeof(ret->outcome))
        return -ENOENT;
    (void)json_get_string(record, "undo_sha256", &sha256, NULL);
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->plan_id, plan_id, PLAN_ID_SIZE);
    memcpy(ret->outcome, outcome, strlen(outcome) + 1);
    if (strlen(sha256) == 64)
        memcpy(ret->undo_sha256, sha256, 65);
    return 0;
}

static int find_by_seq(struct trust *trust, uint64_t seq, const char *hash_start, struct found *ret,
                       struct problem *p)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT + 16);
    CLEANUP_JSON struct json_object *record = NULL;
    const char *hash = "";

    int r = ledger_find(trust->ledger, seq, &line, p);
    if (r == -ENOENT)
        problem_set(p, r, PX_UNDO, "the ledger has no record %llu", (unsigned long long)seq);
    if (r < 0)
        return r;
    if (hash_start &&
        (json_parse(line.data, line.len, &record, NULL) < 0 ||
         json_get_string(record, "hash", &hash, NULL) < 0 || strncmp(hash, hash_start, RECEIPT_HEX) != 0))
        return problem_set(p, -EBADMSG, PX_UNDO, "this receipt is not of this ledger: record %llu is another",
                           (unsigned long long)seq);
    if (take_outcome(line.data, line.len, ret) < 0) {
        problem_set(p, -ENOENT, PX_UNDO, "record %llu is not the outcome of a plan", (unsigned long long)seq);
        problem_next(p, "`proximo audit show` lists the records; those of kind outcome can be undone");
        return -ENOENT;
    }
    return 0;
}

struct search {
    const char *plan_id;
    struct found *ret;
};

static int match(void *arg, const char *line, size_t len)
{
    const struct search *search = arg;
    struct found found;

    if (!memmem(line, len, search->plan_id, PLAN_ID_SIZE - 1) || take_outcome(line, len, &found) < 0 ||
        strcmp(found.plan_id, search->plan_id) != 0)
        return 0;
    *search->ret = found;
    return 1;
}

static int find_by_plan(struct trust *trust, const char *plan_id, struct found *ret, struct problem *p)
{
    struct search search = {plan_id, ret};

    int r = ledger_each_back(trust->ledger, match, &search, p);
    if (r < 0 || r == 1)
        return r < 0 ? r : 0;
    problem_set(p, -ENOENT, PX_UNDO,
                "the ledger has no outcome of plan %s: it was not applied, or is in doubt", plan_id);
    problem_next(p, "proximo_status {\"plan_id\":\"%s\"} says which", plan_id);
    return -ENOENT;
}

/* "r12-0123456789abcdef", 32 hex digits, or a number. */
static int find_record(struct trust *trust, const char *key, struct found *ret, struct problem *p)
{
    static const char hex[] = "0123456789abcdef";
    const size_t len = strnlen(key, 64);
    const char *dash = strchr(key, '-');
    uint64_t seq = 0;
    char digits[24];

    if (len == PLAN_ID_SIZE - 1 && strspn(key, hex) == len)
        return find_by_plan(trust, key, ret, p);
    if (text_to_u64(key, UINT64_MAX - 1, &seq) == 0)
        return find_by_seq(trust, seq, NULL, ret, p);
    if (key[0] == 'r' && dash && (size_t)(dash - key) < sizeof(digits) && strlen(dash + 1) == RECEIPT_HEX &&
        strspn(dash + 1, hex) == RECEIPT_HEX) {
        memcpy(digits, key + 1, (size_t)(dash - key) - 1);
        digits[dash - key - 1] = '\0';
        if (text_to_u64(digits, UINT64_MAX - 1, &seq) == 0)
            return find_by_seq(trust, seq, dash + 1, ret, p);
    }
    problem_set(p, -EINVAL, PX_ARG, "'%.64s' is no receipt, plan id or record number", key);
    problem_next(p, "a receipt looks like r12-0123456789abcdef and comes with the answer of proximo_apply");
    return -EINVAL;
}

/* Is the outcome one that leaves something to take back? */
static int undoable(const struct found *found, struct problem *p)
{
    if (strcmp(found->outcome, "running") == 0) {
        problem_set(p, -EBUSY, PX_UNDO, "plan %s still runs", found->plan_id);
        problem_next(p, "proximo_status {\"plan_id\":\"%s\"}; undo it when it has ended", found->plan_id);
        return -EBUSY;
    }
    if (!found->undo_sha256[0])
        return problem_set(p, -ENOENT, PX_UNDO, "no undo file of plan %s was written", found->plan_id);
    return 0;
}

#define ROLLBACK_TOOL "pve_rollback"

/* Back to the undo point, by the tool that goes back to snapshots: with its own look at whom that affects,
 * and the consent that it needs. */
static int roll_back(struct trust *trust, const struct trust_call *call, struct site *site,
                     struct json_object *record, struct buf *out, struct problem *p)
{
    CLEANUP_JSON struct json_object *arguments = json_object_new_object();
    const struct tool *tool = planes_tool_find(trust->planes, ROLLBACK_TOOL);
    const char *name = NULL, *guest = NULL;
    struct json_object *point = undo_point_of(record, &name);

    if (!arguments || !point || json_get_string(point, "guest", &guest, NULL) < 0 ||
        strncmp(guest, "guest/", 6) != 0)
        return problem_set(p, -EBADMSG, PX_UNDO, "the record of the undo point makes no sense");
    if (!tool || tool->kind != TOOL_CHANGE) {
        problem_set(p, -ENOENT, PX_UNDO,
                    "the way back is the snapshot %.60s of %s, and " ROLLBACK_TOOL " is not there", name,
                    guest);
        problem_next(p, "load the plane guests with mode guarded, or roll back by other means");
        return -ENOENT;
    }
    if (json_object_object_add(arguments, "vmid", json_object_new_string(guest + 6)) < 0 ||
        json_object_object_add(arguments, "snapname", json_object_new_string(name)) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a plan");
    return propose_rollback(
        trust, call, tool, site, arguments,
        "The change has no way back of its own. This goes back to the snapshot that was taken before "
        "it: all that was written in the guest since is lost.",
        out, p);
}

static int way_back(struct trust *trust, const struct trust_call *call, const char *key, struct buf *out,
                    struct problem *p)
{
    CLEANUP_JSON struct json_object *record = NULL;
    const char *tool_name = "", *site_name = NULL;
    struct site *site = NULL;
    struct found found;

    int r = find_record(trust, key, &found, p);
    if (r == 0)
        r = undoable(&found, p);
    if (r == 0)
        r = undo_load(trust, found.plan_id, found.undo_sha256, &record, p);
    if (r < 0)
        return r;
    if (undo_left_nothing(record))
        return problem_set(p, -ENOENT, PX_UNDO,
                           "there is nothing to undo: plan %s failed, and all is as it was before",
                           found.plan_id);
    (void)json_get_string(record, "tool", &tool_name, NULL);
    (void)json_get_string(record, "site", &site_name, NULL);
    if (undo_point_is_way_back(record)) {
        r = sites_find(trust->sites, site_name, &site, p);
        return r < 0 ? r : roll_back(trust, call, site, record, out, p);
    }
    const struct tool *tool = planes_tool_find(trust->planes, tool_name);
    if (!tool || tool->kind != TOOL_CHANGE) {
        problem_set(p, -ENOENT, PX_UNDO, "it was done with the tool %.60s, which is not there now",
                    tool_name);
        problem_next(p, "load the plane that has it, or change it back with other tools");
        return -ENOENT;
    }
    r = sites_find(trust->sites, site_name, &site, p);
    return r < 0 ? r : propose_way_back(trust, call, tool, site, record, out, p);
}

int trust_undo(struct trust *trust, const struct trust_call *call, const char *key, struct buf *out,
               struct problem *p)
{
    struct problem local = PROBLEM_INIT;

    if (!p)
        p = &local;
    int r = trust_begin(trust, p);
    if (r < 0)
        return r;
    undo_prune(trust);
    r = way_back(trust, call, key, out, p);
    if (r < 0 && strcmp(p->code, PX_UNDO) == 0)
        (void)outcome_refused(trust, NULL, key, p);
    return r;
}
