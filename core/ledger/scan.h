/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the lines of a ledger by path, without key or lock, over all its segments. Lines are not checked.
 */
#ifndef PROXIMO_LEDGER_SCAN_H
#define PROXIMO_LEDGER_SCAN_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct problem;

/* The two of ledger.h, for a file. PX-LEDGER when it cannot be read. */
int ledger_scan_find(const char *file, uint64_t seq, struct buf *ret_line, struct problem *p);
int ledger_scan_back(const char *file, int (*f)(void *arg, const char *line, size_t len), void *arg,
                     struct problem *p);

#endif
