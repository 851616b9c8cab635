/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of the guest itself: by QEMU's agent in a machine, by the node for a container. */
#ifndef PROXIMO_GUESTS_AGENT_H
#define PROXIMO_GUESTS_AGENT_H

#include "guests.h"

#define AGENT_PATH "/nodes/{node}/qemu/{vmid}/agent/"
/* Proxmox VE 8 has one privilege for all of the monitor and the agent. */
#define AGENT_PRIVILEGE "VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted|VM.Monitor"

/* Why a guest did not answer, with what to do about it where Proxmox's words are known; else those words. */
struct agent_why {
    const char *says;
    bool state; /* the guest's state or options are the reason */
};
struct agent_why agent_why(const char *message);

int32_t guests_read_agent_info(void *instance, struct proximo_call *call);
int32_t guests_read_ips(void *instance, struct proximo_call *call);

#endif
