/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selectors, the one grammar for columns, guards, references, waits and undo: a JSON pointer (RFC 6901) whose
 * elements may be followed by [key=value], which picks the element of an array (or of an object's values)
 * whose member `key` equals `value` as text, or by [key>number], which picks the first whose member is a
 * greater whole number: "/disks[id=scsi0]/size", "/0/name", "[vmid=105]/node", "[ctime>1763517600]/volid", ""
 * (the whole). Brackets that follow each other pick the element that all of them fit:
 * "[path=/vms][roleid=PVEVMUser]/propagate". Thread-safe.
 */
#ifndef PROXIMO_BASE_SELECTOR_H
#define PROXIMO_BASE_SELECTOR_H

#include <json-c/json.h>
#include <stddef.h>

int selector_check(const char *selector); /* 0 or -EINVAL */
/* 0 and *ret (borrowed, may be NULL for JSON null), -ENOENT, or -EINVAL for a malformed selector. */
int selector_find(const char *selector, struct json_object *in, struct json_object **ret);

#endif
