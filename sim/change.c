/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What writes of many kinds share.
 */
#include "change.h"

#include <stdlib.h>
#include <string.h>

bool sim_next_word(const char **at, char *word, size_t size)
{
    size_t n;

    *at += strspn(*at, ",; ");
    n = strcspn(*at, ",; ");
    (void)snprintf(word, size, "%.*s", (int)n, *at);
    *at += n;
    return n > 0;
}

void sim_put_given(struct sim_call *call, struct json_object *entry, const char *except)
{
    json_object_object_foreach(call->params, name, value)
    {
        if (value && !sim_word_in(except, " ", name, strlen(name)))
            sim_set(entry, name, sim_copy(value));
    }
}

void sim_drop_deleted(struct sim_call *call, struct json_object *entry)
{
    const char *at = sim_arg(call, "delete");
    char word[128];

    while (at && sim_next_word(&at, word, sizeof word))
        json_object_object_del(entry, word);
}

int sim_check_digest(struct sim_call *call, struct json_object *object, const char *prefix)
{
    const char *given = sim_arg(call, "digest");
    char digest[41];

    if (!given)
        return 0;
    sim_digest(object, digest);
    return strcmp(given, digest) == 0 ? 0 : sim_fail(call, 500, "%s" SIM_CHANGED, prefix);
}

void sim_end_line(struct json_object *entry, const char *name)
{
    const char *text = sim_str(entry, name, NULL);
    SIM_FREE_WITH(sim_freep) char *longer = NULL;

    if (!text || (*text && text[strlen(text) - 1] == '\n') || asprintf(&longer, "%s\n", text) < 0)
        return;
    sim_set_str(entry, name, longer);
}
