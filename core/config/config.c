/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: which files there are, who may change them, and the order of the sources. */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "config/build.h"
#include "config/isolation.h"
#include "config/yaml_tree.h"

/* ---------------------------------------------------------------- freeing and finding */

static void site_done(struct config_site *site)
{
    for (size_t i = 0; i < site->endpoint_count; i++)
        config_endpoint_done(&site->endpoints[i]);
    free(site->endpoints);
    free(site->name);
    free(site->token_file);
    free(site->node);
    strings_done(&site->operator_addresses);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->site_count; i++)
        site_done(&config->sites[i]);
    for (size_t i = 0; i < config->plane_count; i++) {
        free(config->planes[i].name);
        free(config->planes[i].file);
        free(config->planes[i].sha256);
        free(config->planes[i].section_json);
        strings_done(&config->planes[i].endpoints);
        strings_done(&config->planes[i].programs);
        strings_done(&config->planes[i].look_inside);
        strings_done(&config->planes[i].material);
    }
    for (size_t i = 0; i < config->origin_count; i++) {
        free(config->origins[i].path);
        free(config->origins[i].value);
        free(config->origins[i].origin);
    }
    isolation_free(config);
    for (size_t i = 0; i < config->trust.rule_count; i++)
        free(config->trust.rules[i].classes);
    free(config->trust.rules);
    strings_done(&config->trust.secret_dirs);
    strings_done(&config->allow);
    strings_done(&config->deny);
    strings_done(&config->class_per_hour);
    char *const texts[] = {config->a2a.host,
                           config->a2a.allowed_hosts,
                           config->a2a.token_file,
                           config->a2a.bearer,
                           config->a2a.url,
                           config->a2a.signing_key_file,
                           config->trust.approver_key,
                           config->ledger.file,
                           config->ledger.key_file,
                           config->ledger.signing_key_file,
                           config->ledger.expected_head,
                           config->ledger.anchor.file,
                           config->ledger.anchor.url_token_file,
                           config->ledger.anchor.witness_key,
                           config->plane_dir,
                           config->state_dir,
                           config->file,
                           config->hash_text};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    config_endpoint_done(&config->ledger.anchor.url);
    config_endpoint_done(&config->ledger.anchor.syslog);
    free(config->sites);
    free(config->planes);
    free(config->origins);
    free(config);
}

const struct config_site *config_site_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->site_count; i++) {
        if (strcmp(config->sites[i].name, name) == 0)
            return &config->sites[i];
    }
    return NULL;
}

const struct config_plane *config_plane_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->plane_count; i++) {
        if (strcmp(config->planes[i].name, name) == 0)
            return &config->planes[i];
    }
    return NULL;
}

const char *config_named(const struct config_strings *named, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < named->count; i++)
        if (strncmp(named->items[i], name, len) == 0 && named->items[i][len] == '=')
            return named->items[i] + len + 1;
    return NULL;
}

enum config_mode config_plane_mode(const struct config *config, const struct config_plane *plane)
{
    return plane && plane->mode < config->mode ? plane->mode : config->mode;
}

const char *config_mode_name(enum config_mode mode)
{
    static const char *const names[] = {
        [CONFIG_OFF] = "off", [CONFIG_READ] = "read", [CONFIG_GUARDED] = "guarded"};

    return names[mode];
}

const char *config_isolation_name(const struct config *config)
{
    return config->isolation == CONFIG_ISOLATED ? "isolated" : "same user: advisory";
}

const char *config_consent_name(enum config_consent consent)
{
    static const char *const names[] = {[CONFIG_CONSENT_PLAN] = "plan",
                                        [CONFIG_CONSENT_HUMAN] = "human",
                                        [CONFIG_CONSENT_APPROVER] = "approver"};

    return names[consent];
}

/* ---------------------------------------------------------------- files */

