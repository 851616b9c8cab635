/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats of plane.h: what an argument of each may look like. Regular grammars over ASCII, always for the
 * whole text. They follow Proxmox's own rules for these identifiers and refuse in addition whatever would
 * change a path: slashes, "." and "..". Sources: the API schema's formats (pve-node, pve-configid,
 * pve-storage-id, pve-iface ...).
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/read.h"

#define DIGITS "0123456789"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define ALPHA  UPPER LOWER
#define ALNUM  ALPHA DIGITS
#define HEX    DIGITS "abcdefABCDEF"

#define VMID_MAX 999999999

struct format {
    const char *name;
    size_t min, max;   /* bytes */
    const char *first; /* characters allowed at the start; NULL: any that `check` takes */
    const char *rest;
    const char *last;
    bool (*check)(const char *text, size_t len);
    const char *why;
};

/* len bytes of text all stand in `set`, which has no NUL. */
static bool all_in(const char *text, size_t len, const char *set)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == 0 || !strchr(set, text[i]))
            return false;
    }
    return true;
}

static bool is_dots(const char *text, size_t len)
{
    return (len == 1 && text[0] == '.') || (len == 2 && text[0] == '.' && text[1] == '.');
}

static bool number_between(const char *text, size_t len, size_t digits, int64_t min, int64_t max)
{
    int64_t n = 0;
    char copy[24];
    if (len == 0 || len > digits || len >= sizeof(copy) || !all_in(text, len, DIGITS))
        return false;
    memcpy(copy, text, len);
    copy[len] = 0;
    return text_to_i64(copy, min, max, &n) == 0;
}

static bool check_vmid(const char *text, size_t len)
{
    return text[0] != '0' && number_between(text, len, 9, 100, VMID_MAX);
}

static bool check_epoch(const char *text, size_t len)
{
    return number_between(text, len, 11, 0, INT64_C(99999999999));
}

/* An id, or a name: letters, digits, dot, hyphen (and underscore, for names from other times). */
static bool check_guest(const char *text, size_t len)
{
    if (all_in(text, len, DIGITS))
        return check_vmid(text, len);
    return strchr(ALNUM, text[0]) && all_in(text, len, ALNUM ".-_");
}

static bool check_kind(const char *text, size_t len)
{
    return (len == 3 && memcmp(text, "lxc", 3) == 0) || (len == 4 && memcmp(text, "qemu", 4) == 0);
}

static bool check_snapname(const char *text, size_t len)
{
    return !(len == 7 && memcmp(text, "current", 7) == 0);
}

/* STORAGE:NAME, split at the first colon; NAME may have slashes, but no empty, "." or ".." parts. */
static bool check_volid(const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);
    if (!colon || argument_format_check("storage", text, (size_t)(colon - text), NULL) != 0)
        return false;
    const char *part = colon + 1;
    const char *end = text + len;
    while (part <= end) {
        const char *slash = memchr(part, '/', (size_t)(end - part));
        size_t n = (size_t)((slash ? slash : end) - part);
        if (n == 0 || is_dots(part, n))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (part[i] <= 0x20 || part[i] >= 0x7f || part[i] == '\\')
                return false;
        }
        if (!slash)
            break;
        part = slash + 1;
    }
    return true;
}

/* Letter, then letters, digits, underscores; once ":" or "." and digits at the end (an alias or VLAN
 * interface). */
static bool check_iface(const char *text, size_t len)
{
    size_t base = 0;
    while (base < len && strchr(ALNUM "_", text[base]))
        base++;
    if (base < 2 || base > 21 || !strchr(ALPHA, text[0]))
        return false;
    if (base == len)
        return true;
    return (text[base] == ':' || text[base] == '.') && len - base > 1 && len - base <= 6 &&
           all_in(text + base + 1, len - base - 1, DIGITS);
}

/* Up to three names with slashes between them. */
static bool check_poolid(const char *text, size_t len)
{
    const char *part = text;
    const char *end = text + len;
    for (unsigned depth = 1; depth <= 3; depth++) {
        const char *slash = memchr(part, '/', (size_t)(end - part));
        size_t n = (size_t)((slash ? slash : end) - part);
        if (n == 0 || is_dots(part, n) || !all_in(part, n, ALNUM ".-_"))
            return false;
        if (!slash)
            return true;
        part = slash + 1;
    }
    return false;
}

/* A Backup Server's namespace: up to eight names with slashes between them; the root one has none. */
static bool check_namespace(const char *text, size_t len)
{
    const char *part = text;
    const char *end = text + len;
    for (unsigned depth = 1; depth <= 8; depth++) {
        const char *slash = memchr(part, '/', (size_t)(end - part));
        size_t n = (size_t)((slash ? slash : end) - part);
        if (n == 0 || !strchr(ALNUM "_", part[0]) || !all_in(part, n, ALNUM ".-_"))
            return false;
        if (!slash)
            return true;
        part = slash + 1;
    }
    return false;
}

static bool check_userid(const char *text, size_t len)
{
    const char *at = memrchr(text, '@', len);
    if (!at || at == text)
        return false;
    for (const char *c = text; c < at; c++) {
        if (*c <= 0x20 || *c >= 0x7f || *c == ':' || *c == '/' || *c == '!' || *c == '%' || *c == '\\')
            return false;
    }
    return argument_format_check("realm", at + 1, len - (size_t)(at + 1 - text), NULL) == 0;
}

/* One field of a UPID up to its colon: min..max characters of `set` (NULL: printable but colon, slash and
 * space). */
