/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API tokens, passwords, tickets and CSRF tokens. Secrets live outside the state, so that no handler can show
 * them. A ticket is "PVE:USER:HEXTIME::MAC" with a keyed MAC of this process, good for two hours.
 */
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICKET_LIFE 7200

/* Keyed MAC of a text as 64 hex digits. */
static void mac(struct sim *sim, const char *kind, const char *text, char ret_hex[65])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char full[700];
    int n = snprintf(full, sizeof full, "%s:%s", kind, text);

    if (n < 0 || (size_t)n >= sizeof full ||
        !HMAC(EVP_sha256(), sim->ticket_key, sizeof sim->ticket_key, (const unsigned char *)full, (size_t)n,
              hash, &size))
        memset(hash, 0, sizeof hash);
    for (int i = 0; i < 32; i++)
        (void)snprintf(ret_hex + i * 2, 3, "%02x", hash[i]);
}

static bool same(const char *a, const char *b)
{
    size_t n = strlen(a);

    return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

/* A ticket or CSRF token: "<prefix><hextime>::MAC" over the part before the "::". */
static int signed_text(struct sim *sim, const char *kind, const char *subject, const char *text)
{
    const char *end = strstr(text, "::"), *stamp;
    char head[512], expected[65];
    uint64_t made = 0;

    if (!end || (size_t)(end - text) >= sizeof head)
        return -EACCES;
    (void)snprintf(head, sizeof head, "%.*s", (int)(end - text), text);
    mac(sim, kind, head, expected);
    if (!same(expected, end + 2))
        return -EACCES;
    stamp = strrchr(head, ':');
    if (!stamp || (size_t)(stamp - head) != strlen(subject) || memcmp(head, subject, strlen(subject)) != 0)
        return -EACCES;
    if (sim_parse_uint(stamp + 1, 16, UINT32_MAX, &made) < 0)
        return -EACCES;
    return made + TICKET_LIFE > (uint64_t)time(NULL) ? 0 : -EACCES;
}

static char *sign(struct sim *sim, const char *kind, const char *subject)
{
    char head[512], hex[65], *text = NULL;

    (void)snprintf(head, sizeof head, "%s:%08llX", subject, (unsigned long long)time(NULL));
    mac(sim, kind, head, hex);
    return asprintf(&text, "%s::%s", head, hex) < 0 ? NULL : text;
}

#define USER_SIZE 256

/* Writes the user of a good ticket. Returns 0 or -EACCES. */
static int ticket_user(struct sim *sim, const char *ticket, char user[USER_SIZE])
{
    char subject[USER_SIZE + 4];
    const char *end;

    if (strncmp(ticket, "PVE:", 4) != 0)
        return -EACCES;
    end = strchr(ticket + 4, ':');
    if (!end || (size_t)(end - ticket) >= sizeof subject)
        return -EACCES;
    (void)snprintf(subject, sizeof subject, "%.*s", (int)(end - ticket), ticket);
    if (signed_text(sim, "ticket", subject, ticket) < 0 || sim_acl_enabled(sim->state, subject + 4) < 0)
        return -EACCES;
    (void)snprintf(user, USER_SIZE, "%s", subject + 4);
    return 0;
}

static enum sim_auth_result by_token(struct sim *sim, const char *value, char **ret_who)
{
    const char *equals = strchr(value, sim->product->separator);

    if (!equals)
        return SIM_AUTH_FAILED;
    for (size_t i = 0; i < sim->secret_count; i++) {
        const struct sim_secret *known = &sim->secrets[i];

        if (strlen(known->id) != (size_t)(equals - value) ||
            strncmp(known->id, value, strlen(known->id)) != 0)
            continue;
        if (!*known->secret || !same(known->secret, equals + 1) ||
            sim->product->enabled(sim->state, known->id) < 0)
            return SIM_AUTH_FAILED;
        *ret_who = strdup(known->id);
        return *ret_who ? SIM_AUTH_OK : SIM_AUTH_FAILED;
    }
    return SIM_AUTH_FAILED;
}

/* Copies a cookie's value; ':' and '@' may come percent-encoded in it. */
static void cookie_value(const char *cookie, char *value, size_t size)
{
    size_t n = 0;

    for (const char *at = cookie; *at && *at != ';' && *at != ' ' && n + 1 < size; at++) {
        if (strncasecmp(at, "%3A", 3) == 0 || strncmp(at, "%40", 3) == 0) {
            value[n++] = at[1] == '4' ? '@' : ':';
            at += 2;
        } else {
            value[n++] = *at;
        }
    }
    value[n] = 0;
}

static enum sim_auth_result by_ticket(struct sim *sim, const struct sim_request *request, const char *cookie,
                                      char **ret_who)
{
    char ticket[1024], user[USER_SIZE];

    cookie_value(cookie, ticket, sizeof ticket);
    if (ticket_user(sim, ticket, user) < 0)
        return SIM_AUTH_FAILED;
    if (strcmp(request->method, "GET") != 0 &&
        (!request->csrf || signed_text(sim, "csrf", user, request->csrf) < 0))
        return SIM_AUTH_CSRF;
    *ret_who = strdup(user);
    return *ret_who ? SIM_AUTH_OK : SIM_AUTH_FAILED;
}

enum sim_auth_result sim_authenticate(struct sim *sim, const struct sim_request *request, char **ret_who)
{
    static const char name[] = "PVEAuthCookie=";
    const char *scheme = sim->product->scheme;
    const char *cookie = request->cookie ? strstr(request->cookie, name) : NULL;

    if (request->authorization && strncmp(request->authorization, scheme, strlen(scheme)) == 0)
        return by_token(sim, request->authorization + strlen(scheme), ret_who);
    if (cookie && sim->product->tickets)
        return by_ticket(sim, request, cookie + strlen(name), ret_who);
    return SIM_AUTH_NONE;
}

/* The first element of a path decides which section of "cap" its privileges belong to; "/" belongs to all. */
static const struct {
    const char *section, *path, *prefix;
} caps[] = {
    {"access", "/access", "User.|Group.|Permissions.Modify"},
    {"dc", "/", "Sys.Audit|Sys.Modify|SDN."},
    {"mapping", "/mapping", "Mapping.|Permissions.Modify"},
    {"nodes", "/nodes", "Sys.|Permissions.Modify"},
    {"sdn", "/sdn", "SDN.|Permissions.Modify"},
    {"storage", "/storage", "Datastore.|Permissions.Modify"},
    {"vms", "/vms", "VM.|Permissions.Modify"},
};

static bool has_prefix(const char *name, const char *prefixes)
{
    while (*prefixes) {
        size_t n = strcspn(prefixes, "|");

        if (strncmp(name, prefixes, n) == 0)
            return true;
        prefixes += n + (prefixes[n] == '|');
    }
    return false;
}

static bool in_section(const char *path, const char *section)
{
    size_t n = strlen(section);

    return strcmp(path, "/") == 0 ||
           (n > 1 && strncmp(path, section, n) == 0 && (path[n] == 0 || path[n] == '/'));
}

/* What a user interface may offer: the privileges held anywhere, by section. */
static struct json_object *capabilities(struct sim_call *call, const char *who)
{
    struct sim_call dump = {.sim = call->sim, .state = call->state, .who = who};
    struct json_object *out = json_object_new_object();

    sim_permissions_dump(&dump, who);
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
        struct json_object *section = json_object_new_object();

        json_object_object_foreach(dump.data, path, privs)
        {
            if (!in_section(path, caps[i].path))
                continue;
            json_object_object_foreach(privs, name, flag)
            {
                if (has_prefix(name, caps[i].prefix))
                    sim_set(section, name, sim_copy(flag));
            }
        }
        sim_set(out, caps[i].section, section);
    }
    json_object_put(dump.data);
    return out;
}

