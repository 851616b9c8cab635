/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planes of a running server: the supervisor thread starts the plane hosts (one for all built-in planes,
 * one per foreign plane), reads their manifests, sends calls, serves their upcalls, restarts them. All
 * functions may be called from any thread.
 */
#ifndef PROXIMO_PLANE_PLANES_H
#define PROXIMO_PLANE_PLANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct config;
struct planes;
struct site;
struct sites;
struct tool;
struct class_row;
struct json_object;
struct plane_info;
struct cancel;

/* Nothing is opened or started yet. */
int planes_new(const struct config *config, struct sites *sites, struct planes **ret);
/* Ends the hosts and joins the threads. */
void planes_free(struct planes *planes);
/* Before planes_start: go on as on a kernel without Landlock, which is the stricter for foreign planes. For
 * tests. */
void planes_pretend_no_landlock(struct planes *planes);
/* Starts loading in the background; called when the first answer is out. Further calls do nothing. */
void planes_start(struct planes *planes);
/* Waits until every plane is loaded or refused (starts it if need be). -EINVAL and p when a required or
 * misnamed plane stops the start; -ETIMEDOUT. The set of tools never changes afterwards. */
int planes_wait(struct planes *planes, int64_t deadline_ms, struct problem *p);
bool planes_ready(struct planes *planes); /* would planes_wait return 0 at once? */

/* After planes_wait: the tools of all loaded planes whose mode is not off, sorted by name. */
size_t planes_tool_count(struct planes *planes);
const struct tool *planes_tool_at(struct planes *planes, size_t index);
const struct tool *planes_tool_find(struct planes *planes, const char *name);

/* One plane as `proximo_status`, `doctor` and `planes list` show it. */
struct plane_state {
    const char *name;
    const struct plane_info *info; /* NULL if it was refused before its manifest */
    const char *path;
    char sha256[65];
    bool loaded;
    bool foreign;
    char mode[12];
    struct problem problem; /* why it is not loaded */
    unsigned restarts;
    int64_t memory_bytes; /* Pss of its host, -1 unknown */
};
size_t planes_count(struct planes *planes);
int planes_state(struct planes *planes, size_t index, struct plane_state *ret);
bool planes_landlock(void); /* does this kernel have Landlock? */

/* A content block of a plane's reply, checked: UTF-8, lengths, JSON validated. */
struct reply_block {
    uint32_t type;  /* PROXIMO_CONTENT_... */
    uint64_t flags; /* PROXIMO_CONTENT_... */
    char *data;
    size_t data_len;
    char *mime, *uri, *name, *note;
};
struct plane_reply {
    struct reply_block *blocks;
    size_t count;
    struct json_object *told; /* of a read: {"incomplete":[...],"findings":[...]}, checked; NULL: nothing */
};
void plane_reply_done(struct plane_reply *reply);

/*
 * What a plan or blast function told the plan builder, as one JSON object, checked: types, lengths, UTF-8,
 * paths (http_path_check on templates, no query), selectors, known flag bits, known methods. Only members
 * that were given are there:
 *   {"summary":text, "facts":[{"name","value"}], "risks":[{"risk":1..3,"reason"}],
 *    "guards":[guard], "steps":[step], "always":[step], "postcondition":[step],
 *    "undo":{"kind":1..3,"steps":[step]}, "subjects":[{"class","subject":{...}}],
 *    "affected":[{"resource","name","effect","risk","facts":{...}}], "incomplete":[{"what","why"}],
 *    "findings":[{"severity":1..3,"flags","code","title","measured","threshold","evidence","source","tool",
 *    "arguments":{...}}]}
 * (the last two alone are what a read told beside its reply);
 * guard and step have the members of struct proximo_guard and proximo_step by their names (flags an integer,
 * tables arrays of objects, absent when 0 or NULL), as rest_json of a row has them; a secret field is
 * {"name","flags":1,"secret":PARAMETER'S NAME}.
 */
enum plane_call_kind {
    PLANE_CALL_READ,
    PLANE_CALL_PLAN,
    PLANE_CALL_PLAN_UNDO,
    PLANE_CALL_BLAST,
    PLANE_CALL_RESOURCE,
    PLANE_CALL_PROMPT,
    PLANE_CALL_EXEC, /* by planes_exec of exec.h alone */
};

