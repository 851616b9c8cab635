/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, networks and ranges of both families; MACs. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "internal.h"

static size_t length_of(unsigned family)
{
    return family == 4 ? 4 : 16;
}

static int parse_part(const char *text, size_t len, struct fw_address *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    struct fw_address address = {0};

    if (len == 0 || len >= sizeof(copy))
        return -EINVAL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    address.family = memchr(copy, ':', len) ? 6 : 4;
    if (inet_pton(address.family == 6 ? AF_INET6 : AF_INET, copy, address.bytes) != 1)
        return -EINVAL;
    *ret_address = address;
    return 0;
}

int fw_address_parse(const char *text, struct fw_address *ret_address)
{
    return text ? parse_part(text, strlen(text), ret_address) : -EINVAL;
}

/* Clears or sets what stands after the first `bits` bits. */
static void fill_host(uint8_t *bytes, size_t size, unsigned bits, bool ones)
{
    for (size_t i = 0; i < size; i++) {
        unsigned kept = bits > i * 8 ? bits - (unsigned)i * 8 : 0;
        const uint8_t mask = (uint8_t)(kept >= 8 ? 0 : 0xff >> kept);

        bytes[i] = ones ? (uint8_t)(bytes[i] | mask) : (uint8_t)(bytes[i] & ~mask);
    }
}

int fw_net_parse(const char *text, size_t len, struct fw_net *ret_net)
{
    const char *slash = memchr(text, '/', len);
    struct fw_address address;
    int r = parse_part(text, slash ? (size_t)(slash - text) : len, &address);

    if (r < 0)
        return r;
    unsigned most = address.family == 4 ? 32 : 128;
    int64_t bits = slash ? fw_digits(slash + 1, len - (size_t)(slash - text) - 1, most) : most;
    if (bits < 0)
        return -EINVAL;
    struct fw_net net = {.family = address.family, .bits = (uint8_t)bits};
    memcpy(net.first, address.bytes, sizeof(net.first));
    memcpy(net.last, address.bytes, sizeof(net.last));
    fill_host(net.first, length_of(net.family), (unsigned)bits, false);
    fill_host(net.last, length_of(net.family), (unsigned)bits, true);
    *ret_net = net;
    return 0;
}

int fw_range_parse(const char *text, size_t len, struct fw_net *ret_net)
{
    const char *dash = memchr(text, '-', len);
    struct fw_address first, last;

    if (!dash)
        return fw_net_parse(text, len, ret_net);
    if (parse_part(text, (size_t)(dash - text), &first) < 0 ||
        parse_part(dash + 1, len - (size_t)(dash - text) - 1, &last) < 0 || first.family != last.family ||
        memcmp(first.bytes, last.bytes, length_of(first.family)) > 0)
        return -EINVAL;
    struct fw_net net = {.family = first.family, .bits = 255};
    memcpy(net.first, first.bytes, sizeof(net.first));
    memcpy(net.last, last.bytes, sizeof(net.last));
    *ret_net = net;
    return 0;
}

bool fw_net_has(const struct fw_net *net, const struct fw_address *address)
{
    size_t size = length_of(net->family);

    return net->family == address->family && memcmp(net->first, address->bytes, size) <= 0 &&
           memcmp(address->bytes, net->last, size) <= 0;
}

bool fw_net_equal(const struct fw_net *a, const struct fw_net *b)
{
    return a->family == b->family && a->bits == b->bits &&
           memcmp(a->first, b->first, sizeof(a->first)) == 0 &&
           memcmp(a->last, b->last, sizeof(a->last)) == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int fw_mac_parse(const char *text, uint8_t ret_mac[6])
{
    uint8_t mac[6];

    if (!text || strlen(text) != 17)
        return -EINVAL;
    for (size_t i = 0; i < 6; i++) {
        int high = hex_digit(text[i * 3]), low = hex_digit(text[i * 3 + 1]);

        if (high < 0 || low < 0 || (i < 5 && text[i * 3 + 2] != ':'))
            return -EINVAL;
        mac[i] = (uint8_t)(high * 16 + low);
    }
    memcpy(ret_mac, mac, sizeof(mac));
    return 0;
}

void fw_link_local(const uint8_t mac[6], struct fw_net *ret_net)
{
    const uint8_t address[16] = {0xfe,       0x80,   0,      0,    0,    0,      0,      0,
                                 mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};

    *ret_net = (struct fw_net){.family = 6, .bits = 128};
    memcpy(ret_net->first, address, sizeof(address));
    memcpy(ret_net->last, address, sizeof(address));
}