int sim_ticket_get(struct sim_call *call)
{
    (void)call;
    return 0;
}

bool sim_password_is(struct sim_call *call, const char *user, const char *password)
{
    const char *known = sim_str(sim_at(call->state, "/secret/passwords"), user, NULL);

    return known && same(known, password);
}

/* Consoles are not part of the simulator: nobody was ever given such a ticket. */
int sim_vncticket_check(struct sim_call *call)
{
    return sim_fail(call, 401, "authentication failure\n");
}

int sim_ticket_create(struct sim_call *call)
{
    const char *username = sim_arg(call, "username"), *password = sim_arg(call, "password");
    const char *realm = sim_arg(call, "realm");
    SIM_FREE_WITH(sim_freep) char *ticket = NULL;
    SIM_FREE_WITH(sim_freep) char *csrf = NULL;
    struct json_object *user;
    char id[USER_SIZE], by[USER_SIZE], subject[USER_SIZE + 4];
    bool has_ticket;

    if (realm && !strchr(username, '@'))
        (void)snprintf(id, sizeof id, "%s@%s", username, realm);
    else
        (void)snprintf(id, sizeof id, "%s", username);
    user = sim_get(sim_at(call->state, "/access/users"), id);
    has_ticket = ticket_user(call->sim, password, by) == 0 && same(by, id);
    if (!user || sim_acl_enabled(call->state, id) < 0 ||
        (!has_ticket && !sim_password_is(call, id, password)))
        return sim_fail(call, 401, "authentication failure\n");
    (void)snprintf(subject, sizeof subject, "PVE:%s", id);
    ticket = sign(call->sim, "ticket", subject);
    csrf = sign(call->sim, "csrf", id);
    call->data = json_object_new_object();
    sim_set_str(call->data, "username", id);
    sim_set_str(call->data, "ticket", ticket);
    sim_set_str(call->data, "CSRFPreventionToken", csrf);
    sim_set(call->data, "cap", capabilities(call, id));
    return 0;
}

