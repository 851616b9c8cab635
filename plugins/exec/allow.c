/* SPDX-License-Identifier: Apache-2.0 */
#include "allow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/guest.h"

#define VMID_LEAST 100u
#define VMID_MOST  999999999u

/* Digits only, without a zero before them, in the range of guests. */
static bool read_vmid(const char *text, size_t len, uint32_t *ret)
{
    uint64_t n = 0;

    if (len < 3 || len > 9 || text[0] == '0')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    if (n < VMID_LEAST || n > VMID_MOST)
        return false;
    *ret = (uint32_t)n;
    return true;
}

/* As Proxmox has tags: letters, digits and _ - + . */
static bool is_tag(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.");
    return len > 0 && len <= 124 && text[len] == '\0' && text[0] != '-' && text[0] != '.' && text[0] != '+';
}

static bool read_entry(const char *text, struct allow_entry *ret)
{
    const char *dash = strchr(text, '-');

    *ret = (struct allow_entry){0};
    if (strcmp(text, "*") == 0) {
        *ret = (struct allow_entry){VMID_LEAST, VMID_MOST, NULL};
        return true;
    }
    if (strncmp(text, "tag:", 4) == 0) {
        ret->tag = is_tag(text + 4) ? strdup(text + 4) : NULL;
        return ret->tag != NULL;
    }
    if (!dash)
        return read_vmid(text, strlen(text), &ret->first) && (ret->last = ret->first) > 0;
    return read_vmid(text, (size_t)(dash - text), &ret->first) &&
           read_vmid(dash + 1, strlen(dash + 1), &ret->last) && ret->first <= ret->last;
}

int allow_read(struct json_object *array, struct allow_list *ret, const char **ret_wrong)
{
    size_t count = array ? json_object_array_length(array) : 0;

    *ret = (struct allow_list){0};
    *ret_wrong = "";
    if (count == 0)
        return 0;
    ret->entries = calloc(count, sizeof(*ret->entries));
    if (!ret->entries)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(array, i);
        const char *text = json_object_get_string(item);
        const bool is_text = json_object_is_type(item, json_type_string);
        if (!text || (!is_text && !json_object_is_type(item, json_type_int)) ||
            (is_text && strlen(text) != (size_t)json_object_get_string_len(item)) ||
            !read_entry(text, &ret->entries[ret->count])) {
            *ret_wrong = text ? text : "null";
            return -EINVAL;
        }
        ret->tags = ret->tags || ret->entries[ret->count].tag;
        ret->count++;
    }
    return 0;
}

void allow_done(struct allow_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        free(list->entries[i].tag);
    free(list->entries);
    *list = (struct allow_list){0};
}

bool allow_has(const struct allow_list *list, const char *vmid, const char *tags)
{
    uint32_t id = 0;

    if (!vmid || !read_vmid(vmid, strlen(vmid), &id))
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct allow_entry *entry = &list->entries[i];
        if (entry->tag ? tags && guest_has_tag(tags, entry->tag) : id >= entry->first && id <= entry->last)
            return true;
    }
    return false;
}
