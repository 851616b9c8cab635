/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last word of a host whose plane crashed: which call it was. Sent from the signal handler (sendmsg is
 * async-signal-safe), then the signal does what it does.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plane/host.h"
#include "plane/sandbox.h"

#define SIGNAL_STACK ((size_t)32 << 10)

static void crashed(int signal_number)
{
    struct message_head head = {.type = MESSAGE_CRASHED, .call = host_current_call, .code = signal_number};

    (void)message_send_packet(HOST_SOCKET, &head, NULL, 0, -1, MSG_DONTWAIT);
    /* SA_RESETHAND has put the default back, and the signal is blocked until this returns: then it ends the
     * process. */
    (void)raise(signal_number);
}

void host_crash_stack(void)
{
    if (sandbox_is_loose())
        return;
    stack_t stack = {.ss_sp = malloc(SIGNAL_STACK), .ss_size = SIGNAL_STACK};
    if (stack.ss_sp)
        (void)sigaltstack(&stack, NULL);
}

void host_crash_handlers(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_handler = crashed, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND)};

    if (sandbox_is_loose())
        return; /* a sanitizer has handlers of its own */
    host_crash_stack();
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        (void)sigaction(fatal[i], &action, NULL);
}
