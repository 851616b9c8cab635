/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: good ones of every record and size; every bit, every cut, every wrong part is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/json.h"
#include "ledger/receipt.h"
#include "ledger/record.h"
#include "receipts.h"
#include "tree.h"

static struct receipts ours, theirs;

static int check(const struct buf *receipt, const struct note_key *key, struct problem *p)
{
    struct receipt_facts facts = RECEIPT_FACTS_INIT;

    *p = PROBLEM_INIT;
    int r = receipt_check(receipt->data, receipt->len, key, NULL, &facts, p);
    assert_true((r < 0) == (p->code[0] != '\0'));
    receipt_facts_done(&facts);
    return r;
}

static void refused(const struct buf *receipt, const struct note_key *key, const char *why)
{
    struct problem p;

    assert_int_equal(check(receipt, key, &p), -EBADMSG);
    assert_string_equal(p.code, PX_RECEIPT);
    assert_string_not_equal(p.next, "");
    if (!strstr(p.cause, why))
        fail_msg("\"%s\" is not in \"%s\"", why, p.cause);
}

static void test_good(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT);
    char origin[NOTE_NAME_SIZE];
    struct problem p = PROBLEM_INIT;

    (void)state;
    for (size_t size = 1; size <= RECEIPTS_RECORDS; size++) {
        for (size_t seq = 1; seq <= size; seq++) {
            struct receipt_facts facts = RECEIPT_FACTS_INIT;
            struct record record;
            buf_reset(&receipt);
            receipts_put(&ours, seq, size, &receipt);
            int r = receipt_check(receipt.data, receipt.len, &ours.key, NULL, &facts, &p);
            if (r < 0)
                fail_msg("%zu of %zu: %s", seq, size, p.cause);
            assert_true(record_read(ours.lines[seq - 1], ours.lens[seq - 1], &record));
            assert_int_equal(facts.seq, seq);
            assert_int_equal(facts.size, size);
            assert_int_equal(facts.time_us, record.time_us);
            assert_string_equal(facts.kind, record.kind);
            assert_string_equal(facts.origin, "proximo-ledger/ours");
            assert_int_equal(facts.witness_s, -1);
            assert_int_equal(facts.record.len, ours.lens[seq - 1]);
            assert_memory_equal(facts.record.data, ours.lines[seq - 1], facts.record.len);
            receipt_facts_done(&facts);
        }
    }
    assert_int_equal(receipt_origin(receipt.data, receipt.len, origin, &p), 0);
    assert_string_equal(origin, "proximo-ledger/ours");
    buf_char(&receipt, '\n'); /* white space around is none of the receipt's */
    assert_int_equal(check(&receipt, &ours.key, &p), 0);
}

static void test_every_bit(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT);
    struct problem p;

    (void)state;
    receipts_put(&ours, 6, 11, &receipt);
    for (size_t bit = 0; bit < 8 * receipt.len; bit++) {
        char *byte = receipt.data + bit / 8;
        *byte = (char)(*byte ^ 1 << bit % 8);
        if (check(&receipt, &ours.key, &p) != -EBADMSG)
            fail_msg("bit %zu: good at ...%.30s", bit, byte);
        *byte = (char)(*byte ^ 1 << bit % 8);
    }
    assert_int_equal(check(&receipt, &ours.key, &p), 0);
}

static void test_every_cut(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT);
    struct problem p;

    (void)state;
    receipts_put(&ours, 6, 11, &receipt);
    for (const size_t whole = receipt.len; receipt.len--;) {
        char *exact = malloc(receipt.len ? receipt.len : 1); /* so that reading beyond it is seen */
        assert_non_null(exact);
        memcpy(exact, receipt.data, receipt.len);
        const struct buf cut = {.data = exact, .len = receipt.len};
        refused(&cut, &ours.key, "");
        free(exact);
        if (receipt.len == 0)
            break;
        assert_true(receipt.len < whole);
    }
    receipts_put(&ours, 6, 11, &receipt);
    assert_int_equal(check(&receipt, &ours.key, &p), 0);
}

static void test_wrong_parts(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT), note = BUF_INIT(NOTE_LIMIT);
    CLEANUP_BUF struct buf other = BUF_INIT(NOTE_LIMIT);

    (void)state;
    receipts_note(&ours, 11, &note);
    receipts_note(&theirs, 11, &other);
    receipts_put(&ours, 6, 11, &receipt);
    refused(&receipt, &theirs.key, "not signed by this key");
    buf_reset(&receipt);
    receipts_put(&theirs, 6, 11, &receipt);
    refused(&receipt, &ours.key, "not signed by this key");
    buf_reset(&receipt); /* our record in their tree, with their note or ours */
    receipts_put_parts(&ours, 5, 5, 11, other.data, &receipt);
    refused(&receipt, &theirs.key, "not in the tree");
    buf_reset(&receipt);
    receipts_put_parts(&theirs, 5, 5, 11, note.data, &receipt);
    refused(&receipt, &ours.key, "not in the tree");
    buf_reset(&receipt); /* another record than the proof's */
    receipts_put_parts(&ours, 6, 5, 11, note.data, &receipt);
    refused(&receipt, &ours.key, "of another record: of 6, not of 7");
    buf_reset(&receipt); /* the proof of another size */
    receipts_put_parts(&ours, 5, 5, 12, note.data, &receipt);
    refused(&receipt, &ours.key, "not in the tree");
    buf_reset(&receipt);
    receipts_put_parts(&ours, 11, 11, 12, note.data, &receipt);
    refused(&receipt, &ours.key, "covers 11 records");
}

