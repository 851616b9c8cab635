/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small pieces of the SSH formats: strings with a length before them (RFC 4251 section 5), base64, key blobs
 * and their fingerprints. Everything is read within bounds; nothing here allocates. Thread-safe.
 */
#ifndef PROXIMO_EXEC_SSH_WIRE_H
#define PROXIMO_EXEC_SSH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSH_FINGERPRINT_SIZE 52u    /* "SHA256:", 43 characters, NUL, rounded up */
#define SSH_BLOB_MOST        16384u /* bytes of a public key: RSA of 16384 bits has 2 KiB */

struct ssh_bytes {
    const unsigned char *ptr;
    size_t len;
};

/* Take a number or a string from the front of b. false: it is cut short; then b is as it was. */
bool ssh_take_u32(struct ssh_bytes *b, uint32_t *ret);
bool ssh_take_string(struct ssh_bytes *b, struct ssh_bytes *ret);
bool ssh_bytes_are(const struct ssh_bytes *b, const char *text);

/* Base64 (RFC 4648) with or without its padding, strictly: no other character, no bits left over. false: not
 * base64, or more than `most` bytes. */
bool ssh_base64(const char *text, size_t len, unsigned char *ret, size_t most, size_t *ret_len);
/* "SHA256:..." as ssh-keygen -l prints it; false: no memory for the digest. */
bool ssh_fingerprint(const void *blob, size_t len, char ret[SSH_FINGERPRINT_SIZE]);
/* The two written forms of one fingerprint are equal with and without '=' at the end. */
bool ssh_fingerprint_equal(const char *a, const char *b);

/* What kind of key a public key blob or a known_hosts line holds, by its first string. */
enum ssh_key_type {
    SSH_KEY_OTHER, /* DSA, security keys, certificates and what is not known */
    SSH_KEY_ED25519,
    SSH_KEY_ECDSA_256,
    SSH_KEY_ECDSA_384,
    SSH_KEY_ECDSA_521,
    SSH_KEY_RSA,
    SSH_KEY_TYPES,
};
enum ssh_key_type ssh_key_type_of(const char *name, size_t len);
enum ssh_key_type ssh_key_type_of_blob(const void *blob, size_t len);
const char *ssh_key_type_name(enum ssh_key_type type); /* "ssh-ed25519"; "another type" */

#endif
