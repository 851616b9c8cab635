/* SPDX-License-Identifier: Apache-2.0 */
/* The table of probes and its two look-ups. */
#include "http/probe_table.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "http/get_table.h"
#include "http/path.h"

/* Nobody can end a command that an agent has started: each ends itself, whatever it hangs on. */
#define IN_MACHINE(words, why)                                                                               \
    {                                                                                                        \
        "POST", "/nodes/{}/qemu/{}/agent/exec", "", "", (why), "timeout -k 2 15 " words                      \
    }

/* clang-format off */
static const struct http_probe_row rows[] = {
    {"POST", "/nodes/{}/qemu/{}/agent/ping", "", "",
     "asks the guest agent whether it is there", NULL},
    /* What is run in a machine that the operator lets it be looked into (planes.*.look_inside). Each is known
     * as a read to trust/risk_command_rows.c too; a test compares them. */
    IN_MACHINE("head -n 400 /proc/loadavg /proc/meminfo /proc/vmstat /proc/pressure/cpu /proc/pressure/io "
               "/proc/pressure/memory", "reads files of the kernel"),
    IN_MACHINE("df -P -i -l", "asks local file systems for their inodes"),
    IN_MACHINE("systemctl --failed --no-legend --plain --no-pager", "lists units"),
    IN_MACHINE("journalctl -p err -n 40 -o short-iso --no-pager --since=-24h", "reads the journal"),
    IN_MACHINE("ss -H -tulnp", "lists sockets"),
    IN_MACHINE("ps -eo pid,ppid,stat,pcpu,pmem,rss,comm,args --sort=-pcpu", "lists processes"),
    /* Of folders only those of processes: their names do not end with a letter. */
    IN_MACHINE("grep -r -s -H --include=io --exclude-dir=[a-z]*[a-z] -e ^read_bytes -e ^write_bytes /proc/.",
               "reads what processes read and wrote"),
    {"POST", "/access/domains/{}/sync", "dry-run=1", "scope,remove-vanished,enable-new,full,purge",
     "the realm's directory is read, nothing is written", NULL},
    {"POST", "/admin/datastore/{}/prune", "dry-run=1",
     "backup-type,backup-id,ns,keep-last,keep-hourly,keep-daily,keep-weekly,keep-monthly,keep-yearly",
     "answers which snapshots would go", NULL},
    {"GET", "/config/remote/{}/scan/{}/groups", "", "namespace",
     "logs in to a Backup Server that the operator configured, and lists its groups", NULL},
    {"POST", "/admin/datastore/{}/prune-datastore", "dry-run=1",
     "ns,max-depth,keep-last,keep-hourly,keep-daily,keep-weekly,keep-monthly,keep-yearly",
     "a task that logs which snapshots would go", NULL},
};
/* clang-format on */

const struct http_probe_row *http_probe_rows(size_t *ret_count)
{
    *ret_count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

/* A whole element "{name}". */
static bool is_placeholder(const char *part)
{
    const size_t len = strlen(part);
    return len > 2 && part[0] == '{' && part[len - 1] == '}' && strcspn(part + 1, "{}") == len - 2;
}

/* Does the template fit the row? Elements are whole placeholders or plain words, never a mixture. */
static bool template_fits(const struct http_probe_row *row, const char *path_template)
{
    struct http_path parts;
    struct problem ignored = PROBLEM_INIT;
    if (http_path_check(path_template, &ignored) != 0 || strchr(path_template, '%') != NULL)
        return false;
    http_path_split(path_template, true, &parts);
    for (size_t i = 0; i < parts.count; i++) {
        if (strpbrk(parts.parts[i], "{}") != NULL && !is_placeholder(parts.parts[i]))
            return false;
    }
    return http_path_match(row->path, &parts);
}

/* The next row for it behind `last`, or the first; NULL: no more. Commands have many. */
static const struct http_probe_row *row_find(const char *method, const char *path_template,
                                             const struct http_probe_row *last)
{
    if (method == NULL || path_template == NULL)
        return NULL;
    for (size_t i = last == NULL ? 0 : (size_t)(last - rows) + 1; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].method, method) == 0 && template_fits(&rows[i], path_template))
            return &rows[i];
    }
    return NULL;
}

