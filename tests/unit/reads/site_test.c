/* SPDX-License-Identifier: Apache-2.0 */
/* What a site remembers: resolution, permissions, one request for many who ask at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "config/config.h"
#include "fake_http.h"
#include "plane/site.h"

#define S(text) ((char *)(uintptr_t)(text))
#define VMS     "/cluster/resources?type=vm"

static struct config_site rows[2] = {{.name = S("lab"), .kind = CONFIG_PVE, .timeout_s = 5},
                                     {.name = S("vault"), .kind = CONFIG_PBS, .timeout_s = 5}};
static struct config config = {.sites = rows, .site_count = 2};
static struct sites *sites;
static struct site *site;
static struct site_call call;

static int setup(void **state)
{
    (void)state;
    fake_http_reset();
    fake_http_answer(VMS, 200,
                     "{\"data\":[{\"type\":\"qemu\",\"vmid\":100,\"name\":\"web\",\"node\":\"pve1\"},"
                     "{\"type\":\"lxc\",\"vmid\":203,\"name\":\"web\",\"node\":\"pve2\"},"
                     "{\"type\":\"lxc\",\"vmid\":105,\"name\":\"cache\",\"node\":\"pve1\",\"template\":1},"
                     "{\"type\":\"qemu\",\"vmid\":300,\"name\":\"105\",\"node\":\"pve1\"},"
                     "{\"type\":\"openvz\",\"vmid\":7,\"node\":\"pve1\"},null,5]}");
    call = (struct site_call){.deadline_ms = clock_ms() + 5000};
    if (sites_new(&config, &sites) < 0)
        return -1;
    site = sites_at(sites, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sites_free(sites);
    return 0;
}

static void sites_are_named(void **state)
{
    (void)state;
    struct site *found = NULL;
    struct problem p = PROBLEM_INIT;
    assert_int_equal(sites_find(sites, "vault", &found, &p), 0);
    assert_string_equal(site_config(found)->name, "vault");
    assert_true(sites_find(sites, NULL, &found, &p) < 0);
    assert_string_equal(p.code, PX_SITE);
    assert_string_equal(p.valid, "lab, vault");
    assert_true(sites_find(sites, "nosuch", &found, &p) < 0);
    struct config none = {0};
    struct sites *empty = NULL;
    assert_int_equal(sites_new(&none, &empty), 0);
    assert_true(sites_find(empty, NULL, &found, &p) < 0);
    assert_non_null(strstr(p.next, "proximo init"));
    sites_free(empty);
    assert_false(site_was_used(site));
}

static void guests_by_id_and_name(void **state)
{
    (void)state;
    struct site_guest g = {0};
    struct problem p = PROBLEM_INIT;
    assert_int_equal(site_guest_find(site, &call, "105", NULL, NULL, false, &g, &p), 0);
    assert_int_equal(g.vmid, 105); /* an id wins over a name of digits */
    assert_string_equal(g.kind, "lxc");
    assert_string_equal(g.node, "pve1");
    assert_string_equal(g.name, "cache");
    assert_true(g.template);
    assert_true(site_was_used(site));
    assert_true(site_guest_find(site, &call, "web", NULL, NULL, false, &g, &p) < 0);
    assert_string_equal(p.code, PX_AMBIGUOUS);
    assert_non_null(strstr(p.cause, "100 (qemu on pve1), 203 (lxc on pve2)"));
    assert_int_equal(site_guest_find(site, &call, "web", "lxc", NULL, false, &g, &p), 0);
    assert_int_equal(g.vmid, 203);
    assert_int_equal(site_guest_find(site, &call, "web", NULL, "pve1", false, &g, &p), 0);
    assert_int_equal(g.vmid, 100);
    assert_true(site_guest_find(site, &call, "web", "lxc", "pve1", false, &g, &p) < 0);
    assert_string_equal(p.code, PX_MISMATCH);
    assert_true(site_guest_find(site, &call, "WEB", NULL, NULL, false, &g, &p) < 0);
    assert_string_equal(p.code, PX_NOT_FOUND);
    assert_true(site_guest_find(site, &call, "7", NULL, NULL, false, &g, &p) < 0);
    assert_int_equal(fake_http_count_of(VMS), 1); /* remembered */
    assert_int_equal(site_guest_find(site, &call, "105", NULL, NULL, true, &g, &p), 0);
    assert_int_equal(fake_http_count_of(VMS), 2);
    assert_true(site_guest_find(sites_at(sites, 1), &call, "105", NULL, NULL, false, &g, &p) < 0);
    assert_string_equal(p.code, PX_SITE);
}

