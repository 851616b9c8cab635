/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and files: everything close-on-exec, nothing follows a symbolic link at its last element. */
#ifndef PROXIMO_BASE_FILE_H
#define PROXIMO_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct problem;

#define CLEANUP_FD   __attribute__((cleanup(fd_close)))
#define CLEANUP_FREE __attribute__((cleanup(file_free_ptr)))
void fd_close(int *fd);       /* closes if >= 0, sets -1, keeps errno */
void file_free_ptr(void *pp); /* free(*(void **)pp) */

int fd_write_all(int fd, const void *bytes, size_t len); /* 0 or -errno; EINTR is handled */
int fd_read_all(int fd, struct buf *out);                /* to the end of file; -EFBIG over out's limit */
int file_read(const char *path, struct buf *out);        /* regular file; 0 or -errno */
/* Opens a file that holds a secret: regular, owned by root or the running user, no access for group or
 * others, no symbolic link. *ret_fd is the caller's. PX-SECRET-FILE with the chmod line that mends it. */
int file_open_secret(const char *path, int *ret_fd, struct problem *p);
/* Writes path by a temporary file in the same folder, fsync, rename, fsync of the folder. 0 or -errno. */
int file_write_atomic(const char *path, const void *bytes, size_t len, mode_t mode);
/* Makes the entry of path durable: fsync of the folder that it is in. 0 or -errno. */
int file_sync_folder(const char *path);
int file_make_dirs(const char *path, mode_t mode); /* like mkdir -p */
/* `~/` at the start becomes the home folder ($HOME, else passwd). malloc'd; NULL without memory. */
char *file_expand_home(const char *path);
/* Folder of the running executable, without a slash at its end; NULL when unknown. Valid for the process's
 * life. */
const char *file_program_dir(void);

#endif
