/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plane.h - the interface between proximo and a plane, ABI 0.5.
 *
 * A plane is a shared object that adds tools for one area of Proxmox. It describes; it never acts: most of
 * it is tables, and its functions read through the host table and fill in answers or plans. It runs in a
 * sandboxed process without network, files, token or keys. It needs this header only, links nothing of
 * proximo and exports one function, which PROXIMO_PLANE() makes:
 *
 *     static const struct proximo_plane plane = { PROXIMO_PLANE_HEAD, .name = "hello", ... };
 *     PROXIMO_PLANE(plane)
 *
 * Rules that hold for everything here
 *
 * Every struct that crosses begins with its own size, a multiple of 8. Fields are only ever appended. The
 * reader copies the smaller of the two sizes into a zeroed struct, so a missing field reads as 0.
 *
 * Same major needed. A plane of a newer minor is accepted if every bit of its features_required is known.
 *
 * Flag bits that the host does not know are refused, not ignored. Fields named _reserved are 0.
 *
 * Text is UTF-8. In tables it ends with NUL and lives as long as the plane; in calls it is a struct
 * proximo_text, borrowed until the call returns (text from the host lives in the call's arena until the call
 * ends).
 *
 * Nobody frees the other side's memory. A plane takes memory for one call from host->alloc.
 *
 * Functions return 0 or a negative PROXIMO_E... code. The words of an error go to host->fail first.
 *
 * An upcall in a call that was cancelled or is past its deadline returns PROXIMO_ECANCELLED or
 * PROXIMO_EDEADLINE: return it at once.
 *
 * Chart of a plane's life (all but calls in one thread, one after the other)
 *
 *     entry -> open -> ready -> calls ... -> stop -> close
 *
 * "0.x" may change between minors until 1.0. Changes: 0.1 first; 0.2 PROXIMO_CLASS_SNAPSHOT_FIRST, and no
 * parameter may be called snapshot_first; 0.3 resources, prompts, and asking the client: can_ask, ask,
 * client_log, show, updated, PROXIMO_EINPUT, PROXIMO_ECAPABILITY, PROXIMO_CONTENT_ASSISTANT; 0.4 findings and
 * incomplete in reads, further fields of a finding, executors, ended; 0.5 planes of Backup
 * Servers (site_kinds), gets of other sites, sites, token and reached_json of a site, PROXIMO_GET_WHOLE,
 * PROXIMO_STEP_WHOLE.
 */
#ifndef PROXIMO_PLANE_H
#define PROXIMO_PLANE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROXIMO_PLANE_MAGIC UINT64_C(0x6f6d69786f72500a) /* "\nProximo", little endian */
#define PROXIMO_ABI_MAJOR   0
#define PROXIMO_ABI_MINOR   5

/* features_required: what a plane cannot do without. */
#define PROXIMO_FEATURE_READS     (UINT64_C(1) << 0) /* read rows and functions, probes */
#define PROXIMO_FEATURE_CHANGES   (UINT64_C(1) << 1) /* change rows, operation classes, the plan builder */
#define PROXIMO_FEATURE_EXECUTORS (UINT64_C(1) << 2) /* executors and their upcalls */
#define PROXIMO_FEATURE_RESOURCES (UINT64_C(1) << 3) /* since 0.3: resources and prompts */
#define PROXIMO_FEATURE_CLIENT    (UINT64_C(1) << 4) /* since 0.3: can_ask, ask, client_log, show, updated */

/* Results of every function that can fail. */
#define PROXIMO_OK          0
#define PROXIMO_EINVAL      (-1)  /* the caller's arguments are wrong */
#define PROXIMO_ENOMEM      (-2)  /* no memory, or over the host's limit */
#define PROXIMO_ENOTFOUND   (-3)  /* the thing asked for does not exist */
#define PROXIMO_EDENIED     (-4)  /* Proxmox or the host refuses */
#define PROXIMO_EUNAVAIL    (-5)  /* no connection, offline node, another plane is missing */
#define PROXIMO_EREMOTE     (-6)  /* Proxmox answered with an error */
#define PROXIMO_ECANCELLED  (-7)  /* the call was cancelled */
#define PROXIMO_EDEADLINE   (-8)  /* the call's time is over */
#define PROXIMO_EPROTO      (-9)  /* an answer that makes no sense */
#define PROXIMO_ENOSYS      (-10) /* this host or this mode does not offer the function */
#define PROXIMO_EINTERNAL   (-11) /* a fault in the plane itself */
#define PROXIMO_ESTATE      (-12) /* its present state does not allow it: locked, a template, not empty */
#define PROXIMO_EINPUT      (-13) /* since 0.3: the client is being asked; return this at once, see ask */
#define PROXIMO_ECAPABILITY (-14) /* since 0.3: the client does not offer what it would be asked for */
#define PROXIMO_ENOTALLOWED (-15) /* since 0.4: the operator's configuration leaves it out */

/* UTF-8 bytes that need not end with NUL. */
struct proximo_text {
    const char *ptr;
    uint64_t len;
};

