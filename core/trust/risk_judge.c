/* SPDX-License-Identifier: Apache-2.0 */
/* The judge: a request against the rows, the groups and the rules. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trust/risk_command.h"
#include "trust/risk_match.h"
#include "trust/risk_rows.h"

#define NAME_SHOWN 48   /* bytes of a parameter's name in a reason */
#define WORDS_MOST 256u /* of one command */
#define LIST_MOST  512u /* options of one list that are judged; no object has as many */
#define REASONS    (sizeof(((struct risk_verdict *)NULL)->reasons) / sizeof(struct risk_reason))

struct judge {
    const struct risk_row *row;
    const struct http_path *path;
    const char *vmid;
    struct risk_verdict *verdict;
};

/* A word of a row: its name as a pattern, its section, its rule. */
struct word {
    const char *name;
    size_t name_len;
    unsigned level;
    const char *rule; /* NULL: none */
    size_t rule_len;
    bool required;
};

const char *risk_level_name(unsigned level)
{
    static const char *const names[] = {"low", "medium", "high"};
    return level >= RISK_LOW && level <= RISK_HIGH ? names[level - 1] : "high";
}

/* Takes a reason in by its level; the least grave falls off. */
__attribute__((format(printf, 4, 5))) static void add(struct risk_verdict *verdict, unsigned level,
                                                      unsigned flags, const char *format, ...)
{
    va_list ap;
    size_t at = 0;

    verdict->flags |= flags;
    if (level > verdict->level)
        verdict->level = level;
    while (at < verdict->reason_count && verdict->reasons[at].level >= level)
        at++;
    if (at == REASONS)
        return;
    if (verdict->reason_count < REASONS)
        verdict->reason_count++;
    memmove(&verdict->reasons[at + 1], &verdict->reasons[at],
            (verdict->reason_count - at - 1) * sizeof(verdict->reasons[0]));
    struct risk_reason *reason = &verdict->reasons[at];
    reason->level = level;
    va_start(ap, format);
    (void)vsnprintf(reason->text, sizeof(reason->text), format, ap);
    va_end(ap);
    /* Names come from outside and a person reads this line. */
    for (char *c = reason->text; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7e)
            *c = '?';
}

/* Does the name fit the pattern of a word? "net[n]" takes net0 to net999, written as Proxmox writes it. */
static bool name_fits(const struct word *word, const char *name, size_t len)
{
    const size_t stem = word->name_len > 3 ? word->name_len - 3 : 0;

    if (stem == 0 || memcmp(word->name + stem, "[n]", 3) != 0)
        return word->name_len == len && memcmp(word->name, name, len) == 0;
    if (len <= stem || len > stem + 3 || memcmp(word->name, name, stem) != 0)
        return false;
    for (size_t i = stem; i < len; i++)
        if (name[i] < '0' || name[i] > '9')
            return false;
    return name[stem] != '0' || len == stem + 1;
}

/* The next word of a row's or a group's text; false at the end. Groups are handed out as they stand. */
static bool next_word(const char **at, unsigned *level, struct word *ret)
{
    for (;;) {
        *at += strspn(*at, " ");
        const size_t len = strcspn(*at, " ");
        const char *text = *at;
        *at += len;
        if (len == 0)
            return false;
        if (len == 2 && text[1] == ':') {
            *level = text[0] == 'h' ? RISK_HIGH : RISK_MEDIUM;
            continue;
        }
        const bool required = text[0] == '!';
        const char *equals = memchr(text, '=', len);
        *ret = (struct word){.name = text + required, .level = *level, .required = required};
        ret->name_len = (equals ? (size_t)(equals - text) : len) - required;
        if (equals) {
            ret->rule = equals + 1;
            ret->rule_len = len - (size_t)(equals + 1 - text);
        }
        return true;
    }
}