/* The folder of path, for relative paths in it. malloc'd. */
static char *folder_of(const char *path)
{
    CLEANUP_FREE char *real = realpath(path, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;

    if (!slash)
        return NULL;
    return slash == real ? strdup("/") : strndup(real, (size_t)(slash - real));
}

/* A configuration that anyone can write is no configuration. */
static int check_owner(int fd, const char *path, struct problem *p)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return problem_set(p, -errno, PX_CONFIG, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return problem_set(p, -EINVAL, PX_CONFIG, "%s: not a regular file", path);
    if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & S_IWOTH)) {
        (void)problem_set(p, -EPERM, PX_CONFIG, "%s: %s", path,
                          st.st_mode & S_IWOTH ? "anyone can write to it" : "it belongs to another user");
        problem_next(p, "chown %u '%s' && chmod 600 '%s'", (unsigned)geteuid(), path, path);
        return -EPERM;
    }
    return 0;
}

/* 1: read, 0: there is none, negative: p. */
static int read_file(struct build *b, const char *path)
{
    CLEANUP_BUF struct buf text = BUF_INIT(YAML_TEXT_LIMIT);
    CLEANUP_FREE char *folder = NULL;
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? 0
                   : problem_set(b->p, -errno, PX_CONFIG, "%s: %s", path, strerror(errno));
    int r = check_owner(fd, path, b->p);
    if (r < 0)
        return r;
    r = fd_read_all(fd, &text);
    if (r < 0)
        return problem_set(b->p, r, PX_CONFIG, "%s: %s", path,
                           r == -EFBIG ? "larger than 1 MiB" : strerror(-r));
    folder = folder_of(path);
    r = build_from_yaml(b, path, folder, text.data ? text.data : "", text.len);
    return r < 0 ? r : 1;
}

/* The path of the user's file when none is named. malloc'd. */
static char *default_file(char *const *environment)
{
    const char *base = environment_value(environment, "XDG_CONFIG_HOME");
    char *path = NULL;

    if (base && base[0] == '/')
        return asprintf(&path, "%s/proximo/proximo.yaml", base) < 0 ? NULL : path;
    return file_expand_home("~/.config/proximo/proximo.yaml");
}

static int read_user_file(struct build *b, const struct config_options *options, char *const *environment)
{
    const char *named = options->file;
    const char *by = "--config";

    if (!named && !options->no_environment) {
        named = environment_value(environment, "PROXIMO_CONFIG");
        by = "PROXIMO_CONFIG";
    }
    if (!named && options->no_environment)
        return 0; /* where the user's file is is a matter of the environment as well */
    CLEANUP_FREE char *path = named ? file_expand_home(named) : default_file(environment);
    if (!path)
        return problem_set(b->p, -ENOMEM, PX_INTERNAL, "no memory");
    int r = read_file(b, path);
    if (r < 0)
        return r;
    if (r == 0 && named) {
        (void)problem_set(b->p, -ENOENT, PX_CONFIG, "%s %s: there is no such file", by, path);
        problem_next(b->p, "correct the path, or write the file with `proximo init --config %s`", path);
        return -ENOENT;
    }
    if (r > 0 && !(b->config->file = strdup(path)))
        return problem_set(b->p, -ENOMEM, PX_INTERNAL, "no memory");
    return 0;
}

/* ---------------------------------------------------------------- the command line */

