/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that ask the guest itself: what its agent says, which addresses it has. */
#include "agent.h"

static const struct proximo_param info_params[] = {
    GUEST_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "what", .flags = PROXIMO_PARAM_REQUIRED,
          .choices = "osinfo,interfaces,fsinfo,hostname,users,time",
          .description = "What to ask; time is the guest's clock in seconds since 1970."),
};
static const struct proximo_need info_needs[] = {
    NEED("/vms/{vmid}", AGENT_PRIVILEGE),
};

static const struct proximo_param ips_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest",
          .description = "Only this guest: id or name."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .format = "kind",
          .description = "Only containers (lxc) or machines (qemu)."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",
          .description = "Only running guests of this node."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "pool", .format = "poolid",
          .description = "Only running guests of this pool."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "tag", .maximum = 128,
          .description = "Only running guests with this tag."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "special",
          .description = "true: loopback and link-local addresses as well."),
};
static const struct proximo_column ips_columns[] = {
    COLUMN(.name = "vmid"),
    COLUMN(.name = "name", UNTRUSTED),
    COLUMN(.name = "ips"),
    COLUMN(.name = "state"),
    COLUMN(.name = "why", UNTRUSTED),
    COLUMN(.name = "kind", EXTRA),
    COLUMN(.name = "node", EXTRA),
    COLUMN(.name = "interfaces", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
        .name = "pve_guest_agent_info",
        .title = "Operating system, file systems and users inside",
        .description = "Shows what the agent inside says: operating system, network interfaces, file systems "
                       "with what is "
                       "used, host name, users logged in, or clock. All of it was written inside. Where it "
                       "is stopped, has no "
                       "agent or does not answer, an error says which.",
        .params = PROXIMO_TABLE(info_params),
        .needs = PROXIMO_TABLE(info_needs),
        .read = guests_read_agent_info,
    },
    {
        ROW(proximo_read),
        .name = "pve_guest_ips",
        .title = "IP addresses",
        .description =
            "Lists the IP addresses of one guest, or of all that are up (node, pool, tag and kind narrow it "
            "down), "
            "by the agent inside or by the node. `why` tells for each that could not be asked what "
            "is missing. At most 512 a call; interfaces come with fields.",
        .params = PROXIMO_TABLE(ips_params),
        .columns = PROXIMO_TABLE(ips_columns),
        .count_by = "state",
        .sort_by = "vmid",
        .read = guests_read_ips,
    },
};

const struct topic guests_topic_agent = {
    .reads = PROXIMO_TABLE(reads),
};
