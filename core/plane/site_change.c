/* SPDX-License-Identifier: Apache-2.0 */
/* The one way a request that changes something leaves a site, for the step runner alone; and who the site's
 * token is. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/site_inner.h"

#define TOKEN_FILE_MOST 512u /* as http/token.c reads it */

int site_change(struct site *site, const struct site_call *call, const char *method, const char *path,
                const struct http_field *fields, size_t field_count, struct site_answer *ret, bool *ret_sent,
                struct problem *ret_refusal, struct problem *p)
{
    struct http_request request = {.method = method,
                                   .path = path,
                                   .fields = fields,
                                   .field_count = field_count,
                                   .deadline_ms = site_deadline(site, call),
                                   .cancel = call->cancel,
                                   .allow_change = true};
    struct http_answer http = {0};
    struct site_answer answer = {0};
    struct problem refusal = PROBLEM_INIT;
    bool sent = false;

    int r = site_client(site, p);
    if (r == 0) {
        atomic_store(&site->used, true);
        r = site->module->request(site->client, &request, &http, &sent, p);
    }
    *ret_sent = sent;
    if (r < 0)
        return r;
    *ret_sent = true;
    site_reached_keep(site, &http);
    if (http.status >= 300)
        (void)http_answer_problem(&http, method, path, &refusal);
    r = site_parse(method, path, true, &http, &answer, p);
    http_answer_done(&http);
    if (r < 0)
        return r;
    *ret = answer;
    *ret_refusal = refusal;
    return 0;
}

/* "USER@REALM!TOKENID" at the beginning of a token's line; its length, or 0. The secret follows a separator
 * that no token id can hold. */
static size_t token_id_length(const char *text, size_t len, char separator)
{
    const char *end = NULL;
    const char *at = memchr(text, '@', len);

    for (size_t i = 0; i < len && !end; i++)
        if (text[i] == '!')
            end = memchr(text + i, separator, len - i);
    if (!at || !end || end < at)
        return 0;
    size_t id = (size_t)(end - text);
    for (size_t i = 0; i < id; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return 0;
    return id;
}

int site_token_id(struct site *site, char ret_id[256], struct problem *p)
{
    const char *file = site->config->token_file;
    char text[TOKEN_FILE_MOST + 2];
    size_t len = 0;
    CLEANUP_FD int fd = -1;

    if (!file) {
        int r = problem_set(p, -ENOENT, PX_SECRET_FILE, "the site %s has no token_file", site->config->name);
        problem_next(p, "add `token_file:` to the site in the configuration");
        return r;
    }
    int r = file_open_secret(file, &fd, p);
    if (r < 0)
        return r;
    while (len < sizeof(text)) {
        ssize_t n = read(fd, text + len, sizeof(text) - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    char separator = site->config->kind == CONFIG_PBS ? ':' : '=';
    size_t id = len < sizeof(text) ? token_id_length(text, len, separator) : 0;
    if (id > 0 && id < 256) {
        memcpy(ret_id, text, id);
        ret_id[id] = '\0';
    } else {
        r = problem_set(p, -EACCES, PX_SECRET_FILE, "the token file %s holds no token", file);
        problem_next(p, "it holds one line: USER@REALM!TOKENID%cSECRET", separator);
    }
    explicit_bzero(text, sizeof(text));
    return r;
}
