/* SPDX-License-Identifier: Apache-2.0 */
/* proximo-a2a: Agent2Agent in front of the same trust core as `proximo serve`. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "card.h"
#include "config/config.h"
#include "engine.h"
#include "http.h"
#include "plane/planes.h"
#include "sign.h"
#include "tasks.h"
#include "work.h"

#define EXIT_USAGE 2
#define SETTLE_MS  5000

static const char usage[] = "usage: proximo-a2a [--config FILE] [--site NAME] [--mode read|guarded]\n"
                            "Serves A2A 1.0 (JSON-RPC) as the keys below a2a: in the configuration say. "
                            "--version prints the version.\n";

/* What one bearer has for itself: nobody else sees its tasks, and its plans are bound to its name. */
struct desk {
    struct engine *engine;
    struct tasks *tasks;
    struct work *work;
};
struct face {
    struct config *config;
    struct desk desks[BEARERS_MOST];
    struct signer *signer;
    struct door *door;
    struct buf card, jwks, url;
    struct door_options options;
};

static int say(const char *text, int status)
{
    (void)fd_write_all(status ? STDERR_FILENO : STDOUT_FILENO, text, strlen(text));
    return status;
}

static int fail(const struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(8192);

    buf_str(&text, "proximo-a2a: ");
    problem_text(p, &text);
    buf_char(&text, '\n');
    (void)say(text.data ? text.data : "proximo-a2a: no memory\n", EXIT_USAGE);
    return strcmp(p->code, PX_INTERNAL) == 0 ? 1 : EXIT_USAGE;
}

/* The options; -1: go on, else the exit status. */
static int read_options(int argc, char **argv, struct config_options *options)
{
    for (int i = 1; i < argc; i++) {
        const char **value = strcmp(argv[i], "--config") == 0 ? &options->file
                             : strcmp(argv[i], "--site") == 0 ? &options->site
                             : strcmp(argv[i], "--mode") == 0 ? &options->mode
                                                              : NULL;
        if (strcmp(argv[i], "--help") == 0)
            return say(usage, 0);
        if (strcmp(argv[i], "--version") == 0)
            return say("proximo-a2a " PROXIMO_VERSION "\n", 0);
        if (!value || i + 1 == argc)
            return say(usage, EXIT_USAGE);
        *value = argv[++i];
    }
    return -1;
}

static int open_door_first(struct face *face, unsigned *ret_port, struct problem *p)
{
    const struct config_a2a *a2a = &face->config->a2a;
    struct door_options *o = &face->options;
    int r = guard_address(a2a->host, a2a->port, &o->address, p);

    o->a2a = a2a;
    if (r == 0)
        r = guard_listen(a2a, &o->address, p);
    if (r == 0 && a2a->token_file)
        r = bearers_read(a2a->token_file, a2a->bearer, &o->bearers, p);
    if (r == 0 && a2a->signing_key_file)
        r = signer_open(a2a->signing_key_file, &face->signer, p);
    return r < 0 ? r : door_listen(&o->address, &o->fd, ret_port, p);
}

static int make_card(struct face *face, unsigned port, struct problem *p)
{
    const char *url = face->config->a2a.url;
    const struct card_facts facts = {.bearer = face->options.bearers.count > 0,
                                     .offered = engine_offers,
                                     .arg = face->desks[0].engine,
                                     .signer = face->signer};
    struct card_facts with = facts;
    size_t len = url ? strlen(url) : 0;

    while (len && url[len - 1] == '/')
        len--;
    if (len)
        buf_add(&face->url, url, len);
    else
        buf_printf(&face->url, "http://%s:%u", face->options.address.text, port);
    if (!buf_ok(&face->url))
        return problem_set(p, -EINVAL, PX_CONFIG, "a2a.url is too long");
    with.url = face->url.data;
    if (face->signer)
        signer_put_jwks(face->signer, &face->jwks);
    return card_make(&with, &face->card, p);
}

