#!/bin/sh
# `cmake --install` to a temporary prefix gives a program that runs from there, finds its planes and says what it is.
#   install.sh BUILD_DIR
set -eu
build=$1
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
fail() {
    echo "install: $*"
    exit 1
}

cmake --install "$build" --prefix "$prefix" >"$prefix/log" 2>&1 || {
    cat "$prefix/log"
    fail "cmake --install failed"
}
for file in bin/proximo bin/proximo-a2a bin/proximo-sim include/proximo/plane.h; do
    [ -f "$prefix/$file" ] || fail "$file was not installed"
done
# Nothing of the user's own configuration may decide here.
run() {
    env -i PATH=/usr/bin:/bin HOME="$prefix/home" XDG_CONFIG_HOME="$prefix/home/.config" LC_ALL=C \
        "$prefix/bin/proximo" "$@"
}
mkdir -p "$prefix/home"
run --help >"$prefix/help" || fail "--help ended with $?"
grep -q serve "$prefix/help" || fail "--help does not name serve"
run planes list >"$prefix/planes" 2>"$prefix/errors" || {
    cat "$prefix/planes" "$prefix/errors"
    fail "planes list ended with an error"
}
for plane in nodes guests; do
    if ! grep -q "^$plane *loaded" "$prefix/planes" || ! grep -q "$prefix/.*/$plane.so" "$prefix/planes"; then
        cat "$prefix/planes" "$prefix/errors"
        fail "$plane is not loaded from the prefix"
    fi
done
! run nosuchword >"$prefix/out" 2>&1 </dev/null || fail "an unknown word was accepted"
# The build tree must not be needed: no path of it in what was installed, but for what debuggers read.
find "$prefix/bin" "$prefix"/lib* -type f >"$prefix/files"
while IFS= read -r file; do
    case $file in
    */proximo | */proximo-a2a | */proximo-sim | *.so) objcopy --strip-debug "$file" "$prefix/stripped" ;;
    *) cp "$file" "$prefix/stripped" ;;
    esac
    if grep -q -a -F -e "$build" "$prefix/stripped"; then
        fail "${file#"$prefix"/} names the build folder"
    fi
done <"$prefix/files"
echo "install: bin, planes and header are in place and run"
