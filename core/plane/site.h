/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A site at work: the HTTP client of one configured cluster or Backup Server, with what the core remembers of
 * it for a short while - which guest is where (resolution only, never state), this token's permissions, the
 * version. All functions may be called from any thread; they block.
 */
#ifndef PROXIMO_PLANE_SITE_H
#define PROXIMO_PLANE_SITE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "http/http.h"

struct config;
struct config_site;
struct site;
struct sites;

/* All sites of a configuration; nothing is loaded or connected yet. config must outlive it. */
int sites_new(const struct config *config, struct sites **ret);
void sites_free(struct sites *sites);
/* name NULL: the only site. PX-SITE names the valid ones. */
int sites_find(struct sites *sites, const char *name, struct site **ret, struct problem *p);
/* The same among the sites of these kinds (PROXIMO_FOR_...; 0: all), for a tool of such a plane. */
int sites_find_for(struct sites *sites, const char *name, uint32_t kinds, struct site **ret,
                   struct problem *p);
size_t sites_count(const struct sites *sites);
struct site *sites_at(struct sites *sites, size_t index);
const struct config_site *site_config(const struct site *site);
bool site_was_used(const struct site *site); /* has a request been made? */

struct site_call {
    int64_t deadline_ms; /* clock_ms() */
    struct cancel *cancel;
};

/* One answer of the API: the whole parsed body ({"data":..., "total":...}) and its status. */
struct site_answer {
    int status;
    struct json_object *body; /* owned; NULL if there was none */
    char *raw;                /* the bytes, owned; the very bytes guards are made from */
    size_t raw_len;
};
void site_answer_done(struct site_answer *answer);

/* GET path (encoded, below /api2/json) with fields as query. A status >= 400 is a failure with p unless
 * `tolerate`. */
int site_get(struct site *site, const struct site_call *call, const char *path,
             const struct http_field *fields, size_t field_count, bool tolerate, struct site_answer *ret,
             struct problem *p);
/* The output of a command in a guest, which is refused to reads (http_get_is_agent_output): for the step
 * runner of core/trust alone, no one else may call it. */
int site_get_agent_output(struct site *site, const struct site_call *call, const char *path,
                          const struct http_field *fields, size_t field_count, struct site_answer *ret,
                          struct problem *p);
/* Is raw the plain text of an error, as a Backup Server answers it? Not NUL-terminated by promise. Pure. */
bool site_answer_is_words(const struct site_answer *answer);
/* The same as site_get for long lists: the bytes are checked to be a JSON object, but no objects are made:
 * body stays NULL and plane/scan.h reads raw. Of a tolerated error that is no JSON raw is NULL, or a short
 * plain text (site_answer_is_words), which plane/scan.h must not see. */
int site_get_text(struct site *site, const struct site_call *call, const char *path,
                  const struct http_field *fields, size_t field_count, bool tolerate, struct site_answer *ret,
                  struct problem *p);
/* An effect-free request of the core's probe table. Its answer as from site_get_text. */
int site_probe(struct site *site, const struct site_call *call, const char *method, const char *path,
               const struct http_field *fields, size_t field_count, struct site_answer *ret,
               struct problem *p);

/*
 * A request that changes something: for the step runner of core/trust alone, no one else may call it. Sent to
 * one endpoint, once. 0 for every HTTP status, whose words are in *ret_refusal from 300 on (code "" below);
 * negative and p when no answer came; *ret_sent (in either case) says whether it may have reached the server.
 */
int site_change(struct site *site, const struct site_call *call, const char *method, const char *path,
                const struct http_field *fields, size_t field_count, struct site_answer *ret, bool *ret_sent,
                struct problem *ret_refusal, struct problem *p);
/* Who this site's token is: "USER@REALM!TOKENID", from the token file, without its secret. PX-SECRET-FILE. */
int site_token_id(struct site *site, char ret_id[256], struct problem *p);

/* Where a guest is. */
struct site_guest {
    int64_t vmid;
    char kind[8]; /* "lxc" or "qemu" */
    char node[64];
    char name[128];
    bool template;
};
/*
 * Finds a guest by vmid or name; kind and node, if not NULL, must fit: PX-MISMATCH names the right ones.
 * PX-NOT-FOUND says what was searched and that this token may not see every guest; PX-AMBIGUOUS lists the
 * candidates. `fresh` asks again even if a recent list is there (used once after a 'does not exist').
 */
int site_guest_find(struct site *site, const struct site_call *call, const char *vmid_or_name,
                    const char *kind, const char *node, bool fresh, struct site_guest *ret,
                    struct problem *p);
/* The node a node tool means: `node` if it exists, else the configured one, else the only one. */
int site_node_find(struct site *site, const struct site_call *call, const char *node, char ret_node[64],
                   struct problem *p);
/* Does this token hold one of "A|B" on path? 1, 0, or negative and p when the permissions cannot be read.
 * Cached for 60 s. Source: GET /access/permissions. */
int site_permission(struct site *site, const struct site_call *call, const char *path, const char *privileges,
                    struct problem *p);
/* The same, and handed down to everything below path (a list over path is complete only then; deeper entries
 * that take it away again are not seen). */
int site_permission_below(struct site *site, const struct site_call *call, const char *path,
                          const char *privileges, struct problem *p);
/* The same on any path at or below `under` that has entries, or on any pool, as GET /access/permissions
 * without a path lists them: 0 says that it is held nowhere there. */
int site_permission_anywhere(struct site *site, const struct site_call *call, const char *under,
                             const char *privileges, struct problem *p);
/* For a need of a tool or a GET: `path` was made from the template. A template without {names} stands for
 * what is below it, so there the privilege must be handed down. */
int site_need(struct site *site, const struct site_call *call, const char *path_template, const char *path,
              const char *privileges, struct problem *p);
int site_version(struct site *site, const struct site_call *call, char ret_version[32], struct problem *p);
/*
 * How this site is reached: {"endpoints":[{"host","port","address"}],"local","operator_addresses"}.
 * address and local are what the last connection had at its two ends, absent before the first answer; an
 * endpoint written as an address has it at once. NULL: no
 * memory.
 */
struct json_object *site_reached(struct site *site);

#endif
