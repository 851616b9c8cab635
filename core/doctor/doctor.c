/* SPDX-License-Identifier: Apache-2.0 */
/* The examination: its parts in the order of the report. */
#include "doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <gnu/libc-version.h>

#include "base/problem.h"
#include "http/http.h"

/* Proximo itself, and what it runs on. */
void doctor_program(struct doctor *d)
{
    struct problem p = PROBLEM_INIT;
    struct utsname kernel = {0};
    struct json_object *check;
    const struct http_module *http = http_module_get(&p);

    doctor_section(d, "program");
    (void)uname(&kernel);
    check =
        doctor_add(d, DOCTOR_OK, NULL, "proximo %s; json-c %s, glibc %s, Linux %s", PROXIMO_VERSION,
                   json_c_version(), gnu_get_libc_version(), kernel.release[0] ? kernel.release : "unknown");
    doctor_fact(check, "version", PROXIMO_VERSION);
    if (http)
        doctor_fact(doctor_add(d, DOCTOR_OK, NULL, "HTTP module: %s", http->libraries()), "libraries",
                    http->libraries());
    else
        doctor_add_problem(d, "HTTP module", &p);
}

int doctor_examine(struct doctor *d, const struct doctor_subject *subject)
{
    d->subject = subject;
    d->sections = json_object_new_array();
    if (!d->sections)
        return -ENOMEM;
    doctor_program(d);
    doctor_config(d, subject->config);
    doctor_isolation(d, subject->config);
    doctor_record(d, subject->config);
    doctor_planes(d);
    doctor_sites(d);
    doctor_exec(d);
    return 0;
}

void doctor_done(struct doctor *d)
{
    if (d->sections)
        json_object_put(d->sections);
    d->sections = NULL;
}
