/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosis.h"

#include <math.h>

#define BATCH 64u

/* ---- numbers */

double number_of(struct json_object *o, const char *key)
{
    struct json_object *value = member_of(o, key);
    const json_type type = json_object_get_type(value);
    if (type == json_type_int || type == json_type_double)
        return json_object_get_double(value);
    const char *text = type == json_type_string ? json_object_get_string(value) : NULL;
    return text ? findings_number(text, strlen(text)) : (double)NAN;
}

int64_t integer_of(struct json_object *o, const char *key)
{
    const double number = number_of(o, key);
    return isnan(number) || fabs(number) > 9e15 ? 0 : (int64_t)number;
}

double percent_of(double part, double whole)
{
    return whole > 0 ? part / whole * 100 : (double)NAN;
}

const char *size_text(double bytes, char ret[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    uint32_t i = 0;
    for (; bytes >= 1024 && i < 5; i++)
        bytes /= 1024;
    (void)snprintf(ret, 32, "%.*f %s", i ? 1 : 0, bytes, units[i]);
    return ret;
}

double fresh_mean(struct json_object *series, const char *key, uint32_t last)
{
    double sum = 0;
    uint32_t found = 0;
    size_t i = json_object_is_type(series, json_type_array) ? json_object_array_length(series) : 0;
    for (; i > 0 && found < last; i--) {
        const double value = number_of(json_object_array_get_idx(series, i - 1), key);
        if (!isnan(value)) {
            sum += value;
            found++;
        }
    }
    return found ? sum / found : (double)NAN;
}

/* ---- gathering */

static const char *message_of(const struct asking *a, const struct proximo_answer *answer)
{
    if (answer->message.len)
        return ask_text(a, "%.*s", (int)(answer->message.len > 250 ? 250 : answer->message.len),
                        answer->message.ptr);
    if (answer->status >= 200 && answer->status < 300)
        return "the answer is not what Proxmox promises";
    return answer->status ? ask_text(a, "HTTP status %d", (int)answer->status) : "no answer";
}

static void take(struct diagnosis *d, const struct evidence *evidence, const struct proximo_answer *answer)
{
    struct json_object *data DROP_JSON =
        answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    if (!json_object_is_type(data, evidence->type)) {
        findings_unread(&d->found, evidence->source, NULL, message_of(&d->ask, answer));
        return;
    }
    findings_read(&d->found, evidence->source);
    if (answer->flags & PROXIMO_ANSWER_INCOMPLETE)
        findings_unread(&d->found, evidence->source, NULL,
                        "this token does not hold the privilege that a full answer needs");
    evidence->judge(d, data);
}

int32_t diagnosis_gather(struct diagnosis *d, const struct evidence *evidence, uint32_t count)
{
    struct proximo_get gets[EVIDENCE_MOST];
    struct proximo_answer answers[EVIDENCE_MOST];
    struct proximo_field fields[EVIDENCE_MOST][2 + EVIDENCE_FIELDS];
    struct proximo_need needs[EVIDENCE_MOST];
    const struct evidence *asked[EVIDENCE_MOST];
    const uint32_t release = ask_release(&d->ask);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count && n < EVIDENCE_MOST; i++) {
        const struct source *source = source_of(evidence[i].source);
        uint32_t used = 0;
        if (release && evidence[i].since > release)
            continue;
        if (d->node && strstr(evidence[i].path, "{node}"))
            fields[n][used++] = FIELD("node", d->node);
        if (d->vmid && strstr(evidence[i].path, "{vmid}"))
            fields[n][used++] = FIELD("vmid", d->vmid);
        for (uint32_t k = 0; k < EVIDENCE_FIELDS && evidence[i].query[k].name; k++) {
            const struct proximo_field *query = &evidence[i].query[k];
            fields[n][used++] = FIELD(query->name, query->value);
        }
        const char *path = source->path && d->vmid && strcmp(source->path, "/vms/{vmid}") == 0
                               ? ask_text(&d->ask, "/vms/%s", d->vmid)
                               : source->path;
        needs[n] = (struct proximo_need)NEED(path, source->privilege);
        gets[n] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE,
                                       .path = evidence[i].path, .fields = fields[n], .field_count = used};
        if (source->path)
            gets[n].needs = (struct proximo_table)ROWS(&needs[n], 1);
        answers[n] = (struct proximo_answer){ROW(proximo_answer)};
        asked[n++] = &evidence[i];
    }
    int32_t r = n ? d->ask.host->get_many(d->ask.call, gets, n, answers) : PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < n; i++)
        take(d, asked[i], &answers[i]);
    return r;
}

