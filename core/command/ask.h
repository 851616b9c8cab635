/* SPDX-License-Identifier: Apache-2.0 */
/* Questions on the terminal (prompts on stderr), or answers from a pipe, one a line; or on the terminal
 * alone. Not thread-safe. */
#ifndef PROXIMO_COMMAND_ASK_H
#define PROXIMO_COMMAND_ASK_H

#include <stdbool.h>
#include <stddef.h>

#define ASK_SIZE 1024u

/* NULL if the answer will do, else what is wrong with it (static). */
typedef const char *(*ask_check)(const char *answer);

struct question {
    const char *text;
    const char *fallback; /* taken for an empty answer; NULL: an empty answer is not taken, "": it is */
    const char *choices;  /* comma separated; NULL: any */
    ask_check check;      /* may be NULL */
    bool secret;          /* echo is off */
    bool exact;           /* spaces around the answer belong to it */
};

/*
 * Asks until the answer will do. 0 and the answer, NUL-terminated; -ENODATA at end of input, -ECANCELED for
 * Ctrl-C at a secret, -errno. Spaces around the answer are dropped unless it is exact.
 */
int ask(const struct question *question, char answer[ASK_SIZE]);
/*
 * From now on questions, answers and words go to the process's terminal, whatever standard input is: for what
 * only a person may say. -ENXIO or another -errno: there is none.
 */
int ask_terminal_only(void);
/* Before anything secret is asked: no other process of this user looks into this one, and it leaves no core.
 */
void ask_keep_private(void);
/* What was typed before now is no answer to what is shown now. */
void ask_forget_typed(void);
/* Shows text of others: without control characters but line ends. */
void ask_show(const char *text, size_t len);
bool ask_yes(const char *text); /* anything but a clear yes is no */
void ask_say(const char *format, ...) __attribute__((format(printf, 1, 2))); /* to stderr, or the terminal */

#endif
