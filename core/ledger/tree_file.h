/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored hashes of the ledger's tree: "<ledger>.tree", 32 bytes each in the order in which they are made
 * (merkle_stored_index). A cache: never synced, never believed before its root was compared with one that is
 * sealed or signed, and made anew from the segments when it does not fit. One thread at a time, under the
 * ledger's lock.
 */
#ifndef PROXIMO_LEDGER_TREE_FILE_H
#define PROXIMO_LEDGER_TREE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/merkle.h"

#define TREE_FILE_PENDING                                                                                    \
    128u /* hashes that wait in memory: a write for each record would cost as much again as                  \
          * the record */

struct tree_file {
    int fd; /* -1: closed */
    bool writable;
    uint64_t pending_at; /* stored index of the first that waits */
    size_t pending_count;
    unsigned char pending[TREE_FILE_PENDING][32];
};

/* Opens or makes it, regular, 0600, no symbolic link; 0 or -errno. writable false: an existing one. */
int tree_file_open(const char *path, bool writable, struct tree_file *ret);
/* Writes what waits, as far as it can be, and closes. */
void tree_file_close(struct tree_file *file);
/* Writes what waits; 0 or -errno: it is lost then, which is found when it is missed. Reading does this
 * itself. */
int tree_file_flush(struct tree_file *file);
/* The right edge at `size` leaves; -ENODATA when fewer are stored. Not checked against anything. */
int tree_file_edge(struct tree_file *file, uint64_t size, struct merkle *ret);
/* merkle_add, and what it makes is kept for its place, whatever stands there. */
int tree_file_add(struct tree_file *file, const struct merkle_hasher *hasher, struct merkle *tree,
                  const unsigned char leaf[32]);
/* A merkle_read; arg: the file. */
int tree_file_read(void *file, unsigned level, uint64_t index, unsigned char ret[32]);

#endif
