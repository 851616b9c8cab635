/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo plane-host`: the process that holds planes. Started by the server with a socket as descriptor 3,
 * never by hand. */
#include <stdio.h>
#include <sys/socket.h>

#include "command/command.h"
#include "plane/planes.h"

int command_plane_host(const struct command_line *line)
{
    int type = 0;
    socklen_t len = sizeof(type);

    (void)line;
    if (getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET) {
        (void)fputs("proximo: plane-host is started by proximo itself; use `proximo planes inspect FILE` to "
                    "look at a plane\n",
                    stderr);
        return EXIT_USAGE;
    }
    return plane_host_main();
}
