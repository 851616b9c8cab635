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
        .details =
            "Says what the token can and cannot do, tool by tool, with the lines that grant what is "
            "missing; prints the fingerprint to pin where a server's identity is not verified. It changes "
            "nothing.\nExit status: 0 nothing is wrong (notes are no fault), 1 something is.",
        .options = {OPTION_CONFIG,
                    OPTION_SITE,
                    OPTION_JSON,
                    {"--probe", NULL, NULL,
                     "connect to the ssh servers of the exec plane as far as their first line"}},
        .run = command_doctor,
    },
    {
        .name = "mint",
        .words = "",
        .summary = "print how to make a token with the least rights for chosen planes",
        .details =
            "Prints the lines to enter on the server: roles, a user, a token with privilege separation, "
            "their "
            "rights, and how to take it all away. What the tools of the planes say they need is what is "
            "granted. It connects to nothing unless --site asks for the site's version.\n"
            "--plane takes names with commas between; without it, all planes that the configuration loads.",
        .options = {OPTION_CONFIG,
                    {"--plane", "NAMES", NULL, "planes, for example nodes,guests"},
                    {"--mode", "WORD", "read,guarded", "rights to look, or to change as well (default read)"},
                    {"--user", "ID", NULL, "the user (default proximo@pve)"},
                    {"--token", "NAME", NULL, "the token's name (default proximo)"},
                    {"--release", "N", "8,9", "major version of Proxmox VE (default 9)"},
                    {"--site", "NAME", NULL, "ask this site for its version"},
                    OPTION_JSON},
        .run = command_mint,
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
        .options = {OPTION_CONFIG,
                    {"--force", NULL, NULL, "overwrite files that exist"},
                    {"--escrow", "FILE", NULL,
                     "write the ledger's first key there instead of to the terminal"}},
        .run = command_init,
    },
    {
        .name = "client-config",
        .words = "CLIENT",
        .summary = "print what to paste so that an MCP client starts this server",
        .details =
            "CLIENT is claude (Claude Code), claude-desktop, cursor or vscode. Standard output has the block "
            "or the line and nothing else; where it goes is said on standard error. It writes no file.\n"
            "The path is that of this program, so run it on the machine that will serve, and with --ssh "
            "paste "
            "what it prints on the desktop.",
        .options = {{"--ssh", "HOST", NULL, "the client is elsewhere and reaches this machine by ssh"},
                    {"--user", "NAME", NULL, "run as this user, by sudo without a question"},
                    {"--config", "FILE", NULL, "configuration file that the server reads"},
                    {"--program", "FILE", NULL, "path of proximo, if it is not this one"},
                    {"--name", "NAME", NULL, "what the client calls the server (default proximo)"},
                    {"--demo", NULL, NULL, "serve a simulated cluster"},
                    OPTION_JSON},
        .min_words = 1,
        .max_words = 1,
        .run = command_client_config,
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
        .name = "plane new",
        .words = "NAME",
        .summary = "write a plane of your own that compiles, with its test",
        .details =
            "Makes a folder with a plane of one read tool and one change tool that can be undone, its test, "
            "a CMakeLists.txt, the lines of the configuration that load it, and a README.md with the next "
            "steps.\nNAME is a lower-case letter and up to 23 of a-z 0-9; its tools begin with it. A folder "
            "that exists is never touched.",
        .options = {{"--dir", "DIR", NULL, "the folder to make (default NAME, in the current folder)"}},
        .min_words = 1,
        .max_words = 1,
        .run = command_plane_new,
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
        .details = "With --raw the exit status is 0 while the plan waits, 3 when it was used.",
        .options = {OPTION_CONFIG,
                    OPTION_JSON,
                    {"--raw", NULL, NULL, "print the plan's exact bytes and nothing else"}},
        .min_words = 1,
        .max_words = 1,
        .run = command_plan_show,
    },
    {
        .name = "approve",
        .words = "PLAN_ID",
        .summary = "look at a plan and sign it, as its approver, in your own terminal",
        .details =
            "Shows the plan, asks for its subject and for the passphrase of your key, signs, and puts the "
            "approval beside the plan. It changes nothing on a cluster, loads no plane and connects to "
            "nothing itself.\n--via runs `proximo plan show --raw` and `proximo consent add` through another "
            "command, without a shell:\n  proximo approve --via 'sudo -u proximo' PLAN_ID\n"
            "  proximo approve --via 'ssh host sudo -u proximo' PLAN_ID\n--config then names a file over "
            "there.",
        .options = {OPTION_CONFIG,
                    {"--key", "FILE", NULL, "your key (default ~/.config/proximo/approver.key)"},
                    {"--via", "COMMAND", NULL, "how the server's own proximo is reached"}},
        .min_words = 1,
        .max_words = 1,
        .run = command_approve,
    },
    {
        .name = "consent add",
        .words = "PLAN_ID",
        .summary = "take an approval from standard input and put it beside its plan",
        .details = "It is verified against trust.approver_key and the plan. `proximo approve` calls this.",
        .options = {OPTION_CONFIG},
        .min_words = 1,
        .max_words = 1,
        .run = command_consent_add,
    },
    {
        .name = "consent check",
        .words = "[FILE]",
        .summary = "verify an approval, or a consent record of the ledger, with the public key alone",
        .details = "Reads an approval or what `proximo audit show SEQ --json` prints, from FILE or standard "
                   "input.\nExit status: 0 signed by that key, 1 not.",
        .options = {OPTION_JSON, {"--key", "FILE", NULL, "the approver's public key (PEM)"}},
        .max_words = 1,
        .run = command_consent_check,
    },
    {
        .name = "keys approver",
        .words = "",
        .summary = "make an approver's key, for the person who approves",
        .details =
            "Writes an Ed25519 key under a passphrase (mode 600) and its public half, FILE.pub, which is "
            "for the server.\nThe passphrase is typed in the terminal; it is never an argument and never "
            "in the environment.",
        .options = {{"--out", "FILE", NULL, "where to (default ~/.config/proximo/approver.key)"},
                    {"--force", NULL, NULL, "overwrite files that exist"}},
        .run = command_keys_approver,
    },
    {
        .name = "freeze",
        .words = "",
        .summary = "refuse all changes, on running servers too, until `proximo thaw`",
        .details =
            "Reads go on. A plan that is being applied comes to its recorded stop: no further step begins "
            "but "
            "those that end what earlier ones began.\nExit status: 0 frozen and recorded, 1 frozen but not "
            "recorded, or not frozen; the message says which.",
        .options = {OPTION_CONFIG,
                    OPTION_JSON,
                    {"--reason", "TEXT", NULL, "why, for the record and for who is refused"}},
        .run = command_freeze,
    },
    {
        .name = "thaw",
        .words = "",
        .summary = "end `proximo freeze`",
        .details = "Needs a ledger that can be written: the record comes first.",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_thaw,
    },
    {
        .name = "lease grant",
        .words = "",
        .summary = "let changes happen for a time, where trust.lease is `required`",
        .details =
            "A lease takes the place of the one before. It is a record of the ledger and nothing else.",
        .options = {OPTION_CONFIG,
                    {"--for", "TIME", NULL, "how long: 30m, 2h, 1d; at most 7d"},
                    {"--changes", "N", NULL, "at most so many plans (default: any number)"},
                    {"--class", "PATTERN", NULL, "only this operation class, or guest.* for several"},
                    {"--site", "NAME", NULL, "only this site"},
                    OPTION_JSON},
        .run = command_lease_grant,
    },
    {
        .name = "lease end",
        .words = "",
        .summary = "end the lease before its time",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_lease_end,
    },
    {
        .name = "lease show",
        .words = "",
        .summary = "show the newest lease and what was used of it",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_lease_show,
    },
    {
        .name = "doubt list",
        .words = "",
        .summary = "list executions without an outcome, with what is known of them",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_doubt_list,
    },
    {
        .name = "doubt close",
        .words = "ID",
        .summary = "end a doubt by your own verdict, for the record",
        .details = "Look at the cluster first. Nothing is sent; proximo_undo has no way back of it.",
        .options = {OPTION_CONFIG,
                    OPTION_JSON,
                    {"--verdict", "WORD", "applied,not-applied,partial", "what the cluster shows"},
                    {"--reason", "TEXT", NULL, "what you looked at"}},
        .min_words = 1,
        .max_words = 1,
        .run = command_doubt_close,
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
        .options = {OPTION_JSON},
        .run = command_config_check,
    },
    {
        .name = "config keys",
        .words = "",
        .summary = "list every key of the configuration file",
        .options = {OPTION_JSON},
        .run = command_config_keys,
    },
    {
        .name = "audit verify",
        .words = "",
        .summary = "check the whole ledger",
        .details =
            "Needs no server and no plane. With --file and without --key only the hashes are checked.\n"
            "--key may name the escrowed first key: then all seals are checked, without it only those since "
            "the "
            "last epoch ended.\n"
            "Exit status: 0 good, 3 broken, 4 torn tail, 5 no key: seals not checked, 6 behind the expected "
            "head, an anchor or its own key, 7 missing, 8 unreadable, 9 good but MACs of sealed epochs not "
            "checked, 10 good but its last records came after the newest anchor.",
        .options = {OPTION_CONFIG,
                    {"--file", "FILE", NULL, "another ledger than the configured one"},
                    {"--key", "FILE", NULL, "its key"},
                    {"--expected-head", "HEX", NULL, "the head it must contain, noted off the box"},
                    {"--public-key", "PUB", NULL,
                     "key of its checkpoints (text or file; default: the one beside the signing key)"},
                    {"--anchor", "FILE", NULL, "checkpoints that were kept elsewhere"},
                    OPTION_JSON},
        .run = command_audit_verify,
    },
    {
        .name = "audit head",
        .words = "",
        .summary = "print the ledger's head, to be noted off the box",
        .details = "Verifies first. The exit status is that of `audit verify`.",
        .options = {OPTION_CONFIG,
                    OPTION_JSON,
                    {"--file", "FILE", NULL, "another ledger than the configured one"},
                    {"--key", "FILE", NULL, "its key"}},
        .run = command_audit_head,
    },
    {
        .name = "audit escrow",
        .words = "",
        .summary = "write out the ledger's first key, to be kept off this machine",
        .details =
            "Possible until the first epoch ends; after that the key is erased. With it `audit verify --key` "
            "checks every seal.",
        .options = {OPTION_CONFIG,
                    {"--out", "FILE", NULL, "to a new file (mode 600) instead of standard output"}},
        .run = command_audit_escrow,
    },
    {
        .name = "audit anchor",
        .words = "",
        .summary = "verify the ledger, then publish a checkpoint to every anchor",
        .details =
            "Also where a contradiction stopped it: run it when you know the cause. Exit status 0 only if "
            "every\nanchor confirmed.",
        .options = {OPTION_CONFIG, OPTION_JSON},
        .run = command_audit_anchor,
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
        .name = "audit prove",
        .words = "SEQ",
        .summary = "print the receipt of a record: what shows others that it is in the ledger",
        .details = "By the newest signed checkpoint that covers the record. When none does, one is signed, "
                   "which adds "
                   "a record to the ledger.",
        .options = {OPTION_CONFIG,
                    {"--file", "FILE", NULL, "another ledger than the configured one, its keys beside it"},
                    {"--out", "FILE", NULL, "write it there instead of printing it"}},
        .min_words = 1,
        .max_words = 1,
        .run = command_audit_prove,
    },
    {
        .name = "audit check-receipt",
        .words = "FILE",
        .summary = "check a receipt with a public key alone, anywhere",
        .details = "Reads no configuration and needs no server and no state folder.\nA key is a verifier key "
                   "(NAME+ID+BASE64), a file with one, or a file with a public key in PEM. Take it from the "
                   "ledger's "
                   "owner.\nExit status: 0 good, 3 not good, 1 cannot be read.",
        .options = {{"--key", "KEY", NULL, "the public key of the ledger"},
                    {"--witness", "KEY", NULL, "that of a witness who must have cosigned"},
                    OPTION_JSON},
        .min_words = 1,
        .max_words = 1,
        .run = command_audit_check_receipt,
    },
    {
        .name = "audit export",
        .words = "FOLDER",
        .summary = "write the ledger and what checks it with standard tools into a new folder",
        .details =
            "All files of the ledger, a signed checkpoint, the public key, a recipe and verify.sh. No secret "
            "is "
            "among them. A checkpoint is signed for it where that is possible.\nExit status: 0 good, 3 the "
            "ledger does not verify, but was exported.",
        .options = {OPTION_CONFIG,
                    {"--file", "FILE", NULL, "another ledger than the configured one, its keys beside it"}},
        .min_words = 1,
        .max_words = 1,
        .run = command_audit_export,
    },
    {
        .name = "explain",
        .words = "[CODE]",
        .summary = "say what an error's code means, what usually causes it and what to do",
        .details = "CODE is what stands before the error's text, PX-PRIVILEGE or only privilege; without one "
                   "all codes are listed.",
        .options = {OPTION_JSON},
        .max_words = 1,
        .run = command_explain,
    },
    {
        .name = "version",
        .words = "",
        .summary = "print version and plane ABI",
        .options = {OPTION_JSON},
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
        .name = "completion",
        .words = "SHELL",
        .summary = "print what completes these commands in bash, zsh or fish",
        .details = "Packages install it. Otherwise: source <(proximo completion bash)",
        .min_words = 1,
        .max_words = 1,
        .run = command_completion,
    },
    {
        .name = "man-page",
        .words = "",
        .summary = "print the manual page; for builds",
        .hidden = true,
        .run = command_man_page,
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