static void seeing_nothing_is_explained(void **state)
{
    (void)state;
    struct site_guest g;
    struct problem p = PROBLEM_INIT;
    fake_http_answer(VMS, 200, "{\"data\":[]}");
    assert_true(site_guest_find(site, &call, "105", NULL, NULL, false, &g, &p) < 0);
    assert_string_equal(p.code, PX_NOT_FOUND);
    assert_non_null(strstr(p.cause, "among the 0 guests that this token sees"));
    assert_non_null(strstr(p.next, "VM.Audit"));
}

static void permissions(void **state)
{
    (void)state;
    struct problem p = PROBLEM_INIT;
    fake_http_answer("/access/permissions?path=/vms/105", 200,
                     "{\"data\":{\"/vms/105\":{\"VM.Audit\":0,\"VM.PowerMgmt\":1}}}");
    fake_http_answer("/access/permissions?path=/vms/7", 200, "{\"data\":{\"/vms/7\":{}}}");
    assert_int_equal(site_permission(site, &call, "/vms/105", "VM.Audit", &p),
                     1); /* the key counts, not its value */
    assert_int_equal(site_permission(site, &call, "/vms/105", "VM.Nope|VM.PowerMgmt", &p), 1);
    assert_int_equal(site_permission(site, &call, "/vms/105", "VM.Nope", &p), 0);
    assert_int_equal(site_permission_below(site, &call, "/vms/105", "VM.Audit", &p), 0);
    assert_int_equal(site_permission_below(site, &call, "/vms/105", "VM.Audit|VM.PowerMgmt", &p), 1);
    /* A need of one path is met there; one of a whole list only where the privilege is handed down. */
    assert_int_equal(site_need(site, &call, "/vms/{vmid}", "/vms/105", "VM.Audit", &p), 1);
    assert_int_equal(site_need(site, &call, "/vms/105", "/vms/105", "VM.Audit", &p), 0);
    assert_int_equal(fake_http_count(), 1);
    assert_int_equal(site_permission(site, &call, "/vms/7", "VM.Audit", &p), 0);
    assert_true(site_permission(site, &call, "/vms/8", "VM.Audit", &p) < 0);
    assert_string_not_equal(p.code, "");
    char path[32];
    for (int i = 0; i < 600; i++) { /* more than are remembered */
        snprintf(path, sizeof(path), "/vms/%d", i + 1000);
        char target[80];
        snprintf(target, sizeof(target), "/access/permissions?path=%s", path);
        fake_http_answer("/access/permissions", 200, "{\"data\":{}}");
        assert_int_equal(site_permission(site, &call, path, "VM.Audit", &p), 0);
    }
}

/* A Backup Server writes true and false: again the key counts, and a path that is not there holds nothing. */
static void permissions_of_a_backup_server(void **state)
{
    (void)state;
    struct problem p = PROBLEM_INIT;
    fake_http_answer(
        "/access/permissions?path=/datastore/main", 200,
        "{\"data\":{\"/datastore/main\":{\"Datastore.Audit\":true,\"Datastore.Backup\":false}}}");
    fake_http_answer("/access/permissions?path=/datastore/archive", 200, "{\"data\":{}}");
    fake_http_answer("/access/permissions?path=/datastore", 200, "{\"data\":{}}");
    fake_http_answer("/access/permissions", 200,
                     "{\"data\":{\"/datastore/main/prod\":{\"Datastore.Backup\":false}}}");
    assert_int_equal(site_permission(site, &call, "/datastore/main", "Datastore.Audit", &p), 1);
    assert_int_equal(site_permission(site, &call, "/datastore/main", "Datastore.Backup", &p), 1);
    assert_int_equal(site_permission(site, &call, "/datastore/main", "Datastore.Modify", &p), 0);
    assert_int_equal(site_permission_below(site, &call, "/datastore/main", "Datastore.Audit", &p), 1);
    assert_int_equal(site_permission_below(site, &call, "/datastore/main", "Datastore.Backup", &p), 0);
    assert_int_equal(site_permission(site, &call, "/datastore/archive", "Datastore.Audit", &p), 0);
    assert_int_equal(site_permission_below(site, &call, "/datastore", "Datastore.Backup", &p), 0);
    assert_int_equal(site_permission_anywhere(site, &call, "/datastore", "Datastore.Backup", &p), 1);
    assert_int_equal(site_permission_anywhere(site, &call, "/remote", "Datastore.Backup", &p), 0);
}

