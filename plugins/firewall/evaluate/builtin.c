/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that stand before the rules: neighbour discovery, the blacklist, smurfs, TCP flags. */
#include <string.h>

#include "internal.h"

#define NDP_FIRST    133 /* router solicitation */
#define NDP_RADV     134 /* router advertisement */
#define NDP_LAST     136 /* neighbour advertisement */
#define OPTION_DOUBT "an option that was not read decides"

bool fw_walk_ndp(struct fw_walk *walk, const struct fw_options *options, bool radv)
{
    const struct fw_packet *packet = walk->packet;
    enum fw_tri kind = FW_NO;

    if (walk->family != 1 || packet->proto != 58)
        return false;
    if (packet->icmp_type < 0)
        kind = FW_MAYBE;
    else if (packet->icmp_type >= NDP_FIRST && packet->icmp_type <= NDP_LAST)
        kind = packet->icmp_type != NDP_RADV || walk->direction == FW_IN || radv ? FW_YES : FW_NO;
    if (!fw_decide(walk, fw_and((enum fw_tri)options->ndp, kind), FW_ACCEPT, fw_by_builtin("ndp"),
                   OPTION_DOUBT))
        return false;
    if (walk->at_guest && walk->direction == FW_OUT)
        walk->mark = FW_YES;
    return true;
}

/* Of the host, and of every NIC with the firewall flag; the host's options say which. */
bool fw_walk_input_filters(struct fw_walk *walk)
{
    const struct fw_model *model = walk->model;
    const struct fw_packet *packet = walk->packet;
    const struct fw_options *options = &model->host.options;
    const struct fw_set *blacklist = fw_set_find(model->cluster.sets, model->cluster.set_count, "blacklist");
    static const uint8_t none[4] = {0, 0, 0, 0};
    enum fw_tri listed = blacklist                  ? fw_set_has(blacklist, &packet->source)
                         : model->cluster.sets_read ? FW_NO
                                                    : FW_MAYBE;
    bool smurf = walk->family == 0 && memcmp(packet->source.bytes, none, sizeof(none)) != 0 &&
                 (packet->source_cast == FW_BROADCAST || (packet->source.bytes[0] & 0xf0) == 0xe0);

    if (fw_decide(walk, listed, FW_DROP, fw_by_builtin("blacklist"), "the IP set blacklist was not read"))
        return true;
    if (fw_decide(walk, fw_and((enum fw_tri)options->nosmurfs, smurf ? FW_YES : FW_NO), FW_DROP,
                  fw_by_builtin("smurfs"), OPTION_DOUBT))
        return true;
    enum fw_tri flags = packet->proto != 6   ? FW_NO
                        : packet->sport < 0  ? FW_NO
                        : packet->sport == 0 ? FW_YES
                                             : FW_NO;
    return fw_decide(walk, fw_and((enum fw_tri)options->tcpflags, flags), FW_DROP, fw_by_builtin("tcpflags"),
                     OPTION_DOUBT);
}
