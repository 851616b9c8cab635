/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a change of configuration: one PUT. For machines there is a POST as well, which does the same
 * in a task; PUT is chosen for both kinds because it has answered when it is done. The digest that Proxmox
 * checks on this very call comes from a read immediately before it, which also asserts every option at stake
 * once more. Source: PUT /nodes/{node}/{qemu,lxc}/{vmid}/config.
 */
#include "config_edit.h"

static const char *shown(const struct editing *e, const struct edit *edit, const char *value)
{
    if (!value)
        return "absent";
    return edit->hidden ? "(hidden)" : ask_text(&e->g.ask, "%s", value);
}

/* ---- what the plan says */

static int32_t check_edit(const struct editing *e, const struct edit *edit)
{
    const char *what = ask_text(&e->g.ask, "option \"%.64s\"", edit->key);
    if (!what)
        return PROXIMO_ENOMEM;
    if (!edit->option || !edit->option->privilege)
        return PROXIMO_OK; /* Proxmox decides by its value */
    /* A CD drive is of another privilege than a disk in the same place. */
    const char *now = member_text(e->g.config, edit->key);
    const char *value = edit->value ? edit->value : now;
    const bool cdrom = (edit->option->flags & OPTION_VOLUME) && value && strstr(value, "media=cdrom");
    return guest_check_privilege(&e->g, cdrom ? "VM.Config.CDROM" : edit->option->privilege, what);
}

static int32_t tell_edits(const struct editing *e)
{
    struct json_object *changes = json_object_new_array(), *waits = json_object_new_array();
    if (!changes || !waits)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < e->count; i++) {
        const struct edit *edit = &e->edits[i];
        struct json_object *row = json_object_new_object();
        const char *from = shown(e, edit, member_text(e->g.config, edit->key));
        const char *to = shown(e, edit, edit->secret ? "" : edit->value);
        json_object_object_add(row, "option", json_object_new_string(edit->key));
        json_object_object_add(row, "from", json_object_new_string(from ? from : ""));
        json_object_object_add(row, "to", json_object_new_string(to ? to : ""));
        json_object_array_add(changes, row);
        if (guest_running(&e->g) && (!edit->option || edit->option->flags & OPTION_RESTART))
            json_object_array_add(waits, json_object_new_string(edit->key));
    }
    int32_t r = tell_fact(&e->g.ask, "changes", changes);
    if (r == PROXIMO_OK && json_object_array_length(waits))
        r = tell_fact(&e->g.ask, "may_wait_for_restart", json_object_get(waits));
    json_object_put(waits);
    if (r == PROXIMO_OK && e->skipped && json_object_object_length(e->skipped))
        r = tell_fact(&e->g.ask, "left_alone", json_object_get(e->skipped));
    return r;
}

/* ",\"a\"" as JSON of the options that wait now and are not at stake here; NULL: no memory. */
static const char *others_waiting(const struct editing *e, struct json_object *list)
{
    const char *text = "";
    for (size_t i = 0; text && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *key = member_text(row, "key");
        bool at_stake =
            !key || strcmp(key, "digest") == 0 || (!member_of(row, "pending") && !member_of(row, "delete"));
        for (uint32_t k = 0; !at_stake && k < e->revert_count; k++)
            at_stake = strcmp(e->reverts[k], key) == 0;
        if (!at_stake)
            text = ask_text(&e->g.ask, "%s%s\"%.64s\"", text, *text ? "," : "", key);
    }
    return text;
}

/* What waits in a running guest already, from an earlier change or one that failed, and how it is thrown
 * away. Nothing of this plan depends on it. */
static int32_t tell_waiting(const struct editing *e)
{
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_PATH "/pending", .fields = e->g.at,
                                    .field_count = 3};
    struct looked list;
    if (!guest_running(&e->g))
        return PROXIMO_OK;
    int32_t r = ask_look(&e->g.ask, &get, &list);
    if (r < 0)
        return r;
    const bool read = json_object_is_type(list.data, json_type_array);
    const char *keys = read ? others_waiting(e, list.data) : "";
    if (!read)
        r = tell_text(&e->g.ask, "waiting_unread",
                      list.why ? list.why : "the list of waiting changes came back empty");
    else if (!keys)
        r = PROXIMO_ENOMEM;
    else if (*keys)
        r = tell_text(
            &e->g.ask, "waiting",
            ask_text(&e->g.ask,
                     "changes wait for its next start: pve_guest_config_revert with pending [%s] throws "
                     "them away",
                     keys));
    json_object_put(list.data);
    return r;
}

