/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults on demand: a connection dropped before the request was carried out or after, half a body, bytes that
 * are no JSON, an answer without data, failures of the proxy, slow answers; per method and path prefix,
 * always or a number of times.
 */
#include "body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum sim_fault_kind kind;
} kinds[] = {
    {"drop", SIM_FAULT_DROP},       {"lost", SIM_FAULT_LOST}, {"half", SIM_FAULT_HALF},
    {"garbage", SIM_FAULT_GARBAGE}, {"500", SIM_FAULT_500},   {"596", SIM_FAULT_596},
    {"slow", SIM_FAULT_SLOW},       {"null", SIM_FAULT_NULL},
};

static int parse_count(const char *text, size_t len, long *ret)
{
    uint64_t value = 0;
    char digits[12];

    if (len >= sizeof digits)
        return -EINVAL;
    (void)snprintf(digits, sizeof digits, "%.*s", (int)len, text);
    if (sim_parse_uint(digits, 10, 1000000000, &value) < 0)
        return -EINVAL;
    *ret = (long)value;
    return 0;
}

int sim_fault_parse(const char *spec, struct sim_fault *ret_fault)
{
    const char *colon = strchr(spec, ':'), *rest;
    struct sim_fault fault = {.left = -1};
    bool known = false;
    long number;
    size_t n;

    if (!colon || !(*spec == '/' || strstr(spec, " /")))
        return -EINVAL;
    n = strcspn(colon + 1, ":");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].name) == n && memcmp(kinds[i].name, colon + 1, n) == 0) {
            fault.kind = kinds[i].kind;
            known = true;
        }
    }
    rest = colon + 1 + n;
    if (!known || (fault.kind == SIM_FAULT_SLOW && *rest != ':'))
        return -EINVAL;
    if (fault.kind == SIM_FAULT_SLOW) {
        n = strcspn(rest + 1, ":");
        if (parse_count(rest + 1, n, &number) < 0)
            return -EINVAL;
        fault.ms = (int)number;
        rest += 1 + n;
    }
    if (*rest == ':' && parse_count(rest + 1, strlen(rest + 1), &fault.left) < 0)
        return -EINVAL;
    fault.prefix = strndup(spec, (size_t)(colon - spec));
    if (!fault.prefix)
        return -ENOMEM;
    *ret_fault = fault;
    return 0;
}

/* A prefix is "/path" or "METHOD /path". */
static bool matches(const char *prefix, const char *method, const char *path)
{
    const char *space = strchr(prefix, ' ');

    if (space) {
        size_t n = (size_t)(space - prefix);

        if (strlen(method) != n || memcmp(method, prefix, n) != 0)
            return false;
        prefix = space + 1;
    }
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

const struct sim_fault *sim_fault_find(struct sim *sim, const char *method, const char *path)
{
    for (size_t i = 0; i < sim->fault_count; i++) {
        struct sim_fault *fault = &sim->faults[i];

        if (fault->left == 0 || !matches(fault->prefix, method, path))
            continue;
        if (fault->left > 0)
            fault->left--;
        return fault;
    }
    return NULL;
}

bool sim_fault_before(const struct sim_fault *fault)
{
    return fault->kind == SIM_FAULT_DROP || fault->kind == SIM_FAULT_500 || fault->kind == SIM_FAULT_596;
}

void sim_fault_apply(const struct sim_fault *fault, struct sim_reply *reply)
{
    switch (fault->kind) {
    case SIM_FAULT_DROP:
    case SIM_FAULT_LOST: reply->send = SIM_SEND_NOTHING; return;
    case SIM_FAULT_HALF: reply->send = SIM_SEND_HALF; return;
    case SIM_FAULT_SLOW: reply->delay_ms += fault->ms; return;
    case SIM_FAULT_GARBAGE:
        sim_reply_done(reply);
        sim_reply_plain(reply, 200, "OK", "<html>{\"data\": [1, 2,\x01 nonsense");
        reply->content_type = "application/json;charset=UTF-8";
        return;
    case SIM_FAULT_NULL: /* as Proxmox does where a file could not be read in time */
        sim_reply_done(reply);
        sim_reply_plain(reply, 200, "OK", "{\"data\":null}");
        reply->content_type = "application/json;charset=UTF-8";
        return;
    case SIM_FAULT_500:
        sim_reply_done(reply);
        sim_reply_plain(reply, 500, "got timeout", "{\"data\":null,\"message\":\"got timeout\\n\"}");
        reply->content_type = "application/json;charset=UTF-8";
        return;
    case SIM_FAULT_596:
        sim_reply_done(reply);
        sim_reply_plain(reply, 596, "Connection timed out", "");
        return;
    }
}
