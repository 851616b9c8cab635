/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of /etc/network/interfaces and the values of the API that they stand for. Formats: interfaces(5),
 * bridge-utils-interfaces(5), and what GET /nodes/{node}/network shows of them.
 */
#include "network.h"

#define LINE_FAMILY (1u << 0) /* the value's name ends with 6 in a stanza of inet6 */
#define LINE_YES    (1u << 1) /* yes is 1 */
#define LINE_NONE   (1u << 2) /* none is an empty list */

/* By the option's name with - for _ : both are written. */
static const struct {
    const char *line, *field;
    uint32_t flags;
} options[] = {
    {"gateway", "gateway", LINE_FAMILY},
    {"mtu", "mtu", 0},
    {"ovs-mtu", "mtu", 0},
    {"bridge-ports", "bridge_ports", LINE_NONE},
    {"bridge-stp", "bridge_stp", 0},
    {"bridge-fd", "bridge_fd", 0},
    {"bridge-vlan-aware", "bridge_vlan_aware", LINE_YES},
    {"bridge-vids", "bridge_vids", 0},
    {"bond-slaves", "slaves", LINE_NONE},
    {"slaves", "slaves", LINE_NONE},
    {"bond-mode", "bond_mode", 0},
    {"bond-primary", "bond-primary", 0},
    {"bond-miimon", "bond_miimon", 0},
    {"bond-xmit-hash-policy", "bond_xmit_hash_policy", 0},
    {"vlan-raw-device", "vlan-raw-device", 0},
    {"vlan-id", "vlan-id", 0},
    {"ovs-type", "type", 0},
    {"ovs-bridge", "ovs_bridge", 0},
    {"ovs-ports", "ovs_ports", LINE_NONE},
    {"ovs-bonds", "ovs_bonds", LINE_NONE},
    {"ovs-options", "ovs_options", 0},
};

/* What one line says. value NULL: nothing that the table knows. */
struct said {
    const char *field, *value;
};

static const char *suffixed(const struct asking *a, const char *field, bool six)
{
    return six ? ask_text(a, "%s6", field) : field;
}

static const char *rest_of(const char *text)
{
    text += strcspn(text, " \t");
    return text + strspn(text, " \t");
}

/* The option's name, - for _. */
static bool is_option(const char *text, const char *name)
{
    const size_t len = strcspn(text, " \t");
    for (size_t i = 0; i < len; i++) {
        if ((text[i] == '_' ? '-' : text[i]) != name[i])
            return false;
    }
    return name[len] == '\0';
}

static struct said said_by(const struct asking *a, const char *text, bool six)
{
    const char *value = rest_of(text);
    if (*text == '#')
        return (struct said){suffixed(a, "comments", six), text + 1};
    if (is_option(text, "address"))
        return (struct said){suffixed(a, strchr(value, '/') ? "cidr" : "address", six), value};
    if (is_option(text, "netmask"))
        return (struct said){suffixed(a, "netmask", six), value};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const uint32_t flags = options[i].flags;
        if (!is_option(text, options[i].line))
            continue;
        if ((flags & LINE_YES) && strcmp(value, "yes") == 0)
            value = "1";
        if ((flags & LINE_NONE) && strcmp(value, "none") == 0)
            value = "";
        return (struct said){flags & LINE_FAMILY ? suffixed(a, options[i].field, six) : options[i].field,
                             value};
    }
    return (struct said){NULL, NULL};
}

static const char *options_name(bool six)
{
    return six ? "options6" : "options";
}

/* A list of raw lines without this one. */
static struct json_object *without(struct json_object *list, const char *text)
{
    struct json_object *kept = json_object_new_array();
    for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *line = json_object_get_string(one);
        if (!line || strcmp(line, text) != 0)
            json_object_array_add(kept, json_object_get(one));
    }
    return kept;
}

/* Is this line one of the lines of a text? */
static bool has_text_line(const char *text, const char *line)
{
    const size_t len = strlen(line);
    while (text && *text) {
        const size_t n = strcspn(text, "\n");
        if (n == len && memcmp(text, line, len) == 0)
            return true;
        text += n + (text[n] == '\n');
    }
    return false;
}

static bool has_raw(struct json_object *list, const char *text)
{
    for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        const char *line = json_object_get_string(json_object_array_get_idx(list, i));
        if (line && strcmp(line, text) == 0)
            return true;
    }
    return false;
}

