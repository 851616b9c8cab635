/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server under measurement: a child process with its stdin and stdout on pipes, lines to and from it, the
 * memory of its process tree. For one thread. Every wait has a limit; a failure ends the measuring program
 * with a message.
 */
#ifndef TESTS_BENCH_PEER_H
#define TESTS_BENCH_PEER_H

#include <stddef.h>
#include <sys/types.h>

struct peer {
    pid_t pid;
    int in_fd;  /* its stdin */
    int out_fd; /* its stdout */
    char *data; /* bytes read and not yet consumed */
    size_t have, cap;
    size_t line_len; /* of the line that peer_line gave last, still in data */
};

double now_us(void); /* CLOCK_MONOTONIC, microseconds */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Starts argv (found through PATH); stderr stays ours. */
void peer_start(struct peer *peer, char *const argv[]);
void peer_write(struct peer *peer, const char *bytes, size_t len);
/* The next line with its newline, valid until the next call; *ret_len without it. */
const char *peer_line(struct peer *peer, size_t *ret_len);
/* Writes `bytes` and reads at the same time until `lines` newlines have come. */
void peer_burst(struct peer *peer, const char *bytes, size_t len, size_t lines);
/* Closes stdin, waits up to 5 s, then kills. Returns how long it took in milliseconds. */
double peer_stop(struct peer *peer);
/* Sums over the process and all its descendants, without the pid `except` and its own (0: none). */
long peer_memory_kb(const struct peer *peer, pid_t except); /* Pss */
long peer_threads(const struct peer *peer, pid_t except);
long peer_fds(const struct peer *peer, pid_t except);
double peer_cpu_us(const struct peer *peer, pid_t except); /* user and system; counted in ticks */
/* A descendant whose program is called so (at most 15 characters of it), 0: none. */
pid_t peer_child(const struct peer *peer, const char *name);

#endif