/* Swapped, dropped, doubled hashes; a record with another's number. */
static void test_forged_record(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT), note = BUF_INIT(NOTE_LIMIT);
    struct receipts forged = ours;

    (void)state;
    receipts_note(&ours, 11, &note);
    char *seq = strstr(forged.lines[6], "\"seq\":7");
    assert_non_null(seq);
    seq[6] = '6'; /* record 7 says that it is 6 */
    receipts_put_parts(&forged, 6, 5, 11, note.data, &receipt);
    refused(&receipt, &ours.key, "hash is wrong");
    buf_reset(&receipt); /* every leaf, hash and seal made anew, but not the signature */
    receipts_make(&forged, "proximo-ledger/ours", 999);
    receipts_put_parts(&forged, 5, 5, 11, note.data, &receipt);
    refused(&receipt, &ours.key, "not in the tree");
    buf_reset(&receipt);
    receipts_put(&forged, 6, 11, &receipt); /* and signed with a key of the same name */
    refused(&receipt, &ours.key, "not signed by this key");
}

static void replaced(const struct buf *good, const char *from, const char *to, struct buf *out)
{
    const char *at = strstr(good->data, from);

    assert_non_null(at);
    buf_reset(out);
    buf_add(out, good->data, (size_t)(at - good->data));
    buf_str(out, to);
    buf_str(out, at + strlen(from));
}

static void test_form(void **state)
{
    static const struct {
        const char *from, *to, *why;
    } rows[] = {
        {"proximo-receipt-1", "proximo-receipt-2", "format"},
        {"\"proximo-receipt-1\"", "1", "format"},
        {"\"format\"", "\"formats\"", "format"},
        {"\"record\":", "\"records\":", "lacks"},
        {"\"proof\":", "\"proof\":1,\"other\":", "lacks"},
        {"{\"format\"", "{\"more\":1,\"format\"", "members"},
        {"{\"format\"", "{\"format\":\"proximo-receipt-1\",\"format\"", "JSON"},
        {"{\"format\"", "[{\"format\"", "JSON"},
        {"tlog-proof@v1", "tlog-proof@v2", "tlog-proof@v1"},
        {"index 5\\n", "extra AAAA\\nindex 5\\n", "tlog-proof@v1"},
        {"index 5\\n", "index 05\\n", "place"},
        {"index 5\\n", "index \\n", "place"},
        {"index 5\\n", "index -5\\n", "place"},
        {"index 5\\n", "index 5 \\n", "place"},
        {"index 5\\n", "index 18446744073709551616\\n", "place"},
        {"index 5\\n", "index 18446744073709551615\\n", "of another record"},
        {"index 5\\n", "index 5\\nabc\\n", "no hash"},
        {"index 5\\n", "index 5\\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n", "not in the tree"},
        {"index 5\\n", "index 5\\n\\n", "checkpoint"},
        {"\\n\\nproximo-ledger/", "\\nproximo-ledger/", "no hash"},
        {"\\n11\\n", "\\n011\\n", "checkpoint cannot be read"},
        {"\\n11\\n", "\\n12\\n", "signature is wrong"},
        {"proximo-ledger/ours\\n11", "proximo-ledger/theirs\\n11", "signature is wrong"},
        {"\"{\\\"v\\\":1", "\" {\\\"v\\\":1", "format"},
        {"\\\"v\\\":1", "\\\"v\\\":2", "format"},
        {"guest.stop", "guest.drop", "hash is wrong"},
        {"}\",\"proof\"", "}\\n\",\"proof\"", "format"},
    };
    CLEANUP_BUF struct buf good = BUF_INIT(RECEIPT_LIMIT), bad = BUF_INIT(RECEIPT_LIMIT);

    (void)state;
    receipts_put(&ours, 6, 11, &good);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        replaced(&good, rows[i].from, rows[i].to, &bad);
        refused(&bad, &ours.key, rows[i].why);
    }
    buf_reset(&bad);
    buf_str(&bad, "null");
    refused(&bad, &ours.key, "JSON");
    char *large = calloc(1, RECEIPT_LIMIT + 1);
    assert_non_null(large);
    memset(large, ' ', RECEIPT_LIMIT + 1);
    const struct buf huge = {.data = large, .len = RECEIPT_LIMIT + 1};
    refused(&huge, &ours.key, "larger");
    free(large);
}

