/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle-replay: reads a file of recorded cases, starts the simulator, replays the cases in order and says
 * how many exchanges agree, per group. Exits 0 only if every answered exchange agrees.
 */
#include "replay.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GROUPS_MAX   256
#define TASK_SECONDS 60

struct group {
    char *name;
    int agreed, answered, missing;
};

struct replay {
    const char *file, *prefix, *sim;
    bool missing_ok, get_only, verbose, values;
    struct json_object *exchanges; /* list, in order */
    struct group groups[GROUPS_MAX];
    size_t group_count;
    struct client *client;
};

static const char usage[] =
    "Usage: oracle-replay [options] FILE.jsonl\n"
    "Replays recorded exchanges with a real Proxmox API against the simulator and compares the answers.\n\n"
    "  --missing-ok     count exchanges that the simulator does not have (501) apart\n"
    "  --get-only       only cases that are made of GETs alone\n"
    "  --group PREFIX   only cases whose first exchange is of such a group\n"
    "  --values         compare values as well, not only shapes\n"
    "  --sim PROGRAM    the simulator (proximo-sim beside this program)\n"
    "  --verbose        show every exchange that differs or is missing\n";

static int read_file(struct replay *replay)
{
    FILE *in = fopen(replay->file, "re");
    char *line = NULL;
    size_t room = 0;
    int number = 0, r = 0;

    if (!in)
        return -errno;
    replay->exchanges = json_object_new_array();
    while (r == 0 && getline(&line, &room, in) > 0) {
        struct json_object *exchange;

        number++;
        if (line[strspn(line, " \t\r\n")] == 0)
            continue;
        exchange = json_tokener_parse(line);
        if (!member(exchange, "case") || !member(exchange, "path") || !member(exchange, "status")) {
            fprintf(stderr, "oracle-replay: %s:%d: not a recorded exchange\n", replay->file, number);
            json_object_put(exchange);
            r = -EBADMSG;
        } else {
            json_object_array_add(replay->exchanges, exchange);
        }
    }
    free(line);
    (void)fclose(in);
    return r;
}

static struct group *group_of(struct replay *replay, struct json_object *exchange)
{
    const char *name = text_of(exchange, "group", "?");

    for (size_t i = 0; i < replay->group_count; i++) {
        if (strcmp(replay->groups[i].name, name) == 0)
            return &replay->groups[i];
    }
    if (replay->group_count == GROUPS_MAX)
        return &replay->groups[GROUPS_MAX - 1];
    replay->groups[replay->group_count].name = strdup(name);
    return &replay->groups[replay->group_count++];
}

/* Does the simulator not have this method at all, although the recorded API does? */
static bool is_missing(struct json_object *exchange, const struct answer *answer)
{
    return answer->status == 501 && json_object_get_int(member(exchange, "status")) != 501 &&
           strncmp(text_of(answer->root, "message", ""), "Method '", 8) == 0;
}

static void save_names(struct json_object *exchange, const struct answer *answer, struct json_object *saved)
{
    struct json_object *names = member(exchange, "save");

    if (!names)
        return;
    json_object_object_foreach(names, name, place)
    {
        struct json_object *found = pick(answer->root, json_object_get_string(place));

        if (found)
            json_object_object_add(saved, name, json_object_new_string(json_object_get_string(found)));
    }
}

