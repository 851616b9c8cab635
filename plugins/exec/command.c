/* SPDX-License-Identifier: Apache-2.0 */
/* What all tools of this plane do before a command: whose guest, allowed or not, which words, and the step.
 */
#include "exec.h"

/* The list in words, for the refusal. */
static const char *list_text(const struct asking *a, const struct allow_list *list)
{
    const char *text = "";

    for (uint32_t i = 0; i < list->count && text && strlen(text) < 400; i++) {
        const struct allow_entry *entry = &list->entries[i];
        const char *sep = i ? ", " : "";
        if (entry->tag)
            text = ask_text(a, "%s%stag:%s", text, sep, entry->tag);
        else if (entry->first == entry->last)
            text = ask_text(a, "%s%s%u", text, sep, entry->first);
        else
            text = ask_text(a, "%s%s%u-%u", text, sep, entry->first, entry->last);
    }
    return !text ? "?" : *text ? text : "none at all";
}

int32_t exec_guest_open(void *instance, struct proximo_call *call, const char *kind, struct guest *ret)
{
    const struct exec_plane *plane = instance;
    const bool lxc = strcmp(kind, "lxc") == 0;
    const struct allow_list *list = lxc ? &plane->ct : &plane->vm;
    int32_t r = guest_open(instance, call, ret);

    if (r == PROXIMO_OK && strcmp(ret->kind, kind) != 0)
        return ret->ask.host->fail(call, PROXIMO_EINVAL, "%s is no %s: %s is for it", guest_label(ret),
                                   lxc ? "container" : "virtual machine", lxc ? "vm_exec" : "ct_exec");
    if (r < 0 || allow_has(list, ret->vmid, NULL))
        return r;
    if (list->tags)
        r = guest_read_config(ret);
    if (r < 0 || (list->tags && allow_has(list, ret->vmid, member_text(ret->config, "tags"))))
        return r;
    return ret->ask.host->fail(
        call, PROXIMO_ENOTALLOWED,
        "the allow-list does not name %s. planes.exec.config.%s of the configuration allows: %s. An operator "
        "adds the id, a range or a tag there and starts proximo anew",
        guest_label(ret), lxc ? "ct" : "vm", list_text(&ret->ask, list));
}

int32_t exec_guest_running(struct guest *g)
{
    int32_t r = g->status ? PROXIMO_OK : guest_read_status(g);

    if (r == PROXIMO_OK && !g->config)
        r = guest_read_config(g);
    if (r == PROXIMO_OK && !guest_running(g))
        r = g->ask.host->fail(g->ask.call, PROXIMO_ESTATE,
                              "%s is not running: nothing can run in it. pve_guest_power starts it",
                              guest_label(g));
    return r;
}

int32_t exec_words(const struct asking *a, const struct proximo_text **ret, uint32_t *ret_count)
{
    struct json_object *arguments DROP_JSON = ask_arguments(a);
    struct json_object *array = member_of(arguments, "command");
    size_t count = json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
    struct proximo_text *words = count ? a->host->alloc(a->call, count * sizeof(*words)) : NULL;
    size_t total = 0;

    if (count == 0 || count > COMMAND_WORDS_MOST)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "command is a list of 1 to %u words, the program first: [\"df\", \"-h\"]",
                             COMMAND_WORDS_MOST);
    for (size_t i = 0; words && i < count; i++) {
        struct json_object *item = json_object_array_get_idx(array, i);
        size_t len = (size_t)json_object_get_string_len(item);
        const char *text = json_object_get_string(item);
        char *copy = a->host->alloc(a->call, len + 1);
        if (!copy)
            return PROXIMO_ENOMEM;
        memcpy(copy, text, len);
        words[i] = (struct proximo_text){copy, len};
        total += len;
        for (size_t k = 0; k < len; k++)
            if ((unsigned char)text[k] < 0x20 || text[k] == 0x7f)
                return a->host->fail(
                    a->call, PROXIMO_EINVAL,
                    "word %zu has a control character (0x%02x): a command has none. Several lines can "
                    "be several commands, or a script that is already in the guest",
                    i + 1, (unsigned char)text[k]);
        if (len > COMMAND_WORD_MOST)
            return a->host->fail(a->call, PROXIMO_EINVAL, "word %zu is longer than %zu bytes", i + 1,
                                 COMMAND_WORD_MOST);
    }
    if (!words)
        return PROXIMO_ENOMEM;
    if (total > COMMAND_ARGV_MOST || words[0].len == 0)
        return a->host->fail(a->call, PROXIMO_EINVAL, "%s",
                             words[0].len ? "the words are too long together (96 KiB)"
                                          : "the program has no name");
    *ret = words;
    *ret_count = (uint32_t)count;
    return PROXIMO_OK;
}

