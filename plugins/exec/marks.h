/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of our own in a stream of the remote side, told apart from the command's bytes by a random token: a
 * mark is token, one letter, three digits, line feed. The stream without its marks is the command's. Nothing
 * before the first mark is: it is ssh's own, a login banner, or what a shell's start files print.
 */
#ifndef PROXIMO_EXEC_MARKS_H
#define PROXIMO_EXEC_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#define MARK_TOKEN 32u                         /* hexadecimal digits */
#define MARK_LEN   (MARK_TOKEN + 1u + 3u + 1u) /* bytes of a mark */
#define MARK_READY 'r'                         /* the far side is there and waits; nothing has run */
#define MARK_EXIT  'e'                         /* the command has exited; number: its status */
#define MARK_DIED  's'                         /* killed by a signal; number: which */
#define MARK_ENDED 't'                         /* ended by our far side: its time was over, or we went */

struct marks {
    char token[MARK_TOKEN + 1];
    bool begun;          /* the first mark was seen */
    char kind;           /* of the last mark; 0: none */
    unsigned number;     /* of the last mark */
    char held[MARK_LEN]; /* what may be the beginning of a mark */
    uint32_t held_len;
    char before[1024]; /* the last bytes before the first mark, for an error's words */
    uint32_t before_len;
};

/* Gets what is the command's own. */
typedef int32_t marks_take(void *arg, const char *bytes, uint64_t len);

void marks_init(struct marks *marks, const char *token);
/* More bytes of the stream; take's first code but 0. */
int32_t marks_feed(struct marks *marks, const char *bytes, uint64_t len, marks_take *take, void *arg);
/* The stream has ended: what was held back is the command's. */
int32_t marks_end(struct marks *marks, marks_take *take, void *arg);

#endif
