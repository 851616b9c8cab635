/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo doctor`: looks at everything a server run depends on and says what to do about what is wrong. */
#include "doctor/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/problem.h"
#include "command/command.h"
#include "command/loaded.h"
#include "config/config.h"
#include "mcp/catalog.h"
#include "plane/planes.h"
#include "plane/site.h"
#include "trust/trust.h"

#define REPORT_LIMIT ((size_t)16 << 20)
#define EXAMINE_MS   600000 /* a person waits, and can end it */

static int examine(const struct command_line *line, const struct loaded *loaded, struct buf *out)
{
    CLEANUP_BUF struct buf unmatched = BUF_INIT(4096);
    const struct trust_options with = {
        .config = loaded->config, .sites = loaded->sites, .planes = loaded->planes};
    struct doctor_subject subject = {.config = loaded->config,
                                     .sites = loaded->sites,
                                     .planes = loaded->planes,
                                     .planes_result = loaded->result,
                                     .planes_problem = &loaded->problem,
                                     .every_tool = command_value(line, "--json") != NULL,
                                     .probe = command_value(line, "--probe") != NULL,
                                     .resolve = true,
                                     .deadline_ms = clock_ms() + EXAMINE_MS};
    struct doctor d = {0};

    if (loaded->catalog) {
        subject.tools = catalog_tools(loaded->catalog, &subject.tool_count);
        catalog_unmatched(loaded->config, loaded->planes, &unmatched);
    }
    subject.unmatched = buf_ok(&unmatched) && unmatched.len ? unmatched.data : "";
    if (trust_new(&with, &subject.trust) < 0)
        subject.trust = NULL;
    const int r = doctor_examine(&d, &subject);
    if (r == 0 && subject.every_tool) {
        doctor_json(&d, REPORT_LIMIT, out);
        buf_char(out, '\n');
    } else if (r == 0) {
        doctor_text(&d, out);
    }
    const int status = r == 0 && d.problems == 0 ? 0 : 1;
    doctor_done(&d);
    trust_free(subject.trust);
    return status;
}

int command_doctor(const struct command_line *line)
{
    CLEANUP_BUF struct buf out = BUF_INIT(REPORT_LIMIT);
    const struct config_options options = {.file = command_value(line, "--config"),
                                           .site = command_value(line, "--site")};
    struct loaded loaded;
    struct problem p = PROBLEM_INIT;

    if (loaded_open(&options, &loaded, &p) < 0)
        return command_fail(&p);
    const int status = examine(line, &loaded, &out);
    loaded_close(&loaded);
    if (!buf_ok(&out) || fd_write_all(STDOUT_FILENO, out.data, out.len) != 0)
        return 1;
    return status;
}
