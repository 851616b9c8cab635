/* SPDX-License-Identifier: Apache-2.0 */
/* A change of a guest's configuration in the making: what config_edit.c takes in, config_plan.c lays out. */
#ifndef PROXIMO_GUESTS_CONFIG_EDIT_H
#define PROXIMO_GUESTS_CONFIG_EDIT_H

#include "guests.h"
#include "options.h"

#define OPTIONS_MOST 60

struct edit {
    const char *key;
    const char *value; /* NULL: the option is removed, or its value is secret */
    const struct option *option;
    const char *forms; /* JSON array: as what the value comes back; NULL: by the option's nature */
    bool was;          /* the configuration has it */
    bool hidden;       /* its value is never shown */
    bool secret;       /* set to what the secret parameter holds */
};
struct editing {
    struct guest g;
    struct edit edits[OPTIONS_MOST];
    uint32_t count;
    const char *reverts[OPTIONS_MOST]; /* options whose waiting change is thrown away */
    uint32_t revert_count;
    struct json_object *pending;
    struct json_object *arguments;
    struct json_object *skipped;
    uint64_t secret_id;
    bool secret;
    bool regenerate; /* the cloud-init image is written anew after the change, and after its way back */
};

/* From the call's arguments: state and configuration are read. 0, or negative after host->fail; edit_end in
 * any case. */
int32_t edit_begin(void *instance, struct proximo_call *call, struct editing *ret);
void edit_end(struct editing *e);
/* Takes one change in, unless the configuration is so already. value NULL: remove. 0, or negative after
 * host->fail, as the others here. */
int32_t edit_add(struct editing *e, const char *key, const char *value);
/* Options to remove: an argument that is a list of names. */
int32_t edit_removals(struct editing *e, const char *argument);
/* The secret argument cipassword, if it is given. */
int32_t edit_secret(struct editing *e);
/* Says what is wrong with an option; returns code. */
int32_t edit_fault(const struct editing *e, int32_t code, const char *key, const char *why);
/* A value as Proxmox takes it; arena, NULL: no memory. */
const char *edit_value(const struct editing *e, struct json_object *value);

bool edit_has(const struct editing *e, const char *key);
/* The plan of what was taken in, or "nothing to do". verb begins the summary. */
int32_t config_lay_out(const struct editing *e, const char *verb);

#endif
