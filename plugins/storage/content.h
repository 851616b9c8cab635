/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the topics content and backups. */
#ifndef PROXIMO_STORAGE_CONTENT_H
#define PROXIMO_STORAGE_CONTENT_H

#include "volumes.h"

int32_t storage_read_content(void *instance, struct proximo_call *call);
int32_t storage_read_backups(void *instance, struct proximo_call *call);
int32_t storage_read_freshness(void *instance, struct proximo_call *call);
int32_t storage_read_backup_files(void *instance, struct proximo_call *call);

int32_t storage_plan_download(void *instance, struct proximo_call *call);
int32_t storage_undo_download(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t storage_plan_content_delete(void *instance, struct proximo_call *call);
int32_t storage_plan_backup_delete(void *instance, struct proximo_call *call);
int32_t storage_plan_volume_set(void *instance, struct proximo_call *call);

int32_t storage_blast_volume(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t storage_blast_backup(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#define VOLUME_SCHEMA                                                                                        \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"volume\"},\"volid\":{\"type\":\"string\"},"  \
    "\"node\":{\"type\":\"string\"}},\"required\":[\"kind\",\"volid\"]}"
#define VOLID_PARAM                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "volid", .format = "volid", .api_name = "volume",             \
          .flags = PROXIMO_PARAM_REQUIRED,                                                                   \
          .description = "Volume id as pve_storage_content lists it: storage:name.")

#endif
