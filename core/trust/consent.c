/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consent by the plan's id or by a form; an approver's is in approver.c. What a person is asked is made here;
 * the answer comes back through a client that nobody can vouch for, so it carries a state that only this
 * server can make: bound to plan, principal and question, expiring, and good for one answer. The ledger calls
 * such consent client-attested.
 *
 * A state is "1.EXPIRES.NONCE.MAC": seconds since the epoch, 32 hex digits, and HMAC-SHA256 over all of it
 * and the plan's id, hash and principal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "trust/apply.h"
#include "trust/approver.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define STATE_S       600 /* a question is good for so long */
#define SPENT_MOST    512u
#define MESSAGE_LIMIT ((size_t)32 << 10)
#define NONCE_BYTES   16u

struct spent_state {
    char nonce[2 * NONCE_BYTES + 1];
    int64_t expires_s;
};

void trust_ask_done(struct trust_ask *ask)
{
    free(ask->message);
    free(ask->subject);
    free(ask->sealed_state);
    memset(ask, 0, sizeof(*ask));
}

static int state_mac(struct trust *trust, const struct plan *plan, const char *expires, const char *nonce,
                     char ret_hex[65])
{
    static const char use[] = "proximo/consent/v1";
    const struct crypto_piece pieces[] = {
        {use, sizeof(use)},
        {plan->id, strlen(plan->id) + 1},
        {plan->sha256, strlen(plan->sha256) + 1},
        {plan->principal, strlen(plan->principal) + 1},
        {expires, strlen(expires) + 1},
        {nonce, strlen(nonce) + 1},
    };
    unsigned char mac[32];

    if (trust->crypto->hmac(trust->seal_key, sizeof(trust->seal_key), pieces,
                            sizeof(pieces) / sizeof(pieces[0]), mac) < 0)
        return -ENOMEM;
    text_hex(mac, sizeof(mac), ret_hex);
    return 0;
}

static int state_seal(struct trust *trust, const struct plan *plan, char **ret)
{
    const int64_t now = clock_wall_us() / 1000000;
    const int64_t until = now + STATE_S < plan->expires_s ? now + STATE_S : plan->expires_s;
    unsigned char random[NONCE_BYTES];
    char nonce[2 * NONCE_BYTES + 1], expires[24], mac[65];

    if (trust->crypto->random(random, sizeof(random)) < 0)
        return -EIO;
    text_hex(random, sizeof(random), nonce);
    (void)snprintf(expires, sizeof(expires), "%lld", (long long)until);
    if (state_mac(trust, plan, expires, nonce, mac) < 0 ||
        asprintf(ret, "1.%s.%s.%s", expires, nonce, mac) < 0)
        return -ENOMEM;
    return 0;
}

/* Marks a nonce as answered; false: it was already. When the memory is full of unexpired ones nothing more is
 * believed. */
static bool state_spend(struct trust *trust, const char *nonce, int64_t expires_s)
{
    const int64_t now = clock_wall_us() / 1000000;
    struct spent_state *room = NULL;
    bool fresh = true;

    (void)pthread_mutex_lock(&trust->applies_mutex);
    if (!trust->spent)
        trust->spent = calloc(SPENT_MOST, sizeof(*trust->spent));
    for (size_t i = 0; trust->spent && i < SPENT_MOST; i++) {
        struct spent_state *state = &trust->spent[i];
        if (state->expires_s > now && strcmp(state->nonce, nonce) == 0)
            fresh = false;
        else if (state->expires_s <= now && !room)
            room = state;
    }
    fresh = fresh && room;
    if (fresh) {
        memcpy(room->nonce, nonce, sizeof(room->nonce));
        room->expires_s = expires_s;
    }
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return fresh;
}

/* Takes "1.EXPIRES.NONCE.MAC" apart; false: it is not of that form. */
static bool state_split(const char *state, char expires[24], char nonce[2 * NONCE_BYTES + 1], char mac[65])
{
    static const char hex[] = "0123456789abcdef";
    const size_t len = strnlen(state, TRUST_STATE_LIMIT);
    const char *at = state + 2;

    if (len >= TRUST_STATE_LIMIT || strncmp(state, "1.", 2) != 0)
        return false;
    const size_t digits = strspn(at, "0123456789");
    if (digits == 0 || digits > 18 || at[digits] != '.')
        return false;
    memcpy(expires, at, digits);
    expires[digits] = '\0';
    at += digits + 1;
    if (strspn(at, hex) != (size_t)2 * NONCE_BYTES || at[2 * NONCE_BYTES] != '.')
        return false;
    memcpy(nonce, at, 2 * (size_t)NONCE_BYTES);
    nonce[2 * NONCE_BYTES] = '\0';
    at += 2 * (size_t)NONCE_BYTES + 1;
    if (strspn(at, hex) != 64 || at[64])
        return false;
    memcpy(mac, at, 65);
    return true;
}

