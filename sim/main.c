/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proximo-sim: options, state directory, certificate, tokens, the line that says it is ready.
 */
#include "ha.h"
#include "release.h"
#include "server.h"
#include "task_run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES       "IP:127.0.0.1,DNS:localhost,DNS:pve1,DNS:vault"
#define WRONG_NAMES "DNS:elsewhere.example"
#define LIST_MAX    64

struct options {
    const char *listen, *seed, *release, *state_dir, *cert, *key, *request_log;
    const char *tokens[LIST_MAX], *sets[LIST_MAX];
    struct sim_fault faults[LIST_MAX];
    size_t token_count, set_count, fault_count;
    struct sim_trouble troubles[LIST_MAX];
    struct sim_task_time task_times[LIST_MAX];
    struct sim_task_line task_lines[LIST_MAX];
    const char *offline[LIST_MAX];
    size_t trouble_count, task_time_count, task_line_count, offline_count;
    int port, guests, nodes, auth_delay_ms, latency_ms, task_ms, ha_ms, stale_ms, fresh_ms, boot_ms;
    bool wrong_cert, exit_on_eof, without_ceph;
};

enum {
    OPT_HELP = 256,
    OPT_LISTEN,
    OPT_PORT,
    OPT_SEED,
    OPT_GUESTS,
    OPT_NODES,
    OPT_RELEASE,
    OPT_STATE_DIR,
    OPT_CERT,
    OPT_KEY,
    OPT_TOKEN,
    OPT_AUTH_DELAY,
    OPT_LATENCY,
    OPT_FAULT,
    OPT_TASK,
    OPT_TASK_MS,
    OPT_TASK_LINE,
    OPT_HA_MS,
    OPT_STALE_MS,
    OPT_FRESH_MS,
    OPT_BOOT_MS,
    OPT_OFFLINE,
    OPT_WITHOUT_CEPH,
    OPT_WRONG_CERT,
    OPT_SET,
    OPT_LOG_REQUESTS,
    OPT_EXIT_ON_EOF
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, OPT_HELP},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"port", required_argument, NULL, OPT_PORT},
    {"seed", required_argument, NULL, OPT_SEED},
    {"guests", required_argument, NULL, OPT_GUESTS},
    {"nodes", required_argument, NULL, OPT_NODES},
    {"release", required_argument, NULL, OPT_RELEASE},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    {"cert", required_argument, NULL, OPT_CERT},
    {"key", required_argument, NULL, OPT_KEY},
    {"token", required_argument, NULL, OPT_TOKEN},
    {"auth-delay-ms", required_argument, NULL, OPT_AUTH_DELAY},
    {"latency-ms", required_argument, NULL, OPT_LATENCY},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"task", required_argument, NULL, OPT_TASK},
    {"task-ms", required_argument, NULL, OPT_TASK_MS},
    {"task-line", required_argument, NULL, OPT_TASK_LINE},
    {"ha-ms", required_argument, NULL, OPT_HA_MS},
    {"stale-ms", required_argument, NULL, OPT_STALE_MS},
    {"fresh-ms", required_argument, NULL, OPT_FRESH_MS},
    {"boot-ms", required_argument, NULL, OPT_BOOT_MS},
    {"offline", required_argument, NULL, OPT_OFFLINE},
    {"without-ceph", no_argument, NULL, OPT_WITHOUT_CEPH},
    {"wrong-cert", no_argument, NULL, OPT_WRONG_CERT},
    {"set", required_argument, NULL, OPT_SET},
    {"log-requests", required_argument, NULL, OPT_LOG_REQUESTS},
    {"exit-on-eof", no_argument, NULL, OPT_EXIT_ON_EOF},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "Usage: proximo-sim [options]\n"
    "A simulated Proxmox VE API over TLS. Prints one line of JSON when it is ready: kind, url,\n"
    "port, fingerprint, ca_file, and one file per API token. Ends at SIGTERM or SIGINT.\n\n"
    "  --listen ADDRESS       IPv4 address to listen on (127.0.0.1)\n"
    "  --port N               port, 0 for any free one (0)\n"
    "  --seed oracle|demo     the cluster to show (demo); vault: a Proxmox Backup Server 4.2 instead\n"
    "  --nodes N, --guests N  generate that many nodes (to 64) and guests (to 10000) instead\n"
    "  --release 9.2|8.4      8.4 lacks the methods and parameters that came with 9 (9.2)\n"
    "  --state-dir DIR        for cert.pem and the token files (a temporary folder, removed at the end)\n"
    "  --cert FILE --key FILE certificate and key (a fresh self-signed one)\n"
    "  --token ID=SECRET      fixes the secret of the token USER@REALM!NAME; may be repeated\n"
    "  --auth-delay-ms N      how long a failed authentication takes (3000)\n"
    "  --latency-ms N         delay of every answer (0)\n"
    "  --fault PATH:KIND[:N]  drop (nothing was done), lost (done, no answer), half, garbage, null, 500, "
    "596\n"
    "                         or slow:MS for paths that begin with PATH (or \"POST /path\"), always or N "
    "times;\n"
    "                         may be repeated\n"
    "  --task TYPE:KIND[:N]   fail, warn, hang or slow for the next N tasks (or all) of that type, as "
    "qmstart,\n"
    "                         or * for any; may be repeated\n"
    "  --task-ms [TYPE:]N     how long tasks take (oracle 100, demo 1200); may be repeated\n"
    "  --task-line TYPE:TEXT  a line that tasks of a type log on their way; may be repeated\n"
    "  --ha-ms N              until the HA manager has done what was requested (4000)\n"
    "  --stale-ms N           how long /cluster/resources shows a guest's past state (3000)\n"
    "  --fresh-ms N           how long /cluster/resources knows no more than the number of a new guest (0)\n"
    "  --boot-ms N            how long a guest that was started has no agent and no address (0)\n"
    "  --offline NODE         this node, not pve1, does not answer; may be repeated\n"
    "  --without-ceph         the demo without its Ceph\n"
    "  --wrong-cert           serve a certificate for another name, not the one that is printed\n"
    "  --set /POINTER=JSON    changes the seed before it begins (times are relative there); may be repeated\n"
    "  --log-requests FILE    write each request there, one line of JSON: method, path, who, params\n"
    "  --exit-on-eof          end when standard input ends\n"
    "  --help                 this text\n";

