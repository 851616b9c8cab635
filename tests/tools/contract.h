/* SPDX-License-Identifier: Apache-2.0 */
/* Every request that the simulator saw, against Proxmox's own API descriptions where they are there. */
#ifndef PROXIMO_TESTS_TOOLS_CONTRACT_H
#define PROXIMO_TESTS_TOOLS_CONTRACT_H

#include <stdbool.h>

struct stage;

/* Is there anything to compare with? */
bool contract_known(void);
/* Says so and goes on when there are no descriptions. A row with `since` is not compared with older
 * ones, one with `until` not with newer ones. */
void contract_check(struct stage *stage);

#endif
