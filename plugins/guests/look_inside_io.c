/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes read and write disks: /proc/PID/io of all of them, twice. Source: proc(5). */
#include "look_inside.h"

#include <math.h>
#include <time.h>

#define PROCESSES_MOST 4096u
#define HOGS_MOST      5u
#define MIB            1048576.0

/* The name of a process in what ps says; len 0: not there. */
static struct piece name_of(const char *list, uint32_t pid)
{
    struct piece left = {list, strlen(list)}, line, word[7];

    while (piece_line(&left, &line)) {
        uint32_t n = 0;
        while (n < 7 && piece_word(&line, &word[n]))
            n++;
        if (n == 7 && piece_number(word[0]) == (double)pid)
            return word[6];
    }
    return (struct piece){"", 0};
}

static void judge(struct diagnosis *d, struct evidence_io *moved, uint32_t count, double span,
                  const char *list)
{
    for (uint32_t told = 0; told < HOGS_MOST && told < count; told++) {
        uint32_t most = told;
        char what[80];
        for (uint32_t i = told; i < count; i++)
            most = moved[i].bytes > moved[most].bytes ? i : most;
        const struct evidence_io hog = moved[most];
        moved[most] = moved[told];
        const struct piece name = name_of(list, hog.pid);
        (void)snprintf(what, sizeof(what), "process %u%s%.*s%s", hog.pid, name.len ? " (" : "",
                       (int)(name.len < 40 ? name.len : 40), name.text, name.len ? ")" : "");
        if (!findings_measure(&d->found, PROC_IO, what, hog.bytes / span / MIB,
                              "read and written within %.1f s, measured twice; of %u processes", span, count))
            return;
    }
}

static double seconds_now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* One look. *ret_why: why there is none; NULL: there is. It fails for processes that end meanwhile, so only
 * what it wrote counts. */
static int32_t read_io(struct diagnosis *d, struct evidence_io *ret, uint32_t *ret_count,
                       const char **ret_why)
{
    const struct proximo_field at[] = {FIELD("node", d->node), FIELD("vmid", d->vmid)};
    struct probed probed;
    int32_t r = inside_run(&d->ask, "process_io", at, 2, &probed);

    if (r < 0)
        return r;
    *ret_count = probed.ran ? evidence_io_read(probed.out, strlen(probed.out), ret, PROCESSES_MOST) : 0;
    *ret_why = !probed.ran                 ? probed.why
               : *ret_count                ? NULL
               : probed.exit_status == 127 ? "the guest does not have this command"
                                           : "no process tells it, or this grep does not know these options";
    return PROXIMO_OK;
}

int32_t look_inside_io(struct diagnosis *d, const char *list)
{
    const struct proximo_host *host = d->ask.host;
    struct evidence_io *before = host->alloc(d->ask.call, PROCESSES_MOST * sizeof(*before));
    struct evidence_io *after = host->alloc(d->ask.call, PROCESSES_MOST * sizeof(*after));
    uint32_t counts[2] = {0};
    const char *why = inside_in_time(d) ? NULL : "the time of this call was nearly over";

    if (!before || !after)
        return PROXIMO_ENOMEM;
    int32_t r = why ? PROXIMO_OK : read_io(d, before, &counts[0], &why);
    const double began = seconds_now();
    if (r == PROXIMO_OK && !why && !inside_in_time(d))
        why = "the time of this call was nearly over";
    if (r == PROXIMO_OK && !why) {
        (void)nanosleep(&(struct timespec){1, 0}, NULL);
        r = read_io(d, after, &counts[1], &why);
    }
    const double span = seconds_now() - began;
    if (r < 0)
        return r;
    const uint32_t count = why ? 0 : evidence_io_moved(before, counts[0], after, counts[1]);
    if (count) {
        findings_read(&d->found, FROM_PROCESS_IO);
        judge(d, after, count, span, list);
    } else {
        findings_unread(&d->found, FROM_PROCESS_IO, NULL, why ? why : "no process tells it");
    }
    if (count == PROCESSES_MOST)
        findings_unread(&d->found, FROM_PROCESS_IO, NULL, "more processes than are looked at");
    return PROXIMO_OK;
}
