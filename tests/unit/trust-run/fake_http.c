/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_http.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "http/get_table.h"

#define SCRIPTS_MAX  64
#define ANSWERS_MAX  32
#define REQUESTS_MAX 2048

struct script {
    char name[1024];
    struct fake_answer answers[ANSWERS_MAX];
    size_t count, at;
    unsigned given;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct script scripts[SCRIPTS_MAX];
static size_t script_count;
static struct fake_request requests[REQUESTS_MAX];
static size_t request_count;

void fake_http_script(const char *method_path, struct fake_answer answer)
{
    size_t i = 0;
    pthread_mutex_lock(&lock);
    while (i < script_count && strcmp(scripts[i].name, method_path) != 0)
        i++;
    if (i >= SCRIPTS_MAX || scripts[i].count >= ANSWERS_MAX)
        abort();
    if (i == script_count) {
        script_count++;
        memset(&scripts[i], 0, sizeof(scripts[i]));
        snprintf(scripts[i].name, sizeof(scripts[i].name), "%s", method_path);
    }
    scripts[i].answers[scripts[i].count++] = answer;
    pthread_mutex_unlock(&lock);
}

void fake_http_reset(void)
{
    pthread_mutex_lock(&lock);
    script_count = 0;
    request_count = 0;
    pthread_mutex_unlock(&lock);
}

size_t fake_http_count(void)
{
    return request_count;
}

const struct fake_request *fake_http_at(size_t index)
{
    return &requests[index];
}

static bool is_of(const struct fake_request *request, const char *method_path)
{
    size_t method = strcspn(method_path, " ");
    const char *path = method_path + method + 1;
    size_t len = strcspn(request->target, "?");
    return strlen(request->method) == method && memcmp(request->method, method_path, method) == 0 &&
           strlen(path) == len && memcmp(path, request->target, len) == 0;
}

size_t fake_http_count_of(const char *method_path)
{
    size_t n = 0;
    for (size_t i = 0; i < request_count; i++)
        n += is_of(&requests[i], method_path);
    return n;
}

size_t fake_http_changes(void)
{
    size_t n = 0;
    for (size_t i = 0; i < request_count; i++)
        n += strcmp(requests[i].method, "GET") != 0;
    return n;
}

const char *fake_http_target_of(const char *method_path)
{
    for (size_t i = request_count; i > 0; i--) {
        if (is_of(&requests[i - 1], method_path))
            return requests[i - 1].target;
    }
    return NULL;
}

static struct fake_answer next(const char *method, const char *target)
{
    static const struct fake_answer none = {.status = 501,
                                            .body = "{\"data\":null,\"message\":\"not scripted\"}"};
    struct script *best = NULL;
    char whole[1200];
    char bare[1200];
    snprintf(whole, sizeof(whole), "%s %.1100s", method, target);
    snprintf(bare, sizeof(bare), "%s %.*s", method, (int)strcspn(target, "?"), target);
    for (size_t i = 0; i < script_count; i++) {
        if (strcmp(scripts[i].name, whole) == 0 || (!best && strcmp(scripts[i].name, bare) == 0))
            best = &scripts[i];
    }
    if (!best)
        return none;
    struct fake_answer answer = best->answers[best->at];
    best->given++;
    unsigned times = answer.times ? answer.times : 1;
    if (best->given >= times && best->at + 1 < best->count) {
        best->at++;
        best->given = 0;
    }
    return answer;
}

/* 0, or why it was given up. */
static int wait_ms(const struct http_request *request, unsigned ms)
{
    int64_t until = clock_ms() + ms;
    while (clock_ms() < until) {
        struct timespec t = {.tv_nsec = 1000000};
        if (cancel_is_set(request->cancel))
            return -ECANCELED;
        if (request->deadline_ms && clock_ms() >= request->deadline_ms)
            return -ETIMEDOUT;
        nanosleep(&t, NULL);
    }
    return 0;
}

static void keep(const struct http_request *request, struct buf *target)
{
    buf_str(target, request->path);
    for (size_t i = 0; i < request->field_count; i++) {
        buf_printf(target, "%s%s=", i ? "&" : "?", request->fields[i].name);
        buf_add(target, request->fields[i].value, request->fields[i].value_len);
    }
    if (request_count >= REQUESTS_MAX)
        abort();
    struct fake_request *kept = &requests[request_count++];
    snprintf(kept->method, sizeof(kept->method), "%s", request->method);
    snprintf(kept->target, sizeof(kept->target), "%s", target->data);
}

static int fake_request(struct http_client *client, const struct http_request *request,
                        struct http_answer *ret_answer, bool *ret_sent, struct problem *p)
{
    (void)client;
    CLEANUP_BUF struct buf target = BUF_INIT(1 << 20);
    if (strcmp(request->method, "GET") != 0 && !request->allow_change)
        return problem_set(p, -EACCES, PX_READ_ONLY, "a change without leave");
    if (strcmp(request->method, "GET") == 0 && !request->agent_output && /* as client.c does */
        http_get_check(0, request->path, request->fields, request->field_count, p) < 0)
        return -EACCES;
    if (cancel_is_set(request->cancel))
        return problem_set(p, -ECANCELED, PX_CANCELLED, "cancelled");
    pthread_mutex_lock(&lock);
    keep(request, &target);
    struct fake_answer answer = next(request->method, target.data);
    pthread_mutex_unlock(&lock);
    if (answer.hook)
        answer.hook(answer.hook_arg);
    bool sent = !answer.unsent;
    if (ret_sent)
        *ret_sent = sent;
    int r = answer.error ? answer.error : wait_ms(request, answer.delay_ms);
    if (r < 0)
        return problem_set(p, r,
                           r == -ECANCELED   ? PX_CANCELLED
                           : r == -ETIMEDOUT ? PX_TIMEOUT
                                             : PX_CONNECT,
                           sent ? "the connection broke" : "nothing was sent");
    ret_answer->status = answer.status ? answer.status : 200;
    ret_answer->body = strdup(answer.body ? answer.body : "{\"data\":null}");
    ret_answer->body_len = strlen(ret_answer->body);
    return 0;
}

static int fake_client_new(const struct config_site *site, struct http_client **ret, struct problem *p)
{
    (void)site;
    (void)p;
    *ret = (struct http_client *)malloc(1);
    return *ret ? 0 : -ENOMEM;
}

static void fake_client_free(struct http_client *client)
{
    free(client);
}

static const struct http_module module = {.version = HTTP_MODULE_VERSION,
                                          .client_new = fake_client_new,
                                          .client_free = fake_client_free,
                                          .request = fake_request};

const struct http_module *__wrap_http_module_get(struct problem *p);
const struct http_module *__wrap_http_module_get(struct problem *p)
{
    (void)p;
    return &module;
}
