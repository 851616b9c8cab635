/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proxmox's error answers turned into problems. Shapes (seen with Proxmox VE 9.2): 401 has only a reason; 403
 * names path and privilege; 400 lists every bad parameter in `errors`; 500 carries the cause in `message`,
 * its first line in the reason; 501 for what does not exist; 595..599 when one node cannot reach another.
 * A Backup Server answers every failure as plain text: 400 for bad parameters ("parameter verification
 * errors", one parameter a line) and for whatever else fails, 403 for rights, 404 for unknown paths and for
 * some missing things.
 */
#include "http/pve_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "http/http.h"
#include "http/role.h"

/* Where only a part of the words is known: what they mean and what to do. First fit wins. */
static const struct {
    const char *words; /* anywhere in the text, case ignored */
    const char *code;
    int error;
    const char *next;
} meanings[] = {
    {"detected modified configuration", PX_REMOTE, -ESTALE,
     "Somebody changed it meanwhile: read it again and start over."},
    {"checksum mismatch", PX_REMOTE, -ESTALE, "Somebody changed it meanwhile: read it again and start over."},
    {"guest agent is not running", PX_REMOTE, -EIO, "Install and start qemu-guest-agent in the guest."},
    {"no qemu guest agent configured", PX_REMOTE, -EIO,
     "Enable the guest agent in the VM's options (agent=1) and install it."},
    {"no quorum", PX_REMOTE, -EIO, "The cluster has lost its quorum; look at pve_cluster_status."},
    {"invalid lock token", PX_REMOTE, -EBUSY,
     "Another holder's lock needs its token; without a lock none is taken. pve_sdn_unlock with force takes "
     "it."},
    {"is locked", PX_REMOTE, -EBUSY,
     "A task holds the lock; look at the running tasks and wait for its end."},
    {"got timeout", PX_REMOTE, -EIO,
     "The node is slow or the storage hangs; look at the node's status, then try again."},
    {"is not running", PX_REMOTE, -EIO, "The guest must be running for this."},
    {" not running", PX_REMOTE, -EIO, "The guest must be running for this."},
    {"maintenance mode", PX_REMOTE, -EBUSY,
     "The datastore is in maintenance; pbs_datastores_list shows which mode, an operator ends it."},
    {"is being deleted", PX_REMOTE, -EBUSY, "The datastore is being deleted."},
    {"datastore has been unmounted", PX_REMOTE, -EBUSY, "Mount the datastore first."},
    {"locked by another operation", PX_REMOTE, -EBUSY,
     "A backup, restore, verification or prune holds it; look at the running tasks and wait for their end."},
    {"unable to acquire lock", PX_REMOTE, -EBUSY,
     "Another operation holds the lock; look at the running tasks and wait for its end."},
    {"already running", PX_REMOTE, -EBUSY, "Look at the running tasks and wait for its end."},
    {"owner check failed", PX_PRIVILEGE, -EPERM,
     "The group belongs to somebody else. With Datastore.Backup or Datastore.Prune a token reaches only "
     "groups of its own; Datastore.Modify reaches all."},
    {"task access not allowed", PX_PRIVILEGE, -EPERM,
     "It is somebody else's task: the token needs Sys.Audit on /system/tasks."},
    {"permission check failed", PX_PRIVILEGE, -EPERM,
     "The token lacks a right; `proximo doctor` lists what it holds."},
    {"protected snapshot", PX_REMOTE, -EPERM, "Its protection has to be taken away first."},
    {"only root can", PX_PRIVILEGE, -EPERM,
     "Proxmox takes this from root@pam itself only; no token can be given it."},
    {"hostname lookup '", PX_NOT_FOUND, -ENOENT,
     "There is no node of this name; pve_cluster_status lists the nodes."},
    {"os error 2)", PX_NOT_FOUND, -ENOENT, NULL}, /* Backup Server: a group, snapshot or namespace */
    {"enoent: no such file", PX_NOT_FOUND, -ENOENT, NULL},
    {"no such file or directory", PX_REMOTE, -EIO, NULL},
    {"no such ", PX_NOT_FOUND, -ENOENT, NULL},
    {"does not exist", PX_NOT_FOUND, -ENOENT, NULL},
    {"' not found", PX_NOT_FOUND, -ENOENT, NULL},
    {"no rule at position", PX_NOT_FOUND, -ENOENT, NULL},
};

/* len bytes as a path and privileges, if they can be such; path of 0 bytes is "/". */
static bool refusal_take(const char *path, size_t path_len, const char *privileges, size_t len,
                         struct pve_refusal *ret)
{
    static const char privilege_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.|, ";
    if ((path_len != 0 && path[0] != '/') || path_len >= sizeof(ret->path) || len == 0 ||
        len >= sizeof(ret->privileges) || strspn(privileges, privilege_bytes) < len ||
        memchr(privileges, '.', len) == NULL)
        return false;
    (void)snprintf(ret->path, sizeof(ret->path), "%.*s", path_len ? (int)path_len : 1, path_len ? path : "/");
    (void)snprintf(ret->privileges, sizeof(ret->privileges), "%.*s", (int)len, privileges);
    return true;
}

bool pve_refusal_parse(const char *text, struct pve_refusal *ret)
{
    static const char pve[] = "Permission check failed (", pbs[] = "permission check failed - missing ",
                      pbs_quoted[] = "missing permissions '";
    const char *at = strstr(text, pve), *end;
    ret->kind = CONFIG_PVE;
    if (at != NULL) {
        at += sizeof(pve) - 1;
        const size_t path_len = strcspn(at, ",)\n");
        if (at[path_len] != ',' || at[path_len + 1] != ' ')
            return false;
        const char *privileges = at + path_len + 2;
        const size_t len = strcspn(privileges, ")");
        return privileges[len] == ')' && refusal_take(at, path_len, privileges, len, ret);
    }
    ret->kind = CONFIG_PBS;
    at = strstr(text, pbs);
    if (at != NULL) {
        at += sizeof(pbs) - 1;
        end = strstr(at, " on /");
        return end != NULL && refusal_take(end + 4, strcspn(end + 4, " \n\""), at, (size_t)(end - at), ret);
    }
    at = strstr(text, pbs_quoted);
    if (at == NULL)
        return false;
    at += sizeof(pbs_quoted) - 1;
    end = strstr(at, "' on '/");
    return end != NULL && refusal_take(end + 6, strcspn(end + 6, "'\n"), at, (size_t)(end - at), ret);
}

/* Appends text on one line, cleaned, without where in its program Proxmox stumbled, at most PVE_TEXT_LIMIT
 * bytes. */
static void add_words(struct buf *out, const char *text, size_t len)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(8 * PVE_TEXT_LIMIT);
    text_clean(&clean, text, len < 2 * PVE_TEXT_LIMIT ? len : text_utf8_cut(text, 2 * PVE_TEXT_LIMIT), false);
    if (!buf_ok(&clean) || clean.len == 0)
        return;
    const char *where = strstr(clean.data, " at /usr/share/perl5/");
    size_t keep = where != NULL ? (size_t)(where - clean.data) : clean.len;
    while (keep > 0 && clean.data[keep - 1] == ' ')
        keep--;
    if (keep > PVE_TEXT_LIMIT - out->len)
        keep = text_utf8_cut(clean.data, PVE_TEXT_LIMIT - out->len);
    buf_add(out, clean.data, keep);
}

