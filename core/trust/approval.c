/* SPDX-License-Identifier: Apache-2.0 */
/* The text that an approver signs: one table of lines from which it is written, read and compared. */
#include "trust/approval.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "trust/plan.h"

#define HEADER        "proximo/approval/v1\n"
#define SIGNATURE     "signature: "
#define SIGNATURE_LEN 88u /* base64 of 64 bytes */
#define HEX           "0123456789abcdef"
#define DIGITS        "0123456789"

/* Each line but the first and the last. digits: all that may stand in it (NULL: any text of one line). */
static const struct line {
    const char *name;
    const char *digits;
    size_t least, most;
} lines[APPROVAL_FIELDS] = {
    [APPROVAL_PLAN] = {"plan: ", HEX, 32, 32},
    [APPROVAL_SHA256] = {"sha256: ", HEX, 64, 64},
    [APPROVAL_SITE] = {"site: ", NULL, 1, 64},
    [APPROVAL_PRINCIPAL] = {"principal: ", NULL, 1, 400},
    [APPROVAL_ACTION] = {"action: ", NULL, 1, 200},
    [APPROVAL_SUBJECT] = {"subject: ", NULL, 1, 4096},
    [APPROVAL_CREATED] = {"created: ", DIGITS, 1, 15},
    [APPROVAL_EXPIRES] = {"expires: ", DIGITS, 1, 15},
    [APPROVAL_NONCE] = {"nonce: ", HEX, APPROVAL_NONCE_LEN, APPROVAL_NONCE_LEN},
    [APPROVAL_KEY] = {"key: ", HEX, APPROVAL_KEY_SIZE - 1, APPROVAL_KEY_SIZE - 1},
};

void approval_done(struct approval *approval)
{
    free(approval->text);
    *approval = (struct approval){0};
}

int approval_key_id(const struct crypto_module *crypto, const unsigned char public[32],
                    char ret[APPROVAL_KEY_SIZE])
{
    /* SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) up to its 32 bytes: the same for all of them. */
    static const unsigned char prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                           0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    const struct crypto_piece pieces[] = {{prefix, sizeof(prefix)}, {public, 32}};
    unsigned char digest[32];

    if (crypto->sha256_pieces(pieces, 2, digest) < 0)
        return -ENOMEM;
    text_hex(digest, 16, ret);
    return 0;
}

/* ---- writing */

/* May this stand in that line? One way to write everything, nothing that a terminal obeys. */
static bool value_is_good(const struct line *line, const char *value, size_t len)
{
    if (len < line->least || len > line->most)
        return false;
    if (line->digits) {
        const bool zero = line->digits[10] == '\0' && value[0] == '0'; /* a number without leading zeros */
        return strspn(value, line->digits) == len && !(zero && len > 1);
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return false;
    }
    return text_is_utf8(value, len);
}

static int put_lines(const char *const values[APPROVAL_FIELDS], struct buf *out, struct problem *p)
{
    buf_str(out, HEADER);
    for (size_t i = 0; i < APPROVAL_FIELDS; i++) {
        const char *value = values[i] ? values[i] : "";
        if (!value_is_good(&lines[i], value, strlen(value))) {
            problem_set(p, -EINVAL, PX_CONSENT, "the plan's %.*s cannot stand in an approval: '%.100s'",
                        (int)strlen(lines[i].name) - 2, lines[i].name, value);
            problem_next(p, "make this change in Proxmox itself");
            return -EINVAL;
        }
        buf_str(out, lines[i].name);
        buf_str(out, value);
        buf_char(out, '\n');
    }
    return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an approval");
}

static int sign(const struct crypto_module *crypto, const unsigned char seed[32], const struct buf *text,
                struct buf *out)
{
    unsigned char signature[64];
    char base64[SIGNATURE_LEN + 1];

    int r = crypto->ed25519_sign(seed, text->data, text->len, signature);
    if (r < 0)
        return r;
    crypto->base64(signature, sizeof(signature), base64);
    buf_add(out, text->data, text->len);
    buf_printf(out, SIGNATURE "%s\n", base64);
    return out->error;
}