static int state_check(struct trust *trust, const struct plan *plan, const char *state, struct problem *p)
{
    char expires[24], nonce[2 * NONCE_BYTES + 1], mac[65], real[65];
    int64_t expires_s = 0;
    const char *fault = NULL;

    if (!state)
        fault = "carries no state of this server's question";
    else if (!state_split(state, expires, nonce, mac) || state_mac(trust, plan, expires, nonce, real) < 0 ||
             !trust->crypto->equal(mac, real, 64))
        fault = "carries a state that this server did not make for this plan and this user";
    else if (text_to_i64(expires, 0, INT64_MAX, &expires_s) < 0 || expires_s <= clock_wall_us() / 1000000)
        fault = "comes too late";
    else if (!state_spend(trust, nonce, expires_s))
        fault = "answers a question that was answered before";
    if (!fault)
        return 0;
    problem_set(p, -EPERM, PX_CONSENT, "the answer to the question about plan %s %s", plan->id, fault);
    problem_next(p, "call proximo_apply again without it; the person is then asked anew");
    return -EPERM;
}

/* ---- the question */

static int ask_make(struct trust *trust, const struct plan *plan, struct trust_ask *ret, struct problem *p)
{
    CLEANUP_BUF struct buf message = BUF_INIT(MESSAGE_LIMIT);
    CLEANUP_BUF struct buf rendered = BUF_INIT(PLAN_LIMIT);
    struct trust_ask ask = {0};

    plan_render(plan, &rendered);
    if (!buf_ok(&rendered) || !rendered.data)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "the plan could not be shown to a person");
    const size_t room = MESSAGE_LIMIT - 1024;
    const size_t cut = rendered.len <= room ? rendered.len : text_utf8_cut(rendered.data, room);
    buf_add(&message, rendered.data, cut);
    if (cut < rendered.len)
        buf_printf(&message, "\n... cut here: the whole plan is shown by `proximo plan show %s`\n", plan->id);
    buf_printf(&message, "\nPlan %s. To let it run, type exactly: %s\n", plan->id, plan->subject);
    ask.message = buf_take(&message, NULL);
    ask.subject = text_dup(plan->subject);
    if (!ask.message || !ask.subject || state_seal(trust, plan, &ask.sealed_state) < 0) {
        trust_ask_done(&ask);
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory to ask a person");
    }
    *ret = ask;
    return 0;
}

static int cannot_ask(const struct plan *plan, struct problem *p)
{
    problem_set(p, -EPERM, PX_CONSENT,
                "plan %s (%s of %s) needs a person's consent, and this client cannot ask one: it declared no "
                "elicitation",
                plan->id, plan->action, plan->subject);
    problem_next(p,
                 "a person can look at it with `proximo plan show %s` and apply it from a client that shows "
                 "forms, or make the change in Proxmox itself",
                 plan->id);
    return -EPERM;
}

/* ---- the answer */

int consent_record(struct trust *trust, const struct plan *plan, const char *how, const struct buf *more,
                   struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT((size_t)64 << 10);

    json_put_key_string(&body, "plan_id", plan->id);
    json_put_key_string(&body, "plan_sha256", plan->sha256);
    json_put_key_string(&body, "how", how);
    json_put_key_string(&body, "action", plan->action);
    json_put_key_string(&body, "subject", plan->subject);
    json_put_key_string(&body, "principal", plan->principal);
    if (more && more->len) {
        buf_char(&body, ',');
        buf_add(&body, more->data, more->len);
    }
    limits_taint_put(trust, &body);
    if (!buf_ok(&body) || (more && !buf_ok(more)))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a record");
    int r = ledger_append(trust->ledger, LEDGER_CONSENT, body.data, body.len, NULL, p);
    return r < 0 ? r : 1;
}

static int reply_check(struct trust *trust, const struct plan *plan, const struct trust_consent *consent,
                       struct problem *p)
{
    int r = state_check(trust, plan, consent->sealed_state, p);

    if (r < 0)
        return r;
    if (consent->reply == TRUST_ACCEPTED && text_equal(consent->typed, plan->subject))
        return consent_record(trust, plan, "client-attested", NULL, p);
    if (consent->reply == TRUST_ACCEPTED) {
        problem_set(p, -EPERM, PX_CONSENT, "what was typed is not the subject of plan %s", plan->id);
        problem_next(p, "call proximo_apply again; the person types exactly: %s", plan->subject);
    } else {
        problem_set(p, -EPERM, PX_CONSENT, "the person %s plan %s; nothing was changed",
                    consent->reply == TRUST_DECLINED ? "declined" : "did not consent to", plan->id);
        problem_next(p, "ask the person what should happen instead; do not apply it again unasked");
    }
    return -EPERM;
}

int consent_check(struct trust *trust, const struct plan *plan, const char *needed,
                  const struct trust_consent *consent, struct trust_ask *ret_ask, struct problem *p)
{
    if (strcmp(needed, "plan") == 0)
        return consent_record(trust, plan, "plan-id", NULL, p);
    if (strcmp(needed, "human") != 0) /* no form: it could prove nothing */
        return approver_consent(trust, plan, p);
    if (!consent || (!consent->can_ask && consent->reply == TRUST_NOT_ASKED))
        return cannot_ask(plan, p);
    if (consent->reply != TRUST_NOT_ASKED)
        return reply_check(trust, plan, consent, p);
    return ask_make(trust, plan, ret_ask, p);
}
