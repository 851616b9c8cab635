/* SPDX-License-Identifier: Apache-2.0 */
/* The look-up of the risk table with the elements of the path. Thread-safe. */
#ifndef PROXIMO_TRUST_RISK_MATCH_H
#define PROXIMO_TRUST_RISK_MATCH_H

#include "http/path.h"
#include "trust/risk.h"

/* NULL: not listed, or no path at all. ret_parts: the elements as the row reads them. */
const struct risk_row *risk_match(unsigned site_kind, const char *method, const char *path,
                                  struct http_path *ret_parts);

#endif
