/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines go to stderr and nowhere else (stdout belongs to JSON-RPC). One write per line. Thread-safe.
 * Libraries of the core log at most at INFO unless something is lost.
 */
#ifndef PROXIMO_BASE_LOG_H
#define PROXIMO_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR = 1, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level most); /* default WARN */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
