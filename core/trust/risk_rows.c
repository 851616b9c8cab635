/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the risk table as one list, and the look-up. */
#include <pthread.h>
#include <string.h>

#include "http/path.h"
#include "trust/risk_match.h"
#include "trust/risk_rows.h"

#define ROWS_MOST 640u

static const struct risk_table *const tables[] = {
    &risk_pve_guests,     &risk_pve_nodes, &risk_pve_cluster, &risk_pve_access, &risk_pve_firewall_sdn,
    &risk_pve_storage_ha, &risk_pbs_store, &risk_pbs_config,  &risk_pbs_node,
};
#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

static struct risk_row all[ROWS_MOST];
static size_t all_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void join(void)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        for (size_t k = 0; k < tables[i]->count && all_count < ROWS_MOST; k++)
            all[all_count++] = tables[i]->rows[k];
    }
}

const struct risk_row *risk_rows(size_t *ret_count)
{
    (void)pthread_once(&once, join);
    *ret_count = all_count;
    return all;
}

/* May an element of this name hold a slash? Proxmox takes the whole rest of the path for these. */
static bool spans(const char *word, size_t len)
{
    return (len == 8 && memcmp(word, "{volume}", 8) == 0) || (len == 6 && memcmp(word, "{cidr}", 6) == 0);
}

/* How many bytes of the pattern are literal, or -1 where it does not fit. */
static int fit(const char *pattern, const struct http_path *path)
{
    const char *at = pattern;
    size_t i = 0;
    int literal = 1;

    while (*at == '/') {
        at++;
        const size_t word = strcspn(at, "/");
        if (i >= path->count)
            return -1;
        const char *part = path->parts[i++];
        if (at[0] != '{') {
            if (strlen(part) != word || memcmp(part, at, word) != 0)
                return -1;
            literal += (int)word;
        } else if (strchr(part, '/') && !spans(at, word)) {
            return -1;
        }
        at += word;
    }
    return i == path->count ? literal : -1;
}

static const struct risk_row *look_up(unsigned site_kind, const char *method, const struct http_path *path)
{
    const struct risk_row *best = NULL;
    int best_fit = -1;
    size_t count = 0;
    const struct risk_row *rows = risk_rows(&count);

    for (size_t i = 0; i < count; i++) {
        if (rows[i].site_kind != site_kind || strcmp(rows[i].method, method) != 0)
            continue;
        const int literal = fit(rows[i].path, path);
        if (literal > best_fit) {
            best_fit = literal;
            best = &rows[i];
        }
    }
    return best;
}

const struct risk_row *risk_match(unsigned site_kind, const char *method, const char *path,
                                  struct http_path *ret_parts)
{
    ret_parts->count = 0;
    if (!method || http_path_check(path, NULL) < 0)
        return NULL;
    /* Proxmox decodes first: an encoded slash may make another request of it. The graver reading counts. */
    http_path_split(path, true, ret_parts);
    const struct risk_row *decoded = look_up(site_kind, method, ret_parts);
    if (!strchr(path, '%'))
        return decoded;
    struct http_path parts;
    http_path_split(path, false, &parts);
    const struct risk_row *split = look_up(site_kind, method, &parts);
    if (!split || (decoded && decoded->level >= split->level))
        return split ? decoded : NULL; /* nobody who means well writes it like that */
    http_path_split(path, false, ret_parts);
    return split;
}

const struct risk_row *risk_row_find(unsigned site_kind, const char *method, const char *path)
{
    struct http_path parts;
    return risk_match(site_kind, method, path, &parts);
}
