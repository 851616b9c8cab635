/* SPDX-License-Identifier: Apache-2.0 */
/* How to tell a snapshot that proximo took before a change (snapshot_first) from others. */
#ifndef PROXIMO_PLUGINS_UNDO_POINT_H
#define PROXIMO_PLUGINS_UNDO_POINT_H

#include "../rows.h"

#define UNDO_POINT_NAME "proximo-" /* how their names begin, */
#define UNDO_POINT_WORDS                                                                                     \
    "Proximo undo point of plan " /* and their descriptions: 32 hex digits follow, of which the              \
                                     name ends with the first 8 */

/* By name and description, because a person may have made a snapshot of such a name, or described one so.
 * Both may be NULL. */
bool undo_point_ours(const char *name, const char *description);

#endif
