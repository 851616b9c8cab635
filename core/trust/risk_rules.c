/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the risk table: what a parameter means by its value. */
#include "trust/risk_rows.h"

#include <string.h>
#include <strings.h>

#define HIGH   RISK_HIGH
#define MEDIUM RISK_MEDIUM
#define LOW    RISK_LOW

/* clang-format off */
static const struct risk_rule rules[] = {
    /* guests: what crosses into the host */
    {"args",       RISK_ALWAYS, HIGH, HIGH, ROOT_ONLY, "passes arguments to QEMU on the host", NULL, NULL},
    {"hookscript", RISK_ALWAYS, HIGH, HIGH, ROOT_ONLY, "sets a script that runs on the host", NULL, NULL},
    {"hostpci",    RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_hostpci},
    {"usb",        RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_usb},
    {"serial",     RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_serial},
    {"parallel",   RISK_ALWAYS, HIGH, HIGH, ROOT_ONLY, "connects a device of the host", NULL, NULL},
    {"virtiofs",   RISK_ALWAYS, HIGH, HIGH, NONE, "shares a directory of the host with the guest", NULL, NULL},
    {"ivshmem",    RISK_ALWAYS, HIGH, HIGH, NONE, "shares memory with the host and other guests", NULL, NULL},
    {"dev",        RISK_ALWAYS, HIGH, HIGH, ROOT_ONLY, "hands a device of the host to the container", NULL, NULL},
    {"features",   RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_features},
    {"unprivileged", RISK_UNLESS_TRUE, HIGH, LOW, NONE, "makes root of the container root on the host", NULL, NULL},
    {"lock",       RISK_ALWAYS, HIGH, HIGH, ROOT_ONLY, "sets or lifts the lock of a running operation", NULL, NULL},
    {"skiplock",   RISK_UNLESS_FALSE, HIGH, LOW, ROOT_ONLY, "ignores the lock of a running operation", NULL, NULL},
    {"root-internal", RISK_ALWAYS, HIGH, HIGH, ROOT_ONLY, "is for root@pam alone", NULL, NULL},
    /* guests: disks, networks, access */
    {"disk",       RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_disk},
    {"rootfs",     RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_volume},
    {"mp",         RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_volume},
    {"unused",     RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_unused},
    {"net",        RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_net},
    {"net-new",    RISK_LOOK, HIGH, HIGH, NONE, NULL, NULL, risk_look_net_new},
    {"cipassword", RISK_ALWAYS, HIGH, HIGH, NONE, "sets a password inside the guest", NULL, NULL},
    {"sshkeys",    RISK_ALWAYS, HIGH, HIGH, NONE, "sets who can log in to the guest", NULL, NULL},
    {"cicustom",   RISK_ALWAYS, HIGH, HIGH, NONE, "runs what a file says as root inside the guest", NULL, NULL},
    {"template",   RISK_UNLESS_FALSE, HIGH, MEDIUM, NONE, "turns the guest into a template, for good", NULL, NULL},
    {"keep-protection", RISK_UNLESS_TRUE, HIGH, LOW, NONE, "takes the protection against removal away", NULL, NULL},
    /* guests: how an operation is done */
    {"overwrite",      RISK_UNLESS_FALSE, HIGH, LOW, DESTROYS, "overwrites the guest that has this number", NULL, NULL},
    {"force-remove",   RISK_UNLESS_FALSE, HIGH, LOW, DESTROYS, "removes the volumes of disks that are taken away", NULL, NULL},
    {"force-stop",     RISK_UNLESS_FALSE, HIGH, LOW, NONE, "cuts the power of a guest that does not go by itself", NULL, NULL},
    {"force-snapshot", RISK_UNLESS_FALSE, HIGH, LOW, NONE, "forgets the snapshot even if the storage keeps it", NULL, NULL},
    {"vmstate",        RISK_UNLESS_FALSE, MEDIUM, LOW, NONE, "writes the memory too and holds the guest meanwhile", NULL, NULL},
    {"restart",        RISK_UNLESS_FALSE, HIGH, LOW, NONE, "stops the container and starts it on the other node", NULL, NULL},
    {"delete-source",  RISK_UNLESS_FALSE, HIGH, LOW, DESTROYS, "deletes the original once it is copied", NULL, NULL},
    {"other-guest",    RISK_ALWAYS, HIGH, HIGH, NONE, "gives the volume to another guest", NULL, NULL},
    /* backups and storage */
    {"prunes",        RISK_UNLESS_WORD, HIGH, LOW, DESTROYS, "deletes older backups", "0,false,no,off,keep-all=1", NULL},
    {"backup-mode",   RISK_UNLESS_WORD, MEDIUM, LOW, NONE, "stops or suspends the guest while it is backed up", "snapshot", NULL},
    {"stops-backups", RISK_UNLESS_FALSE, HIGH, LOW, NONE, "stops backups that are running", NULL, NULL},
    {"root-path",     RISK_ALWAYS, HIGH, HIGH, ROOT_ONLY, "makes the host run or write a file of its own", NULL, NULL},
    {"content-kind",  RISK_UNLESS_WORD, HIGH, LOW, NONE, "puts something else than an image or template there", "iso,vztmpl,import", NULL},
    {"no-verify",     RISK_UNLESS_TRUE, HIGH, LOW, NONE, "no longer verifies the other side's certificate", NULL, NULL},
    /* cluster */
    {"ha-state",     RISK_UNLESS_WORD, HIGH, MEDIUM, NONE, "makes HA stop the guest", "started,enabled,ignored", NULL},
    {"remove-job",   RISK_ALWAYS, MEDIUM, MEDIUM, DESTROYS, "removes the job and what it copied", NULL, NULL},
    {"pool-members", RISK_ALWAYS, MEDIUM, MEDIUM, NONE, "changes who has the pool's rights on what", NULL, NULL},
    {"cut-off",        RISK_ALWAYS, HIGH, HIGH, CUTS_OFF, "decides whether the host can be reached", NULL, NULL},
    {"guest-firewall", RISK_UNLESS_TRUE, HIGH, MEDIUM, WIDENS, "switches the firewall off", NULL, NULL},
    {"guest-policy",   RISK_UNLESS_WORD, HIGH, MEDIUM, WIDENS, "lets in what no rule forbids", "DROP,REJECT", NULL},
    {"one-line",       RISK_LOOK, HIGH, LOW, NONE, NULL, NULL, risk_look_line},
    {"force-lock",     RISK_UNLESS_FALSE, HIGH, LOW, NONE, "takes the lock away from whoever holds it", NULL, NULL},
    /* Backup Server */
    {"vanished",       RISK_UNLESS_FALSE, HIGH, LOW, DESTROYS, "removes here what is gone there", NULL, NULL},
    {"destroy-data",   RISK_UNLESS_FALSE, HIGH, LOW, DESTROYS, "deletes every backup of the datastore", NULL, NULL},
    /* secrets that are none under the same name elsewhere */
    {"secret",         RISK_ALWAYS, MEDIUM, MEDIUM, NONE, "sets a secret", NULL, NULL},
    {"list",           RISK_LIST, HIGH, LOW, NONE, NULL, NULL, NULL},
    {"words",          RISK_WORDS, HIGH, LOW, NONE, NULL, NULL, NULL},
};
/* clang-format on */

