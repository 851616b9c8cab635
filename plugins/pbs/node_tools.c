/* SPDX-License-Identifier: Apache-2.0 */
/* The server itself. Sources: GET /version, /nodes/{node}/status. */
#include "pbs.h"

static const struct proximo_column version_columns[] = {
    COLUMN(.name = "version"),
    COLUMN(.name = "release"),
    COLUMN(.name = "repoid"),
};

static const struct proximo_column status_columns[] = {
    COLUMN(.name = "uptime", .unit = "seconds"),
    COLUMN(.name = "cpu", .unit = "fraction"),
    COLUMN(.name = "wait", .unit = "fraction"),
    COLUMN(.name = "loadavg"),
    COLUMN(.name = "cpus", .from = "/cpuinfo/cpus"),
    COLUMN(.name = "cpu_model", .from = "/cpuinfo/model"),
    COLUMN(.name = "memory_total", .from = "/memory/total", .unit = "bytes"),
    COLUMN(.name = "memory_used", .from = "/memory/used", .unit = "bytes"),
    COLUMN(.name = "swap_total", .from = "/swap/total", .unit = "bytes"),
    COLUMN(.name = "swap_used", .from = "/swap/used", .unit = "bytes"),
    COLUMN(.name = "root_total", .from = "/root/total", .unit = "bytes"),
    COLUMN(.name = "root_used", .from = "/root/used", .unit = "bytes"),
    COLUMN(.name = "root_avail", .from = "/root/avail", .unit = "bytes"),
    COLUMN(.name = "kversion"),
    COLUMN(.name = "fingerprint", .from = "/info/fingerprint"),
    COLUMN(.name = "boot_mode", .from = "/boot-info/mode", EXTRA),
    COLUMN(.name = "secureboot", .from = "/boot-info/secureboot", EXTRA),
};
static const struct proximo_need see_status[] = {NEED("/system/status", "Sys.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pbs_version",
     .title = "Version of a Backup Server", .description = "Shows the version of a Backup Server.",
     .path = "/version", .columns = PROXIMO_TABLE(version_columns)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pbs_node_status",
     .title = "State of a Backup Server",
     .description = "Shows the load, memory, root file system, kernel, uptime and certificate fingerprint of "
                    "a Backup Server.",
     .path = "/nodes/" PBS_NODE "/status", .columns = PROXIMO_TABLE(status_columns),
     .needs = PROXIMO_TABLE(see_status)},
};

const struct topic pbs_topic_node = {
    .reads = PROXIMO_TABLE(reads),
};
