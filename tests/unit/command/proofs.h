/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger of some segments, and a HOME without configuration, for the tests of proofs and exports. */
#ifndef PROXIMO_TESTS_COMMAND_PROOFS_H
#define PROXIMO_TESTS_COMMAND_PROOFS_H

#include "base/crypto.h"
#include "run.h"
#include "tests/unit/ledger/place.h"

#define RECORDS 29u /* of three segments, some epochs and checkpoints */

extern struct place place;
extern const struct crypto_module *crypto;
extern char key_text[256]; /* the verifier key of its checkpoints */

int proofs_setup(void **state);
int proofs_teardown(void **state);
/* A path in HOME, where all is written. */
void in_folder(char ret[96], const char *name);
void remove_all(const char *folder);

#endif
