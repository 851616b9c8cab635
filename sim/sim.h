/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proximo-sim: a simulated Proxmox VE API over TLS.
 *
 * The whole state of the simulated cluster is one tree of JSON objects (sim->state), read and changed only
 * under sim->lock. Requests are answered from a table of routes (sim/routes/): each row carries the
 * parameters, the permission rule and the handler of one method, and api.c walks every request through them
 * in Proxmox's order: route, credentials, permission, node, parameters, handler.
 */
#ifndef PROXIMO_SIM_H
#define PROXIMO_SIM_H

#include <json-c/json.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct sim;
struct sim_call;
struct sim_product;
struct sim_reply;
struct sim_request;

#define SIM_FREE_WITH(fn) __attribute__((cleanup(fn)))
#define SIM_PRINTF(a, b)  __attribute__((format(printf, a, b)))

/* ---- parameters (param.c, format.c) ---- */

enum sim_type { SIM_STRING, SIM_INTEGER, SIM_NUMBER, SIM_BOOLEAN, SIM_ARRAY };

/* One parameter of a method, with the names Proxmox's schemas use. A row without name ends a table. "net[n]"
 * is a family of `count` parameters net0, net1, ... */
struct sim_param {
    const char *name;
    const struct sim_param *sub; /* the keys of a property string "value,key=value,..."; NULL: it is none */
    int count;
    bool unnamed;        /* of a property string: the value that stands without its key */
    const char *format;  /* name of a format, checked by sim_format_check(); NULL: any */
    const char *values;  /* the enumeration, ", " between the values; NULL: any */
    const char *pattern; /* POSIX extended regular expression, anchored by the caller; NULL: any */
    const char *of;      /* the values of the parameter "type" with which it is there; NULL: any */
    const char *needs;   /* another parameter that must come with this one; NULL: none */
    double min, max;
    enum sim_type type,
        item; /* item: of the elements of an array, which `sub`, `format` and the like judge */
    int min_length, max_length; /* 0: no limit */
    bool optional, has_min, has_max;
    bool of_needs; /* with those types it must be given */
};

/* How a product reads booleans and words its refusals. */
struct sim_param_words {
    const char *missing, *unknown;
    const char *truths, *untruths; /* what reads as a boolean, spaces between */
    bool got;                      /* ranges tell the number that came, types do not tell the text */
};
extern const struct sim_param_words sim_pve_words;

/* Checks `given` (name -> string, number, boolean, null, array) against `table` and collects one text per bad
 * parameter in `errors`. Returns 0, or -EINVAL when there is at least one error. Good integers and booleans
 * are replaced by JSON numbers, so that handlers read one type. */
int sim_params_check(const struct sim_param_words *words, const struct sim_param *table,
                     struct json_object *given, struct json_object *errors);

/* The row of a parameter; NULL: none. */
const struct sim_param *sim_param_find(const struct sim_param *table, const char *name);
/* Splits a property string by the keys of `table`; what stands without a key gets the name of the unnamed
 * one, and "virtio=MAC" of a network device reads as model and macaddr. Returns an object (owned). */
struct json_object *sim_property_split(const struct sim_param *table, const char *text);
/* Checks a property string. Returns 0, or -EINVAL with the text of a "format error" in `why`; `name` is the
 * parameter's. */
int sim_property_check(const struct sim_param *table, const char *name, const char *text, char *why,
                       size_t size);

/* Checks one value against a named format ("pve-vmid", "pve-configid-list", ...). Returns 0, or -EINVAL with
 * the error text (as Proxmox words it, with its line break) in `text`. Unknown formats are a mistake in a
 * table: -ENOENT. */
int sim_format_check(const char *format, const char *value, char *text, size_t text_size);

/* ---- permission rules (rule.c) and the access-control evaluator (acl.c) ---- */

