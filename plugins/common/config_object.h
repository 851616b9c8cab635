/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of Proxmox's configuration as data. A storage, a backup job, a mapping, the options of the
 * datacenter, the name servers of a node: each is an object of named values behind one path, made by POST,
 * changed by PUT and removed by DELETE. A table says which; the functions here plan the change from the
 * object as it is now: what is so already is left out, what Proxmox would refuse is refused, the plan shows
 * each value before and after, a digest is read again at once before and sent along, every value is looked
 * for afterwards, and the way back writes exactly what was there.
 *
 * A tool is a row whose plan function is
 *
 *     static int32_t plan(void *instance, struct proximo_call *call)
 *     {
 *         return config_plan(((struct plane_instance *)instance)->host, call, &kind, CONFIG_UPDATE);
 *     }
 *
 * whose plan_undo function calls config_plan_undo, and whose undo_kind is PROXIMO_UNDO_FUNCTION.
 * CONFIG_FUNCTIONS writes them.
 */
#ifndef PROXIMO_PLUGINS_CONFIG_OBJECT_H
#define PROXIMO_PLUGINS_CONFIG_OBJECT_H

#include "topics.h"

#define CONFIG_CREATE_ONLY (1u << 0) /* given at creation only: PUT refuses it */
#define CONFIG_LIST        (1u << 1) /* names with commas between them; their order means nothing */
#define CONFIG_WRITE_ONLY  (1u << 2) /* GET never shows it (a password): nothing to compare or bring back */
#define CONFIG_SINCE_9     (1u << 3) /* Proxmox VE 8 does not know it */
#define CONFIG_UNTIL_8     (1u << 4) /* Proxmox VE 9 does not know it any more */
#define CONFIG_ALWAYS      (1u << 5) /* PUT wants it every time, changed or not */
#define CONFIG_REPEAT      (1u << 6) /* an array: one field of this name for each element */
#define CONFIG_REWRITTEN                                                                                     \
    (1u << 7) /* Proxmox keeps it in other words (adds defaults): looked for, not compared; may have line    \
                 breaks */

/* A value of the object. */
struct config_key {
    const char *name; /* the API's */
    const char
        *argument; /* the tool's; NULL: the same name, with - as _ if there is no argument of that name */
    uint32_t flags;
    const char *absent; /* what Proxmox takes when it is not there: "0", "1"; NULL: nothing */
};

#define CONFIG_DIGEST        (1u << 0) /* GET has a digest, and PUT (and DELETE, if its row says so) takes it */
#define CONFIG_WHOLE         (1u << 1) /* PUT replaces all: every value is sent again, an absent one is removed */
#define CONFIG_SINGLE        (1u << 2) /* there is always exactly one: no creation, no removal */
#define CONFIG_CREATE_ON_ONE (1u << 3) /* POST goes to the object's own path */
#define CONFIG_NO_DELETE     (1u << 4) /* PUT has no parameter "delete": an empty value removes */

#define CONFIG_CREATE 0u
#define CONFIG_UPDATE 1u
#define CONFIG_DELETE 2u

struct config_change;
struct config_kind {
    const char *what;           /* "backup job": in sentences */
    const char *subject;        /* kind of its subject: "backup-job" */
    const char *subject_member; /* "id": the member that names it; see core/blast/subject.c */
    const char *id;   /* argument and API name of its id: "storage", "id"; of a single: "node" or NULL */
    const char *list; /* "/storage": POST goes here; NULL with CONFIG_SINGLE */
    const char *one;  /* "/storage/{storage}": GET, PUT, DELETE */
    /* Its id made from other arguments, instead of the argument `id`; NULL: no such function. NULL answered:
     * no memory. */
    const char *(*make_id)(const struct asking *a);
    /* What its subject is called, {names} taken from the arguments: "{type}/{id}"; NULL: the id. */
    const char *subject_name;
    /* Query of `list` without which GET leaves some objects out; name NULL: none. */
    struct proximo_field list_query;
    const char *put;     /* method of the change; NULL: PUT */
    uint32_t deadline_s; /* how long to look for the change afterwards; 0: 15 */
    uint32_t flags;
    const struct config_key *keys;
    uint32_t key_count;
    const char *const *shown; /* members of GET that are no configuration, NULL at the end; digest is known */
    /* Members of GET that a change does not name and that PUT changes all the same: guarded, and in the
     * record. NULL: none; NULL at the end. */
    const char *const *moved;
    struct proximo_table needs; /* struct proximo_need: what a full GET of the object needs */
    const char *classes[3];     /* operation classes of create, update, delete */
    /*
     * Between the values and the plan: checks them further, sets the class, says facts and risks. NULL: none.
     * 0, or negative after host->fail. Also run for the way back.
     */
    int32_t (*check)(struct config_change *change);
    /*
     * Where the id, or what fills the paths, is not what the arguments say: sets change->id, at and create_id
     * before anything is looked at, for the way back as well. NULL: they are the arguments. 0, or negative
     * after host->fail.
     */
    int32_t (*place)(struct config_change *change);
};

