/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the anchors share. */
#ifndef PROXIMO_LEDGER_ANCHOR_INNER_H
#define PROXIMO_LEDGER_ANCHOR_INNER_H

#include <pthread.h>

#include "ledger/anchor.h"
#include "ledger/ledger.h"
#include "ledger/note.h"

#define ANCHOR_SINKS       3u
#define ANCHOR_SINK_MS     10000 /* of one attempt */
#define ANCHOR_RETRIES     5u
#define ANCHOR_TARGET_SIZE 300u
#define ANCHOR_TIME_SIZE   40u

struct crypto_module;

/* One attempt at publishing a note. */
struct anchor_task {
    const struct config *config;
    const char *note;
    size_t len;
    uint64_t size;   /* of the checkpoint */
    int64_t time_us; /* of it */
    bool known;      /* the ledger says that something was published there before */
    int64_t deadline_ms;
    struct cancel *cancel;
};

/* A kind of sink. publish and read_back return 0 or negative and p; PX-ANCHOR is a contradiction. */
struct anchor_kind {
    const char *name;
    const char *limits; /* what it protects against and what not, a sentence */
    /* Where to, without secrets; false: not configured. */
    bool (*target)(const struct config *config, char ret[ANCHOR_TARGET_SIZE]);
    /* answer: what the receiver said, perhaps with cosignatures. */
    int (*publish)(const struct anchor_task *task, struct buf *answer, struct problem *p);
    /* The last whole note; -ENOENT: none. NULL: cannot be read back. */
    int (*read_back)(const struct config *config, struct buf *note, struct problem *p);
};
extern const struct anchor_kind anchor_file, anchor_post, anchor_syslog;

enum sink_state { SINK_NEW, SINK_CONFIRMED, SINK_FAILED, SINK_CONTRADICTS };

#define ASK_PUBLISH 1u
#define ASK_AGAIN   2u /* also a checkpoint that is there already: a fresh confirmation is wanted */
#define ASK_PERSON  4u /* also where a contradiction stopped it */

struct sink {
    struct anchors *anchors;
    const struct anchor_kind *kind;
    char target[ANCHOR_TARGET_SIZE];
    /* with the mutex: what is asked of its thread */
    bool running;
    uint64_t asked, done; /* requests, and how many of them are over */
    unsigned wants;       /* what those that are not over ask for, ASK_... */
    int64_t busy_ms;      /* since when a request is being worked on; 0: none is */
    unsigned retries;
    int64_t retry_ms; /* when to try again by itself; 0: not */
    /* with the mutex: what is known */
    enum sink_state state;
    struct problem problem; /* of FAILED and CONTRADICTS */
    uint64_t size;          /* last confirmed; 0: never */
    int64_t time_us, failed_us;
    int64_t failure_recorded_us;
    int64_t witness_s; /* time of the last good cosignature; 0: none */
    bool recalled;     /* the ledger's own records were looked at */
};

struct anchors {
    const struct config *config;
    struct ledger *ledger;
    struct cancel *cancel;
    char *witnessed_file; /* "<ledger>.checkpoint.witnessed" */
    struct sink sinks[ANCHOR_SINKS];
    size_t count;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    struct problem
        refused; /* the ledger does not verify, or the witness's key is none: nothing is published */

    pthread_mutex_t work; /* what follows, and making a checkpoint */
    bool prepared, verified;
    const struct crypto_module *crypto;
    struct note_key key;
    bool has_witness;
    struct note_key witness;
    uint64_t made;   /* the request that the newest checkpoint answers */
    uint64_t wanted; /* requests for a checkpoint; with `mutex` */
};

/* anchor.c: gives the sink's thread something to do, and starts it. With the mutex. */
void sink_ask(struct sink *sink, unsigned wants);
/* anchor_round.c: looks, compares, and does what is asked of a sink, without a lock held. */
void sink_round(struct sink *sink, unsigned wants);
/* anchor_history.c: what the ledger's own records say of this sink, newest word first. */
int sink_recall(struct sink *sink, struct problem *p);
/* Records what came of publishing. Failures once an hour, contradictions always. */
void sink_record(struct sink *sink, const struct ledger_checkpoint *checkpoint, const struct problem *problem,
                 int64_t witness_s);
/* Is a confirmation within require_anchor_within there? With the mutex. */
bool anchors_met(const struct anchors *anchors);
/* anchor_compare.c: does the note belong to this ledger, and does the ledger still have what it says? 0, or
 * PX-ANCHOR: a contradiction. *ret_witness_s: 0 without a cosignature. */
int anchor_compare(struct anchors *anchors, const char *note, size_t len, uint64_t *ret_size,
                   int64_t *ret_witness_s, struct problem *p);
/* The witness's lines in what a receiver answered. *ret_s 0: there are none. Good ones are kept with the note
 * in witnessed_file. */
int anchor_witness(struct anchors *anchors, const struct buf *note, const struct buf *answer, int64_t *ret_s,
                   struct problem *p);

/* Opens a regular file, no symbolic link; made with mode 0644. *ret_fd is the caller's. 0 or -errno. */
struct stat;
int anchor_open(const char *path, int flags, int *ret_fd, struct stat *st);
/* anchor_notes.c: whole notes in a row of bytes. */
struct notes {
    const char *bytes;
    size_t len, at;
};
/* The next whole note: text, an empty line, signature lines up to an empty line or the end. False: no more.
 */
bool notes_next(struct notes *notes, const char **ret, size_t *ret_len);
bool note_line_is_signature(const char *line, size_t len);

/* "2026-07-28T10:00:00Z"; micro: with six digits of a second. */
void anchor_time(int64_t time_us, bool micro, char ret[ANCHOR_TIME_SIZE]);

#endif
