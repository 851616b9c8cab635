/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the plan store, for store*.c alone. */
#ifndef PROXIMO_TRUST_STORE_H
#define PROXIMO_TRUST_STORE_H

#include "trust/plan.h"

#define STORE_WAITING_MOST 1000u /* plans that may wait at once */

/* Opens the folder of a state, which is made if need be; refused when others could write in it. */
int store_folder_open(struct trust *trust, enum plan_state state, int *ret_fd, struct problem *p);
/* -ENOENT without p: there is no such file. */
int store_load_at(struct trust *trust, int folder, const char *id, struct plan **ret, struct problem *p);

#endif
