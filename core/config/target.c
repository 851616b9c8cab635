/* SPDX-License-Identifier: Apache-2.0 */
/* Targets: words of the allow and deny lists. */
#include "config/target.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"

#define VMID_LEAST UINT64_C(100) /* source: pve-guest-common, the schema of pve-vmid */
#define VMID_MOST  UINT64_C(999999999)

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const struct kind {
    const char *prefix;
    enum target_kind kind;
    const char *allowed; /* characters of a name; NULL: a number or a range */
    const char *why;
} kinds[] = {
    {"site:", TARGET_SITE, LOWER DIGITS "-", "the name of a site is expected behind site:"},
    {"node:", TARGET_NODE, LOWER UPPER DIGITS "-", "the short name of a node is expected behind node:"},
    {"vmid:", TARGET_VMID, NULL,
     "a number from 100 to 999999999, or two of them (100-199), is expected behind vmid:"},
    {"pool:", TARGET_POOL, LOWER UPPER DIGITS "-_./", "the name of a pool is expected behind pool:"},
    {"tag:", TARGET_TAG, LOWER UPPER DIGITS "-_.+", "one tag is expected behind tag:"},
    {"storage:", TARGET_STORAGE, LOWER UPPER DIGITS "-_.",
     "the name of a storage is expected behind storage:"},
};

bool target_is(const char *word)
{
    return strpbrk(word, ":/") != NULL;
}

/* "100" or "100-199". */
static bool range_read(const char *text, struct target *ret)
{
    char first[16];
    const size_t len = strcspn(text, "-");
    uint64_t from = 0, to = 0;

    if (len >= sizeof(first))
        return false;
    memcpy(first, text, len);
    first[len] = '\0';
    if (text_to_u64(first, VMID_MOST, &from) < 0 || from < VMID_LEAST)
        return false;
    to = from;
    if (text[len] == '-' && text_to_u64(text + len + 1, VMID_MOST, &to) < 0)
        return false;
    ret->from = (uint32_t)from;
    ret->to = (uint32_t)to;
    return to >= from;
}

/* KIND/NAME, printable and without spaces, as people type it. */
static bool subject_is_good(const char *word)
{
    const size_t kind = strspn(word, LOWER DIGITS "-");

    if (kind == 0 || word[kind] != '/' || !word[kind + 1])
        return false;
    for (const char *c = word; *c; c++) {
        if (*c <= 0x20 || *c >= 0x7f)
            return false;
    }
    return true;
}

static int name_read(const char *name, const char *allowed, struct target *ret)
{
    const size_t len = strnlen(name, sizeof(ret->name));

    if (len == 0 || len >= sizeof(ret->name) || (allowed && strspn(name, allowed) != len))
        return -EINVAL;
    memcpy(ret->name, name, len + 1);
    return 0;
}

int target_parse(const char *word, struct target *ret, const char **ret_why)
{
    struct target target = {.kind = TARGET_SUBJECT};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const size_t len = strlen(kinds[i].prefix);
        if (strncmp(word, kinds[i].prefix, len) != 0)
            continue;
        target.kind = kinds[i].kind;
        if (kinds[i].allowed ? name_read(word + len, kinds[i].allowed, &target) < 0
                             : !range_read(word + len, &target)) {
            *ret_why = kinds[i].why;
            return -EINVAL;
        }
        *ret = target;
        return 0;
    }
    if (!subject_is_good(word) || name_read(word, NULL, &target) < 0) {
        *ret_why =
            "a target is site:, node:, vmid:, pool:, tag:, storage: and a name, or a subject as KIND/NAME";
        return -EINVAL;
    }
    *ret = target;
    return 0;
}

int target_parse_guest(const char *word, struct target *ret, const char **ret_why)
{
    struct target target = {.kind = TARGET_VMID, .from = VMID_LEAST, .to = VMID_MOST};

    *ret_why = "a guest's number (105), two of them (200-210), tag:NAME or * is expected";
    if (strncmp(word, "tag:", 4) == 0)
        return target_parse(word, ret, ret_why);
    if (strcmp(word, "*") != 0 && (*word == '0' || strstr(word, "-0") || !range_read(word, &target)))
        return -EINVAL;
    *ret = target;
    return 0;
}

bool target_is_guest(const struct target *target, uint32_t vmid, const char *tags)
{
    const size_t len = strlen(target->name);

    if (target->kind == TARGET_VMID)
        return vmid >= target->from && vmid <= target->to;
    /* Proxmox parts tags by semicolons, commas or spaces. */
    for (const char *at = tags; target->kind == TARGET_TAG && at && *at; at += strspn(at, ";, ")) {
        const size_t n = strcspn(at, ";, ");
        if (n == len && memcmp(at, target->name, len) == 0)
            return true;
        at += n;
    }
    return false;
}

size_t targets_count(const struct config_strings *list)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        count += target_is(list->items[i]);
    return count;
}
