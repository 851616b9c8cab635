/* SPDX-License-Identifier: Apache-2.0 */
#include "kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "normal.h"
#include "stage.h"

#define FORM      (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)
#define TELL_MOST 12

static void file_name(const char *folder, const struct row *row, char *ret, size_t size)
{
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char number[16] = "";

    if (row->number > 1)
        (void)snprintf(number, sizeof(number), "-%d", row->number);
    (void)snprintf(ret, size, "%s/tests/tools/%s/%s%s.json", source ? source : ".", folder, row->tool,
                   number);
}

static bool updating(void)
{
    const char *update = getenv("PROXIMO_UPDATE_PLANS");

    return update && *update && strcmp(update, "0") != 0 && !stage_collects();
}

/* NULL: not there. */
static struct json_object *load(const char *file)
{
    struct buf text CLEANUP_BUF = BUF_INIT((size_t)4 << 20);

    return file_read(file, &text) == 0 && text.data ? json_tokener_parse(text.data) : NULL;
}

static void store(const char *file, struct json_object *o)
{
    struct buf text CLEANUP_BUF = BUF_INIT((size_t)4 << 20);

    buf_str(&text, json_object_to_json_string_ext(o, FORM));
    buf_char(&text, '\n');
    assert_int_equal(file_write_atomic(file, text.data, text.len, 0644), 0);
}

/* Names the members in which they differ; more than a screen helps nobody. */
static int told;

static void tell(struct stage *stage, const char *where, struct json_object *wanted, struct json_object *got)
{
    char below[400];

    if (json_object_equal(wanted, got) || stage_collects())
        return;
    if (json_object_is_type(wanted, json_type_object) && json_object_is_type(got, json_type_object)) {
        json_object_object_foreach(wanted, key, value)
        {
            (void)snprintf(below, sizeof(below), "%s/%s", where, key);
            tell(stage, below, value, json_object_object_get(got, key));
        }
        json_object_object_foreach(got, other, more)
        {
            (void)snprintf(below, sizeof(below), "%s/%s", where, other);
            if (!json_object_object_get_ex(wanted, other, NULL))
                tell(stage, below, NULL, more);
        }
        return;
    }
    if (json_object_is_type(wanted, json_type_array) && json_object_is_type(got, json_type_array) &&
        json_object_array_length(wanted) == json_object_array_length(got)) {
        for (size_t i = 0; i < json_object_array_length(wanted); i++) {
            (void)snprintf(below, sizeof(below), "%s/%zu", where, i);
            tell(stage, below, json_object_array_get_idx(wanted, i), json_object_array_get_idx(got, i));
        }
        return;
    }
    if (++told > TELL_MOST) {
        print_error("%s", told == TELL_MOST + 1 ? "  ... and more\n" : "");
        return;
    }
    print_error("  %s\n    kept: %s\n    now:  %s\n", where, json_object_to_json_string_ext(wanted, PLAIN),
                json_object_to_json_string_ext(got, PLAIN));
}

void kept_plan(struct stage *stage, const char *arguments, struct json_object *plan)
{
    char file[1200];

    file_name("plans", stage->row, file, sizeof(file));
    struct json_object *now = json_object_new_object(), *have = load(file);
    struct json_object *given = json_tokener_parse(arguments);
    json_object_object_add(now, "arguments", normal(given));
    json_object_object_add(now, "plan", normal(plan));
    json_object_put(given);
    if (!json_object_equal(now, have)) {
        if (updating()) {
            store(file, now);
        } else {
            stage_bad(stage, "the plan is not the one in %s (PROXIMO_UPDATE_PLANS=1 writes it):", file);
            told = 0;
            tell(stage, "", have, now);
        }
    }
    json_object_put(have);
    json_object_put(now);
}

void kept_example(struct stage *stage, const char *arguments, struct json_object *answer)
{
    char file[1200];

    if (stage->row->number > 1)
        return;
    file_name("examples", stage->row, file, sizeof(file));
    struct json_object *now = json_object_new_object(), *have = load(file);
    struct json_object *given = json_tokener_parse(arguments), *plain = normal(answer);
    json_object_object_add(now, "arguments", normal(given));
    json_object_object_add(now, "answer", shortened(plain));
    if (!have || !alike(have, now) ||
        !json_object_equal(json_object_object_get(have, "arguments"),
                           json_object_object_get(now, "arguments"))) {
        if (updating()) {
            store(file, now);
        } else {
            stage_bad(stage,
                      "the answer has other members than %s (PROXIMO_UPDATE_PLANS=1 writes it):", file);
            told = 0;
            tell(stage, "", have, now);
        }
    }
    json_object_put(plain);
    json_object_put(given);
    json_object_put(have);
    json_object_put(now);
}
