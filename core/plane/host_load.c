/* SPDX-License-Identifier: Apache-2.0 */
/* A plane's life in its host but for its calls: dlopen, descriptor, manifest, open, ready, stop, close. Main
 * thread. */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "plane/host.h"
#include "plane/manifest.h"

#define FEATURES_KNOWN                                                                                       \
    (PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_EXECUTORS |                           \
     PROXIMO_FEATURE_RESOURCES | PROXIMO_FEATURE_CLIENT)
#define STRUCT_MOST 4096u /* bytes of any struct of a plane; far above all of today's */

static void stage(uint32_t plane, uint32_t type)
{
    host_send(&(struct message_head){.type = type, .seq = plane}, NULL, 0);
}

int struct_copy(void *into, size_t our_size, const void *from)
{
    uint32_t size;

    memcpy(&size, from, sizeof(size));
    if (size < 8 || size > STRUCT_MOST)
        return -EINVAL;
    memset(into, 0, our_size);
    memcpy(into, from, size < our_size ? size : our_size);
    return 0;
}

int host_row(const struct proximo_table *table, uint32_t index, void *into, size_t size)
{
    const char *rows = table->rows;
    uint32_t stride = 0;

    if (!rows || index >= table->count)
        return -EINVAL;
    memcpy(&stride, rows, sizeof(stride));
    return struct_copy(into, size, rows + (size_t)stride * index);
}

/* Constructors run in here. The descriptor that was checked is the one that is loaded, never the path. */
void host_load_all(void)
{
    for (uint32_t i = 0; i < host.plane_count; i++) {
        struct host_plane *plane = &host.planes[i];
        char path[64];
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", plane->fd);
        stage(i, MESSAGE_LOADING);
        host_current_plane = plane;
        plane->dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!plane->dl) {
            const char *why = dlerror();
            (void)snprintf(plane->dl_error, sizeof(plane->dl_error), "%s", why ? why : "unknown error");
        }
        host_current_plane = NULL;
    }
    for (uint32_t i = 0; i < host.plane_count; i++) {
        (void)close(host.planes[i].fd);
        host.planes[i].fd = -1;
    }
}

/*
 * Reads magic, size and version at their eternal offsets, and nothing else before these fit. A version that
 * differs is the whole message: the rest of such a struct means nothing to us.
 */
int host_descriptor_check(const void *raw, const char *expected_name, struct proximo_plane *ret,
                          struct problem *p)
{
    uint64_t magic, features;
    uint32_t size;
    uint16_t major, minor;
    const char *bytes = raw;

