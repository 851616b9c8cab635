/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a new plane begins with (core/command/kit), made by the build. @NAME@ stands for the plane's
 * name, @FILE@ for the path of the built plane as a YAML string. */
#ifndef PROXIMO_COMMAND_PLANE_KIT_H
#define PROXIMO_COMMAND_PLANE_KIT_H

#include <stddef.h>

extern const unsigned char kit_cmakelists[], kit_plane[], kit_test_plane[], kit_proximo[], kit_readme[];
extern const size_t kit_cmakelists_len, kit_plane_len, kit_test_plane_len, kit_proximo_len, kit_readme_len;

#endif
