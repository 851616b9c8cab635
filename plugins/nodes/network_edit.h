/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files about changes of interfaces. */
#ifndef PROXIMO_NODES_NETWORK_EDIT_H
#define PROXIMO_NODES_NETWORK_EDIT_H

#include "../common/config_object.h"
#include "network.h"

#define NET_UNCLEAR                                                                                          \
    "changed lines of which the interface cannot be told: of some interface the running values are not "     \
    "known"

/* A type that the API creates and changes. */
bool net_type_is_writable(const char *type);
/* The names of the values that the API takes, by number; NULL: there are no more. */
const char *net_key(size_t index);
/* "DHCP" and the like: how it gets its address, if not by its values. NULL: by them. */
const char *net_dynamic(struct json_object *iface);
/* The way back of a staged edit by writing the values of the record again. */
int32_t net_edit_back(const struct asking *a, struct proximo_text record_json);

/* The state of the node that the call is about. 0; negative after host->fail. net_done in any case. */
int32_t net_open(void *instance, struct proximo_call *call, struct net *ret);
/* A fact "FACT IFACE" for each interface with changes, whoever made them: {"change", "lines"}. */
int32_t net_tell_diff(const struct net *net, const char *fact);
/* Guards all interfaces as they wait: whoever stages something more in the meantime is noticed. */
int32_t net_guard_list(const struct net *net);
/* Each address that changes is as it is in that state, and what is not there in it is gone. */
int32_t net_see_addresses(const struct net *net, bool pending);
/* The node. back: to which values a way back leads, {"vmbr0": values or null}, for the blast function; NULL:
 * what waits counts. */
int32_t net_subject(const struct net *net, const char *operation_class, const char *back);
#define NET_WAITING "waiting" /* the step that keeps the whole answer from before it is applied */
/* That step, the request that applies, and that nothing waits afterwards. */
int32_t net_apply_steps(const struct net *net);
/* That it can be brought back (by the record), or why not. */
int32_t net_apply_way_back(const struct net *net, bool to_running, const char *words);
int32_t net_no_way_back(const struct net *net, const char *why, const char *so);
/* The request that discards what waits, its subject, and what is seen after it. */
int32_t net_revert_step(const struct net *net);

#endif