static bool upid_field(const char **at, const char *end, size_t min, size_t max, const char *set)
{
    const char *colon = memchr(*at, ':', (size_t)(end - *at));
    if (!colon)
        return false;
    size_t n = (size_t)(colon - *at);
    if (n < min || n > max || is_dots(*at, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = (*at)[i];
        if (set ? (c == 0 || !strchr(set, c)) : (c <= 0x20 || c >= 0x7f || c == '/'))
            return false;
    }
    *at = colon + 1;
    return true;
}

/* UPID:node:pid:pstart:starttime:type:id:user: (the Backup Server has a task id before starttime). */
static bool check_upid(const char *text, size_t len)
{
    const char *at = text;
    const char *end = text + len;
    if (len < 5 || memcmp(text, "UPID:", 5) != 0)
        return false;
    at += 5;
    const char *node = at;
    if (!upid_field(&at, end, 1, 63, ALNUM "-") || !strchr(ALNUM, node[0]) || at[-2] == '-')
        return false;
    if (!upid_field(&at, end, 8, 8, HEX) || !upid_field(&at, end, 8, 9, HEX))
        return false;
    /* start time, type, id and user are left; a Backup Server's has the task's number before them. */
    size_t colons = 0;
    for (const char *c = at; c < end; c++)
        colons += *c == ':';
    if ((colons == 5 && !upid_field(&at, end, 8, 16, HEX)) || !upid_field(&at, end, 8, 8, HEX))
        return false;
    return upid_field(&at, end, 1, 64, NULL) && upid_field(&at, end, 0, 128, NULL) &&
           upid_field(&at, end, 1, 128, NULL) && at == end;
}

/* C1 controls, line and paragraph separators stand outside ASCII. */
static bool has_control(const char *text, size_t len, bool lines)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        unsigned char next = i + 1 < len ? (unsigned char)text[i + 1] : 0;
        unsigned char third = i + 2 < len ? (unsigned char)text[i + 2] : 0;
        if ((c < 0x20 && !(lines && (c == '\n' || c == '\t'))) || c == 0x7f)
            return true;
        if ((c == 0xc2 && next >= 0x80 && next <= 0x9f) ||
            (c == 0xe2 && next == 0x80 && (third & 0xfe) == 0xa8))
            return true;
    }
    return false;
}

static bool check_text(const char *text, size_t len)
{
    return text_is_utf8(text, len) && !has_control(text, len, false);
}

static bool check_lines(const char *text, size_t len)
{
    return text_is_utf8(text, len) && !has_control(text, len, true);
}

static const struct format formats[] = {
    {"guest", 1, 127, NULL, NULL, NULL, check_guest, "a vmid (100 to 999999999) or a guest's name"},
    {"kind", 3, 4, NULL, NULL, NULL, check_kind, "lxc or qemu"},
    {"node", 1, 63, ALNUM, ALNUM "-", ALNUM, NULL, "a node name: letters, digits and inner hyphens"},
    {"vmid", 3, 9, NULL, NULL, NULL, check_vmid, "a number from 100 to 999999999"},
    {"upid", 30, 256, NULL, NULL, NULL, check_upid,
     "a task id as Proxmox gives it: UPID:node:...:user@realm:"},
    {"storage", 2, 100, ALPHA, ALNUM "-_.", ALNUM, NULL,
     "a storage id: a letter, then letters, digits, '-', '_', '.'"},
    {"volid", 4, 255, NULL, NULL, NULL, check_volid, "a volume id: storage:name"},
    {"snapname", 2, 40, ALPHA, ALNUM "-_", NULL, check_snapname,
     "a snapshot name: a letter, then letters, digits, '-', '_', 2 to 40 characters, not 'current'"},
    {"iface", 2, 27, NULL, NULL, NULL, check_iface, "an interface name such as vmbr0, eno1 or eno1.20"},
    {"poolid", 1, 128, NULL, NULL, NULL, check_poolid,
     "a pool id, at most three names with '/' between them"},
    {"userid", 3, 128, NULL, NULL, NULL, check_userid, "a user id: name@realm"},
    {"realm", 2, 32, ALPHA, ALNUM ".-_", NULL, NULL,
     "a realm: a letter, then letters, digits, '.', '-', '_'"},
    {"id", 2, 128, ALPHA, ALNUM "-_", NULL, NULL, "an id: a letter, then letters, digits, '-', '_'"},
    {"safeid", 1, 128, ALNUM "_", ALNUM ".-_", NULL, NULL,
     "an id: a letter, digit or '_', then letters, digits, '.', '-', '_'"},
    {"namespace", 1, 256, NULL, NULL, NULL, check_namespace,
     "a namespace: names of letters, digits, '.', '-', '_' with '/' between them, at most eight; leave it "
     "out "
     "for the root namespace"},
    {"text", 0, 1024, NULL, NULL, NULL, check_text, "one line of text without control characters"},
    {"lines", 0, 16384, NULL, NULL, NULL, check_lines,
     "text without control characters but line breaks and tabs"},
    {"epoch", 1, 11, NULL, NULL, NULL, check_epoch, "a time in seconds since 1970-01-01 UTC"},
};

static const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

bool argument_format_known(const char *format)
{
    return format_find(format) != NULL;
}

int argument_format_check(const char *format, const char *text, size_t len, const char **ret_why)
{
    const struct format *f = format_find(format);
    if (!f)
        return -ENOENT;
    if (ret_why)
        *ret_why = f->why;
    if (len < f->min || len > f->max || memchr(text, 0, len))
        return -EINVAL;
    if (f->first && (!strchr(f->first, text[0]) || !all_in(text, len, f->rest)))
        return -EINVAL;
    if (f->last && !strchr(f->last, text[len - 1]))
        return -EINVAL;
    if (f->check && !f->check(text, len))
        return -EINVAL;
    return 0;
}
