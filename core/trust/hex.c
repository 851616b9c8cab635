/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hexadecimal digits. */
#include "trust/trust_inner.h"

void trust_hex(const unsigned char *bytes, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * len] = '\0';
}
