/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "plane/site.h"
#include "trust/trust.h"

int64_t rig_wall_us;

int64_t __real_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void);
int64_t __wrap_clock_wall_us(void)
{
    return rig_wall_us ? rig_wall_us : __real_clock_wall_us();
}

static void spine(struct rig *rig, const char *yaml)
{
    CLEANUP_BUF struct buf text = BUF_INIT(65536);
    struct problem p = PROBLEM_INIT;

    buf_printf(&text, "mode: guarded\nstate_dir: %s\n%s", rig->state, yaml);
    if (config_load_text("test", text.data, text.len, &rig->config, &p) < 0)
        fail_msg("%s", p.cause);
    struct sites *sites = NULL;
    assert_int_equal(sites_new(rig->config, &sites), 0);
    const struct trust_options options = {.config = rig->config, .sites = sites};
    assert_int_equal(trust_new(&options, &rig->trust), 0);
}

void rig_start(struct rig *rig, const char *yaml)
{
    memset(rig, 0, sizeof(*rig));
    (void)snprintf(rig->dir, sizeof(rig->dir), "/tmp/proximo-limits.XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    (void)snprintf(rig->state, sizeof(rig->state), "%s/state", rig->dir);
    rig_wall_us = 0;
    spine(rig, yaml);
}

void rig_close(struct rig *rig)
{
    struct sites *sites = rig->trust ? rig->trust->sites : NULL;

    trust_free(rig->trust);
    sites_free(sites);
    config_free(rig->config);
    rig->trust = NULL;
    rig->config = NULL;
}

void rig_again(struct rig *rig, const char *yaml)
{
    rig_close(rig);
    spine(rig, yaml);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void rig_stop(struct rig *rig)
{
    rig_close(rig);
    (void)nftw(rig->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    rig_wall_us = 0;
}

struct plan *rig_plan(const char *json)
{
    CLEANUP_BUF struct buf text = BUF_INIT(65536);
    struct plan *plan = calloc(1, sizeof(*plan));
    const char *words[3] = {"lab", "guest.stop", "guest/105"};
    static const char *const names[] = {"site", "action", "subject"};

    assert_non_null(plan);
    buf_str(&text, json);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'')
            text.data[i] = '"';
    }
    assert_int_equal(json_parse(text.data, text.len, &plan->root, NULL), 0);
    for (size_t i = 0; i < 3; i++)
        (void)json_get_string(plan->root, names[i], &words[i], NULL);
    plan->site = words[0];
    plan->action = words[1];
    plan->subject = words[2];
    plan->tool = "pve_guest_power";
    plan->consent = "plan";
    plan->principal = "uid:0 root@pam!t";
    memset(plan->id, 'a', PLAN_ID_SIZE - 1);
    memset(plan->sha256, 'b', 64);
    return plan;
}

void rig_plan_done(struct plan *plan)
{
    json_object_put(plan->root);
    free(plan);
}

struct execution {
    struct rig *rig;
    const struct plan *plan;
    char lease[LEASE_ID_SIZE];
};

static int room(void *arg, struct problem *p)
{
    struct execution *x = arg;
    char lease[LEASE_ID_SIZE];

    int r = limits_room(x->rig->trust, x->plan, lease, p);
    if (r == 0)
        assert_string_equal(lease, x->lease);
    return r;
}

int rig_execute(struct rig *rig, const struct plan *plan, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(4096);
    struct execution x = {.rig = rig, .plan = plan};

    int r = trust_ready(rig->trust, p);
    if (r == 0)
        r = limits_room(rig->trust, plan, x.lease, p);
    if (r < 0)
        return r;
    json_put_key_string(&body, "plan_id", plan->id);
    json_put_key_string(&body, "action", plan->action);
    if (x.lease[0])
        json_put_key_string(&body, "lease", x.lease);
    return ledger_append_with(rig->trust->ledger, room, NULL, &x, LEDGER_EXECUTING, body.data, body.len, NULL,
                              p);
}

struct counting {
    const char *kind, *bytes;
    size_t count;
};

static int look(void *arg, const char *line, size_t len)
{
    struct counting *x = arg;
    char kind[64] = "";

    if (x->kind)
        (void)snprintf(kind, sizeof(kind), "\"kind\":\"%s\"", x->kind);
    x->count +=
        memmem(line, len, kind, strlen(kind)) && (!x->bytes || memmem(line, len, x->bytes, strlen(x->bytes)));
    return 0;
}

size_t rig_records(struct rig *rig, const char *kind, const char *bytes)
{
    struct counting x = {kind, bytes, 0};

    assert_int_equal(ledger_each_back(rig->trust->ledger, look, &x, NULL), 0);
    return x.count;
}

void rig_teaches(const struct problem *p, const char *code)
{
    static const char *const humans[] = {"operator", "person", "administrator", "`proximo "};
    bool human = false;

    for (size_t i = 0; i < sizeof(humans) / sizeof(humans[0]); i++)
        human |= strstr(p->next, humans[i]) != NULL;
    if (strcmp(p->code, code) != 0 || !p->cause[0] || !human)
        print_error("wanted %s; %s: %s Next: %s\n", code, p->code, p->cause, p->next);
    assert_string_equal(p->code, code);
    assert_true(p->cause[0]);
    assert_true(human);
}
