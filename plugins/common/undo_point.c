/* SPDX-License-Identifier: Apache-2.0 */
#include "undo_point.h"

bool undo_point_ours(const char *name, const char *description)
{
    const size_t words = strlen(UNDO_POINT_WORDS), len = name ? strlen(name) : 0;

    if (!description || !name || strncmp(description, UNDO_POINT_WORDS, words) != 0)
        return false;
    const char *nonce = description + words;
    /* proximo-20260101T000000-01234567 */
    return strncmp(name, UNDO_POINT_NAME, strlen(UNDO_POINT_NAME)) == 0 &&
           strspn(nonce, "0123456789abcdef") == 32 && len == 32 && strspn(name + 8, "0123456789") == 8 &&
           name[16] == 'T' && strspn(name + 17, "0123456789") == 6 && name[23] == '-' &&
           strncmp(name + 24, nonce, 8) == 0;
}
