/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of a plan's secret where it is needed: from memory, from its file, or made. A file is read each
 * time and must be what the plan committed to; between two reads nothing of it is in memory. A generated
 * value is random and made by the process that sends it. It is derived from no key: whoever gets hold of
 * plans and the ledger's key later learns no password from them.
 */
#include "trust/secret_source.h"

#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/argument_secret.h"
#include "trust/build.h"

/* 24 + 24 + 8 of them: no I, O, l, o, 0 and 1. */
static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
#define UPPER_END   24u
#define LOWER_END   48u
#define CHARS       (sizeof(alphabet) - 1)
#define BYTE_BOUND  (256u - 256u % CHARS) /* bytes from here on would favour the first characters */
#define CHARS_LEAST 23u                   /* 128 bits */
#define CHARS_MOST  128u

/* ---- made */

static int draw(const struct crypto_module *crypto, size_t chars, char *ret, bool *ret_all_kinds)
{
    bool upper = false, lower = false, digit = false;

    for (size_t i = 0; i < chars;) {
        unsigned char byte = 0;
        if (crypto->random(&byte, 1) < 0)
            return -EIO;
        if (byte >= BYTE_BOUND)
            continue;
        const size_t at = byte % CHARS;
        upper |= at < UPPER_END;
        lower |= at >= UPPER_END && at < LOWER_END;
        digit |= at >= LOWER_END;
        ret[i++] = alphabet[at];
    }
    ret[chars] = '\0';
    *ret_all_kinds = upper && lower && digit;
    return 0;
}

int secret_generate(struct trust *trust, size_t chars, char *ret)
{
    bool all_kinds = false;

    while (!all_kinds) { /* one in fifty is drawn again, for rules that want a digit */
        if (!trust->crypto || draw(trust->crypto, chars, ret, &all_kinds) < 0)
            return -EIO;
    }
    return 0;
}

/* ---- rows of the plan */

static struct json_object *row_find(const struct plan *plan, const char *name)
{
    struct json_object *secrets = NULL;
    const char *other = NULL;

    (void)json_get(plan->root, "secrets", json_type_array, &secrets);
    for (size_t i = 0; secrets && i < json_object_array_length(secrets); i++) {
        struct json_object *row = json_object_array_get_idx(secrets, i);
        if (json_get_string(row, "name", &other, NULL) == 0 && strcmp(name, other) == 0)
            return row;
    }
    return NULL;
}

static int gone(const struct plan *plan, const char *name, struct problem *p)
{
    (void)problem_set(p, -ENOENT, PX_PLAN, "the secret value of '%.64s' of plan %s is not in memory any more",
                      name, plan->id);
    problem_next(
        p,
        "plan again: such values end with the program or the plan's expiry; those from %.64s_file or "
        "%.64s_generate do not",
        name, name);
    return -ENOENT;
}

static int file_value(struct trust *trust, const struct plan *plan, struct json_object *row, struct buf *out,
                      struct problem *p)
{
    const char *name = "", *path = "", *committed = "", *nonce = "";
    char commitment[65];

    (void)json_get_string(row, "name", &name, NULL);
    (void)json_get_string(row, "file", &path, NULL);
    (void)json_get_string(row, "commitment", &committed, NULL);
    (void)json_get_string(plan->root, "nonce", &nonce, NULL);
    int r = secret_file_read(trust->config, path, out, p);
    if (r == 0 && secret_commitment(trust, nonce, name, out->data, out->len, commitment) < 0)
        r = problem_set(p, -EIO, PX_INTERNAL, "a secret could not be compared with its plan");
    if (r < 0)
        return r;
    if (strlen(committed) == 64 && trust->crypto->equal(committed, commitment, 64))
        return 0;
    (void)problem_set(p, -ESTALE, PX_DRIFT,
                      "the file of %.64s has another content than when plan %s was made", name, plan->id);
    problem_next(p, "plan the change again, if the new content is meant");
    return -ESTALE;
}

static void value_done(struct buf *value)
{
    if (value->data)
        explicit_bzero(value->data, value->cap);
    buf_done(value);
}

static int nothing(void *arg, const char *value, size_t len)
{
    (void)arg, (void)value, (void)len;
    return 0;
}

static int source_check(struct trust *trust, const struct plan *plan, struct json_object *row,
                        struct problem *p)
{
    struct buf value = BUF_INIT(SECRET_FILE_LIMIT);
    const char *name = "", *path = NULL;
    int64_t chars = 0;

    (void)json_get_string(row, "name", &name, NULL);
    if (json_get_int(row, "generate", &chars) == 0)
        return 0;
    if (json_get_string(row, "file", &path, NULL) < 0)
        return secret_use(trust, plan->id, name, nothing, NULL) < 0 ? gone(plan, name, p) : 0;
    int r = file_value(trust, plan, row, &value, p);
    value_done(&value);
    return r;
}

int secret_sources_check(struct trust *trust, const struct plan *plan, struct problem *p)
{
    struct json_object *secrets = NULL;
    int r = 0;

    (void)json_get(plan->root, "secrets", json_type_array, &secrets);
    for (size_t i = 0; r == 0 && secrets && i < json_object_array_length(secrets); i++)
        r = source_check(trust, plan, json_object_array_get_idx(secrets, i), p);
    return r;
}

/* ---- where it is sent */

static int made_value(struct trust *trust, const struct plan *plan, const char *name, int64_t chars,
                      struct problem *p)
{
    char value[CHARS_MOST + 1];

    if (secret_use(trust, plan->id, name, nothing, NULL) == 0)
        return 0;
    if (chars < (int64_t)CHARS_LEAST || chars > (int64_t)CHARS_MOST)
        return problem_set(p, -EINVAL, PX_PLAN, "%.64s cannot be generated with this length", name);
    int r = secret_generate(trust, (size_t)chars, value);
    if (r == 0)
        r = secret_keep_once(trust, plan->id, ONCE_GENERATED, name, value, (size_t)chars);
    explicit_bzero(value, sizeof(value));
    return r < 0 ? problem_set(p, r, PX_BUSY, "%.64s could not be generated and kept for the answer", name)
                 : 0;
}

int secret_value(struct trust *trust, const struct plan *plan, const char *name,
                 int (*use)(void *arg, const char *value, size_t len), void *arg, struct problem *p)
{
    struct json_object *row = row_find(plan, name);
    struct buf value = BUF_INIT(SECRET_FILE_LIMIT);
    const char *path = NULL;
    int64_t chars = 0;
    int r = 0;

    if (json_get_string(row, "file", &path, NULL) == 0) {
        r = file_value(trust, plan, row, &value, p);
        if (r == 0 && (r = use(arg, value.data, value.len)) < 0)
            (void)problem_set(p, r, PX_INTERNAL, "no memory for a secret");
        value_done(&value);
        return r;
    }
    if (json_get_int(row, "generate", &chars) == 0)
        r = made_value(trust, plan, name, chars, p);
    if (r < 0)
        return r;
    return secret_use(trust, plan->id, name, use, arg) < 0 ? gone(plan, name, p) : 0;
}
