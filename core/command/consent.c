/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo consent add` on the server's side, `proximo consent check` anywhere. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"
#include "command/command.h"
#include "command/with_trust.h"
#include "ledger/ledger.h"
#include "trust/approval.h"
#include "trust/trust.h"

#define TEXT_LIMIT ((size_t)64 << 10)
#define PEM_LIMIT  ((size_t)16 << 10)

/* ---- add */

struct adding {
    const char *plan_id;
    size_t len; /* of the text; over APPROVAL_LIMIT: it is not there */
    struct buf text, words;
};

static int add(struct trust *trust, void *arg, struct problem *p)
{
    struct adding *adding = arg;

    return trust_consent_add(trust, adding->plan_id, adding->text.data ? adding->text.data : "", adding->len,
                             &adding->words, p);
}

int command_consent_add(const struct command_line *line)
{
    struct adding adding = {
        .plan_id = line->words[0], .text = BUF_INIT(APPROVAL_LIMIT), .words = BUF_INIT(TEXT_LIMIT)};
    struct problem p = PROBLEM_INIT;

    int r = fd_read_all(STDIN_FILENO, &adding.text);
    adding.len = adding.text.len;
    if (r == -EFBIG) { /* refused and recorded like any other that is none */
        adding.len = APPROVAL_LIMIT + 1;
        r = 0;
    } else if (r < 0) {
        r = problem_set(&p, r, PX_ARG, "standard input cannot be read: %s", strerror(-r));
    }
    if (r == 0)
        r = local_trust(command_value(line, "--config"), add, &adding, &p);
    const int status = r < 0 ? command_fail(&p) : command_print(&adding.words);
    buf_done(&adding.text);
    buf_done(&adding.words);
    return status;
}

/* ---- check */

static int not_consent(struct problem *p, const char *why)
{
    (void)problem_set(p, -EINVAL, PX_CONSENT, "this is neither an approval nor a record of one: %s", why);
    problem_next(p, "give an approval, or what `proximo audit show SEQ --json` prints of a consent record");
    return -EINVAL;
}

/* The approval that a ledger's record holds, as it was given; *ret_record: the record. */
static int from_record(const struct buf *in, struct buf *text, struct json_object **ret_record,
                       struct problem *p)
{
    const char *approval = NULL, *signature = NULL;
    size_t len = 0;

    if (json_parse(in->data ? in->data : "", in->len, ret_record, NULL) < 0 ||
        json_get_string(*ret_record, "approval", &approval, &len) < 0 ||
        json_get_string(*ret_record, "signature", &signature, NULL) < 0)
        return not_consent(p, "it has no members approval and signature");
    buf_add(text, approval, len);
    buf_printf(text, "signature: %s\n", signature);
    return buf_ok(text) ? 0 : not_consent(p, "it is too large");
}

/* What a record says beside the approval must be what was signed. */
static int same_words(struct json_object *record, const struct approval *approval, struct problem *p)
{
    static const struct {
        const char *member;
        enum approval_field field;
    } rows[] = {{"plan_id", APPROVAL_PLAN},
                {"plan_sha256", APPROVAL_SHA256},
                {"action", APPROVAL_ACTION},
                {"subject", APPROVAL_SUBJECT},
                {"principal", APPROVAL_PRINCIPAL}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = NULL;
        if (json_get_string(record, rows[i].member, &text, NULL) < 0 ||
            strcmp(text, approval->fields[rows[i].field]) != 0)
            return problem_set(p, -EPERM, PX_CONSENT, "the record's %s is not what was signed",
                               rows[i].member);
    }
    return 0;
}

static int read_key(const struct crypto_module *crypto, const char *path, unsigned char public[32],
                    struct problem *p)
{
    CLEANUP_BUF struct buf pem = BUF_INIT(PEM_LIMIT);

    if (!path)
        return problem_set(p, -EINVAL, PX_ARG, "--key is missing: the approver's public key");
    int r = file_read(path, &pem);
    if (r == 0)
        r = crypto->ed25519_public_from_pem(pem.data ? pem.data : "", pem.len, public);
    return r < 0 ? problem_set(p, r, PX_ARG, "--key %s is not a public Ed25519 key in PEM: %s", path,
                               strerror(-r))
                 : 0;
}

static const struct {
    const char *name;
    enum approval_field field;
} rows[] = {{"plan", APPROVAL_PLAN},     {"sha256", APPROVAL_SHA256},   {"site", APPROVAL_SITE},
            {"action", APPROVAL_ACTION}, {"subject", APPROVAL_SUBJECT}, {"principal", APPROVAL_PRINCIPAL}};

static void tell_json(const struct approval *approval, struct buf *out)
{
    buf_char(out, '{');
    json_put_key_bool(out, "good", true);
    json_put_key_string(out, "key", approval->fields[APPROVAL_KEY]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        json_put_key_string(out, rows[i].name, approval->fields[rows[i].field]);
    json_put_key_int(out, "signed", approval->created_s);
    json_put_key_int(out, "until", approval->expires_s);
    buf_str(out, "}\n");
}

static void tell(const struct approval *approval, struct buf *out)
{
    const int64_t times[] = {approval->created_s, approval->expires_s};

    buf_printf(out, "good: signed by the key %s\n", approval->fields[APPROVAL_KEY]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = approval->fields[rows[i].field];
        buf_printf(out, "%-9s  ", rows[i].name);
        text_clean(out, text, strlen(text), false);
        buf_char(out, '\n');
    }
    for (size_t i = 0; i < 2; i++) {
        const time_t seconds = (time_t)times[i];
        struct tm parts;
        char text[40] = "?";
        if (gmtime_r(&seconds, &parts))
            (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
        buf_printf(out, "%s  %s\n", i ? "until    " : "signed   ", text);
    }
}

static int check(const struct command_line *line, const struct buf *in, struct buf *out, struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    CLEANUP_BUF struct buf text = BUF_INIT(2 * APPROVAL_LIMIT);
    CLEANUP_JSON struct json_object *record = NULL;
    struct approval approval = {0};
    unsigned char public[32];
    int r = crypto ? read_key(crypto, command_value(line, "--key"), public, p) : -ENOENT;

    if (r == 0 && in->len && in->data[0] == '{')
        r = from_record(in, &text, &record, p);
    else if (r == 0)
        buf_add(&text, in->data, in->len);
    if (r == 0 && !buf_ok(&text))
        r = not_consent(p, "it is too large");
    if (r == 0)
        r = approval_parse(crypto, text.data ? text.data : "", text.len, &approval, p);
    if (r == 0)
        r = approval_verify(crypto, &approval, text.data, public, p);
    if (r == 0 && record)
        r = same_words(record, &approval, p);
    if (r == 0 && command_value(line, "--json"))
        tell_json(&approval, out);
    else if (r == 0)
        tell(&approval, out);
    approval_done(&approval);
    return r;
}

int command_consent_check(const struct command_line *line)
{
    CLEANUP_BUF struct buf in = BUF_INIT(LEDGER_RECORD_LIMIT), out = BUF_INIT(TEXT_LIMIT);
    struct problem p = PROBLEM_INIT;

    int r = line->word_count ? file_read(line->words[0], &in) : fd_read_all(STDIN_FILENO, &in);
    if (r < 0)
        r = problem_set(&p, r, PX_ARG, "%s: %s", line->word_count ? line->words[0] : "standard input",
                        strerror(-r));
    if (r == 0)
        r = check(line, &in, &out, &p);
    return r < 0 ? command_fail(&p) : command_print(&out);
}