/* An array of structs of one kind. Every element has the same struct_size, which is the stride. */
struct proximo_table {
    uint32_t struct_size;
    uint32_t count;
    const void *rows;
};
#define PROXIMO_TABLE(array)                                                                                 \
    {                                                                                                        \
        (uint32_t)sizeof(struct proximo_table), (uint32_t)(sizeof(array) / sizeof((array)[0])), (array)      \
    }

struct proximo_host; /* the upcalls, below */
struct proximo_call; /* one call in progress: opaque, valid until the function returns */

/* ---------------------------------------------------------------- parameters, columns, privileges */

#define PROXIMO_TYPE_STRING  1u
#define PROXIMO_TYPE_INTEGER 2u
#define PROXIMO_TYPE_BOOLEAN 3u
#define PROXIMO_TYPE_NUMBER  4u
#define PROXIMO_TYPE_STRINGS                                                                                 \
    5u                         /* array of strings; sent as a comma list, so none holds one unless NOT_SENT */
#define PROXIMO_TYPE_OBJECT 6u /* object of strings, numbers and booleans: options{}, changes{} */

#define PROXIMO_PARAM_REQUIRED (UINT64_C(1) << 0)
#define PROXIMO_PARAM_SECRET                                                                                 \
    (UINT64_C(1) << 1) /* reaches the plane only as a handle, nothing durable at all */
#define PROXIMO_PARAM_NOT_SENT                                                                               \
    (UINT64_C(1) << 2) /* for the path, a filter or the function; never a query or body field */

/*
 * A parameter of a tool. Its JSON Schema is made by the host from this row.
 *
 * format names a check the host knows: "guest" (vmid or name; resolves {vmid}, {kind} and {node} for the
 * path), "kind" (lxc or qemu; only beside a guest), "node", "vmid", "upid", "storage", "volid", "snapname",
 * "iface", "poolid", "userid", "realm", "id" (Proxmox's configuration id), "text" (one line without control
 * characters), "lines" (several), "epoch"; since 0.5 of Backup Servers "safeid" (a datastore, a job, a
 * group's id) and "namespace". Absent: a string is checked as "text". An unknown format refuses the plane.
 */
struct proximo_param {
    uint32_t struct_size;
    uint32_t type; /* PROXIMO_TYPE_... */
    uint64_t flags;
    const char *name;        /* the tool's name for it */
    const char *api_name;    /* the API's name; NULL: the same */
    const char *description; /* one sentence, says the unit */
    const char *format;
    const char *choices;      /* "a,b,c": the values allowed; NULL: any */
    const char *default_json; /* JSON value used when absent; NULL: none, nothing is sent */
    const char *column; /* read rows: keep only the rows whose column of this name equals the argument */
    /* Of an integer or number, or of a string's length in bytes; both 0: the host's. */
    int64_t minimum, maximum;
};

#define PROXIMO_COLUMN_UNTRUSTED (UINT64_C(1) << 0) /* free text written by guests or people */
#define PROXIMO_COLUMN_EXTRA     (UINT64_C(1) << 1) /* only when asked for by fields= */

/* A column of a counted list, or a field of a single object. */
struct proximo_column {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char *name;
    const char *from; /* selector inside the row, "/a/b" or "/disks[id=scsi0]/size"; NULL: "/name" */
    const char *unit; /* "bytes", "seconds", "epoch", "fraction", "percent"; "list": words with ; or , between
                         them, a filter on it matches one word; NULL: none */
};

/* A privilege that a full answer (or the change) needs. "A|B" in privilege: either. {x} in path as in request
 * paths; since 0.5 it may end with "/{x?}", which is left out with its slash where x is not given. */
struct proximo_need {
    uint32_t struct_size;
    uint32_t _reserved;
    const char *path;
    const char *privilege;
};

/*
 * A named value: of a path template, a query, a form, a fixed parameter, a word of argv. value is literal
 * text unless a flag says otherwise.
 *
 * A reference is "STEP:SELECTOR", the value of an earlier step's result (of what it kept, or of a request's
 * answer), or, in undo tables, "before.N:SELECTOR" and "after.N:SELECTOR", the value of guard N (from 0)
 * before and after the change, or "argument:NAME". It stands for one whole value.
 */
#define PROXIMO_FIELD_SECRET    (UINT64_C(1) << 0) /* secret_id names the value; value is NULL */
#define PROXIMO_FIELD_REFERENCE (UINT64_C(1) << 1) /* steps: value is a reference */
struct proximo_field {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char *name;
    const char *value;
    uint64_t secret_id;
};

/* ---------------------------------------------------------------- reads */

#define PROXIMO_READ_SINGLE (UINT64_C(1) << 0) /* data is one object (or value), not a list */
#define PROXIMO_READ_LINES                                                                                   \
    (UINT64_C(1) << 1) /* data is Proxmox's list of {n, t}: a log, returned as text lines */
#define PROXIMO_READ_AS_IS (UINT64_C(1) << 2) /* no columns: every field of data is returned */

