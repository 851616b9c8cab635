/* SPDX-License-Identifier: Apache-2.0 */
/* A plane that asks for whatever its test tells it to: a GET per line of `ask` ("PATH name=value
 * name=value"). */
#include <stdio.h>
#include <string.h>

#include "proximo/plane.h"

#define MOST 64

static const struct proximo_host *host;

struct asked {
    struct proximo_get gets[MOST];
    struct proximo_field fields[MOST][4];
    struct proximo_need need;
    uint32_t count;
    char text[8192];
};

/* The next part of *at up to `end`, which becomes a NUL; NULL at the end of the text. */
static char *next(char **at, char end)
{
    char *part = *at;

    if (!part || !*part)
        return NULL;
    char *stop = strchr(part, end);
    if (stop)
        *stop = '\0';
    *at = stop ? stop + 1 : NULL;
    return part;
}

/* The lines of `ask` as gets. `need`, if given, is "PRIVILEGE PATH" of the first. */
static int32_t parse(struct proximo_call *call, struct asked *asked)
{
    struct proximo_text ask, need;
    char *line, *word, *lines = asked->text, *rest;
    int32_t r = host->argument(call, "ask", &ask);
    if (r || ask.len >= sizeof(asked->text))
        return r ? r : PROXIMO_EINVAL;
    memcpy(asked->text, ask.ptr, ask.len);
    for (; (line = next(&lines, '|')) && asked->count < MOST; asked->count++) {
        struct proximo_get *get = &asked->gets[asked->count];
        struct proximo_field *fields = asked->fields[asked->count];
        get->struct_size = sizeof(*get);
        rest = line;
        get->path = next(&rest, ' ');
        get->fields = fields;
        while ((word = next(&rest, ' ')) && get->field_count < 4) {
            char *value = strchr(word, '=');
            if (!value)
                return PROXIMO_EINVAL;
            *value++ = '\0';
            fields[get->field_count++] = (struct proximo_field){
                .struct_size = sizeof(struct proximo_field), .name = word, .value = value};
        }
    }
    if (host->argument(call, "need", &need) == 0) {
        char *copy = host->alloc(call, need.len + 1);
        if (!copy)
            return PROXIMO_ENOMEM;
        memcpy(copy, need.ptr, need.len);
        asked->need.struct_size = sizeof(asked->need);
        asked->need.privilege = next(&copy, ' ');
        asked->need.path = copy;
        asked->gets[0].needs = (struct proximo_table){sizeof(struct proximo_table), 1, &asked->need};
    }
    return asked->count ? 0 : PROXIMO_EINVAL;
}

/* Answers are texts of ours: "STATUS FLAGS LENGTH MESSAGE" a line. */
static int32_t answer(struct proximo_call *call, const struct proximo_answer *answers, uint32_t count)
{
    const size_t size = 64 * 1024;
    size_t len = 0;
    char *text = host->alloc(call, size);
    if (!text)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < count && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, "%d %llu %s %.*s\n", (int)answers[i].status,
                                (unsigned long long)answers[i].flags, answers[i].data.len ? "data" : "-",
                                (int)answers[i].message.len, answers[i].message.ptr);
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_TEXT, .data = {text, len}};
    return host->reply(call, &block, 1);
}

static int32_t one(struct proximo_call *call, uint64_t flags)
{
    struct asked *asked = host->alloc(call, sizeof(*asked));
    struct proximo_answer got = {.struct_size = sizeof(got)};
    int32_t r = asked ? parse(call, asked) : PROXIMO_ENOMEM;
    if (r)
        return r;
    asked->gets[0].flags = flags;
    r = host->get(call, &asked->gets[0], &got);
    return r ? r : answer(call, &got, 1);
}

static int32_t read_get(void *instance, struct proximo_call *call)
{
    (void)instance;
    return one(call, 0);
}

static int32_t read_tolerate(void *instance, struct proximo_call *call)
{
    (void)instance;
    return one(call, PROXIMO_GET_TOLERATE);
}

static int32_t read_many(void *instance, struct proximo_call *call)
{
    struct asked *asked = host->alloc(call, sizeof(*asked));
    struct proximo_answer *got = host->alloc(call, sizeof(*got) * MOST);
    (void)instance;
    int32_t r = asked && got ? parse(call, asked) : PROXIMO_ENOMEM;
    if (r)
        return r;
    for (uint32_t i = 0; i < asked->count; i++)
        got[i].struct_size = sizeof(*got);
    r = host->get_many(call, asked->gets, asked->count, got);
    return r ? r : answer(call, got, asked->count);
}

