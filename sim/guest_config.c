/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of a guest's configuration: checked in Proxmox's order, done at once (PUT) or by a task (POST).
 */
#include "body.h"
#include "guest_change.h"
#include "guest_disks.h"
#include "handlers.h"
#include "power.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* Parameters that are no options. */
static const char control[] =
    "node vmid delete revert digest skiplock force background_delay import-working-storage";

static bool is_control(const char *name)
{
    return sim_word_in(control, " ", name, strlen(name));
}

/* A list of names as {name: 1}. */
static struct json_object *names(const char *list)
{
    struct json_object *out = json_object_new_object();
    char word[80];

    for (const char *at = list ? list + strspn(list, ",; ") : ""; *at; at += strspn(at, ",; ")) {
        size_t n = strcspn(at, ",; ");

        (void)snprintf(word, sizeof word, "%.*s", (int)n, at);
        sim_set_int(out, word, 1);
        at += n;
    }
    return out;
}

/* Lengths and strings of a public key must add up. */
static bool good_key(const unsigned char *bytes, size_t size)
{
    size_t at = 0, parts = 0;

    while (at + 4 <= size) {
        size_t n = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 |
                   bytes[at + 3];

        if (n > size - at - 4)
            return false;
        at += 4 + n;
        parts++;
    }
    /* What is left is the filling of the last group of base64. */
    return parts >= 2 && size - at < 3;
}

/* "ssh-ed25519 AAAA... comment", a line each, sent percent-encoded twice. */
static int check_keys(struct sim_call *call, const char *encoded)
{
    SIM_FREE_WITH(sim_freep)
    char *text = sim_decode(encoded ? encoded : "", encoded ? strlen(encoded) : 0, false);
    char *save = NULL;

    if (!text)
        abort();
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *blob = strchr(line, ' ');
        size_t n = blob ? strcspn(blob + 1, " ") : 0;
        unsigned char bytes[2048];
        int got;

        if (!blob || n == 0 || n > 2600)
            return sim_fail(call, 500, "SSH public key validation error\n");
        got = n % 4 == 0 ? EVP_DecodeBlock(bytes, (unsigned char *)blob + 1, (int)n) : -1;
        if (got < 0 || !good_key(bytes, (size_t)got))
            return sim_fail(call, 500, "SSH public key validation error\n");
    }
    return 0;
}

/* Names in delete and revert: known, and not set at the same time. */
static int check_names(struct sim_call *call, const struct sim_param *table, const char *what,
                       struct json_object *list, struct json_object *set)
{
    json_object_object_foreach(list, key, unused)
    {
        (void)unused;
        if (sim_get(set, key))
            return sim_fail_param(call, what, "you can't use '-%s' and -%s %s' at the same time", key, what,
                                  key);
        if (is_control(key) || !sim_param_find(table, key))
            return sim_fail_param(call, what, "unknown option '%s'", key);
    }
    return 0;
}

static int allowed(struct sim_call *call, const struct sim_guest *guest, bool qemu,
                   struct json_object *change)
{
    static const char *const lists[] = {"delete", "revert"};

    for (size_t i = 0; i < 2; i++) {
        json_object_object_foreach(sim_get(change, lists[i]), key, unused)
        {
            (void)unused;
            if (sim_option_allowed(call, guest, qemu, key, NULL) < 0)
                return -1;
        }
    }
    json_object_object_foreach(sim_get(change, "set"), option, value)
    {
        if (sim_option_allowed(call, guest, qemu, option, json_object_get_string(value)) < 0)
            return -1;
    }
    return sim_bridges_allowed(call, sim_get(change, "set"));
}

/* The storage of new disks comes before the privileges of options. */
static int storages_allowed(struct sim_call *call, struct json_object *change)
{
    json_object_object_foreach(sim_get(change, "set"), key, value)
    {
        if (sim_disk_key(true, key) &&
            sim_option_allowed(call, NULL, true, key, json_object_get_string(value)) < 0)
            return -1;
    }
    return 0;
}

static int check_hookscript(struct sim_call *call)
{
    const char *script = sim_arg(call, "hookscript");

    if (script && !sim_volume_find(call, script))
        return sim_fail_param(call, "hookscript", "script '%s' does not exist\n", script);
    return 0;
}

/* Digest, lock, and what may not be changed at all. */
static int check_guest(struct sim_call *call, const struct sim_guest *guest, struct json_object *change)
{
    const char *digest = sim_arg(call, "digest");
    char now[41], why[SIM_WHY_MAX];

    sim_guest_digest(guest, now);
    if (digest && strcmp(digest, now) != 0)
        return sim_fail(call, 500, "%s\n",
                        guest->qemu
                            ? "checksum mismatch (file change by other user?)"
                            : "detected modified configuration - file changed by other user? Try again.");
    if (!sim_arg_int(call, "skiplock", 0) && sim_guest_check_lock(guest, why) < 0 &&
        !sim_get(sim_get(change, "delete"), "lock"))
        return sim_fail(call, 500, "%s\n", why);
    if (!guest->qemu && sim_get(sim_get(change, "set"), "unprivileged"))
        return sim_fail(call, 500, "unable to modify read-only option: 'unprivileged'\n");
    json_object_object_foreach(sim_get(change, "delete"), key, unused)
    {
        (void)unused;
        if (!guest->qemu && (strcmp(key, "rootfs") == 0 || strcmp(key, "memory") == 0))
            return sim_fail(call, 500, "unable to delete required option '%s'\n", key);
        if (sim_disk_key(guest->qemu, key) && sim_get(guest->config, key) &&
            sim_int(guest->config, "protection", 0))
            return sim_fail(call, 500, "can't remove %s %s drive '%s' - protection mode enabled\n",
                            guest->qemu ? "VM" : "CT", guest->vmid, key);
        if (sim_disk_removable(call, guest, key) < 0)
            return -1;
    }
    return 0;
}