/* Follows the task of an answer to its end and compares how it ended. */
static int compare_task(struct replay *replay, struct json_object *recorded, const struct answer *answer,
                        FILE *out)
{
    static const char *const fields[] = {"exitstatus", "type", "id", "user", "tokenid"};
    const char *upid = text_of(answer->root, "data", "");
    char path[600], node[64];
    int different = 0;

    if (strncmp(upid, "UPID:", 5) != 0) {
        fprintf(out, "task: no UPID in the answer\n");
        return 1;
    }
    (void)snprintf(node, sizeof node, "%.*s", (int)strcspn(upid + 5, ":"), upid + 5);
    (void)snprintf(path, sizeof path, "/nodes/%s/tasks/%s/status", node, upid);
    for (int tries = 0; tries < TASK_SECONDS * 10; tries++) {
        struct answer status = {0};
        struct json_object *data;

        if (client_get(replay->client, path, &status) < 0)
            return 1;
        data = member(status.root, "data");
        if (!data || strcmp(text_of(data, "status", "running"), "running") == 0) {
            answer_done(&status);
            (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
            continue;
        }
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            const char *expected = text_of(recorded, fields[i], NULL), *got = text_of(data, fields[i], NULL);

            if (expected && (!got || !text_matches(expected, got))) {
                fprintf(out, "task %s: '%s', recorded '%s'\n", fields[i], got ? got : "(none)", expected);
                different++;
            }
        }
        answer_done(&status);
        return different;
    }
    fprintf(out, "task: still running after %d s\n", TASK_SECONDS);
    return 1;
}

static void tell(struct replay *replay, struct json_object *exchange, const char *what, const char *text)
{
    if (replay->verbose)
        printf("%s %s [%s] %s %s %s\n%s", what, text_of(exchange, "seq", "?"), text_of(exchange, "case", ""),
               text_of(exchange, "as", ""), text_of(exchange, "method", ""), text_of(exchange, "path", ""),
               text);
}

/* Does what comes later in a case depend on this exchange? A refused write and a word with a guest's agent,
 * monitor, keyboard or console leave nothing behind. */
static bool leaves_trace(struct json_object *exchange)
{
    static const char *const harmless[] = {"/agent", "/monitor", "/sendkey", "proxy"};
    const char *path = text_of(exchange, "path", "");

    if (strcmp(text_of(exchange, "method", ""), "GET") == 0 ||
        json_object_get_int(member(exchange, "status")) != 200)
        return false;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        if (strstr(path, harmless[i]))
            return false;
    }
    return true;
}

/* What a broken case would have taken away again is still taken away, or it would stand in the way of the
 * cases behind it; the answer says nothing. */
static void clean_up(struct replay *replay, struct json_object *exchange, struct json_object *saved)
{
    struct json_object *status = member(exchange, "status");
    struct answer answer = {0};

    if (strcmp(text_of(exchange, "method", ""), "DELETE") != 0 || json_object_get_int(status) != 200)
        return;
    if (client_send(replay->client, exchange, saved, &answer) == 0)
        answer_done(&answer);
}

/* One exchange. `broken` says that an earlier write of the case is missing. Returns 0 or -EIO. */
static int replay_one(struct replay *replay, struct json_object *exchange, struct json_object *saved,
                      bool *broken)
{
    struct group *group = group_of(replay, exchange);
    FREE_WITH(free_text) char *text = NULL;
    struct answer answer = {0};
    int different, r = -ENOKEY;
    size_t size = 0;
    FILE *out;

    if (!(replay->missing_ok && *broken))
        r = client_send(replay->client, exchange, saved, &answer);
    if (r == -ENOKEY || (r == 0 && is_missing(exchange, &answer) && replay->missing_ok)) {
        if (replay->missing_ok && *broken)
            clean_up(replay, exchange, saved);
        tell(replay, exchange, "missing", "");
        group->missing++;
        *broken = *broken || leaves_trace(exchange);
        answer_done(&answer);
        return 0;
    }
    if (r < 0)
        return r;
    out = open_memstream(&text, &size);
    if (!out)
        return -EIO;
    different = compare_answer(exchange, &answer, replay->values, out);
    if (different == 0 && member(exchange, "task"))
        different = compare_task(replay, member(exchange, "task"), &answer, out);
    (void)fclose(out);
    group->answered++;
    group->agreed += different == 0;
    if (different > 0)
        tell(replay, exchange, "differs", text);
    save_names(exchange, &answer, saved);
    answer_done(&answer);
    return 0;
}

/* Is every exchange of the case that begins at `first` a GET? */
static bool only_gets(struct replay *replay, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (strcmp(text_of(json_object_array_get_idx(replay->exchanges, i), "method", ""), "GET") != 0)
            return false;
    }
    return true;
}

