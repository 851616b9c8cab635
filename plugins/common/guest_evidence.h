/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fixed commands say inside of a guest, as findings. The text is the guest's own: it may be anything.
 * Nothing here allocates for it, trusts it or reads beyond EVIDENCE_TEXT_MOST of it. A command that is not
 * there (127), fails, or says something else than it should is unread, never fine. Formats: Linux
 * Documentation/accounting/psi, admin-guide/cgroup-v2, proc(5), POSIX df, systemctl(1), journalctl(1), ss(8),
 * ps(1).
 */
#ifndef PROXIMO_PLUGINS_GUEST_EVIDENCE_H
#define PROXIMO_PLUGINS_GUEST_EVIDENCE_H

#include "findings.h"

#define EVIDENCE_TEXT_MOST (256u * 1024)

/* What a command answered. */
struct evidence_text {
    const char *text; /* NULL: it was not run */
    size_t len;
    int32_t exit_status; /* 0: well */
};

/* cat /proc/pressure/X. check: IN_PSI_CPU, IN_PSI_IO or IN_PSI_MEMORY. */
void evidence_pressure(struct findings *f, uint32_t check, struct evidence_text in);
/* cat memory.current, memory.max, memory.events of the guest's cgroup. */
void evidence_cgroup(struct findings *f, struct evidence_text current, struct evidence_text max,
                     struct evidence_text events);
/* cat /proc/vmstat: processes killed for want of memory in the whole system. */
void evidence_vmstat(struct findings *f, struct evidence_text in);
void evidence_meminfo(struct findings *f, struct evidence_text in);
/* df -P -k, df -P -i */
void evidence_df(struct findings *f, struct evidence_text in);
void evidence_df_inodes(struct findings *f, struct evidence_text in);
/* systemctl --failed --no-legend --plain */
void evidence_failed_units(struct findings *f, struct evidence_text in);
/* journalctl -p err -n N -o short-iso; asked: N */
void evidence_journal(struct findings *f, struct evidence_text in, uint32_t asked);
/* ss -H -tulnp */
void evidence_sockets(struct findings *f, struct evidence_text in);
/* ps -eo pid,ppid,stat,pcpu,pmem,rss,comm,args */
void evidence_processes(struct findings *f, struct evidence_text in);
/* cat /proc/loadavg, or uptime. cpus: that the guest has; 0: not known. */
void evidence_load(struct findings *f, struct evidence_text in, uint32_t cpus);
/* cat /proc/PID/io: bytes read from and written to disks; false: not both are there. */
bool evidence_process_io(struct evidence_text in, double *ret_read, double *ret_written);

/* ---- all processes */

struct evidence_io {
    uint32_t pid;
    double bytes; /* read and written so far */
};
/* Of `grep -r -H ... /proc/.`, "/proc/./77/io:read_bytes: 4096", up to `most` processes, as they come. */
uint32_t evidence_io_read(const char *text, size_t len, struct evidence_io *ret, uint32_t most);
/* What each moved between two looks, in place of `after`; those of only one of them are left out. How many
 * are left. */
uint32_t evidence_io_moved(const struct evidence_io *before, uint32_t before_count, struct evidence_io *after,
                           uint32_t count);

/* ---- for the parsers */

/* A part of the text; len 0 with text NULL: no more. */
struct piece {
    const char *text;
    size_t len;
};
/* The next line of what is left, without its end. */
bool piece_line(struct piece *left, struct piece *ret);
/* The next word of what is left of a line: blanks and tabs lie between. */
bool piece_word(struct piece *left, struct piece *ret);
bool piece_is(struct piece piece, const char *text);
bool piece_begins(struct piece piece, const char *text);
double piece_number(struct piece piece); /* NAN: none */
/* The text if it can be judged: true. False: told as unread. */
bool evidence_open(struct findings *f, uint32_t source, struct evidence_text in, const char *what,
                   struct piece *ret);

#endif
