/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle-acl FILE.jsonl: the access-control evaluator against recorded answers. Every question, the answer
 * for the normal form of its path, what GET /access/permissions answers, who may authenticate, every dump.
 * Prints each disagreement (id, who, path, expected, got) and a count; exits with 0 only when there is none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "evaluate/evaluate.h"

struct judge {
    const char *id; /* of the case */
    const struct acl_model *model;
    struct acl_asker *asker;
    uint64_t cases, questions, verdicts, dumps, wrong;
};

static struct json_object *member(struct json_object *of, const char *name)
{
    struct json_object *value = NULL;

    if (json_object_is_type(of, json_type_object))
        (void)json_object_object_get_ex(of, name, &value);
    return value;
}

static const char *text(struct json_object *of, const char *name)
{
    struct json_object *value = member(of, name);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static void differ(struct judge *judge, const char *who, const char *path, struct json_object *expected,
                   const char *got)
{
    judge->wrong++;
    printf("%s: %s at %s: expected %s, got %s\n", judge->id, who, path,
           expected ? json_object_to_json_string_ext(expected, JSON_C_TO_STRING_PLAIN) : "nothing", got);
}

static struct json_object *privileges(const struct judge *judge, const struct acl_answer *answer)
{
    struct json_object *privs = json_object_new_object();
    const char *name;

    for (uint32_t i = 0; (name = acl_privilege_name(judge->model, i)) != NULL; i++) {
        if (acl_has(&answer->held, i))
            json_object_object_add(privs, name, json_object_new_int(acl_has(&answer->propagates, i)));
    }
    return privs;
}

static bool among(struct json_object *list, const char *name)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name) == 0)
            return true;
    }
    return false;
}

/* The same privileges with the same flags, but for those that the server itself leaves open. */
static bool agree(struct json_object *expected, struct json_object *got, struct json_object *either)
{
    if (!json_object_is_type(expected, json_type_object) ||
        json_object_object_length(expected) != json_object_object_length(got))
        return false;
    json_object_object_foreach(expected, name, flag)
    {
        struct json_object *mine = member(got, name);

        if (!mine || (!among(either, name) && json_object_get_int(mine) != json_object_get_int(flag)))
            return false;
    }
    return true;
}

static void check_answer(struct judge *judge, const char *who, const char *path, struct json_object *expected,
                         struct json_object *either)
{
    struct acl_answer answer;
    struct json_object *got;

    judge->questions++;
    if (acl_permissions(judge->asker, who, path, &answer) != 0) {
        differ(judge, who, path, expected, "an error");
        return;
    }
    got = privileges(judge, &answer);
    if (answer.unknown)
        differ(judge, who, path, expected, "unknown");
    else if (!agree(expected, got, either))
        differ(judge, who, path, expected, json_object_to_json_string_ext(got, JSON_C_TO_STRING_PLAIN));
    json_object_put(got);
}

struct dump {
    struct judge *judge;
    struct json_object *paths;
    struct json_object *either; /* by path: recorded dumps do not say which flags the server leaves open */
};

static struct json_object *open_flags(const struct judge *judge, const struct acl_answer *answer)
{
    struct json_object *list = json_object_new_array();
    const char *name;

    for (uint32_t i = 0; (name = acl_privilege_name(judge->model, i)) != NULL; i++) {
        if (acl_has(&answer->either, i))
            json_object_array_add(list, json_object_new_string(name));
    }
    return list;
}

static int dump_path(void *user, const char *path, const struct acl_answer *answer)
{
    struct dump *dump = user;
    struct json_object *got = privileges(dump->judge, answer);

    if (json_object_object_length(got) == 0) {
        json_object_put(got);
        return 0;
    }
    json_object_object_add(dump->paths, path, got);
    json_object_object_add(dump->either, path, open_flags(dump->judge, answer));
    return 0;
}

static void check_dump(struct judge *judge, const char *who, struct json_object *expected)
{
    struct dump dump = {judge, json_object_new_object(), json_object_new_object()};

    judge->dumps++;
    if (acl_dump(judge->asker, who, dump_path, &dump) != 0)
        differ(judge, who, "(all)", expected, "an error");
    json_object_object_foreach(expected, path, privs)
    {
        struct json_object *got = member(dump.paths, path);

        if (!got || !agree(privs, got, member(dump.either, path)))
            differ(judge, who, path, privs,
                   got ? json_object_to_json_string_ext(got, JSON_C_TO_STRING_PLAIN) : "nothing in the dump");
    }
    json_object_object_foreach(dump.paths, more, mine)
    {
        if (!member(expected, more))
            differ(judge, who, more, NULL, json_object_to_json_string_ext(mine, JSON_C_TO_STRING_PLAIN));
    }
    json_object_put(dump.paths);
    json_object_put(dump.either);
}