/* `ask` is "NAME name=value" of a probe. */
static int32_t read_probe(void *instance, struct proximo_call *call)
{
    struct asked *asked = host->alloc(call, sizeof(*asked));
    struct proximo_answer got = {.struct_size = sizeof(got)};
    (void)instance;
    int32_t r = asked ? parse(call, asked) : PROXIMO_ENOMEM;
    if (r)
        return r;
    r = host->probe(call, asked->gets[0].path, asked->gets[0].fields, asked->gets[0].field_count, &got);
    return r ? r : answer(call, &got, 1);
}

/* `ask` is "PATH privilege=NAME"; the answer has the site and whether the privilege is held. */
static int32_t read_site(void *instance, struct proximo_call *call)
{
    struct asked *asked = host->alloc(call, sizeof(*asked));
    struct proximo_site site = {.struct_size = sizeof(site)};
    char text[256];
    (void)instance;
    int32_t r = asked ? parse(call, asked) : PROXIMO_ENOMEM;
    if (r == 0)
        r = host->site(call, &site);
    if (r)
        return r;
    r = host->permission(call, asked->gets[0].path, asked->fields[0][0].value);
    int len = snprintf(text, sizeof(text), "%u %.*s %.*s %d", site.kind, (int)site.name.len, site.name.ptr,
                       (int)site.version.len, site.version.ptr, r);
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_TEXT, .data = {text, (uint64_t)len}};
    return host->reply(call, &block, 1);
}

/* How the site is reached. */
static int32_t read_reached(void *instance, struct proximo_call *call)
{
    struct proximo_site site = {.struct_size = sizeof(site)};
    (void)instance;
    int32_t r = host->site(call, &site);
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_TEXT, .data = site.reached_json};
    return r ? r : host->reply(call, &block, 1);
}

/* `ask` is the name of a site, whose /version is read; the answer has all sites as well. */
static int32_t read_other(void *instance, struct proximo_call *call)
{
    struct proximo_text name, sites;
    struct proximo_get get = {.struct_size = sizeof(get), .path = "/version"};
    struct proximo_answer got = {.struct_size = sizeof(got)};
    (void)instance;
    int32_t r = host->argument(call, "ask", &name);
    char *site = r ? NULL : host->alloc(call, name.len + 1);
    if (!site)
        return r ? r : PROXIMO_ENOMEM;
    memcpy(site, name.ptr, name.len);
    get.site = site;
    if ((r = host->sites(call, &sites)) || (r = host->get(call, &get, &got)))
        return r;
    char text[512];
    const int len = snprintf(text, sizeof(text), "%d %s", (int)got.status, sites.ptr);
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_TEXT, .data = {text, (uint64_t)len}};
    return host->reply(call, &block, 1);
}

static const struct proximo_param params[] = {
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .name = "ask",
     .description = "What."},
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .name = "need",
     .description = "Which."},
};
#define READ(tool, function)                                                                                 \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_read), .name = (tool), .description = "A tool of a test.",      \
        .params = PROXIMO_TABLE(params), .read = (function)                                                  \
    }
/* A row of one object that Proxmox gives to everybody, and a need that not everybody holds. */
static const struct proximo_need need_audit[] = {
    {.struct_size = sizeof(struct proximo_need), .path = "/", .privilege = "Sys.Audit"}};
static const struct proximo_need need_guest[] = {
    {.struct_size = sizeof(struct proximo_need), .path = "/vms/105", .privilege = "VM.Audit"}};
#define SINGLE(tool, need)                                                                                   \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_read), .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,       \
        .name = (tool), .description = "A tool of a test.", .path = "/version", .needs = PROXIMO_TABLE(need) \
    }
static const struct proximo_read reads[] = {
    SINGLE("reader_unheld", need_audit), SINGLE("reader_held", need_guest),
    READ("reader_get", read_get),        READ("reader_tolerate", read_tolerate),
    READ("reader_many", read_many),      READ("reader_probe", read_probe),
    READ("reader_site", read_site),      READ("reader_reached", read_reached),
    READ("reader_other", read_other)};
static const struct proximo_param ping_params[] = {
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .name = "node",
     .description = "N."},
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .name = "vmid",
     .description = "V."},
};
static const struct proximo_probe probes[] = {{.struct_size = sizeof(struct proximo_probe),
                                               .name = "agent_ping",
                                               .params = PROXIMO_TABLE(ping_params),
                                               .method = "POST",
                                               .path = "/nodes/{node}/qemu/{vmid}/agent/ping"}};

static int32_t reader_open(const struct proximo_host *table, void **ret_instance)
{
    host = table;
    *ret_instance = NULL;
    return 0;
}
static const struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,  .threading = PROXIMO_PARALLEL, .name = "reader",
    .version = "1",      .licence = "Apache-2.0",       .summary = "A plane of the tests.",
    .open = reader_open, .reads = PROXIMO_TABLE(reads), .probes = PROXIMO_TABLE(probes)};
PROXIMO_PLANE(plane)
