/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a request and looking at the verdict, for the tests of the judge. */
#ifndef PROXIMO_TEST_RISK_RIG_H
#define PROXIMO_TEST_RISK_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "trust/risk.h"

#define QEMU "/nodes/pve1/qemu/100/config"
#define LXC  "/nodes/pve1/lxc/105/config"

/* The value of a field that is a later reference or a secret. */
#define UNKNOWN "\001"

/* The last verdict. */
extern struct risk_verdict verdict;

/* Fields as name, value, ..., NULL. */
void judge(unsigned site_kind, const char *method, const char *path, ...);
#define SET(path, ...) judge(CONFIG_PVE, "PUT", path, __VA_ARGS__, NULL)

/* The verdict's level, a reason that holds the text (NULL: any), and the order of the reasons. */
void expect_at(unsigned level, const char *text, int line);
#define expect(level, text) expect_at(level, text, __LINE__)

#endif
