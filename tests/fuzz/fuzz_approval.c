/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an approval: what is taken apart is the only way to write what was found, and nobody's
 * signature. */
#include "fuzz.h"

#include <string.h>

#include "base/crypto.h"
#include "trust/approval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char nobody[32] = {1};
    const struct crypto_module *crypto = crypto_module_get(NULL);
    struct buf again CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    static const char *const names[APPROVAL_FIELDS] = {"plan",    "sha256",  "site",    "principal", "action",
                                                       "subject", "created", "expires", "nonce",     "key"};
    struct approval approval = {0};
    char base64[89];

    PROMISE(crypto);
    if (approval_parse(crypto, (const char *)data, size, &approval, NULL) < 0) {
        PROMISE(!approval.text);
        return 0;
    }
    buf_str(&again, "proximo/approval/v1\n");
    for (size_t i = 0; i < APPROVAL_FIELDS; i++)
        buf_printf(&again, "%s: %s\n", names[i], approval.fields[i]);
    PROMISE(again.len == approval.signed_len);
    crypto->base64(approval.signature, sizeof(approval.signature), base64);
    buf_printf(&again, "signature: %s\n", base64);
    PROMISE(buf_ok(&again) && again.len == size && memcmp(again.data, data, size) == 0);
    PROMISE(approval.created_s >= 0 && approval.expires_s >= 0);
    PROMISE(approval_verify(crypto, &approval, (const char *)data, nobody, NULL) < 0);
    approval_done(&approval);
    return 0;
}
