/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of roles. GET shows a role as an object of its privileges, PUT replaces them all, and with a role
 * go the entries that give it. Sources: POST /access/roles, PUT, DELETE /access/roles/{roleid}.
 */
#include "roles.h"

#include <strings.h>

#include "access.h"

#define ROLE_PATH "/access/roles/{roleid}"

struct changing {
    struct asking a;
    const char *roleid;
    struct json_object *now;    /* {privilege: 1}; NULL: there is none */
    struct json_object *wanted; /* privileges afterwards, an array */
    uint32_t verb;
};

static bool holds(struct json_object *role, const char *privilege)
{
    return member_of(role, privilege) != NULL;
}

static const char *join(const struct asking *a, struct json_object *names)
{
    const char *text = "";
    for (size_t i = 0; text && names && i < json_object_array_length(names); i++)
        text = ask_text(a, "%s%s%s", text, i ? "," : "",
                        json_object_get_string(json_object_array_get_idx(names, i)));
    return text;
}

/* The privileges of a role, an array; new. */
static struct json_object *names_of(struct json_object *role)
{
    struct json_object *names = json_object_new_array();
    if (names && role) {
        json_object_object_foreach(role, name, value)
        {
            (void)value;
            json_object_array_add(names, json_object_new_string(name));
        }
    }
    return names;
}

/* ---- what is there, what is wanted */

/* Which roles are builtin the list alone says. */
static int32_t check_builtin(struct changing *g)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/roles"};
    struct json_object *all DROP_JSON = NULL;
    int32_t r = ask_get(&g->a, &get, json_type_array, &all);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(all); i++) {
        struct json_object *role = json_object_array_get_idx(all, i);
        if (member_is(role, "roleid", g->roleid) && member_true(role, "special"))
            return g->a.host->fail(
                g->a.call, PROXIMO_EDENIED,
                "%s is a builtin role, which Proxmox neither changes nor deletes; a role of "
                "your own can hold the privileges that are wanted",
                g->roleid);
    }
    return r;
}

static int32_t look(struct changing *g)
{
    const struct proximo_field id = FIELD("roleid", g->roleid);
    const struct proximo_get get = {ROW(proximo_get), .path = ROLE_PATH, .fields = &id, .field_count = 1};
    struct looked looked;
    int32_t r = ask_look(&g->a, &get, &looked);
    if (r < 0)
        return r;
    g->now = looked.data;
    if (g->now && !json_object_is_type(g->now, json_type_object))
        return g->a.host->fail(g->a.call, PROXIMO_EPROTO, "role \"%s\" was not read", g->roleid);
    if (!g->now && looked.status != 400 && looked.status != 404 && looked.status != 500)
        return g->a.host->fail(g->a.call, PROXIMO_EUNAVAIL, "role \"%s\" could not be looked at: %.300s",
                               g->roleid, looked.why ? looked.why : "");
    if (g->now && g->verb == CONFIG_CREATE)
        return g->a.host->fail(g->a.call, PROXIMO_EINVAL, "there is a role \"%s\" already", g->roleid);
    if (!g->now && g->verb != CONFIG_CREATE)
        return g->a.host->fail(g->a.call, PROXIMO_ENOTFOUND, "there is no role \"%s\": %.300s", g->roleid,
                               looked.why ? looked.why : "");
    return g->verb == CONFIG_CREATE ? PROXIMO_OK : check_builtin(g);
}

/* Every privilege that there is: the builtin Administrator holds them all. */
static int32_t check_privileges(struct changing *g)
{
    const struct proximo_field id = FIELD("roleid", "Administrator");
    const struct proximo_get get = {ROW(proximo_get), .path = ROLE_PATH, .fields = &id, .field_count = 1};
    struct looked every;
    int32_t r = ask_look(&g->a, &get, &every);
    for (size_t i = 0; r == PROXIMO_OK && every.data && i < json_object_array_length(g->wanted); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(g->wanted, i));
        struct json_object *known DROP_JSON = NULL;
        if (holds(every.data, name) || holds(g->now, name))
            continue;
        known = names_of(every.data);
        const char *list = join(&g->a, known);
        r = g->a.host->fail(g->a.call, PROXIMO_EINVAL, "there is no privilege \"%.64s\"; there are: %.1500s",
                            name, list ? list : "");
    }
    json_object_put(every.data);
    return r;
}

