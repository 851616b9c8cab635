/* SPDX-License-Identifier: Apache-2.0 */
/* The stored hashes of the tree. */
#include "ledger/tree_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define HASH         32
#define MOST_AT_ONCE MERKLE_LEVELS /* a leaf completes at most one subtree of each level */

int tree_file_open(const char *path, bool writable, struct tree_file *ret)
{
    const int flags = writable ? O_RDWR | O_CREAT : O_RDONLY;
    CLEANUP_FD int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    ret->fd = fd;
    ret->writable = writable;
    ret->pending_count = 0;
    fd = -1;
    return 0;
}

static int write_at(int fd, const unsigned char *bytes, size_t len, off_t offset)
{
    while (len) {
        ssize_t n = pwrite(fd, bytes, len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        bytes += n;
        len -= (size_t)n;
        offset += n;
    }
    return 0;
}

int tree_file_flush(struct tree_file *file)
{
    const size_t len = file->pending_count * HASH;

    file->pending_count = 0;
    return len ? write_at(file->fd, file->pending[0], len, (off_t)(file->pending_at * HASH)) : 0;
}

void tree_file_close(struct tree_file *file)
{
    if (file->fd >= 0)
        (void)tree_file_flush(file);
    fd_close(&file->fd);
}

/* Where a hash stands; -EOVERFLOW: in no file. */
static int offset_of(unsigned level, uint64_t index, off_t *ret)
{
    if (level >= MERKLE_LEVELS || index >= (uint64_t)1 << (56 - (level < 56 ? level : 56)))
        return -EOVERFLOW;
    *ret = (off_t)(merkle_stored_index(level, index) * HASH);
    return 0;
}

int tree_file_read(void *file, unsigned level, uint64_t index, unsigned char ret[32])
{
    struct tree_file *tree = file;
    unsigned char hash[HASH];
    off_t offset = 0;
    size_t have = 0;

    int r = offset_of(level, index, &offset);
    if (r == 0)
        r = tree_file_flush(tree);
    if (r < 0)
        return r;
    while (have < HASH) {
        ssize_t n = pread(tree->fd, hash + have, HASH - have, offset + (off_t)have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        have += (size_t)n;
    }
    memcpy(ret, hash, HASH);
    return 0;
}

int tree_file_edge(struct tree_file *file, uint64_t size, struct merkle *ret)
{
    struct stat st;

    int r = tree_file_flush(file);
    if (r < 0 || fstat(file->fd, &st) < 0)
        return r < 0 ? r : -errno;
    if (size > (uint64_t)st.st_size / HASH || merkle_stored_count(size) > (uint64_t)st.st_size / HASH)
        return -ENODATA;
    return merkle_edge(size, tree_file_read, file, ret);
}

/* What one leaf makes stands in one run of the file, behind what the one before made. */
struct made {
    size_t count;
    unsigned char hashes[MOST_AT_ONCE][HASH];
};

static int keep(void *arg, unsigned level, uint64_t index, const unsigned char hash[32])
{
    struct made *made = arg;

    (void)level, (void)index;
    if (made->count == MOST_AT_ONCE)
        return -EOVERFLOW;
    memcpy(made->hashes[made->count++], hash, HASH);
    return 0;
}

static int put(struct tree_file *file, const struct made *made, uint64_t at)
{
    int r = 0;

    if (!file->writable)
        return -EBADF;
    if (file->pending_count + made->count > TREE_FILE_PENDING || file->pending_at + file->pending_count != at)
        r = tree_file_flush(file);
    if (r < 0)
        return r;
    if (file->pending_count == 0)
        file->pending_at = at;
    memcpy(file->pending[file->pending_count], made->hashes, made->count * HASH);
    file->pending_count += made->count;
    return 0;
}

int tree_file_add(struct tree_file *file, const struct merkle_hasher *hasher, struct merkle *tree,
                  const unsigned char leaf[32])
{
    struct merkle next = *tree;
    struct made made;
    off_t offset = 0;

    made.count = 0;
    int r = offset_of(0, tree->size, &offset);
    if (r == 0)
        r = merkle_add(hasher, &next, leaf, keep, &made);
    if (r == 0)
        r = put(file, &made, merkle_stored_index(0, tree->size));
    if (r == 0)
        *tree = next;
    return r;
}
