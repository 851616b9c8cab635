/* SPDX-License-Identifier: Apache-2.0 */
#include "job_selection.h"

#include <stdlib.h>

#define SEPARATORS ",; \t\n"
#define VMID_MOST  999999999u

static int ascending(const void *left, const void *right)
{
    const int64_t l = *(const int64_t *)left, r = *(const int64_t *)right;
    return (l > r) - (l < r);
}

int32_t job_numbers(const struct asking *a, const char *text, const int64_t **ret, uint32_t *ret_count)
{
    const size_t len = text ? strlen(text) : 0;
    /* A number and what parts it from the next are two characters at least. */
    int64_t *numbers = a->host->alloc(a->call, (len / 2 + 1) * sizeof(*numbers));
    uint32_t count = 0;
    if (!numbers)
        return PROXIMO_ENOMEM;
    for (const char *at = text ? text : ""; *(at += strspn(at, SEPARATORS));) {
        const size_t word = strcspn(at, SEPARATORS);
        const uint64_t number = strspn(at, "0123456789") >= word ? digits_of(at, VMID_MOST) : 0;
        if (number)
            numbers[count++] = (int64_t)number;
        at += word;
    }
    qsort(numbers, count, sizeof(*numbers), ascending);
    *ret = numbers;
    *ret_count = count;
    return PROXIMO_OK;
}

/* A value that is there and says something; NULL: absent, empty or blank. */
static const char *said(struct json_object *job, const char *key)
{
    const char *text = member_text(job, key);
    return text && text[strspn(text, SEPARATORS)] ? text : NULL;
}

/* Booleans come as 1, "1" and true. */
static bool on(struct json_object *job, const char *key, bool absent)
{
    const char *text = said(job, key);
    return text ? member_true(job, key) : absent;
}

static bool keep(const struct asking *a, const char *text, const char **ret)
{
    *ret = text ? ask_text(a, "%s", text) : NULL;
    return !text || *ret;
}

int32_t job_pick(const struct asking *a, struct json_object *job, const struct job_pool *pools,
                 uint32_t pool_count, struct job_pick *ret)
{
    const char *vmids = said(job, "vmid"), *pool = said(job, "pool"), *exclude = said(job, "exclude");
    struct job_pick pick = {.known = true, .enabled = on(job, "enabled", true)};
    const char *id = said(job, "id");
    if (!keep(a, id ? id : "", &pick.id) || !keep(a, said(job, "node"), &pick.node) ||
        !keep(a, pool, &pick.pool))
        return PROXIMO_ENOMEM;
    int32_t r = exclude ? job_numbers(a, exclude, &pick.except, &pick.except_count) : PROXIMO_OK;
    if (pool) {
        pick.takes = JOB_TAKES_POOL;
        pick.known = false;
        for (uint32_t i = 0; i < pool_count; i++) {
            if (strcmp(pools[i].poolid, pool) != 0)
                continue;
            pick.known = pools[i].read;
            pick.list = pools[i].vmids;
            pick.count = pools[i].count;
        }
    } else if (vmids) {
        pick.takes = JOB_TAKES_LIST;
        r = r == PROXIMO_OK ? job_numbers(a, vmids, &pick.list, &pick.count) : r;
    } else if (on(job, "all", false) || exclude) { /* exclude alone means all but these */
        pick.takes = JOB_TAKES_ALL;
    }
    if (r == PROXIMO_OK)
        *ret = pick;
    return r;
}

static bool has(const int64_t *list, uint32_t count, int64_t vmid)
{
    return count && bsearch(&vmid, list, count, sizeof(*list), ascending);
}

uint32_t job_names(const struct job_pick *pick, int64_t vmid, const char *node)
{
    if (pick->takes == JOB_TAKES_NOTHING)
        return JOB_NO;
    if (pick->takes != JOB_TAKES_LIST && has(pick->except, pick->except_count, vmid))
        return JOB_NO;
    if (pick->node && node && strcmp(pick->node, node) != 0)
        return JOB_NO;
    if (pick->takes == JOB_TAKES_POOL && !pick->known)
        return JOB_UNKNOWN;
    if (pick->takes != JOB_TAKES_ALL && !has(pick->list, pick->count, vmid))
        return JOB_NO;
    return pick->node && !node ? JOB_UNKNOWN : JOB_YES;
}

uint32_t job_picks(const struct job_pick *pick, int64_t vmid, const char *node)
{
    return pick->enabled ? job_names(pick, vmid, node) : JOB_NO;
}

const char *job_words(const struct asking *a, const struct job_pick *pick)
{
    const char *on_node = pick->node ? ask_text(a, ", only those on %s", pick->node) : "";
    const char *text = NULL;
    switch (pick->takes) {
    case JOB_TAKES_NOTHING: return "no guest";
    case JOB_TAKES_POOL: text = ask_text(a, "the guests of pool %s", pick->pool); break;
    case JOB_TAKES_ALL: text = "all guests"; break;
    default:
        for (uint32_t i = 0; i < pick->count && i < 20; i++)
            text = text ? ask_text(a, "%s, %lld", text, (long long)pick->list[i])
                        : ask_text(a, "guests %lld", (long long)pick->list[i]);
        if (text && pick->count > 20)
            text = ask_text(a, "%s and %u more", text, pick->count - 20);
        if (pick->count == 0)
            text = "no guest";
        break;
    }
    if (text && pick->takes != JOB_TAKES_LIST && pick->except_count)
        text = ask_text(a, "%s but %u named ones", text, pick->except_count);
    return text && on_node ? ask_text(a, "%s%s", text, on_node) : NULL;
}
