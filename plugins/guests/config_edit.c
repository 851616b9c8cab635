/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_config_set and pve_guest_config_revert: from the arguments and the configuration as it is to the
 * options that really change. Source: PUT /nodes/{node}/{qemu,lxc}/{vmid}/config.
 */
#include "config_edit.h"

#define HIDDEN_MARK "[hidden]" /* what proximo itself writes in place of a password */

int32_t edit_fault(const struct editing *e, int32_t code, const char *key, const char *why)
{
    return e->g.ask.host->fail(e->g.ask.call, code, "option \"%.64s\" of %s: %s", key, guest_label(&e->g),
                               why);
}

const char *edit_value(const struct editing *e, struct json_object *value)
{
    if (json_object_is_type(value, json_type_boolean))
        return json_object_get_boolean(value) ? "1" : "0";
    return ask_text(&e->g.ask, "%s", json_object_get_string(value));
}

bool edit_has(const struct editing *e, const char *key)
{
    for (uint32_t i = 0; i < e->count; i++) {
        if (strcmp(e->edits[i].key, key) == 0)
            return true;
    }
    return false;
}

/* No option of Proxmox VE 8.4 or 9.2, and the guest does not have it: a slip of the pen. */
static int32_t not_known(const struct editing *e, const char *key)
{
    const bool lxc = guest_is_lxc(&e->g);
    const char *near[OPTIONS_NEAR_MOST], *text = "";
    const uint32_t count = options_near(key, lxc, near);
    if (option_find(key, !lxc))
        return edit_fault(e, PROXIMO_EINVAL, key,
                          lxc ? "it is an option of machines" : "it is an option of containers");
    for (uint32_t i = 0; text && i < count; i++)
        text = ask_text(&e->g.ask, "%s%s%s", text, i ? ", " : "", near[i]);
    const char *why = !text   ? NULL
                      : count ? ask_text(&e->g.ask, "there is no such option; near: %s", text)
                              : "there is no such option; pve_guest_config_get shows those that are set";
    return why ? edit_fault(e, PROXIMO_EINVAL, key, why) : PROXIMO_ENOMEM;
}