/* "vmid: type check failed; name: too long" from the object `errors`. */
static unsigned add_errors(struct buf *out, struct json_object *errors)
{
    unsigned count = 0;
    json_object_object_foreach(errors, name, value)
    {
        const char *text =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "invalid";
        if (out->len + 16 >= PVE_TEXT_LIMIT)
            break;
        if (count++ > 0)
            buf_str(out, "; ");
        add_words(out, name, strlen(name));
        if (out->len + 8 < PVE_TEXT_LIMIT) {
            buf_str(out, ": ");
            add_words(out, text, strlen(text));
        }
    }
    return count;
}

/* What the answer says in words: `errors` by parameter, else the message, else a short plain body, else the
 * reason. */
static unsigned answer_words(const struct http_answer *answer, struct buf *out)
{
    CLEANUP_JSON struct json_object *body = NULL;
    struct json_object *errors = NULL;
    const char *message = NULL;
    size_t len = 0;
    unsigned count = 0;
    struct problem ignored = PROBLEM_INIT;

    if (answer->body_len > 0 && answer->body_len < ((size_t)1 << 20) && answer->body[0] == '{' &&
        json_parse(answer->body, answer->body_len, &body, &ignored) == 0) {
        if (json_get(body, "errors", json_type_object, &errors) == 0)
            count = add_errors(out, errors);
        if (out->len == 0 && json_get_string(body, "message", &message, &len) == 0)
            add_words(out, message, len);
    } else if (answer->body_len > 0 && answer->body_len < 2048 && answer->body[0] != '<' &&
               answer->body[0] != '{') {
        add_words(out, answer->body, answer->body_len);
    }
    if (out->len == 0)
        add_words(out, answer->reason, strlen(answer->reason));
    if (out->len == 0)
        buf_str(out, "no reason given");
    return count;
}