static int32_t each_batch(struct diagnosis *d, const char *path, const struct spot *spots, uint32_t count,
                          json_type type,
                          void (*judge)(struct diagnosis *d, const struct spot *spot,
                                        struct json_object *data, const char *why))
{
    struct proximo_get gets[BATCH];
    struct proximo_answer answers[BATCH];
    struct proximo_field fields[BATCH][3];
    for (uint32_t i = 0; i < count; i++) {
        fields[i][0] = FIELD("node", spots[i].node);
        fields[i][1] = FIELD("kind", spots[i].kind);
        fields[i][2] = FIELD("vmid", spots[i].vmid);
        gets[i] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE, .path = path,
                                       .fields = fields[i], .field_count = spots[i].vmid ? 3 : 1};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
    }
    int32_t r = d->ask.host->get_many(d->ask.call, gets, count, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *data DROP_JSON =
            answers[i].status >= 200 && answers[i].status < 300 ? json_of(answers[i].data) : NULL;
        const bool good = json_object_is_type(data, type);
        judge(d, &spots[i], good ? data : NULL, good ? NULL : message_of(&d->ask, &answers[i]));
    }
    return r;
}

int32_t diagnosis_each(struct diagnosis *d, const char *path, const struct spot *spots, uint32_t count,
                       json_type type,
                       void (*judge)(struct diagnosis *d, const struct spot *spot, struct json_object *data,
                                     const char *why))
{
    int32_t r = PROXIMO_OK;
    uint32_t i = 0;
    for (; r == PROXIMO_OK && i < count; i += BATCH) {
        if (i && d->ask.host->deadline_ms(d->ask.call) < DIAGNOSIS_RESERVE_MS)
            break;
        r = each_batch(d, path, spots + i, count - i < BATCH ? count - i : BATCH, type, judge);
    }
    for (; r == PROXIMO_OK && i < count; i++)
        judge(d, &spots[i], NULL, "the time of this call (limits.call_timeout) was nearly over");
    return r;
}

/* ---- tasks */

bool task_failed(struct json_object *task)
{
    const char *status = member_text(task, "status");
    return status && member_of(task, "endtime") && strcmp(status, "OK") != 0 &&
           strcmp(status, "RUNNING") != 0 && strncmp(status, "WARNINGS: ", 10) != 0;
}

#define TYPES_MOST 24u

void judge_tasks(struct diagnosis *d, uint32_t check, uint32_t source, struct json_object *list,
                 int64_t since)
{
    struct json_object *newest[TYPES_MOST];
    uint32_t counts[TYPES_MOST], types = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *task = json_object_array_get_idx(list, i);
        const char *type = member_text(task, "type");
        uint32_t k = 0;
        if (!type || !task_failed(task) || integer_of(task, "endtime") < since)
            continue;
        while (k < types && !member_is(newest[k], "type", type))
            k++;
        if (k == TYPES_MOST) {
            findings_unread(&d->found, source, NULL, "more types of failed tasks than are looked at");
            break;
        }
        if (k == types) {
            newest[k] = task;
            counts[types++] = 0;
        }
        counts[k]++;
        if (integer_of(task, "endtime") > integer_of(newest[k], "endtime"))
            newest[k] = task;
    }
    for (uint32_t k = 0; k < types; k++) {
        const char *id = member_text(newest[k], "id"), *status = member_text(newest[k], "status");
        char what[100];
        (void)snprintf(what, sizeof(what), "%u %.60s task%s", counts[k], member_text(newest[k], "type"),
                       counts[k] == 1 ? "" : "s");
        if (findings_measure(&d->found, check, what, counts[k], "the last one%s%.40s ended with \"%.300s\"",
                             id && *id ? ", of " : "", id ? id : "", status ? status : "")) {
            findings_only_argument(&d->found, "upid", member_text(newest[k], "upid"));
        }
    }
}
