/* SPDX-License-Identifier: Apache-2.0 */
#include "inside.h"

static const char *text_member(const struct asking *a, struct json_object *o, const char *key)
{
    const char *text = member_text(o, key);
    return text ? ask_text(a, "%s", text) : "";
}

int32_t inside_run(const struct asking *a, const char *probe, const struct proximo_field *fields,
                   uint32_t count, struct probed *ret)
{
    struct proximo_answer answer = {ROW(proximo_answer)};

    *ret = (struct probed){.out = "", .err = "", .why = "it did not run"};
    int32_t r = a->host->probe(a->call, probe, fields, count, &answer);
    if (ask_ends(r))
        return r;
    struct json_object *data DROP_JSON = r == PROXIMO_OK ? json_of(answer.data) : NULL;
    if (!data) {
        if (answer.message.len)
            ret->why = ask_text(a, "%.*s", (int)answer.message.len, answer.message.ptr);
        return ret->why ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    ret->out = text_member(a, data, "stdout");
    ret->err = text_member(a, data, "stderr");
    ret->truncated = member_true(data, "truncated");
    ret->ran = member_is(data, "end", "exited");
    ret->exit_status = json_object_get_int64(member_of(data, "exit_status"));
    if (!ret->ran)
        ret->why = answer.message.len ? ask_text(a, "%.*s", (int)answer.message.len, answer.message.ptr)
                   : member_text(data, "end") ? ask_text(a, "%s", member_text(data, "end"))
                                              : "nobody knows how it ended";
    return ret->out && ret->err && ret->why ? PROXIMO_OK : PROXIMO_ENOMEM;
}

struct evidence_text inside_text(const struct probed *probed)
{
    const char *text = probed->exit_status != 0 && !*probed->out ? probed->err : probed->out;
    return (struct evidence_text){text, strlen(text), (int32_t)probed->exit_status};
}

struct evidence_text inside_part(const char *text, const char *name)
{
    char mark[96];
    const int len = snprintf(mark, sizeof(mark), "==> %s <==\n", name);
    const char *at = text;

    if (len < 0 || (size_t)len >= sizeof(mark))
        return (struct evidence_text){0};
    while ((at = strstr(at, mark)) && at != text && at[-1] != '\n')
        at++;
    if (!at)
        return (struct evidence_text){0};
    at += len;
    const char *end = strstr(at, "\n==> ");
    return (struct evidence_text){at, end ? (size_t)(end - at) + 1 : strlen(at), 0};
}

struct evidence_text inside_file(const struct probed *probed, const char *name)
{
    static const char none[] = "there is no such file inside";
    const struct evidence_text part = inside_part(probed->out, name);
    if (!*probed->out && probed->exit_status != 0)
        return inside_text(probed);
    return part.text ? part : (struct evidence_text){none, sizeof(none) - 1, 1};
}

bool inside_in_time(const struct diagnosis *d)
{
    return d->ask.host->deadline_ms(d->ask.call) > DIAGNOSIS_RESERVE_MS;
}

int32_t inside_gather(struct diagnosis *d, const struct proximo_field *fields, uint32_t field_count,
                      const struct inside_command *commands, uint32_t count, uint32_t steps,
                      const char **ret_processes)
{
    const struct proximo_host *host = d->ask.host;
    int32_t r = PROXIMO_OK;

    *ret_processes = "";
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const struct inside_command *one = &commands[i];
        struct probed probed;
        if (!inside_in_time(d)) {
            findings_unread(&d->found, one->source, NULL, "the time of this call was nearly over");
            continue;
        }
        (void)host->progress(d->ask.call, i + 1, steps, one->probe);
        r = inside_run(&d->ask, one->probe, fields, field_count, &probed);
        if (r < 0)
            break;
        if (!probed.ran) {
            findings_unread(&d->found, one->source, NULL, probed.why);
            continue;
        }
        one->judge(&d->found, inside_text(&probed));
        if (probed.truncated)
            findings_unread(&d->found, one->source, NULL, "it says more than is kept: the rest was left out");
        if (one->source == FROM_PROCESSES)
            *ret_processes = probed.out;
    }
    return r;
}

int32_t inside_unread(struct diagnosis *d, const uint32_t *sources, uint32_t count, const char *why)
{
    for (uint32_t i = 0; i < count; i++)
        findings_unread(&d->found, sources[i], NULL, why);
    return PROXIMO_OK;
}
