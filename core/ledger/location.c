/* SPDX-License-Identifier: Apache-2.0 */
/* Where the ledger and its key are. */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger.h"

#define PATH_BYTES 4096

static char *below(const char *folder, size_t len, const char *name)
{
    struct buf path CLEANUP_BUF = BUF_INIT(PATH_BYTES);

    buf_add(&path, folder, len);
    buf_char(&path, '/');
    buf_str(&path, name);
    return buf_take(&path, NULL);
}

char *ledger_file(const struct config *config)
{
    if (config->ledger.file)
        return text_dup(config->ledger.file);
    return config->state_dir ? below(config->state_dir, strlen(config->state_dir), "audit.log") : NULL;
}

/* Beside the ledger, unless the configuration names a place. */
static char *beside(const struct config *config, const char *named, const char *name)
{
    const char *file = config->ledger.file, *slash = file ? strrchr(file, '/') : NULL;

    if (named)
        return text_dup(named);
    if (slash)
        return below(file, (size_t)(slash - file), name);
    return config->state_dir ? below(config->state_dir, strlen(config->state_dir), name) : NULL;
}

char *ledger_key_file(const struct config *config)
{
    return beside(config, config->ledger.key_file, "audit.key");
}

char *ledger_sign_file(const struct config *config)
{
    return beside(config, config->ledger.signing_key_file, "audit.signing.pem");
}
