/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_road.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};
static bool there;
struct rig rig;
struct road road;
struct server server;
char exec_yaml[8192];

/* The operator's own ssh configuration. A user's is found by the entry in passwd, not by HOME, so the program
 * that proximo is given names the file. */
static void write_ssh(uint16_t port)
{
    struct buf text CLEANUP_BUF = BUF_INIT(4096);

    buf_printf(&text,
               "Host pve1\n HostName 127.0.0.1\n Port %u\n HostKeyAlias pve1\n IdentityAgent none\n"
               " UserKnownHostsFile %s/known\n GlobalKnownHostsFile /dev/null\n"
               " IdentityFile %s/ed25519\n IdentitiesOnly yes\n",
               port, rig.folder, rig.folder);
    rig_write(&rig, "ssh_config", text.data, 0600);
    buf_reset(&text);
    buf_printf(&text, "#!/bin/sh\nexec ssh -F %s/ssh_config \"$@\"\n", rig.folder);
    rig_write(&rig, "bin/ssh-of-the-rig", text.data, 0755);
}

static void write_yaml(const struct exec_way *way)
{
    struct buf text CLEANUP_BUF = BUF_INIT(sizeof(exec_yaml) - 1);
    const uint16_t port = way->port ? way->port : rig_server(&rig, RIG_PLAIN);
    char *line = rig_known_hosts(&rig, RIG_PLAIN, "pve1", 22, way->known);

    rig_write(&rig, "known", line, 0600);
    free(line);
    buf_str(&text, "planes:\n  nodes:\n  guests:\n  storage:\n  exec:\n");
    if (way->openssh) {
        write_ssh(port);
        buf_printf(&text, "    programs: {ssh: %s/bin/ssh-of-the-rig}\n", rig.folder);
    } else {
        buf_printf(&text,
                   "    endpoints: {pve1: \"tcp://127.0.0.1:%u\"}\n"
                   "    material: {identity: %s/ed25519, known_hosts: %s/known}\n",
                   port, rig.folder, rig.folder);
    }
    buf_printf(&text, "    config: {backend: %s, user: %s, ct: [%s], vm: [100]%s}\n",
               way->openssh ? "openssh" : "libssh2", rig.user, way->allow ? way->allow : "105",
               way->more ? way->more : "");
    assert_true(buf_ok(&text));
    (void)snprintf(exec_yaml, sizeof(exec_yaml), "%s", text.data);
}

bool exec_road_there(void)
{
    return there && rig_container(&rig);
}

bool exec_road_begin(const struct exec_way *way)
{
    if (!exec_road_there())
        return false;
    write_yaml(way);
    road_start(&road, quick, exec_yaml);
    if (way->tasks)
        server_start_modern(&road, &server);
    else
        server_start(&road, &server, NULL);
    server.tasks = way->tasks;
    return true;
}

void exec_road_end(void)
{
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

struct json_object *exec_road_run(const char *tool, const char *arguments, const char *outcome)
{
    bool failed = true;
    struct json_object *plan = plan_make(&server, tool, arguments);

    server.person = at(plan, "/subject");
    struct json_object *answer = plan_apply(&server, plan, &failed);
    if (failed || strcmp(at(answer, "/outcome"), outcome) != 0)
        print_error("%s\n", json_object_to_json_string(answer));
    assert_false(failed);
    expect(answer, "/outcome", outcome);
    json_object_put(plan);
    return answer;
}

bool exec_road_wait(const char *word, bool is_there)
{
    for (int64_t until = clock_ms() + 20000; rig_process(word) != is_there && clock_ms() < until;)
        server_pump(&server, 50);
    return rig_process(word) == is_there;
}

int exec_road_start(void **state)
{
    (void)state;
    there = rig_start(&rig) == 0;
    if (!there)
        print_message("no OpenSSH server here: %s\n", rig.why);
    return 0;
}

int exec_road_stop(void **state)
{
    (void)state;
    if (there)
        rig_stop(&rig);
    return 0;
}
