/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of the module. libcurl copies header lines and form bodies into memory of its own; it gets an
 * allocator that wipes what it frees, so that no token or secret parameter stays behind.
 */
#include "http/module.h"

#include <curl/curl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "http/client.h"

static void wiping_free(void *memory)
{
    if (memory == NULL)
        return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void *wiping_realloc(void *memory, size_t size)
{
    if (memory == NULL)
        return malloc(size);
    const size_t old = malloc_usable_size(memory);
    if (size > 0 && size <= old && size >= old / 2)
        return memory;
    void *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, memory, old < size ? old : size);
    wiping_free(memory);
    return copy;
}

static const char *libraries(void)
{
    return curl_version();
}

static struct http_module table = {
    .version = HTTP_MODULE_VERSION,
    .client_new = client_new,
    .client_free = client_free,
    .request = client_request,
    .tls_report = tls_report,
    .post = push_post,
    .send = push_send,
    .libraries = libraries,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode ready = CURLE_FAILED_INIT;

static void init_once(void)
{
    /* libcurl would write every connection's keys to the file that this names. */
    (void)unsetenv("SSLKEYLOGFILE");
    ready = curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc);
}

const struct http_module *http_module_table(void)
{
    (void)pthread_once(&once, init_once);
    return ready == CURLE_OK ? &table : NULL;
}