static bool word_find(const char *text, const char *name, size_t len, struct word *ret)
{
    unsigned level = RISK_LOW;

    while (next_word(&text, &level, ret)) {
        if (ret->name[0] == '@') {
            /* A group holds no groups. */
            const char *words = risk_group_words(ret->name + 1, ret->name_len - 1);
            unsigned inner = RISK_LOW;
            while (words && next_word(&words, &inner, ret))
                if (name_fits(ret, name, len))
                    return true;
        } else if (name_fits(ret, name, len)) {
            return true;
        }
    }
    return false;
}

/* The element of the path that the row calls by this name; NULL: none. */
static const char *path_element(const struct judge *j, const char *name, size_t len)
{
    size_t i = 0;

    for (const char *at = j->row->path; *at == '/' && i < j->path->count; i++) {
        at++;
        const size_t word = strcspn(at, "/");
        if (word == len + 2 && at[0] == '{' && memcmp(at + 1, name, len) == 0)
            return j->path->parts[i];
        at += word;
    }
    return NULL;
}

static void judge_option(struct judge *j, const char *list, const char *name, size_t len,
                         const struct risk_value *value);

/* A list of options that go: Proxmox splits it at commas, semicolons and white space. */
static void judge_list(struct judge *j, const char *list, int list_len, const char *text, size_t len)
{
    static const char separators[] = ",; \t\r\n";
    const struct risk_value gone = {.removed = true, .vmid = j->vmid};
    char label[NAME_SHOWN];
    size_t count = 0;

    (void)snprintf(label, sizeof(label), "%.*s=", list_len, list);
    for (size_t at = 0; at < len;) {
        size_t item = 0;
        while (at + item < len && text[at + item] != '\0' && !strchr(separators, text[at + item]))
            item++;
        if (item > 0 && ++count > LIST_MOST) {
            add(j->verdict, RISK_HIGH, RISK_UNLISTED, "%s: more options than there are", label);
            return;
        }
        if (item > 0)
            judge_option(j, label, text + at, item, &gone);
        at += item + 1;
    }
}

/* list: "" or "delete=", what the line begins with. */
static void judge_option(struct judge *j, const char *list, const char *name, size_t len,
                         const struct risk_value *value)
{
    const int shown = (int)(len < NAME_SHOWN ? len : NAME_SHOWN);
    struct word word;

    if (!word_find(j->row->params, name, len, &word)) {
        add(j->verdict, RISK_HIGH, RISK_UNLISTED, "%s%.*s: not in the table of changes", list, shown, name);
        return;
    }
    if (!word.rule) {
        if (word.level > RISK_LOW)
            add(j->verdict, word.level, 0, "%s%.*s: %s", list, shown, name,
                value->removed ? "goes back to its default" : "changes it");
        return;
    }
    const struct risk_rule *rule = risk_rule_find(word.rule, word.rule_len);
    if (rule && rule->test == RISK_WORDS)
        return; /* all of them together: judge_words */
    if (!rule || (rule->test == RISK_LIST && (value->removed || !value->text))) {
        add(j->verdict, RISK_HIGH, rule ? 0 : RISK_UNLISTED, "%s%.*s: not known what it removes", list, shown,
            name);
        return;
    }
    if (rule->test == RISK_LIST) {
        judge_list(j, name, shown, value->text, value->len);
        return;
    }
    struct risk_finding finding = {RISK_HIGH, 0, NULL};
    risk_rule_apply(rule, value, &finding);
    if (value->text && strcmp(rule->name, "secret") == 0)
        finding.flags |= RISK_CLEAR;
    if (finding.level > RISK_LOW || finding.flags || finding.what)
        add(j->verdict, finding.level, finding.flags, "%s%.*s: %s", list, shown, name,
            finding.what ? finding.what : "changes it");
}

