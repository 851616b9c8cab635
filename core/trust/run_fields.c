/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of a step as they are sent: literal values, references to earlier results, and secrets,
 * which are copied here for the request and wiped after it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/exec.h"
#include "trust/agent_output.h"
#include "trust/run_inner.h"
#include "trust/secret_source.h"

struct copy {
    char *value;
    size_t len;
};

static int copy_secret(void *arg, const char *value, size_t len)
{
    struct copy *copy = arg;
    if (len > RUN_VALUE_LIMIT)
        return -EFBIG;
    copy->value = malloc(len + 1);
    if (!copy->value)
        return -ENOMEM;
    memcpy(copy->value, value, len);
    copy->value[len] = '\0';
    copy->len = len;
    return 0;
}

int field_take_secret(struct run *run, const char *name, struct http_field *field, struct problem *p)
{
    struct copy copy = {0};
    int r = secret_value(run->request->trust, run->request->plan, name, copy_secret, &copy, p);
    if (r < 0)
        return r;
    run_secret_add(run, copy.value, copy.len);
    field->value = copy.value;
    field->value_len = copy.len;
    return 0;
}

static int take_text(const char *text, size_t len, struct http_field *field)
{
    char *copy = malloc(len + 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, text, len);
    copy[len] = '\0';
    field->value = copy;
    field->value_len = len;
    return 0;
}

static int take_reference(struct run *run, const char *reference, struct http_field *field, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(RUN_VALUE_LIMIT + 1);
    struct json_object *value = NULL;
    int r = reference_find(run->results, reference, &value, p);
    if (r < 0)
        return r;
    if (reference_text(value, &text) < 0)
        return problem_set(p, -EINVAL, PX_PLAN, "the value of '%.100s' is not a plain text or number",
                           reference);
    return take_text(text.data ? text.data : "", text.len, field);
}

static int take_field(struct run *run, struct json_object *param, bool named, struct http_field *field,
                      struct problem *p)
{
    const char *text = NULL;
    size_t len = 0;
    if (!named)
        field->name = "word";
    else if (json_get_string(param, "name", &field->name, NULL) < 0)
        return problem_set(p, -EINVAL, PX_PLAN, "a parameter of the plan has no name");
    if (json_get_string(param, "value", &text, &len) == 0)
        return take_text(text, len, field);
    if (json_get_string(param, "ref", &text, NULL) == 0)
        return take_reference(run, text, field, p);
    if (json_get_string(param, "secret", &text, NULL) == 0)
        return field_take_secret(run, text, field, p);
    return problem_set(p, -EINVAL, PX_PLAN, "parameter '%.64s' of the plan has no value", field->name);
}

static int list_make(struct run *run, struct json_object *params, bool named, size_t most,
                     struct field_list *ret, struct problem *p)
{
    size_t count = params ? json_object_array_length(params) : 0;
    struct field_list list = {0};
    if (count > most)
        return problem_set(p, -EFBIG, PX_PLAN, "a step of the plan has more than %zu parameters", most);
    list.fields = calloc(count + 1, sizeof(*list.fields));
    if (!list.fields)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the parameters of a step");
    for (size_t i = 0; i < count; i++) {
        list.count = i + 1;
        int r = take_field(run, json_object_array_get_idx(params, i), named, &list.fields[i], p);
        if (r < 0) {
            field_list_done(&list);
            return r;
        }
    }
    *ret = list;
    return 0;
}

int field_list_make(struct run *run, struct json_object *params, struct field_list *ret, struct problem *p)
{
    return list_make(run, params, true, RUN_FIELDS_MOST, ret, p);
}

int word_list_make(struct run *run, struct json_object *argv, struct field_list *ret, struct problem *p)
{
    return list_make(run, argv, false, EXEC_WORDS_MOST, ret, p);
}

void field_list_done(struct field_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        char *value = (char *)(uintptr_t)list->fields[i].value;
        if (value)
            explicit_bzero(value, list->fields[i].value_len);
        free(value);
    }
    free(list->fields);
    memset(list, 0, sizeof(*list));
}

int run_step_get(struct run *run, struct json_object *step, const struct site_call *call,
                 struct site_answer *ret, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT + 1);
    struct json_object *params = NULL;
    struct field_list list = {0};
    const char *template = NULL;
    if (json_get_string(step, "path", &template, NULL) < 0)
        return problem_set(p, -EINVAL, PX_PLAN, "a step of the plan has no path");
    (void)json_get(step, "params", json_type_array, &params);
    int r = reference_fill_path(template, run->results, &path, p);
    if (r == 0)
        r = field_list_make(run, params, &list, p);
    if (r == 0 && agent_output_is_own(run->steps, step)) /* else it is refused as any read's would be */
        r = site_get_agent_output(run->request->site, call, path.data, list.fields, list.count, ret, p);
    else if (r == 0)
        r = site_get(run->request->site, call, path.data, list.fields, list.count, true, ret, p);
    field_list_done(&list);
    return r;
}

void run_answer_words(const struct site_answer *answer, char *ret, size_t size)
{
    CLEANUP_BUF struct buf words = BUF_INIT(4096);
    const char *message = NULL;
    size_t len = 0;
    if (answer->body && json_get_string(answer->body, "message", &message, &len) == 0)
        text_clean(&words, message, len < 2000 ? len : text_utf8_cut(message, 2000), false);
    size_t cut = words.len < size ? words.len : text_utf8_cut(words.data, size - 1);
    while (cut && words.data[cut - 1] == ' ')
        cut--;
    if (cut)
        memcpy(ret, words.data, cut);
    ret[cut] = '\0';
}
