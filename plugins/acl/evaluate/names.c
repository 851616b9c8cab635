/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of names and paths. Letters and digits are those of ASCII, whatever the locale. */
#include <errno.h>
#include <string.h>

#include "inner.h"

#define USER_ID_LEAST 3u
#define USER_ID_MOST  64u
#define POOL_DEPTH    3u

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool plain(char c)
{
    return letter(c) || digit(c) || c == '.' || c == '-' || c == '_';
}

static bool all_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!plain(text[i]))
            return false;
    }
    return length > 0;
}

bool name_plain(const char *name)
{
    return all_plain(name, strlen(name));
}

bool name_number(const char *text)
{
    const size_t length = strlen(text);

    return length > 0 && strspn(text, "0123456789") == length;
}

bool name_pool(const char *name)
{
    uint32_t depth = 1;

    for (;; depth++) {
        const size_t length = strcspn(name, "/");

        if (depth > POOL_DEPTH || !all_plain(name, length))
            return false;
        if (!name[length])
            return true;
        name += length + 1;
    }
}

bool name_storage(const char *name)
{
    const size_t length = strlen(name);

    return length >= 2 && letter(name[0]) && all_plain(name, length) &&
           (letter(name[length - 1]) || digit(name[length - 1]));
}

/* The form of realms and of the names of tokens: a letter and at least one more. */
static bool realm(const char *text, size_t length)
{
    return length >= 2 && letter(text[0]) && all_plain(text, length);
}

/* What stands before the realm's @: anything but blanks, colons and slashes. */
static bool user_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr(" \t\n\r\f\v:/", text[i]))
            return false;
    }
    return length > 0;
}

static const char *last_of(const char *text, size_t length, char c)
{
    while (length > 0) {
        if (text[--length] == c)
            return text + length;
    }
    return NULL;
}

static bool user_id(const char *text, size_t length)
{
    const char *at = last_of(text, length, '@');

    return at && user_name(text, (size_t)(at - text)) && realm(at + 1, length - (size_t)(at - text) - 1);
}

uint32_t acl_id_kind(const char *id)
{
    const size_t length = strlen(id);
    const char *bang = last_of(id, length, '!');

    if (user_id(id, length))
        return length >= USER_ID_LEAST && length <= USER_ID_MOST ? ACL_ID_USER : ACL_ID_BAD;
    if (bang && realm(bang + 1, length - (size_t)(bang - id) - 1) && user_id(id, (size_t)(bang - id)))
        return ACL_ID_TOKEN;
    return ACL_ID_BAD;
}

int acl_path_normal(const char *path, char *ret, size_t size)
{
    const size_t length = strlen(path);
    size_t used = 0;

    if (length == 0 || strcmp(path, "0") == 0)
        return -EINVAL;
    for (size_t i = 0; i < length; i++) {
        if (path[i] != '/' && !plain(path[i]))
            return -EINVAL;
    }
    if (size < 2)
        return -ENOSPC;
    /* What is left as 0 once its last slash is gone counts as nothing, and nothing is the root. */
    if (path[0] == '0' && path[1 + strspn(path + 1, "/")] == '\0')
        path = "/";
    for (;;) {
        size_t element;

        path += strspn(path, "/");
        element = strcspn(path, "/");
        if (element == 0)
            break;
        if (used + element + 2 > size)
            return -ENOSPC;
        ret[used++] = '/';
        memcpy(ret + used, path, element);
        used += element;
        path += element;
    }
    if (used == 0)
        ret[used++] = '/';
    ret[used] = '\0';
    return 0;
}

int path_of_entry(const char *path, char *ret, size_t size)
{
    char normal[ACL_PATH_MOST + 2];
    size_t used = 0;
    int r = acl_path_normal(path, normal, sizeof(normal));

    if (r != 0)
        return r;
    if (size < strlen(normal) + 1)
        return -ENOSPC;
    for (const char *at = normal + 1; *at;) {
        const size_t element = strcspn(at, "/");

        if (!(element == 1 && at[0] == '0')) {
            ret[used++] = '/';
            memcpy(ret + used, at, element);
            used += element;
        }
        at += element + (at[element] == '/');
    }
    if (used == 0)
        ret[used++] = '/';
    ret[used] = '\0';
    return 0;
}
