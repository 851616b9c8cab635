/* SPDX-License-Identifier: Apache-2.0 */
/* Receivers over the network: what they get byte by byte, what they answer, and who they are. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "base/thread.h"
#include "ledger/anchor.h"
#include "ledger/note.h"
#include "tests/integration/anchors/receiver.h"
#include "tests/integration/http/hostile.h"
#include "tests/unit/ledger/anchor_stand.h"

#define TOKEN "anchor-token-5d1e"

static char token_file[128];

static bool published_within(struct stand *s, int ms)
{
    CLEANUP_BUF struct buf out = BUF_INIT(65536);
    struct problem p;

    const bool all = stand_published(s, ms, &p);
    if (p.code[0])
        fail_msg("%s: %s", p.code, p.cause);
    anchors_json(s->anchors, &out);
    assert_true(buf_ok(&out));
    assert_null(strstr(out.data, TOKEN));
    return all;
}

static bool published(struct stand *s)
{
    return published_within(s, 20000);
}

/* ---- HTTPS */

static void serve_ok(struct hostile_conn *conn)
{
    while (hostile_read(conn))
        hostile_answer(conn, 200, "OK", "kept\n");
}

static void serve_status(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_answer(conn, conn->server->arg, "What\x1b[31m it is", "sorry");
}

static void serve_conflict(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_answer(conn, 409, "Conflict", "1000\n");
}

static char elsewhere[64];

static void serve_redirect(struct hostile_conn *conn)
{
    char text[256];
    snprintf(text, sizeof(text), "HTTP/1.1 307 Go\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n", elsewhere);
    if (hostile_read(conn))
        hostile_write(conn, text);
}

static void serve_huge(struct hostile_conn *conn)
{
    static char filler[4096];
    memset(filler, 'x', sizeof(filler) - 1);
    if (!hostile_read(conn))
        return;
    hostile_write(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 100; i++)
        hostile_write(conn, filler);
}

static void serve_cut(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_write(conn, conn->server->arg ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nkep" : "");
}

static void serve_silence(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        while (!atomic_load(&conn->server->stopping))
            hostile_pause(20);
}

static void use_https(struct stand *s, struct hostile *server)
{
    s->anchor->url = (struct config_endpoint){.url = server->url, .fingerprint = server->fingerprint};
}

static void write_token(struct stand *s, mode_t mode)
{
    snprintf(token_file, sizeof(token_file), "%s/token", s->place.folder);
    assert_int_equal(file_write_atomic(token_file, TOKEN "\n", sizeof(TOKEN), mode), 0);
    assert_int_equal(chmod(token_file, mode), 0);
    s->anchor->url_token_file = token_file;
}

static void test_post(void **state)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT);
    struct hostile server;
    struct stand s;
    char url[128];

    (void)state;
    hostile_start(&server, "IP:127.0.0.1", serve_ok);
    stand_make(&s, 3);
    snprintf(url, sizeof(url), "%s/anchors/lab", server.url);
    s.anchor->url = (struct config_endpoint){.url = url, .ca_file = server.cert_file};
    write_token(&s, 0600);
    stand_open(&s);
    assert_true(published(&s));
    stand_newest_note(&s, &note);
    char *end = strstr(server.record, "\r\n\r\n");
    assert_non_null(end);
    server.record[server.record_len] = '\0';
    assert_string_equal(end + 4, note.data);
    assert_int_equal(strncmp(server.record, "POST /anchors/lab HTTP/1.1\r\n", 28), 0);
    assert_true(hostile_recorded(&server, "\r\nContent-Type: text/plain\r\n"));
    assert_true(hostile_recorded(&server, "\r\nAuthorization: Bearer " TOKEN "\r\n"));
    stand_says(&s, "write-only");
    assert_null(strstr(server.record, "Cookie"));
    stand_gate(&s, "", NULL);
    stand_done(&s);
    hostile_stop(&server);
}