/* A device that the guest's system does not take or let go: Proxmox answers 400, and keeps the change all the
 * same, for the next start. */
static int32_t tell_hotplug(const struct editing *e)
{
    const char *keys = "";
    for (uint32_t i = 0; keys && i < e->count && guest_running(&e->g); i++) {
        const struct option *option = e->edits[i].option;
        if (option && option->flags & OPTION_NUMBERED && !(option->flags & OPTION_RESTART) &&
            strcmp(option->name, "unused") != 0 && strcmp(option->name, "ipconfig") != 0)
            keys = ask_text(&e->g.ask, "%s%s\"%.64s\"", keys, *keys ? "," : "", e->edits[i].key);
    }
    if (!keys || !*keys)
        return keys ? PROXIMO_OK : PROXIMO_ENOMEM;
    return tell_text(&e->g.ask, "if_hotplug_fails",
                     ask_text(&e->g.ask,
                              "Proxmox refuses, and the change stays pending until the guest's next start: "
                              "pve_guest_config_revert with pending [%s] throws it away",
                              keys));
}

/* A container without `unprivileged` is a privileged one: root in it is root on the host. */
static int32_t tell_risks(const struct editing *e)
{
    const bool privileged = guest_is_lxc(&e->g) && !member_true(e->g.config, "unprivileged");
    int32_t r = PROXIMO_OK;
    if (privileged)
        r = tell_text(&e->g.ask, "privileged", "a privileged container: root in it is root on the host");
    for (uint32_t i = 0; r == PROXIMO_OK && i < e->count; i++) {
        const struct edit *edit = &e->edits[i];
        const char *why =
            edit->option && edit->value ? option_crosses(edit->option, edit->value, privileged) : NULL;
        if (why) {
            const char *text = ask_text(&e->g.ask, "%s: %s", edit->key, why);
            r = text ? e->g.ask.host->risk(e->g.ask.call, PROXIMO_RISK_HIGH, text) : PROXIMO_ENOMEM;
        }
        if (r == PROXIMO_OK && edit->option && !edit->value && (edit->option->flags & OPTION_VOLUME)) {
            const char *text = ask_text(&e->g.ask, "%s: %s", edit->key,
                                        strncmp(edit->key, "unused", 6) == 0
                                            ? "removing it deletes the volume"
                                            : "the guest loses this volume, which stays as an unused one");
            r = text ? e->g.ask.host->risk(e->g.ask.call, PROXIMO_RISK_HIGH, text) : PROXIMO_ENOMEM;
        }
    }
    return r;
}

/* ---- guards, steps, postcondition, way back */

/* ",/a,/b" of the options at stake. */
static const char *option_selectors(const struct editing *e)
{
    const char *text = "/digest,/lock";
    for (uint32_t i = 0; text && i < e->count; i++)
        text = e->edits[i].hidden ? text : ask_text(&e->g.ask, "%s,/%s", text, e->edits[i].key);
    return text;
}

static const char *joined(const struct editing *e, bool removed_before)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < e->count; i++) {
        const struct edit *edit = &e->edits[i];
        if (removed_before ? edit->was : edit->value || edit->secret)
            continue;
        text = text ? ask_text(&e->g.ask, "%s,%s", text, edit->key) : edit->key;
    }
    return text;
}

static struct proximo_step state_step(const struct editing *e, const char *select)
{
    return (struct proximo_step){ROW(proximo_step),    .kind = PROXIMO_STEP_READ,  .name = "state",
                                 .path = GUEST_CONFIG, .params = ROWS(e->g.at, 3), .select = select,
                                 .keep = "/digest"};
}

static struct proximo_step regenerate_step(const struct editing *e)
{
    return (struct proximo_step){
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,    .name = "regenerate",
        .method = "PUT",   .path = GUEST_PATH "/cloudinit", .params = ROWS(e->g.at, 3)};
}

