/* SPDX-License-Identifier: Apache-2.0 */
/* A packet from JSON. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

static int read_guest_end(const char *text, struct fw_end *ret_end)
{
    size_t digits = strspn(text, "0123456789");
    int64_t vmid = fw_digits(text, digits, 999999999), net = 0;

    if (text[digits] == 'i')
        net = fw_digits(text + digits + 1, strlen(text + digits + 1), 999);
    else if (text[digits] != '\0')
        return -EINVAL;
    if (vmid <= 0 || net < 0)
        return -EINVAL;
    *ret_end = (struct fw_end){.kind = FW_END_GUEST, .vmid = (uint32_t)vmid, .net = (uint32_t)net};
    return 0;
}

static int read_end(const char *text, struct fw_end *ret_end)
{
    struct fw_end end = {.kind = FW_END_OUTSIDE};

    if (!text)
        return -EINVAL;
    if ((strncmp(text, "vm", 2) == 0 || strncmp(text, "ct", 2) == 0) && text[2] >= '0' && text[2] <= '9')
        return read_guest_end(text + 2, ret_end);
    if (strcmp(text, "host") == 0) {
        *ret_end = (struct fw_end){.kind = FW_END_HOST};
        return 0;
    }
    const char *bridge = strcmp(text, "outside") == 0 ? "vmbr0" : text;
    size_t len = strcspn(bridge, "/");
    if (len == 0 || len >= sizeof(end.bridge))
        return -EINVAL;
    memcpy(end.bridge, bridge, len);
    *ret_end = end;
    return 0;
}

static int read_cast(struct json_object *input, const char *key, const struct fw_address *address,
                     enum fw_cast *ret_cast)
{
    static const char *const words[] = {"UNICAST", "BROADCAST", "MULTICAST", "ANYCAST"};
    static const uint8_t all[4] = {255, 255, 255, 255};
    const char *word = fw_text(input, key);

    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(word, words[i]) == 0) {
            *ret_cast = (enum fw_cast)i;
            return 0;
        }
    }
    if (word)
        return -EINVAL;
    /* What the address says by itself; a network's own broadcast address has to be said. */
    *ret_cast = FW_UNICAST;
    if (address->family == 4 && memcmp(address->bytes, all, sizeof(all)) == 0)
        *ret_cast = FW_BROADCAST;
    else if (address->family == 4 ? (address->bytes[0] & 0xf0) == 0xe0 : address->bytes[0] == 0xff)
        *ret_cast = FW_MULTICAST;
    return 0;
}

static int read_icmp(struct json_object *input, struct fw_packet *packet)
{
    const char *name = fw_text(input, "icmp_type");
    int64_t type = fw_number(input, "itype", -1), code = fw_number(input, "icode", -1);
    struct fw_icmp found;

    if (type > 255 || code > 255)
        return -EINVAL;
    packet->icmp_type = (int)type;
    packet->icmp_code = (int)code;
    if (type >= 0 || !name)
        return 0;
    if (fw_icmp_find(name, packet->source.family, &found) < 0 || found.any)
        return -EINVAL;
    packet->icmp_type = found.type;
    if (code < 0 && found.first == found.last)
        packet->icmp_code = found.first;
    return 0;
}

int fw_packet_read(struct json_object *input, struct fw_packet *ret_packet, const char **ret_words)
{
    const char *proto = fw_text(input, "proto"), *mac = fw_text(input, "mac");
    struct fw_packet packet = {0};
    int64_t sport = fw_number(input, "sport", -1), dport = fw_number(input, "dport", -1);

    *ret_words = "from and to are host, outside, a bridge, or vm100, vm100i1, ct105";
    if (read_end(fw_text(input, "from"), &packet.from) < 0 || read_end(fw_text(input, "to"), &packet.to) < 0)
        return -EINVAL;
    *ret_words = "source and dest are two addresses of one family";
    if (fw_address_parse(fw_text(input, "source"), &packet.source) < 0 ||
        fw_address_parse(fw_text(input, "dest"), &packet.dest) < 0 ||
        packet.source.family != packet.dest.family)
        return -EINVAL;
    *ret_words = "proto is a protocol's name or number";
    packet.proto = proto ? fw_protocol_number(proto) : -1;
    if (packet.proto < 0 && proto)
        packet.proto = (int)fw_digits(proto, strlen(proto), 255);
    if (packet.proto < 0)
        return -EINVAL;
    *ret_words = "ports are 0 to 65535";
    if (sport > 65535 || dport > 65535)
        return -EINVAL;
    packet.sport = (int)sport;
    packet.dport = (int)dport;
    *ret_words = "not an ICMP type of this family";
    if (read_icmp(input, &packet) < 0)
        return -EINVAL;
    *ret_words = "srctype and dsttype are UNICAST, BROADCAST, MULTICAST or ANYCAST; mac is a MAC address";
    if (read_cast(input, "srctype", &packet.source, &packet.source_cast) < 0 ||
        read_cast(input, "dsttype", &packet.dest, &packet.dest_cast) < 0)
        return -EINVAL;
    packet.has_mac = mac != NULL;
    if (mac && fw_mac_parse(mac, packet.mac) < 0)
        return -EINVAL;
    *ret_packet = packet;
    *ret_words = NULL;
    return 0;
}
