/* SPDX-License-Identifier: Apache-2.0 */
/* Text: UTF-8, cleaning, numbers from text, comparison. Nothing here depends on a locale. Thread-safe. */
#ifndef PROXIMO_BASE_TEXT_H
#define PROXIMO_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

bool text_is_utf8(const char *text, size_t len);
/* Length of the valid UTF-8 sequence (RFC 3629) at text, which has len bytes left; 0 if there is none. */
size_t text_utf8_step(const char *text, size_t len);
/* Largest n <= len at which text can be cut without splitting a UTF-8 sequence. */
size_t text_utf8_cut(const char *text, size_t len);
/*
 * Appends text with control characters (C0 but \n and \t, DEL, C1), bidirectional overrides and invisible
 * format characters removed, invalid UTF-8 replaced by U+FFFD and \r\n made \n. keep_lines false: \n and \t
 * become a space.
 */
void text_clean(struct buf *out, const char *text, size_t len, bool keep_lines);
/* The whole of text is a number in range, ASCII digits only; 0, -EINVAL or -ERANGE. */
int text_to_u64(const char *text, uint64_t max, uint64_t *ret);
int text_to_i64(const char *text, int64_t min, int64_t max, int64_t *ret);
bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
/* true for 1 true yes on, false for 0 false no off (any case, spaces around ignored); -EINVAL otherwise. */
int text_to_bool(const char *text, bool *ret);
/* Is `word` in the comma separated `list`? Spaces around items are ignored. */
bool text_in_list(const char *list, const char *word);
/* Optimal string alignment distance, for "did you mean"; texts longer than 64 bytes: 99. */
unsigned text_distance(const char *a, const char *b);
/* strdup that copes with NULL. */
char *text_dup(const char *text);
/* The value of one hexadecimal digit, or -1. */
int text_hex_digit(char c);
/* Bytes as lower-case hexadecimal digits: 2 * len of them and a NUL. */
void text_hex(const unsigned char *bytes, size_t len, char *ret);

#endif
