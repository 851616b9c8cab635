/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of epochs: derived, moved forward, wiped. */
#include "ledger/seal.h"

#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"

/* The words are part of the format: docs/ledger.md. */
static const char info_mac[] = "proximo/ledger/v1/mac-key";
static const char info_id[] = "proximo/ledger/v1/key-id";
static const char info_next[] = "proximo/ledger/v1/evolve";

static int id_of(const struct crypto_module *crypto, const unsigned char key[32], char ret[RECORD_KEY_ID])
{
    unsigned char id[32];

    if (crypto->hkdf(key, 32, info_id, id) < 0)
        return -ENOMEM;
    text_hex(id, 8, ret);
    return 0;
}

/* Keyed for `key`; what was before stays when it fails. */
static int take_up(struct seal *seal, const struct seal_key *key)
{
    char id[RECORD_KEY_ID];
    unsigned char mac_key[32];

    int r = seal->crypto->hkdf(key->key, 32, info_mac, mac_key);
    struct crypto_hmac *hmac = r == 0 ? seal->crypto->hmac_new(mac_key, 32) : NULL;
    seal->crypto->wipe(mac_key, sizeof mac_key);
    if (!hmac || id_of(seal->crypto, key->key, id) < 0) {
        seal->crypto->hmac_free(hmac);
        return -ENOMEM;
    }
    seal->crypto->hmac_free(seal->hmac);
    seal->hmac = hmac;
    memcpy(seal->key_id, id, sizeof id);
    if (&seal->now != key)
        seal->now = *key;
    return 0;
}

int seal_init(struct seal *seal, const struct ledger_key *key, struct problem *p)
{
    *seal = (struct seal){.crypto = crypto_module_get(p)};
    if (!seal->crypto)
        return -ELIBACC;
    seal->sha256 = seal->crypto->sha256_new();
    int r = seal->sha256 ? 0 : -ENOMEM;
    if (r == 0 && key) {
        seal->base.epoch = key->epoch;
        memcpy(seal->base.key, key->key, 32);
        r = take_up(seal, &seal->base);
        seal->has_key = r == 0;
    }
    if (r == 0)
        return 0;
    seal_done(seal);
    return problem_set(p, r, PX_LEDGER, "no memory for the ledger's key");
}

void seal_done(struct seal *seal)
{
    if (!seal->crypto)
        return;
    seal->crypto->hmac_free(seal->hmac);
    seal->crypto->sha256_free(seal->sha256);
    seal->crypto->wipe(seal, sizeof *seal);
}

static int next_key(const struct crypto_module *crypto, const struct seal_key *key, struct seal_key *ret)
{
    struct seal_key next = {.epoch = key->epoch + 1};

    if (crypto->hkdf(key->key, 32, info_next, next.key) < 0)
        return -ENOMEM;
    *ret = next;
    crypto->wipe(&next, sizeof next);
    return 0;
}

int seal_move(struct seal *seal, uint64_t epoch)
{
    if (!seal->has_key || epoch < seal->base.epoch)
        return -ENOKEY;
    struct seal_key key = epoch < seal->now.epoch ? seal->base : seal->now;
    int r = 0;
    while (r == 0 && key.epoch < epoch)
        r = next_key(seal->crypto, &key, &key);
    if (r == 0)
        r = take_up(seal, &key);
    seal->crypto->wipe(&key, sizeof key);
    return r;
}

int seal_evolve(struct seal *seal, struct ledger_key *key)
{
    struct seal_key next;

    int r = next_key(seal->crypto, &seal->now, &next);
    if (r == 0)
        r = take_up(seal, &next);
    if (r == 0) {
        seal->base = next;
        key->epoch = next.epoch;
        memcpy(key->key, next.key, 32);
    }
    seal->crypto->wipe(&next, sizeof next);
    return r;
}

int seal_next_id(struct seal *seal, char ret[RECORD_KEY_ID])
{
    struct seal_key next;
    int r = next_key(seal->crypto, &seal->now, &next);

    if (r == 0)
        r = id_of(seal->crypto, next.key, ret);
    seal->crypto->wipe(&next, sizeof next);
    return r;
}