static int32_t steps(const struct editing *e, const char *select)
{
    struct proximo_field fields[OPTIONS_MOST + 4];
    uint32_t count = 0;
    const char *removed = joined(e, false);
    const struct proximo_step state = state_step(e, select);
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->edits[i].value)
            fields[count++] = FIELD(e->edits[i].key, e->edits[i].value);
    }
    if (e->secret)
        fields[count++] = (struct proximo_field){ROW(proximo_field), .flags = PROXIMO_FIELD_SECRET,
                                                 .name = "cipassword", .secret_id = e->secret_id};
    if (removed)
        fields[count++] = FIELD("delete", removed);
    if (e->revert_count) {
        const char *list = e->reverts[0];
        for (uint32_t i = 1; list && i < e->revert_count; i++)
            list = ask_text(&e->g.ask, "%s,%s", list, e->reverts[i]);
        fields[count++] = FIELD("revert", list ? list : "");
    }
    fields[count++] = REFERENCE("digest", "state:/digest");
    int32_t r = e->g.ask.host->step(e->g.ask.call, &state);
    if (r == PROXIMO_OK)
        r = guest_request(&e->g, "PUT", GUEST_CONFIG, fields, count, PROXIMO_STEP_ATOMIC);
    const struct proximo_step again = regenerate_step(e);
    return r == PROXIMO_OK && e->regenerate ? e->g.ask.host->step(e->g.ask.call, &again) : r;
}

/* Proxmox rewrites many values (sorts tags, adds addresses): those are looked for, plain ones compared. The
 * configuration as it is asked here has waiting changes in it. */
static int32_t postcondition(const struct editing *e)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < e->count; i++) {
        const struct edit *edit = &e->edits[i];
        const bool plain = edit->option && (edit->option->flags & OPTION_PLAIN) && edit->value &&
                           option_value_is_plain(edit->value);
        const bool gone = !edit->value && !edit->secret;
        struct guest_wait wait = {.path = GUEST_CONFIG,
                                  .select = ask_text(&e->g.ask, "/%s", edit->key),
                                  .test = gone    ? PROXIMO_WAIT_COUNT
                                          : plain ? PROXIMO_WAIT_EQUALS
                                                  : PROXIMO_WAIT_EXISTS,
                                  .value = gone ? "0" : NULL,
                                  .deadline_s = 15};
        if (edit->forms && edit->value) {
            wait.test = PROXIMO_WAIT_IN;
            wait.value = edit->forms;
        } else if (plain) {
            wait.value = ask_text(&e->g.ask, "\"%s\"", edit->value);
        }
        if (!wait.select || (plain && !wait.value))
            return PROXIMO_ENOMEM;
        if (edit->value && !*edit->value)
            continue; /* an empty value removes some options and empties others */
        r = guest_wait(&e->g, &wait);
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < e->revert_count; i++) {
        const struct guest_wait wait = {.path = GUEST_PATH "/pending",
                                        .select = ask_text(&e->g.ask, "[key=%s]/pending", e->reverts[i]),
                                        .test = PROXIMO_WAIT_COUNT,
                                        .value = "0",
                                        .deadline_s = 15};
        r = wait.select ? guest_wait(&e->g, &wait) : PROXIMO_ENOMEM;
    }
    return r;
}

/* A waiting change as it was: its value is set again, a waiting removal asked for again. */
static uint32_t undo_reverts(const struct editing *e, struct proximo_field *fields, const char **removed)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->revert_count; i++) {
        for (size_t k = 0; k < json_object_array_length(e->pending); k++) {
            struct json_object *row = json_object_array_get_idx(e->pending, k);
            if (!member_is(row, "key", e->reverts[i]))
                continue;
            if (member_of(row, "pending"))
                fields[count++] =
                    REFERENCE(e->reverts[i], ask_text(&e->g.ask, "before.1:[key=%s]/pending", e->reverts[i]));
            else
                *removed = *removed ? ask_text(&e->g.ask, "%s,%s", *removed, e->reverts[i]) : e->reverts[i];
        }
    }
    return count;
}

