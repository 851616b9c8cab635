/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle-firewall [--hold-out N | --held-out N] [--derive | --strip] [--actions] FILE.jsonl
 * Evaluates every packet of recorded firewall cases and prints each disagreement: id, packet, what was
 * expected, what came out, and what decided. Exit status: 0 without any, 1 with, 2 when the file cannot be
 * read.
 *   --hold-out N   leaves out every Nth case; --held-out N takes only those
 *   --actions      only the packet's verdict has to agree, not each hop and what decided it
 *   --strip        evaluates without the recorded errors: the evaluator has to find by itself what takes no
 * effect
 *   --derive       compares what the evaluator itself finds wrong with rules to the recorded `errors` instead
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firewall_case.h"

struct counts {
    size_t cases, packets, actions, hops, hop_verdicts, hop_bys, bys, unknown, rules, errors, order, missed,
        invented;
};

struct settings {
    size_t hold_out, held_out;
    bool derive, strip, actions_only;
    const char *file;
};

static const char *text_of(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : "";
}

static struct json_object *member(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

static void print_by(const struct fw_by *by)
{
    struct json_object *json = fw_by_json(by);

    printf("%s", json ? json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN) : "?");
    json_object_put(json);
}

static bool same_by(struct json_object *expected, const struct fw_by *by)
{
    struct json_object *json = fw_by_json(by);
    bool same = json && json_object_equal(json, expected);

    json_object_put(json);
    return same;
}

/* Counts and compares the places on the way. */
static bool compare_hops(struct json_object *hops, const struct fw_result *result, struct counts *counts)
{
    size_t count = hops ? json_object_array_length(hops) : 0;
    bool same = count == result->hop_count;

    for (size_t i = 0; i < count; i++) {
        struct json_object *hop = json_object_array_get_idx(hops, i);
        char at[48] = "";

        counts->hops++;
        if (i < result->hop_count)
            fw_at_words(&result->hops[i], at, sizeof(at));
        bool verdict = i < result->hop_count && strcmp(at, text_of(hop, "at")) == 0 &&
                       strcmp(fw_verdict_word(result->hops[i].verdict), text_of(hop, "verdict")) == 0;
        bool by = verdict && same_by(member(hop, "by"), &result->hops[i].by);
        counts->hop_verdicts += verdict;
        counts->hop_bys += by;
        same = same && by;
    }
    return same;
}

static void print_difference(const char *id, struct json_object *packet, const struct fw_result *result)
{
    printf("%s: %s -> %s %s %s:%s -> %s:%s %s\n", id, text_of(packet, "from"), text_of(packet, "to"),
           text_of(packet, "proto"), text_of(packet, "source"), text_of(packet, "sport"),
           text_of(packet, "dest"), text_of(packet, "dport"), text_of(packet, "icmp_type"));
    printf("  expected %s by %s, hops %s\n", text_of(packet, "action"), text_of(packet, "by"),
           text_of(packet, "hops"));
    printf("  got      %s by ", fw_verdict_word(result->verdict));
    print_by(&result->by);
    for (size_t i = 0; i < result->hop_count; i++) {
        char at[48];

        fw_at_words(&result->hops[i], at, sizeof(at));
        printf("; %s %s ", at, fw_verdict_word(result->hops[i].verdict));
        print_by(&result->hops[i].by);
    }
    for (size_t i = 0; i < result->reason_count; i++)
        printf("; %s", result->reasons[i]);
    printf("\n");
}

/* True: agrees. */
static bool check_packet(const struct fw_model *model, const char *id, struct json_object *input,
                         const struct settings *settings, struct counts *counts)
{
    struct fw_packet packet;
    struct fw_result result;
    const char *words = NULL;

    counts->packets++;
    if (fw_packet_read(input, &packet, &words) < 0 || fw_evaluate(model, &packet, &result) < 0) {
        printf("%s: a packet that is not understood (%s): %s\n", id, words ? words : "its ends",
               json_object_to_json_string(input));
        return false;
    }
    bool action = strcmp(fw_verdict_word(result.verdict), text_of(input, "action")) == 0;
    bool by = same_by(member(input, "by"), &result.by);
    bool hops = compare_hops(member(input, "hops"), &result, counts);
    counts->actions += action;
    counts->bys += by;
    counts->unknown += result.verdict == FW_UNKNOWN;
    if (action && (settings->actions_only || (by && hops)))
        return true;
    print_difference(id, input, &result);
    return false;
}

static size_t check_packets(const struct fw_model *model, struct json_object *test,
                            const struct settings *settings, struct counts *counts)
{
    struct json_object *packets = member(test, "packets");
    size_t wrong = 0;

    for (size_t i = 0; packets && i < json_object_array_length(packets); i++)
        wrong += !check_packet(model, text_of(test, "id"), json_object_array_get_idx(packets, i), settings,
                               counts);
    return wrong;
}

