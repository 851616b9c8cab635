/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile plane host can send: any manifest, draft or reply, and any packets in any state. The first
 * byte chooses:
 *   m manifest   p plan   u way back   b blast   r reply
 *   L, O, U packets while the host loads, opens its planes, or serves calls 1 (a read) and 2 (a plan); they
 * are records: u8 type, i8 code, u8 call, u8 seq, u8 flags, u16 length (little endian), the body. Type 255:
 * the body is the packet, header and all.
 */
#include "fuzz.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/draft.h"
#include "plane/read.h"
#include "plane/supervisor.h"

#define TEXT(s)      ((char *)(uintptr_t)(s)) /* rows own theirs; nothing here is freed or written */
#define CALLS        2
#define RECORD_BYTES 7u

/* ---------------------------------------------------------------- texts */

static struct param_row params[] = {
    {.type = PROXIMO_TYPE_STRING, .name = TEXT("vmid"), .format = TEXT("guest")},
    {.type = PROXIMO_TYPE_STRING, .name = TEXT("password"), .flags = PROXIMO_PARAM_SECRET}};
static const struct tool changing = {.kind = TOOL_CHANGE,
                                     .name = TEXT("p_stop"),
                                     .params = params,
                                     .param_count = 2,
                                     .rest_json = TEXT("{\"guards\":[{\"path\":\"/version\"}]}"),
                                     .has_plan = true};
static const struct class_row blasting = {.name = TEXT("p.stop"), .has_blast = true};

static void manifest(const char *json, size_t len)
{
    struct plane_info *info = NULL;
    struct problem p = PROBLEM_INIT;
    int r = manifest_read(json, len, "p", &info, &p);

    PROMISE((r == 0) == (info != NULL));
    PROMISE(r == 0 || (p.code[0] && p.cause[0]));
    PROMISE(r < 0 || strcmp(info->name, "p") == 0);
    for (size_t i = 0; info && i < info->tool_count; i++)
        PROMISE(strlen(info->tools[i].name) > 0 && info->tools[i].description);
    for (size_t i = 0; info && i < info->resource_count; i++)
        PROMISE(strlen(info->resources[i].uri) > 0);
    plane_info_free(info);
}

static void draft(enum plane_call_kind kind, const char *json, size_t len)
{
    bool blast = kind == PLANE_CALL_BLAST;
    CLEANUP_JSON struct json_object *read = NULL;
    struct problem p = PROBLEM_INIT;
    int r = draft_read(kind, blast ? NULL : &changing, blast ? &blasting : NULL, json, len, &read, &p);

    PROMISE((r == 0) == (read != NULL));
    PROMISE(r == 0 || (p.code[0] && p.cause[0]));
}

static void is_json(const struct buf *b)
{
    CLEANUP_JSON struct json_object *value = NULL;

    PROMISE(buf_ok(b) && json_parse(b->data, b->len, &value, NULL) == 0);
    PROMISE(json_object_is_type(value, json_type_array));
}

static void reply(const char *bytes, size_t len)
{
    struct plane_reply read = {0};
    struct problem p = PROBLEM_INIT;

    if (plane_reply_read("p", &changing, bytes, len, &read, &p) < 0) {
        PROMISE(strcmp(p.code, PX_PLANE) == 0 || strcmp(p.code, PX_INTERNAL) == 0);
        return;
    }
    for (size_t i = 0; i < read.count; i++)
        PROMISE(read.blocks[i].type == PROXIMO_CONTENT_IMAGE ||
                read.blocks[i].type == PROXIMO_CONTENT_AUDIO ||
                text_is_utf8(read.blocks[i].data, read.blocks[i].data_len));
    for (int roles = 0; roles < 2; roles++) {
        CLEANUP_BUF struct buf content = BUF_INIT((size_t)16 << 20);
        if (reply_put_content(&read, roles, &content, &p) == 0)
            is_json(&content);
    }
    CLEANUP_BUF struct buf contents = BUF_INIT((size_t)16 << 20);
    if (reply_put_contents(&read, "proximo://p/x", "text/plain", &contents, &p) == 0)
        is_json(&contents);
    plane_reply_done(&read);
}

/* ---------------------------------------------------------------- packets */

