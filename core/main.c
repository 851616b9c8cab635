/* SPDX-License-Identifier: Apache-2.0 */
/* proximo: everything is in the table of commands. */
#include "command/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
