/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of struct planes. One supervisor thread spawns the hosts, alone reads and writes their sockets,
 * keeps the clocks and reaps; it lives as long as they do, because they die with it. Everything here is
 * guarded by planes->lock, which is never held while something blocks. A caller of planes_call waits, and
 * while it waits it does the upcalls of its own call.
 */
#ifndef PROXIMO_PLANE_SUPERVISOR_H
#define PROXIMO_PLANE_SUPERVISOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/problem.h"
#include "config/config.h"
#include "plane/exec_run.h"
#include "plane/manifest.h"
#include "plane/message.h"
#include "plane/planes.h"

#define PLANES_MOST        64
#define HOSTS_MOST         (PLANES_MOST + 1) /* every plane in its own, and the shared one they left */
#define HOST_CALLS_MOST    16    /* calls in one host at a time; as many runs of executors beside them */
#define STAGE_MS           10000 /* longest a plane may take to load or open */
#define OVERDUE_MS         2000  /* how long a stopped call may go on before its host is killed */
#define RESTARTS_MOST      5     /* within RESTART_WINDOW_MS */
#define RESTART_WINDOW_MS  60000
#define OUTGOING_LIMIT     ((size_t)256 << 20) /* bytes waiting to be sent to one host */
#define LOG_LINES_A_SECOND 20
#define UPCALL_WIDTH       4 /* requests of one get_many beside each other */

struct http_field;
struct sites;
struct plane_host;

struct plane_slot {
    char *name;                        /* NULL while a file is inspected */
    const struct config_plane *config; /* NULL while a file is inspected */
    struct config_plane own;           /* what config points to when no configuration names planes */
    char *path;
    int fd;
    char sha256[65];
    bool foreign;
    bool out;     /* refused or given up: problem says why */
    bool loaded;  /* once opened */
    bool missing; /* its file is not there */
    struct problem problem;
    char *manifest; /* as first registered: a restart must give the same bytes */
    size_t manifest_len;
    struct plane_info *info;
    struct plane_host *host;
    uint32_t index;         /* in the host's present run */
    bool announced, opened; /* in the host's present run */
    unsigned running;
};

enum host_state { HOST_DOWN, HOST_LOADING, HOST_OPENING, HOST_UP, HOST_FINISHED };

struct outgoing {
    struct outgoing *next;
    struct message_head head;
    char *body;
    size_t len;
    int fd; /* passed along, then closed; -1 */
};

struct plane_host {
    struct plane_host *next;
    char label[40];
    enum host_state state;
    pid_t pid;
    int socket, output;
    struct plane_slot *run[PLANES_MOST]; /* the planes of the present run */
    uint32_t run_count, to_open;
    struct plane_slot *stage; /* whose code runs while loading or opening */
    int64_t stage_deadline_ms;
    struct outgoing *out_head, *out_tail;
    size_t out_bytes;
    struct message_head in_head; /* of a message that comes in pieces */
    struct buf in;
    bool in_more;
    char line[512]; /* what it wrote to stdout and stderr, up to the next end of line */
    size_t line_len;
    int64_t log_second;
    unsigned log_lines;
    uint64_t crash_call;
    int crash_signal;
    int64_t restarts_ms[RESTARTS_MOST];
    unsigned restart_at, restarts;
    int64_t start_ms;        /* when DOWN: not before */
    unsigned running, execs; /* execs: those of them that are runs of executors */
    bool alone;              /* a suspect runs in it, and nothing beside it */
    bool hold;               /* a suspect waits until it is empty */
};

enum call_state { CALL_QUEUED, CALL_RUNNING, CALL_DONE };

struct call {
    struct call *next;
    const struct plane_call *request;
    struct plane_slot *slot;
    enum call_state state;
    char *arguments; /* without secrets; NULL: the request's have none */
    uint64_t id;     /* new for every try */
    unsigned tries;
    bool suspect; /* was in a host that ended, nobody knows why: runs alone */
    pthread_cond_t wake;
    bool cancelled;
    bool stop_sent;
    int64_t kill_ms; /* when stop_sent */
    struct message_head upcall;
    char *upcall_body;
    size_t upcall_len;
    bool upcall_ready, upcall_running;
    struct cancel *inner[UPCALL_WIDTH]; /* of requests under way for it */
    struct problem upcall_problem;      /* of the last upcall that failed */
    int32_t upcall_code;
    bool input_wanted; /* the client has to be asked before this call can end */
    bool progress_ready;
    uint32_t progress_done, progress_total;
    char progress_text[256];
    int32_t code; /* when DONE without error: what the plane returned, with its body */
    char *body;
    size_t body_len;
    int error;
    struct problem problem;
};

