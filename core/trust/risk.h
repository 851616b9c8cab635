/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's own judgement of requests that change something: a table by method, path pattern, parameter and
 * value, decided over every POST, PUT and DELETE of Proxmox VE 9.2 and 8.4 and Backup Server 4.2. It binds
 * every plan, whatever a plane claims. Pure data; thread-safe.
 */
#ifndef PROXIMO_TRUST_RISK_H
#define PROXIMO_TRUST_RISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http.h"

#define RISK_LOW    1u /* the values of plane.h's PROXIMO_RISK_... */
#define RISK_MEDIUM 2u
#define RISK_HIGH   3u

#define RISK_DESTROYS  (1u << 0) /* the bits of plane.h's PROXIMO_CLASS_... */
#define RISK_CUTS_OFF  (1u << 1)
#define RISK_WIDENS    (1u << 2)
#define RISK_ROOT_ONLY (1u << 8)  /* Proxmox takes it from root@pam itself only: no token */
#define RISK_NO_TOKEN  (1u << 9)  /* Proxmox refuses API tokens */
#define RISK_TASK      (1u << 10) /* may answer with a UPID */
#define RISK_DIGEST    (1u << 11) /* takes `digest` and honours it */
#define RISK_UNLISTED  (1u << 12) /* method or a parameter is not in the table: high */
#define RISK_CLEAR     (1u << 13) /* a field that is a secret in this request carries its value in clear */
#define RISK_COMMAND   (1u << 14) /* runs a command: a person's consent, whatever the class */

struct risk_verdict {
    unsigned level; /* the maximum over method and parameters */
    unsigned flags; /* RISK_... */
    size_t reason_count;
    struct risk_reason {
        unsigned level;
        char text[160]; /* "POST /nodes/{node}/lxc/{vmid}/status/stop: cuts the power", "hookscript: runs a
                           program on the host" */
    } reasons[16];      /* the highest first */
};

/*
 * site_kind: enum config_site_kind. path: encoded, as it will be sent. A field whose value is a later
 * reference or a secret has value NULL: then the name alone decides, at its worst. `delete` lists (options to
 * remove) are judged option by option, and so are "property strings" (net0=...,bridge=...,firewall=0).
 */
void risk_judge(unsigned site_kind, const char *method, const char *path, const struct http_field *fields,
                size_t field_count, struct risk_verdict *ret);
/* Is this parameter's value a secret (password, cipassword, token value, lock-token, keys, bind passwords)?
 * Used for redaction and to refuse a plan that would carry it in clear. */
bool risk_param_is_secret(const char *name);
/* Removes userinfo in URLs and the like from a value that is shown; appends to out. */
struct buf;
void risk_put_shown_value(const char *name, const char *value, size_t len, struct buf *out);

/* The rows, for documentation and tests. */
struct risk_row {
    const char *method;
    const char *path;   /* {node} and the like for any one element, by the name Proxmox gives it */
    unsigned site_kind; /* enum config_site_kind */
    unsigned level;
    unsigned flags;
    const char *what;   /* what it does, a verb phrase */
    const char *params; /* name of its parameter group in risk_params.c, or the groups */
};
const struct risk_row *risk_rows(size_t *ret_count);
const struct risk_row *risk_row_find(unsigned site_kind, const char *method, const char *path);
const char *risk_level_name(unsigned level); /* "low", "medium", "high" */

#endif
