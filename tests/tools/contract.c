/* SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "stage.h"
#include "tests/contract/api.h"

#define FIELDS_MOST 128

static struct {
    const char *name, *version;
    bool pbs; /* of Backup Server: for the rows of its plane */
    struct api *api;
} descriptions[] = {{"pve-9.2.json", "9.2", false, NULL},
                    {"pve-8.4.json", "8.4", false, NULL},
                    {"pbs-4.2.json", "4.2", true, NULL}};
#define DESCRIPTIONS (sizeof(descriptions) / sizeof(descriptions[0]))

static void load_once(void)
{
    static bool loaded;
    const char *shared = getenv("PROXIMO_SHARED"), *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char path[1200];

    for (size_t i = 0; !loaded && i < DESCRIPTIONS; i++) {
        if (shared && *shared)
            (void)snprintf(path, sizeof(path), "%s/api/%s", shared, descriptions[i].name);
        else
            (void)snprintf(path, sizeof(path), "%s/../shared/api/%s", source ? source : ".",
                           descriptions[i].name);
        descriptions[i].api = api_load(path);
        if (!descriptions[i].api)
            print_message("no %s: requests are not compared with it\n", descriptions[i].name);
    }
    loaded = true;
}

bool contract_known(void)
{
    bool all = true;
    load_once();
    for (size_t i = 0; i < DESCRIPTIONS; i++)
        all = all && descriptions[i].api;
    return all;
}

static size_t fields_of(struct json_object *params, struct http_field *fields)
{
    size_t count = 0;

    json_object_object_foreach(params, name, value)
    {
        const size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 1;
        for (size_t i = 0; i < n && count < FIELDS_MOST; i++) {
            struct json_object *one =
                json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, i) : value;
            fields[count].name = name;
            fields[count].value = one ? json_object_get_string(one) : "";
            fields[count].value_len = strlen(fields[count].value);
            count++;
        }
    }
    return count;
}

static void check_line(struct stage *stage, struct json_object *line)
{
    struct http_field fields[FIELDS_MOST] = {{NULL}};
    const char *since = member(stage->row->json, "since"), *until = member(stage->row->json, "until");
    const char *returns = NULL;
    struct json_object *params = NULL;
    char why[700];

    assert_int_equal(json_get(line, "params", json_type_object, &params), 0);
    const struct http_request request = {.method = member(line, "method"),
                                         .path = member(line, "path"),
                                         .fields = fields,
                                         .field_count = fields_of(params, fields)};
    for (size_t i = 0; i < DESCRIPTIONS; i++) {
        if (!descriptions[i].api || descriptions[i].pbs != (strcmp(stage->row->plane, "pbs") == 0) ||
            (since && strcmp(descriptions[i].version, since) < 0) ||
            (until && strcmp(descriptions[i].version, until) > 0))
            continue;
        if (api_check(descriptions[i].api, &request, why, sizeof(why), &returns) < 0)
            stage_bad(stage, "%s would not take %s %s %s: %s", descriptions[i].name, request.method,
                      request.path, json_object_to_json_string(params), why);
    }
}

void contract_check(struct stage *stage)
{
    struct buf text CLEANUP_BUF = BUF_INIT((size_t)64 << 20);

    load_once();
    assert_int_equal(file_read(stage->log, &text), 0);
    if (!text.len && !row_part(stage->row, "never", json_type_object))
        stage_bad(stage, "the simulator saw no request");
    for (char *at = text.data, *end; at && (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        struct json_object *line CLEANUP_JSON = json_tokener_parse(at);
        assert_non_null(line);
        check_line(stage, line);
    }
}
