/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a receipt: it is refused with its reason, or it is a receipt of the one ledger of the seeds.
 * The key is public; nobody has the private one.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "ledger/receipt.h"

static const char KEY[] = "proximo-ledger/seeds+c501ed1f+AZHY2aw18gS0U7UcBnu0AgS3cAVFPilrVJOWbeRiLRya";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct note_key key;
    static const struct crypto_module *crypto;
    struct receipt_facts facts = RECEIPT_FACTS_INIT;
    char origin[NOTE_NAME_SIZE] = "";
    struct problem p = PROBLEM_INIT;

    if (!crypto) {
        crypto = crypto_module_get(&p);
        PROMISE(crypto && note_key_parse(crypto, KEY, &key, &p) == 0);
    }
    const int r = receipt_check((const char *)data, size, &key, NULL, &facts, &p);
    PROMISE(r == 0 || r == -EBADMSG);
    PROMISE((r == 0) == (p.code[0] == '\0'));
    PROMISE(r == 0 || (strcmp(p.code, PX_RECEIPT) == 0 && p.cause[0] && p.next[0]));
    PROMISE(r < 0 || (facts.seq >= 1 && facts.seq <= facts.size && facts.record.len > 0));
    PROMISE(r < 0 || strcmp(facts.origin, key.name) == 0);
    const int named = receipt_origin((const char *)data, size, origin, &p);
    PROMISE(named == 0 || named == -EBADMSG);
    PROMISE(r < 0 || (named == 0 && strcmp(origin, key.name) == 0));
    receipt_facts_done(&facts);
    return 0;
}
