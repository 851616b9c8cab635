/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cloud-init. The member "cloudinit" of a guest's entry is what its drive says: the options as they were when
 * it was written last. Without the member the drive says what the configuration says.
 */
#ifndef PROXIMO_SIM_CLOUDINIT_H
#define PROXIMO_SIM_CLOUDINIT_H

#include "sim.h"

/* Writes the drive anew, where there is one. */
void sim_cloudinit_write(struct json_object *entry);
/* Before options change: remembers what the drive says. */
void sim_cloudinit_keep(struct json_object *entry);
/* After they changed: a new drive says nothing yet. */
void sim_cloudinit_changed(struct json_object *entry);

#endif
