/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS and HTTP/1.1 side of the simulator: one thread per connection, keep-alive, session resumption.
 * It writes status lines itself, because their text is part of what Proxmox says (a 401 has no other text).
 */
#ifndef PROXIMO_SIM_SERVER_H
#define PROXIMO_SIM_SERVER_H

#include "sim.h"

#include <openssl/ssl.h>

#define SIM_CONNECTIONS_MAX 256

struct sim_server {
    struct sim *sim;
    SSL_CTX *tls;
    int listener;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    int fds[SIM_CONNECTIONS_MAX]; /* open connections; -1: free */
    int active;
};

/* Listens on ADDRESS:PORT (0: any free one). Returns 0 and the port, or a negative errno. */
int sim_server_listen(struct sim_server *server, const char *address, int port, int *ret_port);
/* Accepts until `stop_fd` is readable (or, if eof_fd >= 0, that descriptor ends). */
void sim_server_run(struct sim_server *server, int stop_fd, int eof_fd);
/* Ends every connection and waits for their threads. */
void sim_server_done(struct sim_server *server);

/* Makes a key and a self-signed certificate for `names` ("IP:...", "DNS:...", comma-separated) and writes
 * CERT (PEM). Returns 0 or -EIO. */
int sim_tls_make(SSL_CTX *tls, const char *names, const char *cert_file);
/* Loads a certificate and its key. Returns 0 or -EINVAL. */
int sim_tls_load(SSL_CTX *tls, const char *cert_file, const char *key_file);
SSL_CTX *sim_tls_new(void);
/* SHA-256 of the context's certificate as "AA:BB:...". */
int sim_tls_fingerprint(SSL_CTX *tls, char *ret_text, size_t size);

/* Reads one request. Returns 1, 0 at the end of the connection, or -EBADMSG with a status to answer. */
struct sim_stream;
struct sim_stream *sim_stream_new(SSL *ssl);
void sim_stream_free(struct sim_stream *stream);
int sim_stream_request(struct sim_stream *stream, struct sim_request *request, int *ret_status);
/* Sends a reply. Returns 0, or -EPIPE when the connection cannot go on. */
int sim_stream_reply(struct sim_stream *stream, const struct sim_reply *reply, bool close);
void sim_request_done(struct sim_request *request);

#endif
