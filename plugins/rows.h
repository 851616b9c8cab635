/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the built-in planes share: how they write the rows of plane.h (each fills in its own struct_size), and
 * how their functions read. It is a header alone, because a plane links nothing but its own files.
 */
#ifndef PROXIMO_PLUGINS_ROWS_H
#define PROXIMO_PLUGINS_ROWS_H

#include <json-c/json.h>
#include <proximo/plane.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ROW(type) .struct_size = (uint32_t)sizeof(struct type)
#define COLUMN(...)                                                                                          \
    {                                                                                                        \
        ROW(proximo_column), __VA_ARGS__                                                                     \
    }
#define PARAM(...)                                                                                           \
    {                                                                                                        \
        ROW(proximo_param), __VA_ARGS__                                                                      \
    }
#define UNTRUSTED .flags = PROXIMO_COLUMN_UNTRUSTED
#define EXTRA     .flags = PROXIMO_COLUMN_EXTRA

/* A filter on a column: never sent. */
#define FILTER(column_name, ...)                                                                             \
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_NOT_SENT, .column = (column_name), __VA_ARGS__)

#define FIELD(field_name, field_value)                                                                       \
    (struct proximo_field)                                                                                   \
    {                                                                                                        \
        ROW(proximo_field), .name = (field_name), .value = (field_value)                                     \
    }
#define REFERENCE(field_name, reference)                                                                     \
    (struct proximo_field)                                                                                   \
    {                                                                                                        \
        ROW(proximo_field), .flags = PROXIMO_FIELD_REFERENCE, .name = (field_name), .value = (reference)     \
    }
#define NEED(need_path, need_privilege)                                                                      \
    {                                                                                                        \
        ROW(proximo_need), .path = (need_path), .privilege = (need_privilege)                                \
    }
/* A table of rows whose number is known only at run time. */
#define ROWS(first, number)                                                                                  \
    {                                                                                                        \
        ROW(proximo_table), .count = (uint32_t)(number), .rows = (first)                                     \
    }

/* ---------------------------------------------------------------- inside of functions */

#define PLANE_FN __attribute__((unused)) static

/* A call and its host; every function below takes memory from the call's arena. */
struct asking {
    const struct proximo_host *host;
    struct proximo_call *call;
};

PLANE_FN void json_drop(struct json_object **o)
{
    json_object_put(*o);
}
#define DROP_JSON __attribute__((cleanup(json_drop)))

PLANE_FN struct proximo_text text_of(const char *text)
{
    return (struct proximo_text){.ptr = text, .len = strlen(text)};
}

/* Compact JSON text, borrowed from the object. */
PLANE_FN struct proximo_text json_text(struct json_object *value)
{
    size_t len = 0;
    const char *text = json_object_to_json_string_length(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
    return (struct proximo_text){.ptr = text, .len = len};
}

/* NULL when it is no JSON. */
PLANE_FN struct json_object *json_of(struct proximo_text text)
{
    struct json_tokener *tokener = text.len && text.len <= INT32_MAX ? json_tokener_new() : NULL;
    struct json_object *value = NULL;
    if (!tokener)
        return NULL;
    value = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
    json_tokener_free(tokener);
    return value;
}

PLANE_FN struct json_object *member_of(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;
    return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &value) ? value
                                                                                                 : NULL;
}

/* A scalar member as text (numbers by their digits); NULL: absent or no scalar. Borrowed. */
PLANE_FN const char *member_text(struct json_object *o, const char *key)
{
    struct json_object *value = member_of(o, key);
    json_type type = json_object_get_type(value);
    return type == json_type_null || type == json_type_object || type == json_type_array
               ? NULL
               : json_object_get_string(value);
}

PLANE_FN bool member_is(struct json_object *o, const char *key, const char *text)
{
    const char *value = member_text(o, key);
    return value && strcmp(value, text) == 0;
}

/* Proxmox writes true as 1, "1" or true. */
PLANE_FN bool member_true(struct json_object *o, const char *key)
{
    return member_is(o, key, "1") || member_is(o, key, "true");
}

/* Leading digits as a number, `most` at most. */
PLANE_FN uint64_t digits_of(const char *text, uint64_t most)
{
    uint64_t n = 0;
    for (; *text >= '0' && *text <= '9' && n <= most; text++)
        n = n * 10 + (uint64_t)(*text - '0');
    return n > most ? most : n;
}

PLANE_FN const char *ask_vtext(const struct asking *a, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = len < 0 ? NULL : a->host->alloc(a->call, (uint64_t)len + 1);
    if (text)
        (void)vsnprintf(text, (size_t)len + 1, format, ap);
    return text;
}

