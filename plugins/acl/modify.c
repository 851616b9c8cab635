/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_acl_modify: gives roles to a user, a group or a token at a path, or takes them away. Proxmox takes
 * paths of a few forms only, roles and principals that exist, and of who has no Permissions.Modify only what
 * he holds himself. Sources: PUT /access/acl, GET /access/permissions.
 */
#include "acl.h"
#include "entries.h"

/* Where an entry may stand: how many elements may follow. A new release may know more below /sdn. */
static const struct place {
    const char *root;
    uint32_t most;
    const char *instead; /* privilege that lets its holder hand on what he has himself at a path below */
} places[] = {
    {"/access/groups", 1, NULL}, {"/access/realm", 1, NULL},
    {"/access", 0, NULL},        {"/mapping", 2, NULL},
    {"/nodes", 1, NULL},         {"/pool", 3, "Pool.Allocate"},
    {"/sdn", 5, NULL},           {"/storage", 1, "Datastore.Allocate"},
    {"/vms", 1, "VM.Allocate"},
};

static const struct place *place_of(const char *path, uint32_t *ret_elements)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const size_t len = strlen(places[i].root);
        if (strncmp(path, places[i].root, len) != 0 || (path[len] && path[len] != '/'))
            continue;
        *ret_elements = 0;
        for (const char *at = path + len; *at; at++)
            *ret_elements += *at == '/';
        return &places[i];
    }
    return NULL;
}

static bool is_guest_id(const char *text)
{
    const size_t len = strlen(text);
    return len >= 3 && len <= 9 && text[0] != '0' && strspn(text, "0123456789") == len;
}

struct modifying {
    struct asking a;
    struct world world;
    const char *path, *ugid, *type;
    const struct place *place; /* NULL: "/" */
    bool deep;                 /* below the place's root */
    bool removes, propagate;
    struct json_object *arguments;
    struct entry_change *rows;
    uint32_t count;
};

/* ---- where */

static int32_t take_path(struct modifying *m)
{
    const char *given = ask_argument(&m->a, "path");
    char *normal = m->a.host->alloc(m->a.call, ACL_PATH_MOST);
    uint32_t elements = 0;
    if (!normal || !given)
        return m->a.host->fail(m->a.call, PROXIMO_EINVAL, "path is missing");
    if (acl_path_normal(given, normal, ACL_PATH_MOST) != 0)
        return m->a.host->fail(
            m->a.call, PROXIMO_EINVAL,
            "path '%.100s' is none: it is / or has elements of letters, digits, . - _ with "
            "slashes between them, such as /vms/105",
            given);
    m->path = normal;
    m->place = place_of(normal, &elements);
    m->deep = elements > 0;
    if (strcmp(normal, "/") == 0 || m->removes)
        return PROXIMO_OK;
    if (!m->place || elements > m->place->most ||
        (strcmp(m->place->root, "/vms") == 0 && elements && !is_guest_id(normal + strlen("/vms/"))))
        return m->a.host->fail(
            m->a.call, PROXIMO_EINVAL,
            "Proxmox takes no entry at %.100s: /, /access, /access/groups/NAME, /access/realm/NAME, "
            "/mapping/TYPE/NAME, /nodes/NODE, /pool/NAME, /sdn/zones/ZONE/VNET, /storage/NAME, /vms/ID",
            normal);
    return PROXIMO_OK;
}

/* ---- to whom */

static bool exists(const struct modifying *m)
{
    const struct access *access = &m->world.access;
    if (strcmp(m->type, "group") == 0)
        return access_row(access->groups, "groupid", m->ugid) != NULL;
    if (strcmp(m->type, "token") == 0)
        return access_token(access, m->ugid) != NULL;
    return access_row(access->users, "userid", m->ugid) != NULL;
}

static int32_t take_target(struct modifying *m)
{
    const char *kind = ask_argument(&m->a, "kind");
    m->ugid = ask_argument(&m->a, "target");
    if (!m->ugid)
        return m->a.host->fail(m->a.call, PROXIMO_EINVAL, "target is missing");
    const char *form = strchr(m->ugid, '!') ? "token" : strchr(m->ugid, '@') ? "user" : "group";
    m->type = kind ? kind : form;
    if (strcmp(m->type, form) != 0)
        return m->a.host->fail(m->a.call, PROXIMO_EINVAL,
                               "target '%.100s' is no %s: a user is name@realm, a token name@realm!token, a "
                               "group has neither",
                               m->ugid, m->type);
    return PROXIMO_OK;
}

static int32_t check_target(struct modifying *m)
{
    const uint32_t part = strcmp(m->type, "group") == 0 ? ACL_PART_GROUPS : ACL_PART_USERS;
    if (exists(m) || (acl_unknown(m->world.model) & part))
        return PROXIMO_OK;
    return m->a.host->fail(m->a.call, PROXIMO_ENOTFOUND,
                           "there is no %s '%.100s'; Proxmox takes entries of those that exist only, to "
                           "remove them as well",
                           m->type, m->ugid);
}

