/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the guests plane. */
#ifndef PROXIMO_GUESTS_H
#define PROXIMO_GUESTS_H

#include <proximo/plane.h>

struct guests_plane {
    const struct proximo_host *host;
};

int32_t guests_read_snapshots(void *instance, struct proximo_call *call);

#endif
