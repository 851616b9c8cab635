/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands, and what is made from it: parsed command lines and help texts. */
#ifndef PROXIMO_COMMAND_TABLE_H
#define PROXIMO_COMMAND_TABLE_H

#include "command/command.h"

struct buf;
struct problem;

extern const struct command command_table[];
extern const size_t command_count;

/*
 * Finds the command that words[0..count) begin with ("config show" before "config"). *ret_used is the number
 * of words that name it. -EINVAL and p with the valid commands.
 */
int command_find(char *const *words, size_t count, const struct command **ret, size_t *ret_used,
                 struct problem *p);
/*
 * Options and words behind the command's name. line->words is `room`, which has count elements. *ret_help:
 * --help was among them, nothing else counts then. -EINVAL and p.
 */
int command_parse(const struct command *command, char *const *words, size_t count, const char **room,
                  struct command_line *line, bool *ret_help, struct problem *p);

void command_welcome(struct buf *out); /* for somebody at a terminal: twelve lines */
void command_usage(struct buf *out);   /* of everything */
void command_help_text(const struct command *command, struct buf *out); /* of one command */
void command_usage_line(const struct command *command,
                        struct buf *out);                    /* "usage: proximo config check FILE" */
bool command_help_group(const char *group, struct buf *out); /* "config": false if there is no such group */

int command_help(const struct command_line *line);
int command_config_keys(const struct command_line *line);

#endif