/*
 * A read tool. With `read` NULL it is a row and the host runs it: path with {parameters} filled in and
 * percent-encoded, the other parameters as query, columns taken from the answer, a counted envelope returned.
 */
struct proximo_read {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char
        *name; /* snake_case, at most 64 characters, better 40: clients prefix it; unique over all planes */
    const char *title;
    const char *description;      /* the first sentence says what and when; at most 600 characters */
    struct proximo_table params;  /* struct proximo_param */
    const char *path;             /* "/nodes/{node}/{kind}/{vmid}/config" */
    struct proximo_table fixed;   /* struct proximo_field: fixed query parameters */
    const char *items;            /* selector of the list inside data; NULL: data itself */
    struct proximo_table columns; /* struct proximo_column */
    const char *count_by;         /* column whose values by_status counts; NULL: none */
    const char *sort_by;          /* column; NULL: Proxmox's order */
    struct proximo_table needs;   /* struct proximo_need */
    int32_t (*read)(void *instance, struct proximo_call *call);
};

/*
 * A probe: an effect-free request that is not a GET or that reaches further than reads may, or a fixed
 * read-only command of this plane's own
 * executor. An HTTP probe is loaded only if its method, path and fixed parameters stand in the host's own
 * table. Of one that runs a command in a machine the answer is that command's output.
 */
struct proximo_probe {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char *name;
    const char *description;
    struct proximo_table params; /* struct proximo_param: typed; each is one value or one whole argv word */
    const char *method;
    const char *path;
    struct proximo_table fixed; /* struct proximo_field */
    const char *executor;       /* name of an executor of this plane; NULL: an HTTP probe */
    struct proximo_table argv;  /* struct proximo_field: value is a word, or "{param}" alone */
};

/* ---------------------------------------------------------------- resources and prompts, since 0.3 */

/*
 * A resource of MCP: something a client can attach by its URI. uri is a URI, or a URI template of simple
 * variables (RFC 6570, level 1): "proximo://site/{site}/guest/{vmid}". The variables are params, all of them
 * required strings; {site} is the host's own and is no parameter. What a variable's format or choices allow
 * is what completion offers.
 *
 * With `tool` set, the answer of that read tool of the same plane is the content (JSON); it is called with
 * the variables of the same names and with `fixed`. Otherwise `read` replies: TEXT and JSON become text,
 * IMAGE and AUDIO bytes with their MIME type.
 */
struct proximo_resource {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char *uri;
    const char *name;
    const char *title;
    const char *description;
    const char *mime;            /* NULL: application/json with tool, text/plain otherwise */
    struct proximo_table params; /* struct proximo_param */
    const char *tool;
    struct proximo_table fixed; /* struct proximo_field: further arguments of tool, as text */
    int32_t (*read)(void *instance, struct proximo_call *call);
};

/*
 * A prompt of MCP: words that a person picks from a menu. params are strings. With `text` set it is one
 * message of the user in which {name} is replaced by the argument of that name (absent: by nothing).
 * Otherwise `get` replies, and each block becomes a message: the user's, or with PROXIMO_CONTENT_ASSISTANT
 * the assistant's.
 */
struct proximo_prompt {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char *name; /* as a tool's */
    const char *title;
    const char *description;
    struct proximo_table params; /* struct proximo_param */
    const char *text;
    int32_t (*get)(void *instance, struct proximo_call *call);
};

/* ---------------------------------------------------------------- steps, changes, operation classes */

#define PROXIMO_STEP_REQUEST  1u
#define PROXIMO_STEP_READ     2u
#define PROXIMO_STEP_WAIT     3u
#define PROXIMO_STEP_EXECUTOR 4u

#define PROXIMO_STEP_FOLLOW   (UINT64_C(1) << 0) /* request: it answers a UPID; follow that task to its end */
#define PROXIMO_STEP_CONTINUE (UINT64_C(1) << 1) /* on_failure: continue */
#define PROXIMO_STEP_ALWAYS   (UINT64_C(1) << 2) /* runs even after a failure and at shutdown */
#define PROXIMO_STEP_ATOMIC   (UINT64_C(1) << 3) /* Proxmox checks a digest on this very call */
#define PROXIMO_STEP_WHOLE                                                                                   \
    (UINT64_C(1) << 4) /* since 0.5, wait: as PROXIMO_GET_WHOLE; its selectors begin there */

#define PROXIMO_WAIT_EXISTS 1u
#define PROXIMO_WAIT_EQUALS 2u
#define PROXIMO_WAIT_IN     3u
#define PROXIMO_WAIT_COUNT  4u

