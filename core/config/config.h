/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: one struct, filled from defaults, the system file (/etc/proximo/proximo.yaml), the
 * user's file
 * (--config, or $XDG_CONFIG_HOME/proximo/proximo.yaml), the environment and the command line, in that order.
 * A later source fills in what is absent or tightens; it never loosens what a file says. Every value
 * remembers where it came from. Built in one thread before any other exists; read-only afterwards.
 */
#ifndef PROXIMO_CONFIG_CONFIG_H
#define PROXIMO_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/problem.h"

struct buf;

enum config_mode {
    CONFIG_OFF = 0,
    CONFIG_READ = 1,
    CONFIG_GUARDED = 2
}; /* ordered: the smaller is the stricter */
enum config_surface { CONFIG_FACADE = 0, CONFIG_FULL = 1 };
enum config_site_kind { CONFIG_PVE = 1, CONFIG_PBS = 2 };
enum config_isolation { CONFIG_SAME_USER = 0, CONFIG_ISOLATED = 1 };
/* Whose consent a change needs at least; ordered: the larger is the stricter. */
enum config_consent { CONFIG_CONSENT_PLAN = 0, CONFIG_CONSENT_HUMAN = 1, CONFIG_CONSENT_APPROVER = 2 };

struct config_strings {
    char **items;
    size_t count;
};

struct config_endpoint {
    char *url;         /* "https://host:8006", no path; checked by RFC 3986's grammar, no userinfo */
    char *fingerprint; /* 64 lower-case hex digits of the certificate's SHA-256, or NULL */
    char *ca_file;     /* PEM, or NULL for the system store */
};

struct config_site {
    char *name;
    enum config_site_kind kind;
    struct config_endpoint *endpoints;
    size_t endpoint_count;
    char *token_file;                         /* USER@REALM!TOKENID=SECRET (PBS: colon before SECRET) */
    char *node;                               /* default node, or NULL */
    uint32_t timeout_s;                       /* of one request */
    enum config_consent consent;              /* at least this for every change here */
    struct config_strings operator_addresses; /* IP addresses and networks in CIDR form */
};

struct config_plane {
    char *name;
    enum config_mode mode;
    char *file;   /* absolute path of a foreign plane; NULL: <plane folder>/<name>.so */
    char *sha256; /* pin: 64 lower-case hex digits, or NULL */
    bool required;
    bool allow_without_landlock;
    bool client_requests;
    /* For its executors, "NAME=VALUE": what they may be connected to, start and read. */
    struct config_strings endpoints, programs, material;
    struct config_strings look_inside; /* machines that its probes may run fixed commands in; target.h */
    char *section_json;                /* this plane's own `config:` mapping as JSON text, "{}" when absent */
};

/* trust.consent: at least this consent for the classes that match. */
struct config_rule {
    char *classes; /* "guest.destroy", or "storage.*" for every class whose name begins with "storage." */
    enum config_consent consent;
};

struct config_trust {
    bool confirm_direct; /* trust.confirm: direct */
    bool lease_required; /* trust.lease: required */
    bool taint_consent;  /* trust.taint: consent */
    bool snapshot_high;  /* trust.snapshot_first: high */
    char *approver_key;  /* public key file, or NULL */
    struct config_strings
        secret_dirs; /* trust.secret_dirs: folders, absolute, without a slash at their end */
    struct config_rule *rules;
    size_t rule_count;
};

/* Places off the box that checkpoints of the ledger are published to; core/ledger/anchor.h. */
struct config_anchor {
    char *file;                    /* absolute path, or NULL */
    struct config_endpoint url;    /* https://HOST[:PORT][/PATH]; url NULL: none */
    char *url_token_file;          /* a bearer token, or NULL */
    struct config_endpoint syslog; /* tcp://HOST:PORT or tls://HOST:PORT; url NULL: none */
    char *witness_key;             /* C2SP verifier key, or NULL */
};

/* The A2A face, faces/a2a. */
struct config_a2a {
    char *host;             /* an address; NULL: 127.0.0.1 */
    uint32_t port;          /* 0: any */
    char *token_file;       /* NULL: no token is asked for */
    char *bearer;           /* whose token it is, or NULL */
    char *url;              /* how others reach it, or NULL */
    char *signing_key_file; /* of the card, or NULL */
    char *allowed_hosts;    /* names, separated by commas, or NULL */
};

struct config_ledger {
    char *file;
    char *key_file;
    bool redact;
    char *signing_key_file;
    uint32_t segment_kib, segment_days;
    uint32_t epoch_records, epoch_minutes;
    uint32_t checkpoint_records;
    char *expected_head; /* 64 hex digits or NULL */
    struct config_anchor anchor;
    uint32_t require_anchor_within; /* minutes; 0: not required */
};

