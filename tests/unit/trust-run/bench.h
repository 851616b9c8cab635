/* SPDX-License-Identifier: Apache-2.0 */
/* A run on the bench: a folder of its own, a trust core with a site behind the scripted HTTP module, a plan
 * from text. */
#ifndef PROXIMO_TEST_TRUST_RUN_BENCH_H
#define PROXIMO_TEST_TRUST_RUN_BENCH_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cancel.h"
#include "config/config.h"
#include "fake_http.h"
#include "plane/site.h"
#include "trust/run_inner.h"

#define PLAN_ID "0123456789abcdef0123456789abcdef"
#define TOKEN   "root@pam!bench"
#define UPID    "UPID:pve1:0000C0DE:00ABCDEF:6A1B2C3D:vzstop:105:" TOKEN ":"
#define TASK                                                                                                 \
    "/nodes/pve1/tasks/UPID%3Apve1%3A0000C0DE%3A00ABCDEF%3A6A1B2C3D%3Avzstop%3A105%3Aroot%40pam%21bench%3A"
#define STOP   "POST /nodes/pve1/lxc/105/status/stop"
#define CONFIG "/nodes/pve1/lxc/105/config"
#define CANARY "canary-7f3a91c2-secret"

struct told {
    uint32_t done, total;
    char message[512];
};

struct bench {
    char folder[64];
    struct config_site site_row;
    struct config config;
    struct sites *sites;
    struct trust trust;
    struct plan plan;
    struct cancel *stop;
    enum run_halt (*halted)(void *arg);
    struct run_request request;
    struct run_result result;
    struct run_times times;
    struct told told[256];
    size_t told_count;
};

extern struct bench bench;
extern const char bench_config[]; /* a guard of CONFIG: {"path",...,"value":{"/digest":"d1","/tags":"a"}} */

int bench_setup(void **state);
int bench_teardown(void **state);
/* The plan whose members these are (JSON without the outer braces, ' for "). */
void bench_plan(const char *members);
/* Runs it; the outcome's name. */
const char *bench_run(void);
const char *bench_resolve(void);
/* Of the record: "outcome" of step i, its message (or ""). */
const char *bench_step(size_t i, const char *member);
bool bench_was_told(const char *part);
/* The journal as text; "" when there is none. */
const char *bench_journal(void);
void bench_journal_set(const char *text, size_t len);
void bench_stop(void *unused); /* a hook: the run is told to stop */
/* Is the text in any file below the folder, in why or in what was told? */
bool bench_is_anywhere(const char *text);
char *bench_file(const char *name); /* path below the folder; freed by the caller */

/* What is recorded in the ledger (fake). */
extern char ledger_bodies[65536];
extern int ledger_error; /* returned by ledger_append when it is not 0 */

#endif