/* One step of a plan. The host freezes it, shows it, records its hash and runs exactly it. */
struct proximo_step {
    uint32_t struct_size;
    uint32_t kind; /* PROXIMO_STEP_... */
    uint64_t flags;
    const char *name; /* later steps refer to results as {name:selector} */
    const char *method;
    /* {x} is filled from the field x of params, as one percent-encoded segment, and that field is not sent.
     * In tables {x} may also be a resolved name (vmid, kind, node) or an argument. */
    const char *path;
    struct proximo_table params; /* struct proximo_field */
    const char *select; /* read: selectors that must equal the guard; wait: the selector that is tested */
    uint32_t wait_test; /* PROXIMO_WAIT_... */
    uint32_t interval_ms;
    uint64_t deadline_ms;
    const char *wait_value;    /* JSON value; for IN a JSON array */
    const char *fail_if;       /* selector=value that ends the wait as failed */
    const char *tolerate;      /* HTTP statuses that do not end the wait: "500,596" */
    const char *keep;          /* selectors whose values later steps and undo may use */
    const char *executor;      /* executor step: its name; params are its target's members, literals alone */
    struct proximo_table argv; /* struct proximo_field: value is one whole word */
    struct proximo_text stdin_text;
    uint64_t stdin_secret_id;
    uint64_t output_limit; /* bytes a stream */
};

/*
 * What must be as planning saw it: a GET, reduced to fields: selectors, comma separated; NULL: all. What a
 * selector does not find is guarded as absent. An error answer ends planning, unless TOLERATE: then its
 * status is what is guarded.
 */
#define PROXIMO_GUARD_TOLERATE (UINT64_C(1) << 0)
struct proximo_guard {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char *path;
    const char *fields;
    struct proximo_table params; /* struct proximo_field: fills {x} of path; the others are the query */
};

#define PROXIMO_UNDO_NONE     1u /* no way back; said before the change */
#define PROXIMO_UNDO_TEMPLATE 2u /* the undo table */
#define PROXIMO_UNDO_FUNCTION 3u /* plan_undo */

#define PROXIMO_CHANGE_ROOT_ONLY  (UINT64_C(1) << 0) /* Proxmox takes it from root@pam only */
#define PROXIMO_CHANGE_NO_TOKEN   (UINT64_C(1) << 1) /* Proxmox refuses API tokens */
#define PROXIMO_CHANGE_FOLLOW     (UINT64_C(1) << 2) /* the answer is a UPID */
#define PROXIMO_CHANGE_IDEMPOTENT (UINT64_C(1) << 3)
#define PROXIMO_CHANGE_DIGEST                                                                                \
    (UINT64_C(1) << 4) /* guard 0 has a /digest: it is read again at once before and sent along */

/*
 * A change tool. It only ever plans: with `plan` NULL the row itself is a plan of one request step, named
 * "change", whose parameters are the tool's (but NOT_SENT ones) and `fixed`. subject is a template of the
 * canonical words: "guest/{vmid}", "pool/{poolid}". With a `plan` function that calls host->subject, those
 * subjects and classes hold instead.
 *
 * plan_undo gets the record of an applied plan, or of an applied undo of one (then it makes the redo):
 * {"tool", "action", "arguments", "undo_of": id or null, "outcome", "before": [value of each guard], "after":
 * [...], "results": {step: value}, "steps": [{"name", "outcome", "upid"}]}, each value null when absent or
 * not readable. It fills in a plan as `plan` does, or says with host->undo(call, PROXIMO_UNDO_NONE, NULL, 0)
 * and host->fail that there is no way back.
 */
struct proximo_change {
    uint32_t struct_size;
    uint32_t undo_kind; /* PROXIMO_UNDO_... */
    uint64_t flags;
    const char *name;
    const char *title;
    const char *description;
    struct proximo_table params; /* struct proximo_param */
    const char *operation_class;
    const char *subject; /* "guest/{vmid}" */
    const char *method;
    const char *path;
    struct proximo_table fixed;         /* struct proximo_field */
    struct proximo_table guards;        /* struct proximo_guard */
    struct proximo_table postcondition; /* struct proximo_step of kind WAIT */
    struct proximo_table undo;          /* struct proximo_step */
    struct proximo_table needs;         /* struct proximo_need */
    int32_t (*plan)(void *instance, struct proximo_call *call);
    int32_t (*plan_undo)(void *instance, struct proximo_call *call, struct proximo_text record_json);
    const char *undo_class; /* operation class of the undo table's plan; NULL: operation_class */
};

#define PROXIMO_RISK_LOW    1u
#define PROXIMO_RISK_MEDIUM 2u
#define PROXIMO_RISK_HIGH   3u

#define PROXIMO_CLASS_DESTROYS (UINT64_C(1) << 0)
#define PROXIMO_CLASS_CUTS_OFF (UINT64_C(1) << 1) /* can cut off the operator */
#define PROXIMO_CLASS_WIDENS   (UINT64_C(1) << 2) /* widens access */
/*
 * Since 0.2: a snapshot of the guest taken before it is a sensible undo point, so the class's tools take
 * snapshot_first, and the host puts the snapshot before the steps. For subjects of kind guest; never together
 * with DESTROYS, nor in a class of snapshots, rollbacks or removals, which a snapshot would not bring back.
 */
#define PROXIMO_CLASS_SNAPSHOT_FIRST (UINT64_C(1) << 3)

/* An operation class: global name, "guest.stop". blast turns a subject (JSON of subject_schema) into affected
 * things. */
