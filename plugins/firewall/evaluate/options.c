/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the cluster, a node, a guest or a VNet, with the defaults that take effect where nothing is set.
 */
#include <string.h>
#include <strings.h>

#include "internal.h"

#define STAMP_SECONDS 60 /* how long a time stamp in the cluster's `enable` counts */

static const struct flag {
    const char *name;
    size_t offset;
    uint8_t otherwise;
} flags[] = {
#define FLAG(member, value)                                                                                  \
    {                                                                                                        \
#member, offsetof(struct fw_options, member), value                                                  \
    }
    FLAG(enable, FW_NO),   FLAG(ndp, FW_YES),  FLAG(nosmurfs, FW_YES), FLAG(tcpflags, FW_NO),
    FLAG(nftables, FW_NO), FLAG(dhcp, FW_YES), FLAG(radv, FW_NO),      FLAG(macfilter, FW_YES),
    FLAG(ipfilter, FW_NO), FLAG(ips, FW_NO),
};

static uint8_t policy(struct json_object *options, const char *key, enum fw_verdict otherwise)
{
    static const enum fw_verdict verdicts[] = {FW_ACCEPT, FW_DROP, FW_REJECT};
    const char *word = fw_text(options, key);

    if (!word)
        return (uint8_t)otherwise;
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (strcasecmp(word, fw_verdict_word(verdicts[i])) == 0)
            return (uint8_t)verdicts[i];
    }
    return FW_ANY;
}

void fw_options_read(struct fw_scope *scope, struct json_object *options, int64_t now)
{
    struct fw_options *own = &scope->options;

    own->read = json_object_is_type(options, json_type_object);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        uint8_t *member = (uint8_t *)own + flags[i].offset;
        int64_t value = fw_number(options, flags[i].name, -1);

        *member = flags[i].otherwise;
        if (!own->read)
            *member = FW_MAYBE;
        else if (value >= 0)
            *member = value ? FW_YES : FW_NO;
        else if (scope->place == FW_HOST && strcmp(flags[i].name, "enable") == 0)
            *member = FW_YES;
    }
    int64_t stamp = fw_number(options, "enable", 0);
    if (scope->place == FW_CLUSTER && stamp > 1 && now > 0 && now - stamp > STAMP_SECONDS)
        own->enable = FW_NO;
    own->policy_in = own->read ? policy(options, "policy_in", FW_DROP) : FW_ANY;
    own->policy_out = own->read ? policy(options, "policy_out", FW_ACCEPT) : FW_ANY;
    own->policy_forward = own->read ? policy(options, "policy_forward", FW_ACCEPT) : FW_ANY;
}
