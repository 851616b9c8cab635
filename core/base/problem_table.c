/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every code with its meaning, what usually causes it and what to do: the one table behind `proximo explain`
 * and docs/errors.md (scripts/errors-page writes it). Backquotes mark what is typed or configured.
 */
#include "base/problem_table.h"

#include <string.h>

const struct problem_row problem_table[] = {
    {PX_ARG,
     "An argument is missing, unknown or has the wrong shape. All faults of a call are named "
     "at once.",
     "a name or a type that was guessed instead of read from proximo_describe",
     "Correct the named arguments; `proximo_describe` shows them.", NULL},
    {PX_TOOL, "There is no such tool, or the allow and deny lists or the plane's mode leave it out.",
     "a name from memory; tools of another plane or version; tools.allow or tools.deny",
     "Take one of the near names that the error gives, or search with `proximo_find`.", NULL},
    {PX_NOT_FOUND,
     "Proxmox knows no such guest, node, task, storage or other thing, or the token may not "
     "see it.",
     "a guest that was moved or destroyed, a spelling, or a token that sees only a part",
     "Check the name with the list tool that the error names; if it should be there, check "
     "the token's privileges.",
     NULL},
    {PX_AMBIGUOUS, "A name fits several guests.", "two guests with one name",
     "Use the vmid; the error lists the candidates.", NULL},
    {PX_MISMATCH, "A node or kind that was given is not the one of this guest or task.",
     "a container taken for a machine, or a guest that was migrated",
     "Leave the argument out, or pass the right one that the error names.", NULL},
    {PX_READ_ONLY, "The call would change something, and the mode does not allow changes.",
     "mode: read, which is the default",
     "Read instead. An operator can change `mode` in the configuration; the model cannot.", NULL},
    {PX_CONFIG, "The configuration is wrong or lacks something; the cause begins with file:line:column.",
     "a misspelt key, a value of the wrong kind, a file that a later source may not contradict",
     "Correct that place; `proximo config check FILE` tests it, `proximo config show` says "
     "where each value comes from.",
     NULL},
    {PX_SECRET_FILE,
     "A token or key file is missing, not a regular file, readable by others, owned by "
     "somebody else or malformed.",
     "a file written with the usual mode 644, or by another user",
     "`chmod 600` it, give it to the user that runs Proximo, and check that it is one line "
     "`USER@REALM!TOKENID=SECRET`.",
     NULL},
    {PX_AUTH, "Proxmox does not accept the token (401): unknown, expired, disabled or a wrong secret.",
     "a token that was deleted or has expired, or a secret cut off while copying",
     "Make a new token in Proxmox and write it to the token file; it is read at every "
     "request, nothing has to be restarted.",
     NULL},
    {PX_PRIVILEGE,
     "The token lacks a privilege on a path (403). With privilege separation a token has only "
     "the intersection of its own rights and its user's.",
     "a token with privilege separation, which has only what both it and its user are "
     "granted: a grant to one of them alone does nothing",
     "Run the lines that the error gives (`pveum acl modify`, on a Backup Server "
     "`proxmox-backup-manager acl update`), if you want to grant it: one for the token, one for its "
     "user if that lacks it too. `proximo doctor` shows what the token holds.",
     NULL},
    {PX_PARAM, "Proxmox refuses a parameter (400); its own words stand in the cause.",
     "a value that Proxmox checks and Proximo does not, such as one that another option "
     "excludes",
     "Correct the named parameter.", NULL},
    {PX_REMOTE, "Proxmox answered with another error; its message stands in the cause.",
     "a lock, a timeout of a storage, a node that is overloaded",
     "Read the message; the node's task log and journal say more.", NULL},
    {PX_UNSUPPORTED, "This server does not have the method (501), for example because its version is older.",
     "Proxmox VE 8 where version 9 is needed, or a Backup Server in place of Proxmox VE",
     "Use another tool; `proximo doctor` shows the server's version.", NULL},
    {PX_CONNECT, "No endpoint of the site could be reached.", "a wrong port, a firewall, a node that is down",
     "Check address, port, network and that pveproxy runs; `proximo doctor` tries each "
     "endpoint.",
     NULL},
    {PX_TLS, "The server's identity could not be verified. The token was not sent.",
     "a certificate that was renewed, or a self-signed one that nobody pinned",
     "Compare the fingerprint that `proximo doctor` shows with the one that Proxmox shows, "
     "then set `fingerprint`, or name the CA with `ca_file`.",
     NULL},
    {PX_TIMEOUT, "The deadline of the call or of a request is over.",
     "a node or storage that hangs; a long list over a slow line",
     "Ask for less, try again later, or raise the site's `timeout`.", NULL},
    {PX_CANCELLED, "The client cancelled the call, or the server is ending.", "a person who pressed stop",
     "Nothing; call again if the answer is still wanted.", NULL},
    {PX_BUSY, "Too many calls at once.", "a client that sends many calls and does not wait; limits.calls",
     "Wait for answers that are outstanding, then call again.", NULL},
    {PX_TOO_LARGE, "An answer or an argument is over a size limit.",
     "a whole list of a large cluster in one answer",
     "Ask for less: `limit`, `offset`, `fields` or a filter.", NULL},
    {PX_BAD_ANSWER, "The server's answer is not what the API promises: cut off, no JSON, the wrong shape.",
     "a proxy's login page, or another service at the address",
     "Try again; if it stays, check what stands between here and Proxmox (a proxy, another "
     "service on the port).",
     NULL},
    {PX_REFUSED_GET,
     "The path is a GET that acts, discloses secrets or reaches out to other systems; Proximo "
     "never sends it while reading.",
     "a path that only looks like a read", "Use a tool that is made for the purpose.", NULL},
    {PX_PLANE, "A plane failed, crashed, hung or was refused. Other planes go on.",
     "a fault in the plane, or a file that is not the one whose hash is configured",
     "`proximo_status` or `proximo planes list` gives the reason; report it to the plane's "
     "author.",
     NULL},
    {PX_SITE, "There is no site of this name, none is configured, or one of several must be named.",
     "several sites and none named",
     "Pass `site` with one of the valid names, or add a site with `proximo init`.", NULL},
    {PX_PLAN,
     "There is no such plan, it has expired or was applied, its file was changed, or it "
     "belongs to another site, user, token, configuration or set of planes.",
     "a plan that lay too long, was applied already, or was made before a restart with "
     "another configuration",
     "Plan again; `proximo_status {plan_id}` shows what came of an applied one.", NULL},
    {PX_ECHO, "`action` or `subject` is not the plan's. The plan stays good.",
     "the title in place of the action, or a name in place of guest/105",
     "Repeat both exactly as the plan has them.", NULL},
    {PX_STATE,
     "The thing is in a state in which Proxmox refuses this: locked by a task, a template, "
     "not empty, in use.",
     "a running backup, a snapshot that another is based on, a pool with members",
     "The cause says which; end or change that first, then plan again.", NULL},
    {PX_SNAPSHOT,
     "`snapshot_first` was asked for, and a snapshot cannot be taken, or it is not certain "
     "that it can: the cause names the disk and its storage. Nothing was planned.",
     "a disk on a storage without snapshots, such as LVM that is not thin",
     "Plan without `snapshot_first`, or make a backup first.", NULL},
    {PX_DRIFT,
     "What the plan was made from has changed since; `error.drift` lists each field with both "
     "values.",
     "somebody else, HA or a task changed it between plan and apply",
     "Look at what happened, then plan again.", NULL},
    {PX_CONSENT,
     "A person has to consent, and did not, typed something else, or cannot be asked by this "
     "client; or the approver's signature is missing, or what lies there is not one for this "
     "plan; or there is no terminal to approve in.",
     "a client without forms, or a person who said no",
     "The error says which: use a client that shows forms (elicitation), or let the approver "
     "run `proximo approve PLAN_ID` in their own terminal.",
     "consent.md"},
    {PX_CONSENT_PENDING, "The form was not answered in time. The plan stays good.", "nobody sat there",
     "Call `proximo_apply` again when somebody is there.", NULL},
    {PX_FROZEN,
     "An operator has frozen all changes (`proximo freeze`), or it cannot be told whether "
     "they are. Reads go on.",
     "maintenance, or an incident", "`proximo thaw`; the cause names the file.", "limits.md"},
    {PX_TARGET,
     "What it is aimed at, or would affect, is left out by the targets of `tools.allow` or "
     "`tools.deny` or by a plane's own list, or it could not be read whether it is.",
     "a guest, node, pool or storage that the operator keeps out of reach",
     "An operator can change the lists; the cause names the word.", NULL},
    {PX_LEASE,
     "`trust.lease` is `required`, and there is no lease that covers this change. The plan "
     "stays good.",
     "the lease ran out, or covers another class", "A person runs `proximo lease grant --for 1h`.", NULL},
    {PX_RATE,
     "As many changes were applied within the last hour as the limits let be. The plan stays "
     "good.",
     "a loop, or more work than limits.changes_per_hour foresees",
     "Wait until the time that the error names; an operator can raise the limit.", NULL},
    {PX_ROOT_ONLY, "Proxmox takes this request or parameter from root@pam itself only, never from a token.",
     "options such as hookscripts, host devices and arguments for QEMU",
     "Leave the parameter out, or do it on the node's own command line.", NULL},
    {PX_NO_TOKEN, "Proxmox refuses API tokens for this request.",
     "changes of passwords, two-factor settings and tokens",
     "Do it in Proxmox's web interface or on its command line.", NULL},
    {PX_UNDO, "There is no way back, its record is gone or changed, or there was nothing to undo.",
     "what was deleted is gone, or undo.keep is over", "The error says which; a change by hand remains.",
     NULL},
    {PX_LEDGER,
     "The ledger cannot be read or written, or does not verify. Nothing is changed; reads go "
     "on.",
     "a full disk, wrong owner of the state folder, or somebody's hand",
     "`proximo audit verify` says what is wrong, the page what to do.", "ledger.md"},
    {PX_RECEIPT,
     "A receipt does not hold: damaged, changed, of another record or ledger, or not signed "
     "by this key. The cause says which.",
     "a line break or a space too many; a receipt of another server",
     "Do not believe it; ask for it again, whole and byte for byte.", NULL},
    {PX_ANCHOR,
     "An anchor contradicts the ledger, or none confirmed a checkpoint within "
     "`ledger.require_anchor_within`; or an anchor cannot be used. Nothing is changed in the "
     "first two cases; reads go on.",
     "a mount that is gone, a receiver that is down, a ledger that was cut",
     "An operator finds out what was cut, replaced or unreachable; `proximo audit anchor` "
     "tries again.",
     "anchors.md"},
    {PX_INTERNAL, "A fault in Proximo.", "no memory, or a mistake of ours",
     "Report it with what `proximo_status` shows.", NULL},
};
const size_t problem_table_count = sizeof(problem_table) / sizeof(problem_table[0]);

const struct problem_row *problem_table_find(const char *code)
{
    for (size_t i = 0; i < problem_table_count; i++) {
        if (strcmp(problem_table[i].code, code) == 0)
            return &problem_table[i];
    }
    return NULL;
}
