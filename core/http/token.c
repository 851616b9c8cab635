/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and checking the token file. */
#include "http/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Printable ASCII without space; that is all that may ever reach the header. */
static bool is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return false;
    }
    return len > 0;
}

const char *token_header_make(const char *text, size_t len, enum config_site_kind kind,
                              char out[TOKEN_HEADER_SIZE])
{
    const char separator = kind == CONFIG_PBS ? ':' : '=';
    const char other = kind == CONFIG_PBS ? '=' : ':';
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len == 0)
        return "is empty";
    if (len >= TOKEN_FILE_LIMIT)
        return "is too long for a token";
    if (memchr(text, '\r', len) != NULL)
        return "has Windows line ends (CR)";
    if (memchr(text, '\n', len) != NULL)
        return "has more than one line";
    if (!is_plain(text, len))
        return "holds a space, a control character or a byte beyond ASCII";

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

int token_header(const char *file, enum config_site_kind kind, char out[TOKEN_HEADER_SIZE], struct problem *p)
{
    char text[TOKEN_FILE_LIMIT + 2];
    size_t len = 0;
    CLEANUP_FD int fd = -1;
    if (file == NULL) {
        problem_set(p, -ENOENT, PX_CONFIG, "The site has no token_file.");
        problem_next(p, "Add `token_file:` to the site in the configuration.");
        return -ENOENT;
    }
    int rc = file_open_secret(file, &fd, p);
    if (rc != 0)
        return rc;
    for (;;) {
        const ssize_t n = read(fd, text + len, sizeof(text) - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = -errno;
        if (n <= 0)
            break;
        len += (size_t)n;
        if (len == sizeof(text))
            break;
    }
    const char *fault = rc != 0 ? "cannot be read" : token_header_make(text, len, kind, out);
    explicit_bzero(text, sizeof(text));
    if (fault == NULL)
        return 0;
    problem_set(p, rc != 0 ? rc : -EACCES, PX_SECRET_FILE, "The token file %s %s.", file, fault);
    problem_next(
        p, "It holds one line: USER@REALM!TOKENID%cSECRET, as Proxmox showed it when the token was made.",
        kind == CONFIG_PBS ? ':' : '=');
    return rc != 0 ? rc : -EACCES;
}
