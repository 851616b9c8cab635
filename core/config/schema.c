/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys, and looking things up in it. */
#include "config/schema.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"

#define CONFIG(member)   OF_CONFIG, offsetof(struct config, member)
#define ANCHOR(member)   OF_CONFIG, offsetof(struct config, ledger.anchor.member)
#define A2A(member)      OF_CONFIG, offsetof(struct config, a2a.member)
#define SITE(member)     OF_SITE, offsetof(struct config_site, member)
#define SHORT(member)    OF_SHORT_ENDPOINT, offsetof(struct config_endpoint, member)
#define ENDPOINT(member) OF_ENDPOINT, offsetof(struct config_endpoint, member)
#define PLANE(member)    OF_PLANE, offsetof(struct config_plane, member)
#define RULE(member)     OF_RULE, offsetof(struct config_rule, member)
#define NOWHERE          OF_CONFIG, 0

/* Columns: path, type, storage, choices, min, max, later, trust, default, meaning. */
const struct schema_key schema[] = {
    {"mode", VALUE_CHOICE, CONFIG(mode), "read,guarded", 1, 2, LATER_SMALLER, true, "read",
     "read: no tool can change anything. guarded: changes through plan, consent and ledger"},
    {"surface", VALUE_CHOICE, CONFIG(surface), "facade,full", 0, 1, LATER_WINS, false, "facade",
     "facade: a handful of tools through which all others are reached. full: every enabled tool is listed. "
     "With keys below it: {list: full, hide_unprivileged: true}"},
    {"surface.hide_unprivileged", VALUE_BOOL, CONFIG(hide_unprivileged), NULL, 0, 0, LATER_WINS, false,
     "false",
     "leave tools out of tools/list and proximo_find that no site's token holds the privileges for; asked "
     "once, "
     "what is not known is shown"},
    {"log", VALUE_CHOICE, CONFIG(log), "error,warn,info,debug", 1, 4, LATER_WINS, false, "warn",
     "how much is written to stderr"},
    {"plane_dir", VALUE_PATH, CONFIG(plane_dir), NULL, 0, 0, LATER_SAME, true, NULL,
     "folder of the built-in planes; default: `planes` beside the program, else the installed folder"},
    {"state_dir", VALUE_PATH, CONFIG(state_dir), NULL, 0, 0, LATER_SAME, true, NULL,
     "folder of plans, undo files and the ledger; default: $XDG_STATE_HOME/proximo or "
     "~/.local/state/proximo"},
    {"sites", VALUE_SITES, NOWHERE, NULL, 0, 0, LATER_SAME, false, NULL,
     "clusters and Backup Servers by name ([a-z][a-z0-9-]{0,31})"},
    {"sites.*.kind", VALUE_CHOICE, SITE(kind), "pve,pbs", 1, 2, LATER_SAME, false, "pve",
     "pve: Proxmox VE. pbs: Proxmox Backup Server"},
    {"sites.*.url", VALUE_URL, SHORT(url), NULL, 0, 0, LATER_SAME, false, NULL,
     "https://HOST[:PORT] of a site with one endpoint; default port 8006 (pve) or 8007 (pbs)"},
    {"sites.*.endpoints", VALUE_ENDPOINTS, NOWHERE, NULL, 0, 0, LATER_SAME, false, NULL,
     "instead of url: a list of URLs, or of mappings with url, fingerprint, ca_file. Reads go on to the next "
     "one"},
    {"sites.*.endpoints.*.url", VALUE_URL, ENDPOINT(url), NULL, 0, 0, LATER_SAME, false, NULL,
     "https://HOST[:PORT] of this endpoint"},
    {"sites.*.endpoints.*.fingerprint", VALUE_SHA256, ENDPOINT(fingerprint), NULL, 0, 0, LATER_SAME, false,
     NULL, "SHA-256 of this endpoint's certificate, as the Proxmox UI shows it"},
    {"sites.*.endpoints.*.ca_file", VALUE_PATH, ENDPOINT(ca_file), NULL, 0, 0, LATER_SAME, false, NULL,
     "PEM file of the CA that signed this endpoint's certificate"},
    {"sites.*.fingerprint", VALUE_SHA256, SHORT(fingerprint), NULL, 0, 0, LATER_SAME, false, NULL,
     "SHA-256 of the certificate (AA:BB:.. or plain) for endpoints that have no fingerprint or ca_file"},
    {"sites.*.ca_file", VALUE_PATH, SHORT(ca_file), NULL, 0, 0, LATER_SAME, false, NULL,
     "PEM file of the CA, for endpoints that have no fingerprint or ca_file; default: the system store"},
    {"sites.*.token_file", VALUE_PATH, SITE(token_file), NULL, 0, 0, LATER_SAME, false, NULL,
     "file (mode 600) with USER@REALM!TOKENID=SECRET; on Backup Servers a colon before SECRET"},
    {"sites.*.node", VALUE_NODE, SITE(node), NULL, 0, 0, LATER_SAME, false, NULL,
     "node meant when a tool is not told one"},
    {"sites.*.timeout", VALUE_NUMBER, SITE(timeout_s), NULL, 1, 600, LATER_SAME, false, "30",
     "seconds one request may take"},
    {"sites.*.consent", VALUE_CHOICE, SITE(consent), "plan,human,approver", 0, 2, LATER_LARGER, true, "plan",
     "whose consent every change of this site needs at least"},
    {"sites.*.operator_addresses", VALUE_NETWORKS, SITE(operator_addresses), NULL, 0, 0, LATER_ADDS, false,
     NULL,
     "addresses and networks (CIDR) that operators reach this site from: plans say when a change would cut "
     "them "
     "off"},
    {"planes", VALUE_PLANES, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL,
     "planes to load, by name, or a list of names; default: every plane of the plane folder but exec"},
    {"planes.*.mode", VALUE_CHOICE, PLANE(mode), "off,read,guarded", 0, 2, LATER_SMALLER, true, "guarded",
     "most this plane may do; the stricter of this and the global mode holds. off: loaded for its classes "
     "only"},
    {"planes.*.file", VALUE_PATH, PLANE(file), NULL, 0, 0, LATER_SAME, true, NULL,
     "file of a plane that is not in the plane folder"},
    {"planes.*.sha256", VALUE_SHA256, PLANE(sha256), NULL, 0, 0, LATER_SAME, true, NULL,
     "what the file must hash to"},
    {"planes.*.required", VALUE_BOOL, PLANE(required), NULL, 0, 0, LATER_TRUE, true, "false",
     "nothing starts when this plane cannot be loaded"},
    {"planes.*.allow_without_landlock", VALUE_BOOL, PLANE(allow_without_landlock), NULL, 0, 0, LATER_FALSE,
     true, "false", "load a foreign plane even on a kernel without Landlock"},
    {"planes.*.client_requests", VALUE_BOOL, PLANE(client_requests), NULL, 0, 0, LATER_FALSE, true, "false",
     "let this plane ask the client and change the list of tools"},
    {"planes.*.endpoints", VALUE_NAMES, PLANE(endpoints), NULL, NAMES_ENDPOINT, 0, LATER_SAME, true, NULL,
     "what this plane's executors may be connected to, by name: tcp://HOST:PORT, udp://HOST:PORT or "
     "unix:/path"},
    {"planes.*.programs", VALUE_NAMES, PLANE(programs), NULL, NAMES_PROGRAM, 0, LATER_SAME, true, NULL,
     "programs that this plane's executors may start, by name: absolute paths"},
    {"planes.*.material", VALUE_NAMES, PLANE(material), NULL, NAMES_FILE, 0, LATER_SAME, true, NULL,
     "files that this plane's executors may read, by name: keys (mode 600), known hosts, certificates"},
    {"planes.*.look_inside", VALUE_GUESTS, PLANE(look_inside), NULL, 0, 0, LATER_SAME, true, NULL,
     "machines that this plane's diagnosis may look into with fixed commands that only read, by the guest "
     "agent: 105, 200-210, tag:NAME, * for all; default: none"},
    {"planes.*.config", VALUE_FREE, PLANE(section_json), NULL, 0, 0, LATER_SAME, true, NULL,
     "this plane's own settings; its README says which"},
    {"tools", VALUE_GROUP, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL, "which tools exist"},
    {"tools.allow", VALUE_LIST, CONFIG(allow), NULL, 0, 0, LATER_NARROWS, true, NULL,
     "planes, tools, classes, and targets of changes (site:, node:, vmid:, pool:, tag:, storage:NAME); "
     "default: all"},
    {"tools.deny", VALUE_LIST, CONFIG(deny), NULL, 0, 0, LATER_ADDS, true, NULL,
     "planes, tools, classes, and targets of changes; wins over allow"},
    {"trust", VALUE_GROUP, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL, "consent"},
    {"trust.confirm", VALUE_SWITCH, CONFIG(trust.confirm_direct), "plan,direct", 0, 1, LATER_SMALLER, true,
     "plan", "plan: every change is planned first. direct: one call may change, where the consent is `plan`"},
    {"trust.approver_key", VALUE_PATH, CONFIG(trust.approver_key), NULL, 0, 0, LATER_SAME, true, NULL,
     "public key file of the approver: with it, what needs a person needs the approver's signature"},
    {"trust.consent", VALUE_RULES, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL,
     "whose consent changes of some classes need at least, by class (guest.destroy) or prefix (storage.*)"},
    {"trust.consent.*", VALUE_CHOICE, RULE(consent), "plan,human,approver", 0, 2, LATER_LARGER, true, "plan",
     "plan: the plan's id. human: a person. approver: the approver's signature. It only raises what is built "
     "in"},
    {"trust.lease", VALUE_SWITCH, CONFIG(trust.lease_required), "none,required", 0, 1, LATER_TRUE, true,
     "none", "required: changes only while a lease is good that a person granted with `proximo lease grant`"},
    {"trust.secret_dirs", VALUE_PATHS, CONFIG(trust.secret_dirs), NULL, 0, 0, LATER_SAME, true, NULL,
     "folders below which a change may take a secret from a file (password_file); default: none, such "
     "arguments are refused"},
    {"trust.taint", VALUE_SWITCH, CONFIG(trust.taint_consent), "off,consent", 0, 1, LATER_TRUE, true, "off",
     "consent: after untrusted text was read, every change needs a person, until the server ends"},
    {"trust.snapshot_first", VALUE_SWITCH, CONFIG(trust.snapshot_high), "asked,high", 0, 1, LATER_TRUE, true,
     "high",
     "high: commands of high risk in a guest take a snapshot of it first where one can be taken, unless "
     "the call says snapshot_first: false. asked: only where the call asks for it"},
    {"ledger", VALUE_GROUP, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL, "the record of what was done"},
    {"ledger.file", VALUE_PATH, CONFIG(ledger.file), NULL, 0, 0, LATER_SAME, true, NULL,
     "default: audit.log in state_dir"},
    {"ledger.key_file", VALUE_PATH, CONFIG(ledger.key_file), NULL, 0, 0, LATER_SAME, true, NULL,
     "key of the ledger's seal; default: audit.key beside the ledger"},
    {"ledger.signing_key_file", VALUE_PATH, CONFIG(ledger.signing_key_file), NULL, 0, 0, LATER_SAME, true,
     NULL, "key that signs the ledger's checkpoints; default: audit.signing.pem beside the ledger"},
    {"ledger.segment_kib", VALUE_NUMBER, CONFIG(ledger.segment_kib), NULL, 64, 4194304, LATER_WINS, true,
     "65536", "KiB after which a segment of the ledger is closed and the next one begun"},
    {"ledger.segment_days", VALUE_NUMBER, CONFIG(ledger.segment_days), NULL, 1, 3650, LATER_WINS, true, "30",
     "days after which a segment is closed"},
    {"ledger.epoch_records", VALUE_NUMBER, CONFIG(ledger.epoch_records), NULL, 10, 1000000, LATER_SMALLER,
     true, "1000", "records after which the key of the seals is replaced and the old one erased"},
    {"ledger.epoch_minutes", VALUE_NUMBER, CONFIG(ledger.epoch_minutes), NULL, 1, 525600, LATER_SMALLER, true,
     "60", "minutes after which the same happens, with the next record"},
    {"ledger.checkpoint_records", VALUE_NUMBER, CONFIG(ledger.checkpoint_records), NULL, 1, 100000,
     LATER_SMALLER, true, "100", "records after which a checkpoint is signed"},
    {"ledger.redact", VALUE_BOOL, CONFIG(ledger.redact), NULL, 0, 0, LATER_TRUE, true, "true",
     "keep fingerprints instead of bodies"},
    {"ledger.expected_head", VALUE_SHA256, CONFIG(ledger.expected_head), NULL, 0, 0, LATER_SAME, true, NULL,
     "the head the ledger must contain, noted off the box"},
    {"ledger.anchor", VALUE_GROUP, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL,
     "places off the box that the ledger's checkpoints are published to"},
    {"ledger.anchor.file", VALUE_PATH, ANCHOR(file), NULL, 0, 0, LATER_SAME, true, NULL,
     "file on another machine's mount that checkpoints are appended to and read back from"},
    {"ledger.anchor.url", VALUE_TEXT, ANCHOR(url.url), NULL, 0, 0, LATER_SAME, true, NULL,
     "https://HOST[:PORT][/PATH] that checkpoints are posted to"},
    {"ledger.anchor.url_ca_file", VALUE_PATH, ANCHOR(url.ca_file), NULL, 0, 0, LATER_SAME, true, NULL,
     "PEM file of the CA that signed that receiver's certificate; default: the system store"},
    {"ledger.anchor.url_fingerprint", VALUE_SHA256, ANCHOR(url.fingerprint), NULL, 0, 0, LATER_SAME, true,
     NULL, "SHA-256 of that receiver's certificate"},
    {"ledger.anchor.url_token_file", VALUE_PATH, ANCHOR(url_token_file), NULL, 0, 0, LATER_SAME, true, NULL,
     "file (mode 600) with the bearer token for that receiver"},
    {"ledger.anchor.syslog", VALUE_TEXT, ANCHOR(syslog.url), NULL, 0, 0, LATER_SAME, true, NULL,
     "tls://HOST:PORT or tcp://HOST:PORT of a syslog receiver (RFC 5424)"},
    {"ledger.anchor.syslog_ca_file", VALUE_PATH, ANCHOR(syslog.ca_file), NULL, 0, 0, LATER_SAME, true, NULL,
     "PEM file of the CA that signed the syslog receiver's certificate; default: the system store"},
    {"ledger.anchor.syslog_fingerprint", VALUE_SHA256, ANCHOR(syslog.fingerprint), NULL, 0, 0, LATER_SAME,
     true, NULL, "SHA-256 of the syslog receiver's certificate"},
    {"ledger.anchor.witness_key", VALUE_TEXT, ANCHOR(witness_key), NULL, 0, 0, LATER_SAME, true, NULL,
     "verifier key of a witness (C2SP, cosignature/v1): its cosignatures are verified where they are given"},
    {"ledger.require_anchor_within", VALUE_NUMBER, CONFIG(ledger.require_anchor_within), NULL, 0, 525600,
     LATER_SOONER, true, "0",
     "minutes: changes are refused when no anchor confirmed a checkpoint within them; 0: not required"},
    {"undo", VALUE_GROUP, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL, "the way back of changes"},
    {"undo.keep", VALUE_NUMBER, CONFIG(undo_keep_days), NULL, 1, 3650, LATER_WINS, true, "90",
     "days for which what an undo needs is kept"},
    {"limits", VALUE_GROUP, NOWHERE, NULL, 0, 0, LATER_SAME, false, NULL, "limits of the server"},
    {"limits.calls", VALUE_NUMBER, CONFIG(max_calls), NULL, 1, 1024, LATER_WINS, false, "64",
     "calls in progress at once"},
    {"limits.call_timeout", VALUE_NUMBER, CONFIG(call_timeout_s), NULL, 1, 3600, LATER_WINS, false, "60",
     "seconds a read may take"},
    {"limits.changes_per_hour", VALUE_NUMBER, CONFIG(changes_per_hour), NULL, 1, 1000000, LATER_SMALLER, true,
     "60", "plans that may be applied within an hour, counted from the ledger"},
    {"limits.class_per_hour", VALUE_COUNTS, CONFIG(class_per_hour), NULL, 0, 1000000, LATER_ADDS, true, NULL,
     "the same by operation class: guest.stop: 5, or guest.*: 20 for all that begin so"},
    {"a2a", VALUE_GROUP, NOWHERE, NULL, 0, 0, LATER_SAME, true, NULL,
     "the A2A face, proximo-a2a; nothing else reads this"},
    {"a2a.host", VALUE_TEXT, A2A(host), NULL, 0, 0, LATER_SAME, true, NULL,
     "address to listen on, IPv4 or IPv6; default 127.0.0.1. Another than a loopback one needs token_file"},
    {"a2a.port", VALUE_NUMBER, A2A(port), NULL, 0, 65535, LATER_SAME, true, "41241",
     "port to listen on; 0: any, said on stderr"},
    {"a2a.token_file", VALUE_PATH, A2A(token_file), NULL, 0, 0, LATER_SAME, true, NULL,
     "file (mode 600) with the bearer token that callers show, 16 characters or more; or a line NAME TOKEN "
     "for each of up to 8 callers"},
    {"a2a.bearer", VALUE_TEXT, A2A(bearer), NULL, 0, 0, LATER_SAME, true, NULL,
     "name of whoever holds the one token, as plans and ledger say it; default: bearer, without a token "
     "anonymous"},
    {"a2a.allowed_hosts", VALUE_TEXT, A2A(allowed_hosts), NULL, 0, 0, LATER_SAME, true, NULL,
     "names that the Host header may have beside the address itself and the loopback ones, separated by "
     "commas"},
    {"a2a.url", VALUE_TEXT, A2A(url), NULL, 0, 0, LATER_SAME, true, NULL,
     "http(s)://HOST[:PORT] under which callers reach it, for the card; default: the address it listens on"},
    {"a2a.signing_key_file", VALUE_PATH, A2A(signing_key_file), NULL, 0, 0, LATER_SAME, true, NULL,
     "private key (EC P-256, PEM, mode 600) that signs the card"},
};
const size_t schema_count = sizeof schema / sizeof schema[0];

