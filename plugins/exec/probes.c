/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes. Each is one fixed command; what a caller gives is one whole word of it, checked by its
 * parameter's row. A row here is a promise that the command changes nothing: core/trust/risk_command_rows.c,
 * which judges what plans run, knows each of them as a read, and a test compares them.
 */
#include "probes.h"

#define WORD(text)                                                                                           \
    {                                                                                                        \
        ROW(proximo_field), .value = (text)                                                                  \
    }
#define IN_CONTAINER WORD("pct"), WORD("exec"), WORD("{vmid}"), WORD("--")

#define NODE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node", .flags = PROXIMO_PARAM_REQUIRED,    \
          .description = "Node of the container.")
#define VMID_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid", .flags = PROXIMO_PARAM_REQUIRED,    \
          .description = "Id of the container.")

#define IO_PARAM(param_name)                                                                                 \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = (param_name), .flags = PROXIMO_PARAM_REQUIRED, .maximum = 24, \
          .description = "/proc/PID/io")

static const struct proximo_param place[] = {NODE_PARAM, VMID_PARAM};
static const struct proximo_param log_place[] = {
    NODE_PARAM,
    VMID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "unit", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 255,
          .description = "Unit of systemd."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "lines", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 5000, .description = "Lines at most."),
};

static const struct proximo_param io_place[] = {
    NODE_PARAM,      VMID_PARAM,      IO_PARAM("io1"), IO_PARAM("io2"), IO_PARAM("io3"),
    IO_PARAM("io4"), IO_PARAM("io5"), IO_PARAM("io6"), IO_PARAM("io7"), IO_PARAM("io8"),
};

static const struct proximo_field unit_log[] = {IN_CONTAINER,    WORD("journalctl"), WORD("--no-pager"),
                                                WORD("-o"),      WORD("short-iso"),  WORD("-n"),
                                                WORD("{lines}"), WORD("-u"),         WORD("{unit}")};
/* head puts ==> NAME <== before each file, and goes on where one is missing. The control group's pressure is
 * the container's own; /proc/pressure may be that of its node. */
static const struct proximo_field kernel[] = {IN_CONTAINER,
                                              WORD("head"),
                                              WORD("-n"),
                                              WORD("60"),
                                              WORD("/proc/loadavg"),
                                              WORD("/proc/meminfo"),
                                              WORD("/sys/fs/cgroup/cpu.pressure"),
                                              WORD("/sys/fs/cgroup/io.pressure"),
                                              WORD("/sys/fs/cgroup/memory.pressure"),
                                              WORD("/sys/fs/cgroup/memory.current"),
                                              WORD("/sys/fs/cgroup/memory.max"),
                                              WORD("/sys/fs/cgroup/memory.events"),
                                              WORD("/proc/pressure/cpu"),
                                              WORD("/proc/pressure/io"),
                                              WORD("/proc/pressure/memory")};
static const struct proximo_field df_space[] = {IN_CONTAINER, WORD("df"), WORD("-P"), WORD("-k")};
static const struct proximo_field df_inodes[] = {IN_CONTAINER, WORD("df"), WORD("-P"), WORD("-i")};
static const struct proximo_field failed_units[] = {IN_CONTAINER,     WORD("systemctl"),
                                                    WORD("--failed"), WORD("--no-legend"),
                                                    WORD("--plain"),  WORD("--no-pager")};
static const struct proximo_field errors[] = {IN_CONTAINER, WORD("journalctl"), WORD("-p"),
                                              WORD("err"),  WORD("-n"),         WORD("40"),
                                              WORD("-o"),   WORD("short-iso"),  WORD("--no-pager")};
static const struct proximo_field sockets[] = {IN_CONTAINER, WORD("ss"), WORD("-H"), WORD("-tulnp")};
static const struct proximo_field processes[] = {IN_CONTAINER, WORD("ps"), WORD("-eo"),
                                                 WORD("pid,ppid,stat,pcpu,pmem,rss,comm,args"),
                                                 WORD("--sort=-pcpu")};
static const struct proximo_field process_io[] = {IN_CONTAINER,  WORD("head"),  WORD("-n"),    WORD("8"),
                                                  WORD("{io1}"), WORD("{io2}"), WORD("{io3}"), WORD("{io4}"),
                                                  WORD("{io5}"), WORD("{io6}"), WORD("{io7}"), WORD("{io8}")};

#define PROBE(probe_name, probe_text, probe_params, probe_argv)                                              \
    {                                                                                                        \
        ROW(proximo_probe), .name = (probe_name), .description = (probe_text), .executor = EXECUTOR,         \
                            .params = PROXIMO_TABLE(probe_params), .argv = PROXIMO_TABLE(probe_argv)         \
    }

static const struct proximo_probe probes[] = {
    PROBE("unit_log", "The newest lines of a unit's journal.", log_place, unit_log),
    PROBE("kernel", "Load, memory, control group and pressure, as the kernel tells them.", place, kernel),
    PROBE("df_space", "How full the file systems are.", place, df_space),
    PROBE("df_inodes", "How many inodes are left.", place, df_inodes),
    PROBE("failed_units", "Units that failed.", place, failed_units),
    PROBE("errors", "The newest errors of the journal.", place, errors),
    PROBE("sockets", "What listens.", place, sockets),
    PROBE("processes", "The processes, the busiest first.", place, processes),
    PROBE("process_io", "What eight processes read and wrote.", io_place, process_io),
};
const struct topic exec_topic_probes = {.probes = PROXIMO_TABLE(probes)};

int32_t probe_run(const struct guest *g, const char *name, const struct proximo_field *more, uint32_t count,
                  struct probed *ret)
{
    struct proximo_field fields[2 + PROBE_MORE_MOST] = {FIELD("node", g->node), FIELD("vmid", g->vmid)};

    if (count > PROBE_MORE_MOST)
        return PROXIMO_EINVAL;
    if (count)
        memcpy(fields + 2, more, count * sizeof(*more));
    return inside_run(&g->ask, name, fields, count + 2, ret);
}
