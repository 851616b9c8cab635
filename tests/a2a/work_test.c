/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a task that waits or takes long: faces/a2a/work.c before an engine that says what the test
 * wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/thread.h"
#include "faces/a2a/engine.h"
#include "faces/a2a/skills.h"
#include "faces/a2a/tasks.h"
#include "faces/a2a/work.h"

#define PLAN "{\"plan_id\":\"p\",\"action\":\"guest.stop\",\"subject\":\"guest/105\"}"

/* What proximo_status and proximo_apply answer; a failure has an `error`. */
static _Atomic(const char *) status_says, apply_says;
static atomic_int applied;

bool engine_offers(void *engine, const struct skill *skill)
{
    (void)engine;
    (void)skill;
    return true;
}

void engine_answer_done(struct engine_answer *answer)
{
    json_object_put(answer->facts);
    answer->facts = NULL;
}

int engine_call(struct engine *engine, const char *tool, struct json_object *arguments, struct cancel *cancel,
                struct engine_answer *ret)
{
    const char *text = PLAN;

    (void)engine;
    (void)cancel;
    json_object_put(arguments);
    if (strcmp(tool, "proximo_status") == 0) {
        text = atomic_load(&status_says);
    } else if (strcmp(tool, "proximo_apply") == 0) {
        atomic_fetch_add(&applied, 1);
        text = atomic_load(&apply_says);
    }
    *ret = (struct engine_answer){.facts = json_tokener_parse(text),
                                  .failed = strstr(text, "\"error\"") != NULL};
    return ret->facts ? 0 : -1;
}

struct stand {
    struct tasks *tasks;
    struct work *work;
    struct task *task; /* planned, waits for its approver */
};

static void stand_start(struct stand *s, const char *status, const char *apply)
{
    struct json_object *message = json_tokener_parse("{\"messageId\":\"m\"}");
    struct task *task = NULL;

    atomic_store(&status_says, status);
    atomic_store(&apply_says, apply);
    atomic_store(&applied, 0);
    assert_int_equal(tasks_new(&s->tasks), 0);
    assert_int_equal(work_new(NULL, s->tasks, &s->work), 0);
    assert_int_equal(
        tasks_add(s->tasks, skill_find("guest_power"), json_object_new_object(), NULL, message, &task), 0);
    s->task = tasks_find(s->tasks, task_id(task));
    assert_int_equal(work_start(s->work, task), 0);
    json_object_put(message);
}

static void stand_stop(struct stand *s)
{
    tasks_stop(s->tasks);
    work_stop(s->work);
    assert_true(threads_settle(clock_ms() + 10000));
    task_unref(s->task);
    work_free(s->work);
    tasks_free(s->tasks);
}

static void becomes(struct stand *s, enum task_state state)
{
    const int64_t deadline = clock_ms() + 10000;

    while (task_state_now(s->task) != state) {
        if (clock_ms() > deadline)
            fail_msg("%s, not %s", task_state_name(task_state_now(s->task)), task_state_name(state));
        tasks_sleep(s->tasks, 20);
    }
}

static void says(struct stand *s, const char *words)
{
    struct buf text CLEANUP_BUF = BUF_INIT(65536);

    task_put(s->task, false, true, &text, NULL);
    if (!strstr(text.data, words))
        fail_msg("no %s in %s", words, text.data);
}

#define WAITING "{\"state\":\"waiting\"}"
#define SIGNED  "{\"state\":\"waiting\",\"approval\":{\"state\":\"there\"}}"

/* docs/a2a: "A task that waits still fails when its plan expires" */
/* Nobody signs in time: the task ends, with words, and nothing is applied. */
static void test_expires(void **state)
{
    struct stand s;

    (void)state;
    stand_start(&s, WAITING, "{}");
    becomes(&s, TASK_INPUT_REQUIRED);
    atomic_store(&status_says, "{\"state\":\"expired\"}");
    becomes(&s, TASK_FAILED);
    says(&s, "the plan expired before an approver signed it; nothing was changed");
    assert_int_equal(atomic_load(&applied), 0);
    assert_false(task_cancel_now(s.task));
    stand_stop(&s);
}

/* The plan's file was pruned as well: there is no such plan any more. */
static void test_is_gone(void **state)
{
    struct stand s;

    (void)state;
    stand_start(&s, WAITING, "{}");
    becomes(&s, TASK_INPUT_REQUIRED);
    atomic_store(&status_says, "{\"error\":{\"code\":\"PX-PLAN\",\"cause\":\"there is no plan p\"}}");
    becomes(&s, TASK_FAILED);
    says(&s, "PX-PLAN: there is no plan p");
    assert_int_equal(atomic_load(&applied), 0);
    stand_stop(&s);
}

/* docs/a2a: "A change that has begun cannot: it is followed to its end" */
/* `running` is what apply answers after 45 s: the task goes on, cannot be cancelled, and has the end that
 * status tells. Whoever waits for it gets an answer at the time they said. */
static void test_takes_long(void **state)
{
    struct stand s;

    (void)state;
    stand_start(&s, WAITING, "{\"outcome\":\"running\",\"state\":\"executing\"}");
    becomes(&s, TASK_INPUT_REQUIRED);
    atomic_store(&status_says, SIGNED);
    becomes(&s, TASK_WORKING);
    atomic_store(&status_says, "{\"state\":\"executing\"}");
    const int64_t begin = clock_ms();
    task_wait(s.task, begin + 2500); /* past the first look at it */
    assert_in_range(clock_ms() - begin, 2400, 9000);
    assert_int_equal(task_state_now(s.task), TASK_WORKING);
    assert_false(task_cancel_now(s.task));
    atomic_store(&status_says, "{\"state\":\"done\",\"outcome\":\"ok\"}");
    becomes(&s, TASK_COMPLETED);
    assert_int_equal(atomic_load(&applied), 1);
    stand_stop(&s);
}

/* docs/a2a: "A refusal that may pass (limits, lease, freezing) leaves it waiting" */
/* A refusal that may pass leaves it waiting, and it is not tried again at once; another one ends it. */
static void test_refused(void **state)
{
    struct stand s;

    (void)state;
    stand_start(&s, WAITING, "{\"error\":{\"code\":\"PX-FROZEN\",\"cause\":\"all changes are frozen\"}}");
    becomes(&s, TASK_INPUT_REQUIRED);
    atomic_store(&status_says, SIGNED);
    for (int64_t end = clock_ms() + 10000; atomic_load(&applied) == 0 && clock_ms() < end;)
        tasks_sleep(s.tasks, 20);
    becomes(&s, TASK_INPUT_REQUIRED);
    tasks_sleep(s.tasks, 100);
    says(&s, "all changes are frozen");
    tasks_sleep(s.tasks, 2500);
    assert_int_equal(atomic_load(&applied), 1);
    assert_true(task_cancel_now(s.task));
    stand_stop(&s);

    stand_start(&s, SIGNED, "{\"error\":{\"code\":\"PX-DRIFT\",\"cause\":\"it has changed\"}}");
    becomes(&s, TASK_FAILED);
    says(&s, "PX-DRIFT: it has changed");
    stand_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_expires), cmocka_unit_test(test_is_gone),
                                       cmocka_unit_test(test_takes_long), cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
