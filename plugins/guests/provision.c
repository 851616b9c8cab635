/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_provision: what is to be done for a guest of this name to be there. The cluster's list says which
 * guests there are; nothing else of it is used, because it is a cache. Sources: GET
 * /cluster/resources?type=vm, GET /cluster/nextid.
 */
#include "provision.h"
#include "agent.h"
#include "ssh_keys.h"

#define UNNAMED_MOST 64u

int32_t provision_plain_options(struct provision *p)
{
    static const char *const names[] = {"cores", "memory", "nameserver", "searchdomain", "tags"};
    const char *onboot = ask_argument(&p->a, "onboot"), *user = ask_argument(&p->a, "ciuser");
    const char *notes = ask_text(&p->a, "%s%s" PROVISION_MARK "%s", p->description ? p->description : "",
                                 p->description ? "\n\n" : "", p->source);
    int32_t r = provision_want(p, "description", notes);
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = ask_argument(&p->a, names[i]);
        if (value)
            r = provision_want(p, names[i], value);
    }
    if (r == PROXIMO_OK && onboot)
        r = provision_want(p, "onboot", strcmp(onboot, "true") == 0 ? "1" : "0");
    if (r == PROXIMO_OK && user && p->lxc)
        return p->a.host->fail(p->a.call, PROXIMO_EINVAL,
                               "ciuser is for machines: a container's keys and password are root's");
    if (r == PROXIMO_OK && user)
        r = provision_want(p, "ciuser", user);
    return r == PROXIMO_OK && p->keys && !p->lxc
               ? provision_want(p, "sshkeys", ssh_keys_encoded(&p->a, p->keys, strlen(p->keys)))
               : r;
}

/* Of a guest that is new the list knows the number alone, for some seconds: its configuration has the name.
 */
static int32_t name_new_guests(const struct provision *p)
{
    bool *wanted = p->a.host->alloc(p->a.call, p->guests.count + UINT64_C(1));
    bool any = false;
    if (!wanted)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < p->guests.count; i++)
        any |= wanted[i] = !p->guests.rows[i].name;
    struct known_guests guests = p->guests;
    int32_t r =
        any ? guests_read_configs(&p->a, &guests, wanted, UNNAMED_MOST, "looking for the name") : PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < guests.count; i++) {
        struct known_guest *row = &guests.rows[i];
        const char *name = member_text(row->config, row->lxc ? "hostname" : "name");
        if (wanted[i] && !row->config)
            r = p->a.host->incomplete(
                p->a.call, ask_text(&p->a, "the name of guest %lld", (long long)row->vmid), row->why);
        else if (wanted[i] && name)
            row->name = ask_text(&p->a, "%s", name);
    }
    return r;
}

/* The one guest that has the name; NULL: none. Fails when there are several. */
static int32_t find_name(const struct provision *p, const struct known_guest **ret)
{
    const char *others = NULL;
    uint32_t found = 0;
    *ret = NULL;
    for (uint32_t i = 0; i < p->guests.count; i++) {
        const struct known_guest *row = &p->guests.rows[i];
        if (!row->name || strcmp(row->name, p->name) != 0)
            continue;
        *ret = row;
        if (found++ < 5)
            others = ask_text(&p->a, "%s%s%lld on %s", others ? others : "", others ? ", " : "",
                              (long long)row->vmid, row->node);
    }
    return found < 2
               ? PROXIMO_OK
               : p->a.host->fail(p->a.call, PROXIMO_ESTATE,
                                 "%u guests are called %s already (%s): which of them is meant cannot be "
                                 "told. Rename all but one, or provision under another name",
                                 (unsigned)found, p->name, others ? others : "?");
}

/* A number that is unused in the whole cluster; that it still is when the plan is applied is guarded. */
static int32_t take_number(struct provision *p)
{
    static const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/nextid"};
    struct looked looked;
    if (p->newid)
        return PROXIMO_OK;
    int32_t r = ask_look(&p->a, &get, &looked);
    if (r < 0)
        return r;
    const char *text = looked.data ? json_object_get_string(looked.data) : NULL;
    if (text && digits_of(text, 999999999) >= 100)
        p->newid = ask_text(&p->a, "%llu", (unsigned long long)digits_of(text, 999999999));
    json_object_put(looked.data);
    return p->newid
               ? PROXIMO_OK
               : p->a.host->fail(p->a.call, PROXIMO_EREMOTE, "Proxmox names no free number (%s): say newid",
                                 looked.why ? looked.why : "?");
}

