/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the usual commands for looking at a Linux system say inside of a VM. The member "inside" of a guest's
 * entry (seeds) has what is not as it should be: oom_kill, load, psi_cpu, psi_io, psi_memory (percent),
 * memory, swap (shares in use), inodes (share in use of /), io_mib (MiB/s that process 812 writes), and by
 * the name of a program what it says instead ("systemctl": "...", {"repeat": "...", "times": N}), how it ends
 * (a number, as the shell would tell it), or null: it is not there.
 */
#include "agent.h"

#include <stdlib.h>
#include <string.h>

/* ---- files of the kernel */

static void put_pressure(FILE *out, struct json_object *inside, const char *which)
{
    char key[24];

    (void)snprintf(key, sizeof key, "psi_%s", which);
    const double some = sim_num(inside, key, 0.0);
    (void)fprintf(out, "\n==> /proc/pressure/%s <==\n", which);
    (void)fprintf(out, "some avg10=%.2f avg60=%.2f avg300=%.2f total=1234567\n", some, some, some / 2);
    (void)fprintf(out, "full avg10=%.2f avg60=%.2f avg300=%.2f total=234567\n", some / 2, some / 2, some / 4);
}

static void put_kernel(FILE *out, const struct sim_guest *guest, struct json_object *inside)
{
    const double load = sim_num(inside, "load", 0.4), total = (double)sim_guest_maxmem(guest) / 1024;
    const double used = sim_num(inside, "memory", 0.4), swap = 2097148,
                 swapped = sim_num(inside, "swap", 0.0);

    (void)fprintf(out, "==> /proc/loadavg <==\n%.2f %.2f %.2f 2/310 4711\n", load, load, load);
    (void)fprintf(out, "\n==> /proc/meminfo <==\nMemTotal:       %.0f kB\nMemFree:        %.0f kB\n", total,
                  total * (1 - used) / 2);
    (void)fprintf(out, "MemAvailable:   %.0f kB\nSwapTotal:      %.0f kB\nSwapFree:       %.0f kB\n",
                  total * (1 - used), swap, swap * (1 - swapped));
    (void)fprintf(out, "\n==> /proc/vmstat <==\nnr_free_pages 182734\npgfault 99118273\noom_kill %lld\n",
                  (long long)sim_int(inside, "oom_kill", 0));
    put_pressure(out, inside, "cpu");
    put_pressure(out, inside, "io");
    put_pressure(out, inside, "memory");
}

/* ---- programs */

static void put_df(FILE *out, const struct sim_guest *guest, struct json_object *inside)
{
    const double inodes = 3276800, used = inodes * sim_num(inside, "inodes", 0.05);

    (void)guest;
    (void)fprintf(out, "Filesystem      Inodes  IUsed   IFree IUse%% Mounted on\n");
    (void)fprintf(out, "udev            500000    400  499600    1%% /dev\n");
    (void)fprintf(out, "/dev/sda1 %.0f %.0f %.0f %.0f%% /\n", inodes, used, inodes - used,
                  used / inodes * 100);
}

static void put_journal(FILE *out, const struct sim_guest *guest, struct json_object *inside)
{
    (void)guest;
    (void)inside;
    (void)fprintf(out, "-- No entries --\n");
}

static void put_sockets(FILE *out, const struct sim_guest *guest, struct json_object *inside)
{
    (void)guest;
    (void)inside;
    (void)fprintf(out, "tcp   LISTEN 0      128        127.0.0.1:25        0.0.0.0:*    "
                       "users:((\"master\",pid=800,fd=13))\n");
}

static void put_processes(FILE *out, const struct sim_guest *guest, struct json_object *inside)
{
    (void)guest;
    (void)inside;
    (void)fprintf(out, "    PID    PPID STAT %%CPU %%MEM   RSS COMMAND         COMMAND\n"
                       "    812       1 Ssl   3.1  4.0 91000 worker          /usr/bin/worker\n"
                       "      1       0 Ss    0.0  0.3 12000 systemd         /sbin/init\n");
}

/* Since an instant of its own: it grows as time goes by. */
static void put_io(FILE *out, const struct sim_guest *guest, struct json_object *inside)
{
    struct timespec now;

    (void)guest;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const double seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    (void)fprintf(out, "/proc/./1/io:read_bytes: 104857600\n/proc/./1/io:write_bytes: 4096\n");
    (void)fprintf(out, "/proc/./812/io:read_bytes: 8192\n/proc/./812/io:write_bytes: %.0f\n",
                  seconds * sim_num(inside, "io_mib", 0) * 1048576);
}