static int number(const char *name, const char *text, uint64_t max, int *ret)
{
    uint64_t value = 0;

    if (sim_parse_uint(text, 10, max, &value) < 0) {
        fprintf(stderr, "proximo-sim: --%s wants a number from 0 to %d, not '%s'\n", name, (int)max, text);
        return -EINVAL;
    }
    *ret = (int)value;
    return 0;
}

static int add_fault(struct options *options, const char *spec)
{
    if (options->fault_count == LIST_MAX ||
        sim_fault_parse(spec, &options->faults[options->fault_count]) < 0) {
        fprintf(stderr,
                "proximo-sim: --fault '%s': want PATH:KIND[:COUNT], KIND one of drop, lost, half, garbage, "
                "null, 500, "
                "596, slow:MS\n",
                spec);
        return -EINVAL;
    }
    options->fault_count++;
    return 0;
}

static int add_trouble(struct options *options, const char *spec)
{
    if (options->trouble_count == LIST_MAX ||
        sim_trouble_parse(spec, &options->troubles[options->trouble_count]) < 0) {
        fprintf(stderr, "proximo-sim: --task '%s': want TYPE:fail|warn|hang|slow[:COUNT]\n", spec);
        return -EINVAL;
    }
    options->trouble_count++;
    return 0;
}

/* "1500", or "qmstart:1500" for one type. */
static int add_task_time(struct options *options, const char *spec)
{
    struct sim_task_time *time = &options->task_times[options->task_time_count];
    size_t n = strcspn(spec, ":");

    if (!spec[n])
        return number("task-ms", spec, 3600000, &options->task_ms);
    if (options->task_time_count == LIST_MAX || n >= sizeof time->type)
        return -EINVAL;
    (void)snprintf(time->type, sizeof time->type, "%.*s", (int)n, spec);
    options->task_time_count++;
    return number("task-ms", spec + n + 1, 3600000, &time->ms);
}