enum sim_rule_kind {
    SIM_RULE_END,
    SIM_RULE_ROOT,         /* only root@pam itself, no token */
    SIM_RULE_ALL,          /* any authenticated caller */
    SIM_RULE_WORLD,        /* no credentials needed */
    SIM_RULE_PERM,         /* all of `privs` on `path` */
    SIM_RULE_ANY,          /* one of `privs` on `path` */
    SIM_RULE_PERM_MODIFY,  /* what it takes to change the access list at `path` */
    SIM_RULE_AND,          /* every rule of `sub` */
    SIM_RULE_OR,           /* one rule of `sub` */
    SIM_RULE_SELF,         /* the caller is the user named by the parameter userid */
    SIM_RULE_USERID_GROUP, /* one of `privs` on a group of that user, or on all groups */
    SIM_RULE_USERID_REALM, /* `privs` on the realm of that user; refuses within a choice too */
    SIM_RULE_GROUPS_NEW,   /* one of `privs` on all groups, or on each of the parameter groups */
    SIM_RULE_GROUPS_SET,   /* the same, and USERID_GROUP */
};

struct sim_rule {
    enum sim_rule_kind kind;
    const char *path;           /* {name} stands for a parameter */
    const char *privs;          /* separated by '|' */
    const struct sim_rule *sub; /* ends with SIM_RULE_END */
};

/* Does `who` (user or token id; NULL: nobody) satisfy the rule, {names} taken from `params`? Returns 0,
 * -EACCES with the text after "Permission check failed" (" (/vms/1, VM.Audit)" or nothing) in `why`,
 * -ENOENT when a rule about a user's groups, and not a choice of rules, names a user that does not exist, or
 * -EBADMSG with the text of the error in `why` when a rule about a user's realm finds no user name. */
int sim_rule_check(struct json_object *state, const struct sim_rule *rule, const char *who,
                   struct json_object *params, char *why, size_t why_size);

#define SIM_PRIV_MAX 64
/* Privileges held at one path: -1 not held, 0 held, 1 held and propagating; by index in sim_priv_names. */
struct sim_privs {
    signed char held[SIM_PRIV_MAX];
};
extern const char *const sim_priv_names[];
extern const size_t sim_priv_count;

struct sim_role {
    const char *name;
    const char *privs; /* separated by ',' */
};
extern const struct sim_role sim_builtin_roles[];
extern const size_t sim_builtin_role_count;

int sim_priv_index(const char *name, size_t len);
void sim_acl_privs(struct json_object *state, const char *who, const char *path, struct sim_privs *ret_privs);
/* Holds `who` the privilege on the path (normal form)? */
bool sim_acl_has(struct json_object *state, const char *who, const char *path, const char *priv);
/* "//vms/100/" -> "/vms/100". Returns 0 or -EINVAL (bad characters, too long). */
int sim_acl_normalize(const char *path, char *ret_path, size_t size);
/* Does an entry count at all? Those with unknown roles or tokens or bad paths are dropped when they are read.
 */
bool sim_acl_entry_counts(struct json_object *state, struct json_object *entry);
/* The privileges of a role, each with 1; false: there is no such role. */
bool sim_acl_role_privs(struct json_object *state, const char *name, struct sim_privs *ret_privs);
/* The privileges of which one is needed to change the entries of a path (normal form); acl_write.c. */
const char *sim_acl_modify_privs(const char *path);
/* Removes the entries at exactly this path (normal form), as a deletion of what is there does; acl_write.c.
 */
void sim_acl_forget(struct json_object *state, const char *path);
/* May this user or token authenticate at all? 0 or -EACCES. */
int sim_acl_enabled(struct json_object *state, const char *who);

/* ---- routes (routes/, route.c) ---- */

typedef int sim_handler(struct sim_call *call);

enum {
    SIM_NODE = 1,   /* answered by the node named in the path: unknown names fail as a lookup does */
    SIM_TICKET = 2, /* not for API tokens */
};

struct sim_route {
    const char *method;
    const char *path;
    const struct sim_param *params;
    struct sim_rule rule;
    int flags;
    sim_handler *run;
    /* Arguments of the general handlers in read.c. */
    const char *source;  /* place in the state, {name} stands for a parameter; or a list of sub-paths */
    const char *key;     /* the member that names an item of a listing */
    const char *missing; /* error text, "STATUS text" or "400 parameter: text"; %s is the last {name} */
    const struct sim_rule *visible; /* an item is listed if the caller satisfies this for it */
    const char *digest;             /* place in the state whose digest each item carries */
};

