/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and checking the token file. */
#include "http/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define SECRET_LEAST 16u /* Proxmox's have 36 */

/* Printable ASCII without space; that is all that may ever reach the header. */
static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return false;
    }
    return len > 0;
}

/* One line of plain characters, whose end is taken off *len. NULL, or what is wrong. */
static const char *line_fault(const char *text, size_t *len)
{
    if (*len > 0 && text[*len - 1] == '\n')
        --*len;
    if (*len == 0)
        return "is empty";
    if (*len >= TOKEN_FILE_LIMIT)
        return "is too long for a token";
    if (memchr(text, '\r', *len) != NULL)
        return "has Windows line ends (CR)";
    if (memchr(text, '\n', *len) != NULL)
        return "has more than one line";
    return is_plain(text, *len) ? NULL : "holds a space, a control character or a byte beyond ASCII";
}

const char *token_header_make(const char *text, size_t len, enum config_site_kind kind,
                              char out[TOKEN_HEADER_SIZE])
{
    const char separator = kind == CONFIG_PBS ? ':' : '=';
    const char other = kind == CONFIG_PBS ? '=' : ':';
    const char *fault = line_fault(text, &len);
    if (fault != NULL)
        return fault;

    const char *at = memchr(text, '@', len);
    const char *bang = memrchr(text, '!', len);
    if (at == NULL || bang == NULL || at == text || bang < at + 2)
        return "is not of the form USER@REALM!TOKENID and a secret";
    const size_t rest = len - (size_t)(bang + 1 - text);
    const char *secret = memchr(bang + 1, separator, rest);
    if (secret == NULL)
        return memchr(bang + 1, other, rest) == NULL ? "has no secret behind the token id"
               : kind == CONFIG_PBS                  ? "has '=' before the secret; a Backup Server wants ':'"
                                                     : "has ':' before the secret; Proxmox VE wants '='";
    if (secret == bang + 1 || secret + 1 == text + len)
        return "has an empty token id or secret";
    const int n = snprintf(out, TOKEN_HEADER_SIZE, "Authorization: %s=%.*s",
                           kind == CONFIG_PBS ? "PBSAPIToken" : "PVEAPIToken", (int)len, text);
    return n > 0 && n < (int)TOKEN_HEADER_SIZE ? NULL : "is too long for a token";
}

/* The caller wipes text. */
static int read_secret(const char *file, char text[TOKEN_FILE_LIMIT + 2], size_t *ret_len, struct problem *p)
{
    size_t len = 0;
    CLEANUP_FD int fd = -1;
    int rc = file_open_secret(file, &fd, p);
    if (rc != 0)
        return rc;
    while (len < TOKEN_FILE_LIMIT + 2) {
        const ssize_t n = read(fd, text + len, TOKEN_FILE_LIMIT + 2 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return problem_set(p, -errno, PX_SECRET_FILE, "The token file %s cannot be read.", file);
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret_len = len;
    return 0;
}

int token_header(const char *file, enum config_site_kind kind, char out[TOKEN_HEADER_SIZE], struct problem *p)
{
    char text[TOKEN_FILE_LIMIT + 2];
    size_t len = 0;
    if (file == NULL) {
        problem_set(p, -ENOENT, PX_CONFIG, "The site has no token_file.");
        problem_next(p, "Add `token_file:` to the site in the configuration.");
        return -ENOENT;
    }
    const int rc = read_secret(file, text, &len, p);
    const char *fault = rc != 0 ? NULL : token_header_make(text, len, kind, out);
    explicit_bzero(text, sizeof(text));
    if (fault == NULL)
        return rc;
    problem_set(p, -EACCES, PX_SECRET_FILE, "The token file %s %s.", file, fault);
    problem_next(
        p, "It holds one line: USER@REALM!TOKENID%cSECRET, as Proxmox showed it when the token was made.",
        kind == CONFIG_PBS ? ':' : '=');
    return -EACCES;
}

int token_bearer(const char *file, char out[TOKEN_HEADER_SIZE], struct problem *p)
{
    char text[TOKEN_FILE_LIMIT + 2];
    size_t len = 0;
    const int rc = read_secret(file, text, &len, p);
    const char *fault = rc != 0 ? NULL : line_fault(text, &len);
    if (rc == 0 && fault == NULL)
        (void)snprintf(out, TOKEN_HEADER_SIZE, "Authorization: Bearer %.*s", (int)len, text);
    explicit_bzero(text, sizeof(text));
    if (fault == NULL)
        return rc;
    problem_set(p, -EACCES, PX_SECRET_FILE, "The token file %s %s.", file, fault);
    problem_next(p, "It holds the token alone, on one line.");
    return -EACCES;
}

void token_hide(const char *header, char *bytes, size_t len)
{
    const char *bang = strrchr(header, '!');
    const char *secret = bang != NULL ? strpbrk(bang, ":=") : NULL;
    const size_t size = secret != NULL ? strlen(++secret) : 0;
    char *at;

    if (size < SECRET_LEAST || bytes == NULL)
        return;
    for (char *from = bytes; (at = memmem(from, len - (size_t)(from - bytes), secret, size)) != NULL;
         from = at + size)
        memset(at, '*', size);
}
