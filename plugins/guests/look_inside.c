/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_diagnose inside a machine: fixed commands by its guest agent. Each is a probe whose words stand in the
 * core's own table (core/http/probe_table.c), run by the core in machines alone that
 * planes.guests.look_inside of the configuration names. Source: POST /nodes/{node}/qemu/{vmid}/agent/exec,
 * GET .../agent/exec-status (VM.GuestAgent.Unrestricted, on Proxmox VE 8 VM.Monitor), GET
 * .../agent/get-osinfo.
 */
#include "look_inside.h"

#include "agent.h"

#define JOURNAL_LINES 40u

/* ---- the probes */

#define WORD(text)                                                                                           \
    {                                                                                                        \
        ROW(proximo_field), .name = "command", .value = (text)                                               \
    }
/* Nobody can end a command that an agent has started: it ends itself. */
#define IN_TIME WORD("timeout"), WORD("-k"), WORD("2"), WORD("15")

static const struct proximo_param place[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Node of the machine."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Id of the machine."),
};

static const struct proximo_field kernel[] = {IN_TIME,
                                              WORD("head"),
                                              WORD("-n"),
                                              WORD("400"),
                                              WORD("/proc/loadavg"),
                                              WORD("/proc/meminfo"),
                                              WORD("/proc/vmstat"),
                                              WORD("/proc/pressure/cpu"),
                                              WORD("/proc/pressure/io"),
                                              WORD("/proc/pressure/memory")};
/* Of local file systems: one of a server that is gone would hang. */
static const struct proximo_field inodes[] = {IN_TIME, WORD("df"), WORD("-P"), WORD("-i"), WORD("-l")};
static const struct proximo_field units[] = {
    IN_TIME, WORD("systemctl"), WORD("--failed"), WORD("--no-legend"), WORD("--plain"), WORD("--no-pager")};
static const struct proximo_field journal[] = {
    IN_TIME,    WORD("journalctl"), WORD("-p"),        WORD("err"),        WORD("-n"),
    WORD("40"), WORD("-o"),         WORD("short-iso"), WORD("--no-pager"), WORD("--since=-24h")};
static const struct proximo_field sockets[] = {IN_TIME, WORD("ss"), WORD("-H"), WORD("-tulnp")};
static const struct proximo_field processes[] = {
    IN_TIME, WORD("ps"), WORD("-eo"), WORD("pid,ppid,stat,pcpu,pmem,rss,comm,args"), WORD("--sort=-pcpu")};
/* The file `io` of each process; of no other folder of /proc. */
static const struct proximo_field process_io[] = {IN_TIME,
                                                  WORD("grep"),
                                                  WORD("-r"),
                                                  WORD("-s"),
                                                  WORD("-H"),
                                                  WORD("--include=io"),
                                                  WORD("--exclude-dir=[a-z]*[a-z]"),
                                                  WORD("-e"),
                                                  WORD("^read_bytes"),
                                                  WORD("-e"),
                                                  WORD("^write_bytes"),
                                                  WORD("/proc/.")};

#define PROBE(probe_name, probe_text, probe_fixed)                                                           \
    {                                                                                                        \
        ROW(proximo_probe), .name = (probe_name), .description = (probe_text),                               \
                            .params = PROXIMO_TABLE(place), .method = "POST", .path = AGENT_PATH "exec",     \
                            .fixed = PROXIMO_TABLE(probe_fixed)                                              \
    }

static const struct proximo_probe probes[] = {
    PROBE("kernel", "Load, memory, killed processes and pressure, as the kernel tells them.", kernel),
    PROBE("inodes", "How many inodes are left.", inodes),
    PROBE("failed_units", "Units that failed.", units),
    PROBE("errors", "The newest errors of the journal.", journal),
    PROBE("sockets", "What listens.", sockets),
    PROBE("processes", "The processes, the busiest first.", processes),
    PROBE("process_io", "What the processes read and wrote.", process_io),
};
const struct topic guests_topic_inside = {.probes = PROXIMO_TABLE(probes)};