/* May it be seen whether the guest answers? */
static int32_t judge_answer(struct provision *p)
{
    const struct asking *a = &p->a;
    const char *path = ask_text(a, "/vms/%s", p->newid);
    if (!path)
        return PROXIMO_ENOMEM;
    if (!p->lxc && !p->agent)
        p->unseen = "agent is false";
    if (p->lxc && !p->ip && !p->ip6) {
        const char *net = p->template ? member_text(p->clone.g.config, "net0") : NULL;
        const char *ip = provision_part(a, net, "ip");
        if (!ip || strcmp(ip, "manual") == 0)
            p->unseen = "its network device has no address in its configuration";
    }
    if (p->unseen || !p->start || p->lxc)
        return PROXIMO_OK;
    const char *const privileges[] = {"VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted", "VM.Monitor"};
    for (size_t i = ask_release(a) == 8 ? 2 : 0, end = i ? 3 : 2; i < end; i++) {
        const int32_t held = a->host->permission(a->call, path, privileges[i]);
        if (ask_ends(held) || held != 0)
            return ask_ends(held) ? held : PROXIMO_OK;
    }
    p->unseen = "this token does not hold VM.GuestAgent.Audit (Proxmox VE 8: VM.Monitor) on it";
    return PROXIMO_OK;
}

static int32_t plan_new(struct provision *p)
{
    int32_t r = take_number(p);
    if (r == PROXIMO_OK)
        r = p->template ? provision_template(p) : provision_image(p);
    if (r == PROXIMO_OK)
        r = provision_check_network(p);
    if (r == PROXIMO_OK && p->start)
        r = life_check_either(&p->a, p->newid, p->pool, "VM.PowerMgmt", "starting the guest");
    if (r == PROXIMO_OK)
        r = judge_answer(p);
    if (r == PROXIMO_OK)
        r = provision_lay_out(p);
    return r == PROXIMO_OK ? provision_tell(p) : r;
}

static int32_t plan(struct provision *p)
{
    const struct known_guest *there = NULL;
    int32_t r = provision_arguments(p);
    if (r == PROXIMO_OK)
        r = guests_list(&p->a, &p->guests);
    if (r == PROXIMO_OK)
        r = name_new_guests(p);
    if (r == PROXIMO_OK)
        r = find_name(p, &there);
    if (r == PROXIMO_OK && p->template)
        r = provision_find_template(p);
    if (r < 0)
        return r;
    if (p->image && !(p->source = ask_text(&p->a, "image %s", p->image)))
        return PROXIMO_ENOMEM;
    return there ? provision_compare(p, there) : plan_new(p);
}

int32_t guests_plan_provision(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct provision *p = a.host->alloc(call, sizeof(*p));
    if (!p)
        return PROXIMO_ENOMEM;
    *p = (struct provision){
        .a = a, .instance = instance, .arguments = ask_arguments(&a), .want = json_object_new_object()};
    int32_t r = p->arguments && p->want ? plan(p) : PROXIMO_ENOMEM;
    guest_done(&p->clone.g);
    guests_done(&p->guests);
    json_object_put(p->want);
    json_object_put(p->arguments);
    return r;
}

/* The number was chosen while planning: the second guard (life_guards) has it, as what was free then. */
int32_t guests_undo_provision(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *record DROP_JSON = json_of(record_json);
    struct json_object *before = member_of(record, "before");
    const size_t count = json_object_is_type(before, json_type_array) ? json_object_array_length(before) : 0;
    const char *number = count > 1 ? member_text(json_object_array_get_idx(before, 1), "") : NULL;
    const uint64_t vmid = number ? digits_of(number, 999999999) : 0;
    const struct life_made made = {vmid >= 100 ? ask_text(&a, "%llu", (unsigned long long)vmid) : NULL,
                                   ask_argument(&a, "target"), ask_flag(&a, "start")};
    return life_undo_made(instance, call, record_json, &made);
}

/* ---- whom it affects */

int32_t guests_blast_provision(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *template = member_text(subject, "template");
    const bool linked = template && strchr(template, '/');
    int32_t r = guests_blast_create(instance, call, subject_json);
    return r == PROXIMO_OK && template
               ? tell_affected(
                     &a, linked ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                     ask_text(&a, "guest/%.*s", (int)strcspn(template, "/"), template), NULL,
                     linked ? "stays as it is, and cannot be destroyed while the linked clone is there: "
                              "the clone's disks are based on its own"
                            : "stays as it is; it is locked while it is copied",
                     NULL)
               : r;
}
