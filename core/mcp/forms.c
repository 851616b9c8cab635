/* SPDX-License-Identifier: Apache-2.0 */
/* Forms that wait for their answer: a short list under one mutex. */
#include "mcp/forms.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "mcp/output.h"

#define LINE_BYTES ((size_t)1 << 20)

struct form {
    struct form *next;
    char id[40];
    bool answered;
    struct form_reply reply;
    bool raw;     /* a plane's: `result` is wanted, not `reply` */
    char *result; /* its JSON, malloc'd; NULL: the client answered with an error */
};

struct forms {
    struct output *output;
    int64_t wait_ms;
    pthread_mutex_t mutex; /* the rest */
    pthread_cond_t changed;
    struct form *first;
    unsigned long long asked;
    bool ended;
};

/* ---------------------------------------------------------------- what clients say */

void form_reply_done(struct form_reply *reply)
{
    free(reply->typed);
    *reply = (struct form_reply){TRUST_NOT_ASKED, NULL};
}

void form_reply_read(struct span result, struct form_reply *ret)
{
    struct span action = span_find(result, "action"), typed;

    *ret = (struct form_reply){TRUST_DISMISSED, NULL};
    if (span_type(action) != json_type_string)
        return;
    if (span_equals(action, "decline")) {
        ret->reply = TRUST_DECLINED;
    } else if (span_equals(action, "accept")) {
        typed = span_find(span_find(result, "content"), "subject");
        if (span_type(typed) == json_type_string)
            ret->typed = span_text(typed);
        if (ret->typed)
            ret->reply = TRUST_ACCEPTED;
    }
}

void forms_given(struct span input_responses, struct form_reply *ret)
{
    struct span given = span_find(input_responses, FORM_CONSENT_KEY);

    *ret = (struct form_reply){TRUST_NOT_ASKED, NULL};
    if (given.at || (input_responses.at && span_type(input_responses) != json_type_object))
        form_reply_read(given, ret);
}

bool forms_taken(struct span capabilities)
{
    struct span elicitation = span_find(capabilities, "elicitation");

    if (span_type(elicitation) != json_type_object)
        return false;
    return span_type(span_find(elicitation, "form")) == json_type_object || !span_find(elicitation, "url").at;
}

void form_put_params(struct buf *out, bool has_mode, const struct trust_ask *ask)
{
    struct buf words CLEANUP_BUF = BUF_INIT(8192);

    buf_printf(&words, "To consent, type exactly: %s", ask->subject);
    buf_char(out, '{');
    if (has_mode)
        json_put_key_string(out, "mode", "form");
    json_put_key_string(out, "message", ask->message);
    buf_str(out, ",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"subject\":{\"type\":\"string\","
                 "\"title\":\"Subject\"");
    json_put_key_string(out, "description", words.data ? words.data : "");
    buf_str(out, "}},\"required\":[\"subject\"]}}");
}

/* ---------------------------------------------------------------- asking */

int forms_new(struct output *output, int64_t wait_ms, struct forms **ret)
{
    struct forms *forms = calloc(1, sizeof(*forms));

    if (!forms)
        return -ENOMEM;
    forms->output = output;
    forms->wait_ms = wait_ms;
    (void)pthread_mutex_init(&forms->mutex, NULL);
    (void)pthread_cond_init(&forms->changed, NULL);
    *ret = forms;
    return 0;
}

void forms_free(struct forms *forms)
{
    if (!forms)
        return;
    (void)pthread_cond_destroy(&forms->changed);
    (void)pthread_mutex_destroy(&forms->mutex);
    free(forms);
}

/* The cancellation's hook. */
static void wake(void *arg)
{
    struct forms *forms = arg;

    (void)pthread_mutex_lock(&forms->mutex);
    (void)pthread_cond_broadcast(&forms->changed);
    (void)pthread_mutex_unlock(&forms->mutex);
}

static void form_begin(struct forms *forms, struct form *form)
{
    (void)pthread_mutex_lock(&forms->mutex);
    /* Ids of the two directions do not meet, but a name of our own is what a log can be searched for. */
    (void)snprintf(form->id, sizeof(form->id), "proximo-form-%llu", ++forms->asked);
    form->next = forms->first;
    forms->first = form;
    (void)pthread_mutex_unlock(&forms->mutex);
}

static int form_send(struct forms *forms, const struct form *form, const char *method, const char *params)
{
    struct buf line CLEANUP_BUF = BUF_INIT(LINE_BYTES);

    buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"%s\",\"params\":", form->id, method);
    buf_str(&line, params);
    buf_str(&line, "}\n");
    return buf_ok(&line) ? output_send(forms->output, line.data, line.len) : -ENOMEM;
}

/* The client is to close the form. */
static void form_void(struct forms *forms, const struct form *form, const char *why)
{
    struct buf line CLEANUP_BUF = BUF_INIT(1024);

    buf_printf(&line,
               "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"%s\","
               "\"reason\":\"%s\"}}\n",
               form->id, why);
    if (buf_ok(&line))
        (void)output_send(forms->output, line.data, line.len);
}