struct proximo_class {
    uint32_t struct_size;
    uint32_t risk_floor; /* PROXIMO_RISK_... */
    uint64_t flags;
    uint32_t undo_kind;
    uint32_t _reserved;
    const char *name;
    const char *title;
    const char *description;
    const char *subject_schema;
    int32_t (*blast)(void *instance, struct proximo_call *call, struct proximo_text subject_json);
};

/* ---------------------------------------------------------------- executors */

/*
 * What an executor is asked to run. It connects or spawns, runs the words as one command, passes the output
 * on and says how it ended; see the upcalls. deadline_ms from now it ends the command itself. cancel, if
 * given, runs in another thread, beside run, when the run is cancelled: it wakes what run waits in.
 */
struct proximo_exec {
    uint32_t struct_size;
    uint32_t argc;
    uint64_t flags;
    const struct proximo_text *argv;
    struct proximo_text stdin_text;
    uint64_t stdin_secret_id;
    struct proximo_text target_json;
    uint64_t deadline_ms;
    uint64_t output_limit; /* bytes a stream */
};

struct proximo_executor {
    uint32_t struct_size;
    uint32_t _reserved;
    uint64_t flags;
    const char *name; /* the step kind */
    const char *description;
    const char *target_schema; /* JSON Schema of target_json */
    int32_t (*run)(void *instance, struct proximo_call *call, const struct proximo_exec *exec);
    int32_t (*cancel)(void *instance, struct proximo_call *call);
};

/* ---------------------------------------------------------------- replies and upcall arguments */

#define PROXIMO_CONTENT_TEXT 1u
#define PROXIMO_CONTENT_JSON                                                                                 \
    2u /* one JSON object: structuredContent and the same facts as text; with a name, beside                 \
          rows or another object, it becomes the member of that name */
#define PROXIMO_CONTENT_ROWS     3u /* a JSON array of objects: the host makes the counted envelope */
#define PROXIMO_CONTENT_IMAGE    4u /* raw bytes and a MIME type */
#define PROXIMO_CONTENT_AUDIO    5u
#define PROXIMO_CONTENT_LINK     6u /* resource link: uri, name, mime */
#define PROXIMO_CONTENT_RESOURCE 7u /* embedded resource: uri, mime, text */

#define PROXIMO_CONTENT_UNTRUSTED  (UINT64_C(1) << 0)
#define PROXIMO_CONTENT_INCOMPLETE (UINT64_C(1) << 1) /* something could not be read; `note` says what */
#define PROXIMO_CONTENT_MORE                                                                                 \
    (UINT64_C(1) << 2) /* rows: there are more than these; the total is a lower bound */
#define PROXIMO_CONTENT_COMPLETE                                                                             \
    (UINT64_C(1) << 3) /* rows: the privileges for a full list were checked and are held */

#define PROXIMO_CONTENT_ASSISTANT (UINT64_C(1) << 4) /* since 0.3, in prompts: said by the assistant */

struct proximo_content {
    uint32_t struct_size;
    uint32_t type;
    uint64_t flags;
    struct proximo_text data;
    struct proximo_text mime;
    struct proximo_text uri;
    struct proximo_text name;
    struct proximo_text note;
};

/* A GET. {names} in path come from fields, percent-encoded; fields the path does not name become the query.
 */
#define PROXIMO_GET_TOLERATE (UINT64_C(1) << 0) /* an error answer is a result, not a failure */
/* Since 0.5: the answer's data is all that Proxmox answered, {"data":..., "changes":...}: what stands beside
 * the data as well. */
#define PROXIMO_GET_WHOLE (UINT64_C(1) << 1)
struct proximo_get {
    uint32_t struct_size;
    uint32_t field_count;
    uint64_t flags;
    const char *path;
    const struct proximo_field *fields;
    struct proximo_table needs; /* struct proximo_need */
    /* Since 0.5, in reads alone: the name of another site (see sites), of whatever kind; NULL: the call's. */
    const char *site;
};

#define PROXIMO_ANSWER_INCOMPLETE (UINT64_C(1) << 0) /* filtered by privileges: message says which */
struct proximo_answer {
    uint32_t struct_size;
    int32_t status; /* HTTP status; 0: no answer */
    uint64_t flags;
    struct proximo_text data;    /* the JSON of "data"; empty when absent */
    struct proximo_text message; /* of an error */
};

#define PROXIMO_SITE_PVE 1u
#define PROXIMO_SITE_PBS 2u
struct proximo_site {
    uint32_t struct_size;
    uint32_t kind;
    struct proximo_text name;
    struct proximo_text version; /* "9.2.3"; empty when not known yet */
    struct proximo_text token;   /* since 0.5: whose rights count, "name@realm!token"; empty: not known */
    /*
     * Since 0.5. How the host reaches it, as JSON: {"endpoints":[{"host":"pve1.lan","port":8006,
     * "address":"10.10.10.11"}], "local":"192.0.2.5",
     * "operator_addresses":["10.0.0.0/24"]}. address and local are the two ends of the last connection and
     * absent before there was one; operator_addresses are the configuration's; empty when not known.
     */
    struct proximo_text reached_json;
};

