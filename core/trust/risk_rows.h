/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the risk table as they are written down, between the files risk_*.c.
 *
 * A row's parameters are words: "name" is a parameter that raises nothing beyond the section it stands in,
 * "name=rule" one that a rule of risk_rules.c judges by its value, "!name=rule" one whose absence is judged
 * like its worst value, "@group" the words of a group in risk_params.c. "m:" and "h:" begin the sections of
 * medium and high parameters; a text begins with the low ones. "net[n]" stands for net0, net1 ...
 * Parameters of the path are known without being named.
 */
#ifndef PROXIMO_TRUST_RISK_ROWS_H
#define PROXIMO_TRUST_RISK_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "trust/risk.h"

#define PVE(method, path, level, flags, what, params)                                                        \
    {                                                                                                        \
#method, path, CONFIG_PVE, RISK_##level, flags, what, params                                         \
    }
#define PBS(method, path, level, flags, what, params)                                                        \
    {                                                                                                        \
#method, path, CONFIG_PBS, RISK_##level, flags, what, params                                         \
    }

/* The flags by the names that the rows use. */
enum {
    NONE = 0,
    DESTROYS = RISK_DESTROYS,
    CUTS_OFF = RISK_CUTS_OFF,
    WIDENS = RISK_WIDENS,
    ROOT_ONLY = RISK_ROOT_ONLY,
    NO_TOKEN = RISK_NO_TOKEN,
    TASK = RISK_TASK,
    DIGEST = RISK_DIGEST,
    COMMAND = RISK_COMMAND,
};

struct risk_table {
    const struct risk_row *rows;
    size_t count;
};

extern const struct risk_table risk_pve_guests, risk_pve_nodes, risk_pve_cluster, risk_pve_access,
    risk_pve_firewall_sdn, risk_pve_storage_ha, risk_pbs_store, risk_pbs_config, risk_pbs_node;

struct risk_group {
    const char *name;
    const char *words;
};

const struct risk_group *risk_groups(size_t *ret_count);
/* NULL: no such group. */
const char *risk_group_words(const char *name, size_t len);

/* A parameter's value as a rule sees it. */
struct risk_value {
    const char *text; /* NULL: not known, judge the worst; not NUL-terminated */
    size_t len;
    bool removed;     /* the option is taken away by `delete` or `revert` */
    const char *vmid; /* of the guest that the path names, or NULL */
};

/* What a rule says of it. */
struct risk_finding {
    unsigned level;
    unsigned flags;
    const char *what; /* a verb phrase, or NULL: nothing worth a line */
};

enum risk_test {
    RISK_ALWAYS,       /* whatever the value */
    RISK_UNLESS_FALSE, /* for every value but 0, false, no, off */
    RISK_UNLESS_TRUE,  /* for every value but 1, true, yes, on */
    RISK_UNLESS_WORD,  /* for every value but those of `words`; a list is harmless when all its items are */
    RISK_LIST,         /* the value lists options that go; each is judged as removed */
    RISK_LOOK,         /* `look` reads the value */
    RISK_WORDS,        /* with the others of its name, the words of a command (risk_command.h) */
};

struct risk_rule {
    const char *name;
    enum risk_test test;
    unsigned level;     /* where the test holds */
    unsigned otherwise; /* where it does not */
    unsigned flags;     /* where the test holds */
    const char *what;   /* likewise */
    const char *words;
    void (*look)(const struct risk_value *value, struct risk_finding *finding);
};

const struct risk_rule *risk_rules(size_t *ret_count);
/* NULL: no such rule. */
const struct risk_rule *risk_rule_find(const char *name, size_t len);
/* Judges by a rule that is no RISK_LIST. */
void risk_rule_apply(const struct risk_rule *rule, const struct risk_value *value,
                     struct risk_finding *finding);

/* Property strings (risk_values.c). Each fills level, flags and what. */
void risk_look_disk(const struct risk_value *value, struct risk_finding *finding);
void risk_look_volume(const struct risk_value *value, struct risk_finding *finding); /* rootfs, mpN */
void risk_look_net(const struct risk_value *value, struct risk_finding *finding);
void risk_look_net_new(const struct risk_value *value, struct risk_finding *finding);
void risk_look_usb(const struct risk_value *value, struct risk_finding *finding);
void risk_look_hostpci(const struct risk_value *value, struct risk_finding *finding);
void risk_look_serial(const struct risk_value *value, struct risk_finding *finding);
void risk_look_features(const struct risk_value *value, struct risk_finding *finding);
void risk_look_line(const struct risk_value *value, struct risk_finding *finding); /* a comment in a file */
void risk_look_unused(const struct risk_value *value, struct risk_finding *finding);

#endif
