/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: lines no longer than a terminal is wide. */
#ifndef PROXIMO_BASE_WRAP_H
#define PROXIMO_BASE_WRAP_H

#include <stddef.h>

#include "base/buf.h"

#define WRAP_WIDTH 80u

/*
 * Appends text to out with its lines broken at blanks so that none has more than `width` characters (UTF-8;
 * each counted as one column). What a line goes on with stands below its first word, behind "- " or "3. ". A
 * word that is longer than a line stays whole, so that it can be copied. Thread-safe.
 */
void wrap_text(const char *text, unsigned width, struct buf *out);

#endif