static const char own_manifest[] =
    "{\"abi_major\":0,\"abi_minor\":3,\"struct_size\":240,\"threading\":2,\"name\":\"p\",\"version\":\"1\","
    "\"licence\":\"MIT\",\"summary\":\"S.\",\"reads\":[{\"name\":\"p_list\",\"description\":\"D.\","
    "\"read\":true}],\"probes\":[{\"name\":\"ping\",\"method\":\"POST\","
    "\"path\":\"/nodes/{node}/qemu/{vmid}/agent/ping\",\"params\":[{\"name\":\"node\",\"type\":1,"
    "\"description\":\"N.\"},{\"name\":\"vmid\",\"type\":1,\"description\":\"V.\"}]}]}";

static bool client_can_ask(void *arg, uint32_t kind)
{
    (void)arg;
    PROMISE(kind >= PROXIMO_ASK_ELICITATION && kind <= PROXIMO_ASK_ROOTS);
    return true;
}

static int client_ask(void *arg, const struct plane_info *plane, const struct plane_ask *asks, size_t count,
                      struct buf *ret_json, struct problem *p)
{
    (void)p;
    PROMISE(strcmp(plane->name, "p") == 0 && count > 0 && count <= PLANE_ASKS_MOST);
    for (size_t i = 0; i < count; i++)
        PROMISE(client_can_ask(arg, asks[i].kind) && asks[i].key[0] &&
                strlen(asks[i].key) <= PLANE_ASK_KEY_MOST && asks[i].params_json[0]);
    buf_str(ret_json, "{}");
    return 0;
}

static int client_log(void *arg, const struct plane_info *plane, uint32_t level, const char *logger,
                      const char *data_json, struct problem *p)
{
    CLEANUP_JSON struct json_object *value = NULL;

    (void)arg;
    (void)p;
    PROMISE(strcmp(plane->name, "p") == 0 && level >= PROXIMO_LOG_ERROR && level <= PROXIMO_LOG_DEBUG);
    PROMISE(logger && json_parse(data_json, strlen(data_json), &value, NULL) == 0);
    return 0;
}

static int client_show(void *arg, const struct plane_info *plane, uint32_t what, const char *name, bool shown,
                       struct problem *p)
{
    (void)arg;
    (void)plane;
    (void)shown;
    (void)p;
    PROMISE(what == PROXIMO_SHOW_TOOL && strcmp(name, "p_list") == 0); /* it has nothing else */
    return 0;
}

static int client_updated(void *arg, const struct plane_info *plane, const char *uri, struct problem *p)
{
    (void)arg;
    (void)plane;
    (void)uri;
    (void)p;
    PROMISE(false); /* it has no resource */
    return 0;
}

static const struct plane_client client = {.can_ask = client_can_ask,
                                           .ask = client_ask,
                                           .log = client_log,
                                           .show = client_show,
                                           .updated = client_updated};

/* A core with one plane host and two calls in it, all but the process behind the socket. */
struct stage {
    struct planes planes;
    struct plane_host host;
    struct config config;
    struct plane_call requests[CALLS];
    struct call calls[CALLS];
    int peer; /* the host's end */
};

/* The supervisor kills a host that breaks the rules: this process stands there to be killed, and goes with us
 * when a promise is broken. */
static pid_t victim(void)
{
    const pid_t parent = getpid();
    pid_t pid = fork();

    PROMISE(pid >= 0);
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
            _exit(1);
        while (getppid() == parent)
            (void)pause();
        _exit(0);
    }
    return pid;
}

static void stage_calls(struct stage *s)
{
    s->requests[0] = (struct plane_call){
        .kind = PLANE_CALL_READ, .tool = &s->planes.slots[0].info->tools[0], .client = &client};
    s->requests[1] = (struct plane_call){
        .kind = PLANE_CALL_BLAST, .plane = s->planes.slots[0].info, .class = &blasting, .client = &client};
    for (size_t i = 0; i < CALLS; i++) {
        s->calls[i] = (struct call){.request = &s->requests[i],
                                    .slot = &s->planes.slots[0],
                                    .state = CALL_RUNNING,
                                    .id = i + 1,
                                    .tries = 2,
                                    .next = i + 1 < CALLS ? &s->calls[i + 1] : NULL};
        (void)pthread_cond_init(&s->calls[i].wake, NULL);
    }
    s->planes.calls = s->calls;
    s->host.running = s->planes.slots[0].running = CALLS;
}

static struct stage *stage_new(char state)
{
    struct stage *s = calloc(1, sizeof(*s));
    struct problem p = PROBLEM_INIT;
    int ends[2];

