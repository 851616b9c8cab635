/* SPDX-License-Identifier: Apache-2.0 */
/* One log line is one write to stderr, so that lines of several threads never mix. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define LINE_SIZE 2048

static atomic_int most = LOG_LEVEL_WARN;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&most, (int)level, memory_order_relaxed);
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"", "error", "warning", "info", "debug"};
    char line[LINE_SIZE];
    va_list ap;

    if ((int)level > atomic_load_explicit(&most, memory_order_relaxed))
        return;
    int head = snprintf(line, sizeof line, "proximo: %s: ", names[level]);
    va_start(ap, format);
    int n = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t len = (size_t)head + (size_t)n;
    if (len > sizeof line - 2)
        len = text_utf8_cut(line, sizeof line - 2);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
    }
    line[len++] = '\n';
    (void)fd_write_all(STDERR_FILENO, line, len);
}