int approval_sign(const struct crypto_module *crypto, const unsigned char seed[32], const struct plan *plan,
                  int64_t now_s, struct buf *out, struct problem *p)
{
    const int64_t most = now_s + APPROVAL_LASTS_S;
    const int64_t expires_s = plan->expires_s < most ? plan->expires_s : most;
    CLEANUP_BUF struct buf text = BUF_INIT(APPROVAL_LIMIT);
    unsigned char public[32], random[APPROVAL_NONCE_LEN / 2];
    char key_id[APPROVAL_KEY_SIZE], nonce[APPROVAL_NONCE_LEN + 1], created[24], expires[24];
    const char *const values[APPROVAL_FIELDS] = {
        [APPROVAL_PLAN] = plan->id,       [APPROVAL_SHA256] = plan->sha256,
        [APPROVAL_SITE] = plan->site,     [APPROVAL_PRINCIPAL] = plan->principal,
        [APPROVAL_ACTION] = plan->action, [APPROVAL_SUBJECT] = plan->subject,
        [APPROVAL_CREATED] = created,     [APPROVAL_EXPIRES] = expires,
        [APPROVAL_NONCE] = nonce,         [APPROVAL_KEY] = key_id,
    };

    if (crypto->random(random, sizeof(random)) < 0 || crypto->ed25519_public(seed, public) < 0 ||
        approval_key_id(crypto, public, key_id) < 0)
        return problem_set(p, -EIO, PX_INTERNAL, "an approval could not be made");
    text_hex(random, sizeof(random), nonce);
    (void)snprintf(created, sizeof(created), "%lld", (long long)now_s);
    (void)snprintf(expires, sizeof(expires), "%lld", (long long)expires_s);
    int r = put_lines(values, &text, p);
    if (r == 0 && sign(crypto, seed, &text, out) < 0)
        r = problem_set(p, -EIO, PX_INTERNAL, "the approval could not be signed");
    return r;
}

/* ---- reading */

static int no_approval(struct problem *p, const char *why)
{
    problem_set(p, -EINVAL, PX_CONSENT, "this is not an approval: %s", why);
    problem_next(p, "give what `proximo approve` made, unaltered");
    return -EINVAL;
}

/* Cuts the next line out of the copy; NULL: it is not of that name and form. */
static const char *take_line(char **at, const struct line *line)
{
    char *value = *at + strlen(line->name);
    char *end = strchr(*at, '\n');

    if (!end || strncmp(*at, line->name, strlen(line->name)) != 0)
        return NULL;
    *end = '\0';
    *at = end + 1;
    return value_is_good(line, value, strlen(value)) ? value : NULL;
}

static int parse_fields(const struct crypto_module *crypto, struct approval *a, size_t len, struct problem *p)
{
    static const size_t header = sizeof(HEADER) - 1, name = sizeof(SIGNATURE) - 1;
    char *at = a->text + header;
    size_t signature_len = 0;

    if (len < header || memcmp(a->text, HEADER, header) != 0)
        return no_approval(p, "it does not begin with "
                              "proximo/approval/v1");
    for (size_t i = 0; i < APPROVAL_FIELDS; i++) {
        CLEANUP_BUF struct buf why = BUF_INIT(100);
        a->fields[i] = take_line(&at, &lines[i]);
        buf_printf(&why, "the line '%s' is missing or wrong", lines[i].name);
        if (!a->fields[i])
            return no_approval(p, why.data ? why.data : "a line is wrong");
    }
    a->signed_len = (size_t)(at - a->text);
    if (len - a->signed_len != name + SIGNATURE_LEN + 1 || memcmp(at, SIGNATURE, name) != 0 ||
        at[name + SIGNATURE_LEN] != '\n')
        return no_approval(p, "its signature is missing or not the last line");
    unsigned char bytes[3 * SIGNATURE_LEN / 4];
    if (crypto->base64_decode(at + name, SIGNATURE_LEN, bytes, &signature_len) < 0 ||
        signature_len != sizeof(a->signature))
        return no_approval(p, "its signature is not 64 bytes in base64");
    memcpy(a->signature, bytes, sizeof(a->signature));
    if (text_to_i64(a->fields[APPROVAL_CREATED], 0, INT64_MAX, &a->created_s) < 0 ||
        text_to_i64(a->fields[APPROVAL_EXPIRES], 0, INT64_MAX, &a->expires_s) < 0)
        return no_approval(p, "its times are no numbers");
    return 0;
}