static int replay_cases(struct replay *replay)
{
    size_t count = json_object_array_length(replay->exchanges), end;

    for (size_t first = 0; first < count; first = end) {
        struct json_object *start = json_object_array_get_idx(replay->exchanges, first);
        FREE_WITH(free_json) struct json_object *saved = json_object_new_object();
        const char *name = text_of(start, "case", "");
        bool broken = false;

        end = first;
        while (end < count &&
               strcmp(text_of(json_object_array_get_idx(replay->exchanges, end), "case", ""), name) == 0)
            end++;
        if ((replay->get_only && !only_gets(replay, first, end)) ||
            (replay->prefix &&
             strncmp(text_of(start, "group", ""), replay->prefix, strlen(replay->prefix)) != 0))
            continue;
        for (size_t i = first; i < end; i++) {
            if (replay_one(replay, json_object_array_get_idx(replay->exchanges, i), saved, &broken) < 0)
                return -EIO;
        }
    }
    return 0;
}

/* Prints the table. Returns 0 if every answered exchange agrees. */
static int report(struct replay *replay)
{
    struct group total = {.name = NULL};

    for (size_t i = 0; i < replay->group_count; i++) {
        const struct group *group = &replay->groups[i];

        printf("%-28s %4d/%d agree", group->name, group->agreed, group->answered);
        if (group->missing)
            printf(", %d missing", group->missing);
        putchar('\n');
        total.agreed += group->agreed;
        total.answered += group->answered;
        total.missing += group->missing;
    }
    printf("%-28s %4d/%d agree, %d missing\n", "total", total.agreed, total.answered, total.missing);
    return total.agreed == total.answered ? 0 : 1;
}

static int parse(struct replay *replay, int argc, char **argv)
{
    static const struct option options[] = {
        {"missing-ok", no_argument, NULL, 'm'},  {"get-only", no_argument, NULL, 'g'},
        {"group", required_argument, NULL, 'p'}, {"values", no_argument, NULL, 'V'},
        {"sim", required_argument, NULL, 's'},   {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'm': replay->missing_ok = true; break;
        case 'g': replay->get_only = true; break;
        case 'p': replay->prefix = optarg; break;
        case 'V': replay->values = true; break;
        case 's': replay->sim = optarg; break;
        case 'v': replay->verbose = true; break;
        case 'h': fputs(usage, stdout); return 1;
        default: return -EINVAL;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return -EINVAL;
    }
    replay->file = argv[optind];
    return 0;
}

/* proximo-sim beside this program. */
static int find_sim(char *path, size_t size)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n < 0)
        return -errno;
    self[n] = 0;
    return snprintf(path, size, "%s/proximo-sim", dirname(self)) < (int)size ? 0 : -ENAMETOOLONG;
}

int main(int argc, char **argv)
{
    /* Nobody waits for this task, whose request answers nothing; statistics came round later. */
    static const char *const pace[] = {"--task-ms", "vztemplate:0", "--fresh-ms", "1000", NULL};
    struct replay replay = {0};
    struct child child;
    char sim[PATH_MAX + 16];
    int r = parse(&replay, argc, argv);

    if (r != 0)
        return r > 0 ? 0 : 2;
    r = read_file(&replay);
    if (r == 0 && !replay.sim) {
        r = find_sim(sim, sizeof sim);
        replay.sim = sim;
    }
    if (r < 0) {
        fprintf(stderr, "oracle-replay: %s: %s\n", replay.file, strerror(-r));
        json_object_put(replay.exchanges);
        return 2;
    }
    if (child_start(replay.sim, pace, &child) < 0) {
        fprintf(stderr, "oracle-replay: cannot start %s\n", replay.sim);
        json_object_put(replay.exchanges);
        return 2;
    }
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    replay.client = client_new(child.ready);
    r = replay.client ? replay_cases(&replay) : -ENOMEM;
    r = report(&replay) || r < 0 ? 1 : 0;
    client_free(replay.client);
    curl_global_cleanup();
    child_stop(&child);
    for (size_t i = 0; i < replay.group_count; i++)
        free(replay.groups[i].name);
    json_object_put(replay.exchanges);
    return r;
}