/* "vzrollback:Rolling back to snapshot: 50% complete..." */
static int add_task_line(struct options *options, const char *spec)
{
    struct sim_task_line *line = &options->task_lines[options->task_line_count];
    size_t n = strcspn(spec, ":");

    if (options->task_line_count == LIST_MAX || n == 0 || n >= sizeof line->type || !spec[n])
        return -EINVAL;
    (void)snprintf(line->type, sizeof line->type, "%.*s", (int)n, spec);
    line->text = spec + n + 1;
    options->task_line_count++;
    return 0;
}

static int add_set(struct options *options, const char *text)
{
    if (options->set_count == LIST_MAX || text[0] != '/' || !strchr(text, '=')) {
        fprintf(stderr, "proximo-sim: --set wants /POINTER=JSON\n");
        return -EINVAL;
    }
    options->sets[options->set_count++] = text;
    return 0;
}

static int add_token(struct options *options, const char *text)
{
    const char *bang = strchr(text, '!'), *equals = strchr(text, '=');

    if (options->token_count == LIST_MAX || !bang || !equals || equals < bang || !equals[1]) {
        fprintf(stderr, "proximo-sim: --token wants USER@REALM!NAME=SECRET\n");
        return -EINVAL;
    }
    options->tokens[options->token_count++] = text;
    return 0;
}

static int take(struct options *options, int option, const char *value)
{
    switch (option) {
    case OPT_LISTEN: options->listen = value; return 0;
    case OPT_PORT: return number("port", value, 65535, &options->port);
    case OPT_SEED: options->seed = value; return 0;
    case OPT_GUESTS: return number("guests", value, 10000, &options->guests);
    case OPT_NODES: return number("nodes", value, 64, &options->nodes);
    case OPT_RELEASE: options->release = value; return 0;
    case OPT_STATE_DIR: options->state_dir = value; return 0;
    case OPT_CERT: options->cert = value; return 0;
    case OPT_KEY: options->key = value; return 0;
    case OPT_TOKEN: return add_token(options, value);
    case OPT_SET: return add_set(options, value);
    case OPT_AUTH_DELAY: return number("auth-delay-ms", value, 60000, &options->auth_delay_ms);
    case OPT_LATENCY: return number("latency-ms", value, 60000, &options->latency_ms);
    case OPT_FAULT: return add_fault(options, value);
    case OPT_TASK: return add_trouble(options, value);
    case OPT_TASK_MS: return add_task_time(options, value);
    case OPT_TASK_LINE: return add_task_line(options, value);
    case OPT_HA_MS: return number("ha-ms", value, 600000, &options->ha_ms);
    case OPT_STALE_MS: return number("stale-ms", value, 600000, &options->stale_ms);
    case OPT_FRESH_MS: return number("fresh-ms", value, 600000, &options->fresh_ms);
    case OPT_BOOT_MS: return number("boot-ms", value, 600000, &options->boot_ms);
    case OPT_OFFLINE:
        if (options->offline_count == LIST_MAX)
            return -EINVAL;
        options->offline[options->offline_count++] = value;
        return 0;
    case OPT_WITHOUT_CEPH: options->without_ceph = true; return 0;
    case OPT_WRONG_CERT: options->wrong_cert = true; return 0;
    case OPT_LOG_REQUESTS: options->request_log = value; return 0;
    case OPT_EXIT_ON_EOF: options->exit_on_eof = true; return 0;
    default: return -EINVAL;
    }
}