/* GET /access/permissions where it does not answer with the path: a bad id is refused, a path that a perl
 * program takes for none is left out. */
static void check_api(struct judge *judge, const char *who, const char *path, struct json_object *api)
{
    const bool refused = acl_id_kind(who) == ACL_ID_BAD, absent = !path[0] || strcmp(path, "0") == 0;

    if (member(api, "error")) {
        judge->questions++;
        if (!refused)
            differ(judge, who, path, api, "an id of good form");
    } else if (refused) {
        differ(judge, who, path, api, "a bad id");
    } else if (absent) {
        check_dump(judge, who, api);
    } else {
        check_answer(judge, who, path, member(api, path), NULL);
    }
}

static void check_normal(struct judge *judge, struct json_object *query, const char *who, const char *path)
{
    struct json_object *normalized = member(query, "normalized");
    char normal[ACL_PATH_MOST + 2];
    const int r = acl_path_normal(path, normal, sizeof(normal));

    if (!normalized) {
        if (r != -EINVAL)
            differ(judge, who, path, NULL, normal);
        return;
    }
    if (r != 0 || strcmp(normal, json_object_get_string(normalized)) != 0)
        differ(judge, who, path, normalized, r == 0 ? normal : "no normal form");
    else if (member(query, "normalized_privs"))
        check_answer(judge, who, normal, member(query, "normalized_privs"), member(query, "either"));
}

static void check_query(struct judge *judge, struct json_object *query)
{
    const char *who = text(query, "who"), *path = text(query, "path");

    if (!who || !path || !member(query, "privs")) {
        differ(judge, "?", "?", query, "a query without who, path or privs");
        return;
    }
    check_answer(judge, who, path, member(query, "privs"), member(query, "either"));
    if (member(query, "api"))
        check_api(judge, who, path, member(query, "api"));
    if (json_object_object_get_ex(query, "normalized", NULL))
        check_normal(judge, query, who, path);
}

static void check_case(struct judge *judge, struct json_object *test)
{
    struct json_object *queries = member(test, "queries"), *dumps = member(test, "dumps"),
                       *auth = member(test, "auth");

    for (size_t i = 0; queries && i < json_object_array_length(queries); i++)
        check_query(judge, json_object_array_get_idx(queries, i));
    for (size_t i = 0; dumps && i < json_object_array_length(dumps); i++) {
        struct json_object *dump = json_object_array_get_idx(dumps, i);

        if (text(dump, "who") && member(dump, "paths"))
            check_dump(judge, text(dump, "who"), member(dump, "paths"));
        else
            differ(judge, "?", "(all)", dump, "a dump without who or paths");
    }
    if (!auth)
        return;
    json_object_object_foreach(auth, who, verdict)
    {
        const char *got = acl_auth_word(acl_may_authenticate(judge->model, who, (int64_t)time(NULL)));

        judge->verdicts++;
        if (strcmp(json_object_get_string(verdict), got) != 0)
            differ(judge, who, "authentication", verdict, got);
    }
}

static int judge_line(struct judge *judge, const char *line)
{
    struct json_object *test = json_tokener_parse(line);
    struct acl_model *model = NULL;
    int r = test ? acl_model_new(&model) : -EINVAL;

    judge->id = text(test, "id") ? text(test, "id") : "(no id)";
    if (r == 0)
        r = acl_read_case(model, member(test, "config"));
    if (r == 0)
        r = acl_seal(model);
    if (r == 0)
        r = acl_asker_new(model, &judge->asker);
    judge->cases++;
    if (r == 0) {
        judge->model = model;
        check_case(judge, test);
        acl_asker_free(judge->asker);
    } else {
        differ(judge, "?", "?", NULL, strerror(-r));
    }
    acl_model_free(model);
    json_object_put(test);
    return 0;
}

int main(int argc, char **argv)
{
    struct judge judge = {0};
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;

    if (!file) {
        (void)fprintf(stderr, "oracle-acl FILE.jsonl: %s\n", argc == 2 ? strerror(errno) : "one file");
        return 2;
    }
    while ((length = getline(&line, &room, file)) >= 0) {
        if (length > 1)
            (void)judge_line(&judge, line);
    }
    free(line);
    (void)fclose(file);
    printf("%llu cases, %llu questions, %llu dumps, %llu verdicts: %llu disagreements\n",
           (unsigned long long)judge.cases, (unsigned long long)judge.questions,
           (unsigned long long)judge.dumps, (unsigned long long)judge.verdicts,
           (unsigned long long)judge.wrong);
    return judge.wrong == 0 && judge.cases > 0 ? 0 : 1;
}
