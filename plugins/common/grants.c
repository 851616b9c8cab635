/* SPDX-License-Identifier: Apache-2.0 */
#include "grants.h"

int32_t grants_look(const struct asking *a, struct looked *ret)
{
    static const struct proximo_need need[] = {NEED("/access", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/acl", .needs = ROWS(need, 1)};
    int32_t r = ask_look(a, &get, ret);
    if (r == PROXIMO_OK && ret->data && !json_object_is_type(ret->data, json_type_array)) {
        json_object_put(ret->data);
        ret->data = NULL;
        ret->why = "the access list is no list";
    }
    return r;
}

struct json_object *grants_at(struct json_object *acl, const char *path)
{
    struct json_object *found = path ? json_object_new_array() : NULL;
    const size_t count = json_object_is_type(acl, json_type_array) ? json_object_array_length(acl) : 0;
    for (size_t i = 0; found && i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        if (member_is(entry, "path", path) && member_text(entry, "ugid") && member_text(entry, "roleid") &&
            member_text(entry, "type"))
            json_object_array_add(found, json_object_get(entry));
    }
    return found;
}

static const char *principals_name(struct json_object *entry)
{
    return member_is(entry, "type", "group")   ? "groups"
           : member_is(entry, "type", "token") ? "tokens"
                                               : "users";
}

int32_t grants_steps(const struct asking *a, struct json_object *grants, struct proximo_step *steps,
                     uint32_t *ret_count)
{
    uint32_t count = 0;
    const size_t all = json_object_array_length(grants);
    struct proximo_field(*fields)[4] = a->host->alloc(a->call, (all + 1) * sizeof(*fields));
    if (!fields)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < all && count < GRANTS_MOST; i++, count++) {
        struct json_object *entry = json_object_array_get_idx(grants, i);
        const bool handed_down = !member_of(entry, "propagate") || member_true(entry, "propagate");
        const char *path = ask_text(a, "%s", member_text(entry, "path"));
        const char *role = ask_text(a, "%s", member_text(entry, "roleid"));
        const char *who = ask_text(a, "%s", member_text(entry, "ugid"));
        const char *name = ask_text(a, "grant%u", (unsigned)count);
        if (!path || !role || !who || !name)
            return PROXIMO_ENOMEM;
        fields[i][0] = FIELD("path", path);
        fields[i][1] = FIELD("roles", role);
        fields[i][2] = FIELD(principals_name(entry), who);
        fields[i][3] = FIELD("propagate", handed_down ? "1" : "0");
        /* One that cannot be given any more (its user is gone) must not keep the others out. */
        steps[count] = (struct proximo_step){
            ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST, .flags = PROXIMO_STEP_CONTINUE, .name = name,
            .method = "PUT",   .path = "/access/acl",        .params = ROWS(fields[i], 4)};
    }
    *ret_count = count;
    return PROXIMO_OK;
}
