/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's own modules: shared objects that carry a heavy library and are loaded on first use, so that a
 * start pays for none of them (proximo-http: libcurl and OpenSSL). Not planes: they are part of the program
 * and trusted.
 */
#ifndef PROXIMO_BASE_MODULE_H
#define PROXIMO_BASE_MODULE_H

struct problem;

/*
 * Loads module `name` ("http") once from the folder of the executable (build tree) or the installed module
 * folder, and returns what its function `proximo_module_<name>` returns: a pointer to its static table, whose
 * first member is a uint32_t equal to `version`. NULL and p on failure. Thread-safe.
 */
const void *module_load(const char *name, unsigned version, struct problem *p);

#endif
