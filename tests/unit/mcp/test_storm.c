/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many calls at once, cancelled, asked about and cut off at random; the preset tsan looks at the threads
 * while it runs. The sequence of what is said is the same in every run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "fake_planes.h"
#include "fake_trust.h"
#include "mcp/server.h"
#include "talk.h"

#define REQUESTS    3000
#define ENDS        8
#define IN_PROGRESS 10000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define END_MS 5000
#else
#define END_MS 1500
#endif

#define SETTLED_MS 10000 /* without a word: there is nothing more to come */

enum fate { NOT_SAID, WAITS, CANCELLED, ANSWERED };

struct storm {
    struct talk talk;
    uint64_t random;
    int said, answered, cancelled, forms, progress;
    unsigned char fates[REQUESTS + 1];
};

static unsigned below(struct storm *storm, unsigned n)
{
    storm->random = storm->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)((storm->random >> 33) % n);
}

static void storm_begin(struct storm *storm, unsigned most_calls)
{
    *storm = (struct storm){.random = 0x9e3779b97f4a7c15ULL};
    talk_open(&storm->talk);
    talk_guarded(&storm->talk);
    storm->talk.config.max_calls = most_calls;
    storm->talk.form_ms = 300;
    talk_begin(&storm->talk);
    hello_as(&storm->talk, "2025-11-25", "{\"elicitation\":{}}");
}

/* Is there room for one more line without waiting? */
static bool has_room(const struct storm *storm)
{
    struct pollfd p = {.fd = storm->talk.to, .events = POLLOUT};

    return poll(&p, 1, 0) > 0 && (p.revents & POLLOUT);
}

/* A person who takes it, or does not, or does not answer. */
static void answer_form(struct storm *storm, struct json_object *form)
{
    static const char *const answers[] = {
        "\"result\":{\"action\":\"accept\",\"content\":{\"subject\":\"guest/105\"}}",
        "\"result\":{\"action\":\"decline\"}",
        "\"error\":{\"code\":-1,\"message\":\"no\"}",
    };
    unsigned which = below(storm, 4);

    storm->forms++;
    if (which < 3 && has_room(storm))
        say(&storm->talk, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",%s}", text_at(form, "id"), answers[which]);
}

/* Takes everything that is there, waiting `ms` for the first of it. */
static void storm_hear(struct storm *storm, int ms)
{
    struct json_object *message;

    while ((message = hear_within(&storm->talk, ms))) {
        int64_t id = id_of(message);
        const char *method = text_at(message, "method");

        if (strcmp(method, "elicitation/create") == 0) {
            answer_form(storm, message);
        } else if (strcmp(method, "notifications/progress") == 0) {
            int64_t token = json_object_get_int64(at(message, "params/progressToken"));
            assert_in_range(token, 1, storm->said);
            storm->progress++;
        } else if (*method == '\0') {
            assert_in_range(id, 1, storm->said);
            assert_int_not_equal(storm->fates[id], ANSWERED); /* once */
            storm->answered += storm->fates[id] == WAITS;
            storm->fates[id] = ANSWERED;
        }
        json_object_put(message);
        ms = 0;
    }
}

/* A client that waits for room without reading would wait for ever, as the server does for it. */
static void storm_wait_room(struct storm *storm)
{
    while (!has_room(storm))
        storm_hear(storm, 1);
}

static void storm_cancel(struct storm *storm, unsigned id)
{
    storm_wait_room(storm);
    say(&storm->talk,
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%u}}", id);
    if (storm->fates[id] == WAITS) {
        storm->fates[id] = CANCELLED; /* an answer may be on its way already */
        storm->cancelled++;
    }
}

static void storm_say(struct storm *storm)
{
    static const char apply[] = "\"plan_id\":\"%s-1\",\"action\":\"guest.stop\",\"subject\":\"guest/105\"";
    static const char *const kinds[] = {"ask", "done", "drift", "slow"};
    struct talk *talk = &storm->talk;
    int id = ++storm->said;
    char text[160], meta[60];

    storm->fates[id] = WAITS;
    storm_wait_room(storm);
    (void)snprintf(meta, sizeof(meta), "\"_meta\":{\"progressToken\":%d}", id);
    switch (below(storm, 12)) {
    case 0:
        (void)snprintf(text, sizeof(text), apply, kinds[below(storm, 4)]);
        call_tool(talk, id, "proximo_apply", text, meta);
        break;
    case 1: call_tool(talk, id, "proximo_status", "", ""); break;
    case 2: call_tool(talk, id, "proximo_find", "\"query\":\"guest\"", ""); break;
    case 3: call_tool(talk, id, "nobody", "", ""); break;
    case 4: say(talk, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/list\"}", id); break;
    case 5: say(talk, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"resources/list\"}", id); break;
    case 6: say(talk, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"prompts/list\"}", id); break;
    default:
        (void)snprintf(text, sizeof(text), ",%s", meta);
        call_read(talk, id, (int)below(storm, 40), below(storm, 2) ? text : "");
    }
}