bool net_has_line(const struct asking *a, struct json_object *iface, const char *text, bool six)
{
    const struct said said = said_by(a, text, six);
    if (!said.field)
        return has_raw(member_of(iface, options_name(six)), text);
    const char *value = member_text(iface, said.field);
    if (*text == '#')
        return has_text_line(value, said.value);
    if (strcmp(said.field, "vlan-raw-device") == 0 || strcmp(said.field, "vlan-id") == 0)
        return value && strcmp(value, said.value) == 0;
    /* "tag=50 mode=access" is shown as two values. */
    if (strcmp(said.field, "ovs_options") == 0)
        return value && strstr(said.value, value);
    return value ? strcmp(value, said.value) == 0 : *said.value == '\0';
}

/* ---- taking lines back */

static void set_text(struct json_object *o, const char *field, const char *value)
{
    json_object_object_add(o, field, json_object_new_string(value));
}

static int32_t drop_comment(const struct asking *a, struct json_object *iface, const char *field,
                            const char *line)
{
    const char *text = member_text(iface, field), *left = "";
    bool gone = false;
    while (text && *text && left) {
        const size_t n = strcspn(text, "\n");
        if (!gone && n == strlen(line) && memcmp(text, line, n) == 0)
            gone = true;
        else
            left = ask_text(a, "%s%.*s\n", left, (int)n, text);
        text += n + (text[n] == '\n');
    }
    if (!left)
        return PROXIMO_ENOMEM;
    json_object_object_del(iface, field);
    if (*left)
        set_text(iface, field, left);
    return PROXIMO_OK;
}

/* A line that waits to come. */
static int32_t drop_line(const struct asking *a, struct json_object *iface, const struct net_line *line)
{
    const struct said said = said_by(a, line->text, line->six);
    const char *raw = options_name(line->six);
    if (!said.field) {
        struct json_object *left = without(member_of(iface, raw), line->text);
        json_object_object_del(iface, raw);
        if (json_object_array_length(left))
            json_object_object_add(iface, raw, left);
        else
            json_object_put(left);
        return PROXIMO_OK;
    }
    if (*line->text == '#')
        return drop_comment(a, iface, said.field, said.value);
    if (strncmp(said.field, "cidr", 4) == 0 || strncmp(said.field, "address", 7) == 0) {
        json_object_object_del(iface, suffixed(a, "address", line->six));
        json_object_object_del(iface, suffixed(a, "netmask", line->six));
        json_object_object_del(iface, suffixed(a, "cidr", line->six));
    } else if (strncmp(said.field, "netmask", 7) != 0) {
        json_object_object_del(iface, said.field);
    }
    if (strcmp(said.field, "ovs_options") == 0)
        json_object_object_del(iface, "ovs_tag");
    return PROXIMO_OK;
}

