/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of ports: `22`, `80:90`, `http`, `25,80,8000:8010`. */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define NUMBERS_MOST 15 /* of a list; a range counts two */

enum item_kind { ITEM_NUMBERS, ITEM_ICMP, ITEM_SERVICE, ITEM_UNKNOWN, ITEM_BAD };

static bool is_icmp_name(const char *text, size_t len)
{
    char name[40];
    struct fw_icmp type;

    if (len >= sizeof(name))
        return false;
    memcpy(name, text, len);
    name[len] = '\0';
    return fw_icmp_find(name, 4, &type) == 0 || fw_icmp_find(name, 6, &type) == 0;
}

static bool is_numeric(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((text[i] < '0' || text[i] > '9') && text[i] != ':')
            return false;
    }
    return len > 0 && text[0] != ':' && text[len - 1] != ':';
}

/* May it be a service that another /etc/services has? */
static bool is_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+.", text[i]))
            return false;
    }
    return len > 0;
}

/* Numbers are put into *ret_span and *ret_words says what is wrong with them. */
static enum item_kind read_item(const char *text, size_t len, bool icmp, struct fw_span *ret_span,
                                unsigned *numbers, const char **ret_words)
{
    const char *colon = memchr(text, ':', len);

    if (is_numeric(text, len)) {
        size_t first_len = colon ? (size_t)(colon - text) : len;
        int64_t first = fw_digits(text, first_len, 65535);
        int64_t last = colon ? fw_digits(colon + 1, len - first_len - 1, 65535) : first;

        *ret_words = first < 0 || last < 0 ? "no port: 0 to 65535" : "the range runs backwards";
        if (first < 0 || last < first)
            return ITEM_BAD;
        *numbers += colon ? 2 : 1;
        *ret_span = (struct fw_span){.first = (uint16_t)first, .last = (uint16_t)last};
        return ITEM_NUMBERS;
    }
    if (icmp && is_icmp_name(text, len))
        return ITEM_ICMP;
    const struct fw_service_name *service = fw_service_find(text, len);
    if (service) {
        *ret_span = (struct fw_span){.first = service->port, .last = service->port};
        return ITEM_SERVICE;
    }
    *ret_words = len == 0 ? "an empty element in the list" : "neither a port nor a known service name";
    return is_word(text, len) ? ITEM_UNKNOWN : ITEM_BAD;
}

enum fw_ports_state fw_ports_check(const char *text, bool icmp, const char **ret_words)
{
    unsigned numbers = 0, items = 0;
    bool named_type = false, unknown = false;

    for (const char *item = text;; item++) {
        size_t len = strcspn(item, ",");
        struct fw_span span;
        const char *words = NULL;
        enum item_kind kind = read_item(item, len, icmp, &span, &numbers, &words);

        if (kind == ITEM_BAD || kind == ITEM_UNKNOWN)
            *ret_words = words;
        if (kind == ITEM_BAD || ++items > FW_ITEMS_MOST)
            return FW_PORTS_BAD;
        named_type = named_type || kind == ITEM_ICMP;
        unknown = unknown || kind == ITEM_UNKNOWN;
        item += len;
        if (*item == '\0')
            break;
    }
    if (named_type && numbers > 0) {
        *ret_words = "names of ICMP types and numbers in one list";
        return FW_PORTS_BAD;
    }
    if (numbers > NUMBERS_MOST) {
        *ret_words = "more than 15 numbers in the list (a range counts two)";
        return FW_PORTS_BAD;
    }
    return unknown ? FW_PORTS_UNSURE : FW_PORTS_GOOD;
}

/* What a service name stands for depends on the protocol; dccp and udplite have no names of their own. */
static unsigned service_bit(int proto)
{
    switch (proto) {
    case 6: return FW_SERVICE_TCP;
    case 17: return FW_SERVICE_UDP;
    case 132: return FW_SERVICE_SCTP;
    default: return 0;
    }
}

int fw_ports_make(struct fw_pool *pool, const char *text, int proto, struct fw_ports *ret_ports,
                  enum fw_ports_state *ret_state)
{
    size_t most = 1;
    unsigned numbers = 0;
    enum fw_ports_state state = FW_PORTS_GOOD;

    for (const char *at = text; *at; at++)
        most += *at == ',';
    struct fw_span *spans = fw_take(pool, most, sizeof(*spans));
    if (!spans)
        return -ENOMEM;
    uint16_t count = 0;
    for (const char *item = text; count < most; item++) {
        size_t len = strcspn(item, ",");
        const char *words = NULL;
        enum item_kind kind = read_item(item, len, false, &spans[count], &numbers, &words);

        if (kind == ITEM_SERVICE && !(fw_service_find(item, len)->protocols & service_bit(proto)))
            state = FW_PORTS_REFUSED;
        else if (kind == ITEM_UNKNOWN && state == FW_PORTS_GOOD)
            state = FW_PORTS_UNSURE;
        else if (kind == ITEM_BAD)
            state = FW_PORTS_BAD;
        if (kind == ITEM_NUMBERS || kind == ITEM_SERVICE)
            count++;
        item += len;
        if (*item == '\0')
            break;
    }
    *ret_ports = (struct fw_ports){.spans = spans, .count = count, .unsure = state != FW_PORTS_GOOD};
    *ret_state = state;
    return 0;
}

enum fw_tri fw_port_in(int port, uint16_t first, uint16_t last)
{
    if (first == 0 && last == 65535)
        return FW_YES;
    if (port < 0)
        return FW_MAYBE;
    return port >= first && port <= last ? FW_YES : FW_NO;
}

enum fw_tri fw_ports_match(const struct fw_ports *ports, int port)
{
    if (!ports->spans)
        return FW_YES;
    if (port < 0)
        return FW_MAYBE;
    for (uint16_t i = 0; i < ports->count; i++) {
        if (port >= ports->spans[i].first && port <= ports->spans[i].last)
            return FW_YES;
    }
    return ports->unsure ? FW_MAYBE : FW_NO;
}
