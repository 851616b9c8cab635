/* SPDX-License-Identifier: Apache-2.0 */
/* Exports nothing. */
#include "tiny.h"

PROXIMO_EXPORT int noentry(void);
int noentry(void)
{
    return 0;
}
