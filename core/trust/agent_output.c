/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/agent_output.h"

#include <string.h>

#include "base/json.h"

#define TAIL "/agent/exec-status"
#define PID  ":/pid"

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = NULL;

    return json_get_string(object, key, &text, NULL) == 0 ? text : "";
}

bool agent_output_asks(struct json_object *step)
{
    const char *kind = text_of(step, "kind"), *path = text_of(step, "path");
    const size_t len = strlen(path), tail = strlen(TAIL);

    return (strcmp(kind, "wait") == 0 || strcmp(kind, "read") == 0) && len > tail &&
           strcmp(path + len - tail, TAIL) == 0;
}

/* "/nodes/N/qemu/105/agent/exec" of "/nodes/N/qemu/105/agent/exec-status". */
static bool runs_it(struct json_object *step, const char *path)
{
    const char *own = text_of(step, "path");
    const size_t len = strlen(path) - strlen("-status");

    return strcmp(text_of(step, "kind"), "request") == 0 && strcmp(text_of(step, "method"), "POST") == 0 &&
           strlen(own) == len && memcmp(own, path, len) == 0;
}

bool agent_output_is_own(struct json_object *earlier, struct json_object *step)
{
    struct json_object *params = NULL;

    if (!agent_output_asks(step) || json_get(step, "params", json_type_array, &params) < 0 ||
        json_object_array_length(params) != 1 || !json_object_is_type(earlier, json_type_array))
        return false;
    struct json_object *field = json_object_array_get_idx(params, 0);
    const char *reference = text_of(field, "ref");
    const size_t len = strcspn(reference, ":");
    if (strcmp(text_of(field, "name"), "pid") != 0 || len == 0 || strcmp(reference + len, PID) != 0)
        return false;
    for (size_t i = 0; i < json_object_array_length(earlier); i++) {
        struct json_object *other = json_object_array_get_idx(earlier, i);
        const char *name = text_of(other, "name");
        if (other == step)
            return false;
        if (strlen(name) == len && memcmp(name, reference, len) == 0)
            return runs_it(other, text_of(step, "path"));
    }
    return false;
}
