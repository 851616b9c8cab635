/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares an answer with the recorded one: status, reason, error texts, message, members beside data, shape
 * of data and (when asked for) its values. Placeholders such as <digest> match any text.
 */
#include "replay.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Length of a placeholder at `text` ("<upid:vzstart:105>"), 0 if there is none. */
static size_t placeholder(const char *text)
{
    size_t n = 1;

    if (*text != '<' || !islower((unsigned char)text[1]))
        return 0;
    while (islower((unsigned char)text[n]) || isdigit((unsigned char)text[n]))
        n++;
    if (text[n] == ':')
        n += strcspn(text + n, "<>");
    return text[n] == '>' ? n + 1 : 0;
}

bool text_matches(const char *recorded, const char *got)
{
    while (*recorded) {
        size_t n = placeholder(recorded);

        if (n == 0) {
            if (*recorded++ != *got++)
                return false;
            continue;
        }
        recorded += n;
        for (;; got++) {
            if (text_matches(recorded, got))
                return true;
            if (!*got)
                return false;
        }
    }
    return *got == 0;
}

struct json_object *pick(struct json_object *root, const char *place)
{
    while (root && *place) {
        size_t n = strcspn(place, ".");
        char step[200], *equals;

        (void)snprintf(step, sizeof step, "%.*s", (int)n, place);
        place += n + (place[n] == '.');
        equals = strchr(step, '=');
        if (*step == '?' && equals) {
            struct json_object *found = NULL;

            *equals = 0;
            for (size_t i = 0;
                 json_object_is_type(root, json_type_array) && i < json_object_array_length(root); i++) {
                struct json_object *item = json_object_array_get_idx(root, i);

                if (!found && strcmp(text_of(item, step + 1, ""), equals + 1) == 0)
                    found = item;
            }
            root = found;
        } else if (json_object_is_type(root, json_type_array)) {
            size_t index = 0;

            for (const char *at = step; isdigit((unsigned char)*at); at++)
                index = index * 10 + (size_t)(*at - '0');
            root = index < json_object_array_length(root) ? json_object_array_get_idx(root, index) : NULL;
        } else {
            root = member(root, step);
        }
    }
    return root;
}

static int differ(FILE *out, const char *what, const char *got, const char *recorded)
{
    fprintf(out, "%s: '%s', recorded '%s'\n", what, got ? got : "(none)", recorded ? recorded : "(none)");
    return 1;
}

static int compare_text(FILE *out, const char *what, const char *recorded, const char *got)
{
    if (!recorded && !got)
        return 0;
    return recorded && got && text_matches(recorded, got) ? 0 : differ(out, what, got, recorded);
}

static int by_word(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

/* The parts between commas in order, as the recordings have them wherever something is called so. */
static char *sort_commas(const char *text)
{
    FREE_WITH(free_text) char *copy = strdup(text ? text : ""), *sorted = NULL;
    char *parts[64];
    size_t count = 0, size = 0;
    FILE *out = open_memstream(&sorted, &size);

    if (!copy || !out)
        abort();
    for (char *at = copy; at && count < 64; count++) {
        parts[count] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = 0;
    }
    qsort(parts, count, sizeof *parts, by_word);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i ? "," : "", parts[i]);
    (void)fclose(out);
    return strdup(sorted);
}

static int compare_error(FILE *out, const char *name, const char *recorded, const char *got)
{
    FREE_WITH(free_text) char *sorted = NULL;

    if (!got || (strcmp(name, "content") != 0 && strcmp(name, "groups") != 0))
        return compare_text(out, name, recorded, got);
    sorted = sort_commas(got);
    return compare_text(out, name, recorded, strcmp(recorded, got) == 0 ? got : sorted);
}

static int compare_errors(FILE *out, struct json_object *recorded, struct json_object *got)
{
    int different = 0;

    if (recorded) {
        json_object_object_foreach(recorded, name, text)
        {
            different += compare_error(out, name, json_object_get_string(text), text_of(got, name, NULL));
        }
    }
    if (got) {
        json_object_object_foreach(got, extra, text)
        {
            if (!member(recorded, extra))
                different += differ(out, extra, json_object_get_string(text), NULL);
        }
    }
    return different;
}

