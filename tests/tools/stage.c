/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "check.h"
#include "contract.h"

#define OPTIONS_MOST 48
#define TASK_MS      10000
#define MARK         "{before:"
#define PCT_MARK     "{pct}"

static struct buf *collected; /* NULL: findings are counted */

void stage_collect(struct buf *findings)
{
    collected = findings;
}

bool stage_collects(void)
{
    return collected != NULL;
}

void stage_bad(struct stage *stage, const char *format, ...)
{
    char text[4000];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (collected) {
        buf_str(collected, text);
        buf_char(collected, '\n');
        return;
    }
    print_error("%s: %s\n", stage->row->label, text);
    stage->bad++;
}

const char *member(struct json_object *o, const char *name)
{
    const char *text = NULL;

    return json_get_string(o, name, &text, NULL) == 0 ? text : NULL;
}

/* ---- what the row does before */

/* A backslash (Backup Server's task ids have them) as it must stand in JSON, a path or a form. */
static void add_value(struct buf *out, const char *value, bool json)
{
    for (; *value; value++) {
        if (*value == '\\')
            buf_str(out, json ? "\\\\" : "%5C");
        else
            buf_char(out, *value);
    }
}

static char *fill(struct stage *stage, const char *text, bool json)
{
    struct buf filled CLEANUP_BUF = BUF_INIT(1 << 20);

    for (const char *mark; (mark = strstr(text, MARK)) != NULL;) {
        char pointer[200];
        struct json_object *value = NULL;
        const char *at = mark + strlen(MARK), *end = strchr(at, '}');
        assert_non_null(end);
        (void)snprintf(pointer, sizeof(pointer), "%.*s", (int)(end - at), at);
        if (json_pointer_get(stage->before, pointer, &value) < 0 || !value)
            fail_msg("%s: %s%s} is not in %s", stage->row->label, MARK, pointer,
                     json_object_to_json_string(stage->before));
        /* A number that is all of a JSON text stays a number. */
        const bool number = json && json_object_is_type(value, json_type_int) && mark > text &&
                            mark[-1] == '"' && end[1] == '"';
        buf_add(&filled, text, (size_t)(mark - text) - number);
        add_value(&filled, json_object_get_string(value), json);
        text = end + 1 + number;
    }
    buf_str(&filled, text);
    return buf_take(&filled, NULL);
}

char *stage_fill(struct stage *stage, const char *text)
{
    return fill(stage, text, false);
}

char *stage_arguments(struct stage *stage, struct json_object *instead)
{
    struct json_object *o = instead ? instead : row_part(stage->row, "arguments", json_type_object);

    return fill(stage, json_object_to_json_string_ext(o, PLAIN), true);
}

/* UPID:NODE:... */
static void wait_for_task(struct stage *stage, const char *upid)
{
    const int64_t deadline = clock_ms() + TASK_MS;
    const char *node = strchr(upid, ':') + 1;
    struct buf path CLEANUP_BUF = BUF_INIT(1024);

    buf_printf(&path, "/nodes/%.*s/tasks/", (int)strcspn(node, ":"), node);
    buf_percent(&path, upid, strlen(upid));
    buf_str(&path, "/status");
    while (clock_ms() < deadline) {
        struct json_object *data CLEANUP_JSON = NULL;
        assert_int_equal(road_api(&stage->road, "GET", path.data, NULL, &data), 200);
        if (strcmp(at(data, "/status"), "stopped") == 0)
            return;
        usleep(5000);
    }
    stage_bad(stage, "%s has not ended", upid);
}

/* A GET, again and again until its answer has these words. */
static void wait_for_words(struct stage *stage, const char *path, const char *words)
{
    const int64_t deadline = clock_ms() + TASK_MS;

    while (clock_ms() < deadline) {
        struct json_object *data CLEANUP_JSON = NULL;
        assert_int_equal(road_api(&stage->road, "GET", path, NULL, &data), 200);
        if (strstr(json_object_to_json_string_ext(data, PLAIN), words))
            return;
        usleep(5000);
    }
    stage_bad(stage, "%s never says %s", path, words);
}

