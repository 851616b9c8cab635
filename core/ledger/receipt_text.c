/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts as text: JSON around the record and a C2SP tlog-proof. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/receipt.h"
#include "ledger/receipt_inner.h"

#define MAGIC    "c2sp.org/tlog-proof@v1\nindex "
#define HASH_LEN 44u /* base64 of 32 bytes */

void receipt_put(const struct crypto_module *crypto, const char *line, size_t len, uint64_t index,
                 const struct merkle_proof *proof, const char *note, size_t note_len, struct buf *out)
{
    CLEANUP_BUF struct buf text = BUF_INIT(NOTE_LIMIT + ((size_t)16 << 10));
    char hash[HASH_LEN + 1];

    buf_str(&text, MAGIC);
    buf_u64(&text, index);
    buf_char(&text, '\n');
    for (size_t i = 0; i < proof->count; i++) {
        crypto->base64(proof->hashes[i], 32, hash);
        buf_add(&text, hash, HASH_LEN);
        buf_char(&text, '\n');
    }
    buf_char(&text, '\n');
    buf_add(&text, note, note_len);
    if (!buf_ok(&text)) {
        out->error = text.error;
        return;
    }
    buf_str(out, "{\"format\":\"" RECEIPT_FORMAT "\",\"record\":");
    json_put_string(out, line, len);
    buf_str(out, ",\"proof\":");
    json_put_string(out, text.data, text.len);
    buf_char(out, '}');
}

int receipt_bad(struct problem *p, const char *cause, ...)
{
    char text[sizeof p->cause];
    va_list ap;

    va_start(ap, cause);
    (void)vsnprintf(text, sizeof text, cause, ap);
    va_end(ap);
    (void)problem_set(p, -EBADMSG, PX_RECEIPT, "%s", text);
    problem_next(p, "do not believe it; ask for the receipt again, whole and byte for byte");
    return -EBADMSG;
}

/* Digits up to a newline, no zero in front; at moves behind it. */
static bool index_read(const char **at, const char *end, uint64_t *ret)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    char digits[24];

    if (!stop || (size_t)(stop - *at) >= sizeof digits || (**at == '0' && stop - *at > 1))
        return false;
    memcpy(digits, *at, (size_t)(stop - *at));
    digits[stop - *at] = '\0';
    *at = stop + 1;
    return text_to_u64(digits, UINT64_MAX, ret) == 0;
}

static bool hashes_read(const struct crypto_module *crypto, const char **at, const char *end,
                        struct merkle_proof *ret)
{
    unsigned char bytes[3 * HASH_LEN / 4];
    size_t len = 0;

    for (ret->count = 0; *at < end && **at != '\n'; *at += HASH_LEN + 1) {
        if ((size_t)(end - *at) <= HASH_LEN || (*at)[HASH_LEN] != '\n' || ret->count == MERKLE_LEVELS ||
            crypto->base64_decode(*at, HASH_LEN, bytes, &len) < 0 || len != 32)
            return false;
        memcpy(ret->hashes[ret->count++], bytes, 32);
    }
    return true;
}

static int proof_parse(const struct crypto_module *crypto, const char *text, size_t len, struct receipt *ret,
                       struct problem *p)
{
    const char *at = text + strlen(MAGIC), *end = text + len;

    if (len < strlen(MAGIC) || memcmp(text, MAGIC, strlen(MAGIC)) != 0)
        return receipt_bad(p, "its proof is not one of the form c2sp.org/tlog-proof@v1");
    if (!index_read(&at, end, &ret->index))
        return receipt_bad(p, "its proof names no place in the ledger");
    if (!hashes_read(crypto, &at, end, &ret->proof))
        return receipt_bad(p, "its proof has a line that is no hash, or too many of them");
    if (at == end)
        return receipt_bad(p, "its proof ends before the checkpoint");
    ret->note = at + 1; /* behind the empty line */
    ret->note_len = (size_t)(end - ret->note);
    return 0;
}

int receipt_parse(const struct crypto_module *crypto, const char *bytes, size_t len, struct receipt *ret,
                  struct problem *p)
{
    struct problem why = PROBLEM_INIT;
    const char *format = "", *proof = NULL;
    size_t format_len = 0, proof_len = 0;
    CLEANUP_JSON struct json_object *json = NULL;
    struct receipt receipt = {.index = 0};

    if (len > RECEIPT_LIMIT)
        return receipt_bad(p, "it is larger than a receipt can be");
    int r = json_parse(bytes, len, &json, &why);
    if (r == -ENOMEM)
        return problem_set(p, r, PX_INTERNAL, "no memory for a receipt");
    if (r < 0 || !json_object_is_type(json, json_type_object))
        return receipt_bad(p, "it is no receipt: not an object in JSON");
    if (json_get_string(json, "format", &format, &format_len) < 0 || format_len != strlen(RECEIPT_FORMAT) ||
        memcmp(format, RECEIPT_FORMAT, format_len) != 0)
        return receipt_bad(p, "its format is not " RECEIPT_FORMAT);
    if (json_get_string(json, "record", &receipt.line, &receipt.line_len) < 0 ||
        json_get_string(json, "proof", &proof, &proof_len) < 0)
        return receipt_bad(p, "it lacks the record or the proof");
    if (json_object_object_length(json) != 3)
        return receipt_bad(p, "it has members that a receipt does not have");
    r = proof_parse(crypto, proof, proof_len, &receipt, p);
    if (r < 0)
        return r;
    receipt.json = json;
    json = NULL;
    *ret = receipt;
    return 0;
}

void receipt_done(struct receipt *receipt)
{
    json_object_put_cleanup(&receipt->json);
}