/* The last part of path if it stands directly below prefix. */
static const char *name_below(const char *path, const char *prefix)
{
    const size_t len = strlen(prefix);

    if (len) {
        if (strncmp(path, prefix, len) != 0 || path[len] != '.')
            return NULL;
        path += len + 1;
    }
    return strchr(path, '.') ? NULL : path;
}

const struct schema_key *schema_find(const char *prefix, const char *name)
{
    for (size_t i = 0; i < schema_count; i++) {
        const char *below = name_below(schema[i].path, prefix);
        if (below && strcmp(below, name) == 0)
            return &schema[i];
    }
    return NULL;
}

const struct schema_key *schema_at(const char *path)
{
    for (size_t i = 0; i < schema_count; i++) {
        if (strcmp(schema[i].path, path) == 0)
            return &schema[i];
    }
    return NULL;
}

void schema_names(const char *prefix, struct buf *out)
{
    for (size_t i = 0; i < schema_count; i++) {
        const char *below = name_below(schema[i].path, prefix);
        if (!below)
            continue;
        if (out->len)
            buf_str(out, ", ");
        buf_str(out, below);
    }
}

const char *schema_nearest(const char *prefix, const char *name)
{
    const char *best = NULL;
    unsigned least = 3; /* two slips of the pen are near, three are another word */

    for (size_t i = 0; i < schema_count; i++) {
        const char *below = name_below(schema[i].path, prefix);
        unsigned distance = below ? text_distance(below, name) : 99;
        if (distance < least && distance < strlen(name)) {
            least = distance;
            best = below;
        }
    }
    return best;
}