static int32_t take_wanted(struct changing *g)
{
    struct json_object *arguments DROP_JSON = ask_arguments(&g->a);
    struct json_object *given = member_of(arguments, "privs");
    const bool append = g->verb == CONFIG_UPDATE && ask_flag(&g->a, "append");
    g->wanted = append ? names_of(g->now) : json_object_new_array();
    if (!arguments || !g->wanted)
        return PROXIMO_ENOMEM;
    if (!json_object_is_type(given, json_type_array))
        return PROXIMO_OK;
    for (size_t i = 0; i < json_object_array_length(given); i++) {
        struct json_object *name = json_object_array_get_idx(given, i);
        if (!edit_has(g->wanted, json_object_get_string(name)))
            json_object_array_add(g->wanted, json_object_get(name));
    }
    return check_privileges(g);
}

/* ---- the plan */

static int32_t tell_privileges(const struct changing *g, bool *ret_differs)
{
    struct json_object *gained = json_object_new_array(), *lost = json_object_new_array();
    for (size_t i = 0; gained && g->wanted && i < json_object_array_length(g->wanted); i++) {
        struct json_object *name = json_object_array_get_idx(g->wanted, i);
        if (!holds(g->now, json_object_get_string(name)))
            json_object_array_add(gained, json_object_get(name));
    }
    if (lost && g->now) {
        json_object_object_foreach(g->now, name, value)
        {
            (void)value;
            if (!edit_has(g->wanted, name))
                json_object_array_add(lost, json_object_new_string(name));
        }
    }
    *ret_differs = gained && lost && json_object_array_length(gained) + json_object_array_length(lost) > 0;
    if (!*ret_differs && g->verb == CONFIG_UPDATE) {
        json_object_put(gained);
        json_object_put(lost);
        return PROXIMO_OK;
    }
    int32_t r = tell_fact(&g->a, "privileges_added", gained);
    int32_t also = tell_fact(&g->a, "privileges_taken_away", lost);
    return r < 0 ? r : also;
}

static int32_t guard(const struct changing *g)
{
    const struct proximo_field id = FIELD("roleid", g->roleid);
    const struct proximo_guard whole = {ROW(proximo_guard),
                                        .flags = g->verb == CONFIG_CREATE ? PROXIMO_GUARD_TOLERATE : 0,
                                        .path = ROLE_PATH, .params = ROWS(&id, 1)};
    return g->a.host->guard(g->a.call, &whole);
}

static int32_t see(const struct changing *g, const char *path, const char *select, uint32_t test,
                   const char *value)
{
    const struct proximo_field id = FIELD("roleid", g->roleid);
    struct proximo_step wait = {ROW(proximo_step), .kind = PROXIMO_STEP_WAIT, .path = path,
                                .select = select,  .wait_test = test,         .wait_value = value,
                                .tolerate = "500", .interval_ms = 500,        .deadline_ms = 15000};
    if (strcmp(path, ROLE_PATH) == 0)
        wait.params = (struct proximo_table)ROWS(&id, 1);
    return select ? g->a.host->postcondition(g->a.call, &wait) : PROXIMO_ENOMEM;
}

