/* SPDX-License-Identifier: Apache-2.0 */
/* Which ledger a command of `proximo audit` means, also when the configuration is wrong; keys of others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "command/audit.h"
#include "command/command.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/note.h"

#define PATH_LIMIT 4096
#define KEY_LIMIT  ((size_t)16 << 10)

void audit_files_done(struct audit_files *files)
{
    free(files->file);
    free(files->key);
    free(files->head);
    free(files->public_key);
}

/* A configuration that is wrong must not keep anybody from the evidence: the ledger is where it is by
 * default. */
static int default_files(struct audit_files *files, struct problem *p)
{
    const char *base = getenv("XDG_STATE_HOME");
    CLEANUP_BUF struct buf folder = BUF_INIT(PATH_LIMIT);
    const struct problem none = PROBLEM_INIT;
    struct config config = {0};

    (void)fprintf(stderr, "proximo: note: %s: %s; looking in the default state folder\n", p->code, p->cause);
    *p = none;
    if (base && *base == '/') {
        buf_str(&folder, base);
        buf_str(&folder, "/proximo");
        config.state_dir = buf_take(&folder, NULL);
    } else {
        config.state_dir = file_expand_home("~/.local/state/proximo");
    }
    files->file = ledger_file(&config);
    if (!files->key)
        files->key = ledger_key_file(&config);
    free(config.state_dir);
    if (files->file)
        return 0;
    (void)problem_set(p, -ENOENT, PX_LEDGER, "there is no state folder to look for a ledger in");
    problem_next(p, "mend the configuration, or name the ledger with --file and its key with --key");
    return -ENOENT;
}

/* The public half beside the key that signs, if it is there. */
static void take_public(const struct config *config, struct audit_files *ret)
{
    CLEANUP_FREE char *sign = ledger_sign_file(config);
    CLEANUP_BUF struct buf name = BUF_INIT(PATH_LIMIT);

    if (!sign)
        return;
    buf_str(&name, sign);
    buf_str(&name, ".pub");
    if (buf_ok(&name) && access(name.data, R_OK) == 0)
        ret->public_key = buf_take(&name, NULL);
}

/* --file alone stands without a key: the one of this configuration seals another ledger. */
int audit_files_find(const struct command_line *line, struct audit_files *ret, struct problem *p)
{
    const struct config_options options = {.file = command_value(line, "--config")};
    struct config *config = NULL;

    ret->file = text_dup(command_value(line, "--file"));
    ret->key = text_dup(command_value(line, "--key"));
    ret->head = text_dup(command_value(line, "--expected-head"));
    if (ret->file)
        return 0;
    if (config_load(&options, &config, p) < 0)
        return default_files(ret, p);
    ret->file = ledger_file(config);
    if (!ret->key)
        ret->key = ledger_key_file(config);
    if (!ret->head)
        ret->head = text_dup(config->ledger.expected_head);
    take_public(config, ret);
    config_free(config);
    return ret->file ? 0
                     : problem_set(p, -ENOENT, PX_LEDGER, "there is no state folder to look for a ledger in");
}

void audit_when(struct buf *out, int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm parts;
    char text[40];

    if (gmtime_r(&seconds, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts))
        buf_str(out, text);
    else
        buf_i64(out, time_us);
}

int audit_key_read(const char *word, int (*name)(void *arg, char ret[NOTE_NAME_SIZE], struct problem *p),
                   void *arg, struct note_key *ret, struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    CLEANUP_BUF struct buf text = BUF_INIT(KEY_LIMIT);
    struct problem none = PROBLEM_INIT;
    char found[NOTE_NAME_SIZE];
    unsigned char public[32];

    if (!crypto)
        return -ELIBACC;
    if (note_key_parse(crypto, word, ret, &none) == 0)
        return 0;
    int r = access(word, F_OK) < 0 && strchr(word, '+') ? note_key_parse(crypto, word, ret, p)
                                                        : audit_read(word, &text, p);
    if (r < 0)
        return r;
    if (!text.data || !memmem(text.data, text.len, "-----BEGIN", 10))
        return note_key_parse(crypto, text.data ? text.data : "", ret, p);
    if (crypto->ed25519_public_from_pem(text.data, text.len, public) < 0) {
        r = problem_set(p, -EINVAL, PX_ARG, "%s holds no public key for Ed25519 in PEM", word);
        problem_next(p, "a private key is not wanted: `openssl pkey -pubout` makes the public one of it");
        return r;
    }
    r = name ? name(arg, found, p)
             : problem_set(p, -EINVAL, PX_ARG, "a key in PEM has no name: give it as NAME+ID+BASE64");
    return r < 0 ? r : note_key_make(crypto, found, NOTE_ED25519, public, ret);
}