/* "tag=50" of OVS options is a value of its own. */
static int32_t set_ovs(const struct asking *a, struct json_object *iface, const char *value)
{
    const char *left = "";
    while (*value && left) {
        const size_t n = strcspn(value, " \t");
        if (n > 4 && strncmp(value, "tag=", 4) == 0) {
            const char *tag = ask_text(a, "%.*s", (int)n - 4, value + 4);
            if (!tag)
                return PROXIMO_ENOMEM;
            set_text(iface, "ovs_tag", tag);
        } else {
            left = ask_text(a, "%s%s%.*s", left, *left ? " " : "", (int)n, value);
        }
        value += n + strspn(value + n, " \t");
    }
    if (left && *left)
        set_text(iface, "ovs_options", left);
    return left ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* A line that is still in force. */
static int32_t set_line(const struct asking *a, struct json_object *iface, const struct net_line *line)
{
    const struct said said = said_by(a, line->text, line->six);
    const char *raw = options_name(line->six);
    if (!said.field) {
        struct json_object *list = member_of(iface, raw);
        if (!json_object_is_type(list, json_type_array)) {
            list = json_object_new_array();
            json_object_object_add(iface, raw, list);
        }
        json_object_array_add(list, json_object_new_string(line->text));
        return PROXIMO_OK;
    }
    if (*line->text == '#') {
        const char *text = member_text(iface, said.field);
        const char *longer = ask_text(a, "%s%s\n", text ? text : "", said.value);
        if (!longer)
            return PROXIMO_ENOMEM;
        set_text(iface, said.field, longer);
        return PROXIMO_OK;
    }
    if (strcmp(said.field, "ovs_options") == 0)
        return set_ovs(a, iface, said.value);
    set_text(iface, said.field, said.value);
    return PROXIMO_OK;
}

/* "255.255.255.0" is 24; a number is itself; -1: neither. */
static int prefix_of(const char *mask)
{
    int bits = 0, part = 0;
    if (!strchr(mask, '.'))
        return *mask && strspn(mask, "0123456789") == strlen(mask) ? (int)digits_of(mask, 128) : -1;
    for (; part < 4 && *mask; part++) {
        uint64_t value = digits_of(mask, 256);
        if (value > 255)
            return -1;
        for (; value & 128; value = (value << 1) & 255)
            bits++;
        if (value)
            return -1;
        mask += strspn(mask, "0123456789");
        mask += *mask == '.';
    }
    return part == 4 && !*mask ? bits : -1;
}

/* Address, mask and both together say the same. */
static int32_t join_address(const struct asking *a, struct json_object *iface, bool six)
{
    const char *cidr = suffixed(a, "cidr", six), *address = suffixed(a, "address", six);
    const char *netmask = suffixed(a, "netmask", six);
    if (!cidr || !address || !netmask)
        return PROXIMO_ENOMEM;
    const char *both = member_text(iface, cidr), *host = member_text(iface, address);
    if (both) {
        const char *slash = strchr(both, '/');
        const char *alone = slash ? ask_text(a, "%.*s", (int)(slash - both), both) : NULL;
        const char *mask = slash ? ask_text(a, "%s", slash + 1) : NULL;
        if (slash && (!alone || !mask))
            return PROXIMO_ENOMEM;
        if (slash) {
            set_text(iface, address, alone);
            set_text(iface, netmask, mask);
        }
        return PROXIMO_OK;
    }
    const char *mask = member_text(iface, netmask);
    const int bits = mask ? prefix_of(mask) : -1;
    if (!host || bits < 0)
        return PROXIMO_OK;
    const char *joined = ask_text(a, "%s/%d", host, bits), *short_mask = ask_text(a, "%d", bits);
    if (!joined || !short_mask)
        return PROXIMO_ENOMEM;
    set_text(iface, cidr, joined);
    set_text(iface, netmask, short_mask);
    return PROXIMO_OK;
}

/* What an interface is that is no longer listed, by its lines and its name. */
static const char *type_of(const char *name, struct json_object *iface)
{
    if (member_of(iface, "bridge_ports") || strncmp(name, "vmbr", 4) == 0)
        return "bridge";
    if (member_of(iface, "slaves") || strncmp(name, "bond", 4) == 0)
        return "bond";
    if (strchr(name, ':'))
        return "alias";
    if (member_of(iface, "vlan-raw-device") || strchr(name, '.') || strncmp(name, "vlan", 4) == 0)
        return "vlan";
    return "eth";
}

/* "vmbr0.50" says device and tag. */
static int32_t take_vlan(const struct asking *a, const char *name, struct json_object *iface)
{
    const char *dot = strrchr(name, '.');
    if (!member_is(iface, "type", "vlan"))
        return PROXIMO_OK;
    const char *device = dot ? ask_text(a, "%.*s", (int)(dot - name), name) : NULL;
    if (dot && !device)
        return PROXIMO_ENOMEM;
    if (dot) {
        set_text(iface, "vlan-raw-device", device);
        set_text(iface, "vlan-id", dot + 1);
    } else if (strncmp(name, "vlan", 4) == 0 && name[4] && !member_of(iface, "vlan-id")) {
        set_text(iface, "vlan-id", name + 4);
    }
    return PROXIMO_OK;
}

/* "iface vmbr0 inet static" and "auto vmbr0": the method and the start at boot. */
static bool take_head(const struct asking *a, struct json_object *iface, const struct net_line *line)
{
    const char *method = suffixed(a, "method", line->six);
    if (is_option(line->text, "auto") || is_option(line->text, "allow-auto")) {
        json_object_object_del(iface, "autostart");
        if (line->sign == '-')
            set_text(iface, "autostart", "1");
        return true;
    }
    if (!is_option(line->text, "iface"))
        return false;
    if (method && line->sign == '-')
        set_text(iface, method, rest_of(rest_of(rest_of(line->text))));
    else if (method)
        json_object_object_del(iface, method);
    return true;
}

int32_t net_take_back(const struct asking *a, struct json_object *iface, const char *name,
                      const struct net_line *lines, uint32_t count)
{
    static const char signs[] = {'+', '-'};
    int32_t r = PROXIMO_OK;
    for (size_t pass = 0; pass < sizeof(signs); pass++) {
        for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
            const struct net_line *line = &lines[i];
            if (!line->name || line->sign != signs[pass] || strcmp(line->name, name) != 0 ||
                take_head(a, iface, line))
                continue;
            r = line->sign == '+' ? drop_line(a, iface, line) : set_line(a, iface, line);
        }
    }
    if (r == PROXIMO_OK)
        r = join_address(a, iface, false);
    if (r == PROXIMO_OK)
        r = join_address(a, iface, true);
    if (r == PROXIMO_OK && !member_of(iface, "type"))
        set_text(iface, "type", type_of(name, iface));
    return r == PROXIMO_OK ? take_vlan(a, name, iface) : r;
}
