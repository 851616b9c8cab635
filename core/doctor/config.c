/* SPDX-License-Identifier: Apache-2.0 */
/* The part of doctor that needs no server: where the configuration comes from, file modes, isolation. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "trust/approver.h"

/* A file that only its owner may write; a secret one is tested with the rule that requests use. */
static void check_file(struct doctor *d, const char *what, const char *path)
{
    struct stat st;
    char next[600];
    if (stat(path, &st) < 0) {
        doctor_add(d, DOCTOR_PROBLEM, "Correct the path in the configuration, or create the file.",
                   "%s %s: %s", what, path, strerror(errno));
        return;
    }
    const unsigned mode = (unsigned)(st.st_mode & 07777);
    if ((mode & 022) != 0 || (st.st_uid != 0 && st.st_uid != geteuid())) {
        (void)snprintf(next, sizeof(next), "chown %u '%s' && chmod go-w '%s'", (unsigned)geteuid(), path,
                       path);
        doctor_add(d, DOCTOR_PROBLEM, next, "%s %s can be written by others (owner %u, mode %04o).", what,
                   path, (unsigned)st.st_uid, mode);
        return;
    }
    struct json_object *check =
        doctor_add(d, DOCTOR_OK, NULL, "%s %s (owner %u, mode %04o)", what, path, (unsigned)st.st_uid, mode);
    doctor_fact(check, "path", path);
}

static void check_token_file(struct doctor *d, const struct config_site *site)
{
    CLEANUP_FD int fd = -1;
    struct problem p = PROBLEM_INIT;
    if (site->token_file == NULL)
        doctor_add(d, DOCTOR_PROBLEM, "Add `token_file:` to the site; `proximo init` writes both.",
                   "Site %s has no token file.", site->name);
    else if (file_open_secret(site->token_file, &fd, &p) != 0)
        doctor_add_problem(d, site->name, &p);
    else
        doctor_add(d, DOCTOR_OK, NULL, "token file %s of site %s, for its owner alone", site->token_file,
                   site->name);
}

/* By the rule that every apply tests it with. */
static void check_approver_key(struct doctor *d, const struct config *config)
{
    unsigned char public[32];
    char id[APPROVAL_KEY_SIZE];
    struct problem p = PROBLEM_INIT;
    if (config->trust.approver_key == NULL)
        return;
    if (approver_key_load(config->trust.approver_key, public, id, &p) < 0) {
        doctor_add_problem(d, "approver", &p);
        return;
    }
    doctor_fact(doctor_add(d, DOCTOR_OK, NULL, "approver's key %s, id %s", config->trust.approver_key, id),
                "key", id);
}

/* How many values each source gave: "values: 12 from /etc/proximo/proximo.yaml, 2 from environment". */
static void add_origins(struct doctor *d, const struct config *config)
{
    CLEANUP_BUF struct buf text = BUF_INIT(8192);
    struct json_object *facts = json_object_new_object();
    struct json_object *count = NULL;
    for (size_t i = 0; i < config->origin_count; i++) {
        const char *origin = config->origins[i].origin;
        char source[512];
        if (strcmp(config->origins[i].path, "isolation") == 0) /* told below in words */
            continue;
        const char *colon = strrchr(origin, ':');
        const bool line =
            colon != NULL && colon[1] != '\0' && colon[1 + strspn(colon + 1, "0123456789")] == '\0';
        (void)snprintf(source, sizeof(source), "%.*s",
                       (int)(line ? colon - origin : (ptrdiff_t)strlen(origin)), origin);
        const bool known = json_object_object_get_ex(facts, source, &count);
        doctor_fact_int(facts, source, known ? json_object_get_int64(count) + 1 : 1);
    }
    json_object_object_foreach(facts, source, n)
    {
        buf_printf(&text, "%s%lld from %s", text.len > 0 ? ", " : "", (long long)json_object_get_int64(n),
                   source);
    }
    struct json_object *check =
        doctor_add(d, DOCTOR_OK, NULL, "values: %s", text.len > 0 ? text.data : "none");
    (void)json_object_object_add(check, "sources", facts);
}

void doctor_config(struct doctor *d, const struct config *config)
{
    doctor_section(d, "configuration");
    if (config->file != NULL)
        check_file(d, "file", config->file);
    else
        doctor_add(d, DOCTOR_NOTE, "`proximo init` writes one.",
                   "There is no configuration file of this user.");
    add_origins(d, config);
    for (size_t i = 0; i < config->site_count; i++) {
        const struct config_site *site = &config->sites[i];
        check_token_file(d, site);
        for (size_t k = 0; k < site->endpoint_count; k++) {
            if (site->endpoints[k].ca_file != NULL && site->endpoints[k].fingerprint == NULL)
                check_file(d, "CA file", site->endpoints[k].ca_file);
        }
    }
    check_approver_key(d, config);
    struct json_object *mode = doctor_add(d, DOCTOR_OK, NULL, "mode %s", config_mode_name(config->mode));
    doctor_fact(mode, "mode", config_mode_name(config->mode));
}
