/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of tools.allow and tools.deny that name what a change is aimed at, beside those that name planes,
 * tools and classes: "site:lab", "node:pve1", "vmid:100", "vmid:100-199", "pool:prod", "tag:critical",
 * "storage:local" and, for everything else, a subject as a person types it, "user/a@pve". Thread-safe.
 */
#ifndef PROXIMO_CONFIG_TARGET_H
#define PROXIMO_CONFIG_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET_NAME_SIZE 201

enum target_kind {
    TARGET_SITE,
    TARGET_NODE,
    TARGET_VMID,
    TARGET_POOL,
    TARGET_TAG,
    TARGET_STORAGE,
    TARGET_SUBJECT
};

struct target {
    enum target_kind kind;
    char name[TARGET_NAME_SIZE]; /* of all but VMID; of SUBJECT the whole word */
    uint32_t from, to;           /* of VMID, both included */
};

struct config_strings;

/* Is the word meant as a target? Names of planes, tools and classes have neither ':' nor '/'. */
bool target_is(const char *word);
/* 0, or -EINVAL and *ret_why (static) says what is expected. */
int target_parse(const char *word, struct target *ret, const char **ret_why);
/* A word of planes.*.look_inside: 105, 200-210, tag:web, or * for every guest. The same. */
int target_parse_guest(const char *word, struct target *ret, const char **ret_why);
/* Is it this guest? tags: its own ("a;b"); NULL: none, or not known, then only ids count. */
bool target_is_guest(const struct target *target, uint32_t vmid, const char *tags);
/* How many words of a list are targets. */
size_t targets_count(const struct config_strings *list);

#endif
