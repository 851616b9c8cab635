/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of doctor on the exec plane: exec.c, exec_key.c, exec_nodes.c, exec_place.c. One thread.
 */
#ifndef PROXIMO_DOCTOR_EXEC_H
#define PROXIMO_DOCTOR_EXEC_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct config_plane;
struct doctor;

struct exec_view {
    struct doctor *d;
    const struct config_plane *plane;
    struct json_object *section; /* its config:, an object */
    const char *backend;         /* "libssh2", "openssh", "local" */
};

/* exec_key.c: the private key, by its first lines; the known_hosts and the pins. */
void exec_check_identity(const struct exec_view *v);
/* Is there a host key for the node, or may there be one under a hashed name? */
bool exec_knows_host(const struct exec_view *v, const char *node);
void exec_check_hostkeys(const struct exec_view *v);

/* exec_nodes.c: the nodes of the sites against the endpoints. */
void exec_check_nodes(const struct exec_view *v);

/* exec_place.c: hosts of URLs, and whether they answer. */
#define EXEC_HOST_SIZE 256
/* "tcp://10.0.0.11:22", "https://[::1]:8006" -> host and port (0: none). False: not of that shape. */
bool exec_url_host(const char *url, char ret_host[EXEC_HOST_SIZE], uint16_t *ret_port);
enum exec_same { EXEC_SAME, EXEC_DIFFERENT, EXEC_NOT_KNOWN };
/* Are they the same machine's address? Names are looked up only where `resolve` allows it. */
enum exec_same exec_same_host(const char *a, const char *b, bool resolve);
/* Connects and reads the first line, SSH-2.0-..., cleaned; no key is exchanged. NULL or why not. */
const char *exec_banner(const char *host, uint16_t port, int64_t deadline_ms, char ret_banner[128]);

#endif
