/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request costs without proximo: plain libcurl over one kept connection, optionally with one json-c
 * parse of the body. bench-api URL CA_FILE TOKEN_FILE COUNT REPEAT [parse] Prints `get_us` (median over
 * REPEAT of the mean of COUNT) and `bytes`.
 */
#include <curl/curl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "peer.h"

#define MAX_REPEAT 256

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
    struct buf *body = arg;
    buf_add(body, bytes, size * n);
    return buf_ok(body) ? size * n : 0;
}

static struct curl_slist *token_header(const char *file)
{
    char token[512] = "", header[600];
    FILE *in = fopen(file, "re");
    if (!in || !fgets(token, sizeof token, in))
        fail("%s: no token", file);
    (void)fclose(in);
    token[strcspn(token, "\r\n")] = '\0';
    (void)snprintf(header, sizeof header, "Authorization: PVEAPIToken=%s", token);
    return curl_slist_append(NULL, header);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void get_once(CURL *curl, struct buf *body, int parse)
{
    long status = 0;
    buf_reset(body);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        fail("%s", curl_easy_strerror(code));
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        fail("status %ld", status);
    if (parse) {
        struct json_object *o = json_tokener_parse(body->data);
        if (!o)
            fail("the body is no JSON");
        json_object_put(o);
    }
}

int main(int argc, char **argv)
{
    static double samples[MAX_REPEAT];
    uint64_t n, repeat;
    if (argc < 6 || text_to_u64(argv[4], 1000000, &n) < 0 || n == 0 ||
        text_to_u64(argv[5], MAX_REPEAT, &repeat) < 0 || repeat == 0)
        fail("usage: bench-api URL CA_FILE TOKEN_FILE COUNT REPEAT [parse]");
    int parse = argc > 6 && strcmp(argv[6], "parse") == 0;
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *curl = curl_easy_init();
    CLEANUP_BUF struct buf body = BUF_INIT(256UL << 20);
    struct curl_slist *headers = token_header(argv[3]);
    (void)curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    get_once(curl, &body, parse); /* connects */
    for (uint64_t k = 0; k < repeat; k++) {
        double start = now_us();
        for (uint64_t i = 0; i < n; i++)
            get_once(curl, &body, parse);
        samples[k] = (now_us() - start) / (double)n;
    }
    qsort(samples, repeat, sizeof *samples, compare);
    printf("get_us %.1f\nbytes %zu\n", samples[repeat / 2], body.len);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return 0;
}
