/* SPDX-License-Identifier: Apache-2.0 */
/* The runbook of `proximo mint`, for people and as JSON. */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "command/mint.h"
#include "config/config.h"

static void put_list(struct json_object *names, struct buf *out)
{
    for (size_t i = 0; i < json_object_array_length(names); i++)
        buf_printf(out, "%s%s", i ? ", " : "", json_object_get_string(json_object_array_get_idx(names, i)));
}

static void put_roles(const struct mint *m, enum mint_kind kind, const char *before, const char *after,
                      struct buf *out)
{
    json_object_object_foreach(m->roles[kind], name, privileges)
    {
        if (after)
            buf_printf(out, "    %s %s %s'%s'\n", before, name, after, json_object_get_string(privileges));
        else
            buf_printf(out, "    %s %s\n", before, name);
    }
}

static void put_builtin(const struct mint *m, const char *path, const char *roles, bool taken,
                        struct buf *out)
{
    const char *end = taken ? " --delete true" : "";

    for (const char *at = roles; *at;) {
        const size_t len = strcspn(at, ",");

        buf_printf(out,
                   "    proxmox-backup-manager acl update %s %.*s --auth-id '%s'%s\n"
                   "    proxmox-backup-manager acl update %s %.*s --auth-id '%s!%s'%s\n",
                   path, (int)len, at, m->user, end, path, (int)len, at, m->user, m->token, end);
        at += len + (at[len] == ',');
    }
}

/* taken: the lines that take them away. */
static void put_grants(const struct mint *m, enum mint_kind kind, bool taken, struct buf *out)
{
    json_object_object_foreach(m->grants[kind], path, role)
    {
        if (m->kind == CONFIG_PBS)
            put_builtin(m, path, json_object_get_string(role), taken, out);
        else
            buf_printf(out, "    pveum acl %s %s --users '%s' --tokens '%s!%s' --roles %s\n",
                       taken ? "delete" : "modify", path, m->user, m->user, m->token,
                       json_object_get_string(role));
    }
}

static void put_user(const struct mint *m, struct buf *out)
{
    if (m->kind == CONFIG_PBS) {
        buf_printf(
            out,
            "1. Roles. A Backup Server has builtin ones alone: the least that hold what each tool's row "
            "says, path by path.\n"
            "\n2. A user without a password, and its token. The secret is shown this once.\n\n"
            "    proxmox-backup-manager user create '%s' --comment 'Proximo'\n"
            "    proxmox-backup-manager user generate-token '%s' '%s'\n"
            "\n   A token has rights of its own, and never more than its user. So both are granted,\n"
            "   and what is taken from the token alone is gone for Proximo.\n",
            m->user, m->user, m->token);
        return;
    }
    buf_str(out, "1. Roles. What each tool needs stands in its row; this is the sum, path by path.\n\n");
    put_roles(m, MINT_READ, "pveum role add", "--privs ", out);
    put_roles(m, MINT_WIDE, "pveum role add", "--privs ", out);
    put_roles(m, MINT_CHANGE, "pveum role add", "--privs ", out);
    buf_printf(out,
               "\n2. A user without a password, and its token. The secret is shown this once.\n\n"
               "    pveum user add '%s' --comment 'Proximo'\n"
               "    pveum user token add '%s' '%s' --privsep 1\n"
               "\n   --privsep 1: the token has rights of its own, and never more than its user. So both are "
               "granted,\n   and what is taken from the token alone is gone for Proximo.\n",
               m->user, m->user, m->token);
}

static void put_making(const struct mint *m, struct buf *out)
{
    put_user(m, out);
    buf_str(out, "\n3. Rights to look.\n\n");
    put_grants(m, MINT_READ, false, out);
    if (json_object_object_length(m->grants[MINT_WIDE]) > 0) {
        buf_str(
            out,
            "\n   Leave these out for a token that is to look only: they can change things as well. Without "
            "them\n   these reads are refused or see less: ");
        put_list(m->wide_reads, out);
        buf_str(out, "\n\n");
        put_grants(m, MINT_WIDE, false, out);
    }
    if (json_object_object_length(m->grants[MINT_CHANGE]) > 0) {
        buf_str(out, "\n4. Rights to change, in roles of their own. Leave this out until reading works.\n\n");
        put_grants(m, MINT_CHANGE, false, out);
    }
    buf_str(
        out,
        "\nAn entry on a path puts away, for the same token or user, what the paths above it hand down: a "
        "role\nhere also holds what is granted above and asked for there. Entries that are there already on "
        "deeper paths\nstay as they are. A few tools need more for some of their arguments");
    buf_str(out, m->kind == CONFIG_PBS ? ":\n" : " (VM.Config.Disk, VM.Config.Network):\n");
    buf_str(out, "the answer or the plan then says which right is missing, with the line that grants it.\n");
}

static void put_secret(const struct mint *m, struct buf *out)
{
    buf_printf(out,
               "\nThe secret\n"
               "    `proximo init` asks for it without echo and writes the token file. By hand: one line\n"
               "    %s!%s%cSECRET in a file of the user that runs proximo, then chmod 600 and\n"
               "    `token_file:` of the site. Never in an argument, an environment variable or a chat.\n",
               m->user, m->token, m->kind == CONFIG_PBS ? ':' : '=');
}

