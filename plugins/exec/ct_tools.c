/* SPDX-License-Identifier: Apache-2.0 */
/* Tools that run something in a container: a command, and SQL for its PostgreSQL. */
#include "exec.h"

#define CTID_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ctid", .format = "guest", .flags = PROXIMO_PARAM_REQUIRED,   \
          .description = "Container: id or name.")
#define TIMEOUT_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "timeout", .flags = PROXIMO_PARAM_NOT_SENT, .minimum = 1,    \
          .maximum = 3600, .default_json = "60",                                                             \
          .description = "Seconds after which it is ended, in the guest too.")

static int32_t plan_ct_exec(void *instance, struct proximo_call *call)
{
    struct guest g;
    struct ct_command command = {0};
    int32_t r = exec_guest_open(instance, call, "lxc", &g);

    if (r == PROXIMO_OK)
        r = exec_words(&g.ask, &command.words, &command.count);
    if (r == PROXIMO_OK)
        r = g.ask.host->change(call, ask_text(&g.ask, "Run a command in %s.", guest_label(&g)));
    if (r == PROXIMO_OK)
        r = exec_plan_command(instance, &g, &command);
    guest_done(&g);
    return r;
}

/* A database's name that psql takes for nothing else: no connection string, no option. */
static bool is_database(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return len > 0 && len <= 63 && name[len] == '\0' && name[0] != '-' && name[0] != '.';
}

/* The SQL goes in by standard input: it is no part of a command line, and nothing has to quote it. */
static int32_t plan_ct_psql(void *instance, struct proximo_call *call)
{
    static const char *const before[] = {"runuser", "-u", "postgres",        "--", "psql",      "-X",
                                         "-w",      "-v", "ON_ERROR_STOP=1", "-P", "pager=off", "-d"};
    enum { BEFORE = sizeof(before) / sizeof(before[0]) };
    struct proximo_text words[BEFORE + 3];
    struct guest g;
    int32_t r = exec_guest_open(instance, call, "lxc", &g);
    const char *sql = ask_argument(&g.ask, "sql"), *db = ask_argument(&g.ask, "db");

    if (r == PROXIMO_OK && (!sql || !db))
        r = PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && !is_database(db))
        r = g.ask.host->fail(
            call, PROXIMO_EINVAL,
            "db is a database's name: letters, digits, '_', '.', '-', at most 63; a connection string "
            "is refused because it could lead to another server");
    if (r == PROXIMO_OK) {
        for (uint32_t i = 0; i < BEFORE; i++)
            words[i] = text_of(before[i]);
        words[BEFORE] = text_of(db);
        words[BEFORE + 1] = text_of("-f");
        words[BEFORE + 2] = text_of("-");
        r = g.ask.host->change(call,
                               ask_text(&g.ask, "Run SQL on the database %s in %s.", db, guest_label(&g)));
    }
    if (r == PROXIMO_OK)
        r = exec_plan_command(instance, &g, &(struct ct_command){words, BEFORE + 3, sql});
    guest_done(&g);
    return r;
}

/* What it does inside cannot be known; who it is can. Nothing that changes by itself is said. */
int32_t exec_blast_command(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct guest g;
    struct looked status;
    int32_t r = guest_open_subject(instance, call, subject_json, &g);

    if (r == PROXIMO_OK) {
        const struct proximo_get get = {ROW(proximo_get), .path = GUEST_STATUS, .fields = g.at,
                                        .field_count = 3};
        r = ask_look(&g.ask, &get, &status);
        g.status = r == PROXIMO_OK ? status.data : NULL;
    }
    if (r == PROXIMO_OK && !g.status)
        r = g.ask.host->incomplete(call, "the guest's state", status.why);
    if (r == PROXIMO_OK)
        r = tell_affected(
            &g.ask, PROXIMO_RISK_LOW, ask_text(&g.ask, "guest/%s", g.vmid), member_text(g.status, "name"),
            "a command runs in it with all rights inside; what it changes there is not known beforehand",
            NULL);
    guest_done(&g);
    return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r;
}

static const struct proximo_param exec_params[] = {
    CTID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "command",
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT, .maximum = 32768,
          .description = "The words, the program first: [\"df\", \"-h\"]. No shell, unless you name one."),
    TIMEOUT_PARAM,
};
static const struct proximo_param psql_params[] = {
    CTID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "sql", .format = "lines",
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT, .minimum = 1, .maximum = 262144,
          .description = "Statements; the first that fails ends it."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "db", .flags = PROXIMO_PARAM_NOT_SENT, .maximum = 63,
          .default_json = "\"postgres\"", .description = "Database."),
    TIMEOUT_PARAM,
};
static const struct proximo_need needs[] = {
    NEED("/vms/{vmid}", "VM.Audit"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "ct_exec",
        .title = "Run a command in a container",
        .description =
            "Runs a command as root in a container, by ssh to its node and pct exec. Only containers of the "
            "operator's allow-list; a person consents to the exact words. Commands that are not known to "
            "only "
            "read are of high risk, and then a snapshot is taken first where it can be. Output is cut at a "
            "limit and was written inside the container.",
        .params = PROXIMO_TABLE(exec_params),
        .operation_class = "exec.container",
        .needs = PROXIMO_TABLE(needs),
        .plan = plan_ct_exec,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "ct_psql",
        .title = "Run SQL in a container",
        .description =
            "Runs SQL on the PostgreSQL inside a container, as its user postgres, with psql (runuser must be "
            "there). Only containers of the operator's allow-list; a person consents to the exact "
            "statements. "
            "Statements that are not known to only read are of high risk, and then a snapshot is taken first "
            "where it can be.",
        .params = PROXIMO_TABLE(psql_params),
        .operation_class = "exec.container",
        .needs = PROXIMO_TABLE(needs),
        .plan = plan_ct_psql,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
};
static const struct proximo_class classes[] = {
    GUEST_CLASS("exec.container", "run a command in a container", PROXIMO_RISK_LOW, PROXIMO_UNDO_NONE,
                PROXIMO_CLASS_SNAPSHOT_FIRST, exec_blast_command,
                "A command runs as root in a container; the way back is a snapshot taken before."),
};

const struct topic exec_topic_ct = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
