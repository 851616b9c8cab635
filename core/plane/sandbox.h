/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a plane host closes itself off. One way, in this order, all in the host's only thread: sandbox_start at
 * once, sandbox_enter before the first plane is loaded (its constructors run inside dlopen), sandbox_seal
 * after the last. docs/planes.md has the table of what is left to a plane and why.
 */
#ifndef PROXIMO_PLANE_SANDBOX_H
#define PROXIMO_PLANE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SANDBOX_MEMORY_LIMIT ((uint64_t)512 << 20) /* address space of a plane host */

/* Landlock's ABI on this kernel, 0 without. */
int sandbox_landlock_abi(void);
/* Dies with the supervisor; no core dump, no ptrace by the same user, no new privileges; limits; closes all
 * descriptors from 4. */
int sandbox_start(void);
/* Landlock (if wanted): only the system's libraries and these files can be opened, for reading. Then the
 * first filter. endpoints: the host will be handed connected sockets. 0 or -errno. */
int sandbox_enter(bool landlock, bool endpoints, const int *files, size_t file_count);
/* The second filter, for all threads: opens nothing, makes nothing executable. endpoints as before. */
int sandbox_seal(bool endpoints);
bool sandbox_is_loose(void); /* a sanitizer build, whose sandbox is not the real one */

/* sandbox_filter.c */
int sandbox_filter_load(bool sealed, bool endpoints);

#endif
