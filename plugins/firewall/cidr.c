/* SPDX-License-Identifier: Apache-2.0 */
#include "cidr.h"

#include <arpa/inet.h>

bool cidr_is_name(const char *text)
{
    const char *slash = strchr(text, '/');
    const char *name = slash ? slash + 1 : text;
    const bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');
    return letter && !strpbrk(text, ":,. +") &&
           (!slash || strncmp(text, "dc/", 3) == 0 || strncmp(text, "guest/", 6) == 0);
}

const char *cidr_normal(const struct asking *a, const char *text, bool masked)
{
    const int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    const uint32_t most = family == AF_INET ? 32 : 128;
    const char *slash = strchr(text, '/');
    unsigned char bytes[16] = {0};
    char host[INET6_ADDRSTRLEN] = "";
    uint32_t bits = most;
    if (strlen(text) > 60)
        return "";
    (void)snprintf(host, sizeof(host), "%.*s", (int)strcspn(text, "/"), text);
    if (inet_pton(family, host, bytes) != 1)
        return "";
    if (slash) {
        if (!slash[1] || slash[1 + strspn(slash + 1, "0123456789")] || (slash[1] == '0' && slash[2]))
            return "";
        bits = (uint32_t)digits_of(slash + 1, 1000);
        if (bits > most)
            return "";
    }
    for (uint32_t i = bits; masked && i < most; i++)
        bytes[i / 8] &= (unsigned char)~(0x80u >> i % 8);
    if (masked && !inet_ntop(family, bytes, host, sizeof(host)))
        return "";
    return bits == most ? ask_text(a, "%s", host) : ask_text(a, "%s/%u", host, (unsigned)bits);
}