int32_t edit_add(struct editing *e, const char *key, const char *value)
{
    const char *now = member_text(e->g.config, key);
    const struct option *option = option_find(key, guest_is_lxc(&e->g));
    if (edit_has(e, key))
        return edit_fault(e, PROXIMO_EINVAL, key, "it is both set and removed, or named twice");
    if (!option && !now)
        return not_known(e, key);
    if (option && option->flags & OPTION_STATE)
        return edit_fault(e, PROXIMO_EINVAL, key, "it is not an option that can be set");
    if (option && option->flags & OPTION_ROOT)
        return edit_fault(
            e, PROXIMO_EDENIED, key,
            "Proxmox takes it from root@pam itself only, never from a token; an operator can set it "
            "on the node with qm or pct");
    if ((value && now && strcmp(value, now) == 0) || (!value && !now))
        return PROXIMO_OK;
    if (e->count == OPTIONS_MOST)
        return edit_fault(e, PROXIMO_EINVAL, key, "a plan changes at most 60 options");
    e->edits[e->count++] = (struct edit){.key = ask_text(&e->g.ask, "%s", key),
                                         .value = value,
                                         .option = option,
                                         .was = now != NULL,
                                         .hidden = option && (option->flags & OPTION_HIDDEN)};
    return e->edits[e->count - 1].key ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* Does the call name anything, and not an empty list or object? */
static bool given(const struct editing *e, const char *name)
{
    struct json_object *value = member_of(e->arguments, name);
    return json_object_is_type(value, json_type_object)  ? json_object_object_length(value) > 0
           : json_object_is_type(value, json_type_array) ? json_object_array_length(value) > 0
                                                         : value != NULL;
}

int32_t edit_begin(void *instance, struct proximo_call *call, struct editing *ret)
{
    *ret = (struct editing){0};
    int32_t r = guest_open(instance, call, &ret->g);
    if (r == PROXIMO_OK)
        r = guest_read_status(&ret->g);
    if (r == PROXIMO_OK)
        r = guest_read_config(&ret->g);
    if (r == PROXIMO_OK && !(ret->arguments = ask_arguments(&ret->g.ask)))
        r = PROXIMO_ENOMEM;
    return r;
}

void edit_end(struct editing *e)
{
    json_object_put(e->arguments);
    json_object_put(e->pending);
    json_object_put(e->skipped);
    guest_done(&e->g);
}

int32_t edit_removals(struct editing *e, const char *argument)
{
    struct json_object *list = member_of(e->arguments, argument);
    size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = edit_add(e, json_object_get_string(json_object_array_get_idx(list, i)), NULL);
    return r;
}

/* ---- set */

static int32_t take_changes(struct editing *e)
{
    struct json_object *changes = member_of(e->arguments, "changes");
    int32_t r = PROXIMO_OK;
    if (changes) {
        json_object_object_foreach(changes, key, value)
        {
            if (strcmp(key, "cipassword") == 0 || strstr(key, "password"))
                return edit_fault(e, PROXIMO_EINVAL, key, "a secret has a parameter of its own: cipassword");
            if (strcmp(key, "delete") == 0 || strcmp(key, "revert") == 0)
                return edit_fault(e, PROXIMO_EINVAL, key, "options to remove go into the parameter delete");
            const char *text = edit_value(e, value);
            r = text ? edit_add(e, key, text) : PROXIMO_ENOMEM;
            if (r < 0)
                return r;
        }
    }
    return edit_removals(e, "delete");
}

int32_t edit_secret(struct editing *e)
{
    const struct proximo_host *host = e->g.ask.host;
    if (!member_of(e->arguments, "cipassword"))
        return PROXIMO_OK;
    if (guest_is_lxc(&e->g))
        return edit_fault(e, PROXIMO_EINVAL, "cipassword", "cloud-init is for machines");
    if (edit_has(e, "cipassword") || e->count == OPTIONS_MOST)
        return edit_fault(e, PROXIMO_EINVAL, "cipassword", "it is both set and removed");
    int32_t r = host->secret(e->g.ask.call, "cipassword", &e->secret_id);
    if (r < 0)
        return r;
    e->secret = true;
    e->edits[e->count++] = (struct edit){.key = "cipassword",
                                         .option = option_find("cipassword", false),
                                         .was = member_of(e->g.config, "cipassword") != NULL,
                                         .hidden = true,
                                         .secret = true};
    return PROXIMO_OK;
}

int32_t guests_plan_config_set(void *instance, struct proximo_call *call)
{
    struct editing e;
    int32_t r = edit_begin(instance, call, &e);
    if (r == PROXIMO_OK && !given(&e, "changes") && !given(&e, "delete") && !given(&e, "cipassword"))
        r = e.g.ask.host->fail(call, PROXIMO_EINVAL,
                               "say what to change: changes, delete or cipassword; for instance changes: "
                               "{\"cores\": 4}");
    if (r == PROXIMO_OK)
        r = take_changes(&e);
    if (r == PROXIMO_OK)
        r = edit_secret(&e);
    if (r == PROXIMO_OK)
        r = config_lay_out(&e, "configuration");
    edit_end(&e);
    return r;
}

/* ---- revert */

/* What this tool does not write back, and why; NULL: it does. */
static const char *left_alone(const struct option *option, const char *value)
{
    if (!option)
        return NULL;
    if (option->flags & OPTION_STATE)
        return "Proxmox's own";
    if (option->flags & OPTION_ROOT)
        return "only root@pam may set it";
    if (option->flags & OPTION_VOLUME)
        return "disks are not put back by configuration";
    if (option->flags & OPTION_HIDDEN ||
        (value && (strcmp(value, HIDDEN_MARK) == 0 || strncmp(value, "****", 4) == 0)))
        return "its value is never shown";
    return NULL;
}

static int32_t put_back(struct editing *e, const char *key, const char *value)
{
    const char *now = member_text(e->g.config, key);
    const char *why = left_alone(option_find(key, guest_is_lxc(&e->g)), value);
    if (!why)
        return edit_add(e, key, value);
    if (value ? !now || strcmp(now, value) != 0 : now != NULL) {
        if (strcmp(key, "digest") != 0)
            json_object_object_add(e->skipped, key, json_object_new_string(why));
    }
    return PROXIMO_OK;
}

/* A whole configuration (it has its digest) says as well what was not there: that is removed. */
static int32_t take_prior(struct editing *e)
{
    struct json_object *prior = member_of(e->arguments, "prior_config");
    int32_t r = PROXIMO_OK;
    if (!(e->skipped = json_object_new_object()))
        return PROXIMO_ENOMEM;
    if (!prior)
        return PROXIMO_OK;
    json_object_object_foreach(prior, key, value)
    {
        const char *text = edit_value(e, value);
        r = text ? put_back(e, key, text) : PROXIMO_ENOMEM;
        if (r < 0)
            return r;
    }
    if (!member_of(prior, "digest"))
        return PROXIMO_OK;
    json_object_object_foreach(e->g.config, name, now)
    {
        (void)now;
        if (!member_of(prior, name) && (r = put_back(e, name, NULL)) < 0)
            return r;
    }
    return PROXIMO_OK;
}

/* The changes that wait and are named in `pending`. */
static int32_t take_pending(struct editing *e)
{
    struct json_object *list = member_of(e->arguments, "pending");
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_PATH "/pending", .fields = e->g.at,
                                    .field_count = 3};
    if (!list || !json_object_is_type(list, json_type_array))
        return PROXIMO_OK;
    int32_t r = ask_get(&e->g.ask, &get, json_type_array, &e->pending);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        const char *key = json_object_get_string(json_object_array_get_idx(list, i));
        for (size_t k = 0; k < json_object_array_length(e->pending); k++) {
            struct json_object *row = json_object_array_get_idx(e->pending, k);
            if (!member_is(row, "key", key) || (!member_of(row, "pending") && !member_of(row, "delete")))
                continue;
            if (edit_has(e, key) || e->count + e->revert_count >= OPTIONS_MOST)
                return edit_fault(e, PROXIMO_EINVAL, key, "it is both written back and reverted");
            if (!(e->reverts[e->revert_count++] = ask_text(&e->g.ask, "%s", key)))
                return PROXIMO_ENOMEM;
        }
    }
    return r;
}

int32_t guests_plan_config_revert(void *instance, struct proximo_call *call)
{
    struct editing e;
    int32_t r = edit_begin(instance, call, &e);
    if (r == PROXIMO_OK && !given(&e, "prior_config") && !given(&e, "pending"))
        r = e.g.ask.host->fail(
            call, PROXIMO_EINVAL,
            "say what to write back: prior_config (values as they were) or pending (options "
            "whose waiting change is thrown away)");
    if (r == PROXIMO_OK)
        r = take_prior(&e);
    if (r == PROXIMO_OK)
        r = take_pending(&e);
    if (r == PROXIMO_OK)
        r = config_lay_out(&e, "configuration written back");
    edit_end(&e);
    return r;
}
