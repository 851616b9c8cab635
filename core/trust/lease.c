/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: granted and ended by a person, as records of the ledger; there is no other state. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "trust/limits.h"
#include "trust/trust_inner.h"

#define BODY_LIMIT 4096u

static int record(struct trust *trust, const struct buf *body, struct problem *p)
{
    if (!buf_ok(body))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a record");
    return ledger_append(trust->ledger, LEDGER_LEASE, body->data, body->len, NULL, p);
}

static int grant_check(const struct trust *trust, const struct trust_lease *lease, struct problem *p)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    const char *class = lease->operation_class;

    if (lease->for_s < 1 || lease->for_s > LEASE_LONGEST_S) {
        problem_set(p, -EINVAL, PX_ARG, "a lease is good for 1 second to 7 days");
        problem_next(p, "give its time as 30m, 2h or 1d");
        return -EINVAL;
    }
    if (lease->site && !config_site_find(trust->config, lease->site)) {
        problem_set(p, -EINVAL, PX_SITE, "the configuration has no site \"%.60s\"", lease->site);
        problem_next(p, "`proximo config show` lists the sites");
        return -EINVAL;
    }
    if (class) {
        size_t len = strnlen(class, 65);
        if (len > 2 && strcmp(class + len - 2, ".*") == 0)
            len--;
        if (len == 0 || len > 64 || strspn(class, allowed) != len) {
            problem_set(p, -EINVAL, PX_ARG, "\"%.80s\" is no operation class, and no beginning of several",
                        class);
            problem_next(p, "give a class (guest.stop) or the beginning of several (guest.*)");
            return -EINVAL;
        }
    }
    return 0;
}

int trust_lease_grant(struct trust *trust, const struct trust_lease *lease, struct buf *out,
                      struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(BODY_LIMIT);
    unsigned char random[(LEASE_ID_SIZE - 1) / 2];
    char id[LEASE_ID_SIZE];

    int r = grant_check(trust, lease, p);
    if (r == 0)
        r = trust_ready(trust, p);
    if (r < 0)
        return r;
    if (trust->crypto->random(random, sizeof(random)) < 0)
        return problem_set(p, -EIO, PX_INTERNAL, "no random bytes for a lease");
    text_hex(random, sizeof(random), id);
    json_put_key_string(&body, "lease", id);
    json_put_key_string(&body, "act", "granted");
    json_put_key_int(&body, "until", clock_wall_us() / 1000000 + lease->for_s);
    if (lease->changes)
        json_put_key_int(&body, "changes", lease->changes);
    if (lease->operation_class)
        json_put_key_string(&body, "class", lease->operation_class);
    if (lease->site)
        json_put_key_string(&body, "site", lease->site);
    json_put_key_int(&body, "uid", (long long)getuid());
    r = record(trust, &body, p);
    return r < 0 ? r : trust_lease_show(trust, out, p);
}

int trust_lease_end(struct trust *trust, bool *ret_was, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(BODY_LIMIT);
    CLEANUP_BUF struct buf now = BUF_INIT(BODY_LIMIT);
    CLEANUP_JSON struct json_object *state = NULL;
    const char *word = "", *id = "";

    int r = trust_lease_show(trust, &now, p);
    if (r == 0)
        r = json_parse(now.data, now.len, &state, p);
    if (r < 0)
        return r;
    (void)json_get_string(state, "state", &word, NULL);
    (void)json_get_string(state, "lease", &id, NULL);
    *ret_was = strcmp(word, "good") == 0;
    if (strcmp(word, "none") == 0 || strcmp(word, "ended") == 0)
        return 0;
    json_put_key_string(&body, "lease", id);
    json_put_key_string(&body, "act", "ended");
    json_put_key_int(&body, "uid", (long long)getuid());
    return record(trust, &body, p);
}

int trust_lease_show(struct trust *trust, struct buf *out, struct problem *p)
{
    CLEANUP_FREE char *file = ledger_file(trust->config);
    struct stat st;

    if (file && lstat(file, &st) < 0 && errno == ENOENT &&
        !trust_was_ready(trust)) { /* nothing is made by looking */
        buf_str(out, "{\"state\":\"none\"");
        json_put_key_bool(out, "required", trust->config->trust.lease_required);
        buf_char(out, '}');
        return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    }
    int r = trust_ready(trust, p);
    if (r < 0)
        return r;
    buf_char(out, '{');
    r = limits_lease_put(trust, out, p);
    buf_char(out, '}');
    if (r == 0 && !buf_ok(out))
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    return r;
}
