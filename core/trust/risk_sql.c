/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL as PostgreSQL's scanner and psql see it (manual of PostgreSQL 15, chapter 4.1 and the page of psql), so
 * that what stands in a string or a comment is not taken for a word and what looks like one is not
 * overlooked. A statement is a read when it begins like one, has no word that changes anything, and calls
 * only functions that are known. Views and operators of the database can still do as they like: low means
 * that it reads, not that it is safe.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "trust/risk.h"
#include "trust/risk_command_inner.h"
#include "trust/risk_sql_words.h"

#define SQL_MOST  ((size_t)256 << 10)
#define WORD_MOST 63u /* bytes of an identifier: longer ones are cut by PostgreSQL too */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_STRING, TOKEN_OTHER, TOKEN_META, TOKEN_BAD };

struct token {
    enum token_kind kind;
    char word[WORD_MOST + 1]; /* lower case */
    char c;                   /* OTHER */
};

struct scanner {
    const char *at, *end;
};

static bool word_begins(char c)
{
    return c == '_' || (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool word_goes_on(char c)
{
    return word_begins(c) || c == '$' || is_digit(c);
}

static bool looking_at(const struct scanner *s, const char *text)
{
    return (size_t)(s->end - s->at) >= strlen(text) && memcmp(s->at, text, strlen(text)) == 0;
}

/* Spaces and comments, the bracketed ones nested. False: one never ends. */
static bool skip_blank(struct scanner *s)
{
    unsigned depth = 0;

    while (s->at < s->end) {
        if (looking_at(s, "/*")) {
            depth++;
            s->at += 2;
        } else if (depth && looking_at(s, "*/")) {
            depth--;
            s->at += 2;
        } else if (depth || isspace((unsigned char)*s->at)) {
            s->at++;
        } else if (looking_at(s, "--")) {
            while (s->at < s->end && *s->at != '\n' && *s->at != '\r')
                s->at++;
        } else {
            break;
        }
    }
    return depth == 0;
}

/* '...' or "...", the quote doubled inside; with `escapes` a backslash takes the next byte along. */
static enum token_kind take_quoted(struct scanner *s, bool escapes, struct token *t)
{
    char quote = *s->at++;
    size_t n = 0;

    for (; s->at < s->end; s->at++) {
        if (escapes && *s->at == '\\' && s->at + 1 < s->end) {
            s->at++;
        } else if (*s->at == quote) {
            if (s->at + 1 == s->end || s->at[1] != quote) {
                s->at++;
                t->word[n] = '\0';
                return quote == '"' ? TOKEN_QUOTED : TOKEN_STRING;
            }
            s->at++;
        } else if (!escapes && quote == '\'' && *s->at == '\\' && s->at + 1 < s->end &&
                   (s->at[1] == '\'' || s->at[1] == '\\')) {
            return TOKEN_BAD; /* standard_conforming_strings may be off: its end is not certain */
        }
        if (n < WORD_MOST)
            t->word[n++] = *s->at;
    }
    return TOKEN_BAD;
}

/* $tag$ ... $tag$ */
static enum token_kind take_dollars(struct scanner *s)
{
    const char *tag = s->at;
    size_t len = 1;

    while (tag + len < s->end && word_goes_on(tag[len]) && tag[len] != '$')
        len++;
    if (tag + len == s->end || tag[len] != '$' || (len > 1 && tag[1] >= '0' && tag[1] <= '9')) {
        s->at++;
        return TOKEN_OTHER; /* a parameter, $1 */
    }
    len++;
    for (s->at += len; (size_t)(s->end - s->at) >= len; s->at++)
        if (memcmp(s->at, tag, len) == 0) {
            s->at += len;
            return TOKEN_STRING;
        }
    return TOKEN_BAD;
}

static enum token_kind take_word(struct scanner *s, struct token *t)
{
    size_t n = 0;

    for (; s->at < s->end && word_goes_on(*s->at); s->at++)
        if (n < WORD_MOST)
            t->word[n++] = (char)(*s->at >= 'A' && *s->at <= 'Z' ? *s->at + ('a' - 'A') : *s->at);
    t->word[n] = '\0';
    if (s->at < s->end && *s->at == '\'' &&
        (strcmp(t->word, "e") == 0 || strcmp(t->word, "b") == 0 || strcmp(t->word, "x") == 0 ||
         strcmp(t->word, "n") == 0))
        return take_quoted(s, t->word[0] == 'e', t);
    if (looking_at(s, "&'") || looking_at(s, "&\""))
        return strcmp(t->word, "u") == 0 ? TOKEN_BAD : TOKEN_WORD; /* U&'...' has escapes of its own */
    return TOKEN_WORD;
}

/*
 * Digits, dots and an exponent. Before version 15 a word may begin right behind: "SELECT 1INTO x" makes a
 * table. What PostgreSQL makes of the other forms (0x1f, 1_000) depends on its version, so they are uncertain
 * too.
 */
static enum token_kind take_number(struct scanner *s)
{
    while (s->at < s->end && (is_digit(*s->at) || *s->at == '.'))
        s->at++;
    if (s->at + 1 < s->end && (*s->at == 'e' || *s->at == 'E') && is_digit(s->at[1]))
        for (s->at++; s->at < s->end && is_digit(*s->at); s->at++)
            ;
    else if (s->at + 2 < s->end && (*s->at == 'e' || *s->at == 'E') && (s->at[1] == '+' || s->at[1] == '-') &&
             is_digit(s->at[2]))
        for (s->at += 2; s->at < s->end && is_digit(*s->at); s->at++)
            ;
    return s->at < s->end && word_goes_on(*s->at) ? TOKEN_BAD : TOKEN_OTHER;
}

static enum token_kind take(struct scanner *s, struct token *t)
{
    t->word[0] = '\0';
    t->c = '\0';
    if (!skip_blank(s))
        return TOKEN_BAD;
    if (s->at == s->end)
        return TOKEN_END;
    t->c = *s->at;
    if (*s->at == '\'' || *s->at == '"')
        return take_quoted(s, false, t);
    if (*s->at == '$')
        return take_dollars(s);
    if (word_begins(*s->at))
        return take_word(s, t);
    if (*s->at == '\\')
        return TOKEN_META;
    if (is_digit(*s->at))
        return take_number(s);
    /* psql puts its variables in for :name, :'name', :"name", :{?name}; "::" is a cast. */
    if (looking_at(s, "::")) {
        s->at += 2;
        return TOKEN_OTHER;
    }
    if (*s->at == ':' && s->at + 1 < s->end &&
        (word_goes_on(s->at[1]) || s->at[1] == '\'' || s->at[1] == '"' || s->at[1] == '{'))
        return TOKEN_BAD;
    s->at++;
    return TOKEN_OTHER;
}

/* ---- statements */

static bool listed(const char *list, const char *word)
{
    char padded[WORD_MOST + 3];

    (void)snprintf(padded, sizeof(padded), " %s ", word);
    return word[0] && strstr(list, padded) != NULL;
}

static void sql_high(struct command_risk *risk, const char *format, const char *word)
{
    struct command_word shown = {word, strlen(word), true};
    command_high(risk, format, &shown);
}

/* What a statement may be, by its first word. */
enum form { FORM_QUERY, FORM_EXPLAIN, FORM_SHOW, FORM_TRANSACTION, FORM_SET, FORM_OTHER };

static enum form form_of(const char *word)
{
    static const struct {
        const char *words;
        enum form form;
    } forms[] = {
        {" select with table values ", FORM_QUERY},
        {" explain ", FORM_EXPLAIN},
        {" show ", FORM_SHOW},
        {" begin start commit rollback end abort ", FORM_TRANSACTION},
        {" set ", FORM_SET},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (listed(forms[i].words, word))
            return forms[i].form;
    return FORM_OTHER;
}

struct statement {
    enum form form;
    size_t words;         /* so far */
    struct token before;  /* the token before the present one */
    struct token earlier; /* and the one before that */
};

static void harm_of_word(const char *word, struct command_risk *risk)
{
    if (listed(" delete truncate drop update merge insert reassign discard ", word))
        risk->destroys = true;
}

/* A name before "(": a keyword, or a call. */
static void judge_call(const struct statement *st, struct command_risk *risk)
{
    const struct token *name = &st->before;
    bool qualified = st->earlier.kind == TOKEN_OTHER && st->earlier.c == '.';

    if (name->kind == TOKEN_QUOTED)
        sql_high(risk, "calls \"%s\", which is not known as a read", name->word);
    else if (name->kind == TOKEN_WORD && qualified)
        sql_high(risk, "calls %s of a schema, which is not known as a read", name->word);
    else if (name->kind == TOKEN_WORD && !listed(sql_before_parenthesis, name->word) &&
             !listed(sql_functions, name->word))
        sql_high(risk, "calls %s, which is not known as a read", name->word);
}

/* SET of what concerns this session's own patience and format only. */
static void judge_setting(const struct statement *st, const struct token *t, struct command_risk *risk)
{
    static const char known[] =
        " set local session transaction read only isolation level serializable repeatable"
        " committed to statement_timeout lock_timeout idle_in_transaction_session_timeout"
        " work_mem extra_float_digits datestyle timezone ";
    bool value = st->before.c == '=' || (st->before.kind == TOKEN_WORD && strcmp(st->before.word, "to") == 0);

    /* A setting's name may stand in double quotes as well: SET "search_path" = x. */
    if (!value && (t->kind == TOKEN_QUOTED || !listed(known, t->word)))
        sql_high(risk, "sets %s", t->word);
}

static void judge_word(const struct statement *st, const struct token *t, struct command_risk *risk)
{
    static const char transaction[] =
        " begin start commit rollback end abort transaction work read only isolation"
        " level serializable repeatable committed and no chain deferrable not ";
    bool after_dot = st->before.kind == TOKEN_OTHER && st->before.c == '.';

    if (st->form == FORM_SET) {
        judge_setting(st, t, risk);
    } else if (st->form == FORM_TRANSACTION) {
        if (!listed(transaction, t->word))
            sql_high(risk, "has the word %s", t->word);
    } else if (st->form != FORM_OTHER && listed(sql_changing, t->word) && !after_dot) {
        sql_high(risk, "has the word %s, which changes or locks something", t->word);
        harm_of_word(t->word, risk);
    }
}

static void statement_token(struct statement *st, const struct token *t, struct command_risk *risk)
{
    if (t->kind == TOKEN_WORD) {
        if (st->words == 0) {
            st->form = form_of(t->word);
            if (st->form == FORM_OTHER) {
                sql_high(risk, "begins with %s, which is not known as a read", t->word);
                harm_of_word(t->word, risk);
            }
        }
        judge_word(st, t, risk);
        st->words++;
    } else if (t->kind == TOKEN_OTHER && t->c == '(') {
        if (st->words == 0) /* ( SELECT ... ) UNION ... */
            st->form = FORM_QUERY;
        judge_call(st, risk);
    } else if (st->words == 0) {
        command_high(risk, "has a statement that does not begin with a word", NULL);
    } else if (t->kind == TOKEN_QUOTED && (st->form == FORM_SET || st->form == FORM_TRANSACTION)) {
        judge_setting(st, t, risk);
    }
    st->earlier = st->before;
    st->before = *t;
}

/* A command of psql: only those that look, with plain arguments, to the end of the line. */
static bool meta_reads(struct scanner *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.*+-, \t";
    const char *from = ++s->at;
    char name[16];
    size_t n = 0;

    while (s->at < s->end && *s->at != '\n' && *s->at != '\r') {
        if (!strchr(plain, *s->at))
            return false;
        s->at++;
    }
    while (from + n < s->at && n < sizeof(name) - 1 && from[n] != ' ' && from[n] != '\t' && from[n] != '+') {
        name[n] = from[n];
        n++;
    }
    name[n] = '\0';
    char padded[sizeof(name) + 2];
    (void)snprintf(padded, sizeof(padded), " %s ", name);
    return strstr(
               " d da db dc dC dd dD ddp dE des det deu dew df dF dg di dl dL dm dn do dO dp drds dRp dRs ds "
               "dt dT du dv dx dX dy l conninfo z q x t a ",
               padded) != NULL;
}

void risk_sql(const char *sql, size_t len, struct command_risk *ret)
{
    struct scanner s = {sql, sql + len};
    struct command_risk risk = {.risk = RISK_LOW};
    struct statement st = {.form = FORM_OTHER};
    bool any = false;

    if (len > SQL_MOST || memchr(sql, '\0', len)) {
        command_high(&risk, "is too long or has a NUL in it", NULL);
        s.at = s.end;
    }
    for (;;) {
        struct token t;
        t.kind = take(&s, &t);
        if (t.kind == TOKEN_END)
            break;
        any = true;
        if (t.kind == TOKEN_BAD || (t.kind == TOKEN_META && (st.words || !meta_reads(&s)))) {
            command_high(&risk,
                         t.kind == TOKEN_META ? "has a command of psql that is not known as a read"
                                              : "has text whose end or meaning is not certain",
                         NULL);
            break;
        }
        if (t.kind == TOKEN_META || (t.kind == TOKEN_OTHER && t.c == ';'))
            st = (struct statement){.form = FORM_OTHER};
        else
            statement_token(&st, &t, &risk);
    }
    if (!any)
        command_high(&risk, "has no statement", NULL);
    if (risk.risk == RISK_LOW)
        (void)snprintf(risk.why, sizeof(risk.why), "known as a read");
    *ret = risk;
}

/* ---- psql */

/* Does psql take this option with this value and only read by it? A name with "=" or ":" would be the way to
 * another server. */
static bool psql_takes(const struct command_word *option, const struct command_word *value)
{
    static const struct {
        const char *options, *values; /* NULL: a plain name */
    } known[] = {
        {"-v|--set|--variable", "ON_ERROR_STOP=1|ON_ERROR_STOP=on"},
        {"-P|--pset", "pager=off|footer=off"},
        {"-f|--file", "-"},
        {"-d|-U|--dbname|--username", NULL},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (word_in(option, known[i].options))
            return known[i].values
                       ? word_in(value, known[i].values)
                       : value->len && value->ptr[0] != '-' && !memchr(value->ptr, '=', value->len) &&
                             !memchr(value->ptr, ':', value->len);
    return false;
}

static void psql_sql(const char *sql, size_t len, struct command_risk *risk)
{
    struct command_risk of_sql;

    risk_sql(sql, len, &of_sql);
    if (of_sql.risk > RISK_LOW && risk->risk < RISK_HIGH)
        *risk = of_sql;
}

void psql_judge(const struct command_word *argv, size_t argc, const struct command_input *input,
                struct command_risk *risk)
{
    static const char alone[] = "-X -q -A -t -w -x -1 -b --csv --no-psqlrc --quiet --tuples-only --no-align";
    bool from_stdin = true;

    for (size_t i = 1; i < argc; i++) {
        const struct command_word *value = i + 1 < argc ? &argv[i + 1] : NULL;
        if (command_options_skip(alone, &argv[i], 1) == 1)
            continue;
        if (word_in(&argv[i], "-l|--list")) { /* lists the databases and ends */
            from_stdin = false;
        } else if (word_in(&argv[i], "-c|--command") && value) {
            psql_sql(value->ptr, value->len, risk);
            from_stdin = false;
            i++;
        } else if (value && psql_takes(&argv[i], value)) {
            i++;
        } else {
            command_high(risk, "gives psql \"%s\", which is not known to only read", &argv[i]);
            return;
        }
    }
    if (from_stdin && (!input->text || !input->known))
        command_high(risk, "runs psql with statements that are not known", NULL);
    else if (from_stdin)
        psql_sql(input->text, input->len, risk);
}
