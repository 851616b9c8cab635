/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Isolation, inside of core/config: what was looked at, and the verdict. One thread, while a configuration is
 * loaded. All return 0 or -ENOMEM.
 */
#ifndef PROXIMO_CONFIG_ISOLATION_H
#define PROXIMO_CONFIG_ISOLATION_H

#include <stdbool.h>

struct config;

/* Does the system file rule: is it root's, are all folders above it, and can the running user not change it?
 * present: it was read. The looks are appended to config->checks. */
int isolation_rules(struct config *config, const char *system_file, bool present, bool *ret_rules);
/* With everything known: what the configuration names. Sets config->isolation. */
int isolation_paths(struct config *config, bool rules);
void isolation_free(struct config *config);

#endif