#define PLANE_ASKS_MOST    16u                 /* questions at once */
#define PLANE_ASK_KEY_MOST 64u                 /* bytes of a question's key */
#define PLANE_ASK_MOST     ((size_t)256 << 10) /* bytes of its params_json */
#define PLANE_LOGGER_MOST  64u
#define PLANE_LOG_MOST     ((size_t)64 << 10) /* bytes of a log message's data_json */

/*
 * What a plane asks of the client during a call, done in the caller's thread. Only calls of planes that the
 * configuration grants client_requests get one. Each returns 0 or a negative error and p:
 * -EINPROGRESS from ask: the client has to be asked first (PROXIMO_EINPUT; the call then ends with
 * -EINPROGRESS); -EOPNOTSUPP: it does not offer that (PROXIMO_ECAPABILITY).
 */
struct plane_ask {
    uint32_t kind; /* PROXIMO_ASK_... */
    char *key;
    char *params_json; /* an object, checked */
};
struct plane_client {
    void *arg;
    bool (*can_ask)(void *arg, uint32_t kind);
    /* ret_json: an object {key: result}. */
    int (*ask)(void *arg, const struct plane_info *plane, const struct plane_ask *asks, size_t count,
               struct buf *ret_json, struct problem *p);
    /* data_json: one JSON value, checked. */
    int (*log)(void *arg, const struct plane_info *plane, uint32_t level, const char *logger,
               const char *data_json, struct problem *p);
    int (*show)(void *arg, const struct plane_info *plane, uint32_t what, const char *name, bool shown,
                struct problem *p);
    int (*updated)(void *arg, const struct plane_info *plane, const char *uri, struct problem *p);
};

struct read_cache;
struct exec_run;

struct plane_call {
    enum plane_call_kind kind;
    const struct tool *tool; /* READ: of kind TOOL_READ_FUNCTION; PLAN, PLAN_UNDO: a change; BLAST: NULL */
    const struct plane_info *plane;      /* BLAST: whose class it is */
    const struct class_row *class;       /* BLAST: one of plane->classes */
    const struct resource_row *resource; /* RESOURCE: with a read function */
    const struct prompt_row *prompt;     /* PROMPT: with a get function */
    struct exec_run *exec;               /* EXEC: exec_run.h */
    const struct plane_client *client;   /* READ, RESOURCE, PROMPT: NULL: the plane may not ask */
    const char *input_json;              /* PLAN_UNDO: the record; BLAST: the subject; NULL otherwise */
    struct read_cache *cache;            /* PLAN, PLAN_UNDO, BLAST: all GETs go through it; NULL: none */
    struct json_object **ret_draft;      /* PLAN, PLAN_UNDO, BLAST: gets the draft, the caller's */
    struct site *site;                   /* may be NULL: get() then fails with PX-SITE */
    const char
        *arguments_json; /* validated against the tool's parameters, with "node", "kind", "vmid" resolved */
    int64_t deadline_ms;
    struct cancel *cancel;
    void (*progress)(void *arg, uint32_t done, uint32_t total, const char *message); /* may be NULL */
    void *progress_arg;
    /* A GET of the plane needs this privilege for a full answer, and the token does not hold it, or (`known`
     * false) that could not be looked up. In the caller's thread; may come twice; may be NULL. */
    void (*missing)(void *arg, const char *path, const char *privilege, bool known);
    void *missing_arg;
};
/* The class of this name and its plane, over all loaded planes (modes off too); false: none. After
 * planes_wait. */
bool planes_class_find(struct planes *planes, const char *name, const struct plane_info **ret_plane,
                       const struct class_row **ret_class);

/* After planes_wait: the resources (templates too) and prompts of all loaded planes whose mode is not off, in
 * the order of URI and name. */
size_t planes_resource_count(struct planes *planes);
const struct resource_row *planes_resource_at(struct planes *planes, size_t index);
size_t planes_prompt_count(struct planes *planes);
const struct prompt_row *planes_prompt_at(struct planes *planes, size_t index);
/* Is this plane granted client_requests? */
bool planes_may_ask(const struct planes *planes, const struct plane_info *plane);

/* Runs a function of a plane in its host and waits; ret (may be NULL for plans) gets what a read replied. A
 * crash or hang of the plane is PX-PLANE. */
int planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                struct problem *p);

/* main() of `proximo plane-host`: fd 3 is the socket. Returns the exit status. */
int plane_host_main(void);
/* `proximo planes inspect FILE`: loads the plane in a host of its own and gives its manifest as JSON. */
int planes_inspect(const char *file, struct buf *ret_manifest_json, struct problem *p);

#endif
