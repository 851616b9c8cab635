/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_work.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>

#define DEADLINE_MOST_MS ((int64_t)365 * 86400 * 1000)

int64_t ssh_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ssh_work_begin(struct ssh_work *work, const struct backend_run *run,
                    const struct backend_settings *settings)
{
    int64_t ms = run->deadline_ms < DEADLINE_MOST_MS ? run->deadline_ms : DEADLINE_MOST_MS;

    *work = (struct ssh_work){.run = run, .settings = settings, .deadline_at = ssh_now_ms() + ms};
}

int64_t ssh_work_left_ms(const struct ssh_work *work)
{
    int64_t left = work->deadline_at - ssh_now_ms();

    return left > 0 ? left : 0;
}

int32_t ssh_work_over(const struct ssh_work *work)
{
    const struct proximo_host *host = work->run->host;

    if (host->cancelled(work->run->call) > 0)
        return PROXIMO_ECANCELLED;
    if (ssh_work_left_ms(work) == 0 || host->deadline_ms(work->run->call) <= 0)
        return PROXIMO_EDEADLINE;
    return PROXIMO_OK;
}

int32_t ssh_work_wait(const struct ssh_work *work, int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t ms = ssh_work_left_ms(work);

    (void)poll(&p, 1, ms < SSH_POLL_MS ? (int)ms : SSH_POLL_MS);
    return ssh_work_over(work);
}

int32_t ssh_work_fail(const struct ssh_work *work, int32_t code, const char *doing)
{
    if (code == PROXIMO_ECANCELLED)
        return work->run->host->fail(work->run->call, code, "cancelled while %s; nothing was run", doing);
    return work->run->host->fail(
        work->run->call, code,
        "the time given was over while %s; nothing was run. Is the node reachable and its "
        "SSH server answering? Otherwise allow more time",
        doing);
}

int32_t ssh_work_material(const struct ssh_work *work, const char *name, struct proximo_text *ret)
{
    int32_t r = work->run->host->material(work->run->call, name, ret);

    if (r == PROXIMO_ECANCELLED || r == PROXIMO_EDEADLINE)
        return ssh_work_fail(work, r, "preparing the connection");
    return r == PROXIMO_OK ? r : PROXIMO_ENOTFOUND;
}

void ssh_printable(const void *text, uint64_t len, char *ret, uint64_t size)
{
    const char *from = text;
    uint64_t n = 0;

    for (; n < len && n + 1 < size; n++)
        ret[n] = from[n] >= ' ' && from[n] <= '~' ? from[n] : '?';
    ret[n] = '\0';
}

bool ssh_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}
