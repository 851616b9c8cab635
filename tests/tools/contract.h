/* SPDX-License-Identifier: Apache-2.0 */
/* Every request that the simulator saw, against Proxmox's own API descriptions where they are there. */
#ifndef PROXIMO_TESTS_TOOLS_CONTRACT_H
#define PROXIMO_TESTS_TOOLS_CONTRACT_H

struct stage;

/* Says so and goes on when there are no descriptions. A row with `since` is not compared with older ones. */
void contract_check(struct stage *stage);

#endif
