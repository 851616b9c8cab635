/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_create_container and pve_create_vm: one request with every option that was given, and for a container
 * unprivileged=1 unless it was said otherwise. Sources: POST /nodes/{node}/{lxc,qemu}.
 */
#include "create.h"

const char *create_value(const struct asking *a, struct json_object *value)
{
    if (json_object_is_type(value, json_type_boolean))
        return json_object_get_boolean(value) ? "1" : "0";
    return ask_text(a, "%s", json_object_get_string(value));
}

static int32_t add(struct creation *c, const char *name, const char *value)
{
    if (!name || !value)
        return PROXIMO_ENOMEM;
    if (c->count == CREATE_FIELDS_MOST - 2)
        return c->a.host->fail(c->a.call, PROXIMO_EINVAL, "a new guest takes at most %u options",
                               CREATE_FIELDS_MOST - 10);
    c->fields[c->count++] = FIELD(name, value);
    return PROXIMO_OK;
}

/* Words of the request that are no options of a guest, or have a parameter of their own. */
static const char *misplaced(const struct creation *c, const char *key)
{
    static const struct word {
        const char *key, *why;
        bool lxc_only;
    } words[] = {
        {"vmid", "it has a parameter of its own", false},
        {"node", "it has a parameter of its own", false},
        {"ostemplate", "it has a parameter of its own", false},
        {"storage", "it has a parameter of its own", true},
        {"ssh-public-keys", "it has a parameter of its own: ssh_public_keys", false},
        {"archive", "pve_restore makes a guest from a backup", false},
        {"restore", "pve_restore makes a guest from a backup", false},
        {"unique", "it is for restoring: pve_restore", false},
        {"live-restore", "it is for restoring: pve_restore", false},
        {"force", "a new guest never takes the place of another", false},
        {"delete", "there is nothing to remove of a new guest", false},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].key, key) == 0 && (c->lxc || !words[i].lxc_only))
            return words[i].why;
    }
    return NULL;
}

static int32_t take_options(struct creation *c)
{
    int32_t r = PROXIMO_OK;
    json_object_object_foreach(c->options, key, value)
    {
        const char *why = misplaced(c, key);
        if (why)
            return c->a.host->fail(c->a.call, PROXIMO_EINVAL, "option \"%.64s\": %s", key, why);
        r = add(c, ask_text(&c->a, "%s", key), create_value(&c->a, value));
        if (r < 0)
            return r;
    }
    return r;
}

static int32_t take_secret(struct creation *c, const char *name)
{
    uint64_t id = 0;
    if (!member_of(c->arguments, name))
        return PROXIMO_OK;
    int32_t r = c->a.host->secret(c->a.call, name, &id);
    if (r == PROXIMO_OK)
        c->fields[c->count++] = (struct proximo_field){ROW(proximo_field), .flags = PROXIMO_FIELD_SECRET,
                                                       .name = name, .secret_id = id};
    return r;
}

static int32_t take_container(struct creation *c)
{
    const char *keys = ask_argument(&c->a, "ssh_public_keys");
    int32_t r = add(c, "ostemplate", c->ostemplate);
    if (r == PROXIMO_OK && c->storage)
        r = add(c, "storage", c->storage);
    if (r == PROXIMO_OK && !member_of(c->options, "unprivileged"))
        r = add(c, "unprivileged", "1");
    if (r == PROXIMO_OK && keys)
        r = add(c, "ssh-public-keys", keys);
    return r;
}

static int32_t begin(void *instance, struct proximo_call *call, bool lxc, struct creation *ret)
{
    *ret = (struct creation){.a = {((struct plane_instance *)instance)->host, call}, .lxc = lxc};
    const struct asking *a = &ret->a;
    if (!(ret->arguments = ask_arguments(a)))
        return PROXIMO_ENOMEM;
    ret->vmid = ask_argument(a, "vmid");
    ret->node = ask_argument(a, "node");
    ret->storage = ask_argument(a, "storage");
    ret->ostemplate = ask_argument(a, "ostemplate");
    ret->options = member_of(ret->arguments, "options");
    if (!ret->vmid || !ret->node || (lxc && !ret->ostemplate))
        return a->host->fail(call, PROXIMO_EINVAL, "%s is missing",
                             !ret->vmid   ? "vmid"
                             : !ret->node ? "node"
                                          : "ostemplate");
    if (member_text(ret->options, "pool"))
        ret->pool = ask_text(a, "%s", member_text(ret->options, "pool"));
    ret->start = member_true(ret->options, "start");
    ret->privileged =
        lxc && member_of(ret->options, "unprivileged") && !member_true(ret->options, "unprivileged");
    ret->at[0] = FIELD("node", ret->node);
    ret->at[1] = FIELD("kind", lxc ? "lxc" : "qemu");
    ret->at[2] = FIELD("vmid", ret->vmid);
    int32_t r = add(ret, "node", ret->node);
    if (r == PROXIMO_OK)
        r = add(ret, "vmid", ret->vmid);
    if (r == PROXIMO_OK && lxc)
        r = take_container(ret);
    if (r == PROXIMO_OK && ret->options)
        r = take_options(ret);
    return r == PROXIMO_OK ? take_secret(ret, lxc ? "password" : "cipassword") : r;
}

