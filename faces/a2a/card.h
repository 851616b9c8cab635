/* SPDX-License-Identifier: Apache-2.0 */
/* The agent card: made once at the start. Pure. */
#ifndef PROXIMO_A2A_CARD_H
#define PROXIMO_A2A_CARD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/problem.h"
#include "skills.h"

struct signer;

struct card_facts {
    const char *url; /* without a slash at its end */
    bool bearer;     /* a token is asked for */
    bool (*offered)(void *arg, const struct skill *skill);
    void *arg;
    const struct signer *signer; /* NULL: not signed */
};
int card_make(const struct card_facts *facts, struct buf *out, struct problem *p);

#endif
