/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects: what a change is aimed at, and the canonical words for it that a person types. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "blast/blast.h"

#define KIND_MOST    32u
#define MEMBERS_MOST 8
#define VALUE_MOST   300u /* a task id is the longest name there is */

/* The member that names a thing, by kind; every other kind is named by "id". */
static const struct kind {
    const char *kind, *member, *plural;
    bool number;
} kinds[] = {
    {"guest", "vmid", "guests", true},
    {"storage", "storage", "storages", false},
    {"pool", "poolid", "pools", false},
    {"node", "node", "nodes", false},
    {"task", "upid", "tasks", false},
    {"user", "userid", "users", false},
    {"group", "groupid", "groups", false},
    {"role", "roleid", "roles", false},
    {"token", "tokenid", "tokens", false},
    {"realm", "realm", "realms", false},
    {"acl", "id", "sets of access entries", false}, /* who:path */
    {"datastore", "store", "datastores", false},
    {"namespace", "id", "namespaces", false},           /* store:ns */
    {"backup-group", "id", "groups of backups", false}, /* store:ns/type/id */
    {"snapshot", "id", "backups", false},               /* store:ns/type/id/time */
    {"prune-job", "id", "prune jobs", false},
    {"verify-job", "id", "verification jobs", false},
    {"sync-job", "id", "sync jobs", false},
    {"remote", "name", "remotes", false},
    {"traffic-control", "name", "traffic limits", false},
    {"zone", "zone", "zones", false},
    {"vnet", "vnet", "vnets", false},
    {"subnet", "subnet", "subnets", false},
    {"controller", "controller", "controllers", false},
    {"ipam", "ipam", "IPAM entries", false},
    {"dns", "dns", "DNS servers", false},
    {"sdn", "id", "network configurations", false}, /* there is one: sdn/cluster */
    {"service", "service", "services", false},      /* node/service */
    {"volume", "volid", "volumes", false},
    {"backup-job", "id", "backup jobs", false},
    {"replication", "id", "replication jobs", false},
    {"mapping", "id", "mappings", false}, /* type/id */
    {"options", "id", "options", false},
    {"metrics-server", "id", "metrics servers", false},
    {"firewall", "id", "firewalls", false},
    {"firewall-group", "group", "security groups", false},
    {"interface", "iface", "interfaces", false}, /* node/iface */
    {"ha-rule", "id", "HA rules", false},
    {"ha-group", "id", "HA groups", false},
    {"ha", "id", "HA managers", false}, /* ha/cluster */
};

static const struct kind *kind_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].kind) == len && memcmp(kinds[i].kind, name, len) == 0)
            return &kinds[i];
    }
    return NULL;
}

static bool kind_is_word(const char *kind, size_t len)
{
    if (len == 0 || len > KIND_MOST || kind[0] < 'a' || kind[0] > 'z')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!((kind[i] >= 'a' && kind[i] <= 'z') || (kind[i] >= '0' && kind[i] <= '9') || kind[i] == '-'))
            return false;
    }
    return true;
}

/* A person must be able to read it and type it: printable ASCII without spaces. */
static bool value_is_typable(const char *value, size_t len)
{
    if (len == 0 || len > VALUE_MOST)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (value[i] <= 0x20 || value[i] >= 0x7f)
            return false;
    }
    return true;
}

/* Members beside the naming one say more about it for the blast function: plain values. */
static bool is_detail(struct json_object *value)
{
    return !json_object_is_type(value, json_type_object) && !json_object_is_type(value, json_type_array);
}

/* The member that names it: that of its kind, or the one beside "kind" of a kind that is not known; NULL:
 * none, or several. */
static struct json_object *naming_member(struct json_object *subject, const struct kind *known,
                                         const char **ret_name)
{
    struct json_object *found = NULL;
    const int count = json_object_object_length(subject);

    if (count < 2 || count > MEMBERS_MOST || (!known && count != 2))
        return NULL;
    json_object_object_foreach(subject, name, value)
    {
        if (strcmp(name, "kind") == 0)
            continue;
        if (!known || strcmp(name, known->member) == 0) {
            found = value;
            *ret_name = name;
        } else if (!is_detail(value)) {
            return NULL;
        }
    }
    return found;
}

