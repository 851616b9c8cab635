/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue: which tools there are for this configuration, and what to say of the others. */
#include "mcp/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/target.h"
#include "mcp/core_tools.h"
#include "mcp/not_offered.h"
#include "mcp/search.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "plane/planes.h"

#define NEAREST_MOST 3

struct catalog {
    const struct config *config;
    struct planes *planes;
    const struct tool **tools;
    bool *hidden; /* beside tools */
    size_t count;
    struct search *search;
};

static bool list_has(const struct config_strings *list, const char *word)
{
    for (size_t i = 0; word && i < list->count; i++) {
        if (strcmp(list->items[i], word) == 0)
            return true;
    }
    return false;
}

/* Does the allow list say nothing of planes, tools and classes? Its targets are looked at plan by plan. */
static bool allow_is_open(const struct config *config)
{
    return config->allow.count == targets_count(&config->allow);
}

bool catalog_allows(const struct config *config, const char *plane, const char *name,
                    const char *operation_class)
{
    const char *words[] = {plane, name, operation_class};
    bool allowed = allow_is_open(config);

    for (size_t i = 0; i < 3; i++) {
        if (list_has(&config->deny, words[i]))
            return false;
        allowed = allowed || list_has(&config->allow, words[i]);
    }
    return allowed;
}

/* A plan function names its classes plan by plan, and is asked about each of them then. The tool itself is
 * there unless the lists leave out its plane or name, or name only classes that its plane has not. */
static bool offers_planned(const struct config *config, const struct tool *tool)
{
    const struct plane_info *plane = tool->plane;
    bool allowed = catalog_allows(config, plane->name, tool->name, NULL);

    if (list_has(&config->deny, plane->name) || list_has(&config->deny, tool->name))
        return false;
    for (size_t i = 0; !allowed && i < plane->class_count; i++)
        allowed = list_has(&config->allow, plane->classes[i].name);
    return allowed;
}

bool catalog_offers(const struct config *config, const struct tool *tool)
{
    if (tool->kind == TOOL_CHANGE && tool->has_plan)
        return offers_planned(config, tool);
    return catalog_allows(config, tool->plane->name, tool->name, tool->operation_class);
}

/* A change exists only where both the server's mode and its plane's are guarded. */
static bool mode_allows(const struct config *config, const struct tool *tool)
{
    const struct config_plane *plane = config_plane_find(config, tool->plane->name);

    if (tool->kind != TOOL_CHANGE)
        return true;
    return config_plane_mode(config, plane) == CONFIG_GUARDED;
}

/* Sites are configured, and the tool is for none of them. */
static bool has_no_site(const struct config *config, const struct tool *tool)
{
    bool fits = config->site_count == 0;

    for (size_t i = 0; !fits && i < config->site_count; i++)
        fits = plane_info_for(tool->plane, config->sites[i].kind);
    return !fits;
}

/* Is there anything that this word of tools.allow or tools.deny could mean? Of targets that are no sites the
 * cluster alone knows. */
static bool word_means(const struct config *config, struct planes *planes, const char *word)
{
    struct target target = {.kind = TARGET_SUBJECT};
    const char *why = NULL;

    if (target_is(word))
        return target_parse(word, &target, &why) == 0 &&
               (target.kind != TARGET_SITE || config_site_find(config, target.name));
    if (facade_find_tool(word) || core_tool_find(word) || strcmp(word, CORE_PLANE) == 0)
        return true;
    for (size_t i = 0; i < planes_count(planes); i++) {
        struct plane_state state;

        if (planes_state(planes, i, &state) < 0)
            continue;
        if (strcmp(state.name, word) == 0)
            return true;
        for (size_t k = 0; state.info && k < state.info->class_count; k++) {
            if (strcmp(state.info->classes[k].name, word) == 0)
                return true;
        }
    }
    return planes_tool_find(planes, word) != NULL;
}

void catalog_unmatched(const struct config *config, struct planes *planes, struct buf *out)
{
    const struct config_strings *lists[] = {&config->allow, &config->deny};

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            if (!word_means(config, planes, lists[i]->items[k]))
                buf_printf(out, "%s%s", out->len ? ", " : "", lists[i]->items[k]);
        }
    }
}

