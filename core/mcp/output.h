/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one writer of the protocol's output: whole lines from any thread, never mixed. Whoever comes first
 * writes, the others leave their bytes in a bounded queue and go on. A reader that has gone, or that takes
 * nothing any more once the end has begun, makes the output "gone": everything after that is dropped.
 */
#ifndef PROXIMO_MCP_OUTPUT_H
#define PROXIMO_MCP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct output;

struct output_options {
    int fd;         /* borrowed; -1: nothing is written (tests) */
    int in_fd;      /* the input: once its writer has hung up, waiting for our reader is bounded; -1: none */
    int stop_fd;    /* readable once the server is to end: the same; -1: none */
    int stop_write; /* gets a byte when the output is gone; -1: none */
};

int output_new(const struct output_options *options, struct output **ret);
void output_free(struct output *output);
/* Whole lines, each with its newline, or none: then only what is left is written. Waits while the queue is
 * full. 0 or -EPIPE. Any thread. */
int output_send(struct output *output, const char *lines, size_t len);
/* The same without ever waiting: dropped (-EAGAIN) while the reader is slow. For progress. Any thread. */
int output_offer(struct output *output, const char *line, size_t len);
bool output_gone(struct output *output);

#endif
