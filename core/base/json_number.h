/* SPDX-License-Identifier: Apache-2.0 */
/* The number part of the JSON validator: grammar of RFC 8259 section 6, and range. Thread-safe. */
#ifndef PROXIMO_BASE_JSON_NUMBER_H
#define PROXIMO_BASE_JSON_NUMBER_H

#include "base/json_check.h"

/*
 * Reads the number that begins at text (at most len bytes). *ret_len is its length, or on a fault where the
 * fault is. JSON_FAULT_NUMBER: an integer beyond int64 and uint64, or a fraction beyond a finite double.
 */
enum json_fault json_number_check(const char *text, size_t len, size_t *ret_len);

#endif
