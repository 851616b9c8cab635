/* SPDX-License-Identifier: Apache-2.0 */
/* The program's side of the HTTP module: its door, and freeing what it hands out. */
#include "http/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/module.h"

const struct http_module *http_module_get(struct problem *p)
{
    return module_load("http", HTTP_MODULE_VERSION, p);
}

void http_answer_done(struct http_answer *answer)
{
    free(answer->body);
    memset(answer, 0, sizeof(*answer));
}
