/* SPDX-License-Identifier: Apache-2.0 */
#include "marks.h"

#include <string.h>

void marks_init(struct marks *marks, const char *token)
{
    *marks = (struct marks){0};
    memcpy(marks->token, token, MARK_TOKEN);
}

static int32_t emit(struct marks *marks, const char *bytes, uint64_t len, marks_take *take, void *arg)
{
    if (marks->begun)
        return len ? take(arg, bytes, len) : 0;
    /* Not the command's: the last of it is kept. */
    if (len >= sizeof(marks->before)) {
        bytes += len - sizeof(marks->before);
        len = sizeof(marks->before);
    }
    const uint64_t stays =
        marks->before_len + len > sizeof(marks->before) ? sizeof(marks->before) - len : marks->before_len;
    memmove(marks->before, marks->before + (marks->before_len - stays), (size_t)stays);
    memcpy(marks->before + stays, bytes, (size_t)len);
    marks->before_len = (uint32_t)(stays + len);
    return 0;
}

/* Can these bytes, at most MARK_LEN, be the beginning of a mark? */
static bool begins(const struct marks *marks, const char *bytes, uint64_t len)
{
    const uint64_t same = len < MARK_TOKEN ? len : MARK_TOKEN;
    return memcmp(bytes, marks->token, (size_t)same) == 0;
}

static bool read_mark(struct marks *marks, const char *mark)
{
    const char *digits = mark + MARK_TOKEN + 1;
    unsigned number = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        number = number * 10 + (unsigned)(digits[i] - '0');
    }
    if (digits[3] != '\n')
        return false;
    marks->kind = mark[MARK_TOKEN];
    marks->number = number;
    marks->begun = true;
    return true;
}

/* What is held, without its first bytes up to the next that may begin a mark. */
static int32_t let_go(struct marks *marks, marks_take *take, void *arg)
{
    uint32_t n = 1;
    while (n < marks->held_len && !begins(marks, marks->held + n, marks->held_len - n))
        n++;
    int32_t r = emit(marks, marks->held, n, take, arg);
    memmove(marks->held, marks->held + n, marks->held_len - n);
    marks->held_len -= n;
    return r;
}

/* One byte more behind what is held. */
static int32_t step(struct marks *marks, char byte, marks_take *take, void *arg)
{
    int32_t r = 0;
    marks->held[marks->held_len++] = byte;
    while (marks->held_len && r == 0 && !begins(marks, marks->held, marks->held_len))
        r = let_go(marks, take, arg);
    if (r || marks->held_len < MARK_LEN)
        return r;
    if (!read_mark(marks, marks->held))
        return let_go(marks, take, arg);
    marks->held_len = 0;
    return 0;
}

int32_t marks_feed(struct marks *marks, const char *bytes, uint64_t len, marks_take *take, void *arg)
{
    int32_t r = 0;
    while (len && r == 0) {
        if (marks->held_len) {
            r = step(marks, *bytes++, take, arg);
            len--;
            continue;
        }
        /* In one piece up to where a mark begins, or may begin with the last bytes. */
        const char *next = memmem(bytes, (size_t)len, marks->token, MARK_TOKEN);
        uint64_t plain = next ? (uint64_t)(next - bytes) : len < MARK_TOKEN ? 0 : len - (MARK_TOKEN - 1);
        while (!next && plain < len && !begins(marks, bytes + plain, len - plain))
            plain++;
        r = emit(marks, bytes, plain, take, arg);
        bytes += plain;
        len -= plain;
        for (; len && r == 0 && marks->held_len < MARK_TOKEN; len--)
            marks->held[marks->held_len++] = *bytes++;
    }
    return r;
}

int32_t marks_end(struct marks *marks, marks_take *take, void *arg)
{
    int32_t r = emit(marks, marks->held, marks->held_len, take, arg);
    marks->held_len = 0;
    return r;
}
