#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The Debian packages as they ship: made twice with the same bytes, lintian clean, with the files, owners and dependencies
# that they should have, and a bill of materials that names all they link. Arguments: source folder, build folder (release).
set -eu
source=$1
build=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/proximo-packages-XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() {
    echo "packages: $*"
    exit 1
}
for tool in cpack dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || { echo "packages: $tool is not there; not run"; exit 77; }
done

make_packages() {
    (umask 022 && cd "$build" && env "$2" "$3" cpack -G DEB -B "$1" >"$1.log" 2>&1) || { cat "$1.log"; fail "cpack failed"; }
    rm -rf "$1/_CPack_Packages"
}
make_packages "$work/first" TZ=UTC LANG=C
make_packages "$work/second" TZ=Pacific/Auckland LANG=C.UTF-8
for name in proximo proximo-a2a proximo-plane-dev proximo-sim; do
    first=$(ls "$work/first/${name}_"*.deb)
    cmp "$first" "$work/second/$(basename "$first")" || fail "$name is not the same twice"
    dpkg-deb -c "$first" | grep -v ' root/root ' && fail "$name has files that are not root's"
    dpkg-deb -c "$first" | grep -E '^-..(s|.{5}[wx]..w|.{4}w)' && fail "$name has files with odd modes"
    for file in copyright changelog.Debian.gz; do
        dpkg-deb -c "$first" | grep " ./usr/share/doc/$name/$file\$" >/dev/null || fail "$name has no $file"
    done
done
[ "$(ls "$work"/first/*.deb | wc -l)" = 4 ] || fail "there are other packages than four"

has() {
    package=$1
    shift
    dpkg-deb -c "$(ls "$work/first/${package}_"*.deb)" >"$work/list"
    for file in "$@"; do
        grep -q " ./usr/$file\$" "$work/list" || fail "$package has no /usr/$file"
    done
}
has proximo bin/proximo lib/proximo/modules/proximo-http.so lib/proximo/modules/proximo-crypto.so share/man/man1/proximo.1.gz \
    share/bash-completion/completions/proximo share/zsh/vendor-completions/_proximo \
    share/fish/vendor_completions.d/proximo.fish share/doc/proximo/examples/proximo.yaml share/doc/proximo/proximo.spdx.json
for plane in "$build"/planes/*.so; do
    case $plane in *-*) continue ;; esac
    has proximo "lib/proximo/planes/$(basename "$plane")"
done
has proximo-a2a bin/proximo-a2a share/man/man1/proximo-a2a.1.gz
has proximo-sim bin/proximo-sim share/man/man1/proximo-sim.1.gz
has proximo-plane-dev include/proximo/plane.h share/pkgconfig/proximo-plane.pc share/cmake/proximo/proximoConfig.cmake

field() {
    dpkg-deb -f "$(ls "$work/first/${1}_"*.deb)" "$2"
}
for library in libcurl4 libjson-c5 libssh2-1 libssl3 libyaml-0-2 libseccomp2 libc6; do
    field proximo Depends | grep -q "$library" || fail "proximo does not depend on $library"
done
version=$(field proximo Version)
field proximo-a2a Depends | grep -qF "proximo (= $version)" || fail "proximo-a2a does not depend on its proximo"
[ "$(field proximo-plane-dev Architecture)" = all ] || fail "proximo-plane-dev is for one machine only"

dpkg-deb -x "$(ls "$work"/first/proximo_*.deb)" "$work/root"
doc=$work/root/usr/share/doc/proximo
for object in "$work"/root/usr/bin/* "$work"/root/usr/lib/proximo/*/*.so; do
    readelf -S "$object" | grep -q '\.debug_info' && fail "$object is not stripped"
    readelf -p .comment -p .rodata "$object" 2>/dev/null | grep -F "$(dirname "$(dirname "$build")")/core" &&
        fail "$object says where it was built"
    for library in $(readelf -d "$object" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        grep -q "\"name\": \"$library\"" "$doc/proximo.spdx.json" || fail "the bill of materials does not name $library"
    done
done
perl -MJSON::PP -0777 -e 'my $d = decode_json(<STDIN>);
    die "not SPDX 2.3\n" unless $d->{spdxVersion} eq "SPDX-2.3" && $d->{dataLicense} eq "CC0-1.0" && $d->{SPDXID} eq "SPDXRef-DOCUMENT";
    die "no created\n" unless $d->{creationInfo}{created} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ && @{$d->{creationInfo}{creators}};
    my %ids = map { $_->{SPDXID} => 1 } @{$d->{packages}};
    die "an id stands twice\n" unless keys %ids == @{$d->{packages}};
    for (@{$d->{packages}}) { my $p = $_; for (qw(name SPDXID versionInfo downloadLocation licenseDeclared)) { die "$p->{name}: no $_\n" unless length $p->{$_} } }
    for (@{$d->{relationships}}) { die "unknown $_->{relatedSpdxElement}\n" unless $ids{$_->{relatedSpdxElement}} }' \
    <"$doc/proximo.spdx.json" || fail "the bill of materials is not one"
"$build/proximo" config check "$doc/examples/proximo.yaml" >"$work/check" 2>&1 || { cat "$work/check"; fail "the example configuration is wrong"; }

# The registry entry says what is released: its version is the project's, its description is short enough to be taken.
perl -MJSON::PP -0777 -e 'my ($version) = @ARGV; my $s = decode_json(<STDIN>); die "server.json: another version\n" unless $s->{version} eq $version;
    die "server.json: the description is too long\n" if length $s->{description} > 100; die "server.json: odd name\n" unless $s->{name} =~ m{^[a-z.-]+/[a-z-]+$}' \
    "${version%-*}" <"$source/server.json" || fail "server.json"

if command -v lintian >/dev/null; then
    lintian --fail-on error,warning --tag-display-limit 0 "$work"/first/*.deb >"$work/lintian" 2>/dev/null ||
        { cat "$work/lintian"; fail "lintian has something to say"; }
    echo "lintian: clean"
else
    echo "lintian is not there: not run"
fi
echo "four packages, the same twice: $version"
