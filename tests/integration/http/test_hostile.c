/* SPDX-License-Identifier: Apache-2.0 */
/* The program of the groups. */
#include "tests/integration/http/hostile.h"

int main(void)
{
    int failed = tests_identity();
    failed += tests_failover();
    failed += tests_limits();
    failed += tests_requests();
    return failed;
}
