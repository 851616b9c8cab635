/* SPDX-License-Identifier: Apache-2.0 */
/* Questions over many: all paths of one principal, all principals at one path. */
#include <errno.h>
#include <stdlib.h>

#include "inner.h"

int acl_dump(struct acl_asker *asker, const char *who,
             int (*each)(void *user, const char *path, const struct acl_answer *answer), void *user)
{
    const struct acl_model *model = asker->model;

    for (uint32_t i = 0; i < model->paths.count; i++) {
        struct acl_answer answer;
        int r = acl_permissions(asker, who, model->paths.text[i], &answer);

        if (r == 0)
            r = each(user, model->paths.text[i], &answer);
        if (r < 0)
            return r;
    }
    return 0;
}

int acl_who_can(struct acl_asker *asker, const char *privilege, const char *path, struct acl_holder **ret,
                uint32_t *ret_count, uint32_t *ret_unknown)
{
    const struct acl_model *model = asker->model;
    const uint32_t bit = acl_privilege(model, privilege);
    struct acl_holder *list = calloc((size_t)model->ids.count + 1, sizeof(*list));
    /* Users that were not read may hold it, and so may members of groups that were not. */
    uint32_t count = 0, unknown = model->unknown & (ACL_PART_USERS | ACL_PART_GROUPS | ACL_PART_ACL);
    int r = list ? 0 : -ENOMEM;

    levels_of(model, path, &asker->levels);
    for (uint32_t i = 0; r == 0 && i < model->ids.count; i++) {
        struct acl_answer answer;
        uint32_t holds;

        r = answer_at(asker, i, path, false, &answer);
        if (r != 0)
            break;
        holds = acl_holds(&answer, bit);
        unknown |= answer.unknown;
        if (holds == ACL_NO)
            continue;
        list[count++] = (struct acl_holder){.who = model->ids.text[i],
                                            .holds = holds,
                                            .propagates = acl_has(&answer.propagates, bit),
                                            .listed = model->principal[i].listed};
    }
    if (r != 0) {
        free(list);
        return r;
    }
    *ret = list;
    *ret_count = count;
    *ret_unknown = unknown;
    return 0;
}
