/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed commands that only read, run in a container of the allow-list without a plan. */
#ifndef PROXIMO_EXEC_PROBES_H
#define PROXIMO_EXEC_PROBES_H

#include "../common/inside.h"
#include "exec.h"

#define PROBE_MORE_MOST 8u
#define PROBE_IO_FILES  8u /* of the probe process_io: io1 ... io8 */

/* Runs the probe `name` for g's container with further parameters. Negative only when the call is over. */
int32_t probe_run(const struct guest *g, const char *name, const struct proximo_field *more, uint32_t count,
                  struct probed *ret);

#endif