/* Every request has one answer, or was cancelled; nothing is left running. */
static void test_storm(void **state)
{
    static struct storm storm;
    int lost = 0;

    (void)state;
    storm_begin(&storm, 64);
    while (storm.said < REQUESTS) {
        storm_say(&storm);
        if (below(&storm, 3) == 0)
            storm_cancel(&storm, 1 + (unsigned)storm.said -
                                     below(&storm, storm.said < 20 ? (unsigned)storm.said : 20));
        if (below(&storm, 50) == 0)
            usleep(10000);
        storm_hear(&storm, 0);
    }
    for (unsigned id = 1; id <= REQUESTS; id++) /* what never ends by itself */
        if (storm.fates[id] == WAITS && id % 2)
            storm_cancel(&storm, id);
    storm_hear(&storm, SETTLED_MS / 20);
    for (unsigned id = 1; id <= REQUESTS; id++)
        if (storm.fates[id] == WAITS)
            storm_cancel(&storm, id);
    for (unsigned id = 1; id <= REQUESTS; id++)
        lost += storm.fates[id] == NOT_SAID;
    assert_int_equal(lost, 0);
    assert_true(storm.answered > REQUESTS / 2 && storm.cancelled > 100 && storm.forms > 10 &&
                storm.progress > 10);
    say(&storm.talk, "{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"ping\"}");
    for (bool last = false; !last;) {
        struct json_object *message CLEANUP_JSON = hear(&storm.talk);
        last = strcmp(text_at(message, "id"), "last") == 0;
    }
    assert_true(talk_finish(&storm.talk, SERVER_ENDED) < END_MS);
    assert_int_equal(fake_trust.slow_running, 0);
}

/* The end in the middle of it, each way: nothing hangs, nothing is used after it has gone. */
static void test_ends_in_a_storm(void **state)
{
    static struct storm storm;

    for (unsigned round = 0; round < ENDS; round++) {
        (void)talk_setup(state);
        storm_begin(&storm, 64);
        storm.random += round;
        while (storm.said < 150) {
            storm_say(&storm);
            if (below(&storm, 4) == 0)
                storm_cancel(&storm, 1 + below(&storm, (unsigned)storm.said));
            storm_hear(&storm, 0);
        }
        int64_t before = clock_ms();
        switch (round % 3) {
        case 0: talk_hang_up(&storm.talk); break;
        case 1: /* SIGTERM is caught, and it must be that thread which runs the handler. */
            assert_int_equal(pthread_kill(storm.talk.thread, SIGTERM),
                             0); // NOLINT(bugprone-bad-signal-to-kill-thread)
            break;
        default: close(storm.talk.from); storm.talk.from = -1;
        }
        if (storm.talk.from >= 0) {
            struct json_object *message;
            while ((message = hear_within(&storm.talk, END_MS)))
                json_object_put(message);
        }
        talk_join(&storm.talk, storm.talk.from >= 0 ? SERVER_ENDED : SERVER_OUTPUT_GONE);
        assert_true(clock_ms() - before < END_MS);
    }
}

/* Far more than there is room for: what does not fit is refused at once, the rest goes when it is told to. */
static void test_too_many(void **state)
{
    static struct storm storm;
    int busy = 0, most = 16;

    (void)state;
    storm_begin(&storm, (unsigned)most);
    for (int id = 1; id <= IN_PROGRESS; id++) {
        call_read(&storm.talk, id, 60000, "");
        if (id <= most)
            continue;
        struct json_object *message CLEANUP_JSON = hear(&storm.talk);
        busy += id_of(message) == id && has(message, "PX-BUSY");
    }
    assert_int_equal(busy, IN_PROGRESS - most);
    assert_true(fake_planes.most_at_once <= most);
    for (int id = 1; id <= IN_PROGRESS;
         id++) /* of those that are in progress, and of those that never were */
        say(&storm.talk,
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%d}}", id);
    call_read(&storm.talk, IN_PROGRESS + 1, 0, "");
    struct json_object *message CLEANUP_JSON = hear(&storm.talk);
    assert_int_equal(id_of(message), IN_PROGRESS + 1);
    assert_true(talk_finish(&storm.talk, SERVER_ENDED) < END_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_storm, talk_setup),
        cmocka_unit_test_setup(test_ends_in_a_storm, talk_setup),
        cmocka_unit_test_setup(test_too_many, talk_setup),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
