/* SPDX-License-Identifier: Apache-2.0 */
/* A simulator as a child process, and a client of the real module for it. */
#ifndef PROXIMO_TESTS_HTTP_SIM_H
#define PROXIMO_TESTS_HTTP_SIM_H

#include <json-c/json.h>
#include <sys/types.h>

#include "config/config.h"
#include "http/http.h"

/* A running simulator and one client for it. */
struct sim {
    pid_t pid;
    int stdin_fd;
    struct json_object *told; /* the line it printed */
    char url[64], fingerprint[65];
    struct config_endpoint endpoint;
    struct config_site site;
    const struct http_module *http;
    struct http_client *client;
};

void sim_program(char path[4096]);
/* extra: NULL-terminated further arguments; NULL: none. */
void sim_start(struct sim *sim, const char *seed, const char *const extra[]);
void sim_client(struct sim *sim, const char *token); /* for the token of this name; again: a new one */
char *sim_text(struct sim *sim, const char *object, const char *key); /* of what it told; malloc'd */
void sim_stop(struct sim *sim);

#endif
