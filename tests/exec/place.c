/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/exec/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

const char *const place_names[PLACES] = {[LOCAL] = "local", [OPENSSH] = "openssh", [LIBSSH2] = "libssh2"};
static const struct backend *const backends[PLACES] = {
    [LOCAL] = &backend_local, [OPENSSH] = &backend_openssh, [LIBSSH2] = &backend_libssh2};

static void give_local(struct place *place)
{
    char *pct = rig_path(place->rig, "bin/pct");
    fake_program(&place->fake, "pct", pct, NULL);
    fake_program(&place->fake, "sh", "sh", NULL);
    free(pct);
}

/* The operator's own configuration: it names everything but the user. */
static void give_openssh(struct place *place, const struct place_way *way, uint16_t port, const char *known)
{
    struct rig *rig = place->rig;
    char *config = rig_path(rig, "ssh_config");
    struct buf text = BUF_INIT(8192);
    rig_write(rig, "known_hosts", known, 0600);
    buf_printf(
        &text,
        "Host pve1\n HostName 127.0.0.1\n Port %u\n HostKeyAlias pve1\n UserKnownHostsFile %s/known_hosts\n"
        " GlobalKnownHostsFile /dev/null\n IdentityAgent %s\n",
        port, rig->folder, way->agent ? rig_agent(rig, way->key) : "none");
    if (way->agent)
        buf_printf(&text, " IdentityFile %s/%s.pub\n IdentitiesOnly yes\n", rig->folder, way->key);
    else
        buf_printf(&text, " IdentityFile %s/%s\n IdentitiesOnly yes\n", rig->folder, way->key);
    buf_char(&text, '\0');
    rig_write(rig, "ssh_config", text.data, 0600);
    buf_done(&text);
    const char *const before[] = {"-F", config, NULL};
    fake_program(&place->fake, "ssh", "ssh", before);
    free(config);
}

static void give_libssh2(struct place *place, const struct place_way *way, uint16_t port, const char *known)
{
    fake_endpoint(&place->fake, "pve1", "127.0.0.1", port);
    fake_material(&place->fake, "known_hosts", known, strlen(known));
    if (way->agent) {
        char pub[64];
        (void)snprintf(pub, sizeof(pub), "%s.pub", way->key);
        place->settings.identity = place->identity = rig_fingerprint(place->rig, pub);
        fake_endpoint(&place->fake, "agent", rig_agent(place->rig, way->key), 0);
        return;
    }
    size_t len = 0;
    char *key = rig_read(place->rig, way->key, &len);
    fake_material(&place->fake, "identity", key, len);
    free(key);
}

void place_open(struct place *place, enum place_id id, struct rig *rig, const struct place_way *way)
{
    struct place_way usual = way ? *way : (struct place_way){0};
    if (!usual.key)
        usual.key = "ed25519";
    uint16_t port = usual.port ? usual.port : rig_server(rig, usual.variant);
    char *known = rig_known_hosts(rig, usual.variant, "pve1", 22, usual.known);
    *place = (struct place){.id = id, .backend = backends[id], .rig = rig};
    fake_init(&place->fake);
    place->settings.idle_ms =
        usual.port ? 0 : 30000; /* through a proxy each run has a connection of its own */
    place->settings.user = usual.user ? usual.user : rig->user;
    if (id == LOCAL)
        give_local(place);
    else if (id == OPENSSH)
        give_openssh(place, &usual, port, known);
    else
        give_libssh2(place, &usual, port, known);
    free(known);
    if (place->backend->open(&place->fake.host, &place->settings, &place->state) != 0)
        abort();
}

int32_t place_run(struct place *place, struct backend_run *run)
{
    place->fake.deadline_at_ms = clock_ms() + run->deadline_ms;
    int32_t r = place->backend->run(place->state, run);
    fake_ended(&place->fake);
    return r;
}

void place_close(struct place *place)
{
    place->backend->close(place->state);
    fake_done(&place->fake);
    free(place->identity);
}

pid_t place_pid(const struct place *place)
{
    return place->fake.out.kept.len ? place_pid_of(place->fake.out.kept.data) : 0;
}

pid_t place_pid_of(const char *text)
{
    char digits[16] = "";
    uint64_t pid = 0;
    (void)snprintf(digits, sizeof(digits), "%.*s", (int)strcspn(text, "\n"), text);
    return text_to_u64(digits, INT32_MAX, &pid) == 0 ? (pid_t)pid : 0;
}

bool place_gone(pid_t pid, int64_t wait_ms)
{
    const int64_t until = clock_ms() + wait_ms;
    while (rig_alive(pid) && clock_ms() < until)
        (void)usleep(5000);
    return !rig_alive(pid);
}
