/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the nodes plane: the read functions and what they share. */
#ifndef PROXIMO_NODES_H
#define PROXIMO_NODES_H

#include <json-c/json.h>
#include <proximo/plane.h>

struct nodes_plane {
    const struct proximo_host *host;
};

/* A read function's GET: 0 and the parsed data (free with json_object_put), or a negative code after
 * host->fail. */
int32_t nodes_get(struct nodes_plane *plane, struct proximo_call *call, const struct proximo_get *get,
                  struct proximo_answer *ret_answer, struct json_object **ret_data);
struct proximo_text nodes_text(const char *text);
/* Replies rows (a JSON array) and marks them as incomplete if the answer they came from was. */
int32_t nodes_reply_rows(struct nodes_plane *plane, struct proximo_call *call, struct proximo_text rows,
                         const struct proximo_answer *answer, uint64_t flags);

int32_t nodes_read_resources(void *instance, struct proximo_call *call);
int32_t nodes_read_tasks(void *instance, struct proximo_call *call);
int32_t nodes_read_task_status(void *instance, struct proximo_call *call);

#endif
