/* SPDX-License-Identifier: Apache-2.0 */
/* The spine's beginning and end: keys and folders, who acts, and bringing what runs to a recorded end. */
#include "trust/trust.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "config/config.h"
#include "ledger/anchor.h"
#include "ledger/ledger.h"
#include "plane/site.h"
#include "trust/apply.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define ANCHORS_END_MS 1000 /* for the last checkpoint to get out; the next start publishes it otherwise */

/* Which key is derived for what; the words are part of the format of ids and states. */
static const struct {
    const char *purpose;
    size_t offset;
} derived[] = {
    {"proximo/plan-id/v1", offsetof(struct trust, plan_key)},
    {"proximo/request-state/v1", offsetof(struct trust, seal_key)},
    {"proximo/secret/v1", offsetof(struct trust, secret_key)},
};

static char *below(const char *folder, const char *name)
{
    char *path = NULL;

    return folder && asprintf(&path, "%s/%s", folder, name) >= 0 ? path : NULL;
}

int trust_new(const struct trust_options *options, struct trust **ret)
{
    struct trust *trust = calloc(1, sizeof(*trust));

    if (!trust)
        return -ENOMEM;
    trust->options = *options;
    trust->config = options->config;
    trust->sites = options->sites;
    trust->planes = options->planes;
    (void)pthread_mutex_init(&trust->ready_mutex, NULL);
    (void)pthread_mutex_init(&trust->secrets_mutex, NULL);
    (void)pthread_mutex_init(&trust->applies_mutex, NULL);
    (void)pthread_cond_init(&trust->applies_changed, NULL);
    trust->plans_dir = below(trust->config->state_dir, "plans");
    trust->undo_dir = below(trust->config->state_dir, "undo");
    int r = ledger_new(trust->config, &trust->ledger);
    if (r == 0)
        r = anchors_new(trust->config, trust->ledger, &trust->anchors);
    if (r < 0) {
        trust_free(trust);
        return r;
    }
    *ret = trust;
    return 0;
}

void trust_free(struct trust *trust)
{
    if (!trust)
        return;
    trust_start_join(trust);
    secret_forget(trust, NULL);
    applies_free(trust);
    anchors_free(trust->anchors);
    ledger_close(trust->ledger);
    ledger_free(trust->ledger);
    explicit_bzero(trust->plan_key, sizeof(trust->plan_key));
    explicit_bzero(trust->seal_key, sizeof(trust->seal_key));
    explicit_bzero(trust->secret_key, sizeof(trust->secret_key));
    free(trust->plans_dir);
    free(trust->undo_dir);
    free(trust->spent);
    (void)pthread_cond_destroy(&trust->applies_changed);
    (void)pthread_mutex_destroy(&trust->applies_mutex);
    (void)pthread_mutex_destroy(&trust->secrets_mutex);
    (void)pthread_mutex_destroy(&trust->ready_mutex);
    free(trust);
}

struct ledger *trust_ledger(struct trust *trust)
{
    return trust->ledger;
}

/* A folder of this user's own; plans and undo files are not for others. */
static int folder_make(const char *path, struct problem *p)
{
    struct stat st;

    if (!path) {
        problem_set(p, -EINVAL, PX_CONFIG, "there is no state folder for plans and undo files");
        problem_next(p, "set state_dir in the configuration, or HOME in the environment");
        return -EINVAL;
    }
    int r = file_make_dirs(path, 0700);
    if (r == 0 && lstat(path, &st) < 0)
        r = -errno;
    if (r == 0 && (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO))))
        r = -EACCES;
    if (r == 0)
        return 0;
    problem_set(p, r, PX_LEDGER, "the folder %.300s cannot be used: %s: nothing is changed", path,
                r == -EACCES ? "it must be a folder of this user that nobody else can enter" : strerror(-r));
    problem_next(p, "chmod 700 it and give it to the user that runs proximo");
    return r;
}

static int keys_make(struct trust *trust, struct problem *p)
{
    unsigned char digest[32];
    const char *text = trust->config->hash_text ? trust->config->hash_text : "";

    trust->crypto = crypto_module_get(p);
    if (!trust->crypto)
        return -ENOENT;
    for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        int r =
            ledger_derive(trust->ledger, derived[i].purpose, (unsigned char *)trust + derived[i].offset, p);
        if (r < 0)
            return r;
    }
    if (trust->crypto->sha256(text, strlen(text), digest) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "the configuration could not be hashed");
    text_hex(digest, sizeof(digest), trust->config_hash);
    return 0;
}

int trust_ready(struct trust *trust, struct problem *p)
{
    int r = 0;

    if (atomic_load(&trust->ready))
        return 0;
    (void)pthread_mutex_lock(&trust->ready_mutex);
    if (!atomic_load(&trust->ready)) {
        r = ledger_ready(trust->ledger, p);
        if (r == 0)
            r = keys_make(trust, p);
        if (r == 0)
            r = folder_make(trust->plans_dir, p);
        if (r == 0)
            r = folder_make(trust->undo_dir, p);
        atomic_store(&trust->ready, r == 0);
    }
    (void)pthread_mutex_unlock(&trust->ready_mutex);
    return r;
}

bool trust_was_ready(struct trust *trust)
{
    return atomic_load(&trust->ready);
}

int trust_principal(struct trust *trust, struct site *site, char ret[320], struct problem *p)
{
    char token[256];
    int r = site_token_id(site, token, p);

    const char *bearer = trust->options.bearer;

    if (r < 0)
        return r;
    const int len = snprintf(ret, 320, "uid:%lu %s%s%s", (unsigned long)geteuid(), token,
                             bearer ? " a2a:" : "", bearer ? bearer : "");
    if (len >= 320) /* cut, it could be somebody else's */
        return problem_set(p, -ENAMETOOLONG, PX_CONFIG, "the names of token and bearer are too long");
    return 0;
}

bool trust_stop(struct trust *trust, int64_t deadline_ms)
{
    trust_start_stop(trust);
    const bool ended = applies_stop(trust, deadline_ms);
    const int64_t anchors_ms = clock_ms() + ANCHORS_END_MS;
    return anchors_stop(trust->anchors, anchors_ms < deadline_ms ? anchors_ms : deadline_ms) && ended;
}
