/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plane_test_base.h - part of plane_test.h: what a test sets and what the plane did, memory, and JSON in it.
 */
#ifndef PROXIMO_PLANE_TEST_BASE_H
#define PROXIMO_PLANE_TEST_BASE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proximo/plane.h"

#define PLANE_TEST_MOST 64
#define PLANE_TEST_TOLD 512
#define PLANE_TEST_KEPT 8192

struct plane_test;
struct proximo_call { /* what the plane sees as opaque */
    struct plane_test *test;
};

struct plane_test_text {
    char *data;
    uint64_t len;
};
struct plane_test {
    struct proximo_call call;
    struct {
        char *name, *text;
        int quoted, secret;
    } arguments[PLANE_TEST_MOST];
    struct {
        char *path, *data;
        int32_t status;
        uint64_t flags;
    } answers[PLANE_TEST_MOST];
    uint32_t argument_count, answer_count;
    char *config;        /* JSON; NULL: "{}" */
    uint32_t site_kind;  /* PROXIMO_SITE_...; 0: Proxmox VE */
    const char *version; /* of the site; NULL: "9.2.3" */
    const char *token;   /* of the site; NULL: not known */
    const char *reached; /* of the site, JSON; NULL: not known */
    const char *sites;   /* all of them, JSON; NULL: the one that is asked */
    int cancelled;       /* set by the test: every upcall returns PROXIMO_ECANCELLED */
    int denied;          /* set by the test: permission() says 0 */
    int ungranted;       /* set by the test: without client_requests, so that the client is out of reach */
    int offered[4];      /* what the client can be asked for, by PROXIMO_ASK_... */
    struct {
        char *key, *json;
    } results[PLANE_TEST_MOST]; /* the client's answers */
    uint32_t result_count;
    /* What the plane did. */
    struct {
        uint32_t type;
        uint64_t flags;
        char *data, *note;
        uint64_t len;
    } reply[PLANE_TEST_MOST];
    uint32_t reply_count, replies;
    int32_t fail_code;
    char fail_text[512];
    char *asked[PLANE_TEST_MOST]; /* what get, get_many and probe asked for, in order: "/path?a=b" */
    uint32_t asked_count;
    int kind; /* which function runs: PLANE_TEST_READ, ... */
    struct {
        const char *list;
        char *json;
    } told[PLANE_TEST_TOLD];
    uint32_t told_count;
    struct proximo_exec exec; /* what the executor is asked */
    /* Of an executor: set by the test. */
    int32_t (*connect)(struct plane_test *t, const char *endpoint, int32_t *ret_fd);
    int32_t (*spawn)(struct plane_test *t, const char *program, const struct proximo_text *argv,
                     uint32_t argc, int32_t ret_fds[3]);
    int32_t ended_status;
    const char *ended_signal;
    struct {
        char *name;
        struct proximo_text bytes;
    } materials[PLANE_TEST_MOST];
    uint32_t material_count;
    struct proximo_text secret;
    /* What it did. */
    int spawned, secret_given, said, contradicted; /* said: PLANE_TEST_EXITED or PLANE_TEST_UNKNOWN */
    struct proximo_text output[3];                 /* by stream */
    int32_t exit_status;
    char exit_signal[32], unknown_why[512];
    void *memory[PLANE_TEST_KEPT];
    uint32_t memory_count;
};
#define PLANE_TEST_READ     0
#define PLANE_TEST_PLAN     1
#define PLANE_TEST_UNDO     2
#define PLANE_TEST_BLAST    3
#define PLANE_TEST_RESOURCE 4
#define PLANE_TEST_PROMPT   5
#define PLANE_TEST_EXEC     6
#define PLANE_TEST_EXITED   1
#define PLANE_TEST_UNKNOWN  2
#define PLANE_TEST_FN       __attribute__((unused)) static

static struct plane_test *plane_test_now; /* for config(), which has no call */

PLANE_TEST_FN void *plane_test_keep(struct plane_test *t, uint64_t size)
{
    void *bytes = t->memory_count < PLANE_TEST_KEPT ? calloc(1, size ? (size_t)size : 1) : NULL;
    if (bytes)
        t->memory[t->memory_count++] = bytes;
    return bytes;
}

PLANE_TEST_FN char *plane_test_copy(struct plane_test *t, const char *text, uint64_t len)
{
    char *copy = (char *)plane_test_keep(t, len + 1);
    if (!copy)
        abort();
    if (len)
        memcpy(copy, text, (size_t)len);
    return copy;
}

/* Does the function that runs end with a reply? */
PLANE_TEST_FN int plane_test_replies(const struct plane_test *t)
{
    return t->kind == PLANE_TEST_READ || t->kind == PLANE_TEST_RESOURCE || t->kind == PLANE_TEST_PROMPT;
}

PLANE_TEST_FN void *plane_test_alloc(struct proximo_call *call, uint64_t size)
{
    return plane_test_keep(call->test, size);
}

/* JSON that is being written, in memory of the test. */
struct plane_test_json {
    struct plane_test *test;
    char *text;
    size_t len, size;
};

PLANE_TEST_FN void plane_test_put(struct plane_test_json *j, const char *text, size_t len)
{
    if (j->len + len + 1 > j->size) {
        size_t size = 2 * (j->len + len) + 256;
        char *more = (char *)plane_test_keep(j->test, size);
        if (!more)
            abort();
        if (j->len)
            memcpy(more, j->text, j->len);
        j->text = more;
        j->size = size;
    }
    if (len)
        memcpy(j->text + j->len, text, len);
    j->len += len;
    j->text[j->len] = '\0';
}

PLANE_TEST_FN void plane_test_put_key(struct plane_test_json *j, const char *key)
{
    if (j->len && j->text[j->len - 1] != '{')
        plane_test_put(j, ",", 1);
    plane_test_put(j, "\"", 1);
    plane_test_put(j, key, strlen(key));
    plane_test_put(j, "\":", 2);
}

/* A member, unless there is no text. */
PLANE_TEST_FN void plane_test_put_text(struct plane_test_json *j, const char *key, const char *text,
                                       uint64_t len)
{
    char escaped[8];
    if (!text)
        return;
    if (key)
        plane_test_put_key(j, key);
    plane_test_put(j, "\"", 1);
    for (uint64_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            plane_test_put(j, text + i, 1);
            continue;
        }
        if (c < 0x20)
            (void)snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)c);
        else
            (void)snprintf(escaped, sizeof(escaped), "\\%c", c);
        plane_test_put(j, escaped, strlen(escaped));
    }
    plane_test_put(j, "\"", 1);
}

PLANE_TEST_FN void plane_test_put_str(struct plane_test_json *j, const char *key, const char *text)
{
    plane_test_put_text(j, key, text, text ? strlen(text) : 0);
}

PLANE_TEST_FN void plane_test_put_int(struct plane_test_json *j, const char *key, uint64_t n)
{
    char digits[32];
    if (!n)
        return;
    plane_test_put_key(j, key);
    (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    plane_test_put(j, digits, strlen(digits));
}

/* Keeps what a function told: the entry of a list. */
PLANE_TEST_FN int32_t plane_test_tell(struct plane_test_json *j, const char *list, int32_t r)
{
    struct plane_test *t = j->test;
    if (r)
        return r;
    if (t->told_count == PLANE_TEST_TOLD)
        abort();
    t->told[t->told_count].list = list;
    t->told[t->told_count++].json = j->text;
    return 0;
}

#endif
