/* SPDX-License-Identifier: Apache-2.0 */
/* The hostile server and the tests' common ground. */
#include "tests/integration/http/hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "http/module.h"

static void make_certificate(struct hostile *server, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    assert_non_null(key);
    assert_non_null(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), (long)getpid() + server->port);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"hostile", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    assert_non_null(san);
    X509_add_ext(cert, san, -1);
    X509_EXTENSION_free(san);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(server->ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server->ctx, key), 1);
    assert_int_equal(X509_digest(cert, EVP_sha256(), digest, &len), 1);
    for (unsigned i = 0; i < len; i++)
        snprintf(server->fingerprint + 2 * i, 3, "%02x", digest[i]);
    snprintf(server->cert_file, sizeof(server->cert_file), "/tmp/proximo-test-http-%d-%d.pem", (int)getpid(),
             server->port);
    FILE *file = fopen(server->cert_file, "we");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, cert), 1);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void *connection_main(void *arg)
{
    struct hostile_conn *conn = arg;
    struct hostile *server = conn->server;
    if (SSL_accept(conn->ssl) == 1) {
        pthread_mutex_lock(&server->lock);
        server->handshakes++;
        server->resumed += SSL_session_reused(conn->ssl) ? 1 : 0;
        pthread_mutex_unlock(&server->lock);
        server->serve(conn);
        SSL_shutdown(conn->ssl);
    }
    close(SSL_get_fd(conn->ssl));
    SSL_free(conn->ssl);
    free(conn);
    pthread_mutex_lock(&server->lock);
    server->running--;
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void *acceptor_main(void *arg)
{
    struct hostile *server = arg;
    for (;;) {
        pthread_t thread;
        const int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        struct hostile_conn *conn = calloc(1, sizeof(*conn));
        /* A reader never waits for ever, so that stopping ends. */
        const struct timeval patience = {.tv_sec = 5};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        conn->server = server;
        conn->ssl = SSL_new(server->ctx);
        SSL_set_fd(conn->ssl, fd);
        pthread_mutex_lock(&server->lock);
        conn->index = server->connections++;
        server->running++;
        pthread_mutex_unlock(&server->lock);
        if (pthread_create(&thread, NULL, connection_main, conn) == 0)
            pthread_detach(thread);
    }
}

void hostile_start(struct hostile *server, const char *name, void (*serve)(struct hostile_conn *))
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    memset(server, 0, sizeof(*server));
    signal(SIGPIPE, SIG_IGN); /* the server's own side; the client's thread blocks it */
    pthread_mutex_init(&server->lock, NULL);
    server->serve = serve;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server->fd, 128), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof(server->url), "https://127.0.0.1:%d", server->port);
    server->ctx = SSL_CTX_new(TLS_server_method());
    assert_non_null(server->ctx);
    SSL_CTX_set_session_id_context(server->ctx, (const unsigned char *)"t", 1);
    make_certificate(server, name);
    assert_int_equal(pthread_create(&server->acceptor, NULL, acceptor_main, server), 0);
}

void hostile_stop(struct hostile *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->fd);
    for (int i = 0; i < 1000 && hostile_count(server, &server->running) > 0; i++)
        hostile_pause(10);
    assert_int_equal(server->running, 0);
    SSL_CTX_free(server->ctx);
    unlink(server->cert_file);
    pthread_mutex_destroy(&server->lock);
}

static void record(struct hostile *server, const char *bytes, size_t len)
{
    pthread_mutex_lock(&server->lock);
    if (len > HOSTILE_RECORD - 1 - server->record_len)
        len = HOSTILE_RECORD - 1 - server->record_len;
    memcpy(server->record + server->record_len, bytes, len);
    server->record_len += len;
    pthread_mutex_unlock(&server->lock);
}

