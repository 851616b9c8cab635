/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms in which Proxmox's tasks say how far they are. Sources: the logs that vzdump, qemu-server,
 * pve-storage, pve-container, vma and proxmox-backup print, by their public documentation and forum posts;
 * none is guessed at.
 */
#include "trust/follow_percent.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define NUMBER_MOST 20 /* characters */
#define AMOUNTS     3

/*
 * A line is of a form when it begins like it. In a form a blank stands for any number of them, $ for the
 * percentage's number, @ for an amount ("1.2 GiB", "12345 bytes", "1,234"), ~ for a word; all else is itself.
 */
static const char *const forms[] = {
    "INFO: $% (@ of @)",          /* vzdump of a virtual machine, to a file or to Backup Server */
    "progress $% (read @,",       /* restore of one; behind it may stand how much of it was zeroes */
    "~: transferred @ of @ ($%)", /* drive mirror: clone and move while running, migration */
    "transferred @ of @ ($%)",    /* clone, move and import while stopped */
    "~: transferred: @ remaining: @ total: @ progression: $ %", /* the same up to version 6 */
    "transferred: @ remaining: @ total: @ progression: $ %",
    "migration active, transferred @ of @ VM-state",                   /* memory of a migration */
    "migration status: active (transferred @, remaining @), total @)", /* the same up to version 6 */
    "($/100%)",                                                        /* qemu-img convert */
    "@ $% ~/s",                                                        /* rsync of a container's files */
    "Removing image: $% complete",                                     /* Ceph RBD: removal of a disk, */
    "Removing snap: $% complete",                                      /* of a snapshot, */
    "Removing all snapshots: $% complete",                             /* of all of them, */
    "Rolling back to snapshot: $% complete",                           /* and the way back to one */
    "percentage done: $%",                                             /* Backup Server: verify, sync */
    "marked $% (",                                                     /* garbage collection, first */
    "processed $% (",                                                  /* and second phase */
};

struct match {
    const char *at;
    double percent; /* negative: none yet */
    double amounts[AMOUNTS];
    size_t count;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with at most one point; commas between digits only where they are allowed. */
static bool take_number(struct match *m, bool commas, double *ret)
{
    double value = 0, scale = 0;
    const char *c = m->at;

    if (!is_digit(*c))
        return false;
    for (; is_digit(*c) || (*c == '.' && scale == 0.0 && is_digit(c[1])) ||
           (commas && *c == ',' && is_digit(c[1]));
         c++) {
        if (c - m->at >= NUMBER_MOST)
            return false;
        if (*c == ',')
            continue;
        if (*c == '.') {
            scale = 1;
        } else if (scale > 0) {
            scale /= 10;
            value += scale * (*c - '0');
        } else {
            value = value * 10 + (*c - '0');
        }
    }
    m->at = c;
    *ret = value;
    return *c != '.';
}

/* The unit behind a number, if there is one; all of a line count alike, in powers of 1024. */
static double take_unit(struct match *m)
{
    static const char letters[] = "KMGTPE";
    const char *c = m->at;
    double factor = 1;

    while (*c == ' ')
        c++;
    if (strncmp(c, "bytes", 5) == 0) {
        m->at = c + 5;
        return 1;
    }
    if (strncmp(c, "B", 1) == 0 && (c[1] == ' ' || c[1] == ')' || c[1] == ',' || !c[1])) {
        m->at = c + 1;
        return 1;
    }
    const char *letter = *c ? strchr(letters, *c == 'k' ? 'K' : *c) : NULL;
    if (!letter)
        return 1;
    const size_t len = c[1] == 'i' && c[2] == 'B' ? 3 : c[1] == 'B' ? 2 : 1;
    if ((c[len] >= 'a' && c[len] <= 'z') || (c[len] >= 'A' && c[len] <= 'Z'))
        return 1;
    for (const char *l = letters; l <= letter; l++)
        factor *= 1024;
    m->at = c + len;
    return factor;
}

static bool take_amount(struct match *m)
{
    double value;

    if (m->count >= AMOUNTS || !take_number(m, true, &value))
        return false;
    m->amounts[m->count++] = value * take_unit(m);
    return true;
}

static bool take_word(struct match *m)
{
    const char *from = m->at;

    while (*m->at && *m->at != ' ' && *m->at != ':' && *m->at != '/')
        m->at++;
    return m->at > from;
}

static bool take(struct match *m, char what)
{
    switch (what) {
    case ' ':
        while (*m->at == ' ')
            m->at++;
        return true;
    case '$': return take_number(m, false, &m->percent);
    case '@': return take_amount(m);
    case '~': return take_word(m);
    default: return *m->at++ == what;
    }
}

static bool matches(struct match *m, const char *form)
{
    for (; *form; form++) {
        if (!*m->at && *form != ' ')
            return false;
        if (!take(m, *form))
            return false;
    }
    return true;
}

/* Migrations and Backup Server put the time before a line: "2026-01-02 03:04:05 ",
 * "2026-01-02T03:04:05+00:00: ". */
static const char *behind_time(const char *line)
{
    static const char form[] = "0000-00-00 00:00:00";
    size_t i = 0;

    for (; form[i]; i++) {
        const bool fits = form[i] == '0'   ? is_digit(line[i])
                          : form[i] == ' ' ? line[i] == ' ' || line[i] == 'T'
                                           : line[i] == form[i];
        if (!fits)
            return line;
    }
    while (line[i] && line[i] != ' ')
        i++;
    return line + i;
}

double follow_percent(const char *line)
{
    line = behind_time(line);
    while (*line == ' ' || *line == '\t')
        line++;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct match m = {.at = line, .percent = -1};

        if (!matches(&m, forms[i]))
            continue;
        if (m.percent >= 0)
            return m.percent <= 100 ? m.percent : -1;
        const double all = m.amounts[m.count - 1];
        if (all <= 0)
            return -1;
        /* What changes meanwhile is sent again: more than all is not the end. */
        const double percent = 100 * (m.amounts[0] / all);
        return percent < 99 ? percent : 99;
    }
    return -1;
}
