/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends recorded exchanges with libcurl: credentials by name, parameters in the recorded encoding, raw bodies
 * and headers,
 * ${name}s filled from earlier answers.
 */
#include "replay.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX     (64UL * 1024 * 1024)
#define TIMEOUT_S    60L
#define WRONG_SECRET "00000000-0000-4000-8000-000000000000"

struct client {
    CURL *curl;
    struct json_object *ready;
    char *url;  /* .../api2/json */
    char *host; /* https://host:port */
};

struct sink {
    char *bytes;
    size_t size;
};

void free_text(char **text)
{
    free(*text);
}

void free_json(struct json_object **object)
{
    json_object_put(*object);
}

struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    if (!object || !json_object_is_type(object, json_type_object))
        return NULL;
    return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

const char *text_of(struct json_object *object, const char *name, const char *def)
{
    struct json_object *value = member(object, name);

    return value ? json_object_get_string(value) : def;
}

void answer_done(struct answer *answer)
{
    free(answer->reason);
    free(answer->body);
    json_object_put(answer->root);
    *answer = (struct answer){0};
}

struct client *client_new(struct json_object *ready)
{
    struct client *client = calloc(1, sizeof *client);
    const char *url = text_of(ready, "url", "");
    const char *slash = strstr(url, "/api2");

    if (!client)
        return NULL;
    client->ready = ready;
    client->url = strdup(url);
    client->host = strndup(url, slash ? (size_t)(slash - url) : strlen(url));
    client->curl = curl_easy_init();
    if (!client->curl || !client->url || !client->host) {
        client_free(client);
        return NULL;
    }
    return client;
}

void client_free(struct client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    free(client->url);
    free(client->host);
    free(client);
}

char *fill_names(const char *text, struct json_object *saved)
{
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    bool known = true;

    if (!file)
        return NULL;
    for (const char *at = text; *at; at++) {
        const char *end = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;
        char name[64];
        const char *value;

        if (!end) {
            fputc(*at, file);
            continue;
        }
        (void)snprintf(name, sizeof name, "%.*s", (int)(end - at - 2), at + 2);
        value = text_of(saved, name, NULL);
        known = known && value;
        fputs(value ? value : "", file);
        at = end;
    }
    (void)fclose(file);
    if (!known) {
        free(out);
        return NULL;
    }
    return out;
}

/* Percent-encodes what may not stand in a URL; `query` also what ends a value. */
static void put_encoded(FILE *out, const char *text, bool query)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (isalnum(c) || strchr(query ? "-._~" : "-._~/:@!$?=&%,;+*()'", c))
            fputc(c, out);
        else
            fprintf(out, "%%%02X", c);
    }
}

static const char *scalar(struct json_object *value)
{
    if (json_object_is_type(value, json_type_boolean))
        return json_object_get_boolean(value) ? "1" : "0";
    return value ? json_object_get_string(value) : "";
}

static int put_pair(FILE *out, bool *first, const char *name, const char *value, struct json_object *saved)
{
    FREE_WITH(free_text) char *filled = fill_names(value, saved);

    if (!filled)
        return -ENOKEY;
    if (!*first)
        fputc('&', out);
    *first = false;
    put_encoded(out, name, true);
    fputc('=', out);
    put_encoded(out, filled, true);
    return 0;
}

/* name=value&... of the parameters; a list is sent several times. */
static int encode_params(struct json_object *params, struct json_object *saved, char **ret_text)
{
    size_t size = 0;
    bool first = true;
    int r = 0;
    FILE *out = open_memstream(ret_text, &size);

    if (!out)
        return -ENOMEM;
    if (params) {
        json_object_object_foreach(params, name, value)
        {
            if (!json_object_is_type(value, json_type_array)) {
                r = r < 0 ? r : put_pair(out, &first, name, scalar(value), saved);
                continue;
            }
            for (size_t i = 0; i < json_object_array_length(value) && r == 0; i++)
                r = put_pair(out, &first, name, scalar(json_object_array_get_idx(value, i)), saved);
        }
    }
    (void)fclose(out);
    return r;
}

/* ${name}s inside the JSON of the parameters. */
static int json_params(struct json_object *params, struct json_object *saved, char **ret_text)
{
    *ret_text = fill_names(json_object_to_json_string_ext(params, JSON_C_TO_STRING_PLAIN), saved);
    return *ret_text ? 0 : -ENOKEY;
}