/* A ledger's key that also signs another ledger's checkpoint: the name in it decides. */
static void test_origin(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT), text = BUF_INIT(NOTE_LIMIT),
                           note = BUF_INIT(NOTE_LIMIT);
    const struct crypto_module *crypto = tree_hasher()->crypto;
    struct checkpoint checkpoint = {.origin = "proximo-ledger/else", .size = 11};

    (void)state;
    memcpy(tree_leaves, ours.leaves, sizeof ours.leaves);
    tree_mth(0, 11, checkpoint.root);
    checkpoint_text(crypto, &checkpoint, &text);
    assert_int_equal(note_sign(crypto, text.data, text.len, &ours.key, ours.seed, &note), 0);
    receipts_put_parts(&ours, 5, 5, 11, note.data, &receipt);
    refused(&receipt, &ours.key, "of another ledger");
}

static void cosign(struct buf *note, const struct note_key *witness, const unsigned char seed[32],
                   uint64_t time)
{
    const size_t text = (size_t)(strstr(note->data, "\n\n") + 1 - note->data);
    unsigned char bytes[4 + 8 + 64];
    char message[512], base64[128];

    int n = snprintf(message, sizeof message, "cosignature/v1\ntime %llu\n%.*s", (unsigned long long)time,
                     (int)text, note->data);
    memcpy(bytes, witness->id, 4);
    for (size_t i = 0; i < 8; i++)
        bytes[4 + i] = (unsigned char)(time >> (56 - 8 * i));
    assert_int_equal(tree_hasher()->crypto->ed25519_sign(seed, message, (size_t)n, bytes + 12), 0);
    tree_hasher()->crypto->base64(bytes, sizeof bytes, base64);
    buf_printf(note, "\xe2\x80\x94 %s %s\n", witness->name, base64);
}

static void test_witness(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT), note = BUF_INIT(NOTE_LIMIT);
    const struct crypto_module *crypto = tree_hasher()->crypto;
    struct receipt_facts facts = RECEIPT_FACTS_INIT;
    struct note_key witness, other;
    unsigned char seed[32], public[32];
    struct problem p = PROBLEM_INIT;

    (void)state;
    assert_int_equal(crypto->ed25519_new(seed, public), 0);
    assert_int_equal(note_key_make(crypto, "witness/1", NOTE_COSIGNATURE, public, &witness), 0);
    assert_int_equal(note_key_make(crypto, "witness/2", NOTE_COSIGNATURE, public, &other), 0);
    receipts_note(&ours, 11, &note);
    cosign(&note, &witness, seed, 1700000001);
    receipts_put_parts(&ours, 5, 5, 11, note.data, &receipt);
    assert_int_equal(receipt_check(receipt.data, receipt.len, &ours.key, &witness, &facts, &p), 0);
    assert_int_equal(facts.witness_s, 1700000001);
    assert_int_equal(receipt_check(receipt.data, receipt.len, &ours.key, NULL, &facts, &p), 0);
    assert_int_equal(receipt_check(receipt.data, receipt.len, &ours.key, &other, &facts, &p), -EBADMSG);
    assert_non_null(strstr(p.cause, "witness/2 has not signed"));
    /* a witness alone makes no receipt good, nor a ledger's key a witness */
    assert_int_equal(receipt_check(receipt.data, receipt.len, &witness, NULL, &facts, &p), -EINVAL);
    assert_string_equal(p.code, PX_ARG);
    assert_int_equal(receipt_check(receipt.data, receipt.len, &ours.key, &ours.key, &facts, &p), -EINVAL);
    buf_reset(&receipt);
    buf_reset(&note);
    receipts_note(&ours, 11, &note);
    seed[0] ^= 1;
    cosign(&note, &witness, seed, 1700000001);
    receipts_put_parts(&ours, 5, 5, 11, note.data, &receipt);
    assert_int_equal(receipt_check(receipt.data, receipt.len, &ours.key, &witness, &facts, &p), -EBADMSG);
    assert_non_null(strstr(p.cause, "signature of the witness witness/1 is wrong"));
    receipt_facts_done(&facts);
}

static int setup(void **state)
{
    (void)state;
    receipts_make(&ours, "proximo-ledger/ours", 105);
    receipts_make(&theirs, "proximo-ledger/theirs", 106);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),          cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_every_cut),     cmocka_unit_test(test_wrong_parts),
        cmocka_unit_test(test_forged_record), cmocka_unit_test(test_form),
        cmocka_unit_test(test_origin),        cmocka_unit_test(test_witness),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
