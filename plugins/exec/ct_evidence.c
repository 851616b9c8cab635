/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes one after another over one connection, and the judge of each. A program that is not there, an
 * old kernel, a container without systemd: unread, and the others go on.
 */
#include "ct_evidence.h"

#include <math.h>
#include <time.h>

#define JOURNAL_LINES 40u
#define MIB           1048576.0

static const uint32_t inside[] = {FROM_PSI_FILES, FROM_CGROUP,       FROM_MEMINFO,   FROM_DF,
                                  FROM_DF_INODES, FROM_FAILED_UNITS, FROM_JOURNAL,   FROM_SOCKETS,
                                  FROM_PROCESSES, FROM_LOADAVG,      FROM_PROCESS_IO};

int32_t ct_evidence_none(struct diagnosis *d, const char *why)
{
    return inside_unread(d, inside, sizeof(inside) / sizeof(inside[0]), why);
}

/* The control group's own file, or the machine's. */
static struct evidence_text pressure(const struct probed *probed, const char *which)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "/sys/fs/cgroup/%s.pressure", which);
    const struct evidence_text part = inside_part(probed->out, name);
    (void)snprintf(name, sizeof(name), "/proc/pressure/%s", which);
    return part.text && part.len ? part : inside_file(probed, name);
}

static void judge_kernel(struct diagnosis *d, const struct probed *probed)
{
    evidence_pressure(&d->found, IN_PSI_CPU, pressure(probed, "cpu"));
    evidence_pressure(&d->found, IN_PSI_IO, pressure(probed, "io"));
    evidence_pressure(&d->found, IN_PSI_MEMORY, pressure(probed, "memory"));
    evidence_cgroup(&d->found, inside_file(probed, "/sys/fs/cgroup/memory.current"),
                    inside_file(probed, "/sys/fs/cgroup/memory.max"),
                    inside_file(probed, "/sys/fs/cgroup/memory.events"));
    evidence_meminfo(&d->found, inside_file(probed, "/proc/meminfo"));
    evidence_load(&d->found, inside_file(probed, "/proc/loadavg"), ((const struct ct_view *)d->own)->cpus);
}

static void judge_journal(struct findings *f, struct evidence_text in)
{
    evidence_journal(f, in, JOURNAL_LINES);
}

/* ---- reads and writes of processes */

uint32_t ct_evidence_pids(const char *text, uint32_t *ret_pids, uint32_t most)
{
    struct piece left = {text, strlen(text)}, line, word;
    uint32_t count = 0;

    while (count < most && piece_line(&left, &line)) {
        if (!piece_word(&line, &word))
            continue;
        const double pid = piece_number(word);
        if (!isnan(pid) && pid >= 1 && pid < 4194304.5)
            ret_pids[count++] = (uint32_t)pid;
    }
    return count;
}

struct process_io {
    uint32_t pids[PROBE_IO_FILES], count;
    double bytes[PROBE_IO_FILES]; /* read and written so far; NAN: not told */
    double at;                    /* seconds */
};

static double seconds_now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int32_t read_io(const struct guest *g, struct process_io *io, const char **ret_why)
{
    static const char *const names[PROBE_IO_FILES] = {"io1", "io2", "io3", "io4", "io5", "io6", "io7", "io8"};
    struct proximo_field fields[PROBE_IO_FILES];
    const char *files[PROBE_IO_FILES];
    struct probed probed;

    for (uint32_t i = 0; i < PROBE_IO_FILES; i++) {
        files[i] = ask_text(&g->ask, "/proc/%u/io", io->pids[i < io->count ? i : 0]);
        if (!files[i])
            return PROXIMO_ENOMEM;
        fields[i] = FIELD(names[i], files[i]);
    }
    int32_t r = probe_run(g, "process_io", fields, PROBE_IO_FILES, &probed);
    io->at = seconds_now();
    *ret_why = probed.ran ? NULL : probed.why;
    for (uint32_t i = 0; r == PROXIMO_OK && i < io->count; i++) {
        double in = 0, out = 0;
        io->bytes[i] =
            evidence_process_io(inside_part(probed.out, files[i]), &in, &out) ? in + out : (double)NAN;
    }
    return r;
}

/* Twice, with a second between: what the busiest processes moved in it. */
static int32_t judge_io(struct diagnosis *d, const struct guest *g, const char *list)
{
    struct process_io before = {0}, after;
    const char *why = NULL;
    uint32_t told = 0;
    int32_t r = PROXIMO_OK;

    before.count = ct_evidence_pids(list, before.pids, PROBE_IO_FILES);
    if (!before.count) {
        findings_unread(&d->found, FROM_PROCESS_IO, NULL, "the processes are not known");
        return PROXIMO_OK;
    }
    after = before;
    r = read_io(g, &before, &why);
    if (r == PROXIMO_OK && !why) {
        (void)nanosleep(&(struct timespec){1, 0}, NULL);
        r = read_io(g, &after, &why);
    }
    if (r < 0)
        return r;
    for (uint32_t i = 0; !why && i < after.count; i++) {
        const double moved = after.bytes[i] - before.bytes[i], span = after.at - before.at;
        char what[40];
        if (isnan(moved) || !(span > 0))
            continue;
        told++;
        (void)snprintf(what, sizeof(what), "process %u", after.pids[i]);
        findings_measure(&d->found, PROC_IO, what, moved / span / MIB,
                         "read and written within %.1f s, measured twice; of the %u busiest processes", span,
                         after.count);
    }
    if (told)
        findings_read(&d->found, FROM_PROCESS_IO);
    else
        findings_unread(&d->found, FROM_PROCESS_IO, NULL, why ? why : "no process tells it");
    return PROXIMO_OK;
}

/* ---- all of it */

int32_t ct_evidence_gather(struct diagnosis *d, struct guest *g)
{
    static const struct inside_command simple[] = {
        {"df_space", FROM_DF, evidence_df},
        {"df_inodes", FROM_DF_INODES, evidence_df_inodes},
        {"failed_units", FROM_FAILED_UNITS, evidence_failed_units},
        {"errors", FROM_JOURNAL, judge_journal},
        {"sockets", FROM_SOCKETS, evidence_sockets},
        {"processes", FROM_PROCESSES, evidence_processes},
    };
    enum { COUNT = sizeof(simple) / sizeof(simple[0]) };
    const struct proximo_field fields[] = {FIELD("node", g->node), FIELD("vmid", g->vmid)};
    const char *processes = "";
    struct probed probed;
    int32_t r = probe_run(g, "kernel", NULL, 0, &probed);

    if (r == PROXIMO_OK && !probed.ran) /* no way in: the others would wait for the same */
        return ct_evidence_none(d, probed.why);
    if (r == PROXIMO_OK)
        judge_kernel(d, &probed);
    if (r == PROXIMO_OK)
        r = inside_gather(d, fields, 2, simple, COUNT, COUNT + 2, &processes);
    return r == PROXIMO_OK ? judge_io(d, g, processes) : r;
}
