/* SPDX-License-Identifier: Apache-2.0 */
/* Starting, configuring and reaching past: the cluster's side of the road. */
#include "road.h"

#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define WORDS_MOST 64
#define TEXT_LIMIT ((size_t)64 << 20)

/* The simulator of a Backup Server says so in its line. */
static bool is_pbs(const struct road *road)
{
    const char *kind = simulator_value(&road->sim, "kind");

    return kind && strcmp(kind, "pbs") == 0;
}

void road_configure(struct road *road, const char *mode, const char *yaml)
{
    struct buf text CLEANUP_BUF = BUF_INIT(65536);
    const char *url = simulator_value(&road->sim, "url");
    const char *path = url ? strstr(url, "/api2/") : NULL;

    assert_non_null(path);
    buf_printf(&text, "mode: %s\nstate_dir: %s\n", mode, road->state);
    buf_printf(&text,
               "sites:\n  lab:\n    kind: %s\n    url: %.*s\n    fingerprint: \"%s\"\n    token_file: %s\n",
               is_pbs(road) ? "pbs" : "pve", (int)(path - url), url,
               simulator_value(&road->sim, "fingerprint"), simulator_value(&road->sim, road->token));
    buf_str(&text, yaml);
    assert_true(buf_ok(&text));
    assert_int_equal(file_write_atomic(road->config, text.data, text.len, 0600), 0);
}

void road_token(struct road *road, const char *token)
{
    road->token = token;
    road_configure(road, "guarded", "");
}

void road_start(struct road *road, const char *const *sim, const char *yaml)
{
    const char *words[WORDS_MOST] = {"--state-dir"};
    static char folder[96];
    size_t count = 2;

    memset(road, 0, sizeof(*road));
    (void)snprintf(road->dir, sizeof(road->dir), "/tmp/proximo-road.XXXXXX");
    assert_non_null(mkdtemp(road->dir));
    (void)snprintf(road->config, sizeof(road->config), "%s/proximo.yaml", road->dir);
    (void)snprintf(road->state, sizeof(road->state), "%s/state", road->dir);
    (void)snprintf(folder, sizeof(folder), "%s/sim", road->dir);
    words[1] = folder;
    for (; sim && *sim && count + 1 < WORDS_MOST; sim++)
        words[count++] = *sim;
    words[count] = NULL;
    assert_int_equal(simulator_start(&road->sim, words), 0);
    road->token = "tokens/root";
    road_configure(road, "guarded", yaml);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void road_stop(struct road *road)
{
    simulator_stop(&road->sim);
    (void)nftw(road->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- past the server */

static size_t take(char *bytes, size_t size, size_t count, void *arg)
{
    buf_add(arg, bytes, size * count);
    return size * count;
}

static void token_header(struct road *road, char *ret, size_t size)
{
    struct buf token CLEANUP_BUF = BUF_INIT(4096);

    assert_int_equal(file_read(simulator_value(&road->sim, "tokens/root"), &token), 0);
    token.data[strcspn(token.data, "\r\n")] = '\0';
    (void)snprintf(ret, size, "Authorization: %s=%s", is_pbs(road) ? "PBSAPIToken" : "PVEAPIToken",
                   token.data);
}

int road_api(struct road *road, const char *method, const char *path, const char *form,
             struct json_object **ret_data)
{
    struct buf body CLEANUP_BUF = BUF_INIT(TEXT_LIMIT);
    char url[1024], header[512];
    const bool query = strcmp(method, "PUT") != 0 && strcmp(method, "POST") != 0;
    long status = 0;
    CURL *curl = curl_easy_init();

    assert_non_null(curl);
    token_header(road, header, sizeof(header));
    (void)snprintf(url, sizeof(url), "%s%s%s%s", simulator_value(&road->sim, "url"), path,
                   query && form ? "?" : "", query && form ? form : "");
    struct curl_slist *headers = curl_slist_append(NULL, header);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CAINFO, simulator_value(&road->sim, "ca_file"));
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    if (!query)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form ? form : "");
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (ret_data) {
        struct json_object *root = json_tokener_parse(body.data ? body.data : "{}"), *data = NULL;
        (void)json_object_object_get_ex(root, "data", &data);
        *ret_data = json_object_get(data);
        json_object_put(root);
    }
    return (int)status;
}

const char *road_state(struct road *road, const char *kind, const char *node, int vmid)
{
    static char state[32];
    struct json_object *data = NULL;
    char path[128];

    (void)snprintf(path, sizeof(path), "/nodes/%s/%s/%d/status/current", node, kind, vmid);
    assert_int_equal(road_api(road, "GET", path, NULL, &data), 200);
    (void)snprintf(state, sizeof(state), "%s", at(data, "/status"));
    json_object_put(data);
    return state;
}

bool road_has(struct road *road, const char *path, const char *words)
{
    struct json_object *data = NULL;

    assert_int_equal(road_api(road, "GET", path, NULL, &data), 200);
    const bool has = strstr(json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN), words) != NULL;
    json_object_put(data);
    return has;
}

/* ---- commands */

int road_command(struct road *road, char **ret, const char *const *words)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    struct buf text CLEANUP_BUF = BUF_INIT(TEXT_LIMIT);
    char program[512], home[96], *argv[WORDS_MOST];
    char *environment[] = {home, NULL};
    posix_spawn_file_actions_t actions;
    size_t count = 1;
    int out[2], status = 0;
    pid_t pid;

    (void)snprintf(program, sizeof(program), "%s/proximo", build ? build : ".");
    (void)snprintf(home, sizeof(home), "HOME=%s", road->dir);
    argv[0] = program;
    for (; words[count - 1] && count + 1 < WORDS_MOST; count++)
        argv[count] = (char *)(uintptr_t)words[count - 1];
    argv[count] = NULL;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], 2);
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    assert_int_equal(fd_read_all(out[0], &text), 0);
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (ret)
        *ret = text.len ? buf_take(&text, NULL) : strdup("");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *wanted;
static bool found;

static int look_into(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    struct buf bytes CLEANUP_BUF = BUF_INIT(TEXT_LIMIT);

    (void)st;
    (void)ftw;
    if (type != FTW_F || file_read(path, &bytes) < 0 || !bytes.data)
        return 0;
    if (memmem(bytes.data, bytes.len, wanted, strlen(wanted)) || strstr(path, wanted)) {
        print_error("'%s' stands in %s\n", wanted, path);
        found = true;
    }
    return 0;
}

bool folder_has(const char *folder, const char *bytes)
{
    wanted = bytes;
    found = false;
    (void)nftw(folder, look_into, 16, FTW_PHYS);
    return found;
}