struct json_object *stage_request(struct stage *stage, struct json_object *request)
{
    const char *parts[4] = {NULL};
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FREE char *form = NULL;
    struct json_object *data = NULL;

    for (size_t i = 0; i < 4; i++)
        parts[i] = json_object_get_string(json_object_array_get_idx(request, i));
    assert_non_null(parts[1]);
    path = stage_fill(stage, parts[1]);
    form = stage_fill(stage, parts[2] ? parts[2] : "");
    if (strcmp(parts[0], "UNTIL") == 0) {
        wait_for_words(stage, path, form);
        return NULL;
    }
    const int status = road_api(&stage->road, parts[0], path, *form ? form : NULL, &data);
    if (status != (parts[3] && strcmp(parts[3], "refused") == 0 ? 400 : 200))
        stage_bad(stage, "%s %s %s: %d %s", parts[0], path, form, status, json_object_to_json_string(data));
    if (json_object_is_type(data, json_type_string) && !parts[3] &&
        strncmp(json_object_get_string(data), "UPID:", 5) == 0)
        wait_for_task(stage, json_object_get_string(data));
    return data;
}

int stage_get(struct stage *stage, const char *path, struct json_object **ret_data)
{
    CLEANUP_FREE char *filled = stage_fill(stage, path);

    return road_api(&stage->road, "GET", filled, NULL, ret_data);
}

/* ---- up and down */

static size_t add_options(const char **words, size_t count, struct json_object *options)
{
    for (size_t i = 0; options && i < json_object_array_length(options) && count < OPTIONS_MOST; i++)
        words[count++] = json_object_get_string(json_object_array_get_idx(options, i));
    return count;
}

void stage_up(struct stage *stage, const struct row *row, struct json_object *sim)
{
    const char *words[OPTIONS_MOST + 1] = {"--task-ms", "30",  "--stale-ms",     "0",
                                           "--ha-ms",   "100", "--log-requests", stage->log};
    size_t count = 8;
    int fd;

    memset(stage, 0, sizeof(*stage));
    stage->row = row;
    (void)snprintf(stage->log, sizeof(stage->log), "/tmp/proximo-tools.XXXXXX");
    fd = mkostemp(stage->log, O_CLOEXEC);
    assert_true(fd >= 0);
    close(fd);
    if (strcmp(row->plane, "pbs") == 0) {
        words[count++] = "--seed";
        words[count++] = "vault";
    }
    count = add_options(words, count, row_part(row, "sim", json_type_array));
    count = add_options(words, count, sim);
    words[count] = NULL;
    stage->up = true;
    road_start(&stage->road, words, "");
    stage->before = json_object_new_array();
    stage->untouched = undo_untouched(stage);
    struct json_object *before = row_part(row, "before", json_type_array);
    for (size_t i = 0; before && i < json_object_array_length(before); i++)
        json_object_array_add(stage->before, stage_request(stage, json_object_array_get_idx(before, i)));
    stage_serve(stage, "root");
}

/* A program must be one that nobody else can write to: it is copied out of the sources. */
static void install_pct(struct stage *stage)
{
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    struct buf bytes CLEANUP_BUF = BUF_INIT(1 << 20);
    char from[1200];

    (void)snprintf(from, sizeof(from), "%s/tests/tools/exec/pct", source ? source : ".");
    (void)snprintf(stage->pct, sizeof(stage->pct), "%s/pct", stage->road.dir);
    assert_int_equal(file_read(from, &bytes), 0);
    assert_int_equal(file_write_atomic(stage->pct, bytes.data, bytes.len, 0755), 0);
}

