/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a provisioned guest: it is made, configured, grown, started, and waited for until it answers. A
 * machine answers through its agent (GET .../agent/network-get-interfaces, which fails with 500 until it
 * does), a container through its node (GET .../interfaces).
 */
#include "agent.h"
#include "provision.h"

#define MADE_MS    60000
#define RUNNING_MS 60000

/* ---- what it says */

static int32_t tell_keys(const struct provision *p)
{
    return p->keys ? tell_text(&p->a, "ssh_keys",
                               ask_text(&p->a, "public keys that may log in: %u", p->key_count))
                   : PROXIMO_OK;
}

static int32_t tell_answer(const struct provision *p)
{
    const char *text;
    if (!p->start)
        text = "it is not started, so nothing is waited for";
    else if (p->unseen)
        text =
            ask_text(&p->a,
                     "whether it answers cannot be seen: %s. The plan ends when it runs, which does not say "
                     "that its system is up",
                     p->unseen);
    else
        text = ask_text(
            &p->a, "the plan waits for at most %llu s until %s", (unsigned long long)(p->wait_ms / 1000),
            p->lxc ? "the container has its address"
                   : "the guest agent inside answers with an address; an image or template without "
                     "the agent installed never does, and the plan then ends as partial");
    return tell_text(&p->a, "answers", text);
}

int32_t provision_tell(const struct provision *p)
{
    const struct asking *a = &p->a;
    const char *how = p->image ? "" : p->full ? ", a full copy" : ", a linked clone";
    const char *summary = ask_text(a, "%s %s, called %s, is made on %s from %s%s%s",
                                   p->lxc ? "container" : "machine", p->newid, p->name, p->node, p->source,
                                   how, p->start ? ", configured, and started" : ", and configured");
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = tell_keys(p);
    if (r == PROXIMO_OK && p->compared)
        r = tell_text(
            a, "addresses",
            ask_text(a,
                     "no fixed address in %u other guests' configurations is the same; of %u that run %u "
                     "said which addresses they have now, the others may have it unseen",
                     p->compared, p->running, p->answered));
    if (r == PROXIMO_OK && p->template && !p->full)
        r = tell_text(
            a, "copy",
            "linked: the guest needs the template's disks, and while it is there the template cannot be "
            "destroyed");
    if (r == PROXIMO_OK)
        r = tell_answer(p);
    if (r == PROXIMO_OK)
        r = tell_text(
            a, "again",
            "the same call again finds the guest by its name and does nothing; names are not unique in "
            "Proxmox, so a guest of this name made elsewhere meanwhile is not refused");
    return r == PROXIMO_OK
               ? tell_text(
                     a, "way_back",
                     "undo destroys it as long as its configuration is that of the moment after and no task "
                     "(snapshot, backup, start, console) worked on it since; what was written inside is lost")
               : r;
}

/* ---- steps */

static int32_t step(const struct provision *p, const char *name, const char *method, const char *path,
                    const struct proximo_field *fields, uint32_t count, uint64_t flags)
{
    const struct proximo_step one = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST, .flags = flags, .name = name, .method = method,
        .path = path,      .params = ROWS(fields, count)};
    return p->a.host->step(p->a.call, &one);
}

struct waiting {
    const char *name, *path, *select, *value, *keep;
    uint32_t test;
    uint64_t deadline_ms;
};

static int32_t wait_for(const struct provision *p, const struct waiting *w)
{
    const struct proximo_step one = {ROW(proximo_step),
                                     .kind = PROXIMO_STEP_WAIT,
                                     .name = w->name,
                                     .path = w->path,
                                     .params = ROWS(p->at, 3),
                                     .select = w->select,
                                     .wait_test = w->test,
                                     .wait_value = w->value,
                                     .interval_ms = 1000,
                                     .deadline_ms = w->deadline_ms,
                                     .tolerate = "500,595,596,599",
                                     .keep = w->keep};
    return p->a.host->step(p->a.call, &one);
}

/* A clone's configuration; the digest makes the very first request on it one that Proxmox itself checks. */
static int32_t set_options(const struct provision *p)
{
    const struct waiting made = {"made", GUEST_CONFIG, "/lock", "0", "/digest", PROXIMO_WAIT_COUNT, MADE_MS};
    struct proximo_field fields[CREATE_FIELDS_MOST] = {p->at[0], p->at[1], p->at[2]};
    uint32_t count = 3;
    json_object_object_foreach(p->want, key, value)
    {
        if (count < CREATE_FIELDS_MOST - 3)
            fields[count++] =
                FIELD(ask_text(&p->a, "%s", key), ask_text(&p->a, "%s", json_object_get_string(value)));
    }
    int32_t r = wait_for(p, &made);
    if (r == PROXIMO_OK && p->password) {
        fields[count] =
            (struct proximo_field){ROW(proximo_field), .flags = PROXIMO_FIELD_SECRET, .name = "cipassword"};
        r = p->a.host->secret(p->a.call, "password", &fields[count++].secret_id);
    }
    fields[count++] = REFERENCE("digest", "made:/digest");
    return r == PROXIMO_OK ? step(p, "configure", "PUT", GUEST_CONFIG, fields, count, PROXIMO_STEP_ATOMIC)
                           : r;
}

static int32_t make(const struct provision *p)
{
    if (p->template) {
        int32_t r = clone_request(&p->clone);
        return r == PROXIMO_OK ? set_options(p) : r;
    }
    struct creation *c = p->make;
    int32_t r = life_guards(&p->a, p->at);
    if (r == PROXIMO_OK && p->password) {
        struct proximo_field *field = &c->fields[c->count++];
        *field = (struct proximo_field){ROW(proximo_field), .flags = PROXIMO_FIELD_SECRET,
                                        .name = p->lxc ? "password" : "cipassword"};
        r = p->a.host->secret(p->a.call, "password", &field->secret_id);
    }
    return r == PROXIMO_OK ? step(p, "change", "POST", p->lxc ? "/nodes/{node}/lxc" : "/nodes/{node}/qemu",
                                  c->fields, c->count, PROXIMO_STEP_FOLLOW)
                           : r;
}

