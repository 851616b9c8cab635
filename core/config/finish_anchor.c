/* SPDX-License-Identifier: Apache-2.0 */
/* Checks across the keys of the anchors: addresses, and keys that mean nothing without another one. */
#include <errno.h>
#include <string.h>

#include "config/build.h"
#include "config/url.h"

static int wrong(struct build *b, const char *key, const char *why, const char *next)
{
    const char *origin = build_said(b, key);

    (void)problem_set(b->p, -EINVAL, PX_CONFIG, "%s: %s: %s", origin ? origin : "configuration", key, why);
    problem_next(b->p, "%s", next);
    return -EINVAL;
}

/* NAME+8 hexadecimal digits+BASE64; the rest is seen when the key is used. */
static bool is_verifier_key(const char *text)
{
    const char *id = strchr(text, '+');
    const char *key = id ? strchr(id + 1, '+') : NULL;

    return key && id > text && key - id == 9 && strspn(id + 1, "0123456789abcdef") == 8 && key[1];
}

int build_finish_anchors(struct build *b)
{
    const struct config_anchor *anchor = &b->config->ledger.anchor;
    const struct {
        const char *value, *needs, *key, *next;
    } bound[] = {
        {anchor->url.ca_file, anchor->url.url, "ledger.anchor.url_ca_file", "set ledger.anchor.url"},
        {anchor->url.fingerprint, anchor->url.url, "ledger.anchor.url_fingerprint", "set ledger.anchor.url"},
        {anchor->url_token_file, anchor->url.url, "ledger.anchor.url_token_file", "set ledger.anchor.url"},
        {anchor->syslog.ca_file, anchor->syslog.url, "ledger.anchor.syslog_ca_file",
         "set ledger.anchor.syslog"},
        {anchor->syslog.fingerprint, anchor->syslog.url, "ledger.anchor.syslog_fingerprint",
         "set ledger.anchor.syslog"},
    };
    const char *why = NULL;

    for (size_t i = 0; i < sizeof bound / sizeof bound[0]; i++) {
        if (bound[i].value && !bound[i].needs)
            return wrong(b, bound[i].key, "it has no effect without the address it belongs to",
                         bound[i].next);
    }
    if (anchor->url.url && (why = url_receiver_fault(anchor->url.url, "https", true)) != NULL)
        return wrong(b, "ledger.anchor.url", why, "write it as https://HOST[:PORT][/PATH]");
    if (anchor->syslog.url && (why = url_receiver_fault(anchor->syslog.url, "tls tcp", false)) != NULL)
        return wrong(b, "ledger.anchor.syslog", why, "write it as tls://HOST:6514");
    if (anchor->syslog.url && strncmp(anchor->syslog.url, "tcp:", 4) == 0 &&
        (anchor->syslog.ca_file || anchor->syslog.fingerprint))
        return wrong(b, "ledger.anchor.syslog", "plain TCP cannot check a certificate",
                     "write it as tls://HOST:PORT");
    if (anchor->witness_key && !is_verifier_key(anchor->witness_key))
        return wrong(b, "ledger.anchor.witness_key", "this is not a verifier key",
                     "copy the witness's key, NAME+8 hexadecimal digits+BASE64");
    if (b->config->ledger.require_anchor_within && !anchor->file && !anchor->url.url && !anchor->syslog.url)
        return wrong(b, "ledger.require_anchor_within", "there is no anchor that could confirm anything",
                     "set ledger.anchor.file, ledger.anchor.url or ledger.anchor.syslog");
    return 0;
}
