/* SPDX-License-Identifier: Apache-2.0 */
/* Where a packet begins and ends, and by which nodes it is judged. */
#include "route.h"

struct end {
    const char *text;
    bool host, guest; /* neither: outside, on an interface */
    const char *iface;
    int64_t vmid;
    uint32_t net;
    bool net_given, lxc;
    struct world_node *node; /* of a host or guest */
    struct json_object *nic;
};

static int32_t wrong(struct world *w, const char *words)
{
    return words ? w->ask.host->fail(w->ask.call, PROXIMO_EINVAL, "%s", words) : PROXIMO_ENOMEM;
}

/* ---- what the words say */

/* 105, vm105, ct105, with i1 or /net1 for another network card than the first. */
static bool read_guest(const char *text, struct end *ret)
{
    const char *at = text + (strncmp(text, "vm", 2) == 0 || strncmp(text, "ct", 2) == 0 ? 2 : 0);
    const size_t digits = strspn(at, "0123456789");
    const char *rest = at + digits;
    if (digits == 0 || digits > 9)
        return false;
    ret->vmid = (int64_t)digits_of(at, 999999999);
    if (*rest) {
        const size_t before = strncmp(rest, "/net", 4) == 0 ? 4 : *rest == 'i' ? 1 : 0;
        if (!before || !rest[before] || rest[before + strspn(rest + before, "0123456789")])
            return false;
        ret->net = (uint32_t)digits_of(rest + before, 999);
        ret->net_given = true;
    }
    ret->guest = true;
    return ret->vmid > 0;
}

static int32_t read_end(struct world *w, const char *text, const struct route_default *otherwise,
                        struct end *ret)
{
    *ret = (struct end){.text = text};
    if (!text && otherwise->vmid) {
        ret->guest = true;
        ret->vmid = otherwise->vmid;
    } else if (!text || strcmp(text, "host") == 0) {
        ret->host = true;
    } else if (strcmp(text, "outside") != 0 && !read_guest(text, ret)) {
        ret->iface = text;
        if (strlen(text) > 15)
            return wrong(w, ask_text(&w->ask,
                                     "%s is no interface: from and to are host, outside, the name of "
                                     "an interface (vmbr0), or a guest (105, 105/net1)",
                                     text));
    }
    return PROXIMO_OK;
}

/* What is not said: the packet goes to the host or guest that is asked about, or comes from it where it goes
 * elsewhere. */
static int32_t read_ends(struct world *w, struct json_object *packet, const struct route_default *otherwise,
                         struct end ends[2])
{
    const char *from = member_text(packet, "from");
    int32_t r = read_end(w, member_text(packet, "to"), otherwise, &ends[1]);
    if (r < 0)
        return r;
    const bool there = otherwise->vmid ? ends[1].vmid == otherwise->vmid : ends[1].guest || ends[1].host;
    return read_end(w, from || !there ? from : "outside", otherwise, &ends[0]);
}

/* ---- where that is */

static struct json_object *row_of(const struct end *end)
{
    for (size_t i = 0; end->node && end->node->nics && i < json_object_array_length(end->node->nics); i++) {
        struct json_object *row = json_object_array_get_idx(end->node->nics, i),
                           *vmid = member_of(row, "vmid");
        if (json_object_get_int64(vmid) == end->vmid)
            return row;
    }
    return NULL;
}

static int32_t find_guest(struct world *w, struct end *end)
{
    int32_t r = world_list_guests(w);
    const struct known_guest *guest = r == PROXIMO_OK ? guests_find(&w->guests, end->vmid) : NULL;
    if (r < 0)
        return r;
    if (!guest)
        return w->ask.host->fail(w->ask.call, PROXIMO_ENOTFOUND,
                                 "guest %lld is not in the list of guests that this token sees",
                                 (long long)end->vmid);
    end->lxc = guest->lxc;
    r = world_add_node(w, guest->node);
    end->node = world_find(w, guest->node);
    if (r < 0 || !end->node)
        return PROXIMO_ENOMEM;
    r = r == PROXIMO_OK ? world_read_nodes(w, guest->node) : r;
    if (r < 0 || row_of(end))
        return r;
    return r == PROXIMO_OK ? world_read_guests(w, end->node, end->vmid, WORLD_ALL) : r;
}