/* The token goes to nobody but the configured receiver. */
static void test_identity(void **state)
{
    struct hostile server, other, named;
    struct stand s;

    (void)state;
    hostile_start(&server, "IP:127.0.0.1", serve_ok);
    hostile_start(&other, "IP:127.0.0.1", serve_ok);
    hostile_start(&named, "DNS:elsewhere.example", serve_ok);
    const struct config_endpoint wrong[] = {
        {.url = server.url, .fingerprint = other.fingerprint},
        {.url = server.url, .ca_file = other.cert_file},
        {.url = server.url},
        {.url = named.url, .ca_file = named.cert_file},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        stand_make(&s, 3);
        s.anchor->url = wrong[i];
        write_token(&s, 0600);
        stand_open(&s);
        assert_false(published(&s));
        stand_says(&s, "\"code\":\"" PX_TLS "\"");
        assert_int_equal(hostile_bytes(&server) + hostile_bytes(&named), 0);
        stand_gate(&s, "", NULL);
        stand_done(&s);
    }
    assert_true(server.connections > 0 && named.connections > 0);
    stand_make(&s, 3);
    use_https(&s, &server);
    write_token(&s, 0644);
    stand_open(&s);
    assert_false(published(&s));
    stand_says(&s, "\"code\":\"" PX_SECRET_FILE "\"");
    assert_int_equal(hostile_bytes(&server), 0);
    stand_done(&s);
    hostile_stop(&server);
    hostile_stop(&other);
    hostile_stop(&named);
}

static void test_answers(void **state)
{
    static const struct {
        void (*serve)(struct hostile_conn *conn);
        int arg;
        const char *part;
    } cases[] = {
        {serve_status, 500, "the receiver answers 500"},  {serve_status, 404, "the receiver answers 404"},
        {serve_status, 409, "the receiver answers 409"}, /* a conflict that names no size */
        {serve_huge, 0, "\"code\":\"" PX_TOO_LARGE "\""}, {serve_cut, 0, "\"code\":\"" PX_CONNECT "\""},
        {serve_cut, 1, "\"code\":\"" PX_CONNECT "\""},
    };
    struct hostile server, other;
    struct stand s;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hostile_start(&server, "IP:127.0.0.1", cases[i].serve);
        server.arg = cases[i].arg;
        stand_make(&s, 3);
        use_https(&s, &server);
        stand_open(&s);
        assert_false(published(&s));
        stand_says(&s, cases[i].part);
        stand_gate(&s, "", NULL); /* not required */
        stand_done(&s);
        hostile_stop(&server);
    }
    hostile_start(&server, "IP:127.0.0.1", serve_redirect);
    hostile_start(&other, "IP:127.0.0.1", serve_ok);
    snprintf(elsewhere, sizeof(elsewhere), "%s", other.url);
    stand_make(&s, 3);
    use_https(&s, &server);
    stand_open(&s);
    assert_false(published(&s));
    stand_says(&s, "the receiver answers 307");
    stand_says(&s, "redirects are not followed");
    assert_int_equal(other.connections, 0);
    stand_done(&s);
    hostile_stop(&server);
    hostile_stop(&other);
}

static void serve_later(struct hostile_conn *conn)
{
    if (hostile_read(conn))
        hostile_answer(conn, conn->index == 0 ? 503 : 200, "As it is", "");
}

/* What failed is tried again by itself. */
static void test_again(void **state)
{
    struct hostile server;
    struct stand s;

    (void)state;
    hostile_start(&server, "IP:127.0.0.1", serve_later);
    stand_make(&s, 3);
    use_https(&s, &server);
    stand_open(&s);
    assert_false(published(&s));
    for (int i = 0; i < 800 && stand_records(&s, "ok") == 0; i++)
        hostile_pause(10);
    stand_says(&s, "\"state\":\"confirmed\"");
    assert_int_equal(stand_records(&s, "failed"), 1);
    assert_int_equal(server.connections, 2);
    stand_done(&s);
    hostile_stop(&server);
}

/* A receiver that does not answer holds up nobody for longer than was agreed, nor the end. */
static void test_silence(void **state)
{
    struct hostile server;
    struct stand s;
    struct problem p = PROBLEM_INIT;

    (void)state;
    hostile_start(&server, "IP:127.0.0.1", serve_silence);
    stand_make(&s, 3);
    use_https(&s, &server);
    s.place.config.ledger.require_anchor_within = 5;
    stand_open(&s);
    int64_t start = clock_ms();
    assert_true(anchors_gate(s.anchors, start + 700, NULL, &p) < 0);
    assert_string_equal(p.code, PX_ANCHOR);
    assert_true(clock_ms() - start < 2000);
    start = clock_ms();
    assert_true(anchors_stop(s.anchors, start + 800));
    assert_true(clock_ms() - start < 1500);
    stand_done(&s);
    hostile_stop(&server);
}