int approval_parse(const struct crypto_module *crypto, const char *text, size_t len, struct approval *ret,
                   struct problem *p)
{
    struct approval a = {0};

    if (len > APPROVAL_LIMIT)
        return no_approval(p, "it is larger than 8 KiB");
    if (memchr(text, '\0', len))
        return no_approval(p, "it has NUL bytes");
    a.text = strndup(text, len);
    if (!a.text)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an approval");
    int r = parse_fields(crypto, &a, len, p);
    if (r < 0) {
        approval_done(&a);
        return r;
    }
    *ret = a;
    return 0;
}

/* ---- checking */

static int refused(struct problem *p, const char *next)
{
    problem_next(p, "%s", next);
    return -EPERM;
}

int approval_verify(const struct crypto_module *crypto, const struct approval *approval, const char *text,
                    const unsigned char public[32], struct problem *p)
{
    char key_id[APPROVAL_KEY_SIZE];

    if (approval_key_id(crypto, public, key_id) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "a key's id could not be computed");
    if (strcmp(approval->fields[APPROVAL_KEY], key_id) != 0) {
        problem_set(p, -EPERM, PX_CONSENT, "the approval was made with the key %s, and the approver's is %s",
                    approval->fields[APPROVAL_KEY], key_id);
        return refused(p, "sign with the key whose public half the server has, or let its operator change "
                          "trust.approver_key");
    }
    if (!crypto->ed25519_verify(public, text, approval->signed_len, approval->signature)) {
        problem_set(p, -EPERM, PX_CONSENT,
                    "the signature of the approval is not by the approver's key: it was altered or forged");
        return refused(p, "find out where it comes from; `proximo approve` makes a new one");
    }
    return 0;
}

/* What an approval says of a plan against what the plan says of itself. */
static int same_plan(const struct approval *approval, const struct plan *plan, struct problem *p)
{
    const struct {
        enum approval_field field;
        const char *mine, *what;
    } rows[] = {
        {APPROVAL_PLAN, plan->id, "another plan"},
        {APPROVAL_SHA256, plan->sha256, "other content than this plan's"},
        {APPROVAL_SITE, plan->site, "another site"},
        {APPROVAL_PRINCIPAL, plan->principal, "the plan of another user or token"},
        {APPROVAL_ACTION, plan->action, "another action"},
        {APPROVAL_SUBJECT, plan->subject, "another subject"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (text_equal(approval->fields[rows[i].field], rows[i].mine))
            continue;
        problem_set(p, -EPERM, PX_CONSENT, "the approval is for %s (%.100s), not for plan %s", rows[i].what,
                    approval->fields[rows[i].field], plan->id);
        return refused(p, "approve this plan itself");
    }
    return 0;
}

int approval_fits(const struct approval *approval, const struct plan *plan, int64_t now_s, struct problem *p)
{
    const int64_t lasts_s = approval->expires_s - approval->created_s;
    const char *fault = NULL;

    int r = same_plan(approval, plan, p);
    if (r < 0)
        return r;
    if (lasts_s > APPROVAL_LASTS_S)
        fault = "claims to be good for longer than an hour";
    else if (approval->expires_s > plan->expires_s)
        fault = "claims to be good for longer than the plan";
    else if (approval->created_s > now_s + APPROVAL_SKEW_S)
        fault = "is not valid yet: its time lies in the future; the clocks differ";
    else if (approval->expires_s <= now_s)
        fault = "has expired";
    if (!fault)
        return 0;
    problem_set(p, -EPERM, PX_CONSENT, "the approval of plan %s %s", plan->id, fault);
    return refused(p, "approve the plan again with `proximo approve`, and apply it within the hour");
}