static int refused(const struct http_answer *answer, const char *what, const char *words, struct problem *p)
{
    struct pve_refusal refusal;
    char line[300];
    if (!pve_refusal_parse(words, &refusal) && !pve_refusal_parse(answer->reason, &refusal)) {
        problem_set(p, -EPERM, PX_PRIVILEGE, "%s: Proxmox refuses: \"%s\".", what, words);
        if (strstr(words, "root@pam") != NULL)
            problem_next(p, "Proxmox takes this from root@pam itself only; no token can be given it.");
        else if (strstr(words, "API token") != NULL)
            problem_next(
                p, "Proxmox does not take this from API tokens; a person does it in the web interface.");
        else
            problem_next(p, "The token lacks a right; `proximo doctor` lists what it holds.");
        return -EPERM;
    }
    problem_set(p, -EPERM, PX_PRIVILEGE, "%s: the token lacks %s on %s.", what, refusal.privileges,
                refusal.path);
    if (role_grant_line(refusal.kind, refusal.path, refusal.privileges, line, sizeof(line)))
        problem_next(p, "An operator can grant it: %s. %s.", line, role_grant_note(refusal.kind));
    else
        problem_next(
            p, "An operator can grant it to the token and its user; `proximo doctor` lists what it holds.");
    return -EPERM;
}

static bool holds(const char *text, const char *words)
{
    const size_t len = strlen(words);
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, words, len) == 0)
            return true;
    }
    return false;
}

/* A Backup Server's 400 that is not about parameters: something else failed. */
static bool is_plain_failure(const struct http_answer *answer, const char *words)
{
    return answer->status == 400 && answer->body_len > 0 && answer->body[0] != '{' &&
           answer->body[0] != '<' && !holds(words, "parameter verification");
}

/* 400, 404, 5xx: by Proxmox's words where they are known, else by the status. */
static int failed(const struct http_answer *answer, const char *what, const char *words, unsigned errors,
                  struct problem *p)
{
    const bool plain = is_plain_failure(answer, words);
    const int status = plain ? 500 : answer->status;
    const char *next = NULL;
    const char *code = status == 404 ? PX_NOT_FOUND : PX_REMOTE;
    int error = status == 404 ? -ENOENT : -EIO;

    if (status >= 595 && status <= 599) {
        next = "One node could not reach another; look at pve_cluster_status and at the node itself.";
    } else if (status == 400) {
        code = PX_PARAM;
        error = -EINVAL;
        next = "Correct the named parameters.";
    } else if (status == 429 || status == 503) {
        next = "The server is busy; try again later.";
    }
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]) && status != 404 && status < 595; i++) {
        if (!holds(words, meanings[i].words))
            continue;
        /* Of a list of bad parameters a missing thing is only part; a single one is the answer. */
        if (status != 400 || (errors == 1 && strcmp(meanings[i].code, PX_NOT_FOUND) == 0)) {
            code = meanings[i].code;
            error = meanings[i].error;
            next = meanings[i].next;
        }
        break;
    }
    if (error == -ENOENT && next == NULL)
        next = "List what is there first; this token may not see everything.";
    problem_set(p, error, code, "%s: Proxmox answers %d: \"%s\".", what, answer->status, words);
    if (next != NULL)
        problem_next(p, "%s", next);
    return error;
}

int http_answer_problem(const struct http_answer *answer, const char *method, const char *path,
                        struct problem *p)
{
    CLEANUP_BUF struct buf words = BUF_INIT(16 * PVE_TEXT_LIMIT);
    CLEANUP_BUF struct buf what = BUF_INIT(1024);
    const int status = answer->status;
    if (status < 300)
        return 0;

    buf_str(&what, method);
    buf_char(&what, ' ');
    const size_t path_len = strlen(path);
    text_clean(&what, path, path_len < 160 ? path_len : text_utf8_cut(path, 160), false);
    const unsigned errors = answer_words(answer, &words);
    if (!buf_ok(&words) || !buf_ok(&what))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "No memory for an error text.");

    if (status < 400) {
        problem_set(p, -EBADMSG, PX_BAD_ANSWER,
                    "%s: the server answers with a redirect (%d), which is never followed.", what.data,
                    status);
        problem_next(p, "Configure the API's own address (https://host:8006, Backup Server 8007).");
        return -EBADMSG;
    }
    if (status == 401) {
        problem_set(p, -EACCES, PX_AUTH, "Proxmox does not accept the token: \"%s\".", words.data);
        problem_next(
            p,
            "Check that the token exists, is enabled and not expired, and that the token file holds "
            "USER@REALM!TOKENID=SECRET (Backup Server: a colon before SECRET); then run `proximo doctor`.");
        return -EACCES;
    }
    struct pve_refusal ignored;
    if (status == 403 || (is_plain_failure(answer, words.data) && pve_refusal_parse(words.data, &ignored)))
        return refused(answer, what.data, words.data, p);
    if (status == 501) {
        problem_set(p, -ENOSYS, PX_UNSUPPORTED, "%s: this server does not have it: \"%s\".", what.data,
                    words.data);
        problem_next(p, "It may need another version of Proxmox, or the path is wrong.");
        return -ENOSYS;
    }
    return failed(answer, what.data, words.data, errors, p);
}
