/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations of recorded cases in the form that the API answers with. Include it before cmocka. */
#ifndef PROXIMO_TESTS_ACL_API_FORM_H
#define PROXIMO_TESTS_ACL_API_FORM_H

#include "edit.h"

/* access_done() drops it. */
struct access api_form(struct json_object *config);
/* Privileges that differ between two configurations, over all principals and paths; *ret_gained (may be NULL)
 * of these those that were not held before. each (may be NULL) is asked about each: false fails the test. */
uint64_t api_differences(const struct access *before, const struct access *after, uint64_t *ret_gained,
                         bool (*each)(const struct acl_change *change, void *context), void *context);

#endif