static int keep_site(struct build *b, const char *name)
{
    struct config *config = b->config;
    size_t found = config->site_count;

    for (size_t i = 0; i < config->site_count; i++) {
        if (strcmp(config->sites[i].name, name) == 0)
            found = i;
    }
    if (found == config->site_count) {
        CLEANUP_BUF struct buf names = BUF_INIT(4096);
        for (size_t i = 0; i < config->site_count; i++)
            buf_printf(&names, "%s%s", i ? ", " : "", config->sites[i].name);
        (void)problem_set(b->p, -ENOENT, PX_SITE, "--site: the configuration has no site \"%.64s\"", name);
        if (names.len && buf_ok(&names))
            problem_valid(b->p, "%s", names.data);
        else
            problem_next(b->p, "add a site with `proximo init`");
        return -ENOENT;
    }
    /* The kept one goes to the front, the rest is freed. */
    const struct config_site kept = config->sites[found];
    config->sites[found] = config->sites[0];
    config->sites[0] = kept;
    const struct build_site beside = b->sites[found];
    b->sites[found] = b->sites[0];
    b->sites[0] = beside;
    while (config->site_count > 1) {
        config->site_count--;
        site_done(&config->sites[config->site_count]);
        config_endpoint_done(&b->sites[config->site_count].endpoint);
        free(b->sites[config->site_count].place);
    }
    return 0;
}

static int read_command_line(struct build *b, const struct config_options *options)
{
    const struct {
        const char *path, *place, *value;
    } given[] = {{"mode", "command line --mode", options->mode},
                 {"surface", "command line --surface", options->surface}};
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof given / sizeof given[0]; i++) {
        if (given[i].value)
            r = build_set_text(b, schema_at(given[i].path), b->config, given[i].path, given[i].value,
                               given[i].place, given[i].place);
    }
    return r;
}

/* ---------------------------------------------------------------- loading */

/* rules -1: found out from its permissions; otherwise taken as it is. */
static int read_system_file(struct build *b, const char *path, int rules)
{
    bool ruling = rules > 0;

    b->reading_ruler = true;
    int r = read_file(b, path);
    b->reading_ruler = false;
    if (r < 0)
        return r;
    if (rules < 0 && isolation_rules(b->config, path, r > 0, &ruling) < 0)
        return problem_set(b->p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r > 0 && ruling)
        b->ruler = path;
    return 0;
}

static int find_isolation(struct build *b, int rules)
{
    if (rules >= 0) {
        b->config->isolation = b->ruler ? CONFIG_ISOLATED : CONFIG_SAME_USER;
        return 0;
    }
    return isolation_paths(b->config, b->ruler != NULL) < 0
               ? problem_set(b->p, -ENOMEM, PX_INTERNAL, "no memory")
               : 0;
}

static int end_build(struct build *b, int r, struct config **ret)
{
    build_done(b);
    if (r < 0) {
        config_free(b->config);
        return r;
    }
    *ret = b->config;
    return 0;
}

int config_load_with(const struct config_options *options, const char *system_file, int rules,
                     struct config **ret, struct problem *p)
{
    char *const *environment = options->environment ? options->environment : environ;
    struct build b;

    int r = build_init(&b, p);
    if (!b.config)
        return r;
    if (r == 0 && !options->no_system_file)
        r = read_system_file(&b, system_file, rules);
    if (r == 0)
        r = read_user_file(&b, options, environment);
    if (r == 0 && !options->no_environment)
        r = build_from_environment(&b, environment);
    if (r == 0)
        r = read_command_line(&b, options);
    if (r == 0)
        r = build_finish(&b);
    if (r == 0 && options->site)
        r = keep_site(&b, options->site);
    if (r == 0 && !options->no_system_file)
        r = find_isolation(&b, rules);
    if (r == 0)
        r = build_describe(&b);
    return end_build(&b, r, ret);
}

int config_load(const struct config_options *options, struct config **ret, struct problem *p)
{
    return config_load_with(options, SYSTEM_FILE, -1, ret, p);
}

int config_load_text(const char *name, const char *yaml, size_t len, struct config **ret, struct problem *p)
{
    struct build b;

    int r = build_init(&b, p);
    if (!b.config)
        return r;
    if (r == 0)
        r = build_from_yaml(&b, name, NULL, yaml, len);
    if (r == 0)
        r = build_finish(&b);
    if (r == 0)
        r = build_describe(&b);
    return end_build(&b, r, ret);
}