PROXIMO_PRINTF(2, 3)
PLANE_FN const char *ask_text(const struct asking *a, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const char *text = ask_vtext(a, format, ap);
    va_end(ap);
    return text;
}

/* An argument, ended with NUL; NULL: not given (or no memory). */
PLANE_FN const char *ask_argument(const struct asking *a, const char *name)
{
    struct proximo_text text = {0};
    char *copy =
        a->host->argument(a->call, name, &text) == PROXIMO_OK ? a->host->alloc(a->call, text.len + 1) : NULL;
    if (copy && text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

PLANE_FN bool ask_flag(const struct asking *a, const char *name)
{
    const char *text = ask_argument(a, name);
    return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

/* All arguments as one object, NULL when there is no memory; the caller's. */
PLANE_FN struct json_object *ask_arguments(const struct asking *a)
{
    struct proximo_text text = {0};
    return a->host->arguments(a->call, &text) == PROXIMO_OK ? json_of(text) : NULL;
}

/* A call that is over must not go on, whatever else could still be asked. */
PLANE_FN bool ask_ends(int32_t code)
{
    return code == PROXIMO_ECANCELLED || code == PROXIMO_EDEADLINE || code == PROXIMO_ENOMEM;
}

PLANE_FN bool ask_is_pbs(const struct asking *a)
{
    struct proximo_site site = {ROW(proximo_site)};
    return a->host->site(a->call, &site) == PROXIMO_OK && site.kind == PROXIMO_SITE_PBS;
}

/* The least builtin role of a Backup Server with the privilege. Source: GET /access/roles there (4.2). */
PLANE_FN const char *pbs_role_of(const char *privilege)
{
    static const char *const roles[][2] = {
        {"Datastore.Audit", "DatastoreAudit"},
        {"Datastore.Backup", "DatastoreBackup"},
        {"Datastore.Modify", "DatastoreAdmin"},
        {"Datastore.Prune", "DatastorePowerUser"},
        {"Datastore.Read", "DatastoreReader"},
        {"Datastore.Verify", "DatastoreReader"},
        {"Remote.Audit", "RemoteAudit"},
        {"Remote.DatastoreBackup", "RemoteSyncPushOperator"},
        {"Remote.DatastoreModify", "RemoteDatastoreAdmin"},
        {"Remote.DatastorePrune", "RemoteDatastorePowerUser"},
        {"Remote.Modify", "RemoteAdmin"},
        {"Remote.Read", "RemoteSyncOperator"},
        {"Sys.Audit", "Audit"},
        {"Tape.Audit", "TapeAudit"},
        {"Tape.Modify", "TapeAdmin"},
        {"Tape.Read", "TapeReader"},
        {"Tape.Write", "TapeOperator"},
    };
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(roles[i][0], privilege) == 0)
            return roles[i][1];
    }
    return "Admin"; /* the others */
}

/*
 * 0 unless the token is known not to hold the privilege ("A|B": either) there: then it fails with the words,
 * which end without a full stop, and the line that grants the last alternative. What is not known passes: the
 * core says so. path or privilege NULL: no memory.
 */
PROXIMO_PRINTF(4, 5)
PLANE_FN int32_t ask_privilege(const struct asking *a, const char *path, const char *privilege,
                               const char *format, ...)
{
    char one[64];
    if (!path || !privilege)
        return PROXIMO_ENOMEM;
    for (const char *at = privilege; *at;) {
        const size_t len = strcspn(at, "|");
        (void)snprintf(one, sizeof(one), "%.*s", (int)len, at);
        const int32_t held = a->host->permission(a->call, path, one);
        if (ask_ends(held))
            return held;
        if (held != 0)
            return PROXIMO_OK;
        at += len + (at[len] == '|');
    }
    va_list ap;
    va_start(ap, format);
    const char *words = ask_vtext(a, format, ap);
    va_end(ap);
    if (ask_is_pbs(a))
        return a->host->fail(
            a->call, PROXIMO_EDENIED,
            "%s. An operator can grant it: proxmox-backup-manager acl update %s %s --auth-id "
            "'USER@REALM!TOKENID' (a token has only the intersection of its own rights and its user's: the "
            "user needs it as well; an entry takes the place of those on paths above it, several roles on "
            "one path add up)",
            words ? words : "a privilege is missing", path, pbs_role_of(one));
    /* An entry on a path takes the place of those above it: the right to look goes along. */
    const char *audit = strncmp(one, "VM.", 3) == 0           ? ",VM.Audit"
                        : strncmp(one, "Datastore.", 10) == 0 ? ",Datastore.Audit"
                        : strncmp(one, "SDN.", 4) == 0        ? ",SDN.Audit"
                        : strncmp(one, "Sys.", 4) == 0        ? ",Sys.Audit"
                                                              : "";
    return a->host->fail(
        a->call, PROXIMO_EDENIED,
        "%s. An operator can grant it: pveum role add Proximo-%s --privs %s%s && pveum acl "
        "modify %s --tokens '<your token>' --roles Proximo-%s (the token's user needs it as "
        "well; an entry takes the place of those on paths above it: `proximo doctor` prints lines "
        "that keep what is held)",
        words ? words : "a privilege is missing", one, one, strstr(one, ".Audit") ? "" : audit, path, one);
}

/* The major version of Proxmox VE: 8, 9; 0: not known. */
PLANE_FN uint32_t ask_release(const struct asking *a)
{
    struct proximo_site site = {ROW(proximo_site)};
    if (a->host->site(a->call, &site) != PROXIMO_OK || !site.version.len)
        return 0;
    const char *version = ask_text(a, "%.*s", (int)site.version.len, site.version.ptr);
    return version ? (uint32_t)digits_of(version, 100) : 0;
}

/* What a GET gave, also when it failed. */
struct looked {
    int32_t status; /* HTTP status; 0: no answer */
    bool complete;
    struct json_object *data; /* the caller's; NULL: none */
    const char *why;          /* why there is no data, in words */
};
/* Negative only when the call is over. */
PLANE_FN int32_t ask_look(const struct asking *a, const struct proximo_get *get, struct looked *ret)
{
    struct proximo_get tolerant = *get;
    struct proximo_answer answer = {ROW(proximo_answer)};
    tolerant.flags |= PROXIMO_GET_TOLERATE;
    int32_t r = a->host->get(a->call, &tolerant, &answer);
    *ret = (struct looked){.why = "no answer"};
    if (r < 0)
        return ask_ends(r) ? r : PROXIMO_OK;
    ret->status = answer.status;
    ret->complete = !(answer.flags & PROXIMO_ANSWER_INCOMPLETE);
    if (answer.status >= 200 && answer.status < 300)
        ret->data = json_of(answer.data);
    if (!ret->data)
        ret->why = answer.status >= 200 && answer.status < 300
                       ? "Proxmox answered without data: nothing was read" /* data: null is not empty */
                   : answer.message.len ? ask_text(a, "%.*s", (int)answer.message.len, answer.message.ptr)
                                        : ask_text(a, "HTTP status %d", (int)answer.status);
    return PROXIMO_OK;
}

/* A GET without which there is no plan: 0 and the data (the caller's) of this type, or the host's failure. */
PLANE_FN int32_t ask_get(const struct asking *a, const struct proximo_get *get, json_type type,
                         struct json_object **ret)
{
    struct proximo_answer answer = {ROW(proximo_answer)};
    int32_t r = a->host->get(a->call, get, &answer);
    if (r < 0)
        return r;
    struct json_object *data = json_of(answer.data);
    if (!json_object_is_type(data, type)) {
        json_object_put(data);
        return a->host->fail(a->call, PROXIMO_EPROTO, "GET %s answered without the data it promises",
                             get->path);
    }
    *ret = data;
    return PROXIMO_OK;
}

/* Facts and reasons of a plan. */
PLANE_FN int32_t tell_fact(const struct asking *a, const char *name, struct json_object *value)
{
    int32_t r = value ? a->host->fact(a->call, name, json_text(value)) : PROXIMO_ENOMEM;
    json_object_put(value);
    return r;
}
PLANE_FN int32_t tell_text(const struct asking *a, const char *name, const char *text)
{
    return tell_fact(a, name, text ? json_object_new_string(text) : NULL);
}

/* One affected thing; facts is taken over and may be NULL. */
PLANE_FN int32_t tell_affected(const struct asking *a, uint32_t risk, const char *resource, const char *name,
                               const char *effect, struct json_object *facts)
{
    if (!resource || !effect) {
        json_object_put(facts);
        return PROXIMO_ENOMEM;
    }
    struct proximo_affected row = {ROW(proximo_affected), .risk = risk, .resource = text_of(resource),
                                   .effect = text_of(effect)};
    if (name)
        row.name = text_of(name);
    if (facts)
        row.facts_json = json_text(facts);
    int32_t r = a->host->affected(a->call, &row);
    json_object_put(facts);
    return r;
}

#endif