/* ---- the plan */

static int32_t tell(const struct creation *c)
{
    const struct asking *a = &c->a;
    const char *name = member_text(c->options, c->lxc ? "hostname" : "name");
    const char *summary =
        ask_text(a, "%s %s%s%s is made on %s%s%s%s", c->lxc ? "container" : "machine", c->vmid,
                 name ? ", called " : "", name ? name : "", c->node, c->lxc ? " from " : "",
                 c->lxc ? c->ostemplate : "", c->start ? ", and started" : "");
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && c->lxc)
        r = tell_text(a, "container",
                      c->privileged ? "privileged: root in it is root on the host"
                                    : "unprivileged: its root is nobody on the host");
    if (r == PROXIMO_OK && c->privileged)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "a privileged container: root in it is root on the host");
    return r == PROXIMO_OK
               ? tell_text(a, c->start ? "no_way_back" : "way_back",
                           c->start
                               ? "undo destroys only what nobody used, and this guest is started at once: "
                                 "pve_delete_guest destroys it"
                               : "undo destroys it as long as nobody started or changed it")
               : r;
}

static int32_t subject(const struct creation *c)
{
    const struct {
        const char *name, *value;
    } details[] = {{"node", c->node},
                   {"type", c->at[1].value},
                   {"bridges", c->bridges},
                   {"space", c->space},
                   {"pool", c->pool}};
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("guest"));
    json_object_object_add(subject, "vmid", json_object_new_int64((int64_t)digits_of(c->vmid, 999999999)));
    json_object_object_add(subject, "new", json_object_new_boolean(1));
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        if (details[i].value)
            json_object_object_add(subject, details[i].name, json_object_new_string(details[i].value));
    }
    return c->a.host->subject(c->a.call, CREATE_CLASS, json_text(subject));
}

static int32_t lay_out(const struct creation *c)
{
    const struct asking *a = &c->a;
    const struct proximo_step make = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .flags = PROXIMO_STEP_FOLLOW,
                                      .name = "change",
                                      .method = "POST",
                                      .path = c->lxc ? "/nodes/{node}/lxc" : "/nodes/{node}/qemu",
                                      .params = ROWS(c->fields, c->count)};
    int32_t r = life_guards(a, c->at);
    if (r == PROXIMO_OK)
        r = subject(c);
    if (r == PROXIMO_OK)
        r = a->host->step(a->call, &make);
    if (r == PROXIMO_OK)
        r = life_wait_made(a, c->at, c->start);
    return r == PROXIMO_OK
               ? a->host->undo(a->call, c->start ? PROXIMO_UNDO_NONE : PROXIMO_UNDO_FUNCTION, NULL, 0)
               : r;
}

static int32_t plan(void *instance, struct proximo_call *call, bool lxc)
{
    struct creation *c = ((struct plane_instance *)instance)->host->alloc(call, sizeof(*c));
    if (!c)
        return PROXIMO_ENOMEM;
    int32_t r = begin(instance, call, lxc, c);
    if (r == PROXIMO_OK)
        r = life_check_unused(&c->a, c->vmid);
    if (r == PROXIMO_OK)
        r = life_check_allocate(&c->a, c->vmid, c->pool);
    if (r == PROXIMO_OK)
        r = create_judge_options(c);
    if (r == PROXIMO_OK)
        r = create_check_storages(c);
    if (r == PROXIMO_OK)
        r = tell(c);
    if (r == PROXIMO_OK)
        r = lay_out(c);
    json_object_put(c->arguments);
    return r;
}

int32_t guests_plan_create_container(void *instance, struct proximo_call *call)
{
    return plan(instance, call, true);
}

int32_t guests_plan_create_vm(void *instance, struct proximo_call *call)
{
    return plan(instance, call, false);
}

int32_t guests_undo_create(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return life_undo(instance, call, record_json, "vmid");
}