static void judge_field(struct judge *j, const struct http_field *field)
{
    const char *name = field->name ? field->name : "";
    const size_t len = strlen(name);
    struct risk_value value = {.text = field->value, .len = field->value_len, .vmid = j->vmid};
    const char *element = path_element(j, name, len);

    /* A value with a NUL inside is not read here as it may be read there. */
    if (value.text && value.len > 0 && memchr(value.text, '\0', value.len))
        value.text = NULL;
    if (!value.text)
        value.len = 0;
    if (field->value && risk_param_is_secret(name))
        j->verdict->flags |= RISK_CLEAR;
    if (!element) {
        judge_option(j, "", name, len, &value);
    } else if (!value.text || strlen(element) != value.len || memcmp(element, value.text, value.len) != 0) {
        add(j->verdict, RISK_HIGH, RISK_UNLISTED, "%.*s: contradicts the path", NAME_SHOWN, name);
    }
}

/* What a row wants said and nobody said. */
static void judge_missing(struct judge *j, const struct http_field *fields, size_t field_count)
{
    const char *text = j->row->params;
    unsigned level = RISK_LOW;
    struct word word;

    while (next_word(&text, &level, &word)) {
        bool given = !word.required;
        for (size_t i = 0; i < field_count && !given; i++)
            given = fields[i].name && name_fits(&word, fields[i].name, strlen(fields[i].name));
        const struct risk_value unknown = {.vmid = j->vmid};
        if (!given)
            judge_option(j, "not given: ", word.name, word.name_len, &unknown);
    }
}

/* The words of a command are fields of one name, in their order; "input-data" is what it reads. */
static void judge_words(struct judge *j, const struct http_field *fields, size_t field_count)
{
    struct command_word words[WORDS_MOST];
    struct command_risk risk = {.risk = RISK_HIGH};
    const struct http_field *input = NULL;
    size_t count = 0, all = 0;
    struct word word;

    if (!(j->row->flags & RISK_COMMAND))
        return;
    for (size_t i = 0; i < field_count; i++) {
        const struct http_field *field = &fields[i];
        const char *name = field->name ? field->name : "";
        if (strcmp(name, "input-data") == 0)
            input = field;
        if (!word_find(j->row->params, name, strlen(name), &word) || !word.rule ||
            strncmp(word.rule, "words", word.rule_len) != 0)
            continue;
        if (all++ < WORDS_MOST)
            words[count++] = (struct command_word){field->value ? field->value : "", field->value_len,
                                                   field->value != NULL};
    }
    if (count && count == all)
        risk_command(words, count, input ? input->value : NULL, input ? input->value_len : 0, &risk);
    if (risk.risk == RISK_LOW && input && !input->value) {
        risk.risk = RISK_HIGH;
        (void)snprintf(risk.why, sizeof(risk.why), "reads what is not known yet");
    }
    add(j->verdict, risk.risk == RISK_LOW ? RISK_LOW : RISK_HIGH,
        (risk.destroys ? RISK_DESTROYS : 0) | (risk.cuts_off ? RISK_CUTS_OFF : 0), "command: %s",
        risk.why[0] ? risk.why : "no words that can be judged");
}

void risk_judge(unsigned site_kind, const char *method, const char *path, const struct http_field *fields,
                size_t field_count, struct risk_verdict *ret)
{
    struct http_path parts;
    struct judge j = {.path = &parts, .verdict = ret};

    memset(ret, 0, sizeof(*ret));
    ret->level = RISK_LOW;
    j.row = risk_match(site_kind, method, path, &parts);
    if (!j.row) {
        add(ret, RISK_HIGH, RISK_UNLISTED, "%.10s %.100s: not in the table of changes", method ? method : "?",
            path ? path : "?");
        return;
    }
    j.vmid = path_element(&j, "vmid", 4);
    add(ret, j.row->level, j.row->flags, "%s %s: %s", j.row->method, j.row->path, j.row->what);
    for (size_t i = 0; i < field_count; i++)
        judge_field(&j, &fields[i]);
    judge_missing(&j, fields, field_count);
    judge_words(&j, fields, field_count);
}