/* One value that the change sets or removes. Texts live as long as the call. */
struct config_edit {
    const struct config_key *key;
    const char *was;   /* NULL: absent */
    const char *to;    /* NULL: removed, or a secret */
    const char **many; /* CONFIG_REPEAT: the elements of `to` */
    uint32_t many_count;
    uint64_t secret_id; /* of a WRITE_ONLY value given as a secret argument; 0: none */
};
#define CONFIG_EDITS_MOST  96u
#define CONFIG_GUARDS_MOST 16u

/* A change in the making. */
struct config_change {
    struct asking ask;
    const struct config_kind *kind;
    const char *id;             /* NULL: the kind has none */
    const char *create_id;      /* what POST takes in its place; NULL: the id */
    struct proximo_field at[4]; /* what {names} of the paths are filled from */
    uint32_t at_count;
    uint32_t verb;
    uint32_t release;        /* the major version of Proxmox VE: 8, 9; 0: not known */
    bool undoing;            /* planned by plan_undo */
    struct json_object *now; /* the object as it is; NULL: there is none. Dropped by the engine */
    struct config_edit edits[CONFIG_EDITS_MOST];
    uint32_t count;
    /* For check: */
    const char *operation_class;         /* as the kind's classes say; may be another one */
    const char *no_way_back;             /* a reason: undo is none */
    const char *way_back;                /* what the way back does, instead of the engine's own words */
    const char *summary;                 /* instead of the engine's own */
    struct json_object *subject_details; /* more members for the subject (scalars); the engine's */
    struct proximo_field more[8];        /* further fields of POST, PUT or DELETE: "force", "keep" */
    uint32_t more_count;
    const struct proximo_step
        *back; /* of a removal: after the object is made again; its neighbours come back */
    uint32_t back_count;
    const struct proximo_step *before_steps; /* run before the change, e.g. a wait; at most 8 */
    uint32_t before_count;
    const char *more_fields; /* selectors that the object's own guard holds on to as well: ",/x,/y" */
    struct proximo_guard guards[CONFIG_GUARDS_MOST]; /* of other things; the object's own is the first of the
                                                        record */
    uint32_t guard_count;
    const struct proximo_step *seen; /* more waits, after those for the values */
    uint32_t seen_count;
};

/*
 * Plans the creation, change or removal of one object from the call's arguments. Keys are taken from the
 * arguments of their names, from an object argument "options" (names as the API has them), and removed by a
 * list argument "delete". A plan without edits says that there is nothing to do.
 */
int32_t config_plan(const struct proximo_host *host, struct proximo_call *call,
                    const struct config_kind *kind, uint32_t verb);
/* The way back, by what the record says was there before and is there now: the same road with those values.
 */
int32_t config_plan_undo(const struct proximo_host *host, struct proximo_call *call,
                         const struct config_kind *kind, struct proximo_text record_json);

/* ---- for check functions */

/* The edit of a key; NULL: it is not touched. */
const struct config_edit *config_edited(const struct config_change *c, const char *key);
/* A value as it will be: edited, or as it is; NULL: absent. */
const char *config_after(const struct config_change *c, const char *key);
/* A value as it is; NULL: absent. */
const char *config_before(const struct config_change *c, const char *key);
/* Is the name one of the list "a,b;c d"? */
bool config_list_has(const char *list, const char *name);

/* plan and plan_undo functions of one tool: name##_plan, name##_undo. */
#define CONFIG_FUNCTIONS(name, kind, verb)                                                                   \
    static int32_t name##_plan(void *instance, struct proximo_call *call)                                    \
    {                                                                                                        \
        return config_plan(((struct plane_instance *)instance)->host, call, (kind), (verb));                 \
    }                                                                                                        \
    static int32_t name##_undo(void *instance, struct proximo_call *call, struct proximo_text record_json)   \
    {                                                                                                        \
        return config_plan_undo(((struct plane_instance *)instance)->host, call, (kind), record_json);       \
    }

#endif
