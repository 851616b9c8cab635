/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of plans and answers that several tests use. */
#ifndef PROXIMO_TEST_TRUST_RUN_PLANS_H
#define PROXIMO_TEST_TRUST_RUN_PLANS_H

#define SAY(...) ((struct fake_answer){__VA_ARGS__})

#define STATUS_NOW "/nodes/pve1/lxc/105/status/current"
#define STOP_STEP                                                                                            \
    "{'name':'stop','kind':'request','method':'POST','path':'/nodes/pve1/lxc/105/status/"                    \
    "stop','follow':true}"
#define STOPPED                                                                                              \
    "'postcondition':[{'name':'p','kind':'wait','path':'" STATUS_NOW                                         \
    "','select':'/status','test':'equals','value':'stopped','deadline_ms':120}]"
/* A request that starts no task. */
#define PUT_STEP(name, more)                                                                                 \
    "{'name':'" name "','kind':'request','method':'PUT','path':'" CONFIG "','params':[{'name':'tags',"       \
    "'value':'" name "'}]" more "}"

#define NAMED    "{\"data\":\"" UPID "\"}"
#define RUNS     "{\"data\":{\"status\":\"running\"}}"
#define ENDED(x) "{\"data\":{\"status\":\"stopped\",\"exitstatus\":\"" x "\"}}"
#define IS(x)    "{\"data\":{\"status\":\"" x "\"}}"
#define NOTHING  "{\"data\":null}"

#endif
