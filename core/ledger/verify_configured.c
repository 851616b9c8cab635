/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of a configuration, verified by all that lies beside it. */
#include <errno.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/file.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/note.h"

/* The public half beside the key that signs: whose absence or damage only leaves the signature unchecked. */
static bool signer_read(const struct config *config, struct note_key *ret)
{
    CLEANUP_FREE char *sign = ledger_sign_file(config);
    CLEANUP_BUF struct buf name = BUF_INIT(4096), text = BUF_INIT(NOTE_LIMIT);
    const struct crypto_module *crypto = crypto_module_get(NULL);

    buf_str(&name, sign ? sign : "");
    buf_str(&name, ".pub");
    return crypto && sign && buf_ok(&name) && file_read(name.data, &text) == 0 && text.data &&
           note_key_parse(crypto, text.data, ret, NULL) == 0;
}

int ledger_verify_configured(const struct config *config, const char *expected_head,
                             struct ledger_report *ret, struct problem *p)
{
    CLEANUP_FREE char *file = ledger_file(config);
    CLEANUP_FREE char *key = ledger_key_file(config);
    struct note_key signer;

    if (!file || !key) {
        (void)problem_set(p, -ENOENT, PX_LEDGER, "it is not known where the ledger is");
        problem_next(p, "set ledger: {file: ...} or state_dir in the configuration");
        return -ENOENT;
    }
    const struct ledger_verify_options options = {
        .file = file,
        .key_file = key,
        .expected_head = expected_head ? expected_head : config->ledger.expected_head,
        .signer = signer_read(config, &signer) ? &signer : NULL,
    };
    return ledger_verify_with(&options, ret, p);
}
