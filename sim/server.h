/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTPS side of the simulator on libmicrohttpd: a thread per connection (answers may sleep), TLS by the
 * library, the certificate and the text of status lines by us, because that text is part of what Proxmox says
 * (a 401 has no other).
 */
#ifndef PROXIMO_SIM_SERVER_H
#define PROXIMO_SIM_SERVER_H

#include "sim.h"

#include <microhttpd.h>

#define SIM_CONNECTIONS_MAX  256
#define SIM_BODY_MAX         (8 * 1024 * 1024)
#define SIM_CONNECTION_BYTES (128 * 1024) /* of the library: a head of 60 kB and its reply fit */
#define SIM_IDLE_SECONDS     120

/* ---- certificate (tls.c) ---- */

struct sim_identity {
    char *cert, *key;         /* PEM, owned */
    char fingerprint[32 * 3]; /* SHA-256 of the (first) certificate as "AA:BB:..." */
};

/* Makes a key and a self-signed certificate for `names` ("IP:...", "DNS:...", comma-separated). Returns 0 or
 * -EIO. The caller owns what is made or loaded: sim_identity_done(). */
int sim_identity_make(struct sim_identity *identity, const char *names);
/* Loads a certificate (or chain) and its key. Returns 0, -EINVAL when they are no such pair, or a negative
 * errno. */
int sim_identity_load(struct sim_identity *identity, const char *cert_file, const char *key_file);
/* Writes the certificate. Returns 0 or a negative errno. */
int sim_identity_save(const struct sim_identity *identity, const char *cert_file);
void sim_identity_done(struct sim_identity *identity);

/* ---- listener (server.c) ---- */

struct sim_server {
    struct sim *sim;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stopping;
};

/* Listens on ADDRESS:PORT (0: any free one) and answers from threads of its own, which inherit the signal
 * mask of the caller. `identity` is not needed afterwards. Returns 0 and the port, or a negative errno. */
int sim_server_start(struct sim_server *server, const struct sim_identity *identity, const char *address,
                     int port, int *ret_port);
/* Returns when `stop_fd` is readable or, if eof_fd >= 0, that descriptor ends. */
void sim_server_wait(int stop_fd, int eof_fd);
/* Ends every connection, cuts delays short and waits for all threads. */
void sim_server_stop(struct sim_server *server);
/* Waits; returns 0, or -ECANCELED when the server stops. Any thread. */
int sim_server_delay(struct sim_server *server, int ms);

/* ---- one request (http.c): callbacks of the library, on the thread of the connection; `arg` is the server
 * ---- */

/* A connection is new or gone: its struct exchange. */
void sim_http_connection(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_ConnectionNotificationCode what);
/* A request line has come; `target` as it was sent. */
void *sim_http_begin(void *arg, const char *target, struct MHD_Connection *connection);
/* Called with the head, with each piece of the body (`size` > 0), and when all is there. */
enum MHD_Result sim_http_handle(void *arg, struct MHD_Connection *connection, const char *path,
                                const char *method, const char *version, const char *data, size_t *size,
                                void **state);
/* The request is over, answered or not. */
void sim_http_end(void *arg, struct MHD_Connection *connection, void **state,
                  enum MHD_RequestTerminationCode why);

/* ---- status line (reason.c) ---- */

/* The text of the next status line of this thread (borrowed until then); NULL: the general one. */
void sim_reason_set(const char *reason);

#endif
