/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an exported ledger that are the same for all (core/command/bundle), made by the build. */
#ifndef PROXIMO_COMMAND_AUDIT_BUNDLE_H
#define PROXIMO_COMMAND_AUDIT_BUNDLE_H

#include <stddef.h>

extern const unsigned char bundle_readme[], bundle_verify[];
extern const size_t bundle_readme_len, bundle_verify_len;

#endif
