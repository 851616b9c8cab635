/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A main for fuzz drivers without libFuzzer: every seed of a folder, then a given number of random mutations
 * of them. The sequence is the same in every run, so that a crash can be repeated; the input that crashed is
 * named on stderr by its number ("mutation 17 of seed x.json"), and `PROGRAM FOLDER COUNT NUMBER` writes that
 * one to stdout instead.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define SEEDS_MAX  256u
#define INPUT_MAX  ((size_t)1 << 18)
#define NAME_WIDTH 200

struct seed {
    char *name;
    uint8_t *data;
    size_t size;
};

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;
static char doing[256]; /* for the handler of a crash */

/* Pieces that parsers stumble over. */
static const char *const tokens[] = {
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    "\r\n",
    "\t",
    " ",
    "null",
    "true",
    "NaN",
    "-",
    "1e999",
    "0x",
    "18446744073709551616",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    "\xff",
    "\xc0\x80",
    "\xed\xa0\x80",
    "\xef\xbb\xbf",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "#",
    "- ",
    "? ",
    "| ",
    "> ",
    "'",
    "~",
    "jsonrpc",
    "id",
    "method",
    "params",
    "_meta",
    "sites",
    "https://",
    "endpoints",
    "planes",
    "config",
    "[[[[[[[[",
    "{{{{{{{{",
    "\"a\":",
};

static uint64_t state = UINT64_C(0x70726f78696d6f31);

/* xorshift64*: quality enough, and the same everywhere. */
static uint64_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t below(size_t n)
{
    return n ? (size_t)((next_random() >> 16) % n) : 0;
}

static void crashed(int signal_number)
{
    size_t len = strlen(doing);

    if (write(STDERR_FILENO, doing, len) < 0)
        _exit(1);
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

static int read_seed(const char *folder, const char *name)
{
    char path[4096];
    struct seed *seed = &seeds[seed_count];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rbe");
    if (!file)
        return -1;
    seed->data = malloc(INPUT_MAX);
    seed->name = strdup(name);
    if (!seed->data || !seed->name) {
        (void)fclose(file);
        return -1;
    }
    seed->size = fread(seed->data, 1, INPUT_MAX / 2, file);
    (void)fclose(file);
    seed_count++;
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_seeds(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, by_name), r = 0;

    for (int i = 0; i < n; i++) {
        if (r == 0 && entries[i]->d_name[0] != '.' && seed_count < SEEDS_MAX)
            r = read_seed(folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return r < 0 || seed_count == 0 ? -1 : 0;
}

/* Replaces `gone` bytes at `at` with `piece`. */
static size_t splice(uint8_t *data, size_t size, size_t at, size_t gone, const void *piece, size_t len)
{
    if (size - gone + len > INPUT_MAX)
        return size;
    memmove(data + at + len, data + at + gone, size - at - gone);
    memcpy(data + at, piece, len);
    return size - gone + len;
}

static size_t mutate_once(uint8_t *data, size_t size)
{
    uint8_t piece[4096];
    const size_t at = below(size + 1);
    size_t len = below(size - at < sizeof piece ? size - at + 1 : sizeof piece);
    const struct seed *other;

    switch (below(8)) {
    case 0: /* a bit */
        if (at < size)
            data[at] ^= (uint8_t)(1u << below(8));
        return size;
    case 1: /* a byte */
        piece[0] = (uint8_t)next_random();
        return splice(data, size, at, at < size, piece, 1);
    case 2: return splice(data, size, at, len < 32 ? len : below(32) % (len + 1), piece, 0); /* less */
    case 3:                                                                                  /* again */
        memcpy(piece, data + at, len);
        return splice(data, size, below(size + 1), 0, piece, len);
    case 4: /* the end is missing */ return at;
    case 5: /* a piece of another seed */
        other = &seeds[below(seed_count)];
        len = below(other->size < sizeof piece ? other->size + 1 : sizeof piece);
        return splice(data, size, at, 0, other->data + below(other->size - len + 1), len);
    default: {
        const char *token = tokens[below(sizeof tokens / sizeof tokens[0])];
        return splice(data, size, at, below(2) && at < size, token, strlen(token));
    }
    }
}

/* Runs the input from memory of exactly its size, so that a sanitizer sees a read behind its end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);

    if (!exact)
        abort();
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static unsigned long number(const char *text)
{
    unsigned long n = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        n = n * 10 + (unsigned long)(*text - '0');
    return n;
}

int main(int argc, char **argv)
{
    static uint8_t work[INPUT_MAX];
    const unsigned long count = argc > 2 ? number(argv[2]) : 2000, wanted = argc > 3 ? number(argv[3]) : 0;

    if (argc < 2 || read_seeds(argv[1]) < 0) {
        (void)fprintf(stderr, "usage: %s FOLDER-OF-SEEDS [MUTATIONS [NUMBER-TO-PRINT]]\n", argv[0]);
        return 2;
    }
    const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)signal(signals[i], crashed);
    for (size_t i = 0; i < seed_count && !wanted; i++) {
        (void)snprintf(doing, sizeof doing, "seed %.*s\n", NAME_WIDTH, seeds[i].name);
        run(seeds[i].data, seeds[i].size);
    }
    for (unsigned long i = 1; i <= count; i++) {
        const struct seed *seed = &seeds[below(seed_count)];
        size_t size = seed->size;
        memcpy(work, seed->data, size);
        for (size_t n = 1 + below(4); n; n--)
            size = mutate_once(work, size);
        (void)snprintf(doing, sizeof doing, "mutation %lu of seed %.*s\n", i, NAME_WIDTH, seed->name);
        if (wanted == i)
            return fwrite(work, 1, size, stdout) == size ? 0 : 1;
        if (!wanted)
            run(work, size);
    }
    (void)printf("%zu seeds, %lu mutations\n", seed_count, count);
    for (size_t i = 0; i < seed_count; i++) {
        free(seeds[i].data);
        free(seeds[i].name);
    }
    return 0;
}
