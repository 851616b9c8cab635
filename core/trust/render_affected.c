/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a change affects, as a person reads it: what happens to each thing, and the facts that weigh. */
#include <string.h>

#include "base/json.h"
#include "trust/render.h"
#include "trust/risk.h"

#define EFFECT_MOST 600u
#define FACT_MOST   120u /* of one fact's value */
#define FACTS_MOST  8u   /* of a thing, and elements of a list; all of them are in the plan's members */

/* Words come from the cluster: quoted. Lists and objects as the JSON that they are. */
static void put_value(struct json_object *value, struct buf *out)
{
    switch (json_object_get_type(value)) {
    case json_type_boolean: buf_str(out, json_object_get_boolean(value) ? "yes" : "no"); break;
    case json_type_int: buf_printf(out, "%lld", (long long)json_object_get_int64(value)); break;
    case json_type_string: render_quoted(out, json_object_get_string(value), FACT_MOST); break;
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value) && i < FACTS_MOST; i++) {
            if (i)
                buf_str(out, ", ");
            put_value(json_object_array_get_idx(value, i), out);
        }
        if (json_object_array_length(value) > FACTS_MOST)
            buf_printf(out, " and %zu more", json_object_array_length(value) - FACTS_MOST);
        break;
    default:
        render_quoted(out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), FACT_MOST);
        break;
    }
}

static void put_facts(struct json_object *row, struct buf *out)
{
    struct json_object *facts = NULL;
    size_t count = 0;

    if (json_get(row, "facts", json_type_object, &facts) < 0)
        return;
    json_object_object_foreach(facts, name, value)
    {
        if (!value || count == FACTS_MOST)
            continue;
        buf_str(out, count++ ? "; " : " (");
        render_plain(out, name, FACT_MOST);
        buf_char(out, ' ');
        put_value(value, out);
    }
    if (count)
        buf_char(out, ')');
}

void render_affected(struct json_object *root, struct buf *out)
{
    struct json_object *rows = render_rows(root, "affected");

    if (!rows) {
        buf_str(out, render_rows(root, "incomplete") ? "Affects: not known\n" : "Affects: nothing else\n");
        return;
    }
    buf_str(out, "Affects:\n");
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        int64_t level = RISK_HIGH;
        (void)json_get_int(row, "risk", &level);
        buf_str(out, "  - ");
        render_plain(out, render_text(row, "resource"), EFFECT_MOST);
        if (*render_text(row, "name")) {
            buf_char(out, ' ');
            render_quoted(out, render_text(row, "name"), EFFECT_MOST);
        }
        buf_printf(out, " [%s]: ", risk_level_name((unsigned)level));
        render_quoted(out, render_text(row, "effect"), EFFECT_MOST);
        put_facts(row, out);
        buf_char(out, '\n');
    }
}
