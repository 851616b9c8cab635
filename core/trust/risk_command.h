/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command does at worst: a read, or not known as one. The table of what reads (risk_command_rows.c) is
 * curated; whatever is not positively in it, with each of its options, is high. Low means that it reads, not
 * that it is safe to show. docs/commands.md has the rules for operators.
 */
#ifndef PROXIMO_TRUST_RISK_COMMAND_H
#define PROXIMO_TRUST_RISK_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command_word {
    const char *ptr;
    size_t len;
    bool known; /* false: a secret or a reference, judged as the worst */
};

struct command_risk {
    uint32_t risk; /* RISK_LOW: positively known as a read; else RISK_HIGH */
    bool destroys, cuts_off;
    char why[160]; /* for a person: "runs systemctl in a way that is not known as a read"; clean text */
};

/* Judges what argv does as root on a node, through `pct exec`, `sh -c` and the like. stdin_text NULL: nothing
 * goes in; a caller that does not know what does takes the whole for high itself. Thread-safe, no memory is
 * kept. */
void risk_command(const struct command_word *argv, size_t argc, const char *stdin_text, size_t stdin_len,
                  struct command_risk *ret);
/* The same of SQL for psql, PostgreSQL's dialect; the worst statement counts. */
void risk_sql(const char *sql, size_t len, struct command_risk *ret);

#endif