static int multipart(struct json_object *params, const char *path, struct json_object *saved, char **ret_text)
{
    size_t size = 0;
    int r = 0;
    FILE *out = open_memstream(ret_text, &size);
    bool upload = strlen(path) > 7 && strcmp(path + strlen(path) - 7, "/upload") == 0;

    if (!out)
        return -ENOMEM;
    json_object_object_foreach(params, name, value)
    {
        FREE_WITH(free_text) char *filled = fill_names(scalar(value), saved);

        if (!filled)
            r = -ENOKEY;
        if (upload && strcmp(name, "filename") == 0)
            fprintf(out,
                    "------recorder\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"%s\"\r\n"
                    "Content-Type: application/octet-stream\r\n\r\niso\r\n",
                    filled ? filled : "");
        else
            fprintf(out, "------recorder\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", name,
                    filled ? filled : "");
    }
    fputs("------recorder--\r\n", out);
    (void)fclose(out);
    return r;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *to)
{
    struct sink *sink = to;
    size_t n = size * count;
    char *grown = sink->size + n > BODY_MAX ? NULL : realloc(sink->bytes, sink->size + n + 1);

    if (!grown)
        return 0;
    memcpy(grown + sink->size, bytes, n);
    sink->bytes = grown;
    sink->size += n;
    grown[sink->size] = 0;
    return n;
}

/* Keeps the text of the last status line. */
static size_t take_header(char *bytes, size_t size, size_t count, void *to)
{
    struct answer *answer = to;
    size_t n = size * count;

    if (n > 13 && memcmp(bytes, "HTTP/1.", 7) == 0) {
        size_t end = n;

        while (end > 13 && (bytes[end - 1] == '\r' || bytes[end - 1] == '\n'))
            end--;
        free(answer->reason);
        answer->reason = strndup(bytes + 13, end - 13);
    }
    return n;
}

/* The Authorization header for a name of the recording (owned); NULL: none. */
static char *authorization(struct client *client, const char *as)
{
    bool wrong = strcmp(as, "wrong") == 0;
    const char *name = wrong ? "alice-full" : as, *file;
    bool pbs = strcmp(text_of(client->ready, "kind", ""), "pbs") == 0;
    char token[400] = "", *header = NULL;
    FILE *in;

    if (strcmp(as, "none") == 0)
        return NULL;
    file = text_of(member(client->ready, "tokens"), name, NULL);
    in = file ? fopen(file, "re") : NULL;
    if (!in)
        return NULL;
    if (fgets(token, sizeof token, in))
        token[strcspn(token, "\r\n")] = 0;
    (void)fclose(in);
    if (wrong && strchr(token, pbs ? ':' : '='))
        (void)snprintf(strchr(token, pbs ? ':' : '=') + 1, sizeof WRONG_SECRET, "%s", WRONG_SECRET);
    if (asprintf(&header, "Authorization: %sAPIToken=%s", pbs ? "PBS" : "PVE", token) < 0)
        return NULL;
    return header;
}

