/* SPDX-License-Identifier: Apache-2.0 */
/* Breaks lines at blanks. */
#include "base/wrap.h"

#include <string.h>

static unsigned columns(const char *text, size_t len)
{
    unsigned count = 0;

    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)text[i] & 0xc0u) != 0x80u; /* not those that continue a character */
    return count;
}

/* How far what follows is indented: below the words of an item, else two more than the line itself. */
static unsigned hanging(const char *line, size_t len)
{
    unsigned indent = 0, mark = 0;

    while (indent < len && line[indent] == ' ')
        indent++;
    while (indent + mark < len && line[indent + mark] >= '0' && line[indent + mark] <= '9')
        mark++;
    if (mark && indent + mark + 1 < len && line[indent + mark] == '.' && line[indent + mark + 1] == ' ')
        return indent + mark + 2;
    return indent + 2; /* "- " as well */
}

static void wrap_line(const char *line, size_t len, unsigned width, struct buf *out)
{
    unsigned hang = hanging(line, len), used = 0, start = 0;
    size_t at = 0;

    if (hang > width / 2)
        hang = 2;
    while (at < len) {
        size_t blanks = 0, word = 0;
        while (at + blanks < len && line[at + blanks] == ' ')
            blanks++;
        while (at + blanks + word < len && line[at + blanks + word] != ' ')
            word++;
        const unsigned wide = columns(line + at + blanks, word);
        if (used > start && used + blanks + wide > width && word) {
            buf_printf(out, "\n%*s", (int)hang, "");
            used = start = hang;
        } else {
            buf_add(out, line + at, blanks);
            used += (unsigned)blanks;
            start = at == 0 ? used : start; /* the indentation is no word */
        }
        buf_add(out, line + at + blanks, word);
        used += wide;
        at += blanks + word;
    }
}

void wrap_text(const char *text, unsigned width, struct buf *out)
{
    while (*text) {
        const size_t len = strcspn(text, "\n");
        wrap_line(text, len, width, out);
        text += len;
        if (*text == '\n') {
            buf_char(out, '\n');
            text++;
        }
    }
}
