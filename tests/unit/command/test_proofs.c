/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit prove` and `check-receipt` on a real ledger. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ledger/note.h"
#include "ledger/receipt.h"
#include "proofs.h"

static char receipt_file[96];

static struct outcome prove(const char *seq, const char *out)
{
    const char *const words[] = {"audit", "prove", seq, "--file", place.file, out ? "--out" : NULL,
                                 out,     NULL};

    return run(words, "", NULL);
}

static void write_key(const char *name, const char *text, char ret_path[96])
{
    in_folder(ret_path, name);
    place_write(ret_path, text, strlen(text));
}

/* The newest record, which no checkpoint covers yet: one is signed. */
static void prove_newest(void)
{
    place.config.ledger.checkpoint_records = 1000;
    struct ledger *ledger = place_open(&place);
    struct problem p = PROBLEM_INIT;
    struct ledger_receipt newest;
    struct stat before, after;
    char number[24];

    assert_int_equal(ledger_append(ledger, LEDGER_PLANNED, "\"a\":1", 5, &newest, &p), 0);
    ledger_free(ledger);
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)newest.seq);
    assert_int_equal(stat(place.file, &before), 0);
    CLEANUP_OUTCOME struct outcome o = prove(number, NULL);
    assert_int_equal(o.status, 0);
    assert_non_null(strstr(o.out.data, newest.hash));
    assert_int_equal(stat(place.file, &after), 0);
    assert_true(after.st_size > before.st_size);
    CLEANUP_OUTCOME struct outcome again = prove(number, NULL); /* and serves the next time */
    assert_int_equal(stat(place.file, &before), 0);
    assert_string_equal(again.out.data, o.out.data);
    assert_int_equal(after.st_size, before.st_size);
    (void)snprintf(number, sizeof number, "%llu",
                   (unsigned long long)newest.seq + 1); /* this very checkpoint */
    CLEANUP_OUTCOME struct outcome itself = prove(number, NULL);
    assert_int_equal(itself.status, 1);
    assert_non_null(strstr(itself.err.data, "no checkpoint covers"));
}

static void test_prove(void **state)
{
    static const struct {
        const char *seq;
        int status;
        const char *err;
    } bad[] = {{"0", 2, "PX-ARG"}, {"one", 2, "PX-ARG"}, {"-1", 2, ""}, {"99999", 1, "PX-LEDGER"}};
    struct stat before, after;

    (void)state;
    for (unsigned seq = 1; seq <= RECORDS; seq += 7) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", seq);
        CLEANUP_OUTCOME struct outcome o = prove(number, NULL);
        if (o.status != 0)
            fail_msg("%s", o.err.data);
        struct receipt_facts facts = RECEIPT_FACTS_INIT;
        struct problem p = PROBLEM_INIT;
        struct note_key key;
        assert_int_equal(note_key_parse(crypto, key_text, &key, &p), 0);
        if (receipt_check(o.out.data, o.out.len, &key, NULL, &facts, &p) < 0)
            fail_msg("record %u: %s", seq, p.cause);
        assert_int_equal(facts.seq, seq);
        receipt_facts_done(&facts);
    }
    assert_int_equal(stat(place.file, &before), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CLEANUP_OUTCOME struct outcome o = prove(bad[i].seq, NULL);
        assert_int_equal(o.status, bad[i].status);
        assert_non_null(strstr(o.err.data, bad[i].err));
        assert_int_equal(o.out.len, 0);
    }
    assert_int_equal(stat(place.file, &after), 0);
    assert_int_equal(after.st_size, before.st_size); /* a wrong question adds no checkpoint */
    prove_newest();
    CLEANUP_OUTCOME struct outcome o = prove("8", receipt_file);
    assert_int_equal(o.status, 0);
    assert_int_equal(o.out.len, 0);
    char nowhere[96];
    in_folder(nowhere, "nothing/audit.log");
    const char *const words[] = {"audit", "prove", "1", "--file", nowhere, NULL};
    CLEANUP_OUTCOME struct outcome none = run(words, "", NULL);
    assert_int_equal(none.status, 1);
    in_folder(nowhere, ".local");
    const char *const by_default[] = {"audit", "prove", "1", NULL};
    CLEANUP_OUTCOME struct outcome missing = run(by_default, "", NULL);
    assert_int_equal(missing.status, 1);
    assert_int_equal(access(nowhere, F_OK), -1);
    in_folder(nowhere, "audit.log"); /* asking for a proof begins no ledger */
    const char *const anew[] = {"audit", "prove", "1", "--file", nowhere, NULL};
    CLEANUP_OUTCOME struct outcome begun = run(anew, "", NULL);
    assert_int_equal(begun.status, 1);
    assert_int_equal(access(nowhere, F_OK), -1);
}

static void check_rows(const char *changed)
{
    CLEANUP_FREE char *pem = NULL, *private = NULL;
    char key[96], pem_file[96], private_file[96], other[256], witness[256];
    unsigned char seed[32], public[32];
    CLEANUP_BUF struct buf text = BUF_INIT(512);
    struct problem p = PROBLEM_INIT;
    struct note_key made;

    write_key("key.txt", key_text, key);
    assert_int_equal(note_key_parse(crypto, key_text, &made, &p), 0);
    pem = crypto->ed25519_public_to_pem(made.public);
    write_key("key.pem", pem, pem_file);
    assert_int_equal(crypto->ed25519_new(seed, public), 0);
    private = crypto->ed25519_to_pem(seed, NULL);
    write_key("private.pem", private, private_file);
    struct note_key stranger;
    assert_int_equal(note_key_make(crypto, made.name, NOTE_ED25519, public, &stranger), 0);
    note_key_print(crypto, &stranger, &text);
    (void)snprintf(other, sizeof other, "%s", text.data);
    buf_reset(&text);
    assert_int_equal(note_key_make(crypto, "witness/1", NOTE_COSIGNATURE, public, &stranger), 0);
    note_key_print(crypto, &stranger, &text);
    (void)snprintf(witness, sizeof witness, "%s", text.data);
    const struct {
        const char *words[8];
        int status;
        const char *out, *err;
    } rows[] = {
        {{receipt_file, "--key", key_text}, 0, "good: record 8 of ", ""},
        {{receipt_file, "--key", key}, 0, "signed with proximo-ledger/", ""},
        {{receipt_file, "--key", pem_file}, 0, "\n       8  ", ""},
        {{receipt_file, "--key", key, "--json"}, 0, "{\"good\":true,\"seq\":8,", ""},
        {{receipt_file, "--key", key, "--json"}, 0, ",\"record\":{\"v\":1,\"seq\":8,", ""},
        {{receipt_file}, 2, "", "--key is missing"},
        {{receipt_file, "--key", other}, 3, "", "not signed by this key"},
        {{receipt_file, "--key", other, "--json"},
         3,
         "{\"good\":false,\"error\":{\"code\":\"PX-RECEIPT\"",
         ""},
        {{receipt_file, "--key", "nonsense+12345678+AAAA"}, 2, "", "no verifier key"},
        {{receipt_file, "--key", "/does/not/exist"}, 1, "", "cannot be read"},
        {{receipt_file, "--key", private_file}, 2, "", "holds no public key"},
        {{receipt_file, "--key", receipt_file}, 2, "", "no verifier key"},
        {{receipt_file, "--key", witness}, 2, "", "a witness's"},
        {{receipt_file, "--key", key, "--witness", witness}, 3, "", "witness/1 has not signed"},
        {{receipt_file, "--key", key, "--witness", pem_file}, 2, "", "no name"},
        {{"/does/not/exist", "--key", key}, 1, "", "cannot be read"},
        {{key, "--key", key}, 3, "", "no receipt"},
        {{changed, "--key", key}, 3, "", "hash is wrong"},
        {{receipt_file, key, "--key", key}, 2, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *words[WORDS_MAX] = {"audit", "check-receipt"};
        for (size_t k = 0; k < 8 && rows[i].words[k]; k++)
            words[2 + k] = rows[i].words[k];
        CLEANUP_OUTCOME struct outcome o = run(words, "", NULL);
        if (o.status != rows[i].status || !strstr(o.out.data, rows[i].out) ||
            !strstr(o.err.data, rows[i].err))
            fail_msg("row %zu: %d, %s%s", i, o.status, o.out.data, o.err.data);
    }
}

/* In a HOME without configuration or state, with the key alone. */
static void test_check(void **state)
{
    CLEANUP_BUF struct buf receipt = BUF_INIT(RECEIPT_LIMIT);
    char changed[96];

    (void)state;
    place_read(receipt_file, &receipt);
    char *guest = strstr(receipt.data, "guest/");
    assert_non_null(guest);
    guest[0] = 'G';
    in_folder(changed, "changed.json");
    place_write(changed, receipt.data, receipt.len);
    check_rows(changed);
}

static int setup(void **state)
{
    int r = proofs_setup(state);

    in_folder(receipt_file, "receipt.json");
    return r;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prove),
        cmocka_unit_test(test_check),
    };

    return cmocka_run_group_tests(tests, setup, proofs_teardown);
}
