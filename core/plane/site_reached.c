/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a site is reached: which addresses the connections have at their two ends, and where its operators
 * work from. A plan that closes a port or moves an address is judged by these.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/site_inner.h"

#define HOST_MOST 256u

void site_reached_keep(struct site *site, const struct http_answer *http)
{
    pthread_mutex_lock(&site->reached_lock);
    if (http->local_ip[0])
        memcpy(site->local_ip, http->local_ip, sizeof(site->local_ip));
    if (http->peer_ip[0] && site->peer_ips && http->endpoint < site->config->endpoint_count)
        memcpy(site->peer_ips[http->endpoint], http->peer_ip, HTTP_IP_SIZE);
    pthread_mutex_unlock(&site->reached_lock);
}

/* Host and port of "https://HOST:PORT", the form that the configuration keeps; an IPv6 address without its
 * brackets. */
static bool url_parts(const char *url, char host[HOST_MOST], uint64_t *ret_port)
{
    const char *at = strstr(url, "://");
    const char *colon = strrchr(url, ':');
    size_t len;

    if (!at || !colon || colon <= at + 3 || text_to_u64(colon + 1, 65535, ret_port) < 0)
        return false;
    at += 3;
    len = (size_t)(colon - at);
    if (len > 2 && at[0] == '[' && at[len - 1] == ']') {
        at++;
        len -= 2;
    }
    if (len == 0 || len >= HOST_MOST)
        return false;
    memcpy(host, at, len);
    host[len] = '\0';
    return true;
}

static bool is_address(const char *text)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static struct json_object *endpoint_json(const char *url, const char *peer)
{
    char host[HOST_MOST];
    uint64_t port = 0;
    struct json_object *row = json_object_new_object();

    if (!row || !url_parts(url, host, &port))
        return row;
    json_object_object_add(row, "host", json_object_new_string(host));
    json_object_object_add(row, "port", json_object_new_uint64(port));
    if (!peer[0] && is_address(host))
        peer = host;
    if (peer[0])
        json_object_object_add(row, "address", json_object_new_string(peer));
    return row;
}

static struct json_object *endpoints_json(struct site *site)
{
    struct json_object *list = json_object_new_array();
    char peer[HTTP_IP_SIZE] = "";

    for (size_t i = 0; list && i < site->config->endpoint_count; i++) {
        pthread_mutex_lock(&site->reached_lock);
        if (site->peer_ips)
            memcpy(peer, site->peer_ips[i], sizeof(peer));
        pthread_mutex_unlock(&site->reached_lock);
        json_object_array_add(list, endpoint_json(site->config->endpoints[i].url, peer));
    }
    return list;
}

struct json_object *site_reached(struct site *site)
{
    struct json_object *out = json_object_new_object();
    struct json_object *operators = json_object_new_array();
    char local[HTTP_IP_SIZE];

    if (!out || !operators) {
        json_object_put(out);
        json_object_put(operators);
        return NULL;
    }
    json_object_object_add(out, "endpoints", endpoints_json(site));
    pthread_mutex_lock(&site->reached_lock);
    memcpy(local, site->local_ip, sizeof(local));
    pthread_mutex_unlock(&site->reached_lock);
    if (local[0])
        json_object_object_add(out, "local", json_object_new_string(local));
    for (size_t i = 0; i < site->config->operator_addresses.count; i++)
        json_object_array_add(operators, json_object_new_string(site->config->operator_addresses.items[i]));
    json_object_object_add(out, "operator_addresses", operators);
    return out;
}