static const char *type_name(const struct schema_key *key)
{
    static const char *const names[] = {
        [VALUE_PATH] = "path",
        [VALUE_NODE] = "node name",
        [VALUE_URL] = "URL",
        [VALUE_TEXT] = "text",
        [VALUE_SHA256] = "SHA-256",
        [VALUE_CHOICE] = "choice",
        [VALUE_SWITCH] = "choice",
        [VALUE_BOOL] = "true|false",
        [VALUE_NUMBER] = "number",
        [VALUE_LIST] = "list of names",
        [VALUE_FREE] = "mapping",
        [VALUE_GROUP] = "mapping",
        [VALUE_SITES] = "mapping",
        [VALUE_PLANES] = "mapping",
        [VALUE_ENDPOINTS] = "list",
        [VALUE_RULES] = "mapping",
        [VALUE_COUNTS] = "mapping",
        [VALUE_PATHS] = "list of folders",
        [VALUE_NAMES] = "mapping",
        [VALUE_NETWORKS] = "list of addresses",
        [VALUE_GUESTS] = "list of guests",
    };

    return names[key->type];
}

/* What may stand there, in words: "read|guarded", "1..600", "path". */
static void put_values(const struct schema_key *key, struct buf *out)
{
    if (key->choices) {
        for (const char *c = key->choices; *c; c++)
            buf_char(out, *c == ',' ? '|' : *c);
    } else if (key->type == VALUE_NUMBER) {
        buf_printf(out, "%u..%u", key->min, key->max);
    } else {
        buf_str(out, type_name(key));
    }
}

void config_keys(struct buf *out)
{
    for (size_t i = 0; i < schema_count; i++) {
        const struct schema_key *key = &schema[i];
        buf_printf(out, "  %-34s ", key->path);
        put_values(key, out);
        if (key->fallback)
            buf_printf(out, " (default %s)", key->fallback);
        buf_printf(out, "\n      %s\n", key->doc);
    }
}

void config_keys_json(struct buf *out)
{
    for (size_t i = 0; i < schema_count; i++) {
        CLEANUP_BUF struct buf values = BUF_INIT(1024);
        buf_str(out, i ? ",\n{" : "[{");
        json_put_key_string(out, "key", schema[i].path);
        put_values(&schema[i], &values);
        json_put_key_string(out, "values", values.data ? values.data : "");
        if (schema[i].fallback)
            json_put_key_string(out, "default", schema[i].fallback);
        json_put_key_string(out, "text", schema[i].doc);
        buf_char(out, '}');
    }
    buf_str(out, "]\n");
}
