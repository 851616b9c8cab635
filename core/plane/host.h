/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside a plane host: the process that dlopens planes and runs their functions. One per process, so its
 * state is one static struct. The main thread loads, opens and then reads messages; calls run in worker
 * threads.
 */
#ifndef PROXIMO_PLANE_HOST_H
#define PROXIMO_PLANE_HOST_H

#include <json-c/json.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "plane/exec_run.h"
#include "plane/message.h"
#include "plane/planes.h"
#include "proximo/plane.h"

#define HOST_SOCKET      3
#define HOST_MAX_PLANES  64
#define HOST_MAX_WORKERS 32 /* as many calls, and as many runs of executors that they wait for */
#define HOST_ARENA_LIMIT ((size_t)256 << 20) /* bytes one call may take from alloc */
#define HOST_FAIL_LIMIT  1024
#define HOST_GET_MANY    256u /* gets in one get_many */

struct host_plane {
    char name[40]; /* as the configuration calls it; "" when being inspected */
    int fd;        /* the file, until it is loaded */
    void *dl;
    char dl_error[256];
    struct proximo_plane plane; /* the descriptor, zero-extended */
    bool accepted;              /* its manifest was sent */
    bool opened;
    void *instance;
    char *config_json;
};

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};
/* Memory that malloc gave and the call frees at its end: an answer that came from the core. */
struct adopted {
    struct adopted *next;
    void *bytes;
};
struct memo {
    struct memo *next;
    char *key;
    struct proximo_text data;
};

/* What an executor said of its run. */
struct host_exec {
    enum exec_said said;
    int32_t status;
    char signal[EXEC_SIGNAL_SIZE];
    char why[512];
    char fault[160]; /* the first contradiction: it is the outcome */
};

/* One call in progress: the plane sees it as opaque. */
struct proximo_call {
    struct proximo_call *next;       /* of all calls */
    struct proximo_call *queue_next; /* of those without a worker yet */
    struct host_plane *plane;
    uint32_t plane_index;
    enum plane_call_kind kind;
    uint32_t row; /* of the plane's reads, changes, classes, resources or prompts */
    uint64_t id;
    int64_t deadline_ms; /* clock_ms() */
    char *arguments;
    size_t arguments_len;
    struct json_object *arguments_object; /* parsed on first use */
    char *input;                          /* the record of plan_undo, the subject of blast */
    size_t input_len;
    uint32_t site_kind;
    char *site_name;
    char *site_version; /* in the arena, like the next two; all at the first question */
    char *site_token, *site_reached;

    struct arena_chunk *arena;
    size_t arena_bytes;
    struct adopted *adopted;
    struct memo *memos;
    bool replied;
    struct buf reply;
    struct host_draft *draft; /* NULL in resources and prompts */
    struct host_exec exec;
    bool begun;      /* its function runs */
    bool cancelling; /* its executor's cancel runs beside it */
    int32_t fail_code;
    char fail_text[HOST_FAIL_LIMIT];

    pthread_mutex_t upcall_lock; /* a call has one upcall on its way */
    pthread_cond_t wake;         /* with host.lock: answered or stopped */
    int32_t stopped;             /* 0, PROXIMO_ECANCELLED or PROXIMO_EDEADLINE */
    uint32_t seq;                /* of the upcall on its way */
    bool waiting, answered;
    int32_t answer_code;
    char *answer;
    size_t answer_len;
    int fds[EXEC_FDS]; /* of the answer that is awaited */
    uint32_t fd_count;
};

struct host {
    struct host_plane planes[HOST_MAX_PLANES];
    uint32_t plane_count;
    bool landlock, endpoints;
    pthread_mutex_t send_lock;
    pthread_mutex_t lock; /* calls and workers */
    pthread_cond_t work;
    struct proximo_call *calls; /* in progress, queued included */
    struct proximo_call *queue_head, *queue_tail;
    unsigned workers, idle, queued;
};
extern struct host host;
/* What the current thread runs for: host->config and the crash report need it. */
extern _Thread_local struct host_plane *host_current_plane;
extern _Thread_local uint64_t host_current_call;

/* host.c */
void host_send(const struct message_head *head, const void *body, size_t len);
void host_refuse(uint32_t plane, const struct problem *p);
/* host_load.c: everything from dlopen to close; main thread only. */
void host_load_all(void);
void host_read_descriptors(void);
void host_open(uint32_t plane, const char *config_json, size_t len);
void host_close_all(void);
int host_descriptor_check(const void *raw, const char *expected_name, struct proximo_plane *ret,
                          struct problem *p);
/* host_call.c */
int host_call_start(const struct message_head *head, const char *body, size_t len);
void host_call_stop(uint64_t id, int32_t code);
void host_call_answer(const struct message_head *head, char *body, size_t len); /* takes body */
struct proximo_call *host_call_find(uint64_t id);                               /* with host.lock held */
void host_calls_stop_all(void);
void host_crash_handlers(void); /* host_crash.c */
void host_crash_stack(void);    /* a signal stack for the calling thread */
/* host_arena.c */
void *host_arena_alloc(struct proximo_call *call, uint64_t size);
int host_arena_text(struct proximo_call *call, const char *text, size_t len, struct proximo_text *ret);
int host_arena_adopt(struct proximo_call *call, void *bytes); /* frees them at once if it cannot */
void host_arena_done(struct proximo_call *call);
/* Does this call end with a reply (a read, a resource, a prompt), not with a draft? */
bool host_call_replies(const struct proximo_call *call);
/* host_table.c and host_upcall.c: the functions planes are given. */
extern const struct proximo_host host_table;
int32_t host_upcall(struct proximo_call *call, uint32_t type, const struct buf *body, char **ret_answer,
                    size_t *ret_len);
