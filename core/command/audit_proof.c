/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit prove | check-receipt`: a record's receipt, and its check, which needs nothing but a key. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "command/audit.h"
#include "command/command.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"

#define OUT_LIMIT (4 * LEDGER_RECORD_LIMIT)
#define KEY_LIMIT ((size_t)16 << 10)
#define NOT_GOOD  3 /* as `audit verify` has it */

/* ---- what the commands of `proximo audit` share */

int audit_read(const char *path, struct buf *out, struct problem *p)
{
    int r = file_read(path, out);

    if (r == 0)
        return 0;
    (void)problem_set(p, r, PX_LEDGER, "%s cannot be read: %s", path, strerror(-r));
    problem_next(p, "it has to be a regular file that this user may read");
    return r;
}

/* --file: the ledger named there, its keys beside it. */
static int take_file(struct config *config, const char *file, struct problem *p)
{
    free(config->ledger.file);
    free(config->ledger.key_file);
    free(config->ledger.signing_key_file);
    config->ledger.key_file = config->ledger.signing_key_file = NULL;
    config->ledger.file = realpath(file, NULL); /* "audit.log" alone has no folder to look for keys in */
    return config->ledger.file
               ? 0
               : problem_set(p, -errno, PX_LEDGER, "there is no ledger %s: %s", file, strerror(errno));
}

int audit_config(const struct command_line *line, struct config **ret, struct problem *p)
{
    const struct config_options options = {.file = command_value(line, "--config")};
    const char *named = command_value(line, "--file");
    struct config *config = NULL;

    int r = config_load(&options, &config, p);
    if (r < 0)
        return r;
    r = named ? take_file(config, named, p) : 0;
    CLEANUP_FREE char *file = r == 0 ? ledger_file(config) : NULL;
    if (r == 0 && (!file || access(file, F_OK) < 0)) {
        r = problem_set(p, -ENOENT, PX_LEDGER, "there is no ledger%s%s", file ? " " : "", file ? file : "");
        problem_next(p, "name it with --file, or the configuration with --config");
    }
    if (r < 0)
        config_free(config);
    else
        *ret = config;
    return r;
}

/* ---- prove */

static int write_out(const char *path, const struct buf *text, struct problem *p)
{
    int r = path ? file_write_atomic(path, text->data, text->len, 0644)
                 : fd_write_all(STDOUT_FILENO, text->data, text->len);

    return r == 0 ? 0
                  : problem_set(p, r, PX_LEDGER, "%s cannot be written: %s", path ? path : "standard output",
                                strerror(-r));
}

int command_audit_prove(const struct command_line *line)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT);
    struct config *config = NULL;
    struct ledger *ledger = NULL;
    struct problem p = PROBLEM_INIT;
    uint64_t seq = 0;
    int r = 0;

    if (text_to_u64(line->words[0], UINT64_MAX, &seq) < 0 || seq == 0)
        r = problem_set(&p, -EINVAL, PX_ARG, "SEQ is the number of a record, from 1");
    if (r == 0)
        r = audit_config(line, &config, &p);
    if (r == 0 && ledger_new(config, &ledger) < 0)
        r = problem_set(&p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r == 0)
        r = receipt_make(ledger, seq, &receipt, &p);
    if (r == 0) {
        buf_char(&receipt, '\n');
        r = buf_ok(&receipt) ? write_out(command_value(line, "--out"), &receipt, &p)
                             : problem_set(&p, -ENOMEM, PX_INTERNAL, "no memory");
    }
    ledger_free(ledger);
    config_free(config);
    return r < 0 ? command_fail(&p) : 0;
}

/* ---- check-receipt */

/* A PEM gets the name of the receipt's ledger. */
static int name_of(void *arg, char ret[NOTE_NAME_SIZE], struct problem *p)
{
    const struct buf *receipt = arg;

    return receipt_origin(receipt->data, receipt->len, ret, p);
}

struct checked {
    struct receipt_facts facts;
    struct note_key key, witness;
};

static void print_text(const struct crypto_module *crypto, const struct checked *checked, struct buf *out)
{
    const struct receipt_facts *facts = &checked->facts;

    buf_printf(out, "good: record %llu of %s, which had %llu records then\nsigned with ",
               (unsigned long long)facts->seq, facts->origin, (unsigned long long)facts->size);
    note_key_print(crypto, &checked->key, out);
    buf_char(out, '\n');
    if (facts->witness_s >= 0) {
        buf_printf(out, "cosigned by %s at ", checked->witness.name);
        audit_when(out, facts->witness_s > INT64_MAX / 1000000 ? INT64_MAX : facts->witness_s * 1000000);
        buf_char(out, '\n');
    }
    audit_show_whole(out, facts->record.data, facts->record.len);
}

static void print_json(const struct crypto_module *crypto, const struct checked *checked, struct buf *out)
{
    const struct receipt_facts *facts = &checked->facts;
    CLEANUP_BUF struct buf key = BUF_INIT(KEY_LIMIT);
    CLEANUP_JSON struct json_object *record = NULL;

    note_key_print(crypto, &checked->key, &key);
    buf_str(out, "{\"good\":true");
    buf_printf(out, ",\"seq\":%llu,\"time\":%lld,\"size\":%llu", (unsigned long long)facts->seq,
               (long long)facts->time_us, (unsigned long long)facts->size);
    json_put_key_string(out, "kind", facts->kind);
    json_put_key_string(out, "hash", facts->hash);
    json_put_key_string(out, "origin", facts->origin);
    json_put_key_string(out, "key", key.data ? key.data : "");
    if (facts->witness_s >= 0) {
        json_put_key_string(out, "witness", checked->witness.name);
        json_put_key_int(out, "witness_time", facts->witness_s);
    }
    json_put_key(out, "record");
    if (json_parse(facts->record.data, facts->record.len, &record, NULL) == 0)
        buf_add(out, facts->record.data, facts->record.len);
    else /* signed, but not what a ledger writes */
        json_put_string(out, facts->record.data, facts->record.len);
    buf_str(out, "}\n");
}

static int not_good(const struct problem *p, bool json)
{
    CLEANUP_BUF struct buf out = BUF_INIT(OUT_LIMIT), error = BUF_INIT(OUT_LIMIT);

    if (json) {
        problem_json(p, &error); /* an object of its own: its brace is opened here */
        buf_printf(&out, "{\"good\":false,%s\n", error.data ? error.data + 1 : "}");
        if (buf_ok(&out))
            (void)fd_write_all(STDOUT_FILENO, out.data, out.len);
    } else {
        (void)command_fail(p);
    }
    return NOT_GOOD;
}

int command_audit_check_receipt(const struct command_line *line)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT + 1), out = BUF_INIT(OUT_LIMIT);
    const char *key = command_value(line, "--key"), *witness = command_value(line, "--witness");
    const bool json = command_value(line, "--json") != NULL;
    struct checked checked = {.facts = RECEIPT_FACTS_INIT};
    struct problem p = PROBLEM_INIT;
    const struct crypto_module *crypto = crypto_module_get(&p);

    int r = crypto ? 0 : -ELIBACC;
    if (r == 0 && !key) {
        r = problem_set(&p, -EINVAL, PX_ARG,
                        "--key is missing: the public key that the receipt is checked with");
        problem_next(&p, "take it from the ledger's owner, not from whoever gave the receipt");
    }
    if (r == 0)
        r = audit_read(line->words[0], &receipt, &p);
    if (r == 0)
        r = audit_key_read(key, name_of, &receipt, &checked.key, &p);
    if (r == 0 && witness)
        r = audit_key_read(witness, NULL, NULL, &checked.witness, &p);
    if (r == 0)
        r = receipt_check(receipt.data ? receipt.data : "", receipt.len, &checked.key,
                          witness ? &checked.witness : NULL, &checked.facts, &p);
    if (r == 0) {
        json ? print_json(crypto, &checked, &out) : print_text(crypto, &checked, &out);
        r = buf_ok(&out) ? fd_write_all(STDOUT_FILENO, out.data, out.len) : -ENOMEM;
        if (r < 0)
            (void)problem_set(&p, r, PX_INTERNAL, "what the receipt says cannot be printed: %s",
                              strerror(-r));
    }
    receipt_facts_done(&checked.facts);
    if (r == 0)
        return 0;
    return strcmp(p.code, PX_RECEIPT) == 0 ? not_good(&p, json) : command_fail(&p);
}