    memcpy(&magic, bytes + offsetof(struct proximo_plane, magic), sizeof(magic));
    if (magic != PROXIMO_PLANE_MAGIC) {
        int r = problem_set(p, -EINVAL, PX_PLANE,
                            "not a plane: its descriptor begins with %016" PRIx64 ", not %016" PRIx64, magic,
                            PROXIMO_PLANE_MAGIC);
        problem_next(p, "Check that the file is a plane made with PROXIMO_PLANE_HEAD of proximo/plane.h.");
        return r;
    }
    memcpy(&size, bytes + offsetof(struct proximo_plane, struct_size), sizeof(size));
    memcpy(&major, bytes + offsetof(struct proximo_plane, abi_major), sizeof(major));
    memcpy(&minor, bytes + offsetof(struct proximo_plane, abi_minor), sizeof(minor));
    if (major != PROXIMO_ABI_MAJOR) {
        int r = problem_set(p, -EINVAL, PX_PLANE, "built for plane ABI %u.%u; this program has %d.%d", major,
                            minor, PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
        problem_next(p, "Build the plane against this program's proximo/plane.h.");
        return r;
    }
    if (size < offsetof(struct proximo_plane, open) || size > STRUCT_MOST)
        return problem_set(p, -EINVAL, PX_PLANE,
                           "its descriptor says it has %u bytes; between %zu and %u make sense", size,
                           offsetof(struct proximo_plane, open), STRUCT_MOST);
    memcpy(&features, bytes + offsetof(struct proximo_plane, features_required), sizeof(features));
    if (features & ~FEATURES_KNOWN) {
        int r = problem_set(p, -EINVAL, PX_PLANE,
                            "built for plane ABI %u.%u and needs features %#" PRIx64
                            " that this program (ABI %d.%d) lacks",
                            major, minor, features & ~FEATURES_KNOWN, PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
        problem_next(p, "Install a newer proximo, or a version of the plane for ABI %d.%d.",
                     PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
        return r;
    }
    memset(ret, 0, sizeof(*ret));
    memcpy(ret, raw, size < sizeof(*ret) ? size : sizeof(*ret));
    if (ret->threading != PROXIMO_SERIAL && ret->threading != PROXIMO_PARALLEL)
        return problem_set(p, -EINVAL, PX_PLANE,
                           "its descriptor lacks `threading`: PROXIMO_SERIAL or PROXIMO_PARALLEL");
    const struct {
        const char *what, *value;
    } texts[] = {
        {"name", ret->name}, {"version", ret->version}, {"licence", ret->licence}, {"summary", ret->summary}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!texts[i].value)
            return problem_set(p, -EINVAL, PX_PLANE, "its descriptor lacks `%s`", texts[i].what);
    if (*expected_name && strcmp(expected_name, ret->name) != 0) {
        int r =
            problem_set(p, -EINVAL, PX_CONFIG, "it calls itself \"%.40s\", the configuration calls it \"%s\"",
                        ret->name, expected_name);
        problem_next(p, "Use the plane's own name in the configuration.");
        return r;
    }
    return 0;
}

static int read_descriptor(struct host_plane *plane, struct buf *manifest, struct problem *p)
{
    if (!plane->dl)
        return problem_set(p, -EINVAL, PX_PLANE, "it cannot be loaded: %s", plane->dl_error);
    void *symbol = dlsym(plane->dl, PROXIMO_PLANE_ENTRY);
    if (!symbol) {
        int r = problem_set(p, -EINVAL, PX_PLANE, "it does not export %s", PROXIMO_PLANE_ENTRY);
        problem_next(p, "A plane ends with PROXIMO_PLANE(descriptor) of proximo/plane.h.");
        return r;
    }
    proximo_plane_entry_fn entry;
    memcpy(&entry, &symbol, sizeof(entry)); /* POSIX: a function's address as dlsym gives it */
    const struct proximo_plane *raw = entry(PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
    if (!raw)
        return problem_set(p, -EINVAL, PX_PLANE, "it declines to work with plane ABI %d.%d",
                           PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
    int r = host_descriptor_check(raw, plane->name, &plane->plane, p);
    return r < 0 ? r : manifest_write(&plane->plane, manifest, p);
}

void host_read_descriptors(void)
{
    for (uint32_t i = 0; i < host.plane_count; i++) {
        struct buf manifest CLEANUP_BUF = BUF_INIT(MANIFEST_LIMIT);
        struct problem p = PROBLEM_INIT;
        stage(i, MESSAGE_OPENING);
        host_current_plane = &host.planes[i];
        int r = read_descriptor(&host.planes[i], &manifest, &p);
        host_current_plane = NULL;
        if (r < 0) {
            host_refuse(i, &p);
            continue;
        }
        host.planes[i].accepted = true;
        host_send(&(struct message_head){.type = MESSAGE_MANIFEST, .seq = i}, manifest.data, manifest.len);
    }
}

void host_open(uint32_t index, const char *config_json, size_t len)
{
    struct host_plane *plane = &host.planes[index];
    struct problem p = PROBLEM_INIT;
    int32_t r = 0;

    if (!plane->accepted || plane->opened)
        return;
    plane->config_json = calloc(1, len + 1);
    if (!plane->config_json)
        _exit(1);
    memcpy(plane->config_json, config_json, len);
    stage(index, MESSAGE_OPENING);
    host_current_plane = plane;
    const char *what = "open";
    if (plane->plane.open)
        r = plane->plane.open(&host_table, &plane->instance);
    if (r == 0 && plane->plane.ready) {
        what = "ready";
        r = plane->plane.ready(plane->instance);
    }
    host_current_plane = NULL;
    if (r != 0) {
        (void)problem_set(&p, -EINVAL, PX_PLANE, "its %s() failed with code %d", what, r);
        problem_next(&p, "Its own log lines above say why.");
        host_refuse(index, &p);
        return;
    }
    plane->opened = true;
    stage(index, MESSAGE_OPENED);
}

/* Never dlclose: mappings, thread-local data and exit handlers of libraries stay valid to the end. */
void host_close_all(void)
{
    for (uint32_t i = 0; i < host.plane_count; i++) {
        struct host_plane *plane = &host.planes[i];
        if (!plane->opened)
            continue;
        host_current_plane = plane;
        if (plane->plane.stop)
            plane->plane.stop(plane->instance);
        if (plane->plane.close)
            plane->plane.close(plane->instance);
        host_current_plane = NULL;
    }
}