/* What redirects is not the API: told as such, even where the caller wants to see errors. */
static void redirects_are_no_answers(void **state)
{
    (void)state;
    struct site_answer answer = {0};
    fake_http_answer("/version", 302, "{\"data\":{\"version\":\"9.2\"}}");
    for (int tolerate = 0; tolerate < 2; tolerate++) {
        struct problem p = PROBLEM_INIT;
        assert_true(site_get(site, &call, "/version", NULL, 0, tolerate, &answer, &p) < 0);
        assert_string_equal(p.code, PX_BAD_ANSWER);
        assert_non_null(strstr(p.cause, "redirect (302)"));
    }
}

static int find_error;
static void *find_thread(void *arg)
{
    (void)arg;
    struct site_guest g;
    struct problem p = PROBLEM_INIT;
    if (site_guest_find(site, &call, "105", NULL, NULL, false, &g, &p) < 0)
        __atomic_add_fetch(&find_error, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void together(void)
{
    pthread_t threads[16];
    find_error = 0;
    for (int i = 0; i < 16; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_thread, NULL), 0);
    for (int i = 0; i < 16; i++)
        pthread_join(threads[i], NULL);
}

static void one_flight_for_many(void **state)
{
    (void)state;
    fake_http_delay_ms(100);
    together();
    assert_int_equal(find_error, 0);
    assert_int_equal(fake_http_count_of(VMS), 1);
}

static void a_failed_flight_is_shared(void **state)
{
    (void)state;
    fake_http_delay_ms(100);
    fake_http_answer(VMS, 500, "{\"data\":null,\"message\":\"no quorum\"}");
    together();
    assert_int_equal(find_error, 16);
    assert_true(fake_http_count_of(VMS) < 4);
}

static void waiting_ends_by_cancellation(void **state)
{
    (void)state;
    fake_http_delay_ms(800);
    pthread_t leader;
    assert_int_equal(pthread_create(&leader, NULL, find_thread, NULL), 0);
    struct timespec moment = {.tv_nsec = 100000000};
    nanosleep(&moment, NULL);
    struct site_guest g;
    struct problem p = PROBLEM_INIT;
    struct site_call mine = {.deadline_ms = clock_ms() + 100};
    int64_t before = clock_ms();
    assert_int_equal(site_guest_find(site, &mine, "105", NULL, NULL, false, &g, &p), -110);
    assert_string_equal(p.code, PX_TIMEOUT);
    mine = (struct site_call){.deadline_ms = clock_ms() + 5000, .cancel = cancel_new()};
    cancel_set(mine.cancel);
    assert_int_equal(site_guest_find(site, &mine, "105", NULL, NULL, false, &g, &p), -125);
    assert_string_equal(p.code, PX_CANCELLED);
    assert_true(clock_ms() - before < 500);
    cancel_unref(mine.cancel);
    pthread_join(leader, NULL);
}

static void version(void **state)
{
    (void)state;
    char text[32];
    struct problem p = PROBLEM_INIT;
    assert_true(site_version(site, &call, text, &p) < 0);
    fake_http_answer("/version", 200, "{\"data\":{\"version\":\"9.2.11\"}}");
    assert_int_equal(site_version(site, &call, text, &p), 0);
    assert_string_equal(text, "9.2.11");
    assert_int_equal(site_version(site, &call, text, &p), 0);
    assert_int_equal(fake_http_count_of("/version"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sites_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(guests_by_id_and_name, setup, teardown),
        cmocka_unit_test_setup_teardown(seeing_nothing_is_explained, setup, teardown),
        cmocka_unit_test_setup_teardown(permissions, setup, teardown),
        cmocka_unit_test_setup_teardown(permissions_of_a_backup_server, setup, teardown),
        cmocka_unit_test_setup_teardown(redirects_are_no_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(one_flight_for_many, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_flight_is_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_by_cancellation, setup, teardown),
        cmocka_unit_test_setup_teardown(version, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
