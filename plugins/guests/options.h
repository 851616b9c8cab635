/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the options of a guest's configuration: the privilege each needs, and its nature. */
#ifndef PROXIMO_GUESTS_OPTIONS_H
#define PROXIMO_GUESTS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTION_LXC      (1u << 0)
#define OPTION_QEMU     (1u << 1)
#define OPTION_PLAIN    (1u << 2) /* comes back as it was sent, if it was a plain number or word */
#define OPTION_RESTART  (1u << 3) /* of a running guest: waits for its next start */
#define OPTION_HIDDEN   (1u << 4) /* Proxmox never shows its value */
#define OPTION_ROOT     (1u << 5) /* Proxmox takes it from root@pam itself only */
#define OPTION_VOLUME   (1u << 6) /* names a volume: removing it leaves the volume as unusedN */
#define OPTION_NUMBERED (1u << 7) /* name0, name1 ... */
#define OPTION_STATE    (1u << 8) /* Proxmox's own note, nothing that a person sets */

struct option {
    const char *name;
    uint32_t flags;
    const char *privilege; /* "A|B": either; NULL: by value, left to Proxmox */
};
/* NULL: not known here. */
const struct option *option_find(const char *key, bool lxc);
/* Names that a name which is not known could have meant. */
#define OPTIONS_NEAR_MOST 5u
uint32_t options_near(const char *key, bool lxc, const char *ret[OPTIONS_NEAR_MOST]);
/* Is it a value whose text Proxmox keeps: digits, or one word? */
bool option_value_is_plain(const char *value);
/* crossings.c: why this value reaches into the host; NULL: it does not. Static. */
const char *option_crosses(const struct option *option, const char *value, bool privileged);
/* The same of a key as a configuration shows it, the raw lines of LXC ("lxc", as JSON) among them. */
const char *config_crosses(const char *key, const char *value, bool lxc, bool privileged);
/* Does an interface's value say firewall=1? Without it no rule of the guest's firewall holds on it. */
bool net_is_filtered(const char *value);

#endif
