/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the trust spine share. */
#ifndef PROXIMO_TRUST_TRUST_INNER_H
#define PROXIMO_TRUST_TRUST_INNER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/crypto.h"
#include "trust/trust.h"

struct secret_entry; /* secret.c */
struct apply;        /* apply.c */

struct trust {
    struct trust_options options;
    const struct config *config;
    struct sites *sites;
    struct planes *planes;
    struct ledger *ledger;

    pthread_mutex_t ready_mutex; /* trust_ready */
    bool ready;
    const struct crypto_module *crypto;
    unsigned char plan_key[32];   /* plan ids */
    unsigned char seal_key[32];   /* request states */
    unsigned char secret_key[32]; /* commitments */
    char config_hash[65];         /* SHA-256 of config->hash_text */
    char *plans_dir, *undo_dir;   /* made 0700 */
    bool started;                 /* the run-start record is written */

    pthread_mutex_t secrets_mutex;
    struct secret_entry *secrets;

    pthread_mutex_t applies_mutex;
    pthread_cond_t applies_changed;
    struct apply *applies; /* running or ended in this process */
    bool stopping;
};

/* Ledger, keys, folders; once. 0, or negative and p: no plan, no change. */
int trust_ready(struct trust *trust, struct problem *p);
/* "uid:1000 root@pam!proximo" of this process at this site. */
int trust_principal(struct trust *trust, struct site *site, char ret[320], struct problem *p);
/* "plan", "human" or "approver" for a risk and flags (plane.h), by class name. Source: design, Consent. */
const char *trust_consent_needed(const struct trust *trust, unsigned risk, uint64_t flags,
                                 const char *operation_class);
/* lower-case hex */
void trust_hex(const unsigned char *bytes, size_t len, char *ret);

#endif
