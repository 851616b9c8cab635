/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS server on loopback that does whatever a test wants, in threads of the test itself: one that accepts,
 * one per connection. It records every decrypted byte it received, so that a test can prove that none came.
 */
#ifndef PROXIMO_TESTS_HTTP_HOSTILE_H
#define PROXIMO_TESTS_HTTP_HOSTILE_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "http/http.h"

#define HOSTILE_RECORD 65536

struct hostile;

struct hostile_conn {
    struct hostile *server;
    SSL *ssl;
    unsigned index;    /* of the connection, from 0 */
    unsigned requests; /* read on this connection */
    char request[16384];
};

struct hostile {
    int fd;
    int port;
    char url[64];
    char fingerprint[65];
    char cert_file[128];
    SSL_CTX *ctx;
    void (*serve)(struct hostile_conn *conn); /* returns to close the connection */
    int arg;
    pthread_t acceptor;
    pthread_mutex_t lock;
    atomic_bool stopping;
    unsigned connections, handshakes, resumed, requests, running;
    char record[HOSTILE_RECORD];
    size_t record_len;
};

/* name: subject alternative name, "IP:127.0.0.1" or "DNS:elsewhere.example". */
void hostile_start(struct hostile *server, const char *name, void (*serve)(struct hostile_conn *));
void hostile_stop(struct hostile *server);
/* Reads head and body of a request into conn->request; false at the end of the connection. */
bool hostile_read(struct hostile_conn *conn);
void hostile_write(struct hostile_conn *conn, const char *text);
void hostile_answer(struct hostile_conn *conn, int status, const char *reason, const char *body);
bool hostile_recorded(struct hostile *server, const char *text);
size_t hostile_bytes(struct hostile *server);
unsigned hostile_count(struct hostile *server, const unsigned *counter);
void hostile_pause(unsigned ms);

/* Answers every request with {"data":{"version":"9.2"}} and keeps the connection. */
void serve_well(struct hostile_conn *conn);

/* What the tests share: a token file, a site of up to two endpoints, a client. */
#define TEST_SECRET "0a1b2c3d-1111-2222-3333-444455556666"
#define TEST_TOKEN  "tester@pve!http=" TEST_SECRET

struct bench {
    struct config_endpoint endpoints[2];
    struct config_site site;
    char token_file[64];
    struct http_client *client;
};
/* What the sites of the benches to come are: CONFIG_PVE at first. */
extern enum config_site_kind bench_kind;
void bench_open(struct bench *bench, size_t endpoint_count);
void bench_pin(struct bench *bench, size_t index, struct hostile *server); /* url and fingerprint */
void bench_ca(struct bench *bench, size_t index,
              struct hostile *server);  /* url and its certificate as CA file */
void bench_client(struct bench *bench); /* makes the client */
void bench_close(struct bench *bench);
void bench_token(struct bench *bench, const char *text, unsigned mode);
int bench_send(struct bench *bench, const char *method, const char *path, struct http_answer *answer,
               bool *sent, struct problem *p);

/* The groups of tests. */
int tests_identity(void);
int tests_failover(void);
int tests_limits(void);
int tests_requests(void);

#endif
