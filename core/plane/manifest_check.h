/* SPDX-License-Identifier: Apache-2.0 */
/* What manifest_read.c asks of each part of a manifest: manifest_check.c (tools), manifest_check_resources.c
 * (resources and prompts) and manifest_check_rows.c (the rest). */
#ifndef PROXIMO_PLANE_MANIFEST_CHECK_H
#define PROXIMO_PLANE_MANIFEST_CHECK_H

#include <json-c/json.h>
#include <stdbool.h>

#include "plane/manifest.h"

#define FIXED_MOST 32u /* fixed parameters of a row */
#define TITLE_MOST 80u /* characters of a title */

struct param_list {
    const struct param_row *params;
    size_t count;
};

int check_tool(const struct tool *tool, struct problem *p);
int check_probe(const struct probe_row *probe, const struct plane_info *info, struct problem *p);
int check_class(const struct class_row *row, struct problem *p);
int check_executor(const struct executor_row *row, bool has_run, struct problem *p);
/* rest_json of a change: guards, postcondition and undo, with what the flags and functions promise. */
int check_change(const struct tool *tool, struct json_object *row, struct problem *p);
/* When the plane's tools are read. */
int check_resource(const struct resource_row *row, struct problem *p);
int check_prompt(const struct prompt_row *row, struct problem *p);
int check_plane_texts(const struct plane_info *info, const char *expected_name, struct problem *p);
/* No name twice within the plane. */
int check_unique(const struct plane_info *info, struct problem *p);

/* What has names that must differ, within a plane and (all but the probes) over all of
 * them. */
enum info_names {
    INFO_TOOL,
    INFO_CLASS,
    INFO_RESOURCE,
    INFO_URI,
    INFO_PROMPT,
    INFO_EXECUTOR,
    INFO_OF_ALL_PLANES,
    INFO_PROBE = INFO_OF_ALL_PLANES,
    INFO_NAMES,
};
struct info_word {
    const char *one, *many;
};
extern const struct info_word info_words[INFO_NAMES];
/* The name of the index-th, NULL behind the last. */
const char *info_name(const struct plane_info *info, enum info_names kind, size_t index);

/* RFC 6838: type "/" subtype, without parameters. */
bool check_mime(const char *mime);

/* Shared grammar. `who` names the place in messages: "tool pve_x". */
int check_params(const char *who, struct param_list params, struct problem *p);
int check_template(const char *who, const char *what, const char *text, struct param_list params,
                   struct problem *p);
int check_path(const char *who, const char *path, struct param_list params, struct problem *p);
int check_text(const char *who, const char *what, const char *text, size_t most, struct problem *p);
int check_name(const char *who, const char *what, const char *name, const char *extra, size_t most,
               struct problem *p);
int check_object(const char *who, const char *what, const char *json, struct problem *p);
int check_fixed(const char *who, const struct field_row *rows, size_t count, struct problem *p);
const struct param_row *param_find(struct param_list params, const char *name, size_t len);

#endif
