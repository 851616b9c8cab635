/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a checkpoint: c2sp.org/tlog-checkpoint. */
#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "ledger/note.h"
#include "ledger/note_inner.h"

#define ROOT_LEN 44u /* base64 of 32 bytes */

void checkpoint_text(const struct crypto_module *crypto, const struct checkpoint *checkpoint, struct buf *out)
{
    char root[ROOT_LEN + 1];

    crypto->base64(checkpoint->root, sizeof checkpoint->root, root);
    buf_printf(out, "%s\n%llu\n%s\n", checkpoint->origin, (unsigned long long)checkpoint->size, root);
}

/* The next line of the text, without its newline; false at the end. */
static bool next_line(const char **at, const char *end, const char **ret, size_t *ret_len)
{
    const char *stop = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (!stop)
        return false;
    *ret = *at;
    *ret_len = (size_t)(stop - *at);
    *at = stop + 1;
    return true;
}

static bool size_read(const char *text, size_t len, uint64_t *ret)
{
    char digits[24];

    if (len == 0 || len >= sizeof digits || (text[0] == '0' && len > 1))
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    return text_to_u64(digits, UINT64_MAX, ret) == 0;
}

static bool root_read(const struct crypto_module *crypto, const char *text, size_t len, unsigned char ret[32])
{
    unsigned char bytes[3 * ROOT_LEN / 4];
    size_t bytes_len = 0;

    if (len != ROOT_LEN || crypto->base64_decode(text, len, bytes, &bytes_len) < 0 || bytes_len != 32)
        return false;
    memcpy(ret, bytes, 32);
    return true;
}

/* What is wrong with it, or NULL. */
static const char *text_read(const struct crypto_module *crypto, const char *note, size_t len,
                             struct checkpoint *ret)
{
    const char *line = NULL, *at = note;
    size_t text = 0, line_len = 0;

    if (!note_split(note, len, &text))
        return "it is no signed note";
    const char *end = note + text;
    if (!next_line(&at, end, &line, &line_len) || !note_name_ok(line, line_len))
        return "its first line is no name of a log";
    memcpy(ret->origin, line, line_len);
    if (!next_line(&at, end, &line, &line_len) || !size_read(line, line_len, &ret->size))
        return "its second line is no number of records";
    if (!next_line(&at, end, &line, &line_len) || !root_read(crypto, line, line_len, ret->root))
        return "its third line is no root hash in base64";
    while (next_line(&at, end, &line, &line_len)) {
        if (line_len == 0)
            return "it has an empty line within";
    }
    return NULL;
}

int checkpoint_parse(const struct crypto_module *crypto, const char *note, size_t len, struct checkpoint *ret,
                     struct problem *p)
{
    struct checkpoint checkpoint = {.size = 0};
    const char *wrong = text_read(crypto, note, len, &checkpoint);

    if (wrong) {
        int r = problem_set(p, -EINVAL, PX_ARG, "this is no checkpoint: %s", wrong);
        problem_next(p, "see that it was copied whole and byte for byte");
        return r;
    }
    *ret = checkpoint;
    return 0;
}
