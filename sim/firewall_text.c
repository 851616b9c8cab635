/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comment with line breaks: it is written raw, so that its further lines are lines of the file. What they
 * say is what the file says when it is read again.
 */
#include "firewall.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char types[] = "in out forward group";

const char *sim_fw_broken(struct json_object *rules)
{
    for (size_t i = 0; rules && i < json_object_array_length(rules); i++) {
        const char *type = sim_str(json_object_array_get_idx(rules, i), "type", "");

        if (!sim_word_in(types, " ", type, strlen(type)))
            return type;
    }
    return NULL;
}

/* The next word of a line; false at its end. */
static bool next_word(const char **at, char *word, size_t size)
{
    size_t n;

    *at += strspn(*at, " \t\r");
    n = strcspn(*at, " \t\r");
    (void)snprintf(word, size, "%.*s", (int)n, *at);
    *at += n;
    return n > 0;
}

/* Bytes that are read one by one as characters: a file is not decoded but where a comment stands. */
static struct json_object *bytes_text(const char *text)
{
    char out[1024];
    size_t n = 0;

    for (; *text && n + 2 < sizeof out; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x80)
            out[n++] = (char)(0xc0 | c >> 6);
        out[n++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    return json_object_new_string_len(out, (int)n);
}

/* "-p tcp -dport 22": false where something else stands there. */
static bool read_options(const char *at, struct json_object *rule)
{
    static const struct {
        const char *words, *name;
    } options[] = {
        {"-p --p -proto --proto", "proto"},
        {"-dport --dport", "dport"},
        {"-sport --sport", "sport"},
        {"-source --source", "source"},
        {"-dest --dest", "dest"},
        {"-i --i -iface --iface", "iface"},
        {"-log --log", "log"},
        {"-icmp-type --icmp-type", "icmp-type"},
    };
    char word[128], value[512];

    while (next_word(&at, word, sizeof word)) {
        size_t i = 0;

        while (i < sizeof options / sizeof *options &&
               !sim_word_in(options[i].words, " ", word, strlen(word)))
            i++;
        if (i == sizeof options / sizeof *options || !next_word(&at, value, sizeof value))
            return false;
        sim_set(rule, options[i].name, bytes_text(value));
    }
    return true;
}

/* "SSH(ACCEPT)" is a macro with its action. */
static void set_action(struct json_object *rule, const char *word)
{
    const char *open = strchr(word, '(');
    char macro[128];

    if (open && word[strlen(word) - 1] == ')') {
        (void)snprintf(macro, sizeof macro, "%.*s", (int)(open - word), word);
        sim_set_str(rule, "macro", macro);
        sim_set(rule, "action", json_object_new_string_len(open + 1, (int)strlen(open) - 2));
    } else {
        sim_set(rule, "action", bytes_text(word));
    }
}

/* A line of the file as a rule (owned); NULL: it is none. */
static struct json_object *read_line(const char *line)
{
    struct json_object *rule;
    const char *hash = strchr(line, '#');
    char head[1024], type[256], action[512];
    const char *at = head;

    (void)snprintf(head, sizeof head, "%.*s", (int)(hash ? (size_t)(hash - line) : strlen(line)), line);
    at += strspn(at, " \t\r");
    rule = json_object_new_object();
    sim_set_int(rule, "enable", *at != '|');
    at += *at == '|';
    if (!next_word(&at, type, sizeof type) || !next_word(&at, action, sizeof action) || *type == '[')
        goto none;
    for (char *c = type; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    sim_set(rule, "type", bytes_text(type));
    set_action(rule, action);
    if (!read_options(at, rule))
        goto none;
    if (hash && hash[1])
        sim_set_str(rule, "comment", hash + 1 + strspn(hash + 1, " \t"));
    return rule;
none:
    json_object_put(rule);
    return NULL;
}

/* Cuts the comment of the rule at its first line break and adds what follows to `out`. */
static void split_comment(struct json_object *rule, struct json_object *out)
{
    SIM_FREE_WITH(sim_freep) char *comment = strdup(sim_str(rule, "comment", ""));
    char *line = comment ? strchr(comment, '\n') : NULL, *end;

    if (!line)
        return;
    *line++ = 0;
    sim_set_str(rule, "comment", comment);
    if (!*comment)
        json_object_object_del(rule, "comment");
    for (; line; line = end) {
        struct json_object *more;

        end = strchr(line, '\n');
        if (end)
            *end++ = 0;
        more = read_line(line);
        if (more)
            json_object_array_add(out, more);
    }
}

void sim_fw_reread(struct json_object *rules)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *out = json_object_new_array();

    while (rules && json_object_array_length(rules) > 0) {
        struct json_object *rule = json_object_get(json_object_array_get_idx(rules, 0));

        (void)json_object_array_del_idx(rules, 0, 1);
        json_object_array_add(out, rule);
        split_comment(rule, out);
    }
    for (size_t i = 0; i < json_object_array_length(out); i++)
        json_object_array_add(rules, json_object_get(json_object_array_get_idx(out, i)));
}
