/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo mint`: the least rights that the tools of chosen planes need, from what their rows say. */
#include "command/mint.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"
#include "command/command.h"
#include "command/loaded.h"
#include "config/config.h"
#include "doctor/grant.h"
#include "mcp/catalog.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/site.h"

#define TEXT_LIMIT ((size_t)1 << 20)
#define SITE_MS    15000

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static int check_names(const struct mint *m, struct problem *p)
{
    const char *at = strchr(m->user, '@');

    if (!at || at == m->user || !at[1] || strspn(m->user, NAME_CHARS) != (size_t)(at - m->user) ||
        at[1 + strspn(at + 1, NAME_CHARS)]) {
        (void)problem_set(p, -EINVAL, PX_ARG, "--user cannot be \"%.80s\"", m->user);
        problem_next(p, "give USER@REALM, for example proximo@pve");
        return -EINVAL;
    }
    if (strlen(m->token) < 2 || m->token[strspn(m->token, NAME_CHARS)] ||
        strspn(m->token, "0123456789._-") > 0) {
        (void)problem_set(p, -EINVAL, PX_ARG, "--token cannot be \"%.80s\"", m->token);
        problem_next(p, "give a letter, then letters, digits, '.', '_' and '-'");
        return -EINVAL;
    }
    return 0;
}

/* The planes that are meant: all that loaded, or those that were named. */
static int choose_planes(struct mint *m, struct planes *planes, const char *names, struct problem *p)
{
    CLEANUP_BUF struct buf valid = BUF_INIT(2048);

    for (size_t i = 0; i < planes_count(planes); i++) {
        struct plane_state state;

        if (planes_state(planes, i, &state) < 0 || !state.loaded || !plane_info_for(state.info, m->kind))
            continue;
        buf_printf(&valid, "%s%s", valid.len ? ", " : "", state.name);
        if (!names || text_in_list(names, state.name))
            (void)json_object_array_add(m->planes, json_object_new_string(state.name));
    }
    for (const char *at = names; at && *at;) {
        const size_t len = strcspn(at, ",");
        char name[64];

        if (len > 0 && len < sizeof(name)) {
            memcpy(name, at, len);
            name[len] = '\0';
        }
        if (len == 0 || len >= sizeof(name) || !text_in_list(valid.data ? valid.data : "", name)) {
            (void)problem_set(p, -EINVAL, PX_ARG, "--plane: no plane \"%.*s\" is loaded",
                              (int)(len < 64 ? len : 64), at);
            problem_next(p, "name planes that the configuration loads; exec only where it names it");
            problem_valid(p, "%s", valid.data ? valid.data : "");
            return -EINVAL;
        }
        at += len;
        at += *at == ',';
    }
    return 0;
}

static bool is_chosen(const struct mint *m, const struct tool *tool)
{
    for (size_t i = 0; i < json_object_array_length(m->planes); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(m->planes, i)), tool->plane->name) == 0)
            return true;
    }
    return false;
}

/* What reads need goes to one kind or the other, privilege by privilege. */
static void gather_needs(struct mint *m, enum mint_kind kind, const struct tool *tool)
{
    CLEANUP_JSON struct json_object *needs = json_object_new_object();
    const struct grant_of of = {m->kind, m->release};
    bool wide = false;

    if (kind == MINT_CHANGE) {
        grant_add_tool(m->needs[kind], tool, of);
        return;
    }
    grant_add_tool(needs, tool, of);
    json_object_object_foreach(needs, path, privileges)
    {
        json_object_object_foreach(privileges, privilege, tools)
        {
            const bool changes = grant_changes(privilege);

            (void)tools;
            wide = wide || changes;
            grant_add(m->needs[changes ? MINT_WIDE : MINT_READ], path, privilege, tool->name);
        }
    }
    if (wide)
        (void)json_object_array_add(m->wide_reads, json_object_new_string(tool->name));
}

static void gather(struct mint *m, const struct config *config, struct planes *planes)
{
    for (size_t i = 0; i < planes_tool_count(planes); i++) {
        const struct tool *tool = planes_tool_at(planes, i);
        const enum mint_kind kind = tool->kind == TOOL_CHANGE ? MINT_CHANGE : MINT_READ;

        if (!is_chosen(m, tool) || !catalog_offers(config, tool) || (kind == MINT_CHANGE && !m->guarded))
            continue;
        if (grant_is_refused(tool)) {
            (void)json_object_array_add(tool->flags & PROXIMO_CHANGE_ROOT_ONLY ? m->root_only : m->no_token,
                                        json_object_new_string(tool->name));
            continue;
        }
        m->tools[kind]++;
        gather_needs(m, kind, tool);
    }
}

/* The release of the site that was named; a Backup Server's roles are the same in all. */
static int ask_release(const struct loaded *loaded, int *ret, struct problem *p)
{
    const struct site_call call = {.deadline_ms = clock_ms() + SITE_MS};
    struct site *site = NULL;
    char version[32] = "";
    int r = sites_find(loaded->sites, NULL, &site, p);

    if (r == 0 && site_config(site)->kind == CONFIG_PBS)
        return 0;
    if (r == 0)
        r = site_version(site, &call, version, p);
    if (r == 0)
        *ret = version[0] == '8' && version[1] == '.' ? 8 : GRANT_NEWEST;
    return r;
}

/* Are all these planes for Backup Servers alone? */
static bool are_for_pbs(struct planes *planes, const char *names)
{
    bool any = false;

    for (size_t i = 0; i < planes_count(planes); i++) {
        struct plane_state state;

        if (planes_state(planes, i, &state) < 0 || !state.loaded || !text_in_list(names, state.name))
            continue;
        if (plane_info_for(state.info, CONFIG_PVE))
            return false;
        any = true;
    }
    return any;
}

/* What the lines are for: the site that was named, else the planes, else what is configured. */
static unsigned kind_meant(const struct loaded *loaded, const char *planes)
{
    const struct config *config = loaded->config;
    bool all = config->site_count > 0;

    for (size_t i = 0; i < config->site_count; i++)
        all = all && config->sites[i].kind == CONFIG_PBS;
    return all || (planes && are_for_pbs(loaded->planes, planes)) ? CONFIG_PBS : CONFIG_PVE;
}

static int fill(struct mint *m, const struct command_line *line, const struct loaded *loaded,
                struct problem *p)
{
    const char *release = command_value(line, "--release");
    int r = check_names(m, p);

    if (r == 0 && loaded->result < 0) {
        *p = loaded->problem;
        r = loaded->result;
    }
    if (r == 0) {
        m->kind = kind_meant(loaded, command_value(line, "--plane"));
        if (m->kind == CONFIG_PBS && !command_value(line, "--user"))
            m->user = "proximo@pbs";
    }
    if (r == 0)
        r = choose_planes(m, loaded->planes, command_value(line, "--plane"), p);
    if (r == 0 && release)
        m->release = release[0] - '0';
    else if (r == 0 && command_value(line, "--site"))
        r = ask_release(loaded, &m->release, p);
    if (r < 0)
        return r;
    gather(m, loaded->config, loaded->planes);
    mint_rights(m);
    return 0;
}

static void mint_done(struct mint *m)
{
    json_object_put(m->planes);
    json_object_put(m->root_only);
    json_object_put(m->no_token);
    json_object_put(m->wide_reads);
    for (int i = 0; i < MINT_KINDS; i++) {
        json_object_put(m->needs[i]);
        json_object_put(m->roles[i]);
        json_object_put(m->grants[i]);
    }
}

int command_mint(const struct command_line *line)
{
    const struct config_options options = {.file = command_value(line, "--config"),
                                           .site = command_value(line, "--site")};
    const char *user = command_value(line, "--user"), *token = command_value(line, "--token");
    const char *mode = command_value(line, "--mode");
    CLEANUP_BUF struct buf out = BUF_INIT(TEXT_LIMIT);
    struct problem p = PROBLEM_INIT;
    struct loaded loaded;

    if (loaded_open(&options, &loaded, &p) < 0)
        return command_fail(&p);
    struct mint m = {.user = user ? user : "proximo@pve",
                     .token = token ? token : "proximo",
                     .release = GRANT_NEWEST,
                     .guarded = mode && strcmp(mode, "guarded") == 0,
                     .planes = json_object_new_array(),
                     .root_only = json_object_new_array(),
                     .no_token = json_object_new_array(),
                     .wide_reads = json_object_new_array()};
    for (int i = 0; i < MINT_KINDS; i++) {
        m.needs[i] = json_object_new_object();
        m.roles[i] = json_object_new_object();
        m.grants[i] = json_object_new_object();
    }
    int status;
    if (fill(&m, line, &loaded, &p) < 0) {
        status = command_fail(&p);
    } else {
        if (command_value(line, "--json"))
            mint_json(&m, &out);
        else
            mint_text(&m, &out);
        status = command_print(&out);
    }
    mint_done(&m);
    loaded_close(&loaded);
    return status;
}
