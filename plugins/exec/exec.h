/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the exec plane: its settings, its allow-lists, its executor, and the files of its tools. It gives
 * commands inside guests to whoever may call it, and a command as root in a container is not far from root on
 * the node: it is off unless the configuration names it, and it does nothing for a guest that its allow-lists
 * do not name.
 */
#ifndef PROXIMO_EXEC_H
#define PROXIMO_EXEC_H

#include "../common/guest.h"
#include "allow.h"
#include "backend.h"

#define EXECUTOR "node_command"

#define COMMAND_WORDS_MOST 240u /* a step has at most 256 fields */
#define COMMAND_WORD_MOST  ((size_t)32 << 10)
#define COMMAND_ARGV_MOST  ((size_t)96 << 10) /* of all words: what one ssh command line may take */
#define SQL_MOST           ((size_t)256 << 10)
#define TIMEOUT_DEFAULT_S  60

/* A node with a pinned host key has a back end of its own, opened with that pin. */
struct exec_node {
    char *name;
    void *state;
};

/* The instance of the plane; does not change after open. */
struct exec_plane {
    struct plane_instance base; /* first: what struct plane_instance's users see */
    struct json_object *section;
    const struct backend *backend;
    struct exec_node *nodes; /* by name; the last one, without a name, is for all others */
    uint32_t node_count;
    struct allow_list ct, vm;
    uint64_t output_limit; /* bytes of each stream */
};

int32_t exec_open(const struct proximo_host *host, void **ret_instance);
void exec_close(void *instance);
extern const char exec_config_schema[];

/* The executor: `pct exec VMID -- WORDS` on a node, and nothing else. */
int32_t exec_run(void *instance, struct proximo_call *call, const struct proximo_exec *exec);

/* The guest of this call: of this kind, and allowed by the list. PROXIMO_ENOTALLOWED after host->fail that
 * names what the list says and where. */
int32_t exec_guest_open(void *instance, struct proximo_call *call, const char *kind, struct guest *ret);
/* Reads status and configuration into g and fails unless it runs. */
int32_t exec_guest_running(struct guest *g);

/* Words to run in a container, with what surrounds them; gives the step to the plan. */
struct ct_command {
    const struct proximo_text *words;
    uint32_t count;
    const char *stdin_text; /* NULL: none */
};
int32_t exec_plan_command(const struct exec_plane *plane, struct guest *g, const struct ct_command *command);

/* The argument `command` as words of the call's arena: checked for number, sizes and control characters. */
int32_t exec_words(const struct asking *a, const struct proximo_text **ret, uint32_t *ret_count);
/* The argument `timeout` in seconds, or its default. */
uint32_t exec_timeout_s(const struct asking *a);

/* Whom a command affects. */
int32_t exec_blast_command(void *instance, struct proximo_call *call, struct proximo_text subject_json);

extern const struct topic exec_topic_ct, exec_topic_vm, exec_topic_logs, exec_topic_diagnose,
    exec_topic_probes;
extern const struct proximo_table exec_executors;

#endif