/* What the evaluator finds in rules without their recorded errors, against these. */
static size_t check_errors(const struct fw_model *model, struct json_object *test, struct counts *counts)
{
    struct fw_rule_view rule;
    size_t wrong = 0;

    for (size_t i = 0; fw_model_rule(model, i, &rule); i++) {
        struct json_object *errors = firewall_case_errors(test, &rule);
        bool found = rule.state != FW_RULE_GOOD;

        counts->rules++;
        counts->errors += errors != NULL;
        if (found == (errors != NULL))
            continue;
        if (!found && firewall_case_is_order(test, &rule, errors)) {
            counts->order++;
            continue;
        }
        counts->missed += !found;
        counts->invented += found;
        wrong++;
        printf("%s: %s%s%s rule %u: recorded %s, found %s: %s\n", text_of(test, "id"), rule.file,
               rule.group ? " " : "", rule.group ? rule.group : "", rule.pos,
               errors ? json_object_to_json_string(errors) : "nothing", rule.key ? rule.key : "nothing",
               rule.words ? rule.words : "");
    }
    return wrong;
}

static size_t check_case(struct json_object *test, const struct settings *settings, struct counts *counts)
{
    struct json_object *input = firewall_case_input(test, settings->derive || settings->strip);
    struct fw_model *model = NULL;
    int r = input ? fw_model_build(input, &model) : -ENOMEM;
    size_t wrong;

    counts->cases++;
    json_object_put(input);
    if (r < 0) {
        printf("%s: the configuration is not understood: %s\n", text_of(test, "id"), strerror(-r));
        return 1;
    }
    wrong =
        settings->derive ? check_errors(model, test, counts) : check_packets(model, test, settings, counts);
    fw_model_free(model);
    return wrong;
}

static bool is_wanted(const struct settings *settings, size_t number)
{
    if (settings->hold_out)
        return number % settings->hold_out != 0;
    return settings->held_out == 0 || number % settings->held_out == 0;
}

static int read_settings(int argc, char **argv, struct settings *settings)
{
    for (int i = 1; i < argc; i++) {
        size_t *number = strcmp(argv[i], "--hold-out") == 0   ? &settings->hold_out
                         : strcmp(argv[i], "--held-out") == 0 ? &settings->held_out
                                                              : NULL;

        if (number && i + 1 < argc && argv[i + 1][0] >= '2' && argv[i + 1][0] <= '9' &&
            argv[i + 1][1] == '\0')
            *number = (size_t)(argv[++i][0] - '0');
        else if (strcmp(argv[i], "--derive") == 0)
            settings->derive = true;
        else if (strcmp(argv[i], "--strip") == 0)
            settings->strip = true;
        else if (strcmp(argv[i], "--actions") == 0)
            settings->actions_only = true;
        else if (argv[i][0] != '-' && !settings->file)
            settings->file = argv[i];
        else
            return -EINVAL;
    }
    return settings->file ? 0 : -EINVAL;
}

static void print_counts(const struct settings *settings, const struct counts *counts, size_t wrong)
{
    if (settings->derive) {
        printf("%zu cases, %zu rules, %zu with recorded errors: %zu missed, %zu invented, %zu about the "
               "order in a file\n",
               counts->cases, counts->rules, counts->errors, counts->missed, counts->invented, counts->order);
        return;
    }
    printf("%zu cases, %zu packets: %zu verdicts agree, %zu deciders agree; %zu places on the way: %zu "
           "verdicts agree, "
           "%zu deciders agree; %zu unknown, %zu disagreements\n",
           counts->cases, counts->packets, counts->actions, counts->bys, counts->hops, counts->hop_verdicts,
           counts->hop_bys, counts->unknown, wrong);
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct counts counts = {0};
    size_t wrong = 0, number = 0, size = 0;
    char *line = NULL;

    if (read_settings(argc, argv, &settings) < 0) {
        fprintf(stderr, "usage: oracle-firewall [--hold-out N | --held-out N] [--derive | --strip] "
                        "[--actions] FILE.jsonl\n");
        return 2;
    }
    FILE *file = fopen(settings.file, "re");
    if (!file) {
        fprintf(stderr, "oracle-firewall: %s: %s\n", settings.file, strerror(errno));
        return 2;
    }
    while (getline(&line, &size, file) > 0) {
        if (line[strspn(line, " \t\r\n")] == '\0' || !is_wanted(&settings, ++number))
            continue;
        struct json_object *test = json_tokener_parse(line);

        if (!json_object_is_type(test, json_type_object)) {
            printf("line %zu: not a JSON object\n", number);
            wrong++;
        } else {
            wrong += check_case(test, &settings, &counts);
        }
        json_object_put(test);
    }
    free(line);
    (void)fclose(file);
    if (counts.cases == 0 && wrong == 0) {
        fprintf(stderr, "oracle-firewall: %s: no cases\n", settings.file);
        return 2;
    }
    print_counts(&settings, &counts, wrong);
    return wrong ? 1 : 0;
}
