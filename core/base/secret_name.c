/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret_name.h"

#include <string.h>
#include <strings.h>

static const char *const secret_names[] = {
    "secret",
    "secret-key",
    "token",
    "certkey",
    "client-key",
    "eab-hmac-key",
    "eab_hmac_key",
    "keyring",
    "lock-token",
    "otp",
    "totp",
    "ticket",
    "vncticket",
    "tfa-challenge",
    "encryption-key",
    "apitoken",
    "target-endpoint",
    "header",
    "otel-headers",
    "private-key",
    "private_key",
    "passphrase",
    "CSRFPreventionToken",
};
static const char *const secret_endings[] = {"password", "passwd", "-secret", "_secret"};
/* Names with such an ending that hold none. */
static const char *const harmless[] = {"generate-password"};

static bool among(const char *name, size_t len, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
            return true;
    return false;
}

bool secret_name(const char *name, size_t len)
{
    if (among(name, len, secret_names, sizeof(secret_names) / sizeof(secret_names[0])))
        return true;
    if (among(name, len, harmless, sizeof(harmless) / sizeof(harmless[0])))
        return false;
    for (size_t i = 0; i < sizeof(secret_endings) / sizeof(secret_endings[0]); i++) {
        const size_t ending = strlen(secret_endings[i]);
        if (len >= ending && strncasecmp(name + len - ending, secret_endings[i], ending) == 0)
            return true;
    }
    return false;
}