/* Returns 0, 1 when help was asked for, or a negative error that has been told. */
static int parse(struct options *options, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(usage, stdout);
            return 1;
        }
        if (take(options, option, optarg) < 0)
            return -EINVAL;
    }
    if (optind < argc || (options->cert == NULL) != (options->key == NULL)) {
        fprintf(stderr, "proximo-sim: %s (see --help)\n",
                optind < argc ? "unexpected argument" : "--cert and --key go together");
        return -EINVAL;
    }
    return 0;
}

/* The certificate that is printed, and the one that is served: the same unless a wrong one is asked for. */
static int make_identity(const struct options *options, const char *cert_file, struct sim_identity *identity,
                         char *fingerprint, size_t size)
{
    int r = options->cert ? sim_identity_load(identity, options->cert, options->key)
                          : sim_identity_make(identity, NAMES);

    if (r < 0)
        return r;
    (void)snprintf(fingerprint, size, "%s", identity->fingerprint);
    if (!options->cert)
        r = sim_identity_save(identity, cert_file);
    if (r == 0 && options->wrong_cert) {
        sim_identity_done(identity);
        r = sim_identity_make(identity, WRONG_NAMES);
    }
    return r;
}

static void print_ready(struct sim *sim, const struct options *options, int port, const char *fingerprint,
                        const char *ca_file)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *line = json_object_new_object();
    struct json_object *tokens = json_object_new_object(), *ids = json_object_new_object();
    char url[128];

    (void)snprintf(url, sizeof url, "https://%s:%d/api2/json", options->listen, port);
    for (size_t i = 0; i < sim->secret_count; i++) {
        const char *base = strrchr(sim->secrets[i].file, '/') + 1;
        char name[128];

        (void)snprintf(name, sizeof name, "%.*s", (int)(strlen(base) - strlen(".token")), base);
        sim_set_str(tokens, name, sim->secrets[i].file);
        sim_set_str(ids, name, sim->secrets[i].id);
    }
    sim_set_str(line, "kind", sim->product->kind);
    sim_set_str(line, "url", url);
    sim_set_int(line, "port", port);
    sim_set_str(line, "fingerprint", fingerprint);
    sim_set_str(line, "ca_file", ca_file);
    sim_set(line, "tokens", tokens);
    sim_set(line, "token_ids", ids);
    puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    (void)fflush(stdout);
}

static void sim_done(struct sim *sim, bool remove_files)
{
    for (size_t i = 0; i < sim->secret_count; i++) {
        if (remove_files)
            (void)unlink(sim->secrets[i].file ? sim->secrets[i].file : "");
        OPENSSL_cleanse(sim->secrets[i].secret, strlen(sim->secrets[i].secret));
        free(sim->secrets[i].id);
        free(sim->secrets[i].secret);
        free(sim->secrets[i].file);
    }
    free(sim->secrets);
    sim_tasks_done(sim);
    json_object_put(sim->cache);
    json_object_put(sim->state);
}

