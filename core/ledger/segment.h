/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a ledger: "<file>" is the live segment, "<file>.000001" and so on are closed ones, read-only
 * and never changed again. By name alone, without key or lock. Lines are not checked here.
 */
#ifndef PROXIMO_LEDGER_SEGMENT_H
#define PROXIMO_LEDGER_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

struct buf;

/* The name of closed segment `number`; malloc'd, NULL without memory. */
char *segment_path(const char *file, uint32_t number);
/* Which segment an open file is, by its first record; 1 for the first and for an empty one. 0 or -errno. */
int segment_number(int fd, int64_t size, uint32_t *ret);
/* Opens a regular file for reading, no symbolic link. *ret_fd is the caller's. 0 or -errno. */
int segment_open(const char *path, int *ret_fd, int64_t *ret_size);
/* The last complete line of an open file, without its newline; -ENODATA: it has none. */
int segment_last_line(int fd, int64_t size, struct buf *ret);
/*
 * Calls f for every complete line from the newest on, until it returns non-zero, which is returned. offset is
 * where the line begins.
 */
int segment_each_back(int fd, int64_t size, int (*f)(void *arg, const char *line, size_t len, int64_t offset),
                      void *arg);

#endif