static void put_limits(const struct mint *m, struct buf *out)
{
    if (json_object_array_length(m->root_only) + json_object_array_length(m->no_token) == 0)
        return;
    buf_str(out, "\nWhat no token can do\n");
    if (json_object_array_length(m->root_only) > 0) {
        buf_str(out, "    root@pam alone: ");
        put_list(m->root_only, out);
        buf_char(out, '\n');
    }
    if (json_object_array_length(m->no_token) > 0) {
        buf_str(out, "    Proxmox refuses API tokens: ");
        put_list(m->no_token, out);
        buf_char(out, '\n');
    }
}

static void put_scope(const struct mint *m, struct buf *out)
{
    if (m->kind == CONFIG_PBS)
        buf_str(out, "\nSmaller\n"
                     "    one datastore  /datastore/NAME in place of /datastore\n"
                     "    one namespace  /datastore/NAME/NAMESPACE\n"
                     "    one remote     /remote/NAME in place of /remote\n");
    else
        buf_str(
            out,
            "\nSmaller\n"
            "    one guest      /vms/105 in place of /vms, one entry for each id\n"
            "    one pool       /pool/NAME in place of /vms: its guests and storages, those of later too\n"
            "    one storage    /storage/NAME in place of /storage\n"
            "    one node       /nodes/NAME in place of /nodes\n");
    buf_str(out, "    Lists then show only that, and their answers say that they are incomplete.\n"
                 "\nTo take it away\n");
    if (json_object_object_length(m->grants[MINT_CHANGE]) > 0) {
        buf_str(out, "  the changes alone:\n");
        put_grants(m, MINT_CHANGE, true, out);
        put_roles(m, MINT_CHANGE, "pveum role delete", NULL, out);
        buf_str(out, "  all of it, after that:\n");
    }
    if (m->kind == CONFIG_PBS) {
        buf_printf(out,
                   "    proxmox-backup-manager user delete-token '%s' '%s'\n"
                   "    proxmox-backup-manager user remove '%s'\n",
                   m->user, m->token, m->user);
    } else {
        buf_printf(out, "    pveum user token remove '%s' '%s'\n    pveum user delete '%s'\n", m->user,
                   m->token, m->user);
        put_roles(m, MINT_READ, "pveum role delete", NULL, out);
        put_roles(m, MINT_WIDE, "pveum role delete", NULL, out);
    }
    buf_str(out, "\nThen: proximo doctor. It says tool by tool what this token can do.\n");
    if (m->kind == CONFIG_PVE)
        buf_str(out, "A Backup Server has users, tokens and lines of its own: proximo mint --plane pbs.\n");
}

void mint_text(const struct mint *m, struct buf *out)
{
    buf_str(out, "A token with the least rights for ");
    put_list(m->planes, out);
    buf_printf(out, ": %zu reads", m->tools[MINT_READ]);
    if (m->guarded)
        buf_printf(out, ", %zu changes", m->tools[MINT_CHANGE]);
    if (m->kind == CONFIG_PBS)
        buf_str(out, " (Backup Server).\nEnter these as root on the server.");
    else
        buf_printf(out, " (Proxmox VE %d).\nEnter these as root on a node.", m->release);
    buf_str(out, " Nothing was changed by printing them.\n\n");
    put_making(m, out);
    put_secret(m, out);
    put_limits(m, out);
    put_scope(m, out);
}

void mint_json(const struct mint *m, struct buf *out)
{
    static const char *const kinds[] = {
        [MINT_READ] = "read", [MINT_WIDE] = "read_wide", [MINT_CHANGE] = "change"};

    buf_char(out, '{');
    json_put_key_string(out, "kind", m->kind == CONFIG_PBS ? "pbs" : "pve");
    if (m->kind == CONFIG_PVE)
        json_put_key_int(out, "release", m->release);
    json_put_key_string(out, "mode", m->guarded ? "guarded" : "read");
    json_put_key(out, "planes");
    json_put_value(out, m->planes);
    json_put_key_string(out, "user", m->user);
    json_put_key_string(out, "token", m->token);
    json_put_key_bool(out, "privsep", true);
    for (int kind = 0; kind < MINT_KINDS; kind++) {
        json_put_key(out, kinds[kind]);
        buf_char(out, '{');
        if (kind == MINT_WIDE)
            json_put_key_int(out, "tools", (long long)json_object_array_length(m->wide_reads));
        else
            json_put_key_int(out, "tools", (long long)m->tools[kind]);
        json_put_key(out, "roles");
        json_put_value(out, m->roles[kind]);
        json_put_key(out, "acl");
        json_put_value(out, m->grants[kind]);
        json_put_key(out, "needs");
        json_put_value(out, m->needs[kind]);
        buf_char(out, '}');
    }
    json_put_key(out, "root_only");
    json_put_value(out, m->root_only);
    json_put_key(out, "no_token");
    json_put_value(out, m->no_token);
    buf_str(out, "}\n");
}