/* A receiver that knows more records than there are: nothing is changed until a person has published. */
static void test_conflict(void **state)
{
    struct hostile server;
    struct stand s;

    (void)state;
    hostile_start(&server, "IP:127.0.0.1", serve_conflict);
    stand_make(&s, 3);
    use_https(&s, &server);
    stand_open(&s);
    anchors_changed(s.anchors);
    assert_true(anchors_stop(s.anchors, clock_ms() + 10000));
    stand_says(&s, "behind the anchor");
    stand_close(&s);
    stand_open(&s); /* a restart does not forget */
    stand_gate(&s, PX_ANCHOR, NULL);
    const unsigned requests = hostile_count(&server, &server.requests);
    anchors_changed(s.anchors);
    stand_gate(&s, PX_ANCHOR, NULL);
    assert_int_equal(hostile_count(&server, &server.requests), requests); /* nor is anything published */
    server.serve = serve_ok;

    struct ledger *ledger = place_open(&s.place);
    struct anchors *person = NULL;
    struct problem p = PROBLEM_INIT;
    bool all = false;
    assert_int_equal(anchors_new(&s.place.config, ledger, &person), 0);
    assert_int_equal(anchors_publish(person, clock_ms() + 10000, NULL, &all, &p), 0);
    assert_true(all);
    anchors_free(person);
    ledger_free(ledger);
    stand_gate(&s, "", NULL); /* the running server sees it in the records */
    stand_done(&s);
    hostile_stop(&server);
}

/* ---- syslog */

/* One frame of RFC 6587 octet counting with one RFC 5424 message, and the newest note in it. */
static void expect_frame(struct stand *s, const char *bytes, size_t len)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT), there = BUF_INIT(NOTE_LIMIT);
    char digits[16] = "", expected[512], host[65] = "";
    uint64_t count = 0;
    size_t n = strspn(bytes, "0123456789");

    assert_true(n > 0 && n < sizeof(digits) && bytes[n] == ' ' && bytes[0] != '0');
    memcpy(digits, bytes, n);
    assert_int_equal(text_to_u64(digits, 65536, &count), 0);
    assert_int_equal(len, n + 1 + count);
    const char *message = bytes + n + 1;
    assert_int_equal(memchr(message, '\n', count) == NULL, 1);
    /* <PRI>1 TIMESTAMP HOSTNAME proximo PID checkpoint - NOTE */
    assert_int_equal(strncmp(message, "<109>1 ", 7), 0);
    const char *time = message + 7;
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.ddddddZ ";
    for (size_t i = 0; i < sizeof(shape) - 1; i++)
        assert_true(shape[i] == 'd' ? time[i] >= '0' && time[i] <= '9' : time[i] == shape[i]);
    assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
    n = (size_t)snprintf(expected, sizeof(expected), "%s proximo %ld checkpoint - ", host, (long)getpid());
    const char *rest = time + sizeof(shape) - 1;
    assert_int_equal(strncmp(rest, expected, n), 0);
    for (const char *at = rest + n; at < bytes + len; at++) {
        const bool escape = *at == '\\';
        at += escape;
        buf_char(&there, escape && *at == 'n' ? '\n' : *at);
    }
    stand_newest_note(s, &note);
    assert_string_equal(there.data, note.data);
}

