/* SPDX-License-Identifier: Apache-2.0 */
/* The core's side of the hashing module. */
#include "base/crypto.h"

#include "base/module.h"

const struct crypto_module *crypto_module_get(struct problem *p)
{
    return module_load("crypto", CRYPTO_MODULE_VERSION, p);
}
