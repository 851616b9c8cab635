/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small helpers around json-c: reading and setting members by name, places in the tree by path, templates
 * with {names}, digests.
 */
#include "sim.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void sim_freep(char **text)
{
    free(*text);
}

void sim_json_freep(struct json_object **object)
{
    json_object_put(*object);
}

struct json_object *sim_get(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    if (!object || !json_object_is_type(object, json_type_object))
        return NULL;
    return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

const char *sim_str(struct json_object *object, const char *name, const char *def)
{
    struct json_object *value = sim_get(object, name);

    return value ? json_object_get_string(value) : def;
}

int64_t sim_int(struct json_object *object, const char *name, int64_t def)
{
    struct json_object *value = sim_get(object, name);

    return value ? json_object_get_int64(value) : def;
}

double sim_num(struct json_object *object, const char *name, double def)
{
    struct json_object *value = sim_get(object, name);

    return value ? json_object_get_double(value) : def;
}

void sim_set(struct json_object *object, const char *name, struct json_object *value)
{
    json_object_object_add(object, name, value);
}

void sim_set_str(struct json_object *object, const char *name, const char *value)
{
    sim_set(object, name, value ? json_object_new_string(value) : NULL);
}

void sim_set_int(struct json_object *object, const char *name, int64_t value)
{
    sim_set(object, name, json_object_new_int64(value));
}

void sim_set_num(struct json_object *object, const char *name, double value)
{
    sim_set(object, name, json_object_new_double(value));
}

struct json_object *sim_copy(struct json_object *object)
{
    struct json_object *copy = NULL;

    if (!object || json_object_deep_copy(object, &copy, NULL) < 0)
        return NULL;
    return copy;
}

void sim_merge(struct json_object *to, struct json_object *from)
{
    if (!from)
        return;
    json_object_object_foreach(from, name, value)
    {
        sim_set(to, name, sim_copy(value));
    }
}

struct json_object *sim_at(struct json_object *root, const char *path)
{
    struct json_object *here = root;

    while (here && *path == '/') {
        char name[512];
        size_t n = 0;

        for (path++; *path && *path != '/'; path++) {
            char c = *path;

            if (c == '~' && path[1] == '1') {
                c = '/';
                path++;
            }
            if (n + 1 >= sizeof name)
                return NULL;
            name[n++] = c;
        }
        name[n] = 0;
        here = sim_get(here, name);
    }
    return here;
}

struct json_object *sim_atf(struct json_object *root, const char *format, ...)
{
    char path[1024];
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(path, sizeof path, format, ap);
    va_end(ap);
    return n < 0 || (size_t)n >= sizeof path ? NULL : sim_at(root, path);
}

static void put_value(FILE *out, const char *value, const char *escape_slash)
{
    for (; *value; value++) {
        if (*value == '/' && escape_slash)
            fputs(escape_slash, out);
        else
            fputc(*value, out);
    }
}

char *sim_fill(const char *format, struct json_object *params, const char *escape_slash)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (const char *at = format; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        char name[64];

        if (!end || (size_t)(end - at) > sizeof name) {
            fputc(*at, out);
            continue;
        }
        (void)snprintf(name, sizeof name, "%.*s", (int)(end - at - 1), at + 1);
        put_value(out, sim_str(params, name, ""), escape_slash);
        at = end;
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void digest(struct json_object *object, const EVP_MD *kind, int bytes, char *hex)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    if (!text)
        text = "";
    if (EVP_Digest(text, strlen(text), hash, &size, kind, NULL) != 1)
        memset(hash, 0, sizeof hash);
    for (int i = 0; i < bytes; i++)
        (void)snprintf(hex + i * 2, 3, "%02x", hash[i]);
}

void sim_digest(struct json_object *object, char ret_hex[41])
{
    digest(object, EVP_sha1(), 20, ret_hex);
}

void sim_digest_sha256(struct json_object *object, char ret_hex[65])
{
    digest(object, EVP_sha256(), 32, ret_hex);
}

bool sim_word_in(const char *list, const char *separators, const char *word, size_t word_len)
{
    while (*list) {
        size_t n = strcspn(list, separators);

        if (n == word_len && memcmp(list, word, n) == 0)
            return true;
        list += n;
        list += strspn(list, separators);
    }
    return false;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

int sim_parse_uint(const char *text, int base, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (!*text)
        return -EINVAL;
    for (; *text; text++) {
        int d = digit(*text);

        if (d >= base || value > (max - (uint64_t)d) / (uint64_t)base)
            return -EINVAL;
        value = value * (uint64_t)base + (uint64_t)d;
    }
    *ret_value = value;
    return 0;
}