/* Is `name` the name of the row's fixed parameter? (A row has at most one.) */
static bool is_fixed_name(const struct http_probe_row *row, const char *name)
{
    const size_t len = strcspn(row->fixed, "=");
    return len != 0 && strlen(name) == len && memcmp(name, row->fixed, len) == 0;
}

/* Are the fields the words of the command, all of them in their order, and nothing else? */
static bool is_command(const char *command, const struct http_field *fields, size_t count)
{
    size_t i = 0;
    for (; *command != '\0'; i++) {
        const size_t len = strcspn(command, " ");
        if (i == count || fields[i].name == NULL || strcmp(fields[i].name, "command") != 0 ||
            fields[i].value == NULL || fields[i].value_len != len ||
            memcmp(fields[i].value, command, len) != 0)
            return false;
        command += len + (command[len] == ' ' ? 1 : 0);
    }
    return i == count;
}

/* NULL, or why these fields do not fit: the fixed one once with its value, the rest known and none twice. */
static const char *fields_fault(const struct http_probe_row *row, const struct http_field *fields,
                                size_t count)
{
    size_t fixed_seen = 0;
    if (row->command != NULL)
        return is_command(row->command, fields, count) ? NULL : "this command is not one of the table";
    for (size_t i = 0; i < count; i++) {
        if (fields[i].name == NULL || (fields[i].value == NULL && fields[i].value_len != 0))
            return "a parameter has no name or value";
        for (size_t k = 0; k < i; k++) {
            if (strcmp(fields[k].name, fields[i].name) == 0)
                return "a parameter stands twice";
        }
        if (is_fixed_name(row, fields[i].name)) {
            if (!http_field_is(&fields[i], strchr(row->fixed, '=') + 1))
                return "the parameter that makes it free of effect has another value";
            fixed_seen++;
        } else if (!text_in_list(row->open, fields[i].name)) {
            return "a parameter is not known to be free of effect";
        }
    }
    if (row->fixed[0] != '\0' && fixed_seen != 1)
        return "the parameter that makes it free of effect is missing";
    return NULL;
}

bool http_probe_allowed(const char *method, const char *path_template, const struct http_field *fixed,
                        size_t fixed_count, const char **ret_why)
{
    const struct http_probe_row *row = NULL;
    const char *why = "no such request is known to be free of effect";
    while (why != NULL && (row = row_find(method, path_template, row)) != NULL)
        why = fields_fault(row, fixed, fixed_count);
    if (why != NULL && ret_why != NULL)
        *ret_why = why;
    return why == NULL;
}

bool http_probe_parameter_allowed(const char *method, const char *path_template, const char *name)
{
    const struct http_probe_row *row = row_find(method, path_template, NULL);
    return row != NULL && name != NULL && !is_fixed_name(row, name) && text_in_list(row->open, name);
}

bool http_probe_runs_command(const char *method, const char *path_template)
{
    const struct http_probe_row *row = row_find(method, path_template, NULL);
    return row != NULL && row->command != NULL;
}

int http_probe_check(const char *method, const char *path, const struct http_field *fields,
                     size_t field_count, struct problem *p)
{
    const char *why = "no such request is known to be free of effect";
    struct http_path split, decoded;
    http_path_split(path, false, &split);
    http_path_split(path, true, &decoded);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* Both ways must fit: an encoded slash could otherwise lead somewhere else at the server. */
        if (strcmp(rows[i].method, method) != 0 || !http_path_match(rows[i].path, &split) ||
            !http_path_match(rows[i].path, &decoded))
            continue;
        why = fields_fault(&rows[i], fields, field_count);
        if (why == NULL)
            return 0;
    }
    problem_set(p, -EACCES, PX_READ_ONLY, "A %s request cannot be sent as a probe: %s.", method, why);
    problem_next(p,
                 "Probes are the requests of a fixed table; anything else that is not a GET needs a plan.");
    return -EACCES;
}
