/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated Proxmox Backup Server: what its topics share. State: /datastores/NAME has `namespaces` (the
 * root's name is empty), each with `groups` ("vm/100"), each with `owner`, `notes` and `snapshots`, newest
 * first; /config/KIND/ID is the configuration; /tasks are all tasks, of which those with `job` are runs of a
 * job ("prune/ID").
 */
#ifndef PROXIMO_SIM_PBS_H
#define PROXIMO_SIM_PBS_H

#include "../handlers.h"
#include "../task_run.h"
#include "../tasks.h"

#define PBS_DEPTH_MAX 7

/* ---- access control (rights.c) ---- */

/* The privileges of one caller at one path, as a set of bits, and those of them that propagate. */
struct pbs_rights {
    uint64_t held, propagated;
};
void pbs_rights(struct json_object *state, const char *who, const char *path, struct pbs_rights *ret_rights);
/* The bits of "Name|Name". */
uint64_t pbs_privs(const char *names);
/* Does the caller hold one of them at the path? */
bool pbs_can(struct sim_call *call, const char *path, const char *privs);
/* The same at the path or any below that the access list names. */
bool pbs_can_below(struct sim_call *call, const char *path, const char *privs);
/* "/datastore/STORE" or "/datastore/STORE/NS". */
void pbs_path(const char *store, const char *ns, char *path, size_t size);
int pbs_enabled(struct json_object *state, const char *who);
/* Is `who` the owner, or the user whose token the owner is? */
bool pbs_owns(const char *who, const char *owner);
/* A refusal at the door (403), and one of a handler that only checks a privilege (400). */
int pbs_forbid(struct sim_call *call, const char *privs, const char *path);
int pbs_lacks(struct sim_call *call, const char *privs, const char *path);
extern const struct sim_role pbs_roles[];
extern const size_t pbs_role_count;
extern const char *const pbs_priv_names[];
extern const size_t pbs_priv_count;

/* ---- what a request is about (place.c) ---- */

enum pbs_operation { PBS_LOOKUP, PBS_READ, PBS_WRITE };

struct pbs_place {
    const char *name, *ns;
    struct json_object *store, *space, *group, *snapshot; /* borrowed; NULL: not named */
    char group_name[200];
    bool limited; /* sees and does only what is its own */
};

/* The same as pbs_enter() as far as the namespace, which may not be there (`space` is NULL then). */
int pbs_enter_space(struct sim_call *call, const char *full, const char *own, enum pbs_operation operation,
                    struct pbs_place *ret_place);
/* The datastore, if it is there and its maintenance mode lets the operation through; NULL: the call has
 * failed. */
struct json_object *pbs_store(struct sim_call *call, const char *name, enum pbs_operation operation);
/* Why the maintenance mode of a datastore refuses the operation; NULL: it does not. Borrowed from `text`. */
const char *pbs_maintenance(struct json_object *state, const char *name, enum pbs_operation operation,
                            char *text, size_t size);
/* Finds what store, ns, backup-type, backup-id and backup-time name. `full` are privileges on all of the
 * namespace, `own` those on groups that are the caller's (NULL: none). Returns 0 or fails the call. */
int pbs_enter(struct sim_call *call, const char *full, const char *own, enum pbs_operation operation,
              struct pbs_place *ret_place);
/* The same for whoever may change the namespace, and to write. */
struct json_object *pbs_store_modify(struct sim_call *call, const char *name, const char *ns);
/* What the system says where a folder of the datastore is missing. */
#define PBS_NOT_THERE "ENOENT: No such file or directory"
struct json_object *pbs_space(struct json_object *store, const char *ns);
/* Is `ns` the namespace `top`, or one below it by at most `depth` levels? */
bool pbs_below(const char *ns, const char *top, int64_t depth);
struct json_object *pbs_snapshot_find(struct json_object *group, int64_t when);
void pbs_time_text(int64_t when, char text[32]);
/* "vm/100" -> type and id. */
void pbs_group_split(const char *name, char type[8], char *id, size_t size);

/* The groups of a namespace as lists show them: all, or those of `who` (content.c). Owned by the caller. */
struct json_object *pbs_group_list(struct json_object *space, const char *who);

/* ---- taking away (forget.c) ---- */

/* Removes a snapshot; its space becomes garbage of the datastore. Returns 0, or -EBUSY while it is in use. */
int pbs_forget(struct json_object *store, struct json_object *group, struct json_object *snapshot);
/* The same for all of a group but what is protected; what was done is added to `stats`. Returns 0, -EEXIST
 * when something protected stays, or -EBUSY. A group without snapshots is gone. */
int pbs_forget_group(struct json_object *store, struct json_object *space, const char *name,
                     struct json_object *stats);

/* ---- prune (prune.c) ---- */

/* Prunes, as the end of the task, the groups of args' `store` below `ns` that its owner may prune; args has
 * the numbers, max-depth and dry-run as well. */
int pbs_prune_below(struct sim *sim, struct sim_job *job, char *why);

/* ---- seed (seed.c) ---- */

void pbs_seed_finish(struct json_object *state, int nodes, int guests);

/* ---- configuration (config.c) ---- */

/* The digest of a kind's file ("prune"). */
void pbs_config_digest(struct json_object *state, const char *kind, char ret_hex[65]);
/* The newest run of a job ("prune/ID") that has ended, or NULL. Borrowed. */
struct json_object *pbs_last_run(struct json_object *state, const char *job);
int64_t pbs_next_run(const char *schedule, int64_t now);

/* ---- tasks (task.c) ---- */

void pbs_task_name(struct json_object *task);
/* USER or USER!TOKEN. */
void pbs_task_owner(struct json_object *task, char *owner, size_t size);
/* Starts a task of the caller and answers its UPID. Takes `args`, whose "id" is the worker's. */
int pbs_call_task(struct sim_call *call, const struct sim_work *work, struct json_object *args);

/* ---- handlers ---- */

/* node.c */
sim_handler pbs_version, pbs_ping, pbs_nodes, pbs_node_status, pbs_node_time, pbs_node_show;
/* task.c */
sim_handler pbs_tasks, pbs_task_status, pbs_task_log, pbs_task_stop;
/* store.c */
sim_handler pbs_stores, pbs_store_status, pbs_store_usage, pbs_store_rrd, pbs_store_active, pbs_gc_status,
    pbs_gc_list;
/* content.c */
sim_handler pbs_groups, pbs_snapshots, pbs_namespaces, pbs_files, pbs_group_notes, pbs_notes, pbs_protected;
/* access.c */
sim_handler pbs_users, pbs_user, pbs_user_tokens, pbs_user_token, pbs_acl, pbs_role_list, pbs_permissions,
    pbs_domains;
/* change.c */
sim_handler pbs_group_notes_set, pbs_notes_set, pbs_protected_set, pbs_owner_set, pbs_namespace_create;
/* forget.c */
sim_handler pbs_snapshot_delete, pbs_group_delete, pbs_namespace_delete;
/* prune.c, gc.c, verify.c */
sim_handler pbs_prune, pbs_prune_store, pbs_gc_start, pbs_verify;
/* jobs.c */
sim_handler pbs_prune_run, pbs_verify_run, pbs_sync_run;
/* config_write.c */
sim_handler pbs_section_create, pbs_section_update, pbs_section_delete;
/* datastore_write.c */
sim_handler pbs_datastore_create, pbs_datastore_update, pbs_datastore_delete;
/* tokens.c */
sim_handler pbs_token_create, pbs_token_update, pbs_token_delete;
/* config.c */
sim_handler pbs_config_list, pbs_config_show, pbs_jobs, pbs_empty_list, pbs_traffic, pbs_remote_scan,
    pbs_remote_groups, pbs_remote_namespaces;

#endif
