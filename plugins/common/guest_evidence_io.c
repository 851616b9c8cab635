/* SPDX-License-Identifier: Apache-2.0 */
/* What all processes inside of a guest read and wrote. */
#include "guest_evidence.h"

#include <math.h>

/* "/proc/./77/io:read_bytes:": 77; 0: no such word. */
static uint32_t pid_of(struct piece word)
{
    static const char before[] = "/proc/./";
    struct piece digits = {word.text + sizeof(before) - 1, 0};

    if (!piece_begins(word, before))
        return 0;
    while (digits.len < word.len - (sizeof(before) - 1) && digits.text[digits.len] != '/')
        digits.len++;
    const double pid = piece_number(digits);
    return pid >= 1 && pid < 4194304.5 ? (uint32_t)pid : 0;
}

uint32_t evidence_io_read(const char *text, size_t len, struct evidence_io *ret, uint32_t most)
{
    struct piece left = {text, len < EVIDENCE_TEXT_MOST ? len : EVIDENCE_TEXT_MOST}, line, word, number;
    uint32_t count = 0;

    while (piece_line(&left, &line)) {
        if (!piece_word(&line, &word) || !piece_word(&line, &number))
            continue;
        const uint32_t pid = pid_of(word);
        const double bytes = piece_number(number);
        if (!pid || isnan(bytes) || bytes < 0)
            continue;
        if (count && ret[count - 1].pid == pid) { /* its two lines are beside each other */
            ret[count - 1].bytes += bytes;
            continue;
        }
        if (count == most)
            break;
        ret[count++] = (struct evidence_io){pid, bytes};
    }
    return count;
}

uint32_t evidence_io_moved(const struct evidence_io *before, uint32_t before_count, struct evidence_io *after,
                           uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0, k = 0; i < count; i++) {
        /* Both come in the folder's order: mostly the next one is it. */
        uint32_t tries = 0;
        while (tries < before_count && before[k % before_count].pid != after[i].pid) {
            k++;
            tries++;
        }
        if (!before_count || tries == before_count)
            continue;
        after[kept++] = (struct evidence_io){after[i].pid, after[i].bytes - before[k % before_count].bytes};
    }
    return kept;
}
