#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The SDK as a plane's author meets it: installed into a fresh prefix, the example built out of tree by CMake and by pkg-config,
# each loaded by `proximo planes inspect`. Arguments: source folder, build folder.
set -eu
source=$1
build=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/proximo-sdk-XXXXXX")
trap 'rm -rf "$work"' EXIT
umask 022

cmake --install "$build" --prefix "$work/prefix" --component sdk >/dev/null
cp -r "$source/docs/examples/plane-hello" "$work/hello"

check() {
    "$build/proximo" planes inspect "$1" --json >"$work/manifest.json"
    for word in '"name":"hello"' '"hello_nodes"' '"hello_version"' '"sha256":"'; do
        grep -q "$word" "$work/manifest.json" || { echo "$1: no $word in the manifest"; exit 1; }
    done
    "$build/proximo" planes inspect "$1" | grep -q 'hello_version (read function' || { echo "$1: not shown"; exit 1; }
    echo "ok: $2"
}

cmake -S "$work/hello" -B "$work/by-cmake" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$work/by-cmake" >/dev/null
check "$work/by-cmake/hello.so" "CMake package"

pc=$(find "$work/prefix" -name proximo-plane.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
make -s -C "$work/hello" CFLAGS='-O2 -Wall -Wextra -Wpedantic -Werror'
check "$work/hello/hello.so" "pkg-config and make"

for variable in planedir abi_major abi_minor; do
    value=$(pkg-config --variable=$variable proximo-plane)
    [ -n "$value" ] || { echo "proximo-plane.pc has no $variable"; exit 1; }
    echo "$variable = $value"
done
[ -z "$(pkg-config --libs proximo-plane | tr -d ' ')" ] || { echo "a plane links nothing of proximo"; exit 1; }
make -s -C "$work/hello" install DESTDIR="$work/stage"
[ -f "$work/stage$(pkg-config --variable=planedir proximo-plane)/hello.so" ] || { echo "make install went elsewhere"; exit 1; }
