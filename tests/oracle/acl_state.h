/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a recorded case as the simulator's state. */
#ifndef PROXIMO_TESTS_ACL_STATE_H
#define PROXIMO_TESTS_ACL_STATE_H

#include "sim/handlers.h"

/* New object; keeps nothing of config. */
struct json_object *acl_state(struct json_object *config);

#endif
