/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands: everything that `proximo` understands, and what --help says about it. */
#include "command/command_table.h"

#define OPTION_CONFIG                                                                                        \
    {                                                                                                        \
        "--config", "FILE", NULL, "configuration file (default ~/.config/proximo/proximo.yaml)"              \
    }
#define OPTION_SITE                                                                                          \
    {                                                                                                        \
        "--site", "NAME", NULL, "use this site of the configuration only"                                    \
    }
#define OPTION_JSON                                                                                          \
    {                                                                                                        \
        "--json", NULL, NULL, "print JSON"                                                                   \
    }

const struct command command_table[] = {
    {
        .name = "serve",
        .words = "",
        .summary = "speak MCP on standard input and output",
        .details =
            "An MCP client starts this. Without a configuration it starts as well, and its tools say how to "
            "write "
            "one.\n--mode and --surface hold for this run; --mode can only tighten what the configuration "
            "says.\n"
            "--demo needs no Proxmox: it runs against a simulated cluster that it starts and ends itself.",
        .options = {OPTION_CONFIG,
                    OPTION_SITE,
                    {"--surface", "WORD", "facade,full",
                     "list a few tools that reach all others, or every tool"},
                    {"--mode", "WORD", "read,guarded", "most that may be done"},
                    {"--demo", NULL, NULL, "serve a simulated cluster"}},
        .run = command_serve,
    },
    {
        .name = "doctor",
        .words = "",
        .summary = "check configuration, files, servers, token and planes",
        .details = "Prints the fingerprint to pin where a server's identity is not verified. The exit status "
                   "is 0 when "
                   "nothing is wrong.",
        .options = {OPTION_CONFIG, OPTION_SITE, OPTION_JSON},
        .run = command_doctor,
    },
    {
        .name = "init",
        .words = "",
        .summary = "write a first configuration by asking",
        .details =
            "Asks for address, identity and token, writes the configuration and the token file (mode 600), "
            "and "
            "prints what to enter on the server and in the MCP client.\nThe token's secret is typed without "
            "echo or read from standard input; it is never an argument.",
        .options = {OPTION_CONFIG, {"--force", NULL, NULL, "overwrite files that exist"}},
        .run = command_init,
    },
    {
        .name = "planes list",
        .words = "",
        .summary = "show the planes this configuration loads",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_planes_list,
    },
    {
        .name = "planes inspect",
        .words = "FILE",
        .summary = "load a plane in a sandbox of its own and show what it declares",
        .options = {OPTION_JSON},
        .min_words = 1,
        .max_words = 1,
        .run = command_planes_inspect,
    },
    {
        .name = "plans",
        .words = "",
        .summary = "list the plans that wait, run or were applied",
        .details = "Plans that nobody applied are removed when they expire.",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_plans,
    },
    {
        .name = "plan show",
        .words = "ID",
        .summary = "show one plan as a person is shown it, and what came of it",
        .options = {OPTION_CONFIG},
        .min_words = 1,
        .max_words = 1,
        .run = command_plan_show,
    },
    {
        .name = "config show",
        .words = "",
        .summary = "show every value with its origin, and no secret",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_config_show,
    },
    {
        .name = "config check",
        .words = "FILE",
        .summary = "check a configuration file",
        .min_words = 1,
        .max_words = 1,
        .run = command_config_check,
    },
    {
        .name = "config keys",
        .words = "",
        .summary = "list every key of the configuration file",
        .run = command_config_keys,
    },
    {
        .name = "audit verify",
        .words = "",
        .summary = "check the whole ledger",
        .details =
            "Needs no server and no plane. With --file and without --key only the hashes are checked.\n"
            "Exit status: 0 good, 3 broken, 4 torn tail, 5 seals not checked, 6 behind the expected "
            "head, 7 missing, 8 unreadable.",
        .options = {OPTION_CONFIG,
                    {"--file", "FILE", NULL, "another ledger than the configured one"},
                    {"--key", "FILE", NULL, "its key"},
                    {"--expected-head", "HEX", NULL, "the head it must contain, noted off the box"},
                    OPTION_JSON},
        .run = command_audit_verify,
    },
    {
        .name = "audit head",
        .words = "",
        .summary = "print the ledger's head, to be noted off the box",
        .details = "Verifies first. The exit status is that of `audit verify`.",
        .options = {OPTION_CONFIG,
                    {"--file", "FILE", NULL, "another ledger than the configured one"},
                    {"--key", "FILE", NULL, "its key"}},
        .run = command_audit_head,
    },
    {
        .name = "audit show",
        .words = "[SEQ]",
        .summary = "show the newest records, or one",
        .details = "Does not verify. --json prints the records as they are in the file.",
        .options = {OPTION_CONFIG,
                    {"--file", "FILE", NULL, "another ledger than the configured one"},
                    {"--limit", "N", NULL, "how many (default 20)"},
                    OPTION_JSON},
        .max_words = 1,
        .run = command_audit_show,
    },
    {
        .name = "version",
        .words = "",
        .summary = "print version and plane ABI",
        .run = command_version,
    },
    {
        .name = "help",
        .words = "[COMMAND]",
        .summary = "explain a command",
        .max_words = 2,
        .run = command_help,
    },
    {
        .name = "plane-host",
        .words = "",
        .summary = "host of planes; started by proximo itself",
        .hidden = true,
        .run = command_plane_host,
    },
};
const size_t command_count = sizeof command_table / sizeof command_table[0];
