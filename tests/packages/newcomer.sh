#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A newcomer on a bare Debian of this machine's release: installs the packages with apt, and then does as ordinary user what
# newcomer_inside.sh says. Needs root, namespaces, mmdebstrap and the mirror that this machine's apt uses; says what is missing.
# Arguments: source folder, build folder (release). The bare system is kept in .cache/ for the next time.
set -eu
source=$1
build=$2
for tool in cpack dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || { echo "newcomer: $tool is not there; not run"; exit 77; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/proximo-newcomer-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
. /etc/os-release
(umask 022 && cd "$build" && cpack -G DEB -B "$work/packages" >"$work/log" 2>&1) || { cat "$work/log"; exit 1; }
mkdir -p "$work/root.files/packages"
cp "$work"/packages/*.deb "$source/tests/packages/newcomer_inside.sh" "$work/root.files/packages"
sources=$(find /etc/apt/sources.list /etc/apt/sources.list.d -type f \( -name '*.list' -o -name '*.sources' \) 2>/dev/null || true)

"$source/packaging/bare-debian" "$VERSION_CODENAME" "$work/root" '
if ! apt-get install -y -qq --no-install-recommends /packages/*.deb >/tmp/apt.log 2>&1; then
    apt-get update -qq >/dev/null 2>&1 || true
    apt-get install -y -qq --no-install-recommends /packages/*.deb >/tmp/apt.log 2>&1 || { tail -20 /tmp/apt.log; exit 1; }
fi
useradd --create-home ann
exec su - ann -c "sh /packages/newcomer_inside.sh"
' $sources
