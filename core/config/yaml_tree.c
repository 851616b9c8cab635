/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events into a strict tree. What libyaml lets pass - aliases, tags, duplicates - is refused here.
 */
#include "config/yaml_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/problem.h"
#include "base/text.h"

struct reader {
    yaml_parser_t parser;
    const char *name, *text;
    size_t len;
    struct problem *p;
    size_t nodes;
};

static int fault(struct reader *r, yaml_mark_t at, const char *cause)
{
    return problem_set(r->p, -EINVAL, PX_CONFIG, "%s:%zu:%zu: %s", r->name, at.line + 1, at.column + 1,
                       cause);
}

/* Line and column of the byte at `offset`, or of the first one before it that is not UTF-8. */
static yaml_mark_t mark_at(const char *text, size_t len, size_t offset)
{
    yaml_mark_t at = {0};

    for (size_t i = 0, n; i < len && i < offset && (n = text_utf8_step(text + i, len - i)) != 0; i += n) {
        at.column++;
        if (text[i] == '\n') {
            at.line++;
            at.column = 0;
        }
    }
    return at;
}

static int next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return 0;
    if (r->parser.error == YAML_MEMORY_ERROR)
        return problem_set(r->p, -ENOMEM, PX_INTERNAL, "no memory");
    yaml_mark_t at = r->parser.problem_mark;
    if (r->parser.error == YAML_READER_ERROR) /* has an offset only */
        at = mark_at(r->text, r->len, r->parser.problem_offset);
    else if (at.line == 0 && at.column == 0)
        at = r->parser.mark;
    (void)problem_set(r->p, -EINVAL, PX_CONFIG, "%s:%zu:%zu: not YAML: %s%s%s", r->name, at.line + 1,
                      at.column + 1, r->parser.context ? r->parser.context : "",
                      r->parser.context ? ", " : "", r->parser.problem ? r->parser.problem : "unreadable");
    problem_next(r->p, "check indentation (spaces, no tabs), colons and quotes around that line");
    return -EINVAL;
}

static void node_done(struct yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        node_done(&node->items[i]);
    free(node->items);
    free(node->text);
    free(node->key);
}

void yaml_tree_free(struct yaml_node *root)
{
    if (!root)
        return;
    node_done(root);
    free(root);
}

bool yaml_is_empty(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->plain && node->text[0] == '\0';
}

static struct yaml_node *add_item(struct reader *r, struct yaml_node *parent)
{
    /* Grows at each power of two. */
    if ((parent->count & (parent->count - 1)) == 0) {
        size_t cap = parent->count ? parent->count * 2 : 1;
        struct yaml_node *items = realloc(parent->items, cap * sizeof *items);
        if (!items) {
            (void)problem_set(r->p, -ENOMEM, PX_INTERNAL, "no memory");
            return NULL;
        }
        parent->items = items;
    }
    struct yaml_node *item = &parent->items[parent->count++];
    *item = (struct yaml_node){.kind = YAML_SCALAR};
    return item;
}

/* What no event may carry here. */
static int check_event(struct reader *r, const yaml_event_t *event)
{
    const unsigned char *anchor = NULL, *tag = NULL;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return fault(r, event->start_mark, "an alias (*name) is not allowed here; write the value out");
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default: break;
    }
    if (anchor)
        return fault(r, event->start_mark, "an anchor (&name) is not allowed here");
    if (tag)
        return fault(r, event->start_mark, "a tag (!type) is not allowed here; the key decides the type");
    if (++r->nodes > YAML_NODE_LIMIT)
        return fault(r, event->start_mark, "more values than a configuration may have (20000)");
    return 0;
}

static int take_text(struct reader *r, const yaml_event_t *event, char **ret)
{
    const char *value = (const char *)event->data.scalar.value;
    const size_t len = event->data.scalar.length;

    if (memchr(value, '\0', len))
        return fault(r, event->start_mark, "a NUL character is not allowed");
    char *text = strndup(value, len);
    if (!text)
        return problem_set(r->p, -ENOMEM, PX_INTERNAL, "no memory");
    *ret = text;
    return 0;
}

static int read_node(struct reader *r, yaml_event_t *event, struct yaml_node *node, unsigned depth);

struct member {
    const struct yaml_node *node;
};

static int by_key(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = strcmp(x->node->key, y->node->key);

    return order ? order : (x->node > y->node) - (x->node < y->node);
}

static int check_duplicates(struct reader *r, const struct yaml_node *mapping)
{
    struct member *sorted = calloc(mapping->count + 1, sizeof *sorted);
    const struct yaml_node *twice = NULL;

    if (!sorted)
        return problem_set(r->p, -ENOMEM, PX_INTERNAL, "no memory");
    for (size_t i = 0; i < mapping->count; i++)
        sorted[i].node = &mapping->items[i];
    qsort(sorted, mapping->count, sizeof *sorted, by_key);
    for (size_t i = 1; i < mapping->count && !twice; i++) {
        if (strcmp(sorted[i - 1].node->key, sorted[i].node->key) == 0)
            twice = sorted[i].node;
    }
    free(sorted);
    if (!twice)
        return 0;
    (void)problem_set(r->p, -EINVAL, PX_CONFIG, "%s:%u:%u: the key `%s` stands here a second time", r->name,
                      twice->key_line, twice->key_column, twice->key);
    problem_next(r->p, "keep one of the two");
    return -EINVAL;
}

