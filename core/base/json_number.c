/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, judged by their digits: no strtod, which asks the locale. A decimal is written as d.ddd *
 * 10^exponent of its first digit that is not 0; against the largest double that is a comparison of exponents
 * and, rarely, of digits.
 */
#include "base/json_number.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LARGEST_EXPONENT 308
#define EXPONENT_CAP     100000 /* beyond every double; keeps the sum from overflowing */

/* From here on a number rounds to infinity: 2^1024 - 2^970, its first 20 digits. */
static const char overflow_digits[] = "17976931348623158079";

struct number {
    const char *text;
    size_t whole;    /* offset of the first digit */
    size_t point;    /* offset behind the whole part */
    size_t mantissa; /* offset behind the fraction */
    long exponent;
    bool negative;
    bool integer;
};

static size_t skip_digits(const char *text, size_t len, size_t at)
{
    while (at < len && (unsigned char)(text[at] - '0') < 10)
        at++;
    return at;
}

static bool integer_fits(const struct number *n)
{
    const size_t digits = n->point - n->whole;
    const char *limit = n->negative ? "9223372036854775808" : "18446744073709551615";

    if (digits != strlen(limit))
        return digits < strlen(limit);
    return memcmp(n->text + n->whole, limit, digits) <= 0;
}

static bool decimal_fits(const struct number *n)
{
    size_t first = n->whole;

    while (first < n->mantissa && (n->text[first] == '0' || n->text[first] == '.'))
        first++;
    if (first == n->mantissa)
        return true; /* 0, whatever its exponent */
    long distance = first < n->point ? (long)(n->point - first) - 1 : -(long)(first - n->point);
    long exponent = n->exponent + distance;
    if (exponent != LARGEST_EXPONENT)
        return exponent < LARGEST_EXPONENT;
    for (size_t i = 0; overflow_digits[i]; i++, first++) {
        if (first < n->mantissa && n->text[first] == '.')
            first++;
        char digit = first < n->mantissa ? n->text[first] : '0';
        if (digit != overflow_digits[i])
            return digit < overflow_digits[i];
    }
    return false;
}

/* The optional exponent at `at`; its end, or the fault's place with *ret_bad. */
static size_t read_exponent(struct number *n, size_t len, size_t at, bool *ret_bad)
{
    bool negative = false;

    at++;
    if (at < len && (n->text[at] == '+' || n->text[at] == '-'))
        negative = n->text[at++] == '-';
    size_t end = skip_digits(n->text, len, at);
    *ret_bad = end == at;
    for (; at < end; at++) {
        if (n->exponent < EXPONENT_CAP)
            n->exponent = n->exponent * 10 + (n->text[at] - '0');
    }
    if (negative)
        n->exponent = -n->exponent;
    n->integer = false;
    return end;
}

enum json_fault json_number_check(const char *text, size_t len, size_t *ret_len)
{
    struct number n = {.text = text, .integer = true};
    size_t at = 0;
    bool bad = false;

    if (at < len && text[at] == '-') {
        n.negative = true;
        at++;
    }
    n.whole = at;
    at = skip_digits(text, len, at);
    n.point = n.mantissa = *ret_len = at;
    if (at == n.whole)
        return JSON_FAULT_SYNTAX;
    if (text[n.whole] == '0' && at > n.whole + 1) {
        *ret_len = n.whole + 1;
        return JSON_FAULT_SYNTAX;
    }
    if (at < len && text[at] == '.') {
        size_t end = skip_digits(text, len, at + 1);
        bad = end == at + 1;
        n.integer = false;
        n.mantissa = at = end;
    }
    if (!bad && at < len && (text[at] == 'e' || text[at] == 'E'))
        at = read_exponent(&n, len, at, &bad);
    *ret_len = at;
    if (bad)
        return JSON_FAULT_SYNTAX;
    if (n.integer ? integer_fits(&n) : decimal_fits(&n))
        return JSON_FAULT_NONE;
    *ret_len = 0;
    return JSON_FAULT_NUMBER;
}
