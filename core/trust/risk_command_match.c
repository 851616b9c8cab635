/* SPDX-License-Identifier: Apache-2.0 */
/* Words against a row: its options, then its operands. */
#include <string.h>

#include "base/text.h"
#include "trust/risk_command_inner.h"

/* One option of a row's list. */
struct option {
    const char *name;
    size_t len;
    bool value;
};

/* Walks the list; `*at` moves on. "+a|b" stands for a and b. */
static bool next_option(const char **at, struct option *ret)
{
    while (**at == ' ' || **at == '+' || **at == '|' || **at == '!')
        (*at)++;
    if (!**at)
        return false;
    size_t len = strcspn(*at, " |");
    ret->name = *at;
    *at += len;
    ret->value = ret->name[len - 1] == '=';
    ret->len = ret->value ? len - 1 : len;
    return true;
}

static bool is_option(const struct command_word *word)
{
    return word->len > 1 && word->ptr[0] == '-';
}

static bool find_option(const char *options, const char *name, size_t len, bool joined, bool *ret_value)
{
    struct option option;

    for (const char *at = options; next_option(&at, &option);)
        if (option.len == len && memcmp(option.name, name, len) == 0 && (!joined || option.value)) {
            *ret_value = option.value;
            return true;
        }
    return false;
}

/*
 * A value in the next word. One that looks like an option is refused: where the program takes no value, or
 * only a joined one ("dmesg --color -C"), it would be an option that nobody looked at.
 */
static size_t with_next(const struct command_word *words, size_t count)
{
    return count > 1 && !is_option(&words[1]) ? 2 : 0;
}

/* A cluster of short options, the last of which may have its value joined or in the next word. */
static size_t take_cluster(const char *options, const struct command_word *words, size_t count)
{
    const struct command_word *word = &words[0];

    for (size_t i = 1; i < word->len; i++) {
        char name[2] = {'-', word->ptr[i]};
        bool value = false;
        if (!find_option(options, name, 2, false, &value))
            return 0;
        if (value)
            return i + 1 < word->len ? 1 : with_next(words, count);
    }
    return 1;
}

/* The number of words that the option at words[0] takes; 0: it is not allowed. */
static size_t take_option(const char *options, const struct command_word *words, size_t count)
{
    const struct command_word *word = &words[0];
    const char *sign = memchr(word->ptr, '=', word->len);
    size_t len = sign ? (size_t)(sign - word->ptr) : word->len;
    bool value = false;

    if (find_option(options, word->ptr, word->len, false, &value))
        return value ? with_next(words, count) : 1;
    if (sign && len > 2 && find_option(options, word->ptr, len, true, &value))
        return 1;
    return word->ptr[1] == '-' ? 0 : take_cluster(options, words, count);
}

/* "!...": is this option one of those, or could it be short for one? */
static bool is_denied(const char *options, const struct command_word *word)
{
    struct option option;
    const char *sign = memchr(word->ptr, '=', word->len);
    size_t len = sign ? (size_t)(sign - word->ptr) : word->len;

    for (const char *at = options; next_option(&at, &option);) {
        if (option.len == 2 && word->ptr[1] != '-' && memchr(word->ptr + 1, option.name[1], word->len - 1))
            return true;
        if (option.len > 2 && option.name[1] == '-' && len > 2 && len <= option.len &&
            memcmp(option.name, word->ptr, len) == 0)
            return true;
        if (option.len > 2 && option.name[1] != '-' && len == option.len &&
            memcmp(option.name, word->ptr, len) == 0)
            return true;
    }
    return false;
}

