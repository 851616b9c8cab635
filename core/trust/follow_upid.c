/* SPDX-License-Identifier: Apache-2.0 */
/* What a task is called and what its end says: UPIDs, exit statuses. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "trust/run_inner.h"

#define PARTS_PVE 8u /* UPID NODE PID PSTART START TYPE ID USER, each before a colon */
#define PARTS_PBS 9u /* with the task's number before START */

struct part {
    const char *at;
    size_t len;
};

static bool hex_part(const struct part *part, size_t least, size_t most, uint64_t *ret)
{
    uint64_t value = 0;
    if (part->len < least || part->len > most)
        return false;
    for (size_t i = 0; i < part->len; i++) {
        int digit = text_hex_digit(part->at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    *ret = value;
    return true;
}

/* Printable ASCII without blanks and slashes; Backup Server escapes others in ids as \xNN. */
static bool word_part(const struct part *part, char *ret, size_t size, size_t least)
{
    if (part->len < least || part->len >= size)
        return false;
    for (size_t i = 0; i < part->len; i++) {
        if (part->at[i] <= ' ' || part->at[i] > '~' || part->at[i] == '/')
            return false;
    }
    memcpy(ret, part->at, part->len);
    ret[part->len] = '\0';
    return true;
}

static bool node_part(const struct part *part, char ret[64])
{
    if (!word_part(part, ret, 64, 1) || ret[0] == '.' || ret[0] == '-')
        return false;
    return strspn(ret, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == part->len;
}

int upid_parse(const char *text, size_t len, struct upid *ret)
{
    struct part parts[PARTS_PBS + 1] = {{0}};
    struct upid upid = {0};
    size_t count = 0;
    uint64_t number = 0;
    if (len >= UPID_LIMIT || len == 0 || text[len - 1] != ':')
        return -EINVAL;
    for (size_t at = 0; at < len; count++) {
        const char *end = memchr(text + at, ':', len - at);
        if (count >= PARTS_PBS || !end)
            return -EINVAL;
        parts[count] = (struct part){text + at, (size_t)(end - text) - at};
        at += parts[count].len + 1;
    }
    if (count < PARTS_PVE || parts[0].len != 4 || memcmp(parts[0].at, "UPID", 4) != 0)
        return -EINVAL;
    size_t start = count == PARTS_PBS ? 5 : 4;
    bool good = node_part(&parts[1], upid.node) && hex_part(&parts[2], 8, 8, &number) &&
                hex_part(&parts[3], 8, 9, &upid.pstart) &&
                (start == 4 || hex_part(&parts[4], 8, 16, &number)) &&
                hex_part(&parts[start], 8, 8, &upid.starttime) &&
                word_part(&parts[start + 1], upid.type, sizeof(upid.type), 1) &&
                word_part(&parts[start + 2], upid.id, sizeof(upid.id), 0) &&
                word_part(&parts[start + 3], upid.user, sizeof(upid.user), 1);
    if (!good)
        return -EINVAL;
    *ret = upid;
    return 0;
}

unsigned follow_warnings(const char *exitstatus)
{
    static const char head[] = "WARNINGS: ";
    uint64_t count = 0;
    if (strncmp(exitstatus, head, sizeof(head) - 1) != 0 ||
        text_to_u64(exitstatus + sizeof(head) - 1, 1000000, &count) < 0)
        return 0;
    return (unsigned)count;
}