static int32_t see_all(const struct changing *g)
{
    if (g->verb == CONFIG_DELETE)
        return see(g, "/access/roles", ask_text(&g->a, "[roleid=%s]", g->roleid), PROXIMO_WAIT_COUNT, "0");
    int32_t r =
        see(g, "/access/roles", ask_text(&g->a, "[roleid=%s]/roleid", g->roleid), PROXIMO_WAIT_EXISTS, NULL);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(g->wanted); i++)
        r = see(g, ROLE_PATH,
                ask_text(&g->a, "/%s", json_object_get_string(json_object_array_get_idx(g->wanted, i))),
                PROXIMO_WAIT_EXISTS, NULL);
    if (r == PROXIMO_OK && g->now) {
        json_object_object_foreach(g->now, name, value)
        {
            (void)value;
            if (r == PROXIMO_OK && !edit_has(g->wanted, name))
                r = see(g, ROLE_PATH, ask_text(&g->a, "/%s", name), PROXIMO_WAIT_COUNT, "0");
        }
    }
    return r;
}

static struct proximo_step request(const struct changing *g, uint32_t verb, struct json_object *privileges,
                                   struct proximo_field *fields)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE"};
    const char *privs = privileges ? join(&g->a, privileges) : NULL;
    uint32_t count = 0;
    fields[count++] = FIELD("roleid", g->roleid);
    if (privs && *privs && verb != CONFIG_DELETE)
        fields[count++] = FIELD("privs", privs);
    return access_request("change", methods[verb], verb == CONFIG_CREATE ? "/access/roles" : ROLE_PATH,
                          fields, count);
}

static int32_t way_back(const struct changing *g, const struct access_entries *entries)
{
    static const uint32_t verbs[] = {CONFIG_DELETE, CONFIG_UPDATE, CONFIG_CREATE};
    static const char *const words[] = {
        "deletes the role again, as long as nobody changed it",
        "gives the role exactly the privileges that it had",
        "creates the role again with its privileges and gives the entries again"};
    struct proximo_field *fields = g->a.host->alloc(g->a.call, 2 * sizeof(*fields));
    struct proximo_step *steps = g->a.host->alloc(g->a.call, (GRANTS_MOST + 1) * sizeof(*steps));
    struct json_object *had DROP_JSON = names_of(g->now);
    uint32_t grants = 0;
    if (!fields || !steps || !had)
        return PROXIMO_ENOMEM;
    if (json_object_array_length(entries->own) > GRANTS_MOST) {
        int32_t none =
            tell_text(&g->a, "no_way_back", "more entries give this role than one plan can give again");
        return none < 0 ? none : g->a.host->undo(g->a.call, PROXIMO_UNDO_NONE, NULL, 0);
    }
    steps[0] = request(g, verbs[g->verb], had, fields);
    int32_t r = tell_text(&g->a, "way_back", words[g->verb]);
    if (r == PROXIMO_OK && g->verb == CONFIG_DELETE)
        r = grants_steps(&g->a, entries->own, steps + 1, &grants);
    return r == PROXIMO_OK ? g->a.host->undo(g->a.call, PROXIMO_UNDO_TEMPLATE, steps, grants + 1) : r;
}

static struct json_object *role_edit(const struct changing *g, struct json_object *privileges)
{
    struct json_object *edit = edit_new("role", "roleid", g->roleid);
    const char *text = join(&g->a, privileges);
    if (edit && text)
        json_object_object_add(edit, "privs", json_object_new_string(text));
    return edit;
}

static int32_t subject(const struct changing *g, const struct access_entries *entries)
{
    static const char *const classes[] = {"role.create", "role.update", "role.delete"};
    struct json_object *gone = edit_new("role-remove", "roleid", g->roleid);
    struct json_object *had DROP_JSON = names_of(g->now), *subject = NULL;
    struct json_object *edit = edit_list(g->verb == CONFIG_DELETE ? gone : role_edit(g, g->wanted));
    struct json_object *back = edit_list(g->verb == CONFIG_CREATE ? gone : role_edit(g, had));
    if (g->verb == CONFIG_UPDATE)
        json_object_put(gone);
    if (json_object_array_length(entries->own) <= GRANTS_MOST)
        access_entries_edit(entries, back);
    int32_t r = edit_put(&subject, "edit", edit);
    const int32_t also = edit_put(&subject, "back", back);
    if (r == PROXIMO_OK && also == PROXIMO_OK) {
        json_object_object_add(subject, "kind", json_object_new_string("role"));
        json_object_object_add(subject, "roleid", json_object_new_string(g->roleid));
        r = g->a.host->subject(g->a.call, classes[g->verb], json_text(subject));
    }
    json_object_put(subject);
    return r == PROXIMO_OK ? also : r;
}

