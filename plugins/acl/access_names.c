/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of names and times, checked before Proxmox sees them. */
#include <time.h>

#include "access.h"

#define LETTERS       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_LETTERS  LETTERS "0123456789.-_"
#define FIRST_OF_2001 INT64_C(978307200) /* no time of a token ends before; as a duration it is 31 years */

int32_t access_check_name(const struct asking *a, const char *what, const char *name)
{
    if (name && *name && !name[strspn(name, NAME_LETTERS)] && strcmp(name, ".") != 0 &&
        strcmp(name, "..") != 0)
        return PROXIMO_OK;
    return a->host->fail(
        a->call, PROXIMO_EINVAL,
        "\"%.64s\" is no name of a %s: letters, digits, '.', '-' and '_' are allowed, and not "
        "dots alone",
        name ? name : "", what);
}

int32_t access_check_user(const struct asking *a, const char *userid)
{
    if (userid && !strpbrk(userid, ",;[]") && strlen(userid) <= 64)
        return PROXIMO_OK;
    return a->host->fail(
        a->call, PROXIMO_EINVAL,
        "userid \"%.64s\" has a comma, a semicolon or a bracket, or more than 64 bytes: Proxmox "
        "keeps users in lists with commas, and a plan could not name its entries",
        userid ? userid : "");
}

int32_t access_check_token(const struct asking *a, const char *name)
{
    if (name && *name && strchr(LETTERS, name[0]) && name[1] && !name[strspn(name, NAME_LETTERS)])
        return PROXIMO_OK;
    return a->host->fail(a->call, PROXIMO_EINVAL,
                         "tokenid \"%.64s\" is no name of a token: a letter, then letters, digits, '.', '-', "
                         "'_', two at least (the part behind the !)",
                         name ? name : "");
}

const char *access_realm_of(const char *userid)
{
    const char *at = userid ? strrchr(userid, '@') : NULL;
    return at ? at + 1 : "";
}

int32_t access_check_expire(const struct asking *a)
{
    const char *text = ask_argument(a, "expire");
    const int64_t at = text ? (int64_t)digits_of(text, UINT64_C(99999999999)) : 0;
    char date[40];
    struct tm parts;
    const time_t seconds = (time_t)at;
    if (at == 0)
        return PROXIMO_OK;
    if (at < FIRST_OF_2001)
        return a->host->fail(
            a->call, PROXIMO_EINVAL,
            "expire %lld is no duration but a time, in seconds since 1970-01-01 UTC, and this "
            "one passed decades ago; now is %lld",
            (long long)at, (long long)time(NULL));
    if (!gmtime_r(&seconds, &parts) || strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        return a->host->fail(a->call, PROXIMO_EINVAL, "expire %lld is no time", (long long)at);
    int32_t r = tell_text(a, "ends_on", date);
    if (r == PROXIMO_OK && at <= (int64_t)time(NULL))
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH, "that time has passed: it ends at once");
    return r;
}