struct sim_route_table {
    const struct sim_route *rows;
    size_t count;
};
extern const struct sim_route_table *const sim_route_tables[], *const sim_pbs_route_tables[];
extern const size_t sim_route_table_count, sim_pbs_route_table_count;

/* Finds the row for a method and a path below /api2/json; {names} go to `params`. NULL: none. */
const struct sim_route *sim_route_find(const struct sim_product *product, const char *method,
                                       const char *path, struct json_object *params);

/* ---- one request ---- */

struct sim_call {
    struct sim *sim;
    struct json_object *state; /* sim->state */
    const struct sim_request *request;
    const struct sim_route *route;
    struct json_object *params; /* checked */
    const char *who;            /* user or token id, NULL without credentials */
    int status;
    char *message;              /* owned; NULL: none */
    struct json_object *errors; /* owned */
    struct json_object *data;   /* owned; NULL is null */
    const char *raw;            /* instead of data: serialised already, borrowed until the lock is dropped */
    struct json_object *extra;  /* owned; members beside data */
};

/* Set the answer of a failed call; all return -EINVAL so that a handler can `return sim_fail(...)`. */
int sim_fail(struct sim_call *call, int status, const char *format, ...) SIM_PRINTF(3, 4);
int sim_fail_param(struct sim_call *call, const char *name, const char *format, ...) SIM_PRINTF(3, 4);
int sim_fail_perm(struct sim_call *call, const char *why);
void sim_total(struct sim_call *call, int64_t total);
/* The parameter as text or integer; `def` when it was not given. Borrowed. */
const char *sim_arg(struct sim_call *call, const char *name);
int64_t sim_arg_int(struct sim_call *call, const char *name, int64_t def);
bool sim_can(struct sim_call *call, const char *path, const char *priv);
/* The same for one of several privileges, '|' between them. */
bool sim_can_any(struct sim_call *call, const char *path, const char *privs);

/* ---- JSON (json.c) ---- */

/* "/a/b/c" below `root`; NULL when a step is missing. A name may hold "~1" for a slash. Borrowed. */
struct json_object *sim_at(struct json_object *root, const char *path);
struct json_object *sim_atf(struct json_object *root, const char *format, ...) SIM_PRINTF(2, 3);
struct json_object *sim_get(struct json_object *object, const char *name);
const char *sim_str(struct json_object *object, const char *name, const char *def);
int64_t sim_int(struct json_object *object, const char *name, int64_t def);
double sim_num(struct json_object *object, const char *name, double def);
void sim_set(struct json_object *object, const char *name, struct json_object *value); /* takes value */
void sim_set_str(struct json_object *object, const char *name, const char *value);
void sim_set_int(struct json_object *object, const char *name, int64_t value);
void sim_set_num(struct json_object *object, const char *name, double value);
/* A copy that shares nothing; NULL stays NULL. */
struct json_object *sim_copy(struct json_object *object);
/* Adds the members of `from` to `to` (copies). */
void sim_merge(struct json_object *to, struct json_object *from);
void sim_json_freep(struct json_object **object);
/* Fills {name}s of a template from params; returns the filled text (owned) or NULL. */
char *sim_fill(const char *format, struct json_object *params, const char *escape_slash);
/* SHA-1 over the serialised object, 40 hex digits: what Proxmox calls a digest. */
void sim_digest(struct json_object *object, char ret_hex[41]);
/* The same of a Backup Server: SHA-256. */
void sim_digest_sha256(struct json_object *object, char ret_hex[65]);
/* Is `word` one of the words of `list`, separated by any of the characters in `separators`? */
bool sim_word_in(const char *list, const char *separators, const char *word, size_t word_len);
/* Digits of `base` (10 or 16), at most `max`; nothing else. Returns 0 or -EINVAL. */
int sim_parse_uint(const char *text, int base, uint64_t max, uint64_t *ret_value);
void sim_freep(char **text);
/* Random, as text (auth.c). Returns 0 or -EIO. */
int sim_random_uuid(char ret_text[37]);

