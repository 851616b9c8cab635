/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_ips. A machine is asked through its agent, a container through its node; each guest is one
 * request, and an agent that hangs takes seconds, so there is a budget of guests and of time. Sources:
 * GET /cluster/resources?type=vm, GET /nodes/{node}/qemu/{vmid}/agent/network-get-interfaces,
 * GET /nodes/{node}/lxc/{vmid}/interfaces.
 */
#include "agent.h"

#define BATCH       16u /* four are asked beside each other; between batches the clock is looked at */
#define BATCH_LATE  4u  /* when time runs out: one round of agents that hang, no more */
#define ASKED_MOST  512u
#define TIME_LATE   45000 /* ms of the call that are left */
#define TIME_KEPT   12000
#define ADDRESS_MAX 45u

struct spot {
    const char *vmid, *kind, *node, *name;
};
struct asked {
    struct asking ask;
    bool special; /* loopback and link-local as well */
    struct spot *spots;
    uint32_t count, running, done, unknown;
    bool partial; /* the list of guests */
    struct json_object *rows;
};

/* ---- which guests */

static int32_t take_spot(struct asked *to, struct json_object *row)
{
    const struct asking *a = &to->ask;
    const char *name = member_text(row, "name");
    struct spot *spot = &to->spots[to->count];
    *spot = (struct spot){ask_text(a, "%s", member_text(row, "vmid")),
                          member_is(row, "type", "lxc") ? "lxc" : "qemu",
                          ask_text(a, "%s", member_text(row, "node")), name ? ask_text(a, "%s", name) : NULL};
    to->count++;
    return spot->vmid && spot->node && (!name || spot->name) ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t choose(struct asked *to, struct json_object *list)
{
    const struct asking *a = &to->ask;
    const char *node = ask_argument(a, "node"), *pool = ask_argument(a, "pool");
    const char *tag = ask_argument(a, "tag"), *kind = ask_argument(a, "kind");
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (!member_text(row, "vmid") || !member_text(row, "node") || !member_is(row, "status", "running") ||
            (node && !member_is(row, "node", node)) || (pool && !member_is(row, "pool", pool)) ||
            (kind && !member_is(row, "type", kind)) || (tag && !guest_has_tag(member_text(row, "tags"), tag)))
            continue;
        if (to->running++ < ASKED_MOST)
            r = take_spot(to, row);
    }
    return r;
}

static int32_t all_running(struct asked *to)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct proximo_answer answer = {ROW(proximo_answer)};
    int32_t r = to->ask.host->get(to->ask.call, &get, &answer);
    struct json_object *list DROP_JSON = r == PROXIMO_OK ? json_of(answer.data) : NULL;
    if (r < 0)
        return r;
    if (!json_object_is_type(list, json_type_array))
        return to->ask.host->fail(to->ask.call, PROXIMO_EPROTO, "the list of guests is no list");
    to->partial = answer.flags & PROXIMO_ANSWER_INCOMPLETE;
    return choose(to, list);
}

/* ---- what a guest says */

/* Whoever writes the answer is inside the guest: only what can be an address passes. */
static bool is_address(const char *text, size_t len)
{
    return len > 1 && len <= ADDRESS_MAX && strspn(text, "0123456789abcdefABCDEF.:") >= len;
}

static bool is_special(const char *text)
{
    return strncmp(text, "127.", 4) == 0 || strncmp(text, "169.254.", 8) == 0 || strcmp(text, "::1") == 0 ||
           ((text[0] | 32) == 'f' && (text[1] | 32) == 'e' && text[2] && strchr("89abAB", text[2]));
}

/* "10.0.0.5/24" or "fe80::1%eth0", with the prefix apart or not at all (NULL). */
static int add_address(const struct asked *to, struct json_object *ips, struct json_object *with_prefix,
                       const char *text, const char *prefix)
{
    const size_t len = text ? strcspn(text, "/%") : 0;
    if (!text || !is_address(text, len))
        return 0;
    const char *address = ask_text(&to->ask, "%.*s", (int)len, text);
    if (!prefix && text[len] == '/')
        prefix = text + len + 1;
    if (!address || (is_special(address) && !to->special))
        return address ? 0 : -1;
    const char *whole =
        prefix ? ask_text(&to->ask, "%s/%u", address, (unsigned)digits_of(prefix, 128)) : address;
    return !whole || json_object_array_add(ips, json_object_new_string(address)) ||
                   json_object_array_add(with_prefix, json_object_new_string(whole))
               ? -1
               : 0;
}