static void put_nothing(FILE *out, const struct sim_guest *guest, struct json_object *inside)
{
    (void)out;
    (void)guest;
    (void)inside;
}

static const struct {
    const char *command;
    void (*put)(FILE *out, const struct sim_guest *guest, struct json_object *inside);
} commands[] = {
    {"head -n 400 /proc/loadavg /proc/meminfo /proc/vmstat /proc/pressure/cpu /proc/pressure/io "
     "/proc/pressure/memory",
     put_kernel},
    {"df -P -i -l", put_df},
    {"systemctl --failed --no-legend --plain --no-pager", put_nothing},
    {"journalctl -p err -n 40 -o short-iso --no-pager --since=-24h", put_journal},
    {"ss -H -tulnp", put_sockets},
    {"ps -eo pid,ppid,stat,pcpu,pmem,rss,comm,args --sort=-pcpu", put_processes},
    {"grep -r -s -H --include=io --exclude-dir=[a-z]*[a-z] -e ^read_bytes -e ^write_bytes /proc/.", put_io},
};

/* ---- one command */

/* The words from `first` on with blanks between. */
static void join(struct json_object *words, size_t first, char *text, size_t size)
{
    size_t len = 0;

    text[0] = 0;
    for (size_t i = first; i < json_object_array_length(words) && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", i > first ? " " : "",
                                json_object_get_string(json_object_array_get_idx(words, i)));
}

/* `timeout -k 2 15 COMMAND`: which word COMMAND is. 0: none. */
static size_t behind_timeout(struct json_object *words)
{
    const char *first = json_object_get_string(json_object_array_get_idx(words, 0));

    return strcmp(first, "timeout") == 0 && json_object_array_length(words) > 4 ? 4 : 0;
}

static struct json_object *ended(int code, const char *out, const char *err)
{
    struct json_object *end = json_object_new_object();

    sim_set(end, "exited", json_object_new_int(1));
    sim_set_int(end, "exitcode", code);
    if (*out)
        sim_set_str(end, "out-data", out);
    if (*err)
        sim_set_str(end, "err-data", err);
    return end;
}

static struct json_object *repeated(struct json_object *said)
{
    const char *piece = sim_str(said, "repeat", "");
    const int64_t times = sim_int(said, "times", 1);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    for (int64_t i = 0; i < times; i++)
        (void)fputs(piece, out);
    (void)fclose(out);
    struct json_object *end = ended(0, text, "");
    free(text);
    return end;
}

/* What is said of the program in the entry; NULL: nothing is. */
static struct json_object *told(struct json_object *inside, const char *program)
{
    struct json_object *said = NULL;
    char text[160];

    if (!inside || !json_object_object_get_ex(inside, program, &said))
        return NULL;
    if (json_object_is_type(said, json_type_string))
        return ended(0, json_object_get_string(said), "");
    if (json_object_is_type(said, json_type_object))
        return repeated(said);
    if (said)
        return ended(json_object_get_int(said), "", "");
    (void)snprintf(text, sizeof text, "timeout: failed to run command '%.60s': No such file or directory\n",
                   program);
    return ended(127, "", text);
}

bool sim_inside_lacks(const struct sim_guest *guest, const char *program)
{
    struct json_object *said = NULL;

    return json_object_object_get_ex(sim_get(guest->entry, "inside"), program, &said) && !said;
}

struct json_object *sim_inside_run(const struct sim_guest *guest, struct json_object *words)
{
    struct json_object *inside = sim_get(guest->entry, "inside"), *end;
    const size_t first = behind_timeout(words);
    char command[512], *text = NULL;
    size_t size = 0;

    if (!first || sim_guest_is_windows(guest))
        return NULL;
    end = told(inside, json_object_get_string(json_object_array_get_idx(words, first)));
    if (end)
        return end;
    join(words, first, command, sizeof command);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].command, command) != 0)
            continue;
        FILE *out = open_memstream(&text, &size);
        if (!out)
            abort();
        commands[i].put(out, guest, inside);
        (void)fclose(out);
        end = ended(0, text, "");
        free(text);
        return end;
    }
    return NULL;
}
