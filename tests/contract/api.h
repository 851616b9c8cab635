/* SPDX-License-Identifier: Apache-2.0 */
/* Proxmox's API description (one JSON file) and the question whether it would take a request. */
#ifndef PROXIMO_TEST_API_H
#define PROXIMO_TEST_API_H

#include <json-c/json.h>
#include <stddef.h>

#include "http/http.h"

struct api; /* a loaded description */

/* NULL when the file is not there. Exits the test with a message when it is not what it should be. */
struct api *api_load(const char *path);
void api_free(struct api *api);
/* 0, or -1 with the first fault in why. *ret_returns: the JSON type that the endpoint returns ("array",
 * "object" ...). */
int api_check(const struct api *api, const struct http_request *request, char *why, size_t why_size,
              const char **ret_returns);

#endif
