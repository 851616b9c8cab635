/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger of some segments, and a HOME without configuration. */
#include "proofs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/note.h"

struct place place;
const struct crypto_module *crypto;
char key_text[256];
static char empty[] = "/tmp/proximo-proofs-XXXXXX";

void in_folder(char ret[96], const char *name)
{
    (void)snprintf(ret, 96, "%s/%s", empty, name);
}

int proofs_setup(void **state)
{
    struct problem p = PROBLEM_INIT;
    struct note_key key;
    CLEANUP_BUF struct buf text = BUF_INIT(256);

    (void)state;
    if (!mkdtemp(empty) || !run_setup(empty) || !(crypto = crypto_module_get(&p)))
        return -1;
    place_make_small(&place);
    place_fill(&place, RECORDS);
    struct ledger *ledger = place_open(&place);
    assert_int_equal(ledger_note_key(ledger, &key, &p), 0);
    ledger_free(ledger);
    note_key_print(crypto, &key, &text);
    (void)snprintf(key_text, sizeof key_text, "%s", text.data);
    return 0;
}

void remove_all(const char *folder)
{
    const char *const words[] = {"-rf", folder, NULL};
    CLEANUP_OUTCOME struct outcome o = run_other("/bin/rm", words);

    assert_int_equal(o.status, 0);
}

int proofs_teardown(void **state)
{
    (void)state;
    place_done(&place);
    remove_all(empty);
    return 0;
}
