/* SPDX-License-Identifier: Apache-2.0 */
/* A diagnosis as an answer: the host says what could not be read first, so that nobody takes it for fine. */
#include "findings.h"

#include <math.h>

/* "92.4", not "92.40000000000001"; "" when there is none. */
static struct proximo_text number_text(const struct asking *a, double value)
{
    const char *text = isnan(value) || isinf(value) || fabs(value) > 1e15 ? ""
                       : value == whole_below(value) ? ask_text(a, "%.0f", value)
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

static int32_t tell_unread(const struct asking *a, const struct findings *f, const struct unread *one)
{
    const struct source *source = source_of(one->source);
    const char *codes = codes_of(a, one->source);
    const char *what = ask_text(a, "%s%s%s", source->name, one->what[0] ? ", " : "", one->what);
    const char *why = codes ? ask_text(a, "%s%s%s%s%s. Not checked%s: %s", one->why,
                                       source->privilege ? "; a full answer needs " : "",
                                       source->privilege ? source->privilege : "",
                                       source->privilege ? " on " : "", source->privilege ? source->path : "",
                                       f->read[one->source] ? " in full" : "", codes)
                            : NULL;
    return what && why ? a->host->incomplete(a->call, what, why) : PROXIMO_ENOMEM;
}

static int32_t tell_finding(const struct asking *a, const struct finding *one)
{
    const struct check *check = check_of(one->check);
    const double at = check_threshold(one->check, one->severity);
    struct proximo_finding told = {ROW(proximo_finding),
                                   .severity = one->severity,
                                   .flags = PROXIMO_FINDING_UNTRUSTED,
                                   .code = text_of(check->code),
                                   .title = text_of(one->title),
                                   .evidence = text_of(one->evidence),
                                   .source = text_of(source_of(check->source)->name),
                                   .measured_json = number_text(a, one->measured),
                                   .threshold_json = number_text(a, at)};
    if (check->unit) {
        const char *evidence =
            isnan(at) ? ask_text(a, "%s", one->evidence)
                      : ask_text(a, "%s (%s: %.*s, from %s %.*s on)", one->evidence, check->unit,
                                 (int)told.measured_json.len, told.measured_json.ptr,
                                 severity_word(one->severity), (int)told.threshold_json.len,
                                 told.threshold_json.ptr);
        if (!evidence)
            return PROXIMO_ENOMEM;
        told.evidence = text_of(evidence);
    }
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
    const char *words =
        found ? ask_text(a, "%s: %u checks ran, %u could not or only in part%s%s%s", found, run, not_run,
                         not_run ? "; what was not seen is not known to be fine" : "", note ? ". " : "",
                         note ? note : "")
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
    struct json_object *words DROP_JSON = words_of(a, f, note);
    int32_t r = f->no_memory || !words ? PROXIMO_ENOMEM : PROXIMO_OK;
    findings_rank(f);
    for (uint32_t i = 0; r == PROXIMO_OK && i < f->unread_count; i++)
        r = tell_unread(a, f, &f->unread[i]);
    if (r == PROXIMO_OK && f->unread_more)
        r = a->host->incomplete(a->call, "further parts",
                                ask_text(a, "%u more could not be read", f->unread_more));
    for (uint32_t i = 0; r == PROXIMO_OK && i < f->count; i++)
        r = tell_finding(a, &f->rows[i]);
    if (r < 0)
        return r;
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .data = json_text(words)};
    return a->host->reply(a->call, &block, 1);
}