/* Writes a file of its own, mode 0600. */
static int write_secret(const char *path, const char *id, char separator, const char *secret)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r;

    if (fd < 0)
        return -errno;
    r = dprintf(fd, "%s%c%s\n", id, separator, secret) < 0 ? -EIO : 0;
    close(fd);
    return r;
}

int sim_random_uuid(char ret_text[37])
{
    unsigned char b[16];

    if (RAND_bytes(b, sizeof b) != 1)
        return -EIO;
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    (void)snprintf(ret_text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
                   b[15]);
    return 0;
}

int sim_secret_renew(struct sim *sim, const char *id, char ret_secret[37])
{
    struct sim_secret *more;
    char secret[37], *text;

    if (sim_random_uuid(secret) < 0)
        return -EIO;
    more = realloc(sim->secrets, (sim->secret_count + 1) * sizeof *more);
    text = strdup(secret);
    if (more)
        sim->secrets = more;
    if (!more || !text) {
        free(text);
        return -ENOMEM;
    }
    memcpy(ret_secret, secret, sizeof secret);
    for (size_t i = 0; i < sim->secret_count; i++) {
        if (strcmp(more[i].id, id) != 0)
            continue;
        free(more[i].secret);
        more[i].secret = text;
        return 0;
    }
    more[sim->secret_count++] = (struct sim_secret){.id = strdup(id), .secret = text};
    return 0;
}

void sim_secret_forget(struct sim *sim, const char *id)
{
    for (size_t i = 0; i < sim->secret_count; i++) {
        if (strcmp(sim->secrets[i].id, id) == 0)
            sim->secrets[i].secret[0] = 0;
    }
}

/* The name of a token's file: "root" for root@pam!..., "user-token" for the others. */
static void file_name(const char *id, char *name, size_t size)
{
    const char *at = strchr(id, '@'), *bang = strchr(id, '!');

    if (strncmp(id, "root@pam!", 9) == 0)
        (void)snprintf(name, size, "root");
    else
        (void)snprintf(name, size, "%.*s-%s", at ? (int)(at - id) : 0, id, bang ? bang + 1 : "");
}

static int add_token(struct sim *sim, const char *dir, const char *id, const char *const *fixed,
                     size_t fixed_count)
{
    struct sim_secret *more = realloc(sim->secrets, (sim->secret_count + 1) * sizeof *more);
    char secret[37], name[128], path[512];
    const char *value = secret;

    if (!more)
        return -ENOMEM;
    sim->secrets = more;
    if (sim_random_uuid(secret) < 0)
        return -EIO;
    for (size_t i = 0; i < fixed_count; i++) {
        if (strncmp(fixed[i], id, strlen(id)) == 0 && fixed[i][strlen(id)] == '=')
            value = fixed[i] + strlen(id) + 1;
    }
    file_name(id, name, sizeof name);
    if (snprintf(path, sizeof path, "%s/%s.token", dir, name) >= (int)sizeof path)
        return -ENAMETOOLONG;
    more[sim->secret_count] = (struct sim_secret){strdup(id), strdup(value), strdup(path)};
    sim->secret_count++;
    return write_secret(path, id, sim->product->separator, value);
}

int sim_tokens_make(struct sim *sim, const char *dir, const char *const *fixed, size_t fixed_count)
{
    json_object_object_foreach(sim_at(sim->state, "/access/users"), user, entry)
    {
        struct json_object *tokens = sim_get(entry, "tokens");

        if (!tokens)
            continue;
        json_object_object_foreach(tokens, token, unused)
        {
            char id[300];
            int r;

            (void)unused;
            (void)snprintf(id, sizeof id, "%s!%s", user, token);
            r = add_token(sim, dir, id, fixed, fixed_count);
            if (r < 0)
                return r;
        }
    }
    return 0;
}
