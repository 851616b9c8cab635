/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of a change: against the schema, secrets taken out of them, the guest or node resolved. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/read.h"
#include "trust/build.h"

/* The arguments of the applied plan; where the guest is now is found anew. */
static int arguments_of_record(struct build *b, struct problem *p)
{
    struct json_object *arguments = NULL;
    const struct param_row *guest = tool_param_format(b->tool, "guest");

    if (json_get(b->request->record, "arguments", json_type_object, &arguments) < 0) {
        b->reading.arguments = json_object_new_object();
        return b->reading.arguments ? 0 : build_no_memory(p);
    }
    if (json_object_deep_copy(arguments, &b->reading.arguments, NULL) < 0)
        return build_no_memory(p);
    /* A tool that takes a guest or a node: without a guest the node is what the change was of. */
    if (guest && json_object_object_get_ex(b->reading.arguments, guest->name, NULL)) {
        json_object_object_del(b->reading.arguments, "node");
        json_object_object_del(b->reading.arguments, "kind");
    }
    return 0;
}

/* It is the core's, as `confirm` is: neither the plane nor a request sees it. */
static void take_snapshot_first(struct build *b)
{
    if (!b->tool->snapshot_first)
        return;
    b->snapshot_given = json_get_bool(b->reading.arguments, "snapshot_first", &b->snapshot_first) == 0;
    json_object_object_del(b->reading.arguments, "snapshot_first");
}

/* As planes see them, and the plan: with vmid, kind and node as they were resolved. */
static int put_resolved(struct build *b)
{
    struct reading *r = &b->reading;
    const struct param_row *guest = tool_param_format(b->tool, "guest");
    int result = 0;

    if (r->has_guest) {
        result |= build_add_text(r->arguments, guest ? guest->name : "vmid", r->vmid);
        result |= build_add_text(r->arguments, "vmid", r->vmid);
        result |= build_add_text(r->arguments, "kind", r->guest.kind);
    }
    if (r->node[0])
        result |= build_add_text(r->arguments, "node", r->node);
    return result;
}

/* What is undone may have moved the guest, or it is gone since. */
static int resolve(struct build *b, struct problem *p)
{
    const bool undo = b->request->record != NULL;
    int r = reading_resolve(&b->reading, undo, p);

    if (undo && r == -ENOENT) {
        const struct problem said = *p;
        return problem_set(p, r, PX_UNDO, "there is no way back: %.600s", said.cause);
    }
    return r;
}

int build_arguments(struct build *b, struct problem *p)
{
    int r = b->request->record ? arguments_of_record(b, p)
                               : arguments_check(b->tool, b->request->arguments, &b->reading.arguments, p);
    if (r < 0)
        return r;
    take_snapshot_first(b);
    if (!b->request->record)
        r = build_secrets(b, p);
    if (r == 0)
        r = resolve(b, p);
    if (r == 0 && put_resolved(b) < 0)
        r = build_no_memory(p);
    return r;
}