int32_t host_stopped(struct proximo_call *call); /* 0 or the code every upcall returns from now on */
int32_t host_fail(struct proximo_call *call, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int32_t host_get(struct proximo_call *call, const struct proximo_get *get, struct proximo_answer *ret);
int32_t host_get_many(struct proximo_call *call, const struct proximo_get *gets, uint32_t count,
                      struct proximo_answer *ret);
int32_t host_probe(struct proximo_call *call, const char *name, const struct proximo_field *params,
                   uint32_t count, struct proximo_answer *ret);
int32_t host_permission(struct proximo_call *call, const char *path, const char *privilege);
int32_t host_site(struct proximo_call *call, struct proximo_site *ret);
int32_t host_sites(struct proximo_call *call, struct proximo_text *ret_json);
int32_t host_reply(struct proximo_call *call, const struct proximo_content *blocks, uint32_t count);

/* An upcall whose answer goes into the call's arena. Its failure becomes the call's, so that a plane may
 * simply return the code. */
int32_t host_upcall_answer(struct proximo_call *call, uint32_t type, const struct buf *body,
                           struct body *ret);
/* The same in a run that was stopped and is being wound up. */
int32_t host_upcall_late(struct proximo_call *call, uint32_t type, const struct buf *body, struct body *ret);
/* host_exec.c: executors. */
int32_t host_run_exec(struct proximo_call *call);
void host_exec_cancel(struct proximo_call *call); /* with host.lock held: starts its executor's cancel */
void host_exec_done(struct proximo_call *call);
void host_call_fd(const struct message_head *head, int fd); /* takes fd */
int32_t host_connect(struct proximo_call *call, const char *endpoint, int32_t *ret_fd);
int32_t host_spawn_program(struct proximo_call *call, const char *program, const struct proximo_text *argv,
                           uint32_t argc, int32_t *ret_stdin_fd, int32_t *ret_stdout_fd,
                           int32_t *ret_stderr_fd);
int32_t host_material(struct proximo_call *call, const char *name, struct proximo_text *ret_bytes);
int32_t host_secret_stdin(struct proximo_call *call, uint64_t secret_id, int32_t *ret_fd);
int32_t host_output(struct proximo_call *call, uint32_t stream, struct proximo_text bytes);
int32_t host_exited(struct proximo_call *call, int32_t exit_status, const char *signal_name);
int32_t host_outcome_unknown(struct proximo_call *call, const char *why);
int32_t host_ended(struct proximo_call *call, int32_t *ret_exit_status, struct proximo_text *ret_signal);
/* host_client.c: what is for the client. */
int32_t host_can_ask(struct proximo_call *call, uint32_t kind);
int32_t host_ask(struct proximo_call *call, const struct proximo_ask *asks, uint32_t count,
                 struct proximo_text *ret_json);
int32_t host_client_log(struct proximo_call *call, uint32_t level, const char *logger,
                        struct proximo_text data_json);
int32_t host_show(struct proximo_call *call, uint32_t what, const char *name, int32_t shown);
int32_t host_updated(struct proximo_call *call, const char *uri);

/* host_draft.c: what plan, blast and read functions tell. change NULL: one of the latter two. */
int host_draft_begin(struct proximo_call *call, const char *who, const struct proximo_change *change);
void host_draft_done(struct proximo_call *call);
/* code: what the function returned. 0 and the whole as one JSON object, or the code with words. */
int32_t host_draft_end(struct proximo_call *call, int32_t code, struct buf *out);
/* The same of a read: appended to its reply as one text, empty if it told nothing. */
int32_t host_draft_end_read(struct proximo_call *call, int32_t code, struct buf *reply);
/* PROXIMO_ENOSYS with words: `what` has no place in a call of this kind. */
int32_t host_not_here(struct proximo_call *call, const char *what);
struct json_object *host_arguments(struct proximo_call *call); /* host_table.c; NULL: none */
int32_t host_secret(struct proximo_call *call, const char *name, uint64_t *ret_secret_id);
int32_t host_change(struct proximo_call *call, const char *summary);
int32_t host_fact(struct proximo_call *call, const char *name, struct proximo_text value_json);
int32_t host_risk(struct proximo_call *call, uint32_t risk, const char *reason);
int32_t host_guard(struct proximo_call *call, const struct proximo_guard *guard);
int32_t host_step(struct proximo_call *call, const struct proximo_step *step);
int32_t host_always(struct proximo_call *call, const struct proximo_step *step);
int32_t host_postcondition(struct proximo_call *call, const struct proximo_step *wait);
int32_t host_undo(struct proximo_call *call, uint32_t undo_kind, const struct proximo_step *steps,
                  uint32_t count);
int32_t host_subject(struct proximo_call *call, const char *operation_class,
                     struct proximo_text subject_json);
int32_t host_affected(struct proximo_call *call, const struct proximo_affected *affected);
int32_t host_finding(struct proximo_call *call, const struct proximo_finding *finding);
int32_t host_incomplete(struct proximo_call *call, const char *what, const char *why);

/* Row `index` of a table, copied as struct_copy() does. -EINVAL when there is none. */
int host_row(const struct proximo_table *table, uint32_t index, void *into, size_t size);
/* A copy of the caller's struct, zero-extended: its size first, the smaller of the two counts. -EINVAL for a
 * senseless size. */
int struct_copy(void *into, size_t our_size, const void *from);

#endif