/* Replaces what was sent by what is stored. */
static int store_values(struct sim_call *call, const struct sim_guest *guest, struct json_object *change)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *sent = json_object_get(sim_get(change, "set"));
    struct json_object *set = json_object_new_object(), *value;

    sim_set(change, "set", set);
    json_object_object_foreach(sent, key, given)
    {
        if (sim_option_value(call, guest, key, given, &value) < 0)
            return -1;
        if (value)
            sim_set(set, key, value);
        else
            sim_set_int(sim_get(change, "delete"), key, 1);
    }
    return 0;
}

static struct json_object *change_of(struct sim_call *call)
{
    struct json_object *change = json_object_new_object(), *set = json_object_new_object();

    json_object_object_foreach(call->params, name, value)
    {
        if (!is_control(name))
            sim_set(set, name, sim_copy(value));
    }
    sim_set(change, "set", set);
    sim_set(change, "delete", names(sim_arg(call, "delete")));
    sim_set(change, "revert", names(sim_arg(call, "revert")));
    sim_set_int(change, "force", sim_arg_int(call, "force", 0));
    return change;
}

/* ---- the task of a POST ---- */

static int begin_update(struct sim *sim, struct sim_job *job, char *why)
{
    (void)sim;
    (void)why;
    sim_job_log(job, false, "update VM %s:%s", sim_str(job->args, "vmid", ""),
                sim_str(job->args, "words", ""));
    return 0;
}

/* What could not be taken out of a running guest waits; the request fails all the same. */
static bool any_stuck(const struct sim_guest *guest, struct json_object *change, struct sim_call *call)
{
    bool stuck = false;

    json_object_object_foreach(sim_get(change, "delete"), key, unused)
    {
        (void)unused;
        if (!sim_option_is_stuck(guest, key) || !sim_get(sim_get(guest->entry, "pending_delete"), key))
            continue;
        stuck = true;
        if (call)
            (void)sim_fail_param(call, key, "hotplug problem - error on hot-unplugging device '%s'\n", key);
    }
    return stuck;
}

static int end_update(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    sim_guest_change(sim, &guest, job->args);
    return any_stuck(&guest, job->args, NULL) ? sim_why(why, "400 Parameter verification failed.") : 0;
}

static const struct sim_work update_work = {"qmconfig", NULL, begin_update, end_update};

/* The parameters as the log shows them. */
static void set_words(struct sim_call *call, struct json_object *args)
{
    SIM_FREE_WITH(sim_freep) char *words = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&words, &size);

    if (!out)
        abort();
    json_object_object_foreach(call->params, name, value)
    {
        bool hidden = strcmp(name, "cipassword") == 0;

        if (strcmp(name, "node") != 0 && strcmp(name, "vmid") != 0 && strcmp(name, "digest") != 0)
            fprintf(out, " -%s %s", name, hidden ? "<hidden>" : json_object_get_string(value));
    }
    (void)fclose(out);
    sim_set_str(args, "words", words);
}

int sim_guest_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *change = change_of(call);
    bool qemu = strstr(call->route->path, "/qemu/") != NULL;
    const struct sim_param *table = qemu ? sim_qemu_options : sim_lxc_options;
    struct json_object *set = sim_get(change, "set"), *gone = sim_get(change, "delete"),
                       *back = sim_get(change, "revert");
    struct sim_guest guest;

    if (sim_arg_int(call, "skiplock", 0) && strcmp(call->who, "root@pam") != 0)
        return sim_fail_param(call, "skiplock", "Only root may use this option.");
    if (check_keys(call, sim_arg(call, "sshkeys")) < 0)
        return -1;
    if (json_object_object_length(set) + json_object_object_length(gone) + json_object_object_length(back) ==
        0)
        return sim_fail(call, 500, "no options specified\n");
    if (check_names(call, table, "delete", gone, set) < 0 ||
        check_names(call, table, "revert", back, set) < 0 || check_hookscript(call) < 0)
        return -1;
    /* A VM's options are judged before the VM is looked for, a container's after. */
    if (qemu && (storages_allowed(call, change) < 0 || allowed(call, NULL, true, change) < 0))
        return -1;
    if (sim_guest_find(call, &guest) < 0 || allowed(call, &guest, qemu, change) < 0 ||
        check_guest(call, &guest, change) < 0 || store_values(call, &guest, change) < 0)
        return -1;
    if (strcmp(call->route->method, "POST") == 0) {
        sim_set_str(change, "type", "qemu");
        set_words(call, change);
        return sim_call_task(call, &update_work, json_object_get(change));
    }
    sim_guest_change(call->sim, &guest, change);
    return any_stuck(&guest, change, call) ? -1 : 0;
}
