/* SPDX-License-Identifier: Apache-2.0 */
/* A small node for the evaluator's tests: one JSON text is a model, another a packet. Single quotes stand for
 * double. */
#ifndef TESTS_UNIT_FIREWALL_RIG_H
#define TESTS_UNIT_FIREWALL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/firewall/evaluate/internal.h"

__attribute__((unused)) static struct json_object *rig_json(const char *text)
{
    char *copy = strdup(text);
    struct json_object *out;

    assert_non_null(copy);
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    out = json_tokener_parse(copy);
    if (!out)
        print_error("not JSON: %s\n", copy);
    assert_non_null(out);
    free(copy);
    return out;
}

__attribute__((unused)) static int rig_try(const char *text, struct fw_model **ret_model)
{
    struct json_object *input = rig_json(text);
    int r = fw_model_build(input, ret_model);

    json_object_put(input);
    return r;
}

__attribute__((unused)) static struct fw_model *rig_model(const char *text)
{
    struct fw_model *model = NULL;

    assert_int_equal(rig_try(text, &model), 0);
    return model;
}

__attribute__((unused)) static struct fw_result rig_evaluate(const struct fw_model *model, const char *text)
{
    struct json_object *input = rig_json(text);
    struct fw_packet packet;
    struct fw_result result;
    const char *words = NULL;

    if (fw_packet_read(input, &packet, &words) < 0)
        print_error("%s: %s\n", text, words);
    assert_null(words);
    assert_int_equal(fw_evaluate(model, &packet, &result), 0);
    json_object_put(input);
    return result;
}

/* The verdict of one packet on one configuration. */
__attribute__((unused)) static enum fw_verdict rig_verdict(const char *model_text, const char *packet_text)
{
    struct fw_model *model = rig_model(model_text);
    struct fw_result result = rig_evaluate(model, packet_text);

    fw_model_free(model);
    return result.verdict;
}

#define RIG_NIC                                                                                              \
    "'nics': [{'vmid': 7, 'type': 'qemu', 'node': 'n', 'nets': {'net0': {'mac': '02:00:00:00:00:07',"        \
    " 'bridge': 'vmbr0', 'firewall': 1}}}],"
/* Everything read but what a test adds itself. */
#define RIG_HEAD                                                                                             \
    "{'node': 'n', 'local_network': '10.9.9.0/24', 'altnames': {}, 'corosync': {}, 'sdn_ipsets': {}, "       \
    "'vnets': {}," RIG_NIC
#define RIG_CLUSTER                                                                                          \
    "'cluster': {'options': {'enable': 1}, 'rules': [], 'aliases': [], 'ipset': {}, 'groups': {}}"
#define RIG_HOST  "'host': {'options': {}, 'rules': []}"
#define RIG_GUEST "'guests': {'7': {'options': {'enable': 1}, 'rules': [], 'aliases': [], 'ipset': {}}}"
#define RIG_TO_HOST(proto, rest)                                                                             \
    "{'from': 'outside', 'to': 'host', 'source': '192.0.2.9', 'dest': '10.9.9.1', 'proto': '" proto "'" rest \
    "}"
#define RIG_TO_GUEST(proto, rest)                                                                            \
    "{'from': 'outside', 'to': 'vm7', 'source': '192.0.2.9', 'dest': '10.9.0.7', 'proto': '" proto "'" rest  \
    "}"

#endif
