/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the libssh2 back end share: the rig, a fake host that knows one of its servers, a back
 * end. */
#ifndef PROXIMO_TESTS_EXEC_STAND_H
#define PROXIMO_TESTS_EXEC_STAND_H

#include "tests/exec/fake.h"
#include "tests/exec/rig.h"

extern struct rig rig;
int stand_set_up(void **state);
int stand_tear_down(void **state);

/* A fake host that knows the server as pve1, and an open back end. */
struct stand {
    struct fake fake;
    struct backend_settings settings;
    void *state;
};

/* key: a name of the rig's client keys. Skips the test when there is no rig. */
void stand_up(struct stand *s, enum rig_variant variant, const char *key);
void stand_again(struct stand *s); /* after a change of settings, which are read at open */
void stand_down(struct stand *s);
void give_known_hosts(struct stand *s, enum rig_variant variant, enum rig_known what);
void give_identity(struct stand *s, const char *name);

/* Runs `sh -c script`; what the back end returns. */
int32_t shell(struct stand *s, const char *script);
/* It exits with this status and output (NULL: any). */
void expect_exit(struct stand *s, const char *script, int status, const char *out);
/* It is refused with this code and these words, and nothing ran. */
void expect_refusal(struct stand *s, int32_t code, const char *words);

#endif
