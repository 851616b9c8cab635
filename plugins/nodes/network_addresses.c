/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, and over which interface of a node they are reached. */
#include "network_edit.h"
#include "network_reach.h"

#include <arpa/inet.h>

#define TEXT_MOST 64u
#define DEPTH     8u /* a VLAN on a bridge on a bond on cards */

bool net_ip_of(const char *text, struct net_ip *ret)
{
    char plain[TEXT_MOST];
    if (!text)
        return false;
    text += *text == '[';
    const size_t len = strcspn(text, "]/%");
    if (!len || len >= sizeof(plain))
        return false;
    memcpy(plain, text, len);
    plain[len] = '\0';
    *ret = (struct net_ip){.six = strchr(plain, ':') != NULL};
    return inet_pton(ret->six ? AF_INET6 : AF_INET, plain, ret->bytes) == 1;
}

bool net_ip_same(const struct net_ip *one, const struct net_ip *other)
{
    return one->six == other->six && memcmp(one->bytes, other->bytes, sizeof(one->bytes)) == 0;
}

bool net_ip_is_loopback(const struct net_ip *ip)
{
    static const uint8_t six[16] = {[15] = 1};
    return ip->six ? memcmp(ip->bytes, six, sizeof(six)) == 0 : ip->bytes[0] == 127;
}

bool net_ip_within(const struct net_ip *ip, const char *cidr)
{
    struct net_ip network;
    const char *slash = cidr ? strchr(cidr, '/') : NULL;
    if (!cidr || !net_ip_of(cidr, &network) || network.six != ip->six)
        return false;
    const uint64_t whole = ip->six ? 128 : 32;
    const uint64_t bits = slash && slash[1] >= '0' && slash[1] <= '9' ? digits_of(slash + 1, whole) : whole;
    for (uint64_t i = 0; i < bits; i++) {
        const uint8_t mask = (uint8_t)(0x80 >> (i % 8));
        if ((ip->bytes[i / 8] ^ network.bytes[i / 8]) & mask)
            return false;
    }
    return true;
}

struct json_object *net_in(const struct net_iface *iface, bool pending)
{
    return pending ? iface->pending : iface->running;
}

static const char *cidr_of(const struct net *net, const struct net_iface *iface, bool pending, bool six)
{
    return net_value(&net->ask, net_in(iface, pending), six ? "cidr6" : "cidr");
}

const struct net_iface *net_holder(const struct net *net, const struct net_ip *ip, bool pending)
{
    for (uint32_t i = 0; i < net->count; i++) {
        struct net_ip own;
        if (net_ip_of(cidr_of(net, &net->rows[i], pending, ip->six), &own) && net_ip_same(&own, ip))
            return &net->rows[i];
    }
    return NULL;
}

struct net_way net_way_to(const struct net *net, const struct net_ip *ip, bool pending)
{
    struct net_way way = {0};
    uint64_t best = 0;
    for (uint32_t i = 0; i < net->count; i++) {
        const struct net_iface *iface = &net->rows[i];
        const char *cidr = cidr_of(net, iface, pending, ip->six), *slash = cidr ? strchr(cidr, '/') : NULL;
        const uint64_t bits = slash ? digits_of(slash + 1, 128) : 0;
        if (net_ip_within(ip, cidr) && (!way.iface || bits > best)) {
            way = (struct net_way){.iface = iface};
            best = bits;
        }
    }
    for (uint32_t i = 0; !way.iface && i < net->count; i++) {
        const char *gateway =
            net_value(&net->ask, net_in(&net->rows[i], pending), ip->six ? "gateway6" : "gateway");
        if (gateway)
            way = (struct net_way){.iface = &net->rows[i], .gateway = gateway};
    }
    return way;
}

static bool touched(const struct net *net, const struct net_iface *iface, uint32_t depth)
{
    if (iface->changed)
        return true;
    for (uint32_t i = 0; depth < DEPTH && i < net->count; i++) {
        const struct net_iface *below = &net->rows[i];
        if (below != iface && net_rests_on(iface->name, iface->pending, below->name) &&
            touched(net, below, depth + 1))
            return true;
    }
    return false;
}

bool net_touched(const struct net *net, const struct net_iface *iface)
{
    return touched(net, iface, 0);
}

bool net_ways_change(const struct net *net)
{
    static const char *const fields[] = {"cidr", "cidr6", "gateway", "gateway6"};
    for (uint32_t i = 0; i < net->count; i++) {
        const struct net_iface *iface = &net->rows[i];
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
            if ((net_value(&net->ask, iface->running, fields[f]) ||
                 net_value(&net->ask, iface->pending, fields[f])) &&
                net_touched(net, iface))
                return true;
        }
        if (net_dynamic(iface->running) && net_touched(net, iface))
            return true;
    }
    return false;
}

bool net_has_dynamic(const struct net *net)
{
    for (uint32_t i = 0; i < net->count; i++) {
        if (net_dynamic(net->rows[i].running))
            return true;
    }
    return false;
}
