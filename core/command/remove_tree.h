/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a folder that this program has made. */
#ifndef PROXIMO_COMMAND_REMOVE_TREE_H
#define PROXIMO_COMMAND_REMOVE_TREE_H

/* Removes path and what is in it, a few levels deep; symbolic links are removed, never followed. 0 or -errno.
 */
int remove_tree(const char *path);

#endif