/* Its first network card, unless another was asked for. */
static int32_t find_nic(struct world *w, struct end *end)
{
    struct json_object *nets = member_of(row_of(end), "nets");
    uint32_t least = 1000;
    if (!nets)
        return w->ask.host->fail(w->ask.call, PROXIMO_EUNAVAIL,
                                 "the network cards of guest %lld could not be read", (long long)end->vmid);
    json_object_object_foreach(nets, key, nic)
    {
        const uint32_t net = (uint32_t)digits_of(key + 3, 999);
        if (end->net_given ? net != end->net : net >= least)
            continue;
        least = net;
        end->nic = nic;
    }
    if (!end->nic)
        return wrong(
            w, end->net_given
                   ? ask_text(&w->ask, "guest %lld has no net%u", (long long)end->vmid, (unsigned)end->net)
                   : ask_text(&w->ask, "guest %lld has no network card", (long long)end->vmid));
    end->net = least;
    return PROXIMO_OK;
}

static int32_t find_host(struct world *w, struct end *end, const char *node)
{
    if (!node)
        return wrong(w, "say `node` for a packet from or to a host, or `vmid` for a guest");
    int32_t r = world_add_node(w, node);
    end->node = world_find(w, node);
    if (r < 0 || !end->node)
        return PROXIMO_ENOMEM;
    r = r == PROXIMO_OK ? world_read_nodes(w, node) : r;
    return r;
}

/* ---- addresses that were not said */

static const char *before_slash(const struct asking *a, const char *text)
{
    struct fw_address address;
    const char *one = text ? ask_text(a, "%.*s", (int)strcspn(text, "/"), text) : NULL;
    return one && fw_address_parse(one, &address) == 0 ? one : NULL;
}

static const char *address_of(const struct asking *a, const struct end *end, bool six)
{
    if (end->guest) {
        const char *own = before_slash(a, member_text(end->nic, six ? "ip6" : "ip"));
        return own ? own : before_slash(a, member_text(end->nic, six ? "addr6" : "addr"));
    }
    for (uint32_t i = 0; end->host && end->node && i < end->node->address_count; i++) {
        if ((end->node->addresses[i].address.family == 6) == six)
            return end->node->addresses[i].text;
    }
    return NULL;
}

/* The interface behind which the rest of the world is. */
static const char *iface_of(const struct end *end, const struct end *other, const char *dest)
{
    if (end->iface)
        return end->iface;
    if (other->guest)
        return member_text(other->nic, "bridge");
    for (uint32_t i = 0; other->host && other->node && i < other->node->address_count; i++) {
        if (!dest || strcmp(other->node->addresses[i].text, dest) == 0)
            return other->node->addresses[i].iface;
    }
    return other->host && other->node && other->node->address_count ? other->node->addresses[0].iface : NULL;
}

/* ---- the packet */

static bool put(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value = text ? json_object_new_string(text) : NULL;
    if (!text || (value && json_object_object_add(object, key, value) == 0))
        return true;
    json_object_put(value);
    return false;
}

static int32_t check_number(struct world *w, struct json_object *packet, const char *key, uint64_t most)
{
    const char *text = member_text(packet, key);
    if (!text || (*text && !text[strspn(text, "0123456789")] && digits_of(text, most + 1) <= most))
        return PROXIMO_OK;
    return wrong(w, ask_text(&w->ask, "%s is a number from 0 to %u", key, (unsigned)most));
}

