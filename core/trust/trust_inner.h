/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the trust spine share. */
#ifndef PROXIMO_TRUST_TRUST_INNER_H
#define PROXIMO_TRUST_TRUST_INNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/crypto.h"
#include "trust/trust.h"

struct secret_entry; /* secret.c */
struct apply;        /* apply.h */
struct spent_state;  /* consent.c */
struct plan;

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

    pthread_mutex_t secrets_mutex;
    struct secret_entry *secrets;

    /* With applies_mutex: all that follows. */
    pthread_mutex_t applies_mutex;
    pthread_cond_t applies_changed;
    struct apply *applies; /* running or ended in this process */
    bool stopping;
    struct spent_state *spent; /* request states that were answered */

    /* start.c */
    bool start_asked, start_over;
    pthread_t start_thread;
    struct cancel *start_cancel;
    struct problem start_problem; /* why the first record could not be written; code "" */
};

/* Ledger, keys, folders; once. 0, or negative and p: no plan, no change. */
int trust_ready(struct trust *trust, struct problem *p);
/* The same, and the first record of this run is written. */
int trust_begin(struct trust *trust, struct problem *p);
void trust_start_stop(struct trust *trust); /* start.c: gives up what the first call began */
void trust_start_join(struct trust *trust);
/* "uid:1000 root@pam!proximo" of this process at this site. */
int trust_principal(struct trust *trust, struct site *site, char ret[320], struct problem *p);
/* "plan", "human" or "approver" for a risk and flags (plane.h), by class name. Source: design, Consent. */
const char *trust_consent_needed(const struct trust *trust, unsigned risk, uint64_t flags,
                                 const char *operation_class);
/* Do the allow and deny lists leave this tool under this class (NULL: at all)? PX-TOOL. */
int trust_allowed(struct trust *trust, const struct tool *tool, const char *operation_class,
                  struct problem *p);

#endif
