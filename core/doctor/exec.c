/* SPDX-License-Identifier: Apache-2.0 */
/* Doctor on the exec plane: is it on, by which way, for whom, and what that is worth. */
#include "doctor/exec.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"
#include "config/config.h"
#include "doctor/doctor.h"

#define WIDE 100u /* ids in one range that are called many */

/* "200-210": how many ids; 0: no range. */
static uint64_t range_size(const char *item)
{
    const size_t len = strspn(item, "0123456789");
    char from[16];
    uint64_t first = 0, last = 0;

    if (len == 0 || len >= sizeof(from) || item[len] != '-')
        return 0;
    memcpy(from, item, len);
    from[len] = '\0';
    if (text_to_u64(from, UINT32_MAX, &first) < 0 || text_to_u64(item + len + 1, UINT32_MAX, &last) < 0)
        return 0;
    return last >= first ? last - first + 1 : 0;
}

/* One allow-list in words; what is broad or rests on tags is told. */
static void check_list(const struct exec_view *v, const char *key, const char *what)
{
    struct json_object *list = NULL;
    CLEANUP_BUF struct buf text = BUF_INIT(8192), broad = BUF_INIT(8192);
    bool tags = false;

    if (json_get(v->section, key, json_type_array, &list) < 0 || json_object_array_length(list) == 0) {
        doctor_add(v->d, DOCTOR_OK, NULL, "%s that commands may run in: none", what);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *item = json_object_get_string(json_object_array_get_idx(list, i));

        buf_printf(&text, "%s%s", i ? ", " : "", strcmp(item, "*") == 0 ? "all" : item);
        tags = tags || strncmp(item, "tag:", 4) == 0;
        if (strcmp(item, "*") == 0 || range_size(item) >= WIDE)
            buf_printf(&broad, "%s%s", broad.len ? ", " : "", item);
    }
    struct json_object *check = doctor_add(v->d, DOCTOR_OK, NULL, "%s that commands may run in: %s", what,
                                           text.data ? text.data : "");
    (void)json_object_object_add(check, "allowed", json_object_get(list));
    if (broad.len > 0)
        doctor_add(v->d, DOCTOR_NOTE, "Name the guests that are meant.", "planes.exec.config.%s is broad: %s",
                   key, broad.data);
    if (tags)
        doctor_add(v->d, DOCTOR_NOTE, NULL,
                   "planes.exec.config.%s goes by tags: whoever may set a guest's tags lets commands in",
                   key);
}

static void check_user(const struct exec_view *v)
{
    const char *user = "root";

    (void)json_get_string(v->section, "user", &user, NULL);
    if (strcmp(v->backend, "local") != 0 && strcmp(user, "root") == 0)
        doctor_add(v->d, DOCTOR_NOTE,
                   "Let the key run one program only: restrict,command=\"...\" in authorized_keys "
                   "(plugins/exec/README.md).",
                   "commands log in as root: whoever has the key has the nodes");
}

static void check_programs(const struct exec_view *v)
{
    const char *needed = strcmp(v->backend, "openssh") == 0 ? "ssh"
                         : strcmp(v->backend, "local") == 0 ? "pct"
                                                            : NULL;

    if (needed && !config_named(&v->plane->programs, needed))
        doctor_add(v->d, DOCTOR_PROBLEM, "Set it to the program's path.",
                   "the back end %s needs planes.exec.programs.%s", v->backend, needed);
}

static void check_endpoints(const struct exec_view *v)
{
    CLEANUP_BUF struct buf text = BUF_INIT(16384);

    for (size_t i = 0; i < v->plane->endpoints.count; i++) {
        const char *item = v->plane->endpoints.items[i];
        const int len = (int)strcspn(item, "=");

        buf_printf(&text, "%s%.*s at %s", i ? ", " : "", len, item, item[len] ? item + len + 1 : "");
    }
    doctor_add(v->d, DOCTOR_OK, NULL, "endpoints: %s", text.len ? text.data : "none");
}

void doctor_exec(struct doctor *d)
{
    const struct config *config = d->subject->config;
    struct exec_view v = {.d = d, .plane = config_plane_find(config, "exec"), .backend = "libssh2"};
    CLEANUP_JSON struct json_object *section = NULL;
    struct problem p = PROBLEM_INIT;

    doctor_section(d, "exec");
    if (!v.plane || config_plane_mode(config, v.plane) == CONFIG_OFF) {
        doctor_fact(doctor_add(d, DOCTOR_OK, NULL, "commands inside guests: off"), "exec", "off");
        return;
    }
    const char *text = v.plane->section_json ? v.plane->section_json : "{}";
    if (json_parse(text, strlen(text), &section, &p) < 0) {
        doctor_add_problem(d, "planes.exec.config", &p);
        return;
    }
    v.section = section;
    (void)json_get_string(section, "backend", &v.backend, NULL);
    struct json_object *check =
        doctor_add(d, DOCTOR_NOTE, "plugins/exec/README.md says what that means.",
                   "commands inside guests: on, mode %s, back end %s. It is near to root on the nodes",
                   config_mode_name(config_plane_mode(config, v.plane)), v.backend);
    doctor_fact(check, "exec", "on");
    doctor_fact(check, "backend", v.backend);
    check_list(&v, "ct", "containers");
    check_list(&v, "vm", "machines");
    check_user(&v);
    check_programs(&v);
    check_endpoints(&v);
    exec_check_identity(&v);
    exec_check_hostkeys(&v);
    exec_check_nodes(&v);
}
