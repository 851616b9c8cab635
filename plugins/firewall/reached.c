/* SPDX-License-Identifier: Apache-2.0 */
/* This connection's own address, and the addresses that the operator works from. Source: host->site. */
#include "view.h"

static struct json_object *reached_json(const struct asking *a)
{
    struct proximo_site site = {ROW(proximo_site)};
    return a->host->site(a->call, &site) == PROXIMO_OK ? json_of(site.reached_json) : NULL;
}

static bool is_loopback(const struct fw_address *address)
{
    static const uint8_t six[16] = {[15] = 1};
    return address->family == 4 ? address->bytes[0] == 127 : memcmp(address->bytes, six, sizeof(six)) == 0;
}

static int32_t take_operators(const struct asking *a, struct json_object *list, struct reached *ret)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    const size_t most = sizeof(ret->operators) / sizeof(ret->operators[0]);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(list, i));
        struct fw_net net;
        if (!text || fw_net_parse(text, strlen(text), &net) < 0 || ret->operator_count == most) {
            const int32_t r =
                a->host->incomplete(a->call, ask_text(a, "the operator's address %s", text ? text : "?"),
                                    ret->operator_count == most ? "more addresses than this looks at"
                                                                : "it is no address or network");
            if (r < 0)
                return r;
            continue;
        }
        ret->operators[ret->operator_count] = net;
        ret->operator_texts[ret->operator_count] = ask_text(a, "%s", text);
        if (!ret->operator_texts[ret->operator_count++])
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* Where it arrives. A port other than Proxmox's own is a proxy's, or forwarded. */
static void take_ends(struct json_object *list, struct reached *ret)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    const size_t most = sizeof(ret->ends) / sizeof(ret->ends[0]);
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *address = member_text(row, "address"), *port = member_text(row, "port");
        const uint64_t number = port ? digits_of(port, 65535) : 0;
        if (number && number != 8006)
            ret->port = (uint32_t)number;
        if (address && ret->end_count < most && fw_address_parse(address, &ret->ends[ret->end_count]) == 0)
            ret->end_count++;
    }
}

int32_t reached_read(const struct asking *a, struct reached *ret)
{
    struct json_object *json DROP_JSON = reached_json(a);
    const char *local = member_text(json, "local");
    *ret = (struct reached){0};
    if (local && fw_address_parse(local, &ret->local) == 0) {
        ret->known = true;
        ret->here = is_loopback(&ret->local);
        ret->local_text = ask_text(a, "%s", local);
        if (!ret->local_text)
            return PROXIMO_ENOMEM;
    }
    take_ends(member_of(json, "endpoints"), ret);
    return take_operators(a, member_of(json, "operator_addresses"), ret);
}
