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

char *ledger_key_file(const struct config *config)
{
    const char *file = config->ledger.file, *slash = file ? strrchr(file, '/') : NULL;

    if (config->ledger.key_file)
        return text_dup(config->ledger.key_file);
    if (slash)
        return below(file, (size_t)(slash - file), "audit.key");
    return config->state_dir ? below(config->state_dir, strlen(config->state_dir), "audit.key") : NULL;
}
