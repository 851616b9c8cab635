/* SPDX-License-Identifier: Apache-2.0 */
/* A receipt taken apart (receipt_text.c) for its check (receipt.c). */
#ifndef PROXIMO_LEDGER_RECEIPT_INNER_H
#define PROXIMO_LEDGER_RECEIPT_INNER_H

#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "ledger/merkle.h"

struct crypto_module;
struct json_object;

struct receipt {
    struct json_object *json; /* owns what follows */
    const char *line, *note;
    size_t line_len, note_len;
    uint64_t index;
    struct merkle_proof proof;
};

/* Nothing of it is checked but its form. -EBADMSG (PX-RECEIPT) or -ENOMEM. *ret is the caller's:
 * receipt_done. */
int receipt_parse(const struct crypto_module *crypto, const char *bytes, size_t len, struct receipt *ret,
                  struct problem *p);
void receipt_done(struct receipt *receipt);
/* Fills p with PX-RECEIPT and the next step; returns -EBADMSG. */
int receipt_bad(struct problem *p, const char *cause, ...) __attribute__((format(printf, 2, 3)));

#endif
