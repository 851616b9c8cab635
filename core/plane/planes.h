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
};
void plane_reply_done(struct plane_reply *reply);

struct plane_call {
    const struct tool *tool; /* of kind TOOL_READ_FUNCTION */
    struct site *site;       /* may be NULL: get() then fails with PX-SITE */
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
/* Runs a read function in its host and waits. A crash or hang of the plane is PX-PLANE. */
int planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                struct problem *p);

/* main() of `proximo plane-host`: fd 3 is the socket. Returns the exit status. */
int plane_host_main(void);
/* `proximo planes inspect FILE`: loads the plane in a host of its own and gives its manifest as JSON. */
int planes_inspect(const char *file, struct buf *ret_manifest_json, struct problem *p);

#endif
