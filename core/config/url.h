/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of Proxmox servers and SHA-256 values as people write them. Thread-safe. */
#ifndef PROXIMO_CONFIG_URL_H
#define PROXIMO_CONFIG_URL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "https://HOST[:PORT][/api2/json]" (RFC 3986; HOST a name, an IPv4 address or an IPv6 address in brackets)
 * as "https://host:port". *ret is malloc'd. -ENOMEM, or -EINVAL and *ret_why (static) says what is wrong.
 */
int url_normalise(const char *url, uint16_t default_port, char **ret, const char **ret_why);
/*
 * Is it SCHEME://HOST[:PORT][/PATH], with one of the schemes ("https", "tls tcp"), no user, query or
 * fragment? A port is demanded and a path refused unless `paths`. NULL, or (static) what is wrong.
 */
const char *url_receiver_fault(const char *url, const char *schemes, bool paths);
/* 32 bytes in hexadecimal, with or without colons, with or without "sha256:" before, as 64 lower-case digits.
 */
int sha256_normalise(const char *text, char ret[65]);

#endif