size_t command_options_skip(const char *options, const struct command_word *words, size_t count)
{
    size_t at = 0;

    while (at < count && words[at].known && is_option(&words[at]) && !word_is(&words[at], "--")) {
        size_t n = take_option(options, &words[at], count - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

/* Is this word one of the required options, "+a|b", or a cluster with one that is no other's value? */
static bool is_required(const char *options, const struct command_word *word)
{
    const char *end = options + strcspn(options, " ");
    bool value = false;

    for (const char *at = options + 1; at < end;) {
        size_t n = strcspn(at, "| ");
        if (word->len == n && memcmp(word->ptr, at, n) == 0)
            return true;
        for (size_t k = 1; n == 2 && word->ptr[1] != '-' && k < word->len; k++) {
            char name[2] = {'-', word->ptr[k]};
            if (name[1] == at[1])
                return true;
            if (find_option(options, name, 2, false, &value) && value)
                break; /* the rest is its value: "-upolly" has no -l */
        }
        at += n + 1;
    }
    return false;
}

static bool has_required(const char *options, const struct command_word *words, size_t count)
{
    for (size_t i = 0; i < count && !word_is(&words[i], "--");) {
        size_t n = is_option(&words[i]) ? take_option(options, &words[i], count - i) : 1;
        if (is_option(&words[i]) && is_required(options, &words[i]))
            return true;
        i += n ? n : 1;
    }
    return false;
}

/* ---- operands */

static bool has_text(const struct command_word *word, const char *text)
{
    return memmem(word->ptr, word->len, text, strlen(text)) != NULL;
}

/* A device, or what is emptied by reading: the kernel's log, a trace, what another process has open. */
static bool is_device(const struct command_word *word)
{
    static const char *const harmless[] = {"/dev/null", "/dev/stdin", "/dev/zero", "/dev/shm"};

    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (word_is(word, harmless[i]))
            return false;
    for (size_t i = 0; i + 4 <= word->len; i++)
        if (memcmp(word->ptr + i, "dev/", 4) == 0 && (i == 0 || word->ptr[i - 1] == '/'))
            return true;
    return has_text(word, "proc/kmsg") || has_text(word, "trace_pipe") ||
           (has_text(word, "proc/") && has_text(word, "/fd/"));
}

/* The same in an option: joined to it, "-f/dev/watchdog", or its value in the next word. */
static bool names_device(const struct command_word *words, size_t count)
{
    return has_text(&words[0], "dev/") || is_device(&words[0]) || (count > 1 && is_device(&words[1]));
}

/* A name that no program takes for a path, an option or a further command. */
static bool is_name(const struct command_word *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@:.+-";

    for (size_t i = 0; i < word->len; i++)
        if (!word->ptr[i] || !strchr(plain, word->ptr[i]))
            return false;
    return word->len > 0 && word->ptr[0] != '-' && word->ptr[0] != '.';
}

/* A folder that is neither /dev nor in /proc: what is named after `cd` there is not seen to be in them. */
static bool is_folder(const struct command_word *word)
{
    size_t len = word->len;

    while (len && word->ptr[len - 1] == '/')
        len--;
    return !is_device(word) && !has_text(word, "proc") && !(len && word->ptr[0] == '-') &&
           !(len >= 3 && memcmp(word->ptr + len - 3, "dev", 3) == 0);
}

static bool is_digits(const struct command_word *word)
{
    for (size_t i = 0; i < word->len; i++)
        if (word->ptr[i] < '0' || word->ptr[i] > '9')
            return false;
    return word->len > 0;
}

/* 5p, $p, 1,20p */
static bool is_sed_print(const struct command_word *word)
{
    for (size_t i = 0; i + 1 < word->len; i++)
        if (!strchr("0123456789$,", word->ptr[i]))
            return false;
    return word->len > 1 && word->ptr[word->len - 1] == 'p';
}

static bool word_fits(const char *pattern, size_t len, const struct command_word *word)
{
    char text[128];

    if (len >= sizeof(text))
        return false;
    memcpy(text, pattern, len);
    text[len] = '\0';
    if (text_equal(text, "FILE"))
        return !is_device(word);
    if (text_equal(text, "FOLDER"))
        return is_folder(word);
    if (text_equal(text, "NAME"))
        return is_name(word);
    if (text_equal(text, "WORD"))
        return true;
    if (text_equal(text, "NUMBER"))
        return is_digits(word);
    if (text_equal(text, "PLUS"))
        return word->len > 0 && word->ptr[0] == '+';
    if (text_equal(text, "PLAIN"))
        return !memchr(word->ptr, '=', word->len);
    if (text_equal(text, "SEDPRINT"))
        return is_sed_print(word);
    return word_in(word, text);
}

/* One pattern, [at, end), against the operands. */
static bool pattern_fits(const char *at, const char *end, const struct command_word *operands, size_t count)
{
    size_t i = 0;
    const char *last = "FILE";

    while (at < end) {
        size_t len = strcspn(at, " ;");
        if (*at == '*') {
            const char *each = len > 1 ? "WORD" : last;
            for (; i < count; i++)
                if (!word_fits(each, strlen(each), &operands[i]))
                    return false;
            return true;
        }
        if (i >= count || !word_fits(at, len, &operands[i++]))
            return false;
        if (len == 5 && memcmp(at, "PLAIN", 5) == 0)
            last = "PLAIN";
        else
            last = len == 4 && memcmp(at, "NAME", 4) == 0 ? "NAME" : "FILE";
        at += len;
        at += at < end && *at == ' ';
    }
    return i == count;
}

static bool operands_fit(const char *patterns, const struct command_word *operands, size_t count)
{
    for (const char *at = patterns;; at++) {
        const char *end = at + strcspn(at, ";");
        if (pattern_fits(at, end, operands, count))
            return true;
        at = end;
        if (!*at)
            return false;
    }
}

static bool row_accepts(const struct command_row *row, const struct command_word *words, size_t count)
{
    struct command_word operands[COMMAND_WORDS_MOST];
    const bool devices = strstr(row->operands, "*DEVICE") != NULL;
    size_t n = 0;

    if (row->options[0] == '+' && !has_required(row->options, words, count))
        return false;
    for (size_t i = 0; i < count;) {
        if (word_is(&words[i], "--")) {
            /* Not every program knows "--": find deletes with `find -- -delete`. */
            for (i++; i < count; operands[n++] = words[i++])
                if (row->options[0] != '*' && is_option(&words[i]))
                    return false;
        } else if (!is_option(&words[i])) {
            operands[n++] = words[i++];
        } else if (row->options[0] == '*' || row->options[0] == '!') {
            if ((row->options[0] == '!' && is_denied(row->options, &words[i])) ||
                (!devices && names_device(&words[i], 1)))
                return false;
            i++;
        } else {
            size_t taken = take_option(row->options, &words[i], count - i);
            if (taken == 0 || (!devices && names_device(&words[i], taken)))
                return false;
            i += taken;
        }
    }
    return operands_fit(row->operands, operands, n);
}

bool command_reads(const struct command_word *name, const struct command_word *words, size_t count)
{
    if (count > COMMAND_WORDS_MOST)
        return false;
    for (size_t i = 0; i < command_row_count; i++)
        if (word_in(name, command_rows[i].names) && row_accepts(&command_rows[i], words, count))
            return true;
    return false;
}
