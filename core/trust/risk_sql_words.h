/* SPDX-License-Identifier: Apache-2.0 */
/* The words of SQL that a statement may have and still be a read, between risk_sql*.c. All lower case. */
#ifndef PROXIMO_TRUST_RISK_SQL_WORDS_H
#define PROXIMO_TRUST_RISK_SQL_WORDS_H

/* Functions of pg_catalog that only compute or look; separated by spaces. */
extern const char sql_functions[];
/* Words that may stand before "(" without being a function: keywords and types with a length. */
extern const char sql_before_parenthesis[];
/* Words that change something, or lock, wherever they stand unquoted. */
extern const char sql_changing[];

#endif
