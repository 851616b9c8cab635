#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# plane.h compiles alone as C99, C11 and C++11 with gcc and clang, without a warning. Arguments: source folder.
set -eu
source=$1
status=0
tried=0
for compiler in gcc clang g++ clang++; do
    if ! command -v "$compiler" >/dev/null; then
        echo "not here: $compiler"
        continue
    fi
    case $compiler in
        *++) language=c++ standards="c++11 c++17" more="" ;;
        *) language=c standards="c99 c11 c17" more="-Wstrict-prototypes" ;;
    esac
    for standard in $standards; do
        tried=$((tried + 1))
        # shellcheck disable=SC2086
        if "$compiler" -x $language -std=$standard -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror $more \
            -I "$source/core/include" "$source/tests/abi/header.c"; then
            echo "ok: $compiler -std=$standard"
        else
            echo "FAILED: $compiler -std=$standard"
            status=1
        fi
    done
done
[ "$tried" -gt 0 ] || { echo "no compiler to try"; exit 77; }
exit $status
