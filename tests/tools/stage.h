/* SPDX-License-Identifier: Apache-2.0 */
/* Where one check of a row plays: a fresh simulator that logs its requests, what the row does before, a
 * server. */
#ifndef PROXIMO_TESTS_TOOLS_STAGE_H
#define PROXIMO_TESTS_TOOLS_STAGE_H

#include "base/buf.h"
#include "row.h"
#include "tests/integration/road/road.h"

/* How answers are printed. */
#define PLAIN (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

struct stage {
    const struct row *row;
    struct road road;
    struct server server;
    bool up, served;
    struct json_object *before;    /* the answers of the row's `before`, in their order */
    struct json_object *untouched; /* of `undo.as`: what `undo.equal` names, before these; NULL else */
    char log[64];                  /* the requests that the simulator saw */
    char pct[80];                  /* the program of this name, where the row's planes want one */
    int bad;                       /* findings */
};

/* From now on findings are added to this text instead of counted: somebody wants to see them. */
void stage_collect(struct buf *findings);
bool stage_collects(void);
/* sim: a list of further options of the simulator; NULL: none. */
void stage_up(struct stage *stage, const struct row *row, struct json_object *sim);
/* Ends everything, checks the logged requests against the API descriptions, fails the test if anything was
 * bad. */
void stage_down(struct stage *stage);
/* Ends what a failed assertion left behind. */
void stage_abandon(struct stage *stage);

/* Writes the server's configuration: the token of the road, the planes of the row's file, and these lines. */
void stage_configure(struct stage *stage, const char *yaml);
/* Starts a server with this token of the simulator ("root"); one that is there already is the caller's to
 * end. */
void stage_serve(struct stage *stage, const char *token);
/* A finding; the check goes on. */
void stage_bad(struct stage *stage, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text with {before:/0/upid} replaced by what the row's `before` answered; malloc'd. */
char *stage_fill(struct stage *stage, const char *text);
/* The row's arguments, or these instead, filled in; malloc'd. */
char *stage_arguments(struct stage *stage, struct json_object *instead);
/* One request [METHOD, PATH, FORM, "begun"] with root's token, past the server; waits for the end of its task
 * unless "begun" is there. The answer, which must be a 200, is the caller's. */
struct json_object *stage_request(struct stage *stage, struct json_object *request);
/* GET, filled in: the status; *ret_data is the caller's. */
int stage_get(struct stage *stage, const char *path, struct json_object **ret_data);

/* Does each {pointer: value} hold in the answer? */
void stage_holds(struct stage *stage, const char *what, struct json_object *wanted,
                 struct json_object *answer);
/* Must the answer be an error of this code that says these words? Either may be NULL. */
void stage_refusal(struct stage *stage, const char *what, struct json_object *wanted,
                   struct json_object *answer, bool failed);
/* A string member of an object; NULL when it is not there. */
const char *member(struct json_object *o, const char *name);

#endif
