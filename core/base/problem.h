/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error that teaches: a stable code, the cause, the next step, the valid values. It is a plain value on
 * the stack, filled where the error happens and rendered once, at the edge. Never holds a secret.
 */
#ifndef PROXIMO_BASE_PROBLEM_H
#define PROXIMO_BASE_PROBLEM_H

#include <stddef.h>

struct buf;

/* The codes. They are part of the interface: a code keeps its meaning for ever. docs/errors.md lists them. */
#define PX_ARG             "PX-ARG"         /* an argument is missing, unknown or of the wrong shape */
#define PX_TOOL            "PX-TOOL"        /* no such tool, or not enabled */
#define PX_NOT_FOUND       "PX-NOT-FOUND"   /* Proxmox knows no such thing */
#define PX_AMBIGUOUS       "PX-AMBIGUOUS"   /* a name fits several things */
#define PX_MISMATCH        "PX-MISMATCH"    /* an explicit node or kind is wrong for this guest */
#define PX_READ_ONLY       "PX-READ-ONLY"   /* the mode does not allow it */
#define PX_CONFIG          "PX-CONFIG"      /* the configuration is wrong or lacks something */
#define PX_SECRET_FILE     "PX-SECRET-FILE" /* a secret file is missing, readable by others or malformed */
#define PX_AUTH            "PX-AUTH"        /* 401: the token is not accepted */
#define PX_PRIVILEGE       "PX-PRIVILEGE"   /* 403: a privilege is missing */
#define PX_PARAM           "PX-PARAM"       /* 400: Proxmox refuses a parameter */
#define PX_REMOTE          "PX-REMOTE"      /* 5xx or another error of Proxmox */
#define PX_UNSUPPORTED     "PX-UNSUPPORTED" /* 501: this server does not have the method */
#define PX_CONNECT         "PX-CONNECT"     /* no endpoint answers */
#define PX_TLS             "PX-TLS"         /* the server's identity could not be verified */
#define PX_TIMEOUT         "PX-TIMEOUT"     /* deadline over */
#define PX_CANCELLED       "PX-CANCELLED"
#define PX_BUSY            "PX-BUSY"        /* too many calls at once */
#define PX_TOO_LARGE       "PX-TOO-LARGE"   /* over a size limit */
#define PX_BAD_ANSWER      "PX-BAD-ANSWER"  /* an answer that is not what the API promises */
#define PX_REFUSED_GET     "PX-REFUSED-GET" /* a GET that acts, discloses or reaches out */
#define PX_PLANE           "PX-PLANE"       /* a plane failed, crashed, hung or was refused */
#define PX_SITE            "PX-SITE"        /* no such site, or it must be named */
#define PX_PLAN            "PX-PLAN"        /* no such plan, expired, used, or of other hands */
#define PX_ECHO            "PX-ECHO"        /* action or subject is not the plan's */
#define PX_STATE           "PX-STATE" /* its present state does not allow it: locked, a template, not empty */
#define PX_SNAPSHOT        "PX-SNAPSHOT"        /* no snapshot can be taken before this change */
#define PX_DRIFT           "PX-DRIFT"           /* what the plan was made from has changed */
#define PX_CONSENT         "PX-CONSENT"         /* a person has not consented, or cannot be asked */
#define PX_CONSENT_PENDING "PX-CONSENT-PENDING" /* the question was not answered in time */
#define PX_ROOT_ONLY       "PX-ROOT-ONLY"       /* Proxmox takes it from root@pam alone */
#define PX_NO_TOKEN        "PX-NO-TOKEN"        /* Proxmox refuses API tokens here */
#define PX_FROZEN          "PX-FROZEN"          /* an operator has frozen all changes, or that is in doubt */
#define PX_TARGET          "PX-TARGET"          /* the allow and deny lists leave out what it is aimed at */
#define PX_RATE            "PX-RATE"            /* as many changes as an hour may have */
#define PX_LEASE           "PX-LEASE"           /* changes need a lease, and there is none for this one */
#define PX_UNDO            "PX-UNDO"            /* there is no way back, or no record of it any more */
#define PX_LEDGER          "PX-LEDGER" /* the ledger cannot be written or does not verify: nothing is changed */
#define PX_RECEIPT         "PX-RECEIPT"  /* a receipt does not hold */
#define PX_ANCHOR          "PX-ANCHOR"   /* an anchor contradicts the ledger, or none confirmed it in time */
#define PX_INTERNAL        "PX-INTERNAL" /* a fault in proximo */

struct problem {
    char code[32];
    char cause[640];
    char next[560];   /* what to do; may be empty */
    char valid[1024]; /* the valid values, comma separated; may be empty */
};

#define PROBLEM_INIT ((struct problem){.code = ""})

/*
 * Fills p (which may be NULL) and returns `error`, a negative errno, so that `return problem_set(p, -EINVAL,
 * ...)` reads well. The text is cut at the field's size at a UTF-8 boundary and cleaned of control
 * characters.
 */
int problem_set(struct problem *p, int error, const char *code, const char *cause, ...)
    __attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__ /* which does not see into another file that the error comes back */
#define problem_set(p, error, ...) ((void)(problem_set)((p), (error), __VA_ARGS__), (error))
#endif
void problem_next(struct problem *p, const char *next, ...) __attribute__((format(printf, 2, 3)));
void problem_valid(struct problem *p, const char *values, ...) __attribute__((format(printf, 2, 3)));
/* "PX-ARG: cause Next: ... Valid: ..." for people and models. */
void problem_text(const struct problem *p, struct buf *out);
/* {"error":{"code":..,"cause":..,"next":..,"valid":[..]}} without the outer braces' newline. */
void problem_json(const struct problem *p, struct buf *out);

#endif
