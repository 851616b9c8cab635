/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats of addresses, ports and protocols.
 */
#ifndef PROXIMO_SIM_FORMAT_NET_H
#define PROXIMO_SIM_FORMAT_NET_H

#include "sim.h"

/* Checks a value against one of these formats. Returns 0, -EINVAL with the error text in `text`, or -ENOENT:
 * the format is not one of them. */
int sim_format_net(const char *format, const char *value, char *text, size_t size);

#endif
