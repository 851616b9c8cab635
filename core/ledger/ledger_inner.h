/* SPDX-License-Identifier: Apache-2.0 */
/* The open ledger. What is named ..._locked wants the mutex and the lock file's lock. */
#ifndef PROXIMO_LEDGER_INNER_H
#define PROXIMO_LEDGER_INNER_H

#include <pthread.h>
#include <sys/types.h>

#include "ledger/ledger.h"
#include "ledger/record.h"

struct ledger {
    pthread_mutex_t mutex;
    char *file, *key_file, *lock_file;
    bool redact;
    bool open; /* fd, key and head stand */
    int fd, lock_fd;
    dev_t device;
    ino_t inode;
    unsigned char key[32];
    struct seal seal;
    struct head head;
    struct problem dead; /* code "" while it lives */
};

/* key.c. Reads a key: 64 hexadecimal digits and a newline, mode 600. PX-SECRET-FILE. */
int ledger_key_read(const char *path, unsigned char ret_key[32], struct problem *p);
/* Makes one where none is, durable before it returns. */
int ledger_key_make(const struct crypto_module *crypto, const char *path, struct problem *p);
int ledger_seal_init(struct seal *seal, const unsigned char key[32], struct problem *p);
int ledger_sync_folder(const char *path); /* fsync of the folder that path is in; 0 or -errno */

/* lock.c */
int ledger_lock(struct ledger *ledger, struct problem *p);
void ledger_unlock(struct ledger *ledger);
/* The head that was last written, kept in the lock file: *ret.seq 0 when none is known. */
int ledger_memo_read(struct ledger *ledger, struct head *ret);
void ledger_memo_write(struct ledger *ledger);

/* open.c: opens on first use, then follows what other processes appended. */
int ledger_follow_locked(struct ledger *ledger, struct problem *p);
/* Kills an open ledger: fills p and returns error. */
int ledger_fail(struct ledger *ledger, int error, struct problem *p, const char *cause, ...)
    __attribute__((format(printf, 4, 5)));
/* append.c */
int ledger_write_locked(struct ledger *ledger, const char *kind, const char *body, size_t len,
                        struct problem *p);
/* torn.c: the bytes from the head to `size` go to a file of their own, which is recorded. */
int ledger_set_aside_locked(struct ledger *ledger, int64_t size, struct problem *p);
/* pread of exactly len bytes; -ENODATA at the end of file. */
int ledger_pread(int fd, void *bytes, size_t len, int64_t offset);

#endif