/* Where a value came from, for `config show`: path "sites.lab.node", text without secrets, origin
 * "file:line". */
struct config_origin {
    char *path;
    char *value;
    char *origin;
};

/* One thing that the verdict of isolation rests on. */
struct config_check {
    char *what;    /* "token" */
    char *path;    /* or words; NULL: none */
    char *fault;   /* why it is not kept from others; NULL: it is */
    int64_t owner; /* uid; -1: it is not there */
    unsigned mode; /* permission bits, when it is there */
};

struct config {
    enum config_mode mode;
    enum config_surface surface;
    bool hide_unprivileged; /* leave out of the lists what no site's token may do */
    enum log_level log;     /* for log_set_level() */
    struct config_site *sites;
    size_t site_count;
    struct config_plane *planes; /* in the order of the file; without a file: every built-in plane but exec */
    size_t plane_count;
    bool planes_named; /* a file named them: nothing else is loaded, and a missing one stops the start */
    struct config_strings allow; /* tools.allow: planes, tools, classes, targets (config/target.h); without
                                  * names: all, without targets: all */
    struct config_strings deny;  /* tools.deny; deny wins */
    struct config_trust trust;
    struct config_ledger ledger;
    struct config_a2a a2a;
    char *plane_dir; /* NULL: `planes` beside the executable, else the installed folder */
    char *state_dir;
    uint32_t undo_keep_days;              /* default 90 */
    uint32_t max_calls;                   /* calls in progress at once; default 64 */
    uint32_t call_timeout_s;              /* longest a read may take; default 60 */
    uint32_t changes_per_hour;            /* plans applied within an hour; 0 (no file can say it): no limit */
    struct config_strings class_per_hour; /* "CLASS=N" or "PREFIX.*=N"; all that fit a class count */
    /* ISOLATED: trust settings come from a file that only root can change, and nobody but root and the
     * running user can change or read what they name. It holds against an agent that runs as another user;
     * whether it does cannot be seen from here. */
    enum config_isolation isolation;
    struct config_check *checks;
    size_t check_count;
    char user[24]; /* "uid 990" */
    struct config_origin *origins;
    size_t origin_count;
    char *file;      /* the user's file, or NULL */
    char *hash_text; /* canonical text over which later parts take the configuration hash */
};

/* What the command line may say; NULL or -1: nothing. */
struct config_options {
    const char *file;         /* --config */
    const char *site;         /* --site: keep only this one */
    const char *surface;      /* --surface facade|full */
    const char *mode;         /* --mode read|guarded: may only tighten what a file says */
    bool no_environment;      /* tests; then no user file is looked for either unless `file` names it */
    bool no_system_file;      /* tests, serve --demo */
    char *const *environment; /* NULL: environ */
};

/*
 * Reads everything. 0 and *ret (free with config_free), or a negative error and p with "file:line:column:
 * cause" and the valid values. A site is not demanded here: `serve` starts without one and its tools say how
 * to add it.
 */
int config_load(const struct config_options *options, struct config **ret, struct problem *p);
/* The same from YAML text (`name` stands in messages); for tests and fuzzing. */
int config_load_text(const char *name, const char *yaml, size_t len, struct config **ret, struct problem *p);
void config_free(struct config *config);

const struct config_site *config_site_find(const struct config *config, const char *name);
const struct config_plane *config_plane_find(const struct config *config, const char *name);
/* The value of NAME in the endpoints, programs or material of a plane; NULL: it is not there. */
const char *config_named(const struct config_strings *named, const char *name);
/* The strictest of global and plane mode. NULL: a plane that no configuration names; the global mode holds.
 */
enum config_mode config_plane_mode(const struct config *config, const struct config_plane *plane);
const char *config_mode_name(enum config_mode mode);
const char *config_consent_name(enum config_consent consent); /* "plan", "human", "approver" */
/* The table of `config show`: every value with its origin, no secret. */
void config_show(const struct config *config, struct buf *out);
void config_show_json(const struct config *config, struct buf *out);
/* "isolated", or "same user: advisory". */
const char *config_isolation_name(const struct config *config);
/* Who started this process, in words; only a hint. */
void config_put_starter(struct buf *out);
/* Every key of the file with its type, default and meaning, as text for --help. */
void config_keys(struct buf *out);
void config_keys_json(struct buf *out); /* the same as a JSON array, one object a key */

#endif
