/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON validator and the parser behind it: what the validator accepts json-c reads; what was read is
 * written as JSON that is accepted again and reads the same; a fault lies within the text.
 */
#include "fuzz.h"

#include <string.h>

#include "base/json.h"
#include "base/json_check.h"
#include "base/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};
    CLEANUP_BUF struct buf once = BUF_INIT((size_t)16 << 20);
    CLEANUP_BUF struct buf twice = BUF_INIT((size_t)16 << 20);
    CLEANUP_JSON struct json_object *first = NULL;
    CLEANUP_JSON struct json_object *second = NULL;
    struct json_object *found;

    int r = json_check(&check, text, size);
    PROMISE((r == 0) == (check.fault == JSON_FAULT_NONE));
    PROMISE(check.offset <= size);
    PROMISE((json_parse(text, size, &first, NULL) == 0) == (r == 0));
    if (r < 0)
        return 0;
    json_put_value(&once, first);
    PROMISE(buf_ok(&once));
    PROMISE(json_parse(once.data, once.len, &second, NULL) == 0);
    json_put_value(&twice, second);
    PROMISE(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    PROMISE(selector_find("", first, &found) == 0);
    (void)selector_find("/params[name=x]/0/a", first, &found);
    return 0;
}
