/* SPDX-License-Identifier: Apache-2.0 */
/* Whom it hurts when the side "before" of a view becomes its side "after". */
#ifndef PROXIMO_SDN_EFFECTS_H
#define PROXIMO_SDN_EFFECTS_H

#include "view.h"

/* Tells of every object that differs and of every guest on a VNet that is touched by it. now: false: it is an
 * edit, and all of it happens at the next apply. */
int32_t sdn_tell_effects(const struct sdn_view *view, bool now);
/* Is the VNet on this node, on one side? */
bool sdn_vnet_on_node(const struct sdn_view *view, const char *vnet, enum sdn_side side, const char *node);
/* Sets one object's side "after", which is taken over (NULL: it is not there); an object that is not known is
 * added. Texts are borrowed. */
int32_t sdn_view_set_after(struct sdn_view *view, enum sdn_sort sort, const char *id, const char *vnet,
                           struct json_object *after);
/* One object's edited side becomes "before", and what an edit makes of it "after"; of all others both sides
 * are the edited one. edit: {"option": value or null}, NULL: none. */
int32_t sdn_view_take_edit(struct sdn_view *view, enum sdn_sort sort, const char *id, const char *vnet,
                           uint32_t verb, struct json_object *edit);

#endif
