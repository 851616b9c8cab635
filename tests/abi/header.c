/* SPDX-License-Identifier: Apache-2.0 */
/* plane.h alone, as C99, C11 and C++11, with every warning: what a plane's author may compile it with. */
#include "proximo/plane.h"

extern const struct proximo_plane header_plane;
PROXIMO_PLANE(header_plane)

int header_has(const struct proximo_host *host);
int header_has(const struct proximo_host *host)
{
    static const struct proximo_param params[2] = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                                   {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
    static const struct proximo_table table = PROXIMO_TABLE(params);
    return PROXIMO_HOST_HAS(host, get_many) && table.count == 2;
}