/* One key of a mapping; `event` is its scalar. */
static int read_key(struct reader *r, const yaml_event_t *event, struct yaml_node *item)
{
    if (event->type != YAML_SCALAR_EVENT)
        return fault(r, event->start_mark, "a key must be plain text");
    int e = check_event(r, event);
    if (e == 0)
        e = take_text(r, event, &item->key);
    if (e < 0 || !item->key)
        return e;
    item->key_line = (unsigned)event->start_mark.line + 1;
    item->key_column = (unsigned)event->start_mark.column + 1;
    if (strcmp(item->key, "<<") == 0)
        return fault(r, event->start_mark, "a merge key (<<) is not allowed here; write the values out");
    return 0;
}

/* The members of a mapping or the elements of a sequence, to its end event. */
static int read_items(struct reader *r, struct yaml_node *node, yaml_event_type_t end, unsigned depth)
{
    for (;;) {
        yaml_event_t event;
        int e = next_event(r, &event);
        if (e < 0)
            return e;
        if (event.type == end) {
            yaml_event_delete(&event);
            return node->kind == YAML_MAPPING ? check_duplicates(r, node) : 0;
        }
        struct yaml_node *item = add_item(r, node);
        e = item ? 0 : -ENOMEM;
        if (e == 0 && node->kind == YAML_MAPPING) {
            e = read_key(r, &event, item);
            if (e < 0 && !item->key)
                node->count--; /* a member always has a key */
            yaml_event_delete(&event);
            if (e == 0)
                e = next_event(r, &event);
            if (e < 0)
                return e;
        }
        if (e == 0)
            e = read_node(r, &event, item, depth);
        yaml_event_delete(&event);
        if (e < 0)
            return e;
    }
}

/* The node that `event` begins. */
static int read_node(struct reader *r, yaml_event_t *event, struct yaml_node *node, unsigned depth)
{
    int e = check_event(r, event);

    if (e < 0)
        return e;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    if (event->type == YAML_SCALAR_EVENT) {
        node->kind = YAML_SCALAR;
        node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        return take_text(r, event, &node->text);
    }
    if (depth == YAML_DEPTH_LIMIT)
        return fault(r, event->start_mark, "nested more than 16 levels deep");
    if (event->type == YAML_MAPPING_START_EVENT) {
        node->kind = YAML_MAPPING;
        return read_items(r, node, YAML_MAPPING_END_EVENT, depth + 1);
    }
    node->kind = YAML_SEQUENCE;
    return read_items(r, node, YAML_SEQUENCE_END_EVENT, depth + 1);
}

/* Stream and document around the one root node. */
static int read_stream(struct reader *r, struct yaml_node *root)
{
    bool seen = false, done = false;
    int e = 0;

    while (e == 0 && !done) {
        yaml_event_t event;
        if ((e = next_event(r, &event)) < 0)
            break;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT: break;
        case YAML_STREAM_END_EVENT: done = true; break;
        case YAML_DOCUMENT_START_EVENT:
            if (seen)
                e = fault(r, event.start_mark, "a second document (---) is not allowed");
            else if (event.data.document_start.tag_directives.start !=
                     event.data.document_start.tag_directives.end)
                e = fault(r, event.start_mark, "%TAG is not allowed");
            seen = true;
            break;
        default: e = read_node(r, &event, root, 0); break;
        }
        yaml_event_delete(&event);
    }
    return e;
}

int yaml_tree_read(const char *name, const char *text, size_t len, struct yaml_node **ret, struct problem *p)
{
    struct reader r = {.name = name, .p = p};

    if (len > YAML_TEXT_LIMIT)
        return problem_set(p, -EFBIG, PX_CONFIG, "%s: larger than a configuration may be (1 MiB)", name);
    if (!text_is_utf8(text, len))
        return fault(&r, mark_at(text, len, len), "not UTF-8");
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark says nothing here */
        text += 3;
        len -= 3;
    }
    struct yaml_node *root = calloc(1, sizeof *root);
    if (!root || !yaml_parser_initialize(&r.parser)) {
        free(root);
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    }
    r.text = text;
    r.len = len;
    root->kind = YAML_MAPPING;
    root->line = root->column = 1;
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
    int e = read_stream(&r, root);
    yaml_parser_delete(&r.parser);
    if (e < 0) {
        yaml_tree_free(root);
        return e;
    }
    *ret = root;
    return 0;
}