bool hostile_read(struct hostile_conn *conn)
{
    size_t len = 0, need = 0;
    conn->request[0] = '\0';
    for (;;) {
        const int n = SSL_read(conn->ssl, conn->request + len, (int)(sizeof(conn->request) - 1 - len));
        if (n <= 0)
            return false;
        record(conn->server, conn->request + len, (size_t)n);
        len += (size_t)n;
        conn->request[len] = '\0';
        char *end = strstr(conn->request, "\r\n\r\n");
        if (end == NULL)
            continue;
        const char *length = strcasestr(conn->request, "\r\nContent-Length: ");
        uint64_t body = 0;
        if (length != NULL) {
            char digits[16] = "";
            const size_t n_digits = strspn(length + 18, "0123456789");
            snprintf(digits, sizeof(digits), "%.*s", (int)n_digits, length + 18);
            (void)text_to_u64(digits, sizeof(conn->request), &body);
        }
        need = (size_t)(end + 4 - conn->request) + body;
        if (len >= need)
            break;
    }
    conn->requests++;
    pthread_mutex_lock(&conn->server->lock);
    conn->server->requests++;
    pthread_mutex_unlock(&conn->server->lock);
    return true;
}

void hostile_write(struct hostile_conn *conn, const char *text)
{
    const size_t len = strlen(text);
    if (len > 0)
        (void)SSL_write(conn->ssl, text, (int)len);
}

void hostile_answer(struct hostile_conn *conn, int status, const char *reason, const char *body)
{
    char *text = NULL;
    const int n =
        asprintf(&text, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 status, reason, strlen(body), body);
    if (n > 0)
        hostile_write(conn, text);
    free(text);
}

bool hostile_recorded(struct hostile *server, const char *text)
{
    pthread_mutex_lock(&server->lock);
    server->record[server->record_len] = '\0';
    const bool found = strstr(server->record, text) != NULL;
    pthread_mutex_unlock(&server->lock);
    return found;
}

size_t hostile_bytes(struct hostile *server)
{
    pthread_mutex_lock(&server->lock);
    const size_t n = server->record_len;
    pthread_mutex_unlock(&server->lock);
    return n;
}

unsigned hostile_count(struct hostile *server, const unsigned *counter)
{
    pthread_mutex_lock(&server->lock);
    const unsigned n = *counter;
    pthread_mutex_unlock(&server->lock);
    return n;
}

void hostile_pause(unsigned ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

void serve_well(struct hostile_conn *conn)
{
    while (hostile_read(conn))
        hostile_answer(conn, 200, "OK", "{\"data\":{\"version\":\"9.2\"}}");
}

void bench_token(struct bench *bench, const char *text, unsigned mode)
{
    unlink(bench->token_file);
    assert_int_equal(file_write_atomic(bench->token_file, text, strlen(text), mode), 0);
    assert_int_equal(chmod(bench->token_file, mode), 0);
}

enum config_site_kind bench_kind = CONFIG_PVE;

void bench_open(struct bench *bench, size_t endpoint_count)
{
    static unsigned serial;
    static char lab[] = "lab";
    char token[] = TEST_TOKEN "\n";
    memset(bench, 0, sizeof(*bench));
    snprintf(bench->token_file, sizeof(bench->token_file), "/tmp/proximo-test-http-%d-%u.token",
             (int)getpid(), serial++);
    if (bench_kind == CONFIG_PBS)
        *strchr(token, '=') = ':';
    bench_token(bench, token, 0600);
    bench->site = (struct config_site){.name = lab,
                                       .kind = bench_kind,
                                       .endpoints = bench->endpoints,
                                       .endpoint_count = endpoint_count,
                                       .token_file = bench->token_file,
                                       .timeout_s = 5};
}

void bench_pin(struct bench *bench, size_t index, struct hostile *server)
{
    bench->endpoints[index] =
        (struct config_endpoint){.url = server->url, .fingerprint = server->fingerprint};
}

void bench_ca(struct bench *bench, size_t index, struct hostile *server)
{
    bench->endpoints[index] = (struct config_endpoint){.url = server->url, .ca_file = server->cert_file};
}

void bench_client(struct bench *bench)
{
    struct problem p = PROBLEM_INIT;
    assert_non_null(http_module_table());
    assert_int_equal(http_module_table()->client_new(&bench->site, &bench->client, &p), 0);
}

void bench_close(struct bench *bench)
{
    if (bench->client != NULL)
        http_module_table()->client_free(bench->client);
    unlink(bench->token_file);
}

int bench_send(struct bench *bench, const char *method, const char *path, struct http_answer *answer,
               bool *sent, struct problem *p)
{
    const struct http_request request = {
        .method = method, .path = path, .allow_change = strcmp(method, "GET") != 0};
    memset(answer, 0, sizeof(*answer));
    *p = PROBLEM_INIT;
    return http_module_table()->request(bench->client, &request, answer, sent, p);
}