uint32_t exec_timeout_s(const struct asking *a)
{
    const char *text = ask_argument(a, "timeout");
    return text ? (uint32_t)digits_of(text, 3600) : TIMEOUT_DEFAULT_S;
}

/* Root in a privileged container is root on the node but for a few kernel gates. */
static int32_t tell_privileged(const struct guest *g)
{
    if (member_true(g->config, "unprivileged"))
        return tell_text(&g->ask, "container", "unprivileged: root in it is an ordinary user of the node");
    return g->ask.host->risk(
        g->ask.call, PROXIMO_RISK_HIGH,
        "the container is privileged (its configuration does not say unprivileged): root in it is "
        "near to root on the node");
}

/* The guards: what the plan rests on, so that it is not run in another container than was looked at. One that
 * was made anew under the same number has another address of its network card, and mostly another name. */
static int32_t put_guards(const struct exec_plane *plane, const struct guest *g)
{
    int32_t r = guest_guard(g, GUEST_STATUS, "/status");

    if (r == PROXIMO_OK)
        r = guest_guard(g, GUEST_CONFIG,
                        plane->ct.tags ? "/unprivileged,/hostname,/net0,/tags"
                                       : "/unprivileged,/hostname,/net0");
    return r;
}

static int32_t put_step(const struct exec_plane *plane, const struct guest *g,
                        const struct ct_command *command)
{
    const uint32_t seconds = exec_timeout_s(&g->ask);
    const struct proximo_field target[] = {FIELD("node", g->node)};
    struct proximo_field *argv = g->ask.host->alloc(g->ask.call, (4 + command->count) * sizeof(*argv));

    if (!argv)
        return PROXIMO_ENOMEM;
    const char *const before[] = {"pct", "exec", g->vmid, "--"};
    for (uint32_t i = 0; i < 4; i++)
        argv[i] = FIELD(NULL, before[i]);
    for (uint32_t i = 0; i < command->count; i++)
        argv[4 + i] = FIELD(NULL, command->words[i].ptr);
    struct proximo_step step = {ROW(proximo_step),
                                .kind = PROXIMO_STEP_EXECUTOR,
                                .name = "command",
                                .executor = EXECUTOR,
                                .params = ROWS(target, 1),
                                .argv = ROWS(argv, 4 + command->count),
                                .deadline_ms = (uint64_t)seconds * 1000,
                                .output_limit = plane->output_limit};
    if (command->stdin_text)
        step.stdin_text = text_of(command->stdin_text);
    return g->ask.host->step(g->ask.call, &step);
}

int32_t exec_plan_command(const struct exec_plane *plane, struct guest *g, const struct ct_command *command)
{
    int32_t r = exec_guest_running(g);

    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK)
        r = tell_text(&g->ask, "by", plane->backend->name);
    if (r == PROXIMO_OK)
        r = tell_privileged(g);
    if (r == PROXIMO_OK)
        r = put_guards(plane, g);
    if (r == PROXIMO_OK)
        r = put_step(plane, g, command);
    if (r == PROXIMO_OK)
        r = guest_subject(g, "exec.container");
    return r == PROXIMO_OK ? g->ask.host->undo(g->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}
