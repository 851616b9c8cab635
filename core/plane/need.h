/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a token hold what a row says it needs, before the thing is named? A need like VM.Audit on /vms/{vmid}
 * is about a guest that is not named yet. What can be said of all of them is whether the privilege is handed
 * down from the last fixed part of the path, /vms. If it is not, it may still be held on single ones: whether
 * on any, GET /access/permissions without a path says. Any thread.
 */
#ifndef PROXIMO_PLANE_NEED_H
#define PROXIMO_PLANE_NEED_H

#include <stdbool.h>

#include "base/problem.h"

struct buf;
struct need_row;
struct site;
struct site_call;

#define NEED_PATH_SIZE 256

enum need_held { NEED_NO, NEED_YES, NEED_SOME, NEED_UNKNOWN };

/* The part of a template before its first {name}, without the slash at its end; "/" at least. False: longer
 * than a path is. */
bool need_fixed_part(const char *template, char ret[NEED_PATH_SIZE]);
/* A "/{name?}" at the end of a need's path whose value is not given: takes the slash away again. */
void need_leave_out(struct buf *path);
/* Blocks. NEED_SOME: not everywhere below the fixed part, but on something there or on a pool. NEED_UNKNOWN:
 * the site did not say, and p is filled. */
enum need_held need_ask(struct site *site, const struct site_call *call, const struct need_row *need,
                        struct problem *p);

#endif
