/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe that is a fixed command in a virtual machine, by its guest agent: POST
 * /nodes/{node}/qemu/{vmid}/agent/exec with the words of a row of the core's own table (http/probe_table.h),
 * then GET .../agent/exec-status until it has ended. That GET hands out the output of any command that runs
 * in a machine and is refused to reads; here the core makes it itself, by the process id that its own request
 * was just answered, which no plane ever sees. It is run only for reads, and only in machines that
 * `planes.*.look_inside` of the plane names: nothing named, nothing runs. Nobody can end a command in a
 * machine; those of the table end by themselves.
 */
#ifndef PROXIMO_PLANE_AGENT_PROBE_H
#define PROXIMO_PLANE_AGENT_PROBE_H

#include "plane/upcall.h"

/* Does the list name this machine? *ret_tags: only by a tag, so its tags (NULL: not known yet) decide. */
bool look_inside_names(const struct config_strings *list, uint32_t vmid, const char *tags, bool *ret_tags);
/* The number of the machine in "/nodes/N/qemu/105/agent/exec"; 0: it is no such path. */
uint32_t look_inside_vmid(const char *path);

/* Runs it. 0: `out` has one answer, as of a probe of an executor, with `end` "exited" and the output or
 * another end and the reason as its message. Negative: a PROXIMO_E code and p; the call is over. */
int32_t upcall_agent_probe(struct planes *planes, struct call *call, const char *path,
                           const struct http_field *words, size_t count, struct buf *out, struct problem *p);

#endif
