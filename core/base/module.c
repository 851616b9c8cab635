/* SPDX-License-Identifier: Apache-2.0 */
/* The core's own modules: found beside the executable or in the installed folder, opened once, never closed.
 */
#include "base/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/problem.h"

#define MODULES_MAX 8

static struct {
    char name[32];
    const void *table;
} loaded[MODULES_MAX];
static size_t loaded_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const void *find_loaded(const char *name)
{
    for (size_t i = 0; i < loaded_count; i++) {
        if (strcmp(loaded[i].name, name) == 0)
            return loaded[i].table;
    }
    return NULL;
}

/*
 * The places, in order: the folder of the executable (build tree), the installed folder, and for a test
 * program of the build tree (<build>/tests/bin) the build folder.
 */
static int find_file(const char *name, char path[PATH_MAX])
{
    static const char tests[] = "/tests/bin";
    const char *dir = file_program_dir();
    size_t dir_len = dir ? strlen(dir) : 0, tail = sizeof tests - 1;

    if (!dir)
        return -ENOENT;
    for (int place = 0; place < 3; place++) {
        int n = 0;
        if (place == 0)
            n = snprintf(path, PATH_MAX, "%s/proximo-%s.so", dir, name);
        else if (place == 1 && PROXIMO_MODULE_DIR[0] == '/')
            n = snprintf(path, PATH_MAX, "%s/proximo-%s.so", PROXIMO_MODULE_DIR, name);
        else if (place == 1)
            n = snprintf(path, PATH_MAX, "%s/../%s/proximo-%s.so", dir, PROXIMO_MODULE_DIR, name);
        else if (dir_len > tail && strcmp(dir + dir_len - tail, tests) == 0)
            n = snprintf(path, PATH_MAX, "%.*s/proximo-%s.so", (int)(dir_len - tail), dir, name);
        if (n > 0 && n < PATH_MAX && access(path, R_OK) == 0)
            return 0;
    }
    return -ENOENT;
}

static const void *open_module(const char *name, unsigned version, struct problem *p)
{
    char path[PATH_MAX], symbol[64];
    uint32_t has;

    if (find_file(name, path) < 0) {
        (void)problem_set(p, -ENOENT, PX_INTERNAL,
                          "the module proximo-%s.so is not installed beside this program", name);
        problem_next(p, "install proximo whole (cmake --install), or run it from its build folder");
        return NULL;
    }
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        (void)problem_set(p, -ELIBACC, PX_INTERNAL, "module %s cannot be loaded: %s", path, why ? why : "?");
        problem_next(p, "install the libraries it needs, of the versions it was built with");
        return NULL;
    }
    (void)snprintf(symbol, sizeof symbol, "proximo_module_%s", name);
    void *found = dlsym(handle, symbol);
    const void *(*entry)(void) = NULL;
    memcpy(&entry, &found, sizeof entry); /* ISO C has no cast from object to function pointer */
    const void *table = found ? entry() : NULL;
    if (table)
        memcpy(&has, table, sizeof has);
    if (!table || has != version) {
        (void)problem_set(p, -ELIBBAD, PX_INTERNAL, "module %s is of another version than this program",
                          path);
        problem_next(p, "install program and modules from the same build");
        return NULL;
    }
    return table;
}

const void *module_load(const char *name, unsigned version, struct problem *p)
{
    (void)pthread_mutex_lock(&lock);
    const void *table = find_loaded(name);
    if (!table && loaded_count == MODULES_MAX)
        (void)problem_set(p, -ENOMEM, PX_INTERNAL, "too many modules");
    else if (!table && (table = open_module(name, version, p)) != NULL) {
        (void)snprintf(loaded[loaded_count].name, sizeof loaded[0].name, "%s", name);
        loaded[loaded_count++].table = table;
    }
    (void)pthread_mutex_unlock(&lock);
    return table;
}