/* ---- the cluster's nodes (offline.c) ---- */

/* Is this node there and does it answer? */
bool sim_node_online(struct json_object *state, const char *node);
/* Are more than half of the nodes online? */
bool sim_quorate(struct json_object *state);
/* The node does not answer any more; what it ran nobody knows. Returns 0, or -EINVAL for the node that
 * answers and for unknown ones. */
int sim_node_switch_off(struct sim *sim, const char *node);

/* Adds the demo's Ceph cluster to the state (ceph.c). */
void sim_ceph_add(struct json_object *state);

/* ---- general handlers (read.c) ---- */

sim_handler sim_index, sim_show, sim_listing;

/* ---- authentication (auth.c) ---- */

enum sim_auth_result { SIM_AUTH_OK, SIM_AUTH_NONE, SIM_AUTH_FAILED, SIM_AUTH_CSRF };

/* ---- products (product.c, pbs/product.c) ---- */

/* What is not the same on the road of a request for every product. */
struct sim_product {
    const char *kind; /* as the ready line has it, and a seed's "product" */
    const char *node; /* the one that answers */
    const struct sim_route_table *const *tables;
    const size_t *table_count;
    const struct sim_param_words *words;
    const char *scheme; /* of API tokens in the Authorization header */
    char separator;     /* between a token's id and its secret */
    bool tickets;       /* are there any? */
    /* May this user or token authenticate at all? 0 or -EACCES. */
    int (*enabled)(struct json_object *state, const char *who);
    /* Permission, node and parameters of a call. Returns 0, fails the call, or -EHOSTUNREACH when the reply
     * is complete already. */
    int (*check)(struct sim_call *call, const char *path, struct sim_reply *reply);
    /* The answer to a path or method that is not there. */
    int (*no_route)(struct sim_call *call, const char *path);
    /* From a call to its reply; `extjs` asks for that format of the API. */
    void (*reply)(struct sim_call *call, bool extjs, struct sim_reply *reply);
    void (*unknown_caller)(enum sim_auth_result result, struct sim_reply *reply);
    /* Sets "upid" from the task's own members. */
    void (*name_task)(struct json_object *task);
    /* What a seed leaves to be worked out, times being resolved. */
    void (*finish_seed)(struct json_object *state, int nodes, int guests);
};
extern const struct sim_product sim_pve, sim_pbs;
/* The product of a state: that of its "product", or a cluster of Proxmox VE. */
const struct sim_product *sim_product_of(struct json_object *state);
/* Who sends this request? `ret_who` (owned by the caller) is set for SIM_AUTH_OK only. */
enum sim_auth_result sim_authenticate(struct sim *sim, const struct sim_request *request, char **ret_who);
/* Registers every token of the state: a random secret, or the one in `fixed` ("ID=SECRET"); writes
 * DIR/NAME.token. */
int sim_tokens_make(struct sim *sim, const char *dir, const char *const *fixed, size_t fixed_count);
sim_handler sim_ticket_get, sim_ticket_create;

/* ---- state ---- */

/* Builds the state of a seed ("oracle", "demo"); nodes and guests > 0 ask for generated ones. NULL on
 * failure. */
struct json_object *sim_state_new(const char *seed, int nodes, int guests, const char *const *sets,
                                  size_t set_count);
/* Tells caches that the state has changed. The caller holds the lock. */
void sim_touch(struct sim *sim);

/* ---- the server ---- */

/* Everything is borrowed for the request. */
struct sim_request {
    char method[16];
    const char *target;        /* as sent */
    const char *authorization; /* header values; NULL: absent */
    const char *cookie;
    const char *csrf;
    const char *content_type;
    const char *body; /* body_size bytes and a final 0; NULL: none */
    size_t body_size;
};

struct sim_reply {
    int status;
    char *reason; /* owned */
    const char *content_type;
    char *body; /* owned */
    size_t size;
    int delay_ms; /* before the answer goes out */
    enum { SIM_SEND_ALL, SIM_SEND_NOTHING, SIM_SEND_HALF } send;
};