/* SIGTERM and SIGINT as a descriptor, in this thread and all that it starts. */
static int stop_descriptor(void)
{
    sigset_t signals;
    int fd;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    fd = signalfd(-1, &signals, SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int serve(struct sim *sim, const struct options *options, const char *dir)
{
    struct sim_server server = {.sim = sim};
    struct sim_identity identity = {0};
    char cert_file[512], fingerprint[128];
    int stop, port = 0, r;

    if (snprintf(cert_file, sizeof cert_file, "%s/cert.pem", dir) >= (int)sizeof cert_file)
        return -ENAMETOOLONG;
    stop = stop_descriptor();
    if (stop < 0)
        return stop;
    r = make_identity(options, cert_file, &identity, fingerprint, sizeof fingerprint);
    if (r == 0)
        r = sim_tokens_make(sim, dir, options->tokens, options->token_count);
    if (r == 0)
        r = sim_server_start(&server, &identity, options->listen, options->port, &port);
    sim_identity_done(&identity);
    if (r == 0) {
        print_ready(sim, options, port, fingerprint, options->cert ? options->cert : cert_file);
        sim_server_wait(stop, options->exit_on_eof ? STDIN_FILENO : -1);
        sim_server_stop(&server);
    }
    close(stop);
    return r;
}

static int make_dir(const struct options *options, char *dir, size_t size)
{
    const char *base = getenv("TMPDIR");

    if (options->state_dir) {
        if (snprintf(dir, size, "%s", options->state_dir) >= (int)size)
            return -ENAMETOOLONG;
        return mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : 0;
    }
    if (snprintf(dir, size, "%s/proximo-sim.XXXXXX", base && *base ? base : "/tmp") >= (int)size)
        return -ENAMETOOLONG;
    return mkdtemp(dir) ? 0 : -errno;
}

int main(int argc, char **argv)
{
    struct options options = {.listen = "127.0.0.1",
                              .seed = "demo",
                              .release = "9.2",
                              .auth_delay_ms = 3000,
                              .task_ms = -1,
                              .ha_ms = 4000,
                              .stale_ms = 3000};
    struct sim sim = {.lock = PTHREAD_MUTEX_INITIALIZER, .product = &sim_pve};
    char dir[400], cert_file[512];
    int r = parse(&options, argc, argv);

    if (r != 0)
        return r > 0 ? 0 : 2;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)unsetenv("SSLKEYLOGFILE"); /* GnuTLS would write the keys of all connections there */
    sim.auth_delay_ms = options.auth_delay_ms;
    sim.latency_ms = options.latency_ms;
    sim.faults = options.faults;
    sim.fault_count = options.fault_count;
    sim.troubles = options.troubles;
    sim.trouble_count = options.trouble_count;
    sim.task_times = options.task_times;
    sim.task_time_count = options.task_time_count;
    sim.task_lines = options.task_lines;
    sim.task_line_count = options.task_line_count;
    sim.task_ms = options.task_ms;
    if (sim.task_ms < 0)
        sim.task_ms = strcmp(options.seed, "demo") == 0 ? 1200 : 100;
    sim.ha_ms = options.ha_ms;
    sim.stale_ms = options.stale_ms;
    sim.fresh_ms = options.fresh_ms;
    sim.boot_ms = options.boot_ms;
    sim.state = sim_state_new(options.seed, options.nodes, options.guests, options.sets, options.set_count);
    if (!sim.state) {
        fprintf(stderr,
                "proximo-sim: unknown seed '%s' (want oracle, demo or vault), or a --set that fits nowhere\n",
                options.seed);
        return 2;
    }
    sim.product = sim_product_of(sim.state);
    sim.node = sim.product->node;
    if (strcmp(options.seed, "demo") == 0 && options.nodes == 0 && !options.without_ceph)
        sim_ceph_add(sim.state);
    for (size_t i = 0; i < options.offline_count; i++) {
        if (sim_node_switch_off(&sim, options.offline[i]) < 0) {
            fprintf(stderr, "proximo-sim: --offline %s: not another node of the cluster\n",
                    options.offline[i]);
            return 2;
        }
    }
    if (sim_release_set(&sim, options.release) < 0) {
        fprintf(stderr, "proximo-sim: --release wants 9.2 or 8.4, not '%s'\n", options.release);
        json_object_put(sim.state);
        return 2;
    }
    sim_ha_begin(&sim);
    r = make_dir(&options, dir, sizeof dir);
    if (r == 0 && options.request_log)
        r = sim_request_log_open(&sim, options.request_log);
    if (r == 0)
        r = RAND_bytes(sim.ticket_key, sizeof sim.ticket_key) == 1 ? serve(&sim, &options, dir) : -EIO;
    if (r < 0)
        fprintf(stderr, "proximo-sim: cannot start: %s\n", strerror(-r));
    sim_request_log_close(&sim);
    sim_done(&sim, !options.state_dir);
    if (!options.state_dir &&
        snprintf(cert_file, sizeof cert_file, "%s/cert.pem", dir) < (int)sizeof cert_file) {
        (void)unlink(cert_file);
        (void)rmdir(dir);
    }
    for (size_t i = 0; i < options.fault_count; i++)
        free(options.faults[i].prefix);
    return r < 0 ? 1 : 0;
}
