/* SPDX-License-Identifier: Apache-2.0 */
/* What every edit of the software-defined network looks at before it is planned. */
#include "sdn.h"

#define NAMED_MOST 12u /* pending objects in a sentence */

const struct config_kind *sdn_kind_of(enum sdn_sort sort)
{
    static const struct config_kind *const kinds[SDN_EDITABLE] = {
        [SDN_CONTROLLER] = &sdn_controller_kind,
        [SDN_ZONE] = &sdn_zone_kind,
        [SDN_VNET] = &sdn_vnet_kind,
        [SDN_SUBNET] = &sdn_subnet_kind,
    };
    return sort < SDN_EDITABLE ? kinds[sort] : NULL;
}

int32_t sdn_need_9(const struct asking *a, const char *what, uint32_t *ret_release)
{
    *ret_release = ask_release(a);
    if (*ret_release == 8)
        return a->host->fail(a->call, PROXIMO_ENOSYS,
                             "Proxmox VE 8, which this site runs, has no %s: it came with Proxmox VE 9",
                             what);
    return PROXIMO_OK;
}

int32_t sdn_take_lock_token(const struct asking *a, uint32_t release, struct proximo_field *ret,
                            bool *ret_given)
{
    struct proximo_text given = {0};
    *ret_given = a->host->argument(a->call, "lock_token", &given) == PROXIMO_OK;
    if (!*ret_given)
        return PROXIMO_OK;
    if (release == 8)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "lock_token: Proxmox VE 8, which this site runs, has no lock of the network "
                             "configuration; leave it out");
    *ret = (struct proximo_field){ROW(proximo_field), .flags = PROXIMO_FIELD_SECRET, .name = "lock-token"};
    return a->host->secret(a->call, "lock_token", &ret->secret_id);
}

/* A digest that the caller read earlier. The plan reads a fresh one of its own at once before. */
static int32_t check_digest(const struct config_change *c)
{
    const char *given = c->undoing ? NULL : ask_argument(&c->ask, "digest");
    const char *now = member_text(c->now, "digest");
    if (!given || !now || strcmp(given, now) == 0)
        return PROXIMO_OK;
    return c->ask.host->fail(c->ask.call, PROXIMO_ESTATE,
                             "digest: the %ss were changed since they were read with this digest; look at "
                             "them again",
                             c->kind->what);
}

/* What is pending besides: it is applied together with this. */
static int32_t tell_pending(const struct config_change *c, enum sdn_sort sort)
{
    struct sdn_view view;
    int32_t r = sdn_view_read(&c->ask, &view);
    const struct sdn_object *own = r == PROXIMO_OK ? sdn_find(&view, sort, c->id) : NULL;
    const char *words = r == PROXIMO_OK ? sdn_pending_words(&view, NAMED_MOST, own) : NULL;
    if (r == PROXIMO_OK)
        r = tell_text(&c->ask, "takes_effect",
                      "it is pending until pve_sdn_apply; no node and no guest changes before");
    if (r == PROXIMO_OK && (words || !view.complete))
        r = tell_text(&c->ask, "pending_besides",
                      words ? ask_text(&c->ask, "%s. pve_sdn_apply applies that as well", words)
                            : "not all could be read");
    if (r == PROXIMO_OK && !words && view.complete && view.release != 8)
        r = tell_text(&c->ask, "pending_besides",
                      own && own->state
                          ? "nothing else, but this one was edited before: pve_sdn_rollback drops both edits"
                          : "nothing: until something else is edited, pve_sdn_rollback takes back this edit "
                            "alone");
    sdn_view_done(&view);
    return r;
}