/* Proxmox VE 8 gives a container one address of each family, 9 a list as the agent does. */
static int add_interface(const struct asked *to, struct json_object *from, struct json_object *ips,
                         struct json_object *interfaces)
{
    struct json_object *list = member_of(from, "ip-addresses");
    struct json_object *row = json_object_new_object(), *own = json_object_new_array();
    const char *name = member_text(from, "name");
    const char *mac = member_text(from, "hardware-address");
    int bad = row && own ? 0 : -1;
    if (json_object_is_type(list, json_type_array)) {
        for (size_t i = 0; !bad && i < json_object_array_length(list); i++) {
            struct json_object *entry = json_object_array_get_idx(list, i);
            bad = add_address(to, ips, own, member_text(entry, "ip-address"), member_text(entry, "prefix"));
        }
    } else if (!bad) {
        bad = add_address(to, ips, own, member_text(from, "inet"), NULL) ||
              add_address(to, ips, own, member_text(from, "inet6"), NULL);
    }
    if (!mac)
        mac = member_text(from, "hwaddr");
    if (!bad && name)
        bad = json_object_object_add(row, "name", json_object_new_string(name));
    if (!bad && mac)
        bad = json_object_object_add(row, "mac", json_object_new_string(mac));
    if (bad || json_object_array_length(own) == 0) {
        json_object_put(own);
        json_object_put(row);
        return bad ? -1 : 0;
    }
    bad = json_object_object_add(row, "ips", own);
    return json_object_array_add(interfaces, row) || bad ? -1 : 0;
}

static int add_interfaces(const struct asked *to, struct json_object *list, struct json_object *row)
{
    struct json_object *ips = json_object_new_array(), *interfaces = json_object_new_array();
    int bad = ips && interfaces ? 0 : -1;
    for (size_t i = 0; !bad && i < json_object_array_length(list); i++)
        bad = add_interface(to, json_object_array_get_idx(list, i), ips, interfaces);
    bad |= json_object_object_add(row, "ips", ips);
    return bad | json_object_object_add(row, "interfaces", interfaces);
}

/* NULL: it did answer. */
static const char *why_not(const struct asked *to, const struct spot *spot,
                           const struct proximo_answer *answer, struct json_object *list)
{
    if (answer->status < 200 || answer->status >= 300)
        return agent_why(answer->message.len
                             ? ask_text(&to->ask, "%.*s",
                                        answer->message.len > 200 ? 200 : (int)answer->message.len,
                                        answer->message.ptr)
                             : "no answer")
            .says;
    if (json_object_is_type(list, json_type_array))
        return NULL;
    return strcmp(spot->kind, "lxc") == 0 ? "it is not running" : "its guest agent answered nothing";
}

static int32_t take(struct asked *to, const struct spot *spot, const struct proximo_answer *answer)
{
    struct json_object *data DROP_JSON = json_of(answer->data);
    struct json_object *list = strcmp(spot->kind, "lxc") == 0 ? data : member_of(data, "result");
    struct json_object *row = json_object_new_object();
    const char *why = why_not(to, spot, answer, list);
    if (!row || json_object_array_add(to->rows, row)) {
        json_object_put(row);
        return PROXIMO_ENOMEM;
    }
    int bad =
        json_object_object_add(row, "vmid", json_object_new_int64((int64_t)digits_of(spot->vmid, 999999999)));
    if (spot->name)
        bad |= json_object_object_add(row, "name", json_object_new_string(spot->name));
    bad |= json_object_object_add(row, "kind", json_object_new_string(spot->kind));
    bad |= json_object_object_add(row, "node", json_object_new_string(spot->node));
    bad |= json_object_object_add(row, "state", json_object_new_string(why ? "not known" : "known"));
    if (why)
        bad |= json_object_object_add(row, "why", json_object_new_string(why));
    else
        bad |= add_interfaces(to, list, row);
    to->unknown += why != NULL;
    return bad ? PROXIMO_ENOMEM : PROXIMO_OK;
}