struct planes {
    const struct config *config;
    struct sites *sites;
    bool inspect;
    bool pretend_no_landlock;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool started, stopping, settled, thread_ended;
    int settle_error;
    struct problem settle_problem;
    int wake_fd;    /* eventfd */
    int program_fd; /* the program's own file */
    struct plane_slot slots[PLANES_MOST];
    size_t slot_count;
    struct plane_host *hosts;
    struct plane_host *builtin; /* the one that all built-in planes share */
    struct call *calls;
    uint64_t next_call;
    const struct tool **tools;
    size_t tool_count;
    const struct resource_row **resources;
    size_t resource_count;
    const struct prompt_row **prompts;
    size_t prompt_count;
    char packet[MESSAGE_INLINE]; /* the supervisor's */
};

/* planes_file.c: the file of a plane, opened once and checked. */
int plane_file_open(struct plane_slot *slot, struct problem *p);
int plane_file_check(struct plane_slot *slot,
                     struct problem *p); /* hash again: a restart loads what was checked */
char *plane_file_path(const struct config *config, const struct config_plane *plane);
size_t plane_file_names(const struct config *config,
                        char *names[PLANES_MOST]); /* of the plane folder, sorted, malloc'd */
/* planes.c */
int planes_add(struct planes *planes, const struct config_plane *plane);
struct plane_host *plane_host_new(struct planes *planes, const char *label);
/* supervisor.c */
void *supervisor_main(void *planes);
void supervisor_wake(struct planes *planes);
void slot_refuse(struct plane_slot *slot, const struct problem *p);
/* supervisor_host.c */
int host_spawn(struct planes *planes, struct plane_host *host);
void host_begin(struct planes *planes,
                struct plane_host *host); /* starts it, or finishes it when no plane is left */
void host_lost(struct planes *planes, struct plane_host *host, struct call *guilty, const char *why);
void host_end(struct plane_host *host, int *ret_status, long *ret_most_kib); /* kills, reaps, closes */
int host_queue(struct plane_host *host, const struct message_head *head, char *body, size_t len,
               int fd); /* takes body, fd */
int host_flush(struct plane_host *host);
/* supervisor_read.c */
void host_read_output(struct plane_host *host);
/* true: more may be waiting. false: nothing is, or the host is lost. */
bool host_read_messages(struct planes *planes, struct plane_host *host);
/* supervisor_call.c */
void calls_tend(struct planes *planes, int64_t now);
int64_t calls_next_ms(const struct planes *planes);
void call_finish(struct call *call, int error, const struct problem *p);
void call_stop_upcall(struct call *call);
/* planes_call.c: what is called, for messages, and its row of the plane's table. */
const char *call_name(const struct plane_call *request);
const struct plane_info *call_plane(const struct plane_call *request);
bool call_is_draft(const struct plane_call *request); /* it makes a draft, no reply */
uint32_t call_row(const struct plane_call *request);
/* planes_settle.c: when every host has said all it has to say at the start */
void planes_settle(struct planes *planes);
/* planes_upcall.c: with the lock not held; the answer as a body. */
void upcall_run(struct planes *planes, struct call *call, const struct message_head *upcall, const char *body,
                size_t len);
int32_t upcall_code_of(const struct problem *p);
/* exec_probe.c: a probe that is a command of an executor. */
int32_t upcall_exec_probe(struct planes *planes, struct call *call, const struct probe_row *probe,
                          const struct http_field *fields, size_t field_count, struct buf *out,
                          struct problem *p);
/* reply_read.c: tool is that of a read, NULL for resources and prompts. */
int plane_reply_read(const char *plane, const struct tool *tool, const char *body, size_t len,
                     struct plane_reply *ret, struct problem *p);
/* section_check.c: a plane's section of the configuration against its config_schema. */
int section_check(const char *section_json, const char *schema, struct problem *p);
/* The target of a run against the executor's target_schema; PX-ARG. Without one it is empty. */
int target_check(const char *target_json, const char *schema, struct problem *p);

#endif
