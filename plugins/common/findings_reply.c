/* SPDX-License-Identifier: Apache-2.0 */
/* A diagnosis as an answer: the host says what could not be read first, so that nobody takes it for fine. */
#include "findings.h"

#include <math.h>

/* "92.4", not "92.40000000000001"; "" when there is none. */
static struct proximo_text number_text(const struct asking *a, double value)
{
    const char *text = isnan(value) || isinf(value) || fabs(value) > 1e15 ? ""
                       : value == whole_below(value)                      ? ask_text(a, "%.0f", value)
                                                                          : ask_text(a, "%.1f", value);
    return text_of(text ? text : "");
}

/* "ROOTFS-FULL, MEM-HIGH": the checks of a source. */
static const char *codes_of(const struct asking *a, uint32_t source)
{
    const char *text = "";
    for (uint32_t i = 0; text && i < CHECKS; i++) {
        if (check_of(i)->source == source)
            text = ask_text(a, "%s%s%s", text, *text ? ", " : "", check_of(i)->code);
    }
    return text;
}

/* A source's name or path with the node and the guest that it is about. */
static const char *filled(const struct asking *a, const struct findings *f, const char *text)
{
    const struct {
        const char *hole, *value;
    } holes[] = {{"{node}", f->node}, {"{vmid}", f->vmid}};
    for (uint32_t i = 0; text && i < 2; i++) {
        const char *at = holes[i].value ? strstr(text, holes[i].hole) : NULL;
        if (at)
            text =
                ask_text(a, "%.*s%s%s", (int)(at - text), text, holes[i].value, at + strlen(holes[i].hole));
    }
    return text;
}

/* Is a privilege of the source known to be held ("A|B": either)? */
static bool is_held(const struct asking *a, const struct source *source, const char *path)
{
    char one[64];
    for (const char *at = source->privilege; *at;) {
        const size_t len = strcspn(at, "|");
        (void)snprintf(one, sizeof(one), "%.*s", (int)len, at);
        if (a->host->permission(a->call, path, one) == 1)
            return true;
        at += len + (at[len] == '|');
    }
    return false;
}

/* Parts of one road (no privilege of their own) that all of it is unread of, for one reason: told as one. */
static bool is_same(const struct findings *f, const struct unread *one, const struct unread *other)
{
    return !one->what[0] && !other->what[0] && !source_of(one->source)->path &&
           !source_of(other->source)->path && !f->read[one->source] && !f->read[other->source] &&
           strcmp(one->why, other->why) == 0;
}

static int32_t tell_unread(const struct asking *a, const struct findings *f, uint32_t at)
{
    const struct unread *one = &f->unread[at];
    const struct source *source = source_of(one->source);
    const char *codes = codes_of(a, one->source), *name = filled(a, f, source->name);
    const char *path = filled(a, f, source->path), *needs = "";
    for (uint32_t i = 0; i < at; i++) {
        if (is_same(f, &f->unread[i], one))
            return PROXIMO_OK;
    }
    for (uint32_t i = at + 1; name && codes && i < f->unread_count; i++) {
        if (!is_same(f, one, &f->unread[i]))
            continue;
        name = ask_text(a, "%s, %s", name, filled(a, f, source_of(f->unread[i].source)->name));
        codes = ask_text(a, "%s, %s", codes, codes_of(a, f->unread[i].source));
    }
    if (path && !strchr(path, '{') && !is_held(a, source, path))
        needs = ask_text(a, "; it needs %s on %s", source->privilege, path);
    if (!name || !codes || !needs)
        return PROXIMO_ENOMEM;
    const char *what = ask_text(a, "%s%s%s", name, one->what[0] ? ", " : "", one->what);
    size_t len = strlen(one->why);
    while (len && one->why[len - 1] == '.') /* a sentence goes on */
        len--;
    const char *why = ask_text(a, "%.*s%s. Not checked%s: %s", (int)len, one->why, needs,
                               f->read[one->source] ? " in full" : "", codes);
    return what && why ? a->host->incomplete(a->call, what, why) : PROXIMO_ENOMEM;
}

static int32_t tell_finding(const struct asking *a, const struct findings *f, const struct finding *one)
{
    const struct check *check = check_of(one->check);
    const double at = isnan(one->threshold) ? check_threshold(one->check, one->severity) : one->threshold;
    const char *source = filled(a, f, source_of(check->source)->name);
    struct proximo_finding told = {ROW(proximo_finding),
                                   .severity = one->severity,
                                   .flags = PROXIMO_FINDING_UNTRUSTED,
                                   .code = text_of(check->code),
                                   .title = text_of(one->title),
                                   .source = text_of(source ? source : ""),
                                   .measured_json = number_text(a, one->measured),
                                   .threshold_json = number_text(a, at)};
    const char *evidence = check->unit ? ask_text(a, "%s%smeasured in: %s", one->evidence,
                                                  one->evidence[0] ? "; " : "", check->unit)
                                       : one->evidence;
    if (!evidence)
        return PROXIMO_ENOMEM;
    told.evidence = text_of(evidence);
    if (check->tool) {
        told.tool = text_of(check->tool);
        told.arguments_json = text_of(one->arguments);
    }
    return a->host->finding(a->call, &told);
}

static struct json_object *words_of(const struct asking *a, const struct findings *f, const char *note)
{
    struct json_object *out = json_object_new_object(), *checks = json_object_new_object();
    uint32_t run, not_run;
    findings_count(f, &run, &not_run);
    const char *found = f->count ? ask_text(a, "%u findings", f->count + f->more) : "no findings";
    const char *words = found
                            ? ask_text(a, "%s: %u checks ran, %u could not or only in part%s%s%s", found, run,
                                       not_run, not_run ? "; what was not seen is not known to be fine" : "",
                                       note ? ". " : "", note ? note : "")
                            : NULL;
    if (!out || !checks || !words) {
        json_object_put(out);
        json_object_put(checks);
        return NULL;
    }
    json_object_object_add(out, "says", json_object_new_string(words));
    json_object_object_add(checks, "run", json_object_new_int64(run));
    json_object_object_add(checks, "not_run", json_object_new_int64(not_run));
    if (f->more)
        json_object_object_add(checks, "findings_not_told", json_object_new_int64(f->more));
    json_object_object_add(out, "checks", checks);
    return out;
}

int32_t findings_reply(const struct asking *a, struct findings *f, const char *note)
{
    return findings_reply_with(a, f, note, NULL, NULL);
}

int32_t findings_reply_with(const struct asking *a, struct findings *f, const char *note, const char *name,
                            struct json_object *value)
{
    struct json_object *words DROP_JSON = words_of(a, f, note);
    int32_t r = f->no_memory || !words ? PROXIMO_ENOMEM : PROXIMO_OK;
    if (r == PROXIMO_OK && value && json_object_object_add(words, name, json_object_get(value)) < 0)
        r = PROXIMO_ENOMEM;
    findings_rank(f);
    for (uint32_t i = 0; r == PROXIMO_OK && i < f->unread_count; i++)
        r = tell_unread(a, f, i);
    if (r == PROXIMO_OK && f->unread_more)
        r = a->host->incomplete(a->call, "further parts",
                                ask_text(a, "%u more could not be read", f->unread_more));
    for (uint32_t i = 0; r == PROXIMO_OK && i < f->count; i++)
        r = tell_finding(a, f, &f->rows[i]);
    if (r < 0)
        return r;
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .data = json_text(words)};
    return a->host->reply(a->call, &block, 1);
}
