/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a command writes into the user's own configuration folder: where they go, and that none is lost.
 */
#ifndef PROXIMO_COMMAND_OWN_FILE_H
#define PROXIMO_COMMAND_OWN_FILE_H

#include <limits.h>
#include <stdbool.h>

struct problem;

/* option (may be NULL), else `name` in $XDG_CONFIG_HOME/proximo or ~/.config/proximo: absolute. Negative and
 * p. */
int own_file_path(const char *option, const char *name, char path[PATH_MAX], struct problem *p);
/* Makes the folder of path if it is missing, for this user alone. */
int own_file_folder(const char *path, struct problem *p);
/* -EEXIST and p: something is there and `force` is not given. by: the option that names another place. */
int own_file_absent(const char *path, const char *by, bool force, struct problem *p);
int own_file_failed(const char *path, int error, struct problem *p); /* p, and the error again */

#endif
