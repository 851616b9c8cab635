/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which guests use a resource mapping. Nothing lists that: their configurations say it (hostpciN, usbN and
 * virtiofsN of machines; containers use none), so all of them are read, up to a budget.
 * Source: GET /nodes/{node}/qemu/{vmid}/config.
 */
#include "../common/guest_disks.h"
#include "mappings.h"

#define CONFIGS_MOST 8000u

struct using
{
    struct asking a;
    const char *type, *id, *nodes; /* nodes: NULL: not said */
    uint32_t verb, unread;
    struct known_guest first; /* of those that were not read */
};

/* "hostpci0" is of the words "hostpci". */
static bool is_slot(const char *key, const char *word)
{
    const size_t len = strlen(word);
    return strncmp(key, word, len) == 0 && key[len] && strspn(key + len, "0123456789") == strlen(key + len);
}

/* Does the value of a slot name the mapping? A directory may stand without its word: "virtiofs0: share". */
static bool names_it(const struct using *u, const char *value)
{
    const bool dir = strcmp(u->type, "dir") == 0;
    const char *named = mapping_part(&u->a, value, dir ? "dirid" : "mapping");
    const size_t bare = strcspn(value, ",");
    if (!named && dir && !memchr(value, '=', bare))
        named = ask_text(&u->a, "%.*s", (int)bare, value);
    return named && strcmp(named, u->id) == 0;
}

/* The slots of a configuration that use it, with commas; NULL: none. */
static const char *slots_of(const struct using *u, struct json_object *config)
{
    const char *word = strcmp(u->type, "dir") == 0   ? "virtiofs"
                       : strcmp(u->type, "pci") == 0 ? "hostpci"
                                                     : "usb";
    const char *text = NULL;
    json_object_object_foreach(config, key, value)
    {
        if (json_object_is_type(value, json_type_string) && is_slot(key, word) &&
            names_it(u, json_object_get_string(value)))
            text = text ? ask_text(&u->a, "%s,%s", text, key) : ask_text(&u->a, "%s", key);
    }
    return text;
}

static int32_t tell_user(const struct using *u, const struct known_guest *guest, const char *slots)
{
    const bool covered = !u->nodes || config_list_has(u->nodes, guest->node);
    const char *effect =
        u->verb == CONFIG_DELETE
            ? (guest->running ? "uses it and runs: it runs on, but once stopped it does not start any more"
                              : "uses it: it does not start any more")
        : !covered ? (guest->running ? "uses it, and its node is not in the mapping: it runs on, but once "
                                       "stopped it does not start there any more"
                                     : "uses it, and its node is not in the mapping: it does not start there")
        : u->verb == CONFIG_CREATE ? "names it in its configuration already: from its next start on it has it"
                                   : "uses it: from its next start on it has what the mapping says then";
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "via", json_object_new_string(slots));
        json_object_object_add(facts, "node", json_object_new_string(guest->node));
        json_object_object_add(facts, "running", json_object_new_boolean(guest->running));
    }
    return tell_affected(&u->a,
                         u->verb == CONFIG_DELETE || !covered ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM,
                         ask_text(&u->a, "guest/%lld", (long long)guest->vmid), guest->name, effect, facts);
}

/* One configuration after the other; those not read may use it as well. */
static int32_t see_guest(void *context, struct known_guest *guest)
{
    struct using *u = context;
    const char *slots = guest->config ? slots_of(u, guest->config) : NULL;
    if (!guest->config && u->unread++ == 0)
        u->first = *guest;
    return slots ? tell_user(u, guest, slots) : PROXIMO_OK;
}

static int32_t tell_users(struct using *u)
{
    struct known_guests guests = {0};
    int32_t r = guests_list(&u->a, &guests);
    bool *wanted = r == PROXIMO_OK ? u->a.host->alloc(u->a.call, guests.count + 1) : NULL;
    if (r == PROXIMO_OK && !wanted)
        r = PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < guests.count; i++)
        wanted[i] = !guests.rows[i].lxc;
    if (r == PROXIMO_OK)
        r = guests_visit_configs(&u->a, &guests, wanted, CONFIGS_MOST, "looking for guests that use it",
                                 see_guest, u);
    if (r == PROXIMO_OK && u->unread)
        r = u->a.host->incomplete(
            u->a.call, "which guests use the mapping",
            ask_text(&u->a, "the configuration of %u guests was not read; the first is %lld: %.200s",
                     (unsigned)u->unread, (long long)u->first.vmid,
                     u->first.why ? u->first.why : "no reason given"));
    guests_done(&guests);
    return r;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                     uint32_t verb)
{
    struct using u = {.a = {((struct plane_instance *)instance)->host, call}, .verb = verb};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *name = member_text(subject, "id");
    const char *slash = name ? strchr(name, '/') : NULL;
    if (!slash || !slash[1])
        return u.a.host->fail(call, PROXIMO_EINVAL, "the subject has no id of the form type/id");
    u.type = ask_text(&u.a, "%.*s", (int)(slash - name), name);
    u.id = slash + 1;
    u.nodes = member_text(subject, "nodes");
    if (!u.type)
        return PROXIMO_ENOMEM;
    int32_t r = verb == CONFIG_DELETE
                    ? PROXIMO_OK
                    : tell_affected(&u.a, PROXIMO_RISK_HIGH, ask_text(&u.a, "mapping/%s", name), NULL,
                                    "whoever holds Mapping.Use on it or above it, and may configure a guest, "
                                    "can give that guest this part of a node",
                                    NULL);
    return r == PROXIMO_OK ? tell_users(&u) : r;
}

int32_t mapping_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, CONFIG_CREATE);
}

int32_t mapping_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, CONFIG_UPDATE);
}

int32_t mapping_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, CONFIG_DELETE);
}
