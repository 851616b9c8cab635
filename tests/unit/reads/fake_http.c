/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_http.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

#define ANSWERS_MAX 64

struct canned {
    char target[256];
    int status;
    char *body;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct canned answers[ANSWERS_MAX];
static size_t answer_count;
static struct fake_request requests[FAKE_REQUESTS_MAX];
static size_t request_count;
static unsigned delay_ms;
static char *(*fallback)(const struct http_request *, int *);

void fake_http_answer(const char *target, int status, const char *body)
{
    size_t i = 0;
    while (i < answer_count && strcmp(answers[i].target, target) != 0)
        i++;
    if (i == answer_count)
        answer_count++;
    free(answers[i].body);
    snprintf(answers[i].target, sizeof(answers[i].target), "%s", target);
    answers[i].status = status;
    answers[i].body = strdup(body);
}

void fake_http_delay_ms(unsigned ms)
{
    delay_ms = ms;
}

void fake_http_fallback(char *(*answer)(const struct http_request *, int *))
{
    fallback = answer;
}

void fake_http_reset(void)
{
    for (size_t i = 0; i < answer_count; i++) {
        free(answers[i].body);
        answers[i].body = NULL;
    }
    answer_count = 0;
    request_count = 0;
    delay_ms = 0;
    fallback = NULL;
}

size_t fake_http_count(void)
{
    return request_count;
}

size_t fake_http_count_of(const char *target)
{
    size_t n = 0;
    for (size_t i = 0; i < request_count; i++)
        n += strcmp(requests[i].target, target) == 0;
    return n;
}

const struct fake_request *fake_http_at(size_t index)
{
    return &requests[index];
}

const struct fake_request *fake_http_last(void)
{
    return request_count ? &requests[request_count - 1] : NULL;
}

static const struct canned *find(const char *target)
{
    const struct canned *best = NULL;
    size_t path_len = strcspn(target, "?");
    for (size_t i = 0; i < answer_count; i++) {
        if (strcmp(answers[i].target, target) == 0)
            return &answers[i];
        if (strlen(answers[i].target) == path_len && strncmp(answers[i].target, target, path_len) == 0)
            best = &answers[i];
    }
    return best;
}

static int fake_request(struct http_client *client, const struct http_request *request,
                        struct http_answer *ret_answer, bool *ret_sent, struct problem *p)
{
    (void)client;
    (void)p;
    struct buf target = BUF_INIT(sizeof(requests[0].target) - 1);
    buf_str(&target, request->path);
    for (size_t i = 0; i < request->field_count; i++) {
        buf_printf(&target, "%s%s=", i ? "&" : "?", request->fields[i].name);
        buf_add(&target, request->fields[i].value, request->fields[i].value_len);
    }
    pthread_mutex_lock(&lock);
    if (request_count < FAKE_REQUESTS_MAX) {
        snprintf(requests[request_count].method, sizeof(requests[0].method), "%s", request->method);
        snprintf(requests[request_count].target, sizeof(requests[0].target), "%s", target.data);
        request_count++;
    }
    const struct canned *canned = find(target.data);
    unsigned wait = delay_ms;
    ret_answer->status = canned ? canned->status : 501;
    ret_answer->body = canned ? strdup(canned->body) : NULL;
    if (!canned && fallback)
        ret_answer->body = fallback(request, &ret_answer->status);
    if (!ret_answer->body)
        ret_answer->body = strdup("{\"data\":null,\"message\":\"Method 'GET' not implemented\"}");
    pthread_mutex_unlock(&lock);
    ret_answer->body_len = strlen(ret_answer->body);
    if (wait) {
        struct timespec t = {.tv_sec = wait / 1000, .tv_nsec = (long)(wait % 1000) * 1000000};
        nanosleep(&t, NULL);
    }
    if (ret_sent)
        *ret_sent = true;
    buf_done(&target);
    return 0;
}

static int fake_client_new(const struct config_site *site, struct http_client **ret, struct problem *p)
{
    (void)site;
    (void)p;
    *ret = (struct http_client *)malloc(1);
    return *ret ? 0 : -12;
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