static int32_t way_back(const struct editing *e, const char *select)
{
    const struct proximo_host *host = e->g.ask.host;
    struct proximo_field fields[2 * OPTIONS_MOST + 4];
    uint32_t count = 0;
    const char *removed = joined(e, true);
    for (uint32_t i = 0; i < e->count; i++) {
        const struct edit *edit = &e->edits[i];
        if (edit->hidden) {
            int32_t r =
                tell_text(&e->g.ask, "no_way_back",
                          "Proxmox never shows the present cipassword, so it cannot be written back; "
                          "to have a way back for the other options, change them in a plan of theirs");
            return r == PROXIMO_OK ? host->undo(e->g.ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
        }
        if (strncmp(edit->key, "unused", 6) == 0 && !edit->value) {
            int32_t r = tell_text(&e->g.ask, "no_way_back", "a deleted volume cannot be brought back");
            return r == PROXIMO_OK ? host->undo(e->g.ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
        }
        if (edit->was) {
            const char *reference = ask_text(&e->g.ask, "before.0:/%s", edit->key);
            if (!reference)
                return PROXIMO_ENOMEM;
            fields[count++] = REFERENCE(edit->key, reference);
        }
    }
    count += undo_reverts(e, fields + count, &removed);
    if (removed)
        fields[count++] = FIELD("delete", removed);
    fields[count++] = REFERENCE("digest", "state:/digest");
    struct proximo_step back[3] = {state_step(e, select),
                                   {ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,
                                    .flags = PROXIMO_STEP_ATOMIC, .name = "change", .method = "PUT",
                                    .path = GUEST_CONFIG, .params = ROWS(fields, count)},
                                   regenerate_step(e)};
    /* the guest is resolved when the way back is planned */
    back[0].params = back[2].params = (struct proximo_table){0};
    return host->undo(e->g.ask.call, PROXIMO_UNDO_TEMPLATE, back, e->regenerate ? 3 : 2);
}

static int32_t guard(const struct editing *e, const char *select)
{
    const char *fields = NULL;
    int32_t r = guest_guard(&e->g, GUEST_CONFIG, select); /* guard 0: what the way back refers to */
    for (uint32_t i = 0; i < e->revert_count; i++)
        fields = ask_text(&e->g.ask, "%s%s[key=%s]/pending,[key=%s]/delete", fields ? fields : "",
                          fields ? "," : "", e->reverts[i], e->reverts[i]);
    if (r == PROXIMO_OK && e->revert_count)
        r = guest_guard(&e->g, GUEST_PATH "/pending", fields); /* guard 1 */
    return r == PROXIMO_OK ? guest_guard(&e->g, GUEST_STATUS, "/status,/lock") : r;
}

static int32_t nothing(const struct editing *e)
{
    const char *text = ask_text(
        &e->g.ask, "nothing to do: the configuration of %s is so already%s", guest_label(&e->g),
        e->skipped && json_object_object_length(e->skipped) ? " (what this tool leaves alone apart)" : "");
    return text ? e->g.ask.host->change(e->g.ask.call, text) : PROXIMO_ENOMEM;
}

int32_t config_lay_out(const struct editing *e, const char *verb)
{
    const char *select = option_selectors(e), *list = NULL;
    if (e->count == 0 && e->revert_count == 0)
        return nothing(e);
    for (uint32_t i = 0; i < e->count; i++)
        list = ask_text(&e->g.ask, "%s%s%s", list ? list : "", list ? ", " : "", e->edits[i].key);
    for (uint32_t i = 0; i < e->revert_count; i++)
        list = ask_text(&e->g.ask, "%s%swaiting %s", list ? list : "", list ? ", " : "", e->reverts[i]);
    const char *summary = ask_text(&e->g.ask, "%s of %s: %s", verb, guest_label(&e->g), list ? list : "");
    int32_t r = select && summary ? guest_check_lock(&e->g, NULL) : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < e->count; i++)
        r = check_edit(e, &e->edits[i]);
    if (r < 0 || (r = e->g.ask.host->change(e->g.ask.call, summary)) < 0 ||
        (r = guest_tell_facts(&e->g)) < 0 || (r = tell_edits(e)) < 0 || (r = tell_waiting(e)) < 0 ||
        (r = tell_hotplug(e)) < 0 || (r = tell_risks(e)) < 0)
        return r;
    if ((r = guard(e, select)) < 0 || (r = guest_subject(&e->g, "guest.config")) < 0 ||
        (r = steps(e, select)) < 0 || (r = postcondition(e)) < 0)
        return r;
    return way_back(e, select);
}
