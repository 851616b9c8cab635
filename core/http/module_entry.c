/* SPDX-License-Identifier: Apache-2.0 */
/* The one symbol that the module exports. */
#include "http/module.h"

__attribute__((visibility("default"))) const void *proximo_module_http(void);

const void *proximo_module_http(void)
{
    return http_module_table();
}
