#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A newcomer on a bare Debian of this machine's release: installs the packages with apt, and then does as ordinary user what
# newcomer_inside.sh says. Needs root, namespaces, mmdebstrap and the mirror that this machine's apt uses; says what is missing.
# Arguments: source folder, build folder (release). The bare system is kept in .cache/ for the next time.
set -eu
source=$1
build=$2
skip() {
    echo "newcomer: $*; not run"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "only root can make a bare Debian"
for tool in mmdebstrap cpack dpkg-shlibdeps pivot_root unshare; do
    command -v "$tool" >/dev/null || skip "$tool is not there"
done
unshare --mount --pid --fork true 2>/dev/null || skip "there are no namespaces here"

work=$(mktemp -d "${TMPDIR:-/tmp}/proximo-newcomer-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
. /etc/os-release
bare=$source/.cache/bare-$VERSION_CODENAME.tar
mkdir -p "$source/.cache"
if [ ! -f "$bare" ]; then
    sources=$(find /etc/apt/sources.list /etc/apt/sources.list.d -type f \( -name '*.list' -o -name '*.sources' \) 2>/dev/null || true)
    if ! mmdebstrap --quiet --variant=minbase --skip=cleanup/apt --format=tar "$VERSION_CODENAME" "$bare.new" $sources >"$work/log" 2>&1; then
        rm -f "$bare.new"
        tail -3 "$work/log"
        skip "the mirror of this machine's apt gave no bare $VERSION_CODENAME"
    fi
    mv "$bare.new" "$bare"
fi
(umask 022 && cd "$build" && cpack -G DEB -B "$work/packages" >"$work/log" 2>&1) || { cat "$work/log"; exit 1; }
mkdir "$work/root"
tar -C "$work/root" -xf "$bare"
mkdir "$work/root/packages"
cp "$work"/packages/*.deb "$source/tests/packages/newcomer_inside.sh" "$work/root/packages"
cp /etc/resolv.conf "$work/root/etc/resolv.conf"

# A root of its own rather than a chroot: in a chroot the kernel refuses the namespaces of the plane hosts.
exec unshare --mount --pid --fork sh -eu -c '
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mkdir -p old
pivot_root . old
mount -t proc proc /proc
for device in null zero random urandom; do
    [ -e /dev/$device ] || touch /dev/$device
    mount --bind /old/dev/$device /dev/$device
done
umount -l /old
if ! apt-get install -y -qq --no-install-recommends /packages/*.deb >/tmp/apt.log 2>&1; then
    apt-get update -qq >/dev/null 2>&1 || true
    apt-get install -y -qq --no-install-recommends /packages/*.deb >/tmp/apt.log 2>&1 || { tail -20 /tmp/apt.log; exit 1; }
fi
useradd --create-home ann
exec su - ann -c "sh /packages/newcomer_inside.sh"
' sh "$work/root"
