/* SPDX-License-Identifier: Apache-2.0 */
/* How far a task is, by one line of its log. Free of everything else: the nodes plane is built with it as
 * well. */
#ifndef PROXIMO_TRUST_FOLLOW_PERCENT_H
#define PROXIMO_TRUST_FOLLOW_PERCENT_H

/*
 * 0..100 for a line of one of the forms that Proxmox VE and Backup Server print while they work (a table in
 * follow_percent.c), negative for any other: a line with a percentage of something else, such as how much of
 * a backup was zeroes, says nothing. Of a line that has amounts alone (done, of all) it is computed, below
 * 100. Any thread.
 */
double follow_percent(const char *line);

#endif