/* ---- which roles */

static int32_t no_role(const struct modifying *m, const char *role)
{
    const char *names = "";
    struct json_object *roles = m->world.access.roles;
    for (size_t i = 0; names && i < json_object_array_length(roles) && i < 60; i++) {
        const char *one = member_text(json_object_array_get_idx(roles, i), "roleid");
        names = one ? ask_text(&m->a, "%s%s%s", names, *names ? ", " : "", one) : names;
    }
    return m->a.host->fail(m->a.call, PROXIMO_ENOTFOUND, "there is no role '%.64s'; there are %s", role,
                           names ? names : "others");
}

static bool taken(const struct modifying *m, const char *role)
{
    for (uint32_t i = 0; i < m->count; i++) {
        if (strcmp(m->rows[i].role, role) == 0)
            return true;
    }
    return false;
}

/* What is so already is left out. *ret_same: how many of them. */
static int32_t take_roles(struct modifying *m, uint32_t *ret_same)
{
    struct json_object *list = member_of(m->arguments, "roles"), *known = m->world.access.roles;
    const size_t all = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    m->rows = m->a.host->alloc(m->a.call, (all + 1) * sizeof(*m->rows));
    if (!m->rows)
        return PROXIMO_ENOMEM;
    if (all == 0 || all > 50)
        return m->a.host->fail(m->a.call, PROXIMO_EINVAL, "roles needs 1 to 50 names of roles");
    for (size_t i = 0; i < all; i++) {
        const char *role = json_object_get_string(json_object_array_get_idx(list, i));
        const int will = m->removes ? NO_ENTRY : m->propagate;
        int32_t r = entries_check_names(&m->a, m->path, role, m->ugid);
        if (r < 0)
            return r;
        if (known && !access_row(known, "roleid", role))
            return no_role(m, role);
        const int was = entries_flag(m->world.access.acl, m->path, role, m->type, m->ugid);
        if (was == will)
            (*ret_same)++;
        else if (!taken(m, role))
            m->rows[m->count++] = (struct entry_change){m->path, role, m->type, m->ugid, was, will};
    }
    return PROXIMO_OK;
}

/* ---- may this token do it? */

/* What it lacks of a role's privileges there; propagated: also what it holds but not for below. */
static const char *lacking(const struct modifying *m, struct json_object *held, const char *role,
                           bool propagated)
{
    const char *at = member_text(access_row(m->world.access.roles, "roleid", role), "privs"), *text = "";
    while (at && *at && text) {
        const size_t len = strcspn(at, ",; ");
        const char *name = len ? ask_text(&m->a, "%.*s", (int)len, at) : NULL;
        if (name && (!member_of(held, name) || (propagated && !member_true(held, name))))
            text = ask_text(&m->a, "%s%s%s", text, *text ? ", " : "", name);
        at += len + (at[len] != '\0');
    }
    return text;
}

static int32_t may_hand_on(const struct modifying *m, struct json_object *held)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const char *role = m->rows[i].role, *lacks = lacking(m, held, role, !m->removes && m->propagate);
        if (!lacks)
            return PROXIMO_ENOMEM;
        if (!*lacks && strcmp(role, "NoAccess") != 0)
            continue;
        return m->a.host->fail(
            m->a.call, PROXIMO_EDENIED,
            "this token has no Permissions.Modify at %s, only %s: with that Proxmox lets it %s no role that "
            "holds more than it holds itself%s. Of the role %s it lacks %.600s. An operator can grant it: "
            "pveum "
            "acl modify %s --tokens '<your token>' --roles <a role with Permissions.Modify>",
            m->path, m->place->instead, m->removes ? "take away" : "give",
            m->propagate && !m->removes ? ", handed down" : "", role,
            *lacks ? lacks : "the right to give NoAccess at all", m->path);
    }
    return PROXIMO_OK;
}

static int32_t check_privileges(const struct modifying *m)
{
    const char *instead = m->place && m->deep ? m->place->instead : NULL;
    const struct proximo_field at = FIELD("path", m->path);
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/permissions", .fields = &at,
                                    .field_count = 1};
    struct looked looked;
    int32_t r = ask_look(&m->a, &get, &looked);
    struct json_object *held = r == PROXIMO_OK ? member_of(looked.data, m->path) : NULL;
    if (held && !member_of(held, "Permissions.Modify")) {
        if (instead && member_of(held, instead))
            r = may_hand_on(m, held);
        else
            r = ask_privilege(&m->a, m->path, "Permissions.Modify",
                              "entries at %s need Permissions.Modify there%s%s", m->path,
                              instead ? ", or to hand on what the token holds itself " : "",
                              instead ? instead : "");
    }
    json_object_put(looked.data);
    return r;
}

/* ---- the plan */

