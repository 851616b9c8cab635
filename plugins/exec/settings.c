/* SPDX-License-Identifier: Apache-2.0 */
/* The plane's own section of the configuration, and the back end that it chooses. */
#include <stdlib.h>

#include "exec.h"

#define OUTPUT_DEFAULT_KIB 256

const char exec_config_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"backend\":{\"type\":\"string\",\"enum\":[\"libssh2\",\"openssh\",\"local\"]},"
    "\"user\":{\"type\":\"string\"},"
    "\"identity\":{\"type\":\"string\"},"
    "\"hostkeys\":{\"type\":\"object\"},"
    "\"ct\":{\"type\":\"array\"},"
    "\"vm\":{\"type\":\"array\"},"
    "\"idle\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":3600},"
    "\"output_kib\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":4096}}}";

static const struct backend *const backends[] = {&backend_libssh2, &backend_openssh, &backend_local};

static const struct backend *backend_named(const char *name)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}

static int64_t number_of(struct json_object *section, const char *key, int64_t otherwise)
{
    struct json_object *value = member_of(section, key);
    return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : otherwise;
}

/* An option that begins like one, or a name with a space, must not reach a command line. */
static bool is_user(const char *text)
{
    return *text && *text != '-' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] == '\0';
}

static bool is_fingerprint(const char *text)
{
    return text && strncmp(text, "SHA256:", 7) == 0 && strlen(text) == 7 + 43;
}

static int32_t refuse(const struct proximo_host *host, const char *key, const char *why)
{
    host->log(NULL, PROXIMO_LOG_ERROR, "planes.exec.config.%s: %s", key, why);
    return PROXIMO_EINVAL;
}

static int32_t open_node(struct exec_plane *plane, struct backend_settings settings, const char *name,
                         const char *hostkey)
{
    struct exec_node *node = &plane->nodes[plane->node_count];

    settings.hostkey = hostkey;
    if (name && !(node->name = strdup(name)))
        return PROXIMO_ENOMEM;
    int32_t r = plane->backend->open(plane->base.host, &settings, &node->state);
    if (r < 0) {
        free(node->name);
        node->name = NULL;
    } else {
        plane->node_count++;
    }
    return r;
}

/* All of them now: a library is initialised before threads are there, and never again. */
static int32_t open_nodes(struct exec_plane *plane, const struct backend_settings *settings)
{
    struct json_object *hostkeys = member_of(plane->section, "hostkeys");
    size_t count = hostkeys ? (size_t)json_object_object_length(hostkeys) : 0;

    plane->nodes = calloc(count + 1, sizeof(*plane->nodes));
    if (!plane->nodes)
        return PROXIMO_ENOMEM;
    if (hostkeys) {
        json_object_object_foreach(hostkeys, name, value)
        {
            const char *hostkey = json_object_get_string(value);
            int32_t r = is_fingerprint(hostkey)
                            ? open_node(plane, *settings, name, hostkey)
                            : refuse(plane->base.host, "hostkeys",
                                     "a host key is SHA256: and 43 characters, as `ssh-keygen -lf` shows it");
            if (r < 0)
                return r;
        }
    }
    return open_node(plane, *settings, NULL, NULL);
}

static int32_t read_settings(struct exec_plane *plane)
{
    const struct proximo_host *host = plane->base.host;
    struct json_object *section = plane->section;
    const char *name = member_text(section, "backend"), *wrong = "";
    struct backend_settings settings = {
        .user = member_text(section, "user"),
        .identity = member_text(section, "identity"),
        .idle_ms = number_of(section, "idle", 60) * 1000,
    };

    settings.user = settings.user ? settings.user : "root";
    plane->output_limit = (uint64_t)number_of(section, "output_kib", OUTPUT_DEFAULT_KIB) << 10;
    plane->backend = backend_named(name ? name : "libssh2");
    if (!plane->backend)
        return refuse(host, "backend", "there is no such back end");
    if (!is_user(settings.user))
        return refuse(host, "user", "that is no user's name");
    if (settings.identity && !is_fingerprint(settings.identity))
        return refuse(host, "identity",
                      "it is the fingerprint of a key in the agent: SHA256: and 43 characters");
    if (allow_read(member_of(section, "ct"), &plane->ct, &wrong) < 0 ||
        allow_read(member_of(section, "vm"), &plane->vm, &wrong) < 0) {
        host->log(
            NULL, PROXIMO_LOG_ERROR,
            "planes.exec.config: \"%.80s\" is no entry of an allow-list; 105, 200-210, tag:web and * are",
            wrong);
        return PROXIMO_EINVAL;
    }
    return open_nodes(plane, &settings);
}

int32_t exec_open(const struct proximo_host *host, void **ret_instance)
{
    struct exec_plane *plane = calloc(1, sizeof(*plane));
    struct proximo_text section = {0};

    if (!plane)
        return PROXIMO_ENOMEM;
    plane->base.host = host;
    if (host->config(&section) == PROXIMO_OK && section.len)
        plane->section = json_of(section);
    int32_t r = read_settings(plane);
    if (r < 0)
        exec_close(plane);
    else
        *ret_instance = plane;
    return r;
}

void exec_close(void *instance)
{
    struct exec_plane *plane = instance;

    if (!plane)
        return;
    for (uint32_t i = 0; i < plane->node_count; i++) {
        plane->backend->close(plane->nodes[i].state);
        free(plane->nodes[i].name);
    }
    free(plane->nodes);
    allow_done(&plane->ct);
    allow_done(&plane->vm);
    json_object_put(plane->section);
    free(plane);
}
