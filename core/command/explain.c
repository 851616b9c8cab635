/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo explain [CODE]`: what an error's code means, from the table that docs/errors.md is made from. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/problem_table.h"
#include "base/text.h"
#include "command/command.h"

#define EXPLAIN_LIMIT 65536u
#define NEAR_MOST     3 /* slips of the pen */

/* "privilege", "px_privilege" and "PX-PRIVILEGE" are one code. */
static void code_of(const char *word, char ret[32])
{
    size_t len = 0;

    if (strncasecmp(word, "px", 2) != 0 || (word[2] != '-' && word[2] != '_'))
        len = (size_t)snprintf(ret, 32, "PX-");
    for (; *word && len < 31; word++)
        ret[len++] = (char)(*word == '_' ? '-' : toupper((unsigned char)*word));
    ret[len] = '\0';
}

static void put_json(const struct problem_row *row, struct buf *out)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "code", row->code);
    json_put_key_string(out, "meaning", row->meaning);
    json_put_key_string(out, "causes", row->causes);
    json_put_key_string(out, "next", row->next);
    if (row->page)
        json_put_key_string(out, "page", row->page);
    buf_char(out, '}');
}

static void put_text(const struct problem_row *row, struct buf *out)
{
    buf_printf(out, "%s\n\n%s\n\nUsually: %s.\n\nNext: %s\n", row->code, row->meaning, row->causes,
               row->next);
    if (row->page)
        buf_printf(out, "\nMore: docs/%s\n", row->page);
}

static void put_line(const struct problem_row *row, struct buf *out)
{
    buf_printf(out, "%-18s  %s\n", row->code, row->meaning);
}

/* Codes that are near by letters, or that have the word in them. */
static int unknown_code(const char *word, const char *code)
{
    char near[512] = "";
    size_t len = 0;
    struct problem p = PROBLEM_INIT;

    for (size_t i = 0; i < problem_table_count; i++) {
        const char *known = problem_table[i].code;

        if (text_distance(code, known) > NEAR_MOST && !strstr(known, code + 3))
            continue;
        if (len + strlen(known) + 3 < sizeof(near))
            len += (size_t)snprintf(near + len, sizeof(near) - len, "%s%s", len ? ", " : "", known);
    }
    (void)problem_set(&p, -EINVAL, PX_ARG, "there is no code \"%.40s\"", word);
    problem_next(&p, "`proximo explain` lists them all");
    if (len > 0)
        problem_valid(&p, "%s", near);
    return command_fail(&p);
}

int command_explain(const struct command_line *line)
{
    struct buf out CLEANUP_BUF = BUF_INIT(EXPLAIN_LIMIT);
    bool json = command_value(line, "--json") != NULL;
    const struct problem_row *one = NULL;
    char code[32] = "";

    if (line->word_count > 0) {
        code_of(line->words[0], code);
        one = problem_table_find(code);
        if (!one)
            return unknown_code(line->words[0], code);
    }
    if (json)
        buf_char(&out, '[');
    for (size_t i = 0; i < problem_table_count; i++) {
        if (!one || one == &problem_table[i])
            (json ? put_json : one ? put_text : put_line)(&problem_table[i], &out);
    }
    if (json)
        buf_str(&out, "]\n");
    else if (!one)
        buf_str(&out, "\n`proximo explain CODE` says what usually causes one of them, and what to do.\n");
    return command_print(&out);
}