static int no_form(struct problem *p)
{
    return problem_set(p, -EINVAL, PX_PLANE,
                       "a plane named a subject that is not an object of \"kind\" and its naming member");
}

int subject_label(struct json_object *subject, struct buf *out, struct problem *p)
{
    const char *kind = NULL, *member = NULL;

    if (json_get_string(subject, "kind", &kind, NULL) < 0 || !kind_is_word(kind, strlen(kind)))
        return no_form(p);
    const struct kind *known = kind_find(kind, strlen(kind));
    struct json_object *value = naming_member(subject, known, &member);
    if (!value)
        return no_form(p);
    if (json_object_is_type(value, json_type_int)) {
        if ((known && !known->number) || json_object_get_int64(value) < 0)
            return no_form(p);
        buf_printf(out, "%s/%lld", kind, (long long)json_object_get_int64(value));
        return buf_ok(out) ? 0 : -ENOMEM;
    }
    const char *text = json_object_get_string(value);
    const size_t len = (size_t)json_object_get_string_len(value);
    if (!json_object_is_type(value, json_type_string) || (known && known->number) ||
        !value_is_typable(text, len))
        return no_form(p);
    buf_printf(out, "%s/", kind);
    buf_add(out, text, len);
    return buf_ok(out) ? 0 : -ENOMEM;
}

/* "guests" when all are of one known kind, else "things". */
static const char *common_plural(struct json_object *subjects)
{
    const struct kind *common = NULL;

    for (size_t i = 0; i < json_object_array_length(subjects); i++) {
        struct json_object *subject = NULL;
        const char *kind = NULL;
        (void)json_get(json_object_array_get_idx(subjects, i), "subject", json_type_object, &subject);
        if (json_get_string(subject, "kind", &kind, NULL) < 0)
            return "things";
        const struct kind *found = kind_find(kind, strlen(kind));
        if (!found || (common && common != found))
            return "things";
        common = found;
    }
    return common ? common->plural : "things";
}

int subjects_label(struct json_object *subjects, const char *site, struct buf *out, struct problem *p)
{
    const size_t count =
        json_object_is_type(subjects, json_type_array) ? json_object_array_length(subjects) : 0;
    if (count == 0)
        return problem_set(p, -EINVAL, PX_PLANE, "a plan that is aimed at nothing");
    if (count == 1) {
        struct json_object *subject = NULL;
        (void)json_get(json_object_array_get_idx(subjects, 0), "subject", json_type_object, &subject);
        return subject_label(subject, out, p);
    }
    buf_printf(out, "%zu %s on %s", count, common_plural(subjects), site);
    return buf_ok(out) ? 0 : -ENOMEM;
}

int subject_parse(const char *label, struct json_object **ret, struct problem *p)
{
    const char *slash = strchr(label, '/');
    const size_t kind_len = slash ? (size_t)(slash - label) : 0;
    const char *value = slash ? slash + 1 : "";
    int64_t number = 0;

    if (!kind_is_word(label, kind_len) || !value_is_typable(value, strlen(value)))
        return problem_set(p, -EINVAL, PX_PLANE, "'%.80s' does not name a subject: KIND/NAME is expected",
                           label);
    const struct kind *known = kind_find(label, kind_len);
    if (known && known->number && text_to_i64(value, 0, INT64_MAX, &number) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "'%.80s' does not name a subject: a number is expected",
                           label);
    CLEANUP_JSON struct json_object *subject = json_object_new_object();
    struct json_object *name =
        known && known->number ? json_object_new_int64(number) : json_object_new_string(value);
    if (json_object_object_add(subject, "kind", json_object_new_string_len(label, (int)kind_len)) < 0 ||
        !name || json_object_object_add(subject, known ? known->member : "id", name) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    *ret = subject;
    subject = NULL;
    return 0;
}
