/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_exec: POST /nodes/{node}/qemu/{vmid}/agent/exec and the wait for agent/exec-status, by the guest agent.
 * No ssh is needed for it, but the same allow-list thinking holds: what can run commands is given out guest
 * by guest.
 */
#include "exec.h"

#define INPUT_MOST ((size_t)64 << 10)

static int32_t put_request(const struct guest *g, const struct proximo_text *words, uint32_t count,
                           const char *input)
{
    struct proximo_field *fields = g->ask.host->alloc(g->ask.call, (count + 1) * sizeof(*fields));

    if (!fields)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        fields[i] = FIELD("command", words[i].ptr);
    if (input)
        fields[count] = FIELD("input-data", input);
    return guest_request(g, "POST", GUEST_PATH "/agent/exec", fields, count + (input ? 1 : 0), 0);
}

static int32_t put_wait(const struct guest *g)
{
    const struct proximo_field fields[] = {g->at[0], g->at[1], g->at[2], REFERENCE("pid", "change:/pid")};
    const struct proximo_step step = {
        ROW(proximo_step),
        .kind = PROXIMO_STEP_WAIT,
        .name = "command",
        .path = GUEST_PATH "/agent/exec-status",
        .params = PROXIMO_TABLE(fields),
        .select = "/exited",
        .wait_test = PROXIMO_WAIT_IN,
        .wait_value = "[1,true,\"1\"]",
        .interval_ms = 500,
        .deadline_ms = (uint64_t)exec_timeout_s(&g->ask) * 1000,
        .keep = "/exitcode,/signal,/out-data,/out-truncated,/err-data,/err-truncated",
    };
    return g->ask.host->step(g->ask.call, &step);
}

/* The agent must be configured; whether it answers is asked by the probe of the guests plane's tools, and
 * said by the request itself. */
static int32_t check_agent(const struct guest *g)
{
    const char *agent = member_text(g->config, "agent");

    if (agent && (*agent == '1' || strncmp(agent, "enabled=1", 9) == 0 || strstr(agent, ",enabled=1")))
        return PROXIMO_OK;
    return g->ask.host->fail(
        g->ask.call, PROXIMO_ESTATE,
        "%s has no guest agent: its option `agent` is off. Install qemu-guest-agent inside, set "
        "agent=1 with pve_guest_config_set and restart it",
        guest_label(g));
}

/* What reads is known from the manuals of Linux. On Windows `expand A B` and `sort A /O B` write files. */
static int32_t tell_system(const struct guest *g)
{
    const char *ostype = member_text(g->config, "ostype");

    if (ostype && (strcmp(ostype, "l26") == 0 || strcmp(ostype, "l24") == 0))
        return PROXIMO_OK;
    return g->ask.host->risk(g->ask.call, PROXIMO_RISK_HIGH,
                             "the machine's ostype does not say Linux, and which commands only read is known "
                             "of Linux alone");
}

static int32_t plan_vm_exec(void *instance, struct proximo_call *call)
{
    const struct exec_plane *plane = instance;
    const struct proximo_text *words = NULL;
    uint32_t count = 0;
    struct guest g;
    int32_t r = exec_guest_open(instance, call, "qemu", &g);
    const char *input = ask_argument(&g.ask, "input");

    if (r == PROXIMO_OK)
        r = exec_words(&g.ask, &words, &count);
    if (r == PROXIMO_OK)
        r = exec_guest_running(&g);
    if (r == PROXIMO_OK)
        r = check_agent(&g);
    if (r == PROXIMO_OK)
        r = g.ask.host->change(call,
                               ask_text(&g.ask, "Run a command in %s by its guest agent.", guest_label(&g)));
    if (r == PROXIMO_OK)
        r = guest_tell_facts(&g);
    if (r == PROXIMO_OK)
        r = tell_system(&g);
    if (r == PROXIMO_OK)
        r = guest_guard(&g, GUEST_STATUS, "/status");
    if (r == PROXIMO_OK)
        r = guest_guard(&g, GUEST_CONFIG, /* one made anew under this number has other ids */
                        plane->vm.tags ? "/agent,/name,/vmgenid,/meta,/tags" : "/agent,/name,/vmgenid,/meta");
    if (r == PROXIMO_OK)
        r = put_request(&g, words, count, input);
    if (r == PROXIMO_OK)
        r = put_wait(&g);
    if (r == PROXIMO_OK)
        r = guest_subject(&g, "exec.machine");
    if (r == PROXIMO_OK)
        r = g.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
    guest_done(&g);
    return r;
}

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Virtual machine: id or name."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "command",
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT, .maximum = 32768,
          .description = "The words, the program first: [\"df\", \"-h\"]. No shell, unless you name one."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "input", .format = "lines", .flags = PROXIMO_PARAM_NOT_SENT,
          .maximum = (int64_t)INPUT_MOST, .description = "Standard input."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "timeout", .flags = PROXIMO_PARAM_NOT_SENT, .minimum = 1,
          .maximum = 3600, .default_json = "60",
          .description = "Seconds to wait for its end. It is not ended then: the agent has no way to do so."),
};
static const struct proximo_need needs[] = {
    NEED("/vms/{vmid}", "VM.GuestAgent.Unrestricted|VM.Monitor"),
    NEED("/vms/{vmid}", "VM.Audit"),
};
static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        SUBJECT,
        .name = "vm_exec",
        .title = "Run a command in a virtual machine",
        .description =
            "Runs a command in a virtual machine by its guest agent, with the agent's rights (root). Only "
            "machines of the operator's allow-list; a person consents to the exact words. Commands that are "
            "not "
            "known to only read are of high risk, and then a snapshot is taken first where it can be.",
        .params = PROXIMO_TABLE(params),
        .operation_class = "exec.machine",
        .needs = PROXIMO_TABLE(needs),
        .plan = plan_vm_exec,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
};
static const struct proximo_class classes[] = {
    GUEST_CLASS("exec.machine", "run a command in a virtual machine", PROXIMO_RISK_LOW, PROXIMO_UNDO_NONE,
                PROXIMO_CLASS_SNAPSHOT_FIRST, exec_blast_command,
                "A command runs in a machine by its agent; the way back is a snapshot taken before."),
};

const struct topic exec_topic_vm = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