static int32_t ask_batch(struct asked *to, const struct spot *spots, uint32_t count)
{
    struct proximo_field at[BATCH][2];
    struct proximo_get gets[BATCH] = {0};
    struct proximo_answer answers[BATCH] = {0};
    for (uint32_t i = 0; i < count; i++) {
        at[i][0] = FIELD("node", spots[i].node);
        at[i][1] = FIELD("vmid", spots[i].vmid);
        gets[i] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE,
                                       .path = strcmp(spots[i].kind, "lxc") == 0
                                                   ? "/nodes/{node}/lxc/{vmid}/interfaces"
                                                   : AGENT_PATH "network-get-interfaces",
                                       .fields = at[i], .field_count = 2};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
    }
    int32_t r = to->ask.host->get_many(to->ask.call, gets, count, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = take(to, &spots[i], &answers[i]);
    return r;
}

static int32_t ask_all(struct asked *to)
{
    const struct proximo_host *host = to->ask.host;
    int32_t r = PROXIMO_OK;
    while (r == PROXIMO_OK && to->done < to->count) {
        const int64_t time_left = host->deadline_ms(to->ask.call);
        const uint32_t left = to->count - to->done, most = time_left < TIME_LATE ? BATCH_LATE : BATCH;
        const uint32_t n = left < most ? left : most;
        if (to->done && time_left < TIME_KEPT)
            break;
        r = ask_batch(to, to->spots + to->done, n);
        to->done += n;
        if (r == PROXIMO_OK && to->count > BATCH)
            r = host->progress(to->ask.call, to->done, to->count, "asking guests for their addresses");
    }
    return r;
}

static int32_t reply_rows(const struct asked *to)
{
    struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                    .data = json_text(to->rows)};
    const char *note = NULL;
    if (to->done < to->running)
        note =
            ask_text(&to->ask,
                     "%u of %u running guests were asked: narrow it down by node, pool, tag or kind to ask "
                     "the others",
                     (unsigned)to->done, (unsigned)to->running);
    else if (to->unknown)
        note = ask_text(&to->ask, "the addresses of %u guests are not known; why says the reason of each",
                        (unsigned)to->unknown);
    else if (to->partial)
        note = "this token does not see all guests";
    if (!note && (to->done < to->running || to->unknown))
        return PROXIMO_ENOMEM;
    if (!note) {
        block.flags = PROXIMO_CONTENT_COMPLETE;
    } else {
        block.flags = PROXIMO_CONTENT_INCOMPLETE | (to->done < to->running ? PROXIMO_CONTENT_MORE : 0);
        block.note = text_of(note);
    }
    return to->ask.host->reply(to->ask.call, &block, 1);
}

int32_t guests_read_ips(void *instance, struct proximo_call *call)
{
    struct asked to = {.ask = {((struct plane_instance *)instance)->host, call}};
    struct json_object *rows DROP_JSON = json_object_new_array();
    const struct asking *a = &to.ask;
    struct spot one = {ask_argument(a, "vmid"), ask_argument(a, "kind"), ask_argument(a, "node"), NULL};
    int32_t r = rows ? PROXIMO_OK : PROXIMO_ENOMEM;
    to.rows = rows;
    to.special = ask_flag(a, "special");
    if (r == PROXIMO_OK && one.vmid && one.kind && one.node) {
        to.spots = &one;
        to.count = to.running = 1;
    } else if (r == PROXIMO_OK) {
        to.spots = a->host->alloc(call, ASKED_MOST * sizeof(*to.spots));
        r = to.spots ? all_running(&to) : PROXIMO_ENOMEM;
    }
    if (r == PROXIMO_OK)
        r = ask_all(&to);
    return r == PROXIMO_OK ? reply_rows(&to) : r;
}
