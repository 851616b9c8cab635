/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest from an image: a machine whose disk is imported (import-from) with a cloud-init drive beside it, or
 * a container from a container template. One request makes it. Sources: POST /nodes/{node}/{qemu,lxc}.
 */
#include "provision.h"
#include "ssh_keys.h"

static int32_t refuse(const struct provision *p, const char *what, const char *why)
{
    return p->a.host->fail(p->a.call, PROXIMO_EINVAL, "%s: %s", what, why);
}

static int32_t machine_options(struct provision *p)
{
    static const struct {
        const char *key, *value;
    } fixed[] = {{"ostype", "l26"},
                 {"scsihw", "virtio-scsi-single"},
                 {"boot", "order=scsi0"},
                 {"serial0", "socket"},
                 {"agent", "enabled=1"}};
    int32_t r = provision_want(p, "name", p->name);
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (p->agent || strcmp(fixed[i].key, "agent") != 0)
            r = provision_want(p, fixed[i].key, fixed[i].value);
    }
    if (r == PROXIMO_OK)
        r = provision_want(p, "scsi0", ask_text(&p->a, "%s:0,import-from=%s", p->storage, p->image));
    if (r == PROXIMO_OK)
        r = provision_want(p, "ide2", ask_text(&p->a, "%s:cloudinit", p->storage));
    const char *address = provision_ipconfig(p);
    if (r == PROXIMO_OK && address && *address)
        r = provision_want(p, "ipconfig0", address);
    if (r == PROXIMO_OK && p->size) {
        p->grow = "scsi0";
        p->grow_to = ask_text(&p->a, "%lluG", (unsigned long long)(p->size >> 30));
        r = p->grow_to ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    return address ? r : PROXIMO_ENOMEM;
}

static int32_t container_options(struct provision *p)
{
    int32_t r = provision_want(p, "hostname", p->name);
    if (r == PROXIMO_OK)
        r = provision_want(p, "unprivileged", "1");
    return r == PROXIMO_OK ? provision_want(p, "rootfs",
                                            ask_text(&p->a, "%s:%llu", p->storage,
                                                     (unsigned long long)(p->size ? p->size >> 30 : 4)))
                           : r;
}

/* ---- what the request is: create.h's */

static int32_t add(struct creation *c, const char *name, const char *value)
{
    if (!value)
        return PROXIMO_ENOMEM;
    if (c->count == CREATE_FIELDS_MOST)
        return c->a.host->fail(c->a.call, PROXIMO_EINVAL, "more options than a new guest takes");
    c->fields[c->count++] = FIELD(name, value);
    return PROXIMO_OK;
}

static int32_t add_fields(struct provision *p)
{
    struct creation *c = p->make;
    int32_t r = add(c, "node", p->node);
    if (r == PROXIMO_OK)
        r = add(c, "vmid", p->newid);
    if (r == PROXIMO_OK && p->lxc)
        r = add(c, "ostemplate", p->image);
    if (r == PROXIMO_OK && p->lxc && p->keys)
        r = add(c, "ssh-public-keys", p->keys);
    if (r == PROXIMO_OK && p->pool)
        r = add(c, "pool", p->pool);
    json_object_object_foreach(p->want, key, value)
    {
        if (r == PROXIMO_OK)
            r = add(c, ask_text(&p->a, "%s", key), ask_text(&p->a, "%s", json_object_get_string(value)));
    }
    return r;
}

/* The options are judged as pve_create_vm's are. How large an image's disk is its storage does not say; what
 * it grows to is known. */
static int32_t judge(struct provision *p)
{
    struct creation *c = p->make;
    struct json_object *judged DROP_JSON = NULL;
    if (json_object_deep_copy(p->want, &judged, NULL) != 0)
        return PROXIMO_ENOMEM;
    if (!p->lxc && p->size)
        json_object_object_add(
            judged, "scsi0",
            json_object_new_string(ask_text(&p->a, "%s:%llu,import-from=%s", p->storage,
                                            (unsigned long long)(p->size >> 30), p->image)));
    c->options = judged;
    int32_t r = life_check_unused(&p->a, p->newid);
    if (r == PROXIMO_OK)
        r = life_check_allocate(&p->a, p->newid, p->pool);
    if (r == PROXIMO_OK)
        r = create_judge_options(c);
    if (r == PROXIMO_OK)
        r = create_check_storages(c);
    c->options = NULL;
    p->bridges = c->bridges;
    p->space = c->space;
    return r;
}

int32_t provision_image(struct provision *p)
{
    const struct asking *a = &p->a;
    const char *missing = !p->node ? "target" : !p->storage ? "storage" : !p->bridge ? "bridge" : NULL;
    if (missing)
        return refuse(p, missing,
                      !p->node      ? "the node that the guest is made on must be said for an image"
                      : !p->storage ? "the storage for the guest's disk must be said for an image"
                                    : "the bridge that the guest is on must be said for an image");
    p->make = a->host->alloc(a->call, sizeof(*p->make));
    if (!p->make)
        return PROXIMO_ENOMEM;
    p->at[0] = FIELD("node", p->node);
    p->at[1] = FIELD("kind", p->lxc ? "lxc" : "qemu");
    p->at[2] = FIELD("vmid", p->newid);
    *p->make = (struct creation){.a = *a,
                                 .lxc = p->lxc,
                                 .vmid = p->newid,
                                 .node = p->node,
                                 .storage = p->storage,
                                 .ostemplate = p->image,
                                 .pool = p->pool};
    memcpy(p->make->at, p->at, sizeof(p->at));
    int32_t r = provision_want(p, "net0", provision_net(p, NULL));
    if (r == PROXIMO_OK)
        r = p->lxc ? container_options(p) : machine_options(p);
    if (r == PROXIMO_OK)
        r = provision_plain_options(p);
    if (r == PROXIMO_OK)
        r = judge(p);
    return r == PROXIMO_OK ? add_fields(p) : r;
}