/* The line of docs/anchors.md that cuts the notes out of a log. */
static void expect_cut_out(struct stand *s, const char *message)
{
    static const char script[] = "s/^[^\\\\]* \\([^ \\\\]*\\\\n\\)/\\1/; s/\\\\n/\\n/gp";
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT), log = BUF_INIT(NOTE_LIMIT);
    char log_file[128];
    int status = -1;

    snprintf(log_file, sizeof(log_file), "%s/log", s->place.folder);
    buf_printf(&log, "%s\nJul 28 10:00:00 pve1 proximo[7]: %s\n", message, strstr(message, " - ") + 3);
    place_write(log_file, log.data, log.len);
    const pid_t pid = fork();
    if (pid == 0) {
        const int out = open(s->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (out >= 0 && dup2(out, STDOUT_FILENO) >= 0)
            (void)execlp("sed", "sed", "-n", script, log_file, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    assert_int_equal(status, 0);
    struct stand_notes notes = stand_notes(s->file);
    stand_newest_note(s, &note);
    assert_int_equal(notes.count, 2);
    assert_string_equal(notes.notes[0], note.data);
    assert_string_equal(notes.notes[1], note.data);
}

static void test_syslog_tcp(void **state)
{
    struct receiver receiver;
    struct stand s;

    (void)state;
    receiver_start(&receiver, false);
    stand_make(&s, 3);
    s.anchor->syslog.url = receiver.url;
    stand_open(&s);
    assert_true(published(&s));
    stand_says(&s, "write-only");
    assert_true(receiver_has(&receiver, 1));
    expect_frame(&s, receiver.bytes, receiver.len);
    receiver.bytes[receiver.len] = '\0';
    expect_cut_out(&s, strchr(receiver.bytes, ' ') + 1);
    stand_done(&s);
    receiver_stop(&receiver);

    receiver_start(&receiver, true); /* reads ten bytes and resets */
    stand_make(&s, 3);
    s.anchor->syslog.url = receiver.url;
    stand_open(&s);
    assert_false(published(&s));
    stand_says(&s, "\"code\":\"" PX_CONNECT "\"");
    stand_done(&s);
    receiver_stop(&receiver);

    stand_make(&s, 3); /* nobody listens there any more */
    s.anchor->syslog.url = receiver.url;
    stand_open(&s);
    assert_false(published(&s));
    stand_says(&s, "\"code\":\"" PX_CONNECT "\"");
    stand_done(&s);
}

static char over_tls[65536];
static size_t over_tls_len;

static void serve_syslog(struct hostile_conn *conn)
{
    int n;
    while ((n = SSL_read(conn->ssl, over_tls + over_tls_len, (int)(sizeof(over_tls) - 1 - over_tls_len))) > 0)
        over_tls_len += (size_t)n;
}

static void serve_hang_up(struct hostile_conn *conn)
{
    char bytes[10];
    (void)SSL_read(conn->ssl, bytes, sizeof(bytes));
}

static void test_syslog_tls(void **state)
{
    struct hostile server, other;
    struct stand s;
    char url[80];

    (void)state;
    hostile_start(&server, "IP:127.0.0.1", serve_syslog);
    hostile_start(&other, "IP:127.0.0.1", serve_syslog);
    snprintf(url, sizeof(url), "tls://127.0.0.1:%d", server.port);
    const struct {
        struct config_endpoint to;
        bool right;
    } cases[] = {
        {{.url = url, .fingerprint = server.fingerprint}, true},
        {{.url = url, .ca_file = server.cert_file}, true},
        {{.url = url, .fingerprint = other.fingerprint}, false},
        {{.url = url, .ca_file = other.cert_file}, false},
        {{.url = url}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        over_tls_len = 0;
        stand_make(&s, 3);
        s.anchor->syslog = cases[i].to;
        stand_open(&s);
        assert_int_equal(published(&s), cases[i].right);
        for (int k = 0; k < 500 && hostile_count(&server, &server.running) > 0; k++)
            hostile_pause(10);
        over_tls[over_tls_len] = '\0';
        if (cases[i].right)
            expect_frame(&s, over_tls, over_tls_len);
        else
            stand_says(&s, "\"code\":\"" PX_TLS "\"");
        assert_int_equal(over_tls_len > 0, cases[i].right);
        stand_done(&s);
    }
    hostile_stop(&server);
    hostile_stop(&other);

    hostile_start(&server, "IP:127.0.0.1", serve_hang_up);
    snprintf(url, sizeof(url), "tls://127.0.0.1:%d", server.port);
    stand_make(&s, 3);
    s.anchor->syslog = (struct config_endpoint){.url = url, .fingerprint = server.fingerprint};
    stand_open(&s);
    assert_false(published(&s));
    stand_says(&s, "\"code\":\"" PX_CONNECT "\"");
    stand_done(&s);
    hostile_stop(&server);
}

/* One that answers is enough, and one that hangs beside it holds up nothing. */
static void test_several(void **state)
{
    struct hostile silent;
    struct receiver receiver;
    struct stand s;

    (void)state;
    hostile_start(&silent, "IP:127.0.0.1", serve_silence);
    receiver_start(&receiver, false);
    stand_make(&s, 3);
    use_https(&s, &silent);
    s.anchor->syslog.url = receiver.url;
    s.place.config.ledger.require_anchor_within = 5;
    stand_open(&s);
    const int64_t start = clock_ms();
    stand_gate(&s, "", NULL);
    assert_true(clock_ms() - start < 4000);
    assert_false(published_within(&s, 500)); /* but not all have confirmed */
    stand_done(&s);
    receiver_stop(&receiver);
    hostile_stop(&silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_post),       cmocka_unit_test(test_identity),   cmocka_unit_test(test_answers),
        cmocka_unit_test(test_silence),    cmocka_unit_test(test_again),      cmocka_unit_test(test_conflict),
        cmocka_unit_test(test_syslog_tcp), cmocka_unit_test(test_syslog_tls), cmocka_unit_test(test_several),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
