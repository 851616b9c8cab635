/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo serve`: configuration, sites, planes and the server on standard input and output. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/problem.h"
#include "command/command.h"
#include "command/demo.h"
#include "command/plane_names.h"
#include "config/config.h"
#include "mcp/server.h"
#include "plane/planes.h"
#include "plane/site.h"

/*
 * The protocol gets a descriptor of its own; standard output becomes standard error, so that whatever a
 * library prints cannot reach the client as a message.
 */
static int take_stdout(int *ret_fd, struct problem *p)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

    if (fd < 0 || fcntl(STDIN_FILENO, F_GETFD) < 0) {
        (void)problem_set(p, -EBADF, PX_CONFIG, "standard input or output is closed");
        problem_next(p, "`proximo serve` is started by an MCP client, which talks to it on both");
        fd_close(&fd);
        return -EBADF;
    }
    if (fcntl(STDERR_FILENO, F_GETFD) < 0) {
        int null = open("/dev/null", O_WRONLY);

        if (null >= 0 && null != STDERR_FILENO) {
            (void)dup2(null, STDERR_FILENO);
            fd_close(&null);
        }
    }
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    *ret_fd = fd;
    return 0;
}

static int load_config(const struct command_line *line, struct demo **ret_demo, struct config **ret,
                       struct problem *p)
{
    const struct config_options options = {
        .file = command_value(line, "--config"),
        .site = command_value(line, "--site"),
        .surface = command_value(line, "--surface"),
        .mode = command_value(line, "--mode"),
    };

    if (!command_value(line, "--demo"))
        return config_load(&options, ret, p);
    if (options.file || options.site) {
        (void)problem_set(p, -EINVAL, PX_ARG, "--demo brings its own configuration and its own site");
        problem_next(p, "leave --config and --site away");
        return -EINVAL;
    }
    return demo_start(options.mode, options.surface, ret_demo, ret, p);
}

/* Everything between a loaded configuration and the exit status. *ret_stuck: nothing may be freed any more.
 */
static int serve(const struct config *config, struct demo *demo, int out_fd, bool *ret_stuck)
{
    struct server_options options = {
        .config = config,
        .in_fd = STDIN_FILENO,
        .out_fd = out_fd,
        .prepare = demo ? demo_prepare : NULL,
        .prepare_arg = demo,
    };
    struct problem p = PROBLEM_INIT;
    int status;

    *ret_stuck = false;
    log_set_level(config->log);
    if (plane_names_check(config, &p) < 0)
        return command_fail(&p);
    if (sites_new(config, &options.sites) < 0 || planes_new(config, options.sites, &options.planes) < 0) {
        (void)problem_set(&p, -ENOMEM, PX_INTERNAL, "no memory");
        sites_free(options.sites);
        return command_fail(&p);
    }
    status = server_run(&options, ret_stuck);
    if (!*ret_stuck) {
        planes_free(options.planes);
        sites_free(options.sites);
    }
    return status;
}

int command_serve(const struct command_line *line)
{
    struct problem p = PROBLEM_INIT;
    struct config *config = NULL;
    struct demo *demo = NULL;
    bool stuck;
    int out_fd, status;

    if (take_stdout(&out_fd, &p) < 0 || load_config(line, &demo, &config, &p) < 0)
        return command_fail(&p);
    status = serve(config, demo, out_fd, &stuck);
    demo_end(demo);
    if (stuck)
        _exit(status);
    config_free(config);
    return status;
}
