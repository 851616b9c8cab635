/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_keys.h"

const char *ssh_keys_encoded(const struct asking *a, const char *keys, size_t len)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char hex[] = "0123456789ABCDEF";
    char *text = a->host->alloc(a->call, len * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; text && i < len; i++) {
        const unsigned char c = (unsigned char)keys[i];
        if (strchr(plain, c)) {
            text[n++] = (char)c;
            continue;
        }
        text[n++] = '%';
        text[n++] = hex[c >> 4];
        text[n++] = hex[c & 15];
    }
    return text;
}

/* ---- what is a key */

static const char *const types[] = {"ssh-ed25519",
                                    "ssh-rsa",
                                    "ecdsa-sha2-nistp256",
                                    "ecdsa-sha2-nistp384",
                                    "ecdsa-sha2-nistp521",
                                    "sk-ssh-ed25519@openssh.com",
                                    "sk-ecdsa-sha2-nistp256@openssh.com"};

#define BLOB_LEAST 44u /* letters: of the shortest key */
#define HEAD_MOST  40u /* bytes: the length and the longest type */

/* The first bytes of base64 text of `len` letters; how many. */
static size_t decode_head(const char *text, size_t len, unsigned char ret[HEAD_MOST])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0, held = 0;
    size_t n = 0;
    for (size_t i = 0; i < len && n < HEAD_MOST; i++) {
        const char *at = strchr(letters, text[i]);
        if (!at)
            break;
        bits = (bits << 6 | (uint32_t)(at - letters)) & 0xffffU;
        held += 6;
        if (held >= 8) {
            held -= 8;
            ret[n++] = (unsigned char)(bits >> held);
        }
    }
    return n;
}

static bool is_key(const char *line, size_t len)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    unsigned char head[HEAD_MOST];
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const size_t type = strlen(types[i]);
        if (len <= type + BLOB_LEAST || strncmp(line, types[i], type) != 0 || line[type] != ' ')
            continue;
        const char *blob = line + type + 1;
        const size_t blob_len = strspn(blob, base64);
        const char end = blob[blob_len];
        return blob_len >= BLOB_LEAST && blob_len % 4 == 0 && blob + blob_len <= line + len &&
               (end == ' ' || end == '\r' || end == '\n' || end == '\0') &&
               decode_head(blob, blob_len, head) >= type + 4 && head[0] == 0 && head[1] == 0 &&
               head[2] == 0 && head[3] == type && memcmp(head + 4, types[i], type) == 0;
    }
    return false;
}

int32_t ssh_keys_check(const struct asking *a, const char *keys, uint32_t *ret_count)
{
    uint32_t line = 0, count = 0;
    if (strstr(keys, "PRIVATE KEY"))
        return a->host->fail(
            a->call, PROXIMO_EINVAL,
            "ssh_public_keys holds a private key: it was not used and is repeated nowhere. Give "
            "the public half (the file ending in .pub), and take this key for known to others");
    for (const char *at = keys; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        at += strspn(at, " \t\r");
        const size_t len = strcspn(at, "\n");
        line++;
        if (len == 0 || *at == '#')
            continue;
        if (!is_key(at, len))
            return a->host->fail(a->call, PROXIMO_EINVAL,
                                 "line %u of ssh_public_keys is no public key: one a line, its type first "
                                 "(\"ssh-ed25519 AAAA... name\"), as in a .pub file",
                                 (unsigned)line);
        /* Proxmox writes each line into a YAML file as it is: there this would be a key and a value. */
        if (memmem(at, len, ": ", 2) || at[len - 1] == ':' || memmem(at, len, ":\t", 2))
            return a->host->fail(a->call, PROXIMO_EINVAL,
                                 "line %u of ssh_public_keys has a colon with a space behind it: Proxmox's "
                                 "cloud-init file would not have the key then. Leave the comment's colon out",
                                 (unsigned)line);
        count++;
    }
    if (count == 0)
        return a->host->fail(a->call, PROXIMO_EINVAL, "there is no key in ssh_public_keys");
    *ret_count = count;
    return PROXIMO_OK;
}