/* Answers a request. Takes sim->lock itself. */
void sim_answer(struct sim *sim, const struct sim_request *request, struct sim_reply *ret_reply);
void sim_reply_done(struct sim_reply *reply);

enum sim_fault_kind {
    SIM_FAULT_DROP,
    SIM_FAULT_LOST,
    SIM_FAULT_HALF,
    SIM_FAULT_GARBAGE,
    SIM_FAULT_500,
    SIM_FAULT_596,
    SIM_FAULT_SLOW,
    SIM_FAULT_NULL
};
struct sim_fault {
    char *prefix;
    enum sim_fault_kind kind;
    int ms;
    long left; /* how often it still happens; -1: always */
};
/* "PATH-PREFIX:KIND[:COUNT]". Returns 0 or -EINVAL. */
int sim_fault_parse(const char *spec, struct sim_fault *ret_fault);
/* The fault for this request, counted down; NULL: none. Paths may be preceded by a method ("POST /pools"). */
const struct sim_fault *sim_fault_find(struct sim *sim, const char *method, const char *path);
/* Does the request not reach the server at all? */
bool sim_fault_before(const struct sim_fault *fault);
/* Changes the reply. */
void sim_fault_apply(const struct sim_fault *fault, struct sim_reply *reply);

enum sim_trouble_kind { SIM_TROUBLE_FAIL, SIM_TROUBLE_WARN, SIM_TROUBLE_HANG, SIM_TROUBLE_SLOW };
/* What goes wrong with the next tasks of a type ("*": all). */
struct sim_trouble {
    char type[32];
    enum sim_trouble_kind kind;
    long left; /* -1: always */
};
/* "TYPE:fail|warn|hang|slow[:COUNT]". Returns 0 or -EINVAL. */
int sim_trouble_parse(const char *spec, struct sim_trouble *ret_trouble);

struct sim_task_time {
    char type[32];
    int ms;
};

/* A line that tasks of a type write on their way, beside those of the seed. */
struct sim_task_line {
    char type[32];
    const char *text;
};

struct sim_secret {
    char *id;
    char *secret;
    char *file;
};

struct sim {
    pthread_mutex_t lock;
    const struct sim_product *product;
    struct json_object *state;
    uint64_t generation; /* counts changes of the state */
    const char *node;    /* the node that answers */
    const char *release; /* "8.4" (release.c); NULL or another: the one of the tables */
    struct sim_secret *secrets;
    size_t secret_count;
    unsigned char ticket_key[32];
    struct sim_fault *faults;
    size_t fault_count;
    int auth_delay_ms, latency_ms;
    struct json_object *cache; /* serialised answers of large listings, by caller and parameters */
    uint64_t cache_generation;
    struct sim_job *jobs; /* by the time of their end (task_run.c) */
    int64_t moment;       /* the time at which a job ends, while it does; 0: now */
    struct sim_trouble *troubles;
    size_t trouble_count;
    struct sim_task_time *task_times;
    size_t task_time_count;
    struct sim_task_line *task_lines;
    size_t task_line_count;
    int task_ms;   /* of tasks without a time of their own */
    bool ha_waits; /* a round of the HA manager is to come (ha_manager.c) */
    int ha_ms;     /* until the HA manager has done what was requested */
    int stale_ms;  /* how long /cluster/resources shows the past */
    int fresh_ms;  /* how long it knows nothing about a new guest */
    int boot_ms;   /* how long the system of a guest that was started takes to come up */
    unsigned last_pid;
    FILE *request_log; /* NULL: none is kept */
};

/* ---- what was asked (request_log.c) ---- */

/* From now on each request that came with credentials is a line of the file: {method, path, who, params}, the
 * path as it was sent, the params decoded and before any check. Returns 0 or a negative errno. */
int sim_request_log_open(struct sim *sim, const char *file);
/* `target` as it was sent; under the lock of the state. */
void sim_request_log(struct sim *sim, const char *method, const char *target, const char *who,
                     struct json_object *params);
void sim_request_log_close(struct sim *sim);

#endif
