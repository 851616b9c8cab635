/* SPDX-License-Identifier: Apache-2.0 */
/* Default policies, and the filter for noise that DROP and REJECT begin with. */
#include "internal.h"

#define ICMP4 1
#define TCP   6
#define UDP   17
#define ICMP6 58

enum noise_action { NOISE_ACCEPT, NOISE_DROP, NOISE_REJECT, NOISE_SMB /* as the policy */ };

/* In order. An ICMP type stands in `first`, its codes in `last`: 255 is any. */
static const struct noise {
    uint8_t family; /* 0: both */
    uint8_t proto;
    uint16_t first, last;               /* destination ports */
    uint16_t source_first, source_last; /* 0, 65535: any */
    enum noise_action action;
} noises[] = {
    {4, ICMP4, 3, 4, 0, 65535, NOISE_ACCEPT},    /* fragmentation needed */
    {4, ICMP4, 11, 255, 0, 65535, NOISE_ACCEPT}, /* time exceeded */
    {6, ICMP6, 1, 255, 0, 65535, NOISE_ACCEPT},  /* destination unreachable */
    {6, ICMP6, 3, 255, 0, 65535, NOISE_ACCEPT},  /* time exceeded */
    {6, ICMP6, 2, 255, 0, 65535, NOISE_ACCEPT},  /* packet too big */
    {0, UDP, 135, 135, 0, 65535, NOISE_SMB},     {0, UDP, 445, 445, 0, 65535, NOISE_SMB},
    {0, UDP, 137, 139, 0, 65535, NOISE_SMB},     {0, UDP, 1024, 65535, 137, 137, NOISE_SMB},
    {0, TCP, 135, 135, 0, 65535, NOISE_SMB},     {0, TCP, 139, 139, 0, 65535, NOISE_SMB},
    {0, TCP, 445, 445, 0, 65535, NOISE_SMB},     {0, UDP, 1900, 1900, 0, 65535, NOISE_DROP},
    {0, UDP, 0, 65535, 53, 53, NOISE_DROP},
};

static enum fw_tri match_noise(const struct noise *noise, const struct fw_packet *packet)
{
    if ((noise->family && noise->family != packet->source.family) || noise->proto != packet->proto)
        return FW_NO;
    if (noise->proto == ICMP4 || noise->proto == ICMP6) {
        enum fw_tri type = fw_port_in(packet->icmp_type, noise->first, noise->first);

        return noise->last == 255 ? type
                                  : fw_and(type, fw_port_in(packet->icmp_code, noise->last, noise->last));
    }
    return fw_and(fw_port_in(packet->dport, noise->first, noise->last),
                  fw_port_in(packet->sport, noise->source_first, noise->source_last));
}

static bool is_spread(const struct fw_packet *packet)
{
    if (packet->dest.family == 6)
        return packet->dest.bytes[0] == 0xff;
    return packet->dest_cast != FW_UNICAST || (packet->dest.bytes[0] & 0xf0) == 0xe0;
}

static bool walk_noise(struct fw_walk *walk, enum fw_verdict policy, struct fw_by by)
{
    const struct fw_packet *packet = walk->packet;
    const struct noise whois = {6, TCP, 43, 43, 0, 65535, NOISE_REJECT};
    const char *doubt = "the noise filter may take it";

    if (fw_decide(walk, match_noise(&whois, packet), FW_REJECT, by, doubt))
        return true;
    if (fw_decide(walk, is_spread(packet) ? FW_YES : FW_NO, FW_DROP, by, doubt))
        return true;
    for (size_t i = 0; i < sizeof(noises) / sizeof(noises[0]); i++) {
        enum fw_verdict verdict = noises[i].action == NOISE_ACCEPT ? FW_ACCEPT : FW_DROP;

        if (noises[i].action == NOISE_SMB && policy == FW_REJECT)
            verdict = fw_rejected(packet);
        if (fw_decide(walk, match_noise(&noises[i], packet), verdict, by, doubt))
            return true;
    }
    return false;
}

/* Always decides; true. */
bool fw_walk_policy(struct fw_walk *walk, unsigned policies)
{
    struct fw_by by = {.kind = FW_BY_POLICY};

    if (policies != FW_ACCEPT && policies != FW_DROP && policies != FW_REJECT) {
        fw_reason(walk, "the default policy was not read");
        walk->maybe |= FW_ANY;
        policies = FW_DROP;
    }
    by.word = fw_verdict_word((enum fw_verdict)policies);
    if (policies == FW_ACCEPT) {
        if (walk->at_guest && walk->direction == FW_OUT)
            walk->mark = FW_YES;
        return fw_decide(walk, FW_YES, FW_ACCEPT, by, "");
    }
    walk->noise = walk_noise(walk, (enum fw_verdict)policies, by);
    if (walk->noise)
        return true;
    return fw_decide(walk, FW_YES, policies == FW_REJECT ? fw_rejected(walk->packet) : FW_DROP, by, "");
}
