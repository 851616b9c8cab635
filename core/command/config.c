/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo config show | check | keys`. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "command/command_table.h"
#include "command/plane_names.h"

#define SHOW_LIMIT ((size_t)16 << 20)

int command_config_show(const struct command_line *line)
{
    CLEANUP_BUF struct buf text = BUF_INIT(SHOW_LIMIT);
    const struct config_options options = {.file = command_value(line, "--config")};
    struct problem p = PROBLEM_INIT;
    struct config *config;

    if (config_load(&options, &config, &p) < 0)
        return command_fail(&p);
    if (command_value(line, "--json")) {
        config_show_json(config, &text);
        buf_char(&text, '\n');
    } else {
        buf_printf(&text, "file: %s\n\n", config->file ? config->file : "none");
        config_show(config, &text);
    }
    config_free(config);
    return command_print(&text);
}

/* Is it the system's own file? It is then not to be compared with itself. */
static bool is_system_file(const char *path)
{
    CLEANUP_FREE char *real = realpath(path, NULL);

    return real && strcmp(real, "/etc/proximo/proximo.yaml") == 0;
}

int command_config_check(const struct command_line *line)
{
    CLEANUP_BUF struct buf text = BUF_INIT(SHOW_LIMIT);
    const char *file = line->words[0];
    const struct config_options options = {
        .file = file, .no_environment = true, .no_system_file = is_system_file(file)};
    struct problem p = PROBLEM_INIT;
    struct config *config;

    if (config_load(&options, &config, &p) < 0)
        return command_fail(&p);
    if (plane_names_check(config, &p) < 0) {
        config_free(config);
        return command_fail(&p);
    }
    if (command_value(line, "--json")) {
        buf_char(&text, '{');
        json_put_key_bool(&text, "good", true);
        json_put_key_string(&text, "file", file);
        json_put_key_string(&text, "mode", config_mode_name(config->mode));
        json_put_key_int(&text, "sites", (long long)config->site_count);
        if (config->planes_named)
            json_put_key_int(&text, "planes", (long long)config->plane_count);
        else
            json_put_key_string(&text, "planes", NULL);
        buf_str(&text, "}\n");
        config_free(config);
        return command_print(&text);
    }
    buf_printf(&text, "%s: good. mode %s, %zu site%s", file, config_mode_name(config->mode),
               config->site_count, config->site_count == 1 ? "" : "s");
    if (config->planes_named)
        buf_printf(&text, ", %zu plane%s\n", config->plane_count, config->plane_count == 1 ? "" : "s");
    else
        buf_str(&text, ", every built-in plane but exec\n");
    config_free(config);
    return command_print(&text);
}

int command_config_keys(const struct command_line *line)
{
    CLEANUP_BUF struct buf text = BUF_INIT(SHOW_LIMIT);

    if (command_value(line, "--json"))
        config_keys_json(&text);
    else
        config_keys(&text);
    return command_print(&text);
}
