/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's own judgement of a command: what running these words as root on a node, or in a guest, does at
 * worst. Only what is positively known as a read is low. Pure; thread-safe.
 */
#ifndef PROXIMO_TRUST_RISK_COMMAND_H
#define PROXIMO_TRUST_RISK_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command_word {
    const char *ptr;
    size_t len;
    bool known; /* false: a secret or a reference, judged as the worst */
};

struct command_risk {
    uint32_t risk; /* PROXIMO_RISK_LOW: positively known as a read */
    bool destroys, cuts_off;
    char why[160]; /* words for a person: "runs systemctl restart, which is not known as a read" */
};

/* stdin_text may be NULL. The texts are only read; nothing fails. */
void risk_command(const struct command_word *argv, size_t argc, const char *stdin_text, size_t stdin_len,
                  struct command_risk *ret);

#endif
