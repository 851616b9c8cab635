/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URIs of resources and their templates: RFC 3986 and level 1 of RFC 6570, "scheme:...{name}...". After a
 * variable comes the end or one of / ? #, so that a URI fits a template in one way. Pure functions;
 * any thread.
 */
#ifndef PROXIMO_PLANE_RESOURCE_URI_H
#define PROXIMO_PLANE_RESOURCE_URI_H

#include <stdbool.h>
#include <stddef.h>

#define RESOURCE_URI_MOST 2048u /* bytes of a URI; of a template 512 */

/* NULL, or (static) why this is no URI template that a plane may declare. */
const char *resource_template_fault(const char *template);
/* Is it a whole URI, without variables? */
bool resource_uri_valid(const char *uri);
/* The next {name} from *at on, which is moved behind it; NULL: there is none. Of a template without fault. */
const char *resource_variable_next(const char **at, size_t *ret_len);
/* Is this URI, which is valid, one of the template? A variable stands for one or more characters other than
 * / ? #. */
bool resource_uri_matches(const char *template, const char *uri);

#endif