const struct risk_rule *risk_rules(size_t *ret_count)
{
    *ret_count = sizeof(rules) / sizeof(rules[0]);
    return rules;
}

const struct risk_rule *risk_rule_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (strncmp(rules[i].name, name, len) == 0 && rules[i].name[len] == '\0')
            return &rules[i];
    return NULL;
}

static bool is_word(const char *text, size_t len, const char *words)
{
    for (const char *at = words; *at != '\0';) {
        const size_t word = strcspn(at, ",");
        if (word == len && strncasecmp(at, text, len) == 0)
            return true;
        at += word + (at[word] == ',' ? 1 : 0);
    }
    return false;
}

/* Only what nobody can read otherwise: a value with anything around the word is not the word. */
static bool excused(const struct risk_rule *rule, const struct risk_value *value)
{
    if (!value->text || value->removed)
        return false;
    switch (rule->test) {
    case RISK_UNLESS_FALSE: return is_word(value->text, value->len, "0,false,no,off");
    case RISK_UNLESS_TRUE: return is_word(value->text, value->len, "1,true,yes,on");
    case RISK_UNLESS_WORD: return is_word(value->text, value->len, rule->words);
    case RISK_ALWAYS:
    case RISK_LIST:
    case RISK_WORDS:
    case RISK_LOOK: break;
    }
    return false;
}

void risk_rule_apply(const struct risk_rule *rule, const struct risk_value *value,
                     struct risk_finding *finding)
{
    if (rule->test == RISK_LOOK) {
        rule->look(value, finding);
    } else if (excused(rule, value)) {
        *finding = (struct risk_finding){rule->otherwise, 0, NULL};
    } else {
        *finding = (struct risk_finding){rule->level, rule->flags, rule->what};
    }
}