static int perform(struct client *client, const char *method, const char *url, struct curl_slist *headers,
                   const char *body, struct answer *answer)
{
    struct sink sink = {0};
    long status = 0;
    CURLcode r;

    curl_easy_reset(client->curl);
    (void)curl_easy_setopt(client->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(client->curl, CURLOPT_CAINFO, text_of(client->ready, "ca_file", ""));
    (void)curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, TIMEOUT_S);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(client->curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &sink);
    (void)curl_easy_setopt(client->curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(client->curl, CURLOPT_HEADERDATA, answer);
    if (body) {
        (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
        (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    }
    if (strcmp(method, "HEAD") == 0)
        (void)curl_easy_setopt(client->curl, CURLOPT_NOBODY, 1L);
    (void)curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    r = curl_easy_perform(client->curl);
    if (r != CURLE_OK) {
        fprintf(stderr, "oracle-replay: %s %s: %s\n", method, url, curl_easy_strerror(r));
        free(sink.bytes);
        return -EIO;
    }
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    answer->body = sink.bytes ? sink.bytes : strdup("");
    answer->root = answer->body && *answer->body == '{' ? json_tokener_parse(answer->body) : NULL;
    return 0;
}

/* The body in the recorded encoding, and its content type; *ret_body stays NULL without one. */
static int make_body(struct json_object *exchange, struct json_object *saved, char **ret_body,
                     const char **ret_type)
{
    const char *method = text_of(exchange, "method", "GET"), *enc = text_of(exchange, "enc", "");
    struct json_object *params = member(exchange, "params");
    bool has_body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;

    if (member(exchange, "request_body")) {
        *ret_body = fill_names(text_of(exchange, "request_body", ""), saved);
        return *ret_body ? 0 : -ENOKEY;
    }
    if (strcmp(enc, "query") == 0 || (!has_body && strcmp(enc, "form") != 0 && strcmp(enc, "json") != 0))
        return 0;
    if (!params || json_object_object_length(params) == 0)
        return 0;
    if (strcmp(enc, "json") == 0) {
        *ret_type = "Content-Type: application/json";
        return json_params(params, saved, ret_body);
    }
    if (strcmp(enc, "multipart") == 0) {
        *ret_type = "Content-Type: multipart/form-data; boundary=----recorder";
        return multipart(params, text_of(exchange, "path", ""), saved, ret_body);
    }
    *ret_type = "Content-Type: application/x-www-form-urlencoded";
    return encode_params(params, saved, ret_body);
}

static int make_url(struct client *client, struct json_object *exchange, struct json_object *saved,
                    bool in_query, char **ret_url)
{
    FREE_WITH(free_text) char *path = fill_names(text_of(exchange, "path", ""), saved);
    FREE_WITH(free_text) char *query = NULL;
    bool absolute = path && strncmp(path, "abs:", 4) == 0;
    size_t size = 0;
    FILE *out;
    int r;

    if (!path)
        return -ENOKEY;
    if (in_query) {
        r = encode_params(member(exchange, "params"), saved, &query);
        if (r < 0)
            return r;
    }
    out = open_memstream(ret_url, &size);
    if (!out)
        return -ENOMEM;
    fputs(absolute ? client->host : client->url, out);
    put_encoded(out, absolute ? path + 4 : path, false);
    if (query && *query)
        fprintf(out, "%c%s", strchr(path, '?') ? '&' : '?', query);
    return fclose(out) == 0 ? 0 : -ENOMEM;
}

/* Recorded headers replace those that would be sent by themselves. */
static int add_headers(struct json_object *exchange, struct json_object *saved, struct curl_slist **headers,
                       bool *ret_type, bool *ret_auth)
{
    struct json_object *given = member(exchange, "request_headers");

    if (!given)
        return 0;
    json_object_object_foreach(given, name, value)
    {
        FREE_WITH(free_text) char *filled = fill_names(scalar(value), saved);
        FREE_WITH(free_text) char *line = NULL;

        if (!filled)
            return -ENOKEY;
        if (asprintf(&line, "%s: %s", name, filled) < 0)
            return -ENOMEM;
        *headers = curl_slist_append(*headers, line);
        *ret_type = *ret_type || strcasecmp(name, "content-type") == 0;
        *ret_auth = *ret_auth || strcasecmp(name, "authorization") == 0;
    }
    return 0;
}

int client_send(struct client *client, struct json_object *exchange, struct json_object *saved,
                struct answer *answer)
{
    FREE_WITH(free_text) char *body = NULL;
    FREE_WITH(free_text) char *url = NULL;
    FREE_WITH(free_text) char *auth = NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    const char *type = NULL;
    bool has_type = false, has_auth = false;
    int r = make_body(exchange, saved, &body, &type);

    if (r == 0)
        r = make_url(client, exchange, saved, !body || member(exchange, "request_body"), &url);
    if (r == 0)
        r = add_headers(exchange, saved, &headers, &has_type, &has_auth);
    if (r == 0) {
        auth = authorization(client, text_of(exchange, "as", "none"));
        if (auth && !has_auth)
            headers = curl_slist_append(headers, auth);
        if (body && !has_type)
            headers = curl_slist_append(headers, type ? type : "Content-Type:");
        r = perform(client, text_of(exchange, "method", "GET"), url, headers, body, answer);
    }
    curl_slist_free_all(headers);
    return r;
}

int client_get(struct client *client, const char *path, struct answer *answer)
{
    FREE_WITH(free_text) char *auth = authorization(client, "root");
    FREE_WITH(free_text) char *url = NULL;
    struct curl_slist *headers = curl_slist_append(NULL, auth ? auth : "Expect:");
    size_t size = 0;
    FILE *out = open_memstream(&url, &size);
    int r = -ENOMEM;

    if (out) {
        fputs(client->url, out);
        put_encoded(out, path, false);
        if (fclose(out) == 0)
            r = perform(client, "GET", url, headers, NULL, answer);
    }
    curl_slist_free_all(headers);
    return r;
}
