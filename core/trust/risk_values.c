/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that read a property string ("local:8,iothread=1"). What cannot be read is judged as its worst: what
 * Proxmox would make of it is not for a guess.
 */
#include <string.h>

#include "trust/risk_rows.h"

struct property {
    const char *key; /* key_len 0: the value stands alone */
    size_t key_len;
    const char *text;
    size_t len;
};

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && (**text == ' ' || **text == '\t' || **text == '\n' || **text == '\r')) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && strchr(" \t\r\n", (*text)[*len - 1]))
        (*len)--;
}

/* The next item of a property string; false at the end. */
static bool next_property(const struct risk_value *value, size_t *at, struct property *ret)
{
    if (*at > value->len)
        return false;
    const char *item = value->text + *at;
    const size_t rest = value->len - *at;
    const char *comma = rest ? memchr(item, ',', rest) : NULL;
    size_t len = comma ? (size_t)(comma - item) : rest;
    *at += len + 1;
    trim(&item, &len);
    const char *equals = len ? memchr(item, '=', len) : NULL;
    ret->key = item;
    ret->key_len = equals ? (size_t)(equals - item) : 0;
    ret->text = equals ? equals + 1 : item;
    ret->len = equals ? len - ret->key_len - 1 : len;
    trim(&ret->key, &ret->key_len);
    trim(&ret->text, &ret->len);
    return true;
}

