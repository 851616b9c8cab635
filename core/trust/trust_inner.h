/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the trust spine share. */
#ifndef PROXIMO_TRUST_TRUST_INNER_H
#define PROXIMO_TRUST_TRUST_INNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/crypto.h"
#include "config/config.h"
#include "trust/trust.h"

struct secret_entry; /* secret.c */
struct apply;        /* apply.h */
struct spent_state;  /* consent.c */
struct plan;

/* What was read that others than people of this house may have written; limits_taint.c. */
struct taint_mark {
    int64_t time_s; /* wall clock */
    char tool[64], what[160];
};
struct taint {
    uint64_t count;
    struct taint_mark first, newest;
};

struct trust {
    struct trust_options options;
    const struct config *config;
    struct sites *sites;
    struct planes *planes;
    struct ledger *ledger;
    struct anchors *anchors;

    pthread_mutex_t ready_mutex; /* making ready */
    atomic_bool ready;           /* once true, asked without the mutex: also under the ledger's lock */
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
    struct taint taint;

    /* start.c */
    bool start_asked, start_over;
    pthread_t start_thread;
    struct cancel *start_cancel;
    struct problem start_problem; /* why the first record could not be written; code "" */
};

/* Ledger, keys, folders; once. 0, or negative and p: no plan, no change. */
int trust_ready(struct trust *trust, struct problem *p);
bool trust_was_ready(struct trust *trust); /* has that been? Makes nothing */
/* The same as trust_ready, and the first record of this run is written. */
int trust_begin(struct trust *trust, struct problem *p);
void trust_start_stop(struct trust *trust); /* start.c: gives up what the first call began */
void trust_start_join(struct trust *trust);
/* "uid:1000 root@pam!proximo" of this process at this site, with " a2a:NAME" where a bearer acts. */
int trust_principal(struct trust *trust, struct site *site, char ret[320], struct problem *p);
/*
 * Whose consent a change needs: by risk and flags (plane.h), by class, by the operator's rules for classes
 * and for this site (NULL: none). ret_why: what set it, in words. Source: design, Consent. (ladder.c)
 */
#define CONSENT_WHY_SIZE 128u
enum config_consent trust_consent_needed(const struct trust *trust, const struct config_site *site,
                                         unsigned risk, uint64_t flags, const char *operation_class,
                                         char ret_why[CONSENT_WHY_SIZE]);
/* Do the allow and deny lists leave this tool under this class (NULL: at all)? PX-TOOL. */
int trust_allowed(struct trust *trust, const struct tool *tool, const char *operation_class,
                  struct problem *p);

#endif
