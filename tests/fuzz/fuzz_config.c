/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration texts: each is refused with a message that has a place, or gives a configuration that can be
 * shown. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/config.h"

static void check_config(const struct config *config)
{
    CLEANUP_BUF struct buf shown = BUF_INIT((size_t)32 << 20);
    CLEANUP_BUF struct buf json = BUF_INIT((size_t)32 << 20);
    CLEANUP_JSON struct json_object *object = NULL;

    PROMISE(config->hash_text && config->state_dir && config->ledger.file && config->ledger.key_file);
    PROMISE(config->mode == CONFIG_READ || config->mode == CONFIG_GUARDED);
    for (size_t i = 0; i < config->site_count; i++) {
        const struct config_site *site = &config->sites[i];
        PROMISE(site->endpoint_count > 0 && site->token_file && site->token_file[0] == '/');
        for (size_t e = 0; e < site->endpoint_count; e++) {
            PROMISE(strncmp(site->endpoints[e].url, "https://", 8) == 0);
            PROMISE(!strpbrk(site->endpoints[e].url + 8, "/@?# "));
            PROMISE(!site->endpoints[e].fingerprint || strlen(site->endpoints[e].fingerprint) == 64);
        }
    }
    for (size_t i = 0; i < config->plane_count; i++) {
        CLEANUP_JSON struct json_object *section = NULL;
        const char *text = config->planes[i].section_json;
        PROMISE(json_parse(text, strlen(text), &section, NULL) == 0);
        PROMISE(json_object_is_type(section, json_type_object));
        PROMISE(config_plane_mode(config, &config->planes[i]) <= config->mode);
    }
    config_show(config, &shown);
    config_show_json(config, &json);
    PROMISE(buf_ok(&shown) && buf_ok(&json));
    PROMISE(json_parse(json.data, json.len, &object, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem p = PROBLEM_INIT;
    struct config *config = NULL;

    int r = config_load_text("f", size ? (const char *)data : "", size, &config, &p);
    PROMISE((r == 0) == (config != NULL));
    if (r == 0)
        check_config(config);
    else
        PROMISE(strcmp(p.code, PX_CONFIG) == 0 && strncmp(p.cause, "f:", 2) == 0);
    config_free(config);
    return 0;
}
