/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of what reads, between the files risk_command*.c. */
#ifndef PROXIMO_TRUST_RISK_COMMAND_ROWS_H
#define PROXIMO_TRUST_RISK_COMMAND_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A command that reads.
 *
 * options: "*" any; "!-o --output" any but these (of a short one in any cluster, of a long one any
 * beginning); else the only ones allowed: "-a", "--all", and with a value "-n=", "--lines=" (joined or the
 * next word); of
 * "+-l|--list" one must be there.
 *
 * operands: patterns with ";" between them, the words of each with a space. A word is literal, "a|b" either,
 * FILE anything that is no device, WORD anything, NUMBER digits, PLUS what begins with "+", PLAIN what has no
 * "=", NAME a plain name without "/", FOLDER a folder that is neither /dev nor in /proc, SEDPRINT a print
 * command of sed such as 1,20p; at the end "*" is any number of files, "*DEVICE" of files or devices, "PLAIN
 * *" and "NAME *" of such words. An empty pattern: no operands. Several rows may have the same name.
 */
struct command_row {
    const char *names; /* "ps|pgrep" */
    const char *options;
    const char *operands;
};

/* A command that runs the words behind it: its leading words, its own options, and how many words of its own.
 */
struct command_wrapper {
    const char *lead; /* "pct exec" */
    const char *options;
    size_t own;
    bool dashes; /* "--" must stand before the words */
};

/* A command whose harm is worth a word of its own. */
struct command_harm {
    const char *names;
    const char *first; /* its first operand is one of these; NULL: whatever it is */
    bool destroys, cuts_off;
    const char *what;
};

extern const struct command_row command_rows[];
extern const size_t command_row_count;
extern const struct command_wrapper command_wrappers[];
extern const size_t command_wrapper_count;
extern const struct command_harm command_harms[];
extern const size_t command_harm_count;

#endif
