/* SPDX-License-Identifier: Apache-2.0 */
/* Names of parameters and members under which Proxmox takes or gives secrets. */
#ifndef PROXIMO_BASE_SECRET_NAME_H
#define PROXIMO_BASE_SECRET_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Is it one, whatever its case? name need not end with NUL. Source: the API descriptions of all products. */
bool secret_name(const char *name, size_t len);

#endif