static int32_t grow(const struct provision *p)
{
    const struct proximo_field fields[] = {p->at[0], p->at[1], p->at[2], FIELD("disk", p->grow),
                                           FIELD("size", p->grow_to)};
    return p->grow ? step(p, "grow", "PUT", GUEST_PATH "/resize", fields, 5, PROXIMO_STEP_FOLLOW)
                   : PROXIMO_OK;
}

/* The agent lists the loopback first, Windows' last. */
static const char *machine_answers(const struct provision *p, const char **ret_keep)
{
    const char *nic = p->windows ? "/result/0" : "/result/1";
    const size_t len = p->ip && strcmp(p->ip, "dhcp") != 0 ? strcspn(p->ip, "/") : 0;
    *ret_keep = NULL;
    if (p->ip6 && !p->ip)
        return "/result/0/name";
    const char *select =
        len ? ask_text(&p->a, "%s/ip-addresses[ip-address=%.*s]/ip-address", nic, (int)len, p->ip)
            : ask_text(&p->a, "%s/ip-addresses[ip-address-type=ipv4]/ip-address", nic);
    *ret_keep = select;
    return select;
}

static int32_t wait_answer(const struct provision *p)
{
    struct waiting w = {.name = "answers", .test = PROXIMO_WAIT_EXISTS, .deadline_ms = p->wait_ms};
    if (p->unseen)
        return PROXIMO_OK;
    if (!p->lxc) {
        w.path = AGENT_PATH "network-get-interfaces";
        w.select = machine_answers(p, &w.keep);
    } else {
        const char *net = member_text(p->want, "net0");
        const char *name = provision_part(&p->a, net ? net : member_text(p->clone.g.config, "net0"), "name");
        w.path = "/nodes/{node}/lxc/{vmid}/interfaces";
        w.select = ask_text(&p->a, "[name=%s]/%s", name ? name : "eth0", p->ip6 && !p->ip ? "inet6" : "inet");
        w.keep = w.select;
    }
    if (!w.select)
        return PROXIMO_ENOMEM;
    const struct proximo_field at[] = {p->at[0], p->at[2]};
    const struct proximo_step one = {ROW(proximo_step),
                                     .kind = PROXIMO_STEP_WAIT,
                                     .name = w.name,
                                     .path = w.path,
                                     .params = ROWS(at, 2),
                                     .select = w.select,
                                     .wait_test = w.test,
                                     .interval_ms = 1000,
                                     .deadline_ms = w.deadline_ms,
                                     .tolerate = "500,595,596,599",
                                     .keep = w.keep};
    return p->a.host->step(p->a.call, &one);
}

static int32_t start(const struct provision *p)
{
    const struct waiting runs = {"runs", GUEST_STATUS,        "/status", "\"running\"",
                                 NULL,   PROXIMO_WAIT_EQUALS, RUNNING_MS};
    if (!p->start)
        return PROXIMO_OK;
    int32_t r = step(p, "start", "POST", GUEST_PATH "/status/start", p->at, 3, PROXIMO_STEP_FOLLOW);
    if (r == PROXIMO_OK)
        r = wait_for(p, &runs);
    return r == PROXIMO_OK ? wait_answer(p) : r;
}

/* ---- who is affected, and what must not change before */

static int32_t subject(const struct provision *p)
{
    const char *template =
        p->from ? ask_text(&p->a, "%lld%s", (long long)p->from->vmid, p->full ? "" : "/linked") : NULL;
    const struct {
        const char *name, *value;
    } details[] = {{"node", p->node},
                   {"bridges", p->bridges},
                   {"space", p->space},
                   {"pool", p->pool},
                   {"template", template}};
    struct json_object *o DROP_JSON = json_object_new_object();
    if (!o || (p->from && !template))
        return PROXIMO_ENOMEM;
    json_object_object_add(o, "kind", json_object_new_string("guest"));
    json_object_object_add(o, "vmid", json_object_new_int64((int64_t)digits_of(p->newid, 999999999)));
    json_object_object_add(o, "new", json_object_new_boolean(1));
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        if (details[i].value)
            json_object_object_add(o, details[i].name, json_object_new_string(details[i].value));
    }
    return p->a.host->subject(p->a.call, PROVISION_CLASS, json_text(o));
}

/* Nobody on the node may have taken the name; of other nodes only the cluster's list would tell, a cache. */
static int32_t guard_name(const struct provision *p)
{
    static const char *const paths[] = {"/nodes/{node}/qemu", "/nodes/{node}/lxc"};
    const char *select = ask_text(&p->a, "[name=%s]/vmid", p->name);
    int32_t r = select ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < 2; i++) {
        const struct proximo_guard guard = {ROW(proximo_guard), .path = paths[i], .fields = select,
                                            .params = ROWS(p->at, 1)};
        r = p->a.host->guard(p->a.call, &guard);
    }
    return r;
}

int32_t provision_lay_out(const struct provision *p)
{
    int32_t r = make(p);
    if (r == PROXIMO_OK)
        r = guard_name(p);
    if (r == PROXIMO_OK)
        r = subject(p);
    if (r == PROXIMO_OK)
        r = grow(p);
    if (r == PROXIMO_OK)
        r = start(p);
    if (r == PROXIMO_OK)
        r = life_wait_made(&p->a, p->at, p->start);
    return r == PROXIMO_OK ? p->a.host->undo(p->a.call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}