void stage_configure(struct stage *stage, const char *yaml)
{
    struct buf text CLEANUP_BUF = BUF_INIT(65536);

    if (stage->row->planes) { /* JSON is YAML */
        const char *planes = json_object_to_json_string_ext(stage->row->planes, PLAIN);
        const char *mark = strstr(planes, PCT_MARK);
        if (mark && !*stage->pct)
            install_pct(stage);
        buf_printf(&text, "planes: %.*s", (int)(mark ? (size_t)(mark - planes) : strlen(planes)), planes);
        if (mark)
            buf_printf(&text, "%s%s", stage->pct, mark + strlen(PCT_MARK));
        buf_char(&text, '\n');
    }
    buf_str(&text, yaml);
    assert_true(buf_ok(&text));
    road_configure(&stage->road, "guarded", text.data ? text.data : "");
}

void stage_serve(struct stage *stage, const char *token)
{
    static char name[80]; /* the road borrows it */

    (void)snprintf(name, sizeof(name), "tokens/%s", token);
    if (!simulator_value(&stage->road.sim, name))
        fail_msg("%s: the simulator has no token %s", stage->row->label, token);
    road_token(&stage->road, name);
    stage_configure(stage, "");
    server_start(&stage->road, &stage->server, NULL);
    stage->served = true;
}

void stage_abandon(struct stage *stage)
{
    if (stage->served) {
        fd_close(&stage->server.to);
        (void)server_ended(&stage->server);
    }
    if (stage->up)
        road_stop(&stage->road);
    if (stage->log[0])
        (void)unlink(stage->log);
    json_object_put(stage->before);
    json_object_put(stage->untouched);
    memset(stage, 0, sizeof(*stage));
}

void stage_down(struct stage *stage)
{
    if (stage->served)
        assert_int_equal(server_stop(&stage->server), 0);
    stage->served = false;
    contract_check(stage);
    const int bad = stage->bad;
    stage_abandon(stage);
    assert_int_equal(bad, 0);
}

/* ---- what must hold */

static bool any(struct json_object *wanted)
{
    bool yes = false;

    return json_object_is_type(wanted, json_type_object) && json_get_bool(wanted, "any", &yes) == 0 && yes;
}

static struct json_object *says(struct json_object *wanted)
{
    struct json_object *words = NULL;

    return json_get(wanted, "says", json_type_string, &words) == 0 ? words : NULL;
}

void stage_holds(struct stage *stage, const char *what, struct json_object *wanted,
                 struct json_object *answer)
{
    if (!wanted)
        return;
    json_object_object_foreach(wanted, pointer, value)
    {
        struct json_object *is = NULL;
        const bool there = answer && json_pointer_get(answer, pointer, &is) == 0;
        CLEANUP_FREE char *text = fill(stage, json_object_to_json_string_ext(value, PLAIN), true);
        struct json_object *filled CLEANUP_JSON = json_tokener_parse(text);
        const char *words = says(value) ? json_object_get_string(says(value)) : NULL;
        const bool holds = any(value) ? there
                           : words    ? there && is && strstr(json_object_get_string(is), words)
                                      : there && json_object_equal(is, filled);
        if (!holds)
            stage_bad(stage, "%s: wanted %s = %s, got %s in %s", what, pointer, text,
                      there ? json_object_to_json_string_ext(is, PLAIN) : "nothing",
                      json_object_to_json_string_ext(answer, PLAIN));
    }
}

void stage_refusal(struct stage *stage, const char *what, struct json_object *wanted,
                   struct json_object *answer, bool failed)
{
    const char *code = member(wanted, "code"), *words = member(wanted, "says");
    const char *text = json_object_to_json_string_ext(answer, PLAIN);

    if (!failed)
        stage_bad(stage, "%s: not refused: %s", what, text);
    else if (code && strcmp(at(answer, "/error/code"), code) != 0)
        stage_bad(stage, "%s: wanted %s, got %s", what, code, text);
    else if (words && !strstr(text, words))
        stage_bad(stage, "%s: does not say '%s': %s", what, words, text);
}