static int desk_open(struct face *face, size_t index, const char *name, struct problem *p)
{
    struct desk *desk = &face->desks[index];
    int r = engine_new(face->config, name, &desk->engine, p);

    if (r == 0 && (tasks_new(&desk->tasks) < 0 || work_new(desk->engine, desk->tasks, &desk->work) < 0))
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r == 0)
        face->options.rpc[index] = (struct rpc){desk->engine, desk->tasks, desk->work};
    return r;
}

static int desks_open(struct face *face, struct problem *p)
{
    const struct bearers *bearers = &face->options.bearers;
    const char *name = face->config->a2a.bearer;
    int r = bearers->count ? 0 : desk_open(face, 0, name ? name : "anonymous", p);

    for (size_t i = 0; r == 0 && i < bearers->count; i++)
        r = desk_open(face, i, bearers->all[i].name, p);
    return r;
}

static int face_open(struct face *face, const struct config_options *options, struct problem *p)
{
    unsigned port = 0;
    int r = config_load(options, &face->config, p);

    if (r < 0)
        return r;
    log_set_level(face->config->log);
    r = open_door_first(face, &port, p);
    if (r == 0)
        r = desks_open(face, p);
    if (r == 0)
        r = make_card(face, port, p);
    if (r < 0)
        return r;
    face->options.card = face->card.data;
    face->options.jwks = face->signer ? face->jwks.data : NULL;
    const int fd = face->options.fd;
    face->options.fd = -1;
    struct door_options taken = face->options;
    taken.fd = fd;
    r = door_open(&taken, &face->door, p);
    if (r == 0) {
        char line[160];
        (void)snprintf(line, sizeof(line), "proximo-a2a: listening on http://%s:%u\n",
                       face->options.address.text, port);
        (void)fd_write_all(STDERR_FILENO, line, strlen(line));
    }
    return r;
}

/* False: a change still runs. Of a desk whose opening failed only a part is there. */
static bool desks_stop(struct face *face)
{
    bool recorded = true;

    for (size_t i = 0; i < BEARERS_MOST; i++) {
        struct desk *desk = &face->desks[i];
        if (desk->engine && desk->tasks)
            recorded = engine_stop(desk->engine) && recorded;
        if (desk->work)
            work_stop(desk->work);
    }
    return recorded;
}

static void desk_free(struct desk *desk)
{
    if (desk->work)
        work_free(desk->work);
    if (desk->tasks)
        tasks_free(desk->tasks);
    if (desk->engine)
        engine_free(desk->engine);
}

/* False: a change still runs; nothing may be freed. */
static bool face_close(struct face *face)
{
    for (size_t i = 0; i < BEARERS_MOST; i++) {
        if (face->desks[i].tasks)
            tasks_stop(face->desks[i].tasks);
    }
    if (face->door)
        door_close(face->door);
    const bool recorded = desks_stop(face);
    if (!threads_settle(clock_ms() + SETTLE_MS) || !recorded) {
        log_warn("a change does not come to its end; it is in doubt until it is resolved");
        return false;
    }
    for (size_t i = 0; i < BEARERS_MOST; i++)
        desk_free(&face->desks[i]);
    signer_free(face->signer);
    fd_close(&face->options.fd);
    buf_done(&face->card);
    buf_done(&face->jwks);
    buf_done(&face->url);
    config_free(face->config);
    return true;
}

int main(int argc, char **argv)
{
    struct face face = {
        .options.fd = -1, .card = BUF_INIT((size_t)1 << 20), .jwks = BUF_INIT(4096), .url = BUF_INIT(512)};
    struct config_options options = {0};
    struct problem p = PROBLEM_INIT;
    sigset_t ends;
    int signal_number = 0;

    /* The planes' processes are this program again (core/plane/supervisor.c). */
    if (argc == 2 && strcmp(argv[1], "plane-host") == 0)
        return plane_host_main();
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there is any thread */
    status = 0;
    if (face_open(&face, &options, &p) < 0)
        status = fail(&p);
    else
        (void)sigwait(&ends, &signal_number);
    if (!face_close(&face))
        _exit(status ? status : 1);
    return status;
}
