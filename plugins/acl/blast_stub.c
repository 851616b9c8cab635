/* SPDX-License-Identifier: Apache-2.0 */
/* Until the model is there: nothing is known of who gains and loses, and that is said. */
#include "acl.h"

int32_t acl_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    (void)subject_json;
    return ((struct plane_instance *)instance)
        ->host->incomplete(call, "whose rights change", "not computed yet");
}