/* {"tag":"200","alias":null}: what the edit sets and removes. */
static const char *edit_text(const struct config_change *c)
{
    struct json_object *edit DROP_JSON = json_object_new_object();
    for (uint32_t i = 0; edit && i < c->count; i++) {
        const struct config_edit *one = &c->edits[i];
        if (!(one->key->flags & CONFIG_WRITE_ONLY))
            json_object_object_add(edit, one->key->name, one->to ? json_object_new_string(one->to) : NULL);
    }
    return edit ? ask_text(&c->ask, "%s", json_text(edit).ptr) : NULL;
}

static int32_t name_subject(struct config_change *c, enum sdn_sort sort)
{
    const char *edit = c->verb != CONFIG_DELETE ? edit_text(c) : NULL;
    const char *vnet = sort == SDN_SUBNET ? ask_argument(&c->ask, "vnet") : NULL;
    if (!c->subject_details)
        c->subject_details = json_object_new_object();
    if (!c->subject_details || (c->verb != CONFIG_DELETE && !edit))
        return PROXIMO_ENOMEM;
    if (edit)
        json_object_object_add(c->subject_details, "edit", json_object_new_string(edit));
    if (vnet)
        json_object_object_add(c->subject_details, "in", json_object_new_string(vnet));
    return PROXIMO_OK;
}

int32_t sdn_check_edit(struct config_change *c, enum sdn_sort sort, const char *path, uint32_t flags)
{
    bool locked = false;
    int32_t r = ask_privilege(&c->ask, path, "SDN.Allocate", "this token may not edit the %s \"%s\"",
                              c->kind->what, c->id);
    if (r == PROXIMO_OK)
        r = check_digest(c);
    if (r == PROXIMO_OK && !c->undoing && c->more_count < sizeof(c->more) / sizeof(c->more[0]))
        r = sdn_take_lock_token(&c->ask, c->release, &c->more[c->more_count], &locked);
    if (r < 0)
        return r;
    c->more_count += locked;
    if (locked)
        r = tell_text(&c->ask, "lock",
                      "the lock's token is sent along and kept nowhere: the way back works once the lock is "
                      "released");
    if (r == PROXIMO_OK && flags & SDN_EDIT_LIVE)
        r = tell_text(&c->ask, "takes_effect", "at once: it is not part of what pve_sdn_apply applies");
    else if (r == PROXIMO_OK && (c->verb != CONFIG_UPDATE || c->count))
        r = tell_pending(c, sort);
    return r == PROXIMO_OK ? name_subject(c, sort) : r;
}

int32_t sdn_check_type(const struct config_change *c, const char *type, const struct sdn_type_keys *types,
                       uint32_t count, const char *common)
{
    const struct sdn_type_keys *own = NULL;
    for (uint32_t i = 0; type && i < count; i++)
        own = strcmp(types[i].type, type) == 0 ? &types[i] : own;
    if (!own)
        return PROXIMO_OK; /* a type that came later: Proxmox judges */
    for (uint32_t i = 0; i < c->count; i++) {
        const struct config_edit *edit = &c->edits[i];
        const char *name = edit->key->name;
        if (strcmp(name, "type") != 0 && (edit->to || edit->secret_id) && !config_list_has(common, name) &&
            !config_list_has(own->required, name) && !config_list_has(own->allowed, name))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                     "%s: a %s of the type %s has none; it has: %s %s %s", name,
                                     c->kind->what, type, own->required, own->allowed, common);
        if (c->verb == CONFIG_UPDATE && !edit->to && !edit->secret_id && config_list_has(own->required, name))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                     "%s: a %s of the type %s cannot be without it", name, c->kind->what,
                                     type);
    }
    for (const char *at = own->required; c->verb == CONFIG_CREATE && *at;) {
        const size_t len = strcspn(at, " ");
        const char *name = ask_text(&c->ask, "%.*s", (int)len, at);
        if (!name)
            return PROXIMO_ENOMEM;
        if (len && !config_after(c, name) && !config_edited(c, name))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                     "%s is missing: a %s of the type %s needs it", name, c->kind->what,
                                     type);
        at += len + (at[len] == ' ');
    }
    return PROXIMO_OK;
}
