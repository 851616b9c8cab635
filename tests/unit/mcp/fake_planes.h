/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stand-ins for planes, sites and reads, so that the server can be tested without processes and network. A
 * read waits as long as its argument `sleep_ms` says, telling progress every 5 ms, and answers with its
 * arguments.
 */
#ifndef PROXIMO_TESTS_FAKE_PLANES_H
#define PROXIMO_TESTS_FAKE_PLANES_H

#include <stdatomic.h>
#include <stdbool.h>

struct fake_planes {
    int load_ms;             /* how long loading takes */
    bool refuse;             /* a required plane is missing */
    atomic_int started;      /* times planes_start did something */
    atomic_int most_at_once; /* reads */
};
extern struct fake_planes fake_planes;

void fake_planes_reset(void);

#endif
