/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages between the core and a plane host, over a SOCK_SEQPACKET pair: a fixed header and a body of
 * texts and integers. The two ends are the same executable, so integers are in the machine's order. Large
 * bodies go to the host as a sealed memfd that it copies, and come from the host in pieces (MESSAGE_MORE): a
 * host that could make memfds could hold memory beyond its limit. The core trusts nothing it receives and
 * takes no descriptor.
 */
#ifndef PROXIMO_PLANE_MESSAGE_H
#define PROXIMO_PLANE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define MESSAGE_PROTOCOL 4u
#define MESSAGE_INLINE   32768u             /* most body bytes in one packet */
#define MESSAGE_LIMIT    ((size_t)64 << 20) /* most body bytes of one message */

enum message_type {
    /* core to host */
    MESSAGE_HELLO = 1, /* u32 protocol, u32 count of planes, u32 landlock wanted, u32 has endpoints */
    MESSAGE_LOAD,      /* seq: plane; with the file's descriptor; text name */
    MESSAGE_OPEN,      /* seq: plane; text configuration section */
    MESSAGE_CALL,      /* call; seq: plane; u32 kind (plane_call_kind), u32 row, u64 milliseconds left, text
                          arguments, text input, u32 site kind, text site */
    MESSAGE_CANCEL,    /* call; code: PROXIMO_ECANCELLED or PROXIMO_EDEADLINE */
    MESSAGE_ANSWER,    /* call; seq: of the upcall; code; see planes_upcall.c */
    MESSAGE_STOP,      /* stop and close every plane, then end */
    /* host to core */
    MESSAGE_LOADING,    /* seq: plane: its constructors run now */
    MESSAGE_OPENING,    /* seq: plane: its entry, open or ready runs now */
    MESSAGE_MANIFEST,   /* seq: plane; body: JSON */
    MESSAGE_OPENED,     /* seq: plane */
    MESSAGE_REFUSED,    /* seq: plane; text code, text cause, text next */
    MESSAGE_SEALED,     /* every plane has sent MANIFEST or REFUSED; the host is closed off */
    MESSAGE_REPLY,      /* call; code; blocks, the draft's JSON, or the text of the failure */
    MESSAGE_GET,        /* call; seq; u32 many, u32 count, gets */
    MESSAGE_PROBE,      /* call; seq; text name, fields */
    MESSAGE_PERMISSION, /* call; seq; text path, text privilege */
    MESSAGE_SITE,       /* call; seq */
    MESSAGE_SITES,      /* call; seq */
    MESSAGE_PROGRESS,   /* call; u32 done, u32 total, text */
    MESSAGE_LOG,        /* seq: plane or UINT32_MAX; code: level; text */
    MESSAGE_CRASHED,    /* call (0: none); code: signal; sent from the signal handler */
    MESSAGE_CAN_ASK,    /* call; seq; u32 kind */
    MESSAGE_ASK,        /* call; seq; u32 count, of each: u32 kind, text key, text params */
    MESSAGE_CLIENT_LOG, /* call; seq; u32 level, text logger, text data */
    MESSAGE_SHOW,       /* call; seq; u32 what, u32 shown, text name */
    MESSAGE_UPDATED,    /* call; seq; text URI */
    MESSAGE_CONNECT,    /* call; seq; text endpoint */
    MESSAGE_SPAWN,      /* call; seq; text program, u32 count, texts of argv */
    MESSAGE_MATERIAL,   /* call; seq; text name */
    MESSAGE_SECRET,     /* call; seq; u64 secret's id: wanted as a descriptor */
    MESSAGE_ENDED,      /* call; seq; answered with u32 exit status, text signal */
    MESSAGE_OUTPUT,     /* call; u32 stream, text bytes; in one packet, not answered */
    /* core to host */
    MESSAGE_FD, /* call; seq: of the upcall whose answer follows; with one descriptor for it */
    MESSAGE_TYPES,
};

#define MESSAGE_MORE  1u /* the body goes on in the next packet */
#define MESSAGE_MEMFD 2u /* the body is in the descriptor that came along, `length` bytes of it */

struct message_head {
    uint32_t type;
    int32_t code;
    uint64_t call;
    uint32_t seq;
    uint32_t flags;
    uint64_t length;
};

/* Sends one packet. pass_fd -1: none. `flags` as of sendmsg. 0 or -errno (-EAGAIN with MSG_DONTWAIT). */
int message_send_packet(int fd, const struct message_head *head, const void *body, size_t len, int pass_fd,
                        int flags);
/* Host side: sends a whole message, in pieces if it is long. Blocks. The caller serialises. */
int message_send(int fd, const struct message_head *head, const void *body, size_t len);
/*
 * Receives one packet into body (MESSAGE_INLINE bytes). ret_fd NULL: descriptors that come along are dropped
 * by the kernel. 0, -EAGAIN, -EPIPE at the end, -EPROTO for a packet that is none of ours, -errno.
 */
int message_recv(int fd, struct message_head *ret_head, void *body, size_t *ret_len, int *ret_fd, int flags);
/* A sealed memfd with these bytes; the descriptor or -errno. */
int message_memfd(const void *bytes, size_t len);
/* Copies `length` bytes out of a memfd into malloc'd memory with a NUL after it. -EPROTO if it is none or
 * shorter. */
int message_memfd_read(int fd, uint64_t length, char **ret);

/* Bodies: integers and length-prefixed texts appended to a buf, and a reader that cannot run over. */
void body_put_u32(struct buf *b, uint32_t n);
void body_put_u64(struct buf *b, uint64_t n);
void body_put_text(struct buf *b, const char *text, size_t len);
void body_put_cstr(struct buf *b, const char *text); /* NULL is empty */

struct body {
    const char *at;
    size_t left;
    bool bad; /* sticks: something did not fit */
};
uint32_t body_u32(struct body *body);
uint64_t body_u64(struct body *body);
const char *body_text(struct body *body, size_t *ret_len); /* not NUL-terminated; "" when bad */
char *body_dup(struct body *body,
               size_t limit); /* malloc'd, NUL-terminated; NULL and bad over limit or with a NUL inside */
bool body_end(const struct body *body); /* everything was read and fitted */

#endif
