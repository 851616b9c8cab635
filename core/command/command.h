/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of `proximo`: one table (command_table.c) from which dispatch, --help of everything and the
 * refusal of unknown words are made. A command gets its parsed options; stdout is its own (serve: JSON-RPC
 * alone).
 */
#ifndef PROXIMO_COMMAND_COMMAND_H
#define PROXIMO_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_MAX_OPTIONS 12
#define EXIT_USAGE          2 /* unknown words, bad options, a configuration that is wrong */
#define EXIT_PLAN_USED      3 /* `plan show --raw`: these are the bytes, but the plan does not wait any more */

struct command_option {
    const char *name;     /* "--config" */
    const char *argument; /* "FILE"; NULL: a switch */
    const char *choices;  /* "facade,full"; NULL: any */
    const char *help;     /* one line */
};

struct command;

/* What was given. Option values are in the order of command->options: NULL when absent, "" for a switch. */
struct command_line {
    const struct command *command;
    const char *values[COMMAND_MAX_OPTIONS];
    const char **words; /* positional */
    size_t word_count;
};

struct command {
    const char *name;    /* "config show": one or two words */
    const char *words;   /* "FILE" or "" */
    const char *summary; /* one line for the list */
    const char *details; /* more for --help; may be NULL */
    struct command_option options[COMMAND_MAX_OPTIONS];
    size_t min_words, max_words;
    bool hidden;
    int (*run)(const struct command_line *line); /* returns the exit status */
};

/* The value of option `name` ("--config") or NULL. */
const char *command_value(const struct command_line *line, const char *name);

/* One per file in core/command/. */
int command_serve(const struct command_line *line);
int command_doctor(const struct command_line *line);
int command_mint(const struct command_line *line); /* prints a runbook, grants nothing itself */
int command_init(const struct command_line *line);
int command_client_config(const struct command_line *line); /* writes no file */
int command_planes_list(const struct command_line *line);
int command_planes_inspect(const struct command_line *line);
int command_plane_new(const struct command_line *line);
int command_plans(const struct command_line *line);
int command_plan_show(const struct command_line *line);
int command_freeze(const struct command_line *line); /* exit status 1 also: frozen, but not recorded */
int command_thaw(const struct command_line *line);
int command_lease_grant(const struct command_line *line);
int command_lease_end(const struct command_line *line);
int command_lease_show(const struct command_line *line);
int command_doubt_list(const struct command_line *line);
int command_doubt_close(const struct command_line *line);
int command_config_show(const struct command_line *line);
int command_config_check(const struct command_line *line);
int command_plane_host(const struct command_line *line);
int command_audit_verify(const struct command_line *line); /* exit status: enum ledger_verdict */
int command_audit_head(const struct command_line *line);
int command_audit_escrow(const struct command_line *line);
int command_audit_anchor(const struct command_line *line); /* 0: every anchor confirmed */
int command_audit_show(const struct command_line *line);
int command_keys_approver(const struct command_line *line);
int command_approve(const struct command_line *line);
int command_consent_add(const struct command_line *line);
int command_consent_check(const struct command_line *line);
int command_audit_prove(const struct command_line *line);
int command_audit_check_receipt(const struct command_line *line); /* exit status: 0 good, 3 not good */
int command_audit_export(const struct command_line *line);
int command_explain(const struct command_line *line);
int command_completion(const struct command_line *line);
int command_man_page(const struct command_line *line);
int command_version(const struct command_line *line);

/* Prints a problem to stderr as "proximo: CODE: cause ..." and returns EXIT_USAGE for PX-CONFIG and PX-ARG,
 * else 1. */
struct problem;
int command_fail(const struct problem *p);

/* All of text to standard output: 0, or 1 when it had failed or cannot be written. */
struct buf;
int command_print(const struct buf *text);
/* The same for people: within 80 columns (base/wrap.h). */
int command_print_words(const struct buf *text);

/* main's whole work: argv to a command. Unknown or missing words print usage to stderr and return EXIT_USAGE;
 * nothing but the word `serve` ever starts a server. */
int command_main(int argc, char **argv);

#endif