/* A thing that a change affects; a ranked observation of a diagnosis. */
struct proximo_affected {
    uint32_t struct_size;
    uint32_t risk;
    uint64_t flags;
    struct proximo_text resource; /* "guest/105" */
    struct proximo_text name;
    struct proximo_text effect;
    struct proximo_text facts_json;
};
#define PROXIMO_FINDING_UNTRUSTED (UINT64_C(1) << 0) /* since 0.4: guests or people wrote some of it */
struct proximo_finding {
    uint32_t struct_size;
    uint32_t severity; /* PROXIMO_RISK_... */
    uint64_t flags;
    struct proximo_text title;    /* one sentence; needed */
    struct proximo_text evidence; /* what was seen, in words or figures */
    struct proximo_text source;   /* where it was read: "GET /nodes/pve1/disks/list" */
    /* Since 0.4, all of them optional. */
    struct proximo_text code;           /* "DISK-FULL": [A-Z][A-Z0-9-]*, at most 64 */
    struct proximo_text measured_json;  /* the number (or text) that was measured, as JSON */
    struct proximo_text threshold_json; /* what it was held against */
    struct proximo_text tool;           /* the name of a tool that looks further or mends it */
    struct proximo_text arguments_json; /* of that tool: an object */
};

/* What the client can be asked for. params_json is the `params` of MCP's request of that name; key names the
 * question, and its answer in what ask returns. */
#define PROXIMO_ASK_ELICITATION 1u /* elicitation/create */
#define PROXIMO_ASK_SAMPLING    2u /* sampling/createMessage */
#define PROXIMO_ASK_ROOTS       3u /* roots/list */
struct proximo_ask {
    uint32_t struct_size;
    uint32_t kind; /* PROXIMO_ASK_... */
    uint64_t flags;
    struct proximo_text key;
    struct proximo_text params_json;
};

#define PROXIMO_SHOW_TOOL     1u
#define PROXIMO_SHOW_RESOURCE 2u
#define PROXIMO_SHOW_PROMPT   3u

#define PROXIMO_LOG_ERROR 1u
#define PROXIMO_LOG_WARN  2u
#define PROXIMO_LOG_INFO  3u
#define PROXIMO_LOG_DEBUG 4u

#if defined(__GNUC__)
#define PROXIMO_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define PROXIMO_PRINTF(f, a)
#endif

