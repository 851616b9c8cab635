/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the secrets of a plan come from, for build*.c, freeze.c, apply.c, run_*.c and status.c alone: from
 * memory, from a file that is read again, or made when they are needed; and what an answer shows once.
 *
 * A row of the plan's "secrets": {"name","commitment"} (in memory), {"name","commitment","file":path}, or
 * {"name","generate":characters}, which has nothing to commit to before it is made.
 */
#ifndef PROXIMO_TRUST_SECRET_SOURCE_H
#define PROXIMO_TRUST_SECRET_SOURCE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct config;
struct plan;
struct trust;

#define SECRET_FILE_LIMIT ((size_t)64 << 10)
#define SECRET_ONCE_S     3600 /* what is shown once waits so long after the end for whoever asks */

/*
 * The content of a secret file, without one newline at its end, appended to out, which the caller wipes. The
 * file lies below a folder of trust.secret_dirs, no element of its path below that folder is a link, and file
 * and folders are this user's or root's and nobody else's. PX-SECRET-FILE; never with a byte of the content.
 */
int secret_file_read(const struct config *config, const char *path, struct buf *out, struct problem *p);

/* `chars` characters without look-alikes, with upper case, lower case and a digit, and a NUL. 0 or -EIO. */
int secret_generate(struct trust *trust, size_t chars, char *ret);

/*
 * Can every secret of the plan be had? Files are read and compared with what the plan committed to: PX-DRIFT
 * when they differ. PX-PLAN for those in memory that are gone.
 */
int secret_sources_check(struct trust *trust, const struct plan *plan, struct problem *p);
/*
 * Calls use with the value of the plan's secret `name`: read anew and compared, or made with the first call
 * and the same with every other one. What is made is kept to be shown once. The value is wiped after use.
 */
int secret_value(struct trust *trust, const struct plan *plan, const char *name,
                 int (*use)(void *arg, const char *value, size_t len), void *arg, struct problem *p);

/* ---- shown once (run_once.c, secret.c) */

enum once_kind { ONCE_NONE, ONCE_GENERATED, ONCE_RETURNED };
/* Keeps a value that the answer after the end of this plan shows, once: what was generated, by its parameter;
 * what Proxmox returned, by "STEP/member". -EBUSY, -EFBIG, -ENOMEM. */
int secret_keep_once(struct trust *trust, const char *plan_id, enum once_kind kind, const char *name,
                     const char *value, size_t len);
/* Appends ["name",..] of one kind to out: how many. */
size_t secret_once_names(struct trust *trust, const char *plan_id, enum once_kind kind, struct buf *out);
/* Appends {"name":value,..} of one kind to out, which the caller wipes: how many. They are wiped here, so
 * that of several that ask at once one gets them. */
size_t secret_once_take(struct trust *trust, const char *plan_id, enum once_kind kind, struct buf *out);
/* What is kept of a plan to be shown once is wiped at expires_s (wall clock). */
void secret_once_end(struct trust *trust, const char *plan_id, int64_t expires_s);
/*
 * Into the answer `out` (a JSON object) about a plan that does not run any more in this process: "generated"
 * and "returned_once" with their values, which are wiped here. Nothing the second time.
 */
void once_show(struct trust *trust, const char *plan_id, struct buf *out);
/* The member "shown_once" of what is recorded of a plan: names, and that nobody can show the values again. */
void once_put_names(struct trust *trust, const struct plan *plan, struct buf *out);

#endif