static int by_text(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;

    return strcmp(json_object_to_json_string_ext(*left, JSON_C_TO_STRING_PLAIN),
                  json_object_to_json_string_ext(*right, JSON_C_TO_STRING_PLAIN));
}

/* Do two values agree, placeholders apart? Lists of objects are compared without their order. */
static bool same_values(struct json_object *recorded, struct json_object *got)
{
    enum json_type type = json_object_get_type(recorded);

    if (type == json_type_string) {
        const char *text = json_object_get_string(recorded);

        return placeholder(text) == strlen(text) || (got && text_matches(text, json_object_get_string(got)));
    }
    if (type == json_type_array) {
        size_t n = json_object_array_length(recorded);
        bool used[2048] = {false};

        if (!json_object_is_type(got, json_type_array) || json_object_array_length(got) != n || n > 2048)
            return false;
        for (size_t i = 0; i < n; i++) {
            size_t k = 0;

            while (k < n && (used[k] || !same_values(json_object_array_get_idx(recorded, i),
                                                     json_object_array_get_idx(got, k))))
                k++;
            if (k == n)
                return false;
            used[k] = true;
        }
        return true;
    }
    if (type == json_type_object) {
        if (!json_object_is_type(got, json_type_object))
            return false;
        json_object_object_foreach(recorded, name, value)
        {
            if (!json_object_object_get_ex(got, name, NULL) || !same_values(value, member(got, name)))
                return false;
        }
        return true;
    }
    return json_object_equal(recorded, got);
}

static int compare_data(FILE *out, struct json_object *recorded, const struct answer *answer, bool values)
{
    struct json_object *data = member(answer->root, "data"), *count = member(recorded, "data_count");
    FREE_WITH(free_json) struct json_object *expected = NULL;
    FREE_WITH(free_json) struct json_object *got = NULL;
    bool stand_in = member(recorded, "stand_in") != NULL;
    int different;

    if (member(recorded, "data_shape"))
        expected = json_object_get(member(recorded, "data_shape"));
    else
        expected = shape_of(member(recorded, "data"));
    got = shape_of(data);
    different = compare_shapes("data", expected, got, stand_in, out);
    if (count && !stand_in && json_object_is_type(data, json_type_array) &&
        json_object_array_length(data) != (size_t)json_object_get_int(count)) {
        fprintf(out, "data: %zu items, recorded %d\n", json_object_array_length(data),
                json_object_get_int(count));
        different++;
    }
    if (values && !stand_in && member(recorded, "data") && !same_values(member(recorded, "data"), data)) {
        if (json_object_is_type(data, json_type_array))
            json_object_array_sort(data, by_text);
        fprintf(out, "values: %s\n   recorded %s\n",
                json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN),
                json_object_to_json_string_ext(member(recorded, "data"), JSON_C_TO_STRING_PLAIN));
        different++;
    }
    return different;
}

int compare_answer(struct json_object *recorded, const struct answer *answer, bool values, FILE *out)
{
    struct json_object *status = member(recorded, "status"), *extra = member(recorded, "extra");
    int different = 0;

    if (json_object_get_int(status) != answer->status) {
        fprintf(out, "status: %d, recorded %d\n", answer->status, json_object_get_int(status));
        different++;
    }
    different +=
        compare_text(out, "reason", text_of(recorded, "reason", ""), answer->reason ? answer->reason : "");
    different += compare_errors(out, member(recorded, "errors"), member(answer->root, "errors"));
    different += compare_text(out, "message", text_of(recorded, "message", NULL),
                              text_of(answer->root, "message", NULL));
    if (member(recorded, "response_body"))
        return different + compare_text(out, "body", text_of(recorded, "response_body", ""), answer->body);
    if (!answer->root)
        return different + differ(out, "body", answer->body, "(JSON)");
    if (member(recorded, "data_absent"))
        return different + (json_object_object_get_ex(answer->root, "data", NULL)
                                ? differ(out, "data", "present", "absent")
                                : 0);
    if (extra) {
        json_object_object_foreach(extra, name, value)
        {
            (void)value;
            if (!member(answer->root, name))
                different += differ(out, name, NULL, json_object_get_string(value));
        }
    }
    return different + compare_data(out, recorded, answer, values);
}