/* ---- what they say */

static const uint32_t inside[] = {FROM_PSI_FILES, FROM_VMSTAT,       FROM_MEMINFO, FROM_LOADAVG,
                                  FROM_DF_INODES, FROM_FAILED_UNITS, FROM_JOURNAL, FROM_SOCKETS,
                                  FROM_PROCESSES, FROM_PROCESS_IO};

int32_t look_inside_none(struct diagnosis *d, const char *why)
{
    return inside_unread(d, inside, sizeof(inside) / sizeof(inside[0]), why);
}

static void judge_kernel(struct diagnosis *d, const struct probed *probed)
{
    evidence_pressure(&d->found, IN_PSI_CPU, inside_file(probed, "/proc/pressure/cpu"));
    evidence_pressure(&d->found, IN_PSI_IO, inside_file(probed, "/proc/pressure/io"));
    evidence_pressure(&d->found, IN_PSI_MEMORY, inside_file(probed, "/proc/pressure/memory"));
    evidence_vmstat(&d->found, inside_file(probed, "/proc/vmstat"));
    evidence_meminfo(&d->found, inside_file(probed, "/proc/meminfo"));
    evidence_load(&d->found, inside_file(probed, "/proc/loadavg"), ((const struct vm_view *)d->own)->cpus);
}

static void judge_journal(struct findings *f, struct evidence_text in)
{
    evidence_journal(f, in, JOURNAL_LINES);
}

/* The commands are those of Linux, whose kernels tell a version that begins with the number of their build.
 * NULL: it is one. */
static const char *not_linux(struct json_object *system)
{
    const char *version = member_text(system, "kernel-version");

    if (member_is(system, "id", "mswindows"))
        return "its agent says that it runs Windows; the commands are Linux's";
    return version && *version == '#' ? NULL
                                      : "its agent does not say that it runs Linux; the commands are Linux's";
}

/* *ret_why: why no command is run in it; NULL: none. */
static int32_t look_at_system(struct diagnosis *d, const char **ret_why)
{
    const struct proximo_field at[] = {FIELD("node", d->node), FIELD("vmid", d->vmid)};
    const struct proximo_get get = {ROW(proximo_get), .path = AGENT_PATH "get-osinfo", .fields = at,
                                    .field_count = 2};
    struct looked looked;
    int32_t r = ask_look(&d->ask, &get, &looked);

    if (r < 0)
        return r;
    *ret_why = looked.data ? not_linux(member_of(looked.data, "result"))
                           : agent_why(looked.why ? looked.why : "no answer").says;
    json_object_put(looked.data);
    return PROXIMO_OK;
}

int32_t look_inside(struct diagnosis *d)
{
    static const struct inside_command simple[] = {
        {"inodes", FROM_DF_INODES, evidence_df_inodes},
        {"failed_units", FROM_FAILED_UNITS, evidence_failed_units},
        {"errors", FROM_JOURNAL, judge_journal},
        {"sockets", FROM_SOCKETS, evidence_sockets},
        {"processes", FROM_PROCESSES, evidence_processes},
    };
    enum { COUNT = sizeof(simple) / sizeof(simple[0]) };
    const struct proximo_field at[] = {FIELD("node", d->node), FIELD("vmid", d->vmid)};
    const char *list = "", *why = NULL;
    struct probed probed;

    int32_t r = look_at_system(d, &why);
    if (r == PROXIMO_OK && why)
        return look_inside_none(d, why);
    if (r == PROXIMO_OK)
        r = inside_run(&d->ask, "kernel", at, 2, &probed);
    if (r == PROXIMO_OK && !probed.ran) /* no way in: the others would wait for the same */
        return look_inside_none(d, agent_why(probed.why).says);
    if (r == PROXIMO_OK)
        judge_kernel(d, &probed);
    if (r == PROXIMO_OK)
        r = inside_gather(d, at, 2, simple, COUNT, COUNT + 2, &list);
    return r == PROXIMO_OK ? look_inside_io(d, list) : r;
}