static int32_t tell_notes(const struct modifying *m)
{
    struct json_object *token =
        strcmp(m->type, "token") == 0 ? access_token(&m->world.access, m->ugid) : NULL;
    int32_t r = PROXIMO_OK;
    if (strcmp(m->ugid, "root@pam") == 0)
        r = tell_text(&m->a, "no_effect", "root@pam may do everything, whatever entries say");
    else if (token && member_of(token, "privsep") && !member_true(token, "privsep"))
        r = tell_text(&m->a, "no_effect",
                      "this token is not separated from its user: it has all rights of its user, and entries "
                      "of its own do nothing");
    return r;
}

/* A number that Proxmox would give to a new guest is of none: a slip of the pen goes unseen otherwise. */
static int32_t tell_nothing_there(const struct modifying *m)
{
    const bool guest = m->place && m->deep && strcmp(m->place->root, "/vms") == 0;
    const char *rest = m->place && m->deep ? m->path + strlen(m->place->root) + 1 : "";
    const struct proximo_field vmid = FIELD("vmid", rest);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/nextid", .fields = &vmid,
                                    .field_count = 1};
    struct looked looked = {0};
    bool gone = m->place && m->deep && strcmp(m->place->root, "/pool") == 0 &&
                !(acl_unknown(m->world.model) & ACL_PART_POOLS) &&
                !access_row(m->world.access.pools, "poolid", rest);
    const int32_t r = guest && is_guest_id(rest) ? ask_look(&m->a, &get, &looked) : PROXIMO_OK;
    if (r < 0)
        return r;
    gone = gone || looked.status == 200;
    json_object_put(looked.data);
    return gone ? tell_text(
                      &m->a, "nothing_there",
                      guest ? "there is no guest of this number; whoever makes one gets it with these rights"
                            : "there is no pool of this name; one that is made later has these rights")
                : PROXIMO_OK;
}

static const char *roles_text(const struct modifying *m)
{
    const char *text = "";
    for (uint32_t i = 0; text && i < m->count; i++)
        text = ask_text(&m->a, "%s%s%s", text, i ? ", " : "", m->rows[i].role);
    return text;
}

/* Entries that this token does not see cannot be told from none. */
static const char *no_back(const struct modifying *m)
{
    const bool seen = !(acl_unknown(m->world.model) & ACL_PART_ACL) ||
                      m->a.host->permission(m->a.call, m->path, "Permissions.Modify") == 1;
    return seen && m->world.access.acl
               ? NULL
               : "this token does not see the entries at this path, so what was there "
                 "before is not known";
}

static int32_t lay_out(struct modifying *m, uint32_t same)
{
    const char *roles = roles_text(m);
    struct entries_plan plan = {.a = m->a,
                                .rows = m->rows,
                                .count = m->count,
                                .operation_class = "acl.modify",
                                .subject_id = ask_text(&m->a, "%s:%s", m->ugid, m->path),
                                .no_back = no_back(m)};
    if (m->count == 0)
        plan.summary = ask_text(&m->a, "nothing to do: %s '%s' %s at %s already", m->type, m->ugid,
                                m->removes ? "has no entry of these roles" : "has these roles", m->path);
    else
        plan.summary = ask_text(&m->a, "%s '%s' %s %s at %s%s%s", m->type, m->ugid,
                                m->removes ? "loses" : "gets", roles ? roles : "", m->path,
                                m->removes     ? ""
                                : m->propagate ? ", handed down to what is below"
                                               : ", not handed down",
                                same ? " (of the others it is so already)" : "");
    if (!plan.subject_id)
        return PROXIMO_ENOMEM;
    int32_t r = m->count ? tell_notes(m) : PROXIMO_OK;
    if (r == PROXIMO_OK && m->count && !m->removes)
        r = tell_nothing_there(m);
    return r == PROXIMO_OK ? entries_lay_out(&plan) : r;
}

int32_t acl_plan_modify(void *instance, struct proximo_call *call)
{
    struct modifying m = {.a = {((struct plane_instance *)instance)->host, call}, .type = "user"};
    const char *propagate = ask_argument(&m.a, "propagate");
    uint32_t same = 0;
    m.removes = ask_flag(&m.a, "delete");
    m.propagate = !propagate || ask_flag(&m.a, "propagate");
    int32_t r = take_path(&m);
    if (r == PROXIMO_OK)
        r = take_target(&m);
    if (r == PROXIMO_OK)
        r = world_read(&m.a, &m.world);
    if (r < 0)
        return r;
    if (!(m.arguments = ask_arguments(&m.a)))
        r = PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = check_target(&m);
    if (r == PROXIMO_OK)
        r = take_roles(&m, &same);
    if (r == PROXIMO_OK && m.count)
        r = check_privileges(&m);
    if (r == PROXIMO_OK)
        r = lay_out(&m, same);
    json_object_put(m.arguments);
    world_done(&m.world);
    return r;
}