    PROMISE(s && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    s->peer = ends[1];
    s->planes.config = &s->config;
    s->planes.wake_fd = -1;
    (void)pthread_mutex_init(&s->planes.lock, NULL);
    struct plane_slot *slot = &s->planes.slots[0];
    *slot = (struct plane_slot){.name = TEXT("p"), .path = TEXT("p.so"), .fd = -1, .host = &s->host};
    slot->own = (struct config_plane){.name = TEXT("p"), .client_requests = true};
    slot->config = &slot->own;
    s->planes.slot_count = 1;
    s->planes.hosts = &s->host;
    s->host =
        (struct plane_host){.label = "p", .pid = victim(), .socket = ends[0], .output = -1, .run_count = 1};
    s->host.run[0] = slot;
    s->host.state = state == 'L' ? HOST_LOADING : state == 'O' ? HOST_OPENING : HOST_UP;
    if (state != 'L') {
        PROMISE(manifest_read(own_manifest, sizeof(own_manifest) - 1, "p", &slot->info, &p) == 0);
        slot->announced = true;
        s->host.to_open = state == 'O';
    }
    if (state == 'U') {
        slot->opened = slot->loaded = true;
        stage_calls(s);
    }
    return s;
}

static void stage_done(struct stage *s)
{
    if (s->host.pid > 0)
        host_lost(&s->planes, &s->host, NULL, "is not needed any more");
    PROMISE(s->host.pid == 0 && !s->host.out_head);
    for (size_t i = 0; i < CALLS && s->planes.calls; i++) {
        PROMISE(s->calls[i].state == CALL_DONE); /* it had its second try */
        free(s->calls[i].body);
        (void)pthread_cond_destroy(&s->calls[i].wake);
    }
    free(s->planes.slots[0].manifest);
    plane_info_free(s->planes.slots[0].info);
    (void)pthread_mutex_destroy(&s->planes.lock);
    (void)close(s->peer);
    free(s);
}

/* What the threads of the calls do with what came. */
static void stage_work(struct stage *s)
{
    for (size_t i = 0; i < CALLS && s->planes.calls; i++) {
        struct call *call = &s->calls[i];
        struct message_head head = call->upcall;
        char *body = call->upcall_body;

        if (call->state == CALL_DONE && call->body)
            reply(call->body, call->body_len);
        if (!call->upcall_ready)
            continue;
        call->upcall_body = NULL;
        call->upcall_ready = false;
        upcall_run(&s->planes, call, &head, body, call->upcall_len);
        free(body);
    }
}

/* Sends the record at *data; false at the end. */
static bool send_record(struct stage *s, const uint8_t **data, size_t *size)
{
    const uint8_t *at = *data;

    if (*size < RECORD_BYTES)
        return false;
    size_t len = (size_t)at[5] | (size_t)at[6] << 8;
    len = len < *size - RECORD_BYTES ? len : *size - RECORD_BYTES;
    len = len < MESSAGE_INLINE ? len : MESSAGE_INLINE;
    const struct message_head head = {
        .type = at[0], .code = (int8_t)at[1], .call = at[2], .seq = at[3], .flags = at[4], .length = len};
    if (at[0] == 255)
        (void)send(s->peer, at + RECORD_BYTES, len, MSG_NOSIGNAL);
    else
        (void)message_send_packet(s->peer, &head, at + RECORD_BYTES, len, -1, MSG_NOSIGNAL);
    *data += RECORD_BYTES + len;
    *size -= RECORD_BYTES + len;
    return true;
}

static void packets(char state, const uint8_t *data, size_t size)
{
    struct stage *s = stage_new(state);

    while (s->host.pid > 0 && send_record(s, &data, &size)) {
        (void)host_read_messages(&s->planes, &s->host);
        stage_work(s);
    }
    stage_done(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;

    log_set_level(LOG_LEVEL_ERROR); /* what a host does wrong is no news here */
    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'm': manifest(text, size - 1); break;
    case 'p': draft(PLANE_CALL_PLAN, text, size - 1); break;
    case 'u': draft(PLANE_CALL_PLAN_UNDO, text, size - 1); break;
    case 'b': draft(PLANE_CALL_BLAST, text, size - 1); break;
    case 'r': reply(text, size - 1); break;
    case 'L':
    case 'O':
    case 'U': packets((char)data[0], data + 1, size - 1); break;
    default: break;
    }
    return 0;
}
