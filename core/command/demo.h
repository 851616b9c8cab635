/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo: a simulated cluster started as a child on loopback, its configuration, and the end of both.
 * Everything lives in one temporary folder that only this user can enter and that goes away at the end.
 */
#ifndef PROXIMO_COMMAND_DEMO_H
#define PROXIMO_COMMAND_DEMO_H

struct config;
struct demo;
struct problem;

/*
 * Starts the simulator without waiting for it and loads the demo's configuration (site "demo", mode guarded
 * unless `mode` tightens it, every built-in plane but exec). mode and surface may be NULL.
 */
int demo_start(const char *mode, const char *surface, struct demo **ret, struct config **ret_config,
               struct problem *p);
/* Waits until the simulator listens (a few seconds at most) and fills its address and fingerprint into the
 * configuration. `demo` is a struct demo. Not thread-safe; further calls return at once. */
int demo_prepare(void *demo, struct problem *p);
/* Ends the simulator and removes the folder. demo may be NULL. */
void demo_end(struct demo *demo);

#endif