/* What proximo_find looks at; the weights say how much a mention in each place is worth. */
static int catalog_index(struct search *search, size_t document, const struct tool *tool)
{
    int r = search_add(search, document, 8, tool->name);

    if (tool->kind == TOOL_CHANGE)
        search_guard(search, document);
    if (r == 0)
        r = search_add(search, document, 8, tool->title);
    if (r == 0)
        r = search_add(search, document, 4, tool->plane->name);
    if (r == 0)
        r = search_add(search, document, 3, tool->description);
    if (r == 0 && tool->operation_class)
        r = search_add(search, document, SEARCH_STRONG, tool->operation_class);
    for (size_t i = 0; r == 0 && i < tool->param_count; i++)
        r = search_add(search, document, 2, tool->params[i].name);
    for (size_t i = 0; r == 0 && i < tool->column_count; i++)
        r = search_add(search, document, 1, tool->columns[i].name);
    return r;
}

static void catalog_take(struct catalog *catalog, const struct tool *tool)
{
    if (mode_allows(catalog->config, tool) && catalog_offers(catalog->config, tool) &&
        !has_no_site(catalog->config, tool))
        catalog->tools[catalog->count++] = tool;
}

static int tool_compare(const void *a, const void *b)
{
    const struct tool *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

int catalog_new(const struct config *config, struct planes *planes, struct catalog **ret)
{
    struct catalog *catalog = calloc(1, sizeof(*catalog));
    size_t count = planes ? planes_tool_count(planes) : 0, most = count + core_tool_count();
    int r = 0;

    if (!catalog)
        return -ENOMEM;
    catalog->config = config;
    catalog->planes = planes;
    catalog->tools = calloc(most + 1, sizeof(const struct tool *));
    catalog->hidden = calloc(most + 1, sizeof(*catalog->hidden));
    if (!catalog->tools || !catalog->hidden) {
        catalog_free(catalog);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        catalog_take(catalog, planes_tool_at(planes, i));
    for (size_t i = 0; planes && i < core_tool_count(); i++)
        catalog_take(catalog, core_tool_at(i));
    qsort(catalog->tools, catalog->count, sizeof(const struct tool *), tool_compare);
    catalog->search = search_new(catalog->count);
    if (!catalog->search)
        r = -ENOMEM;
    for (size_t i = 0; r == 0 && i < catalog->count; i++)
        r = catalog_index(catalog->search, i, catalog->tools[i]);
    if (r < 0) {
        catalog_free(catalog);
        return r;
    }
    *ret = catalog;
    return 0;
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    search_free(catalog->search);
    free(catalog->tools);
    free(catalog->hidden);
    free(catalog);
}

size_t catalog_count(const struct catalog *catalog)
{
    return catalog->count;
}

const struct tool *const *catalog_tools(const struct catalog *catalog, size_t *ret_count)
{
    *ret_count = catalog->count;
    return catalog->tools;
}

const struct tool *catalog_at(const struct catalog *catalog, size_t index)
{
    return catalog->tools[index];
}

void catalog_hide(struct catalog *catalog, size_t index)
{
    catalog->hidden[index] = true;
}

bool catalog_hidden(const struct catalog *catalog, size_t index)
{
    return catalog->hidden[index];
}

static int name_compare(const void *key, const void *element)
{
    const struct tool *const *tool = element;

    return strcmp(key, (*tool)->name);
}

enum catalog_answer catalog_find(const struct catalog *catalog, const char *name, const struct tool **ret)
{
    const struct tool **found =
        bsearch(name, catalog->tools, catalog->count, sizeof(const struct tool *), name_compare);
    const struct tool *tool;

    if (found) {
        *ret = *found;
        return CATALOG_OK;
    }
    tool = catalog->planes ? planes_tool_find(catalog->planes, name) : NULL;
    if (!tool && catalog->planes)
        tool = core_tool_find(name);
    if (!tool)
        return CATALOG_UNKNOWN;
    if (has_no_site(catalog->config, tool))
        return CATALOG_NO_SITE;
    return mode_allows(catalog->config, tool) ? CATALOG_DENIED : CATALOG_CHANGE;
}

/* "pve_guest_lst" is near pve_guest_list by letters, "guests" by words. */
bool catalog_nearest(const struct catalog *catalog, const char *name, char *ret, size_t size)
{
    size_t *order = calloc(catalog->count + 1, sizeof(*order));
    size_t len = 0, found = 0;

    ret[0] = '\0';
    if (!order)
        return false;
    for (unsigned distance = 1; distance <= 4 && found < NEAREST_MOST; distance++) {
        for (size_t i = 0; i < catalog->count && found < NEAREST_MOST; i++) {
            if (text_distance(name, catalog->tools[i]->name) == distance)
                order[found++] = i;
        }
    }
    if (found == 0)
        found = catalog_search(catalog, name, order);
    for (size_t i = 0; i < found && i < NEAREST_MOST; i++) {
        const char *near = catalog->tools[order[i]]->name;

        if (len + strlen(near) + 3 < size)
            len += (size_t)snprintf(ret + len, size - len, "%s%s", len ? ", " : "", near);
    }
    free(order);
    return len > 0;
}

int catalog_problem(const struct catalog *catalog, enum catalog_answer answer, const char *name,
                    struct problem *p)
{
    const struct tool *tool = catalog->planes ? planes_tool_find(catalog->planes, name) : NULL;
    const bool pbs = tool && tool->plane && (tool->plane->site_kinds & PROXIMO_FOR_PBS);
    char near[256];

    if (answer == CATALOG_CHANGE) {
        (void)problem_set(p, -EPERM, PX_READ_ONLY, "%s changes something, and %s is in mode read", name,
                          catalog->config->mode == CONFIG_GUARDED ? "its plane" : "this server");
        problem_next(p,
                     "Read with the tools that proximo_find lists. Only the operator can allow changes, with "
                     "mode: guarded in the configuration file.");
        return -EPERM;
    }
    if (answer == CATALOG_NO_SITE) {
        (void)problem_set(p, -ENOENT, PX_SITE, "%s is for %s, and no site of that kind is configured", name,
                          pbs ? "Backup Servers" : "clusters of Proxmox VE");
        problem_next(p, "An operator can add a site of kind %s under sites: in the configuration file.",
                     pbs ? "pbs" : "pve");
        return -ENOENT;
    }
    if (answer == CATALOG_DENIED) {
        (void)problem_set(p, -EPERM, PX_TOOL,
                          "%s is not enabled by this server's configuration (tools.allow, tools.deny)", name);
        problem_next(p,
                     "Use proximo_find to see what is enabled; an operator can change the two lists in the "
                     "configuration file.");
        return -EPERM;
    }
    const struct not_offered *left_out = not_offered_find(name);
    if (left_out) {
        (void)problem_set(p, -ENOENT, PX_TOOL, "there is no tool named \"%.80s\": %s are not offered; %s",
                          name, left_out->what, left_out->why);
        problem_next(p, "%s", left_out->instead);
        return -ENOENT;
    }
    (void)problem_set(p, -ENOENT, PX_TOOL, "there is no tool named \"%.80s\"", name);
    if (catalog_nearest(catalog, name, near, sizeof(near))) {
        problem_next(p, "Did you mean one of these? proximo_describe shows their arguments.");
        problem_valid(p, "%s", near);
    } else {
        problem_next(p, "Use proximo_find with a few words for what you want to know.");
    }
    return -ENOENT;
}

size_t catalog_search(const struct catalog *catalog, const char *query, size_t *ret_order)
{
    size_t found = catalog->count, shown = 0;

    if (query[strspn(query, " \t\r\n*")] == '\0') {
        for (size_t i = 0; i < catalog->count; i++)
            ret_order[i] = i;
    } else {
        found = search_query(catalog->search, query, ret_order);
    }
    for (size_t i = 0; i < found; i++) {
        if (!catalog->hidden[ret_order[i]])
            ret_order[shown++] = ret_order[i];
    }
    return shown;
}

bool catalog_nearest_words(const struct catalog *catalog, const char *query, char *ret, size_t size)
{
    return search_nearest(catalog->search, query, ret, size);
}