/* Everything that is said or follows, in the words of the answer. */
static int32_t fill(struct world *w, struct json_object *packet, const struct end *from, const struct end *to,
                    struct json_object *said)
{
    const char *source = member_text(packet, "source"), *dest = member_text(packet, "dest");
    const char *proto = member_text(packet, "proto");
    const bool six = (source && strchr(source, ':')) || (dest && strchr(dest, ':'));
    static const char *const rest[] = {"dport", "sport", "icmp_type"};
    int32_t r = check_number(w, packet, "dport", 65535);
    r = r == PROXIMO_OK ? check_number(w, packet, "sport", 65535) : r;
    if (r < 0)
        return r;
    source = source ? source : address_of(&w->ask, from, six);
    dest = dest ? dest : address_of(&w->ask, to, six);
    if (!source)
        return wrong(w, "say `source`: the address that the packet comes from is not known");
    if (!dest)
        return wrong(w, "say `dest`: the address that the packet goes to is not known");
    if (!proto)
        proto = member_text(packet, "icmp_type") ? (six ? "icmpv6" : "icmp") : "tcp";
    bool good = put(said, "source", source) && put(said, "dest", dest) && put(said, "proto", proto);
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
        good = good && put(said, rest[i], member_text(packet, rest[i]));
    return good ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static void set_end(const struct end *end, const char *iface, bool inside, struct fw_end *ret)
{
    *ret = (struct fw_end){.kind = FW_END_OUTSIDE};
    if (inside && end->host)
        ret->kind = FW_END_HOST;
    else if (inside && end->guest)
        *ret = (struct fw_end){.kind = FW_END_GUEST, .vmid = (uint32_t)end->vmid, .net = end->net};
    else if (iface && strlen(iface) < sizeof(ret->bridge))
        memcpy(ret->bridge, iface, strlen(iface) + 1);
}

static const char *end_words(const struct asking *a, const struct end *end, const char *iface)
{
    if (end->host && end->node)
        return ask_text(a, "host %s", end->node->name);
    if (end->guest && end->node)
        return ask_text(a, "guest %lld net%u on %s", (long long)end->vmid, (unsigned)end->net,
                        end->node->name);
    return iface ? ask_text(a, "outside, by %s", iface) : "outside";
}

static int32_t lay_legs(struct world *w, const struct end *from, const struct end *to, struct route *ret)
{
    const char *words = NULL, *dest = member_text(ret->said, "dest"),
               *source = member_text(ret->said, "source");
    const char *out = iface_of(to, from, source), *in = iface_of(from, to, dest);
    struct fw_packet packet;
    bool good = put(ret->said, "from", "host") && put(ret->said, "to", "host");
    if (good && fw_packet_read(ret->said, &packet, &words) < 0)
        return wrong(w, ask_text(&w->ask, "%s", words));
    const bool two = from->node && to->node && from->node != to->node;
    if (from->node) {
        struct leg *leg = &ret->legs[ret->count++];
        *leg = (struct leg){.node = from->node, .packet = packet};
        set_end(from, NULL, true, &leg->packet.from);
        set_end(to, out, !two, &leg->packet.to);
    }
    if (to->node && to->node != from->node) {
        struct leg *leg = &ret->legs[ret->count++];
        *leg = (struct leg){.node = to->node, .packet = packet};
        set_end(from, in, !two, &leg->packet.from);
        set_end(to, NULL, true, &leg->packet.to);
    }
    good = good && put(ret->said, "from", end_words(&w->ask, from, in)) &&
           put(ret->said, "to", end_words(&w->ask, to, out));
    return good ? PROXIMO_OK : PROXIMO_ENOMEM;
}

void route_done(struct route *route)
{
    json_object_put(route->said);
    *route = (struct route){0};
}

int32_t route_read(struct world *w, struct json_object *packet, const struct route_default *otherwise,
                   struct route *ret)
{
    struct end ends[2];
    int32_t r = read_ends(w, packet, otherwise, ends);
    *ret = (struct route){.said = json_object_new_object()};
    for (size_t i = 0; r == PROXIMO_OK && i < 2; i++) {
        const char *node = otherwise->node;
        if (ends[i].guest)
            r = find_guest(w, &ends[i]);
        else if (ends[i].host)
            r = find_host(w, &ends[i], node);
        if (r == PROXIMO_OK && ends[i].guest)
            r = find_nic(w, &ends[i]);
    }
    if (r == PROXIMO_OK && !ends[0].node && !ends[1].node)
        r = wrong(w, "the packet goes from outside to outside: one of its ends is a host or a guest");
    if (r == PROXIMO_OK && !ret->said)
        r = PROXIMO_ENOMEM;
    r = r == PROXIMO_OK ? fill(w, packet, &ends[0], &ends[1], ret->said) : r;
    return r == PROXIMO_OK ? lay_legs(w, &ends[0], &ends[1], ret) : r;
}
