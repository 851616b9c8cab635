/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights to be granted, as sets by path, and the lines that grant them. Proxmox takes the entries of
 * the deepest path that has any for a token (or a user): an entry on /vms puts away what / hands down. So a
 * role for a path has to hold everything that is to hold there. Pure functions, thread-safe.
 */
#ifndef PROXIMO_DOCTOR_GRANT_H
#define PROXIMO_DOCTOR_GRANT_H

#include <json-c/json.h>
#include <stdbool.h>

struct buf;
struct tool;

#define GRANT_NEWEST 9 /* major version that is meant where none is known */

/* Whose rights they are: the site's kind (CONFIG_PVE, CONFIG_PBS) and, of Proxmox VE, its major version (0:
 * not known). */
struct grant_of {
    unsigned kind;
    int release;
};

/* Does it know the privilege? Of Proxmox VE VM.Monitor ended with 8; VM.GuestAgent.* and VM.Replicate came
 * with 9. */
bool grant_known(const char *privilege, struct grant_of of);
/* Can whoever holds it change something, or do more than look? Some reads need such a one. */
bool grant_changes(const char *privilege);
/* Does Proxmox ever ask for the privilege on this path, or below it? VM.Audit on /storage says nothing. A
 * path that no table knows: yes. */
bool grant_matters(unsigned kind, const char *privilege, const char *path);
/* Of "A|B" the one that `held` ({privilege: ...}, may be NULL) has, else the least that is known there.
 * False: it knows none of them. */
bool grant_choose(const char *alternatives, struct grant_of of, struct json_object *held, char ret[48]);
/* Adds the privilege to {path: {privilege: [tool, ...]}}. */
void grant_add(struct json_object *set, const char *path, const char *privilege, const char *tool);
/* What the tool needs, added to such a set, each need by its fixed part and the chosen alternative. */
void grant_add_tool(struct json_object *set, const struct tool *tool, struct grant_of of);
/* Does Proxmox refuse this tool to every token? */
bool grant_is_refused(const struct tool *tool);
/* "A,B": the members' names, sorted, of one or two objects; the second may be NULL. */
void grant_join(struct json_object *a, struct json_object *b, struct buf *out);
/* "Audit,DatastoreBackup": a Backup Server's builtin roles that together hold what the members of one or two
 * objects name; none that another of them makes needless. */
void grant_roles(struct json_object *a, struct json_object *b, struct buf *out);
/* "/vms" -> "vms", "/" -> "root", "/access/groups" -> "access-groups": a part of a role's name. */
void grant_word(const char *path, struct buf *out);
/* May it stand in a line that is pasted into a shell, between single quotes? */
bool grant_is_plain(const char *text);

#endif
