/* SPDX-License-Identifier: Apache-2.0 */
/* Reading byte by byte, so that no library keeps a copy of a secret. */
#include "command/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#define KEY_INTERRUPT 0x03 /* Ctrl-C */
#define KEY_END       0x04 /* Ctrl-D */
#define KEY_BACKSPACE 0x08
#define KEY_KILL      0x15 /* Ctrl-U */
#define KEY_DELETE    0x7f

static int from = STDIN_FILENO, to = STDERR_FILENO;

int ask_terminal_only(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return -errno;
    from = to = fd; /* for the rest of the process's life */
    return 0;
}

void ask_keep_private(void)
{
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks from another process */
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

void ask_forget_typed(void)
{
    (void)tcflush(from, TCIFLUSH);
}

void ask_show(const char *text, size_t len)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(3 * len + 16);

    text_clean(&clean, text, len, true);
    if (buf_ok(&clean))
        (void)fd_write_all(to, clean.data, clean.len);
}

void ask_say(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    (void)vdprintf(to, format, ap);
    va_end(ap);
}

/* What the terminal driver does not do while it is mute: editing, end, interruption. 1: handled, 0: an
 * ordinary byte. */
static int control_key(char c, size_t *len)
{
    switch (c) {
    case KEY_INTERRUPT: return -ECANCELED;
    case KEY_END: return *len == 0 ? -ENODATA : 1;
    case KEY_BACKSPACE:
    case KEY_DELETE: *len -= *len > 0; return 1;
    case KEY_KILL: *len = 0; return 1;
    default: return 0;
    }
}

/* One line without its end. `mute`: from a terminal in the state of read_secret(). */
static int read_line(char answer[ASK_SIZE], bool mute)
{
    size_t len = 0;

    for (;;) {
        char c;
        ssize_t n = read(from, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0 && len == 0)
            return -ENODATA;
        if (n == 0 || c == '\n') {
            answer[len] = '\0';
            return 0;
        }
        int key = mute ? control_key(c, &len) : 0;
        if (key < 0)
            return key;
        if (key > 0)
            continue;
        if (len + 1 == ASK_SIZE)
            return -EFBIG;
        answer[len++] = c;
    }
}

/*
 * Without echo, without signals and without the driver's lines: Ctrl-C must end the questions at once, and
 * must not leave the terminal mute.
 */
static int read_secret(char answer[ASK_SIZE])
{
    struct termios before, mute;

    if (tcgetattr(from, &before) < 0)
        return read_line(answer, false); /* a pipe */
    mute = before;
    mute.c_lflag &= ~(tcflag_t)(ECHO | ISIG | ICANON);
    mute.c_cc[VMIN] = 1;
    mute.c_cc[VTIME] = 0;
    if (tcsetattr(from, TCSAFLUSH, &mute) < 0)
        return -errno;
    int r = read_line(answer, true);
    (void)tcsetattr(from, TCSADRAIN, &before);
    ask_say("\n");
    return r;
}

static void trim(char *answer)
{
    size_t len = strlen(answer), lead = strspn(answer, " \t\r");

    while (len > lead && strchr(" \t\r", answer[len - 1]))
        len--;
    memmove(answer, answer + lead, len - lead);
    answer[len - lead] = '\0';
}

static const char *fault(const struct question *q, const char *answer)
{
    if (!*answer)
        return "an answer is needed";
    for (const char *c = answer; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "it has control characters";
    }
    if (!text_is_utf8(answer, strlen(answer)))
        return "it is not UTF-8";
    if (q->choices && !text_in_list(q->choices, answer))
        return q->choices;
    return q->check ? q->check(answer) : NULL;
}

int ask(const struct question *q, char answer[ASK_SIZE])
{
    for (;;) {
        ask_say("%s", q->text);
        if (q->choices)
            ask_say(" (%s)", q->choices);
        if (q->fallback && *q->fallback)
            ask_say(" [%s]", q->fallback);
        ask_say(": ");
        int r = q->secret ? read_secret(answer) : read_line(answer, false);
        if (r < 0)
            return r;
        if (!q->exact)
            trim(answer);
        if (!*answer && q->fallback) {
            (void)snprintf(answer, ASK_SIZE, "%s", q->fallback);
            if (!*answer)
                return 0;
        }
        const char *why = fault(q, answer);
        if (!why)
            return 0;
        ask_say("  That will not do: %s.\n", why);
    }
}

bool ask_yes(const char *text)
{
    char answer[ASK_SIZE];
    bool yes = false;

    if (ask(&(struct question){.text = text, .fallback = "no"}, answer) < 0)
        return false;
    return text_to_bool(answer, &yes) == 0 ? yes : strcmp(answer, "y") == 0;
}