/* Waits and takes the form off the list; from then on an answer to it is ignored. *ret_ended: the
 * conversation is over. */
static int form_wait(struct forms *forms, struct form *form, struct cancel *cancel, int64_t deadline_ms,
                     bool *ret_ended)
{
    struct timespec until = clock_timespec(deadline_ms);
    struct form **place = &forms->first;
    int r = 0;

    (void)pthread_mutex_lock(&forms->mutex);
    while (!form->answered && !forms->ended && !cancel_is_set(cancel) && r != ETIMEDOUT)
        r = pthread_cond_clockwait(&forms->changed, &forms->mutex, CLOCK_MONOTONIC, &until);
    while (*place != form)
        place = &(*place)->next;
    *place = form->next;
    *ret_ended = forms->ended;
    if (form->answered)
        r = 0;
    else
        r = forms->ended || cancel_is_set(cancel) ? -ECANCELED : -ETIMEDOUT;
    (void)pthread_mutex_unlock(&forms->mutex);
    return r;
}

int forms_ask(struct forms *forms, bool has_mode, const struct trust_ask *ask, struct cancel *cancel,
              struct form_reply *ret, struct problem *p)
{
    int64_t deadline_ms = clock_ms() + forms->wait_ms;
    struct form form = {0};
    bool ended = false;
    int r = 0, waited;
    struct buf params CLEANUP_BUF = BUF_INIT(LINE_BYTES);

    if (cancel_is_set(cancel))
        return problem_set(p, -ECANCELED, PX_CANCELLED, "the call was cancelled before anybody was asked");
    form_put_params(&params, has_mode, ask);
    form_begin(forms, &form);
    r = buf_ok(&params) ? form_send(forms, &form, "elicitation/create", params.data) : -ENOMEM;
    if (r < 0)
        deadline_ms = clock_ms(); /* nobody was asked: nothing to wait for */
    cancel_hook(cancel, wake, forms);
    waited = form_wait(forms, &form, cancel, deadline_ms, &ended);
    cancel_unhook(cancel);
    if (waited == 0) {
        *ret = form.reply;
        return 0;
    }
    if (r == -ENOMEM)
        return problem_set(p, r, PX_INTERNAL, "no memory for the form");
    if (waited == -ECANCELED || r < 0) {
        if (!ended && r == 0)
            form_void(forms, &form, "the call was cancelled");
        (void)problem_set(p, -ECANCELED, PX_CANCELLED,
                          "the call or the conversation ended before a person answered; nothing was changed");
        problem_next(p, "Call proximo_apply again when a person is there to answer.");
        return -ECANCELED;
    }
    form_void(forms, &form, "not answered in time");
    (void)problem_set(p, -ETIMEDOUT, PX_CONSENT_PENDING,
                      "the form was not answered within %lld seconds and was withdrawn; nothing was changed",
                      (long long)((forms->wait_ms + 999) / 1000));
    problem_next(p,
                 "Tell the person what is to be done and that a form will ask them to type the subject; then "
                 "call proximo_apply again with the same plan_id, action and subject.");
    return -ETIMEDOUT;
}

int forms_request(struct forms *forms, const char *method, const char *params, struct cancel *cancel,
                  int64_t deadline_ms, struct json_object **ret, struct problem *p)
{
    struct form form = {.raw = true};
    bool ended = false;
    int r, waited;

    form_begin(forms, &form);
    cancel_hook(cancel, wake, forms);
    r = form_send(forms, &form, method, params);
    waited = form_wait(forms, &form, cancel, r < 0 ? clock_ms() : deadline_ms, &ended);
    cancel_unhook(cancel);
    if (waited == 0) {
        r = form.result ? json_parse(form.result, strlen(form.result), ret, p) : -EIO;
        if (r == -EIO)
            (void)problem_set(p, r, PX_BAD_ANSWER, "the client answered a question of a plane with an error");
        free(form.result);
        return r;
    }
    if (!ended && r == 0)
        form_void(forms, &form, waited == -ETIMEDOUT ? "not answered in time" : "the call was cancelled");
    if (waited == -ETIMEDOUT)
        return problem_set(p, waited, PX_TIMEOUT, "the client did not answer a question of a plane in time");
    return problem_set(p, -ECANCELED, PX_CANCELLED,
                       "the call or the conversation ended before the client answered");
}

void forms_answer(struct forms *forms, struct span id, struct span result)
{
    if (span_type(id) != json_type_string)
        return;
    (void)pthread_mutex_lock(&forms->mutex);
    for (struct form *form = forms->first; form; form = form->next) {
        if (form->answered || !span_equals(id, form->id))
            continue;
        if (form->raw)
            form->result = result.at ? strndup(result.at, result.len) : NULL;
        else
            form_reply_read(result, &form->reply);
        form->answered = true;
        (void)pthread_cond_broadcast(&forms->changed);
        break;
    }
    (void)pthread_mutex_unlock(&forms->mutex);
}

void forms_end(struct forms *forms)
{
    (void)pthread_mutex_lock(&forms->mutex);
    forms->ended = true;
    (void)pthread_cond_broadcast(&forms->changed);
    (void)pthread_mutex_unlock(&forms->mutex);
}
