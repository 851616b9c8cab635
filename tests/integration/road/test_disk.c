/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that grows: what goes over the wire is the size that comes of "+10G", never the "+10G" itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define GROW "{\"vmid\":\"100\",\"disk\":\"scsi0\",\"size\":\"+10G\"}"

/* The line of the request log that is a resize; "": none. At most one is wanted. */
static void resize_on_the_wire(const char *log, char *ret, size_t size)
{
    FILE *file = fopen(log, "re");
    char line[4000];

    *ret = '\0';
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        if (!strstr(line, "/qemu/100/resize"))
            continue;
        assert_string_equal(ret, "");
        (void)snprintf(ret, size, "%s", line);
    }
    (void)fclose(file);
}

static void test_resize_is_absolute_on_the_wire(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;
    char log[1200], line[4000];
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    struct json_object *config = NULL;

    (void)context;
    (void)snprintf(log, sizeof(log), "%s/tests/road-disk.log", build ? build : ".");
    (void)remove(log);
    const char *const sim[] = {"--task-ms", "50", "--log-requests", log, NULL};
    road_start(&road, sim, "");
    server_start(&road, &server, NULL);
    struct json_object *first = plan_make(&server, "pve_disk_resize", GROW);
    struct json_object *second = plan_make(&server, "pve_disk_resize", GROW);
    struct json_object *done = plan_apply(&server, first, &failed);
    expect(done, "/outcome", "ok");
    resize_on_the_wire(log, line, sizeof(line));
    assert_non_null(strstr(line, "\"size\":\"42G\""));
    assert_null(strstr(line, "10G"));
    assert_non_null(strstr(line, "\"digest\":\""));

    /* the other plan was made for the disk as it was: it does not grow once more */
    expect_code(plan_apply(&server, second, &failed), &failed, "PX-DRIFT");
    assert_int_equal(road_api(&road, "GET", "/nodes/pve1/qemu/100/config", NULL, &config), 200);
    expect(config, "/scsi0", "ceph-vm:vm-100-disk-0,iothread=1,size=42G");
    resize_on_the_wire(log, line, sizeof(line)); /* still one */
    assert_int_equal(server_stop(&server), 0);
    struct json_object *const all[] = {first, second, done, config};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_put(all[i]);
    road_stop(&road);
    (void)remove(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resize_is_absolute_on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
