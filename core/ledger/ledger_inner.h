/* SPDX-License-Identifier: Apache-2.0 */
/* The open ledger. What is named ..._locked wants the mutex and the lock file's lock. */
#ifndef PROXIMO_LEDGER_INNER_H
#define PROXIMO_LEDGER_INNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/record.h"
#include "ledger/seal.h"
#include "ledger/tree_file.h"

/* What was last written, kept in the lock file: seq 0 when nothing is known. */
struct memo {
    uint64_t seq, segment;
    int64_t end;
    unsigned char hash[32];
};

struct ledger_limits {
    int64_t segment_bytes, segment_us; /* a segment is closed when it is so long or so old */
    uint64_t epoch_records;
    int64_t epoch_us;            /* an epoch is ended after so many records or so long */
    uint64_t checkpoint_records; /* a checkpoint is signed after so many records */
};

struct ledger {
    pthread_mutex_t mutex;
    atomic_ulong owner; /* thread that holds mutex and lock; 0: none */
    char *file, *key_file, *sign_file, *lock_file, *tree_name, *note_name, *next_name;
    struct ledger_limits limits;
    bool redact;
    bool open; /* all below stands */
    int fd, lock_fd;
    dev_t device;
    ino_t inode;
    uint32_t segment; /* number of the live one, from 1 */
    int64_t segment_us;
    struct ledger_key key;
    uint64_t key_on_disk; /* epoch of the key file */
    struct seal seal;
    struct head head;
    uint64_t epoch_first;  /* seq of this epoch's first record */
    int64_t epoch_us;      /* its time; 0: there is none yet */
    uint64_t checkpointed; /* seq of the newest checkpoint record; 0: none */
    uint64_t appended;     /* newest record that this process wrote for a caller */
    struct tree_file tree_file;
    struct merkle tree;
    unsigned char sign_seed[32];
    struct note_key note_key;
    struct problem dead; /* code "" while it lives */
};

/* key.c. PX-SECRET-FILE, PX-LEDGER. */
int ledger_key_read(const char *path, struct ledger_key *ret, struct problem *p);
int ledger_key_make(const struct crypto_module *crypto, struct ledger_key *ret); /* random; epoch 0 */
void ledger_key_text(const struct ledger_key *key, struct buf *out);
/* Takes the place of the file that is there, durable before it returns. */
int ledger_key_write(const char *path, const struct ledger_key *key, struct problem *p);

/* lock.c */
int ledger_lock(struct ledger *ledger, struct problem *p);
void ledger_unlock(struct ledger *ledger);
bool ledger_lock_is_mine(const struct ledger *ledger); /* by this thread */
int ledger_memo_read(struct ledger *ledger, struct memo *ret);
void ledger_memo_write(struct ledger *ledger);

/* open.c: opens on first use, then follows what other processes appended. */
int ledger_follow_locked(struct ledger *ledger, struct problem *p);
/* Kills an open ledger: fills p and returns error. */
int ledger_fail(struct ledger *ledger, int error, struct problem *p, const char *cause, ...)
    __attribute__((format(printf, 4, 5)));

/* follow.c: checks and takes in the records from the head to `size` of the live segment. */
int ledger_take_in_locked(struct ledger *ledger, int64_t size, struct problem *p);
/* open_base.c: where checking begins: head and tree before the current epoch. */
int ledger_base_locked(struct ledger *ledger, int64_t size, struct problem *p);

/* write.c: one record, as it is */
int ledger_write_locked(struct ledger *ledger, const char *kind, const char *body, size_t len,
                        struct problem *p);
/* Adds the newest record's leaf to the tree. */
int ledger_tree_add_locked(struct ledger *ledger, const unsigned char leaf[32], struct problem *p);
/* Makes the stored tree anew from the segments: `size` leaves. */
int ledger_tree_rebuild_locked(struct ledger *ledger, uint64_t size, struct problem *p);
/* Begins the body of a record that says where the tree stands. */
int ledger_put_tree(struct ledger *ledger, struct buf *body);

/* epoch.c: ends the epoch; the next key is on the disk before it returns. */
int ledger_epoch_end_locked(struct ledger *ledger, struct problem *p);
/* rotate.c: closes the segment; what a crash left of that is put right. */
int ledger_rotate_locked(struct ledger *ledger, struct problem *p);
int ledger_rotate_mend_locked(struct ledger *ledger, const struct stat *live, struct problem *p);
/* Does what is due before a record: ends epoch and segment. */
int ledger_due_locked(struct ledger *ledger, struct problem *p);

/* checkpoint.c */
int ledger_sign_key_locked(struct ledger *ledger, bool make, struct problem *p);
int ledger_checkpoint_locked(struct ledger *ledger, struct problem *p);

/* torn.c: the bytes from the head to `size` go to a file of their own, which is recorded. */
int ledger_set_aside_locked(struct ledger *ledger, int64_t size, struct problem *p);
/* Records what was set aside by a process that died before it could. */
int ledger_torn_finish_locked(struct ledger *ledger, struct problem *p);
/* pread of exactly len bytes; -ENODATA at the end of file. */
int ledger_pread(int fd, void *bytes, size_t len, int64_t offset);

#endif