/* The upcalls. Test a member that a newer minor added with PROXIMO_HOST_HAS before use. */
struct proximo_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint64_t features;

    /* Zeroed memory, aligned for any type, freed by the host when the call ends; NULL when there is none. */
    void *(*alloc)(struct proximo_call *call, uint64_t size);
    /* The validated arguments as a JSON object; secrets are replaced by {"secret":true}. */
    int32_t (*arguments)(struct proximo_call *call, struct proximo_text *ret_json);
    /* One argument as text (a string without its quotes); PROXIMO_ENOTFOUND if absent. Resolved names
     * ({node}, {kind}, {vmid} beside a "guest") can be asked for as well. */
    int32_t (*argument)(struct proximo_call *call, const char *name, struct proximo_text *ret_text);
    /* The handle of a secret argument, for proximo_field.secret_id or stdin_secret_id. */
    int32_t (*secret)(struct proximo_call *call, const char *name, uint64_t *ret_secret_id);
    /* The answer of a read. Once a call. */
    int32_t (*reply)(struct proximo_call *call, const struct proximo_content *blocks, uint32_t count);
    /* The words of a failure; returns code, so that `return host->fail(call, PROXIMO_EINVAL, "...")` reads
     * well. */
    int32_t (*fail)(struct proximo_call *call, int32_t code, const char *format, ...) PROXIMO_PRINTF(3, 4);
    /* call may be NULL. One line; the host adds the plane's name and cleans it, and drops what is too much.
     */
    void (*log)(struct proximo_call *call, uint32_t level, const char *format, ...) PROXIMO_PRINTF(3, 4);
    /* This plane's own section of the configuration, as JSON checked against config_schema. Lives as long as
     * the plane. Only in threads that the host calls the plane in; PROXIMO_EINVAL in others. */
    int32_t (*config)(struct proximo_text *ret_json);
    int32_t (*site)(struct proximo_call *call, struct proximo_site *ret_site);
    int32_t (*get)(struct proximo_call *call, const struct proximo_get *get,
                   struct proximo_answer *ret_answer);
    /* All at once; each answer as with PROXIMO_GET_TOLERATE, and status 0 with a message where none came.
     * gets and ret_answers have `count` elements, at most 256, each with its struct_size set. */
    int32_t (*get_many)(struct proximo_call *call, const struct proximo_get *gets, uint32_t count,
                        struct proximo_answer *ret_answers);
    int32_t (*probe)(struct proximo_call *call, const char *name, const struct proximo_field *params,
                     uint32_t count, struct proximo_answer *ret_answer);
    /* 1 held, 0 not held, negative: not known. */
    int32_t (*permission)(struct proximo_call *call, const char *path, const char *privilege);
    /* A cache that ends with the call. set: NULL data forgets. */
    int32_t (*memo_get)(struct proximo_call *call, const char *key, struct proximo_text *ret_data);
    int32_t (*memo_set)(struct proximo_call *call, const char *key, struct proximo_text data);
    int32_t (*cancelled)(struct proximo_call *call);   /* 1 or 0 */
    int64_t (*deadline_ms)(struct proximo_call *call); /* left; 0 or less: over */
    int32_t (*progress)(struct proximo_call *call, uint32_t done, uint32_t total, const char *message);
    /* Marks text that came from guests or people: cleaned, quoted, returned in the arena. */
    int32_t (*untrusted)(struct proximo_call *call, struct proximo_text raw, struct proximo_text *ret_text);

    /*
     * The plan builder: in plan and plan_undo only. Everything is copied. subject_json has the class's
     * schema:
     * {"kind":"guest","vmid":105}, {"kind":"pool","poolid":"x"}, {"kind":"storage","storage":"x"} and so on;
     * called once per thing that the change is aimed at. undo says what the way back of this plan will be.
     */
    int32_t (*change)(struct proximo_call *call, const char *summary);
    int32_t (*fact)(struct proximo_call *call, const char *name, struct proximo_text value_json);
    int32_t (*risk)(struct proximo_call *call, uint32_t risk, const char *reason);
    int32_t (*guard)(struct proximo_call *call, const struct proximo_guard *guard);
    int32_t (*step)(struct proximo_call *call, const struct proximo_step *step);
    int32_t (*always)(struct proximo_call *call, const struct proximo_step *step);
    int32_t (*postcondition)(struct proximo_call *call, const struct proximo_step *wait);
    int32_t (*undo)(struct proximo_call *call, uint32_t undo_kind, const struct proximo_step *steps,
                    uint32_t count);
    int32_t (*subject)(struct proximo_call *call, const char *operation_class,
                       struct proximo_text subject_json);

    /*
     * affected: in plan and blast functions. incomplete: in them and, since 0.4, in reads: something could
     * not be read; the answer says so first, as its member "unread", and is not complete. finding: since 0.4,
     * in reads: the answer's member "findings", the most severe first. What a read tells comes beside its
     * reply, which is needed all the same; an object "checks" in it ({"run":N}) gets their number that were
     * unread.
     */
    int32_t (*affected)(struct proximo_call *call, const struct proximo_affected *affected);
    int32_t (*incomplete)(struct proximo_call *call, const char *what, const char *why);
    int32_t (*finding)(struct proximo_call *call, const struct proximo_finding *finding);

    /*
     * Of an executor's run only; PROXIMO_ENOSYS elsewhere. Descriptors are connected sockets or pipes, in
     * blocking mode; the plane closes them. What connect, spawn and material may name stands in the
     * configuration: planes.NAME.endpoints, .programs and .material; PROXIMO_EDENIED else.
     *
     * connect: a socket that is connected; for TCP without delay and with keep-alives. spawn: once a run; the
     * program gets argv as it is (argv[0] too), never a shell, and a small environment of its own. The host
     * ends it, TERM first, at the run's deadline, a second after a cancellation and when it is over.
     * material: the file's bytes, read anew each time. secret_stdin: a descriptor that gives the secret's
     * value, then the end of file; once a run. output: what came, in whatever pieces; stream 1 or 2. Then
     * exactly one of exited (signal_name "KILL", or NULL) and outcome_unknown; nothing after it. output,
     * exited, outcome_unknown and ended work on after the run was cancelled or its deadline passed, for a few
     * seconds.
     *
     * A run that returns an error and has said neither: nothing ran, if the code is EINVAL, ENOTFOUND,
     * EDENIED, EUNAVAIL, ENOSYS or ESTATE; with any other it may have run, if anything had been connected or
     * spawned.
     */
    int32_t (*connect)(struct proximo_call *call, const char *endpoint, int32_t *ret_fd);
    int32_t (*spawn)(struct proximo_call *call, const char *program, const struct proximo_text *argv,
                     uint32_t argc, int32_t *ret_stdin_fd, int32_t *ret_stdout_fd, int32_t *ret_stderr_fd);
    int32_t (*material)(struct proximo_call *call, const char *name, struct proximo_text *ret_bytes);
    int32_t (*secret_stdin)(struct proximo_call *call, uint64_t secret_id, int32_t *ret_fd);
    int32_t (*output)(struct proximo_call *call, uint32_t stream, struct proximo_text bytes);
    int32_t (*exited)(struct proximo_call *call, int32_t exit_status, const char *signal_name);
    int32_t (*outcome_unknown)(struct proximo_call *call, const char *why);

    /*
     * Since 0.3. In reads, resources and prompts; PROXIMO_EDENIED unless the configuration grants this plane
     * client_requests. What the client is shown is labelled as this plane's, and no answer is ever taken as
     * consent to a change.
     *
     * can_ask: 1 when the client offers this kind (PROXIMO_ASK_...), else 0.
     * ask: *ret_json is an object {key: the client's result}. It may return PROXIMO_EINPUT: then return that
     * at once, and the function is run again from its beginning when the answers are there; ask then returns
     * them, those of earlier rounds too. PROXIMO_ECAPABILITY: the client does not offer one of the kinds. A
     * result is the client's word: check it. client_log: a log message to the client; level PROXIMO_LOG_...,
     * data any JSON value. Dropped when the client did not ask for that level. show: lists (1) or no longer
     * lists (0) a tool, resource (by URI) or prompt of this plane, and tells the client that the list
     * changed. updated: a resource of this plane has new content; clients that subscribed are told.
     */
    int32_t (*can_ask)(struct proximo_call *call, uint32_t kind);
    int32_t (*ask)(struct proximo_call *call, const struct proximo_ask *asks, uint32_t count,
                   struct proximo_text *ret_json);
    int32_t (*client_log)(struct proximo_call *call, uint32_t level, const char *logger,
                          struct proximo_text data_json);
    int32_t (*show)(struct proximo_call *call, uint32_t what, const char *name, int32_t shown);
    int32_t (*updated)(struct proximo_call *call, const char *uri);

    /*
     * Since 0.4, in executors. Waits for the end of the process that this run spawned; its exit status, or
     * -1 and the name of its signal ("KILL"; else empty). PROXIMO_ENOTFOUND when it spawned none.
     */
    int32_t (*ended)(struct proximo_call *call, int32_t *ret_exit_status, struct proximo_text *ret_signal);

    /* Since 0.5. All configured sites: [{"name":"lab","kind":"pve"},{"name":"vault","kind":"pbs"}]. */
    int32_t (*sites)(struct proximo_call *call, struct proximo_text *ret_json);

    void (*_reserved[1])(void);
};
#define PROXIMO_HOST_HAS(host, member)                                                                       \
    ((host)->struct_size >=                                                                                  \
         (uint32_t)(__builtin_offsetof(struct proximo_host, member) + sizeof((host)->member)) &&             \
     (host)->member != 0)