static bool same(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool key_is(const struct property *p, const char *key)
{
    return same(p->key, p->key_len, key);
}

static void raise(struct risk_finding *finding, unsigned level, unsigned flags, const char *what)
{
    finding->flags |= flags;
    if (level > finding->level || !finding->what) {
        if (level >= finding->level)
            finding->what = what;
        finding->level = level > finding->level ? level : finding->level;
    }
}

static size_t digits(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

/* "vm-101-disk-0": the number of the guest that a volume's last element names; NULL: none. */
static const char *volume_owner(const char *text, size_t len, size_t *ret_len)
{
    static const char *const prefixes[] = {"vm-", "base-", "subvol-", "basevol-"};
    const char *last = text;

    for (size_t i = 0; i < len; i++)
        if (text[i] == '/' || text[i] == ':')
            last = text + i + 1;
    const size_t left = len - (size_t)(last - text);
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const size_t skip = strlen(prefixes[i]);
        if (left <= skip || memcmp(last, prefixes[i], skip) != 0)
            continue;
        *ret_len = digits(last + skip, left - skip);
        return *ret_len ? last + skip : NULL;
    }
    return NULL;
}

/* A volume, in a disk or as the source of an import. */
static void look_source(const struct risk_value *value, const char *text, size_t len, bool import,
                        struct risk_finding *finding)
{
    const char *colon = len ? memchr(text, ':', len) : NULL;
    size_t owner_len = 0;

    if (len > 0 && text[0] == '/') {
        raise(finding, RISK_HIGH, RISK_ROOT_ONLY, "hands a file or device of the host to the guest");
        return;
    }
    if (same(text, len, "cdrom")) {
        raise(finding, RISK_HIGH, 0, "hands the drive of the host to the guest");
        return;
    }
    if (!import && same(text, len, "none")) {
        raise(finding, RISK_MEDIUM, 0, "changes a disk");
        return;
    }
    if (!colon || memmem(text, len, "..", 2)) {
        raise(finding, RISK_HIGH, 0, "names a volume in a form that is not known");
        return;
    }
    const char *owner = volume_owner(text, len, &owner_len);
    if (owner && (!value->vmid || !same(owner, owner_len, value->vmid)))
        raise(finding, RISK_HIGH, 0, "takes a volume of another guest");
    else
        raise(finding, RISK_MEDIUM, 0, "changes a disk");
}

static void look_volumes(const struct risk_value *value, const char *main_key, struct risk_finding *finding)
{
    struct property p;
    bool found = false;

    *finding = (struct risk_finding){RISK_LOW, 0, NULL};
    if (value->removed) {
        raise(finding, RISK_HIGH, RISK_DESTROYS, "takes a disk away");
        return;
    }
    if (!value->text) {
        raise(finding, RISK_HIGH, 0, "sets a disk to what is not known yet");
        return;
    }
    for (size_t at = 0; next_property(value, &at, &p);) {
        if (p.key_len == 0 || key_is(&p, main_key)) {
            found = true;
            look_source(value, p.text, p.len, false, finding);
        } else if (key_is(&p, "import-from")) {
            look_source(value, p.text, p.len, true, finding);
        }
    }
    if (!found)
        raise(finding, RISK_HIGH, 0, "names a volume in a form that is not known");
}

void risk_look_disk(const struct risk_value *value, struct risk_finding *finding)
{
    look_volumes(value, "file", finding);
}

void risk_look_volume(const struct risk_value *value, struct risk_finding *finding)
{
    look_volumes(value, "volume", finding);
}

void risk_look_unused(const struct risk_value *value, struct risk_finding *finding)
{
    if (value->removed)
        *finding = (struct risk_finding){RISK_HIGH, RISK_DESTROYS, "deletes the volume"};
    else
        look_volumes(value, "file", finding);
}

static void look_net(const struct risk_value *value, bool is_new, struct risk_finding *finding)
{
    struct property p;
    bool filtered = false;
    bool unfiltered = false;

    *finding = (struct risk_finding){RISK_MEDIUM, 0, NULL};
    if (value->removed) {
        finding->what = "takes a network interface away";
        return;
    }
    if (!value->text) {
        raise(finding, RISK_HIGH, 0, "sets a network interface to what is not known yet");
        return;
    }
    for (size_t at = 0; next_property(value, &at, &p);) {
        if (key_is(&p, "firewall")) {
            filtered = same(p.text, p.len, "1");
            unfiltered = unfiltered || !filtered;
        } else if (!is_new && (key_is(&p, "bridge") || key_is(&p, "tag"))) {
            raise(finding, RISK_HIGH, 0, "may put the guest on another network");
        } else if (key_is(&p, "trunks")) {
            raise(finding, RISK_HIGH, 0, "lets the guest use several VLANs");
        }
    }
    /* The gravest last: it is what the line says when there are several. */
    if (!filtered || unfiltered)
        *finding = (struct risk_finding){RISK_HIGH, 0, "leaves the interface without the guest's firewall"};
    if (!finding->what)
        finding->what = "changes a network interface";
}

void risk_look_net(const struct risk_value *value, struct risk_finding *finding)
{
    look_net(value, false, finding);
}

void risk_look_net_new(const struct risk_value *value, struct risk_finding *finding)
{
    look_net(value, true, finding);
}

/* A device that is named by a mapping, to which a token can have the right, or by itself. */
static void look_device(const struct risk_value *value, const char *harmless, const char *what,
                        struct risk_finding *finding)
{
    struct property p;
    bool mapped = false;
    bool raw = false;
    bool plain = false;

    *finding = (struct risk_finding){RISK_HIGH, 0, what};
    if (!value->text || value->removed)
        return;
    for (size_t at = 0; next_property(value, &at, &p);) {
        if (key_is(&p, "mapping")) {
            mapped = true;
        } else if (p.key_len == 0 || key_is(&p, "host")) {
            plain = harmless && same(p.text, p.len, harmless);
            raw = raw || !plain;
        }
    }
    if (raw || (!mapped && !plain))
        finding->flags = RISK_ROOT_ONLY;
    else if (plain && !mapped)
        *finding = (struct risk_finding){RISK_MEDIUM, 0, "changes a virtual device"};
}

void risk_look_usb(const struct risk_value *value, struct risk_finding *finding)
{
    look_device(value, "spice", "hands a USB device of the host to the guest", finding);
}

void risk_look_hostpci(const struct risk_value *value, struct risk_finding *finding)
{
    look_device(value, NULL, "hands a PCI device of the host to the guest", finding);
}

void risk_look_serial(const struct risk_value *value, struct risk_finding *finding)
{
    look_device(value, "socket", "connects a device of the host", finding);
}

void risk_look_features(const struct risk_value *value, struct risk_finding *finding)
{
    struct property p;

    *finding = (struct risk_finding){RISK_HIGH, 0, "opens what keeps the container apart from the host"};
    if (!value->text || value->removed)
        return;
    for (size_t at = 0; next_property(value, &at, &p);)
        if (!key_is(&p, "nesting"))
            finding->flags = RISK_ROOT_ONLY;
}

/* Proxmox writes a firewall comment into its file as it is: what follows a line break is read as a rule. */
void risk_look_line(const struct risk_value *value, struct risk_finding *finding)
{
    *finding = (struct risk_finding){RISK_LOW, 0, NULL};
    if (value->removed)
        return;
    if (!value->text ||
        (value->len && (memchr(value->text, '\n', value->len) || memchr(value->text, '\r', value->len))))
        *finding = (struct risk_finding){RISK_HIGH, RISK_CUTS_OFF,
                                         "may hold a line break, which breaks the firewall's file"};
}