/* Entries that give the role: they go with it. A role that is made has none. */
static int32_t take_entries(const struct changing *g, struct access_entries *entries)
{
    struct proximo_guard none = {ROW(proximo_guard)};
    if (g->verb == CONFIG_DELETE) {
        int32_t r = access_entries_look(&g->a, "role", g->roleid, entries);
        if (r == PROXIMO_OK)
            r = access_entries_tell(&g->a, entries, "role", g->roleid, false, &none);
        return r == PROXIMO_OK && none.path ? g->a.host->guard(g->a.call, &none) : r;
    }
    entries->own = json_object_new_array();
    if (!entries->own)
        return PROXIMO_ENOMEM;
    if (g->verb == CONFIG_UPDATE)
        return PROXIMO_OK;
    none.flags = PROXIMO_GUARD_TOLERATE;
    none.path = "/access/acl";
    none.fields = ask_text(&g->a, "[roleid=%s]", g->roleid);
    return none.fields ? g->a.host->guard(g->a.call, &none) : PROXIMO_ENOMEM;
}

static int32_t lay_out(const struct changing *g)
{
    static const char *const words[] = {"is created", "changes", "is deleted"};
    struct access_entries entries = {0};
    struct proximo_field fields[2];
    bool differs = true;
    int32_t r = g->verb == CONFIG_DELETE ? tell_fact(&g->a, "what_goes", json_object_get(g->now))
                                         : tell_privileges(g, &differs);
    const char *summary =
        g->verb == CONFIG_UPDATE && !differs
            ? ask_text(&g->a, "nothing to do: role \"%s\" holds exactly these privileges already", g->roleid)
            : ask_text(&g->a, "role \"%s\" %s", g->roleid, words[g->verb]);
    if (r < 0 || !summary || (r = g->a.host->change(g->a.call, summary)) < 0 ||
        (g->verb == CONFIG_UPDATE && !differs))
        return summary ? r : PROXIMO_ENOMEM;
    const struct proximo_step change = request(g, g->verb, g->wanted, fields);
    if ((r = guard(g)) < 0 || (r = take_entries(g, &entries)) < 0 || (r = subject(g, &entries)) < 0 ||
        (r = g->a.host->step(g->a.call, &change)) < 0 || (r = see_all(g)) < 0 ||
        (r = way_back(g, &entries)) < 0)
        g->a.host->log(g->a.call, PROXIMO_LOG_DEBUG, "role %s: no plan", g->roleid);
    access_entries_done(&entries);
    return r;
}

/* Names that Proxmox keeps for itself. */
static int32_t check_new_name(const struct changing *g)
{
    return g->verb == CONFIG_CREATE && strncasecmp(g->roleid, "PVE", 3) == 0
               ? g->a.host->fail(
                     g->a.call, PROXIMO_EINVAL,
                     "names of roles that begin with PVE are kept for Proxmox's own; take another "
                     "name than \"%s\"",
                     g->roleid)
               : PROXIMO_OK;
}

int32_t role_plan(const struct proximo_host *host, struct proximo_call *call, uint32_t verb)
{
    struct changing g = {.a = {host, call}, .verb = verb};
    g.roleid = ask_argument(&g.a, "roleid");
    int32_t r = access_check_name(&g.a, "role", g.roleid);
    if (r == PROXIMO_OK)
        r = check_new_name(&g);
    if (r == PROXIMO_OK)
        r = look(&g);
    if (r == PROXIMO_OK && verb != CONFIG_DELETE)
        r = take_wanted(&g);
    if (r == PROXIMO_OK)
        r = lay_out(&g);
    json_object_put(g.now);
    json_object_put(g.wanted);
    return r;
}