/* ---------------------------------------------------------------- the descriptor */

#define PROXIMO_SERIAL   1u /* one call at a time */
#define PROXIMO_PARALLEL 2u /* any number of calls beside each other */

struct proximo_plane {
    uint64_t magic; /* these first four stay where they are for ever */
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint64_t features_required;
    uint32_t threading; /* PROXIMO_SERIAL or PROXIMO_PARALLEL */
    uint32_t _reserved;
    const char *name; /* [a-z][a-z0-9-]{0,31}; equals the name in the configuration */
    const char *version;
    const char *licence;       /* SPDX expression */
    const char *summary;       /* one sentence */
    const char *config_schema; /* JSON Schema of this plane's section; NULL: takes no configuration */
    int32_t (*open)(const struct proximo_host *host, void **ret_instance);
    int32_t (*ready)(void *instance);
    void (*stop)(void *instance);
    void (*close)(void *instance);
    struct proximo_table reads;     /* struct proximo_read */
    struct proximo_table changes;   /* struct proximo_change */
    struct proximo_table probes;    /* struct proximo_probe */
    struct proximo_table classes;   /* struct proximo_class */
    struct proximo_table executors; /* struct proximo_executor */
    struct proximo_table resources; /* struct proximo_resource, since 0.3 */
    struct proximo_table prompts;   /* struct proximo_prompt, since 0.3 */
    /* Since 0.5. The kinds of sites that its tools are for: PROXIMO_FOR_...; 0: clusters of Proxmox VE. A
     * tool that is not told a site means the only one of these kinds. */
    uint32_t site_kinds;
    uint32_t _reserved_kinds;
};
#define PROXIMO_FOR_PVE 1u
#define PROXIMO_FOR_PBS 2u
#define PROXIMO_PLANE_HEAD                                                                                   \
    .magic = PROXIMO_PLANE_MAGIC, .struct_size = (uint32_t)sizeof(struct proximo_plane),                     \
    .abi_major = PROXIMO_ABI_MAJOR, .abi_minor = PROXIMO_ABI_MINOR

/* The one exported symbol: given the host's ABI, returns the descriptor, or NULL to decline. */
typedef const struct proximo_plane *(*proximo_plane_entry_fn)(uint32_t host_major, uint32_t host_minor);
#define PROXIMO_PLANE_ENTRY "proximo_plane_0"
#if defined(__GNUC__)
#define PROXIMO_EXPORT __attribute__((visibility("default")))
#else
#define PROXIMO_EXPORT
#endif
#if defined(__cplusplus)
#define PROXIMO_EXTERN_C extern "C"
#else
#define PROXIMO_EXTERN_C extern
#endif
#define PROXIMO_PLANE(descriptor)                                                                            \
    PROXIMO_EXTERN_C PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major,         \
                                                                                uint32_t host_minor);        \
    const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)                    \
    {                                                                                                        \
        (void)host_major;                                                                                    \
        (void)host_minor;                                                                                    \
        return &(descriptor);                                                                                \
    }

#ifdef __cplusplus
}
#endif

#endif
