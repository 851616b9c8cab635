#!/bin/sh
# A check that cannot fail checks nothing: a small tree with one fault of each kind must be refused by each of them.
#   checks_fail.sh HOUSE_DIR
set -eu
house=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/core/base" "$tree/core/mcp" "$tree/core/http" "$tree/plugins/x" "$tree/sim" "$tree/docs" "$tree/tests"
spdx='/* SPDX-License-Identifier: Apache-2.0 */'

good() { # a tree without faults
    printf '%s\nint server(void);\n' "$spdx" >"$tree/core/mcp/server.h"
    printf '%s\n#define PX_ARG "PX-ARG"\n' "$spdx" >"$tree/core/base/problem.h"
    printf '%s\nconst struct problem_row problem_table[] = {\n    {PX_ARG, "a"},\n};\n' "$spdx" >"$tree/core/base/problem_table.c"
    printf '%s\n#include "problem.h"\n/* atoi(x) in a comment */\nint n;\n' "$spdx" >"$tree/core/base/a.c"
    printf '%s\n#include <stdio.h>\n' "$spdx" >"$tree/plugins/x/plane.c"
    printf '%s\n#include <stdio.h>\n' "$spdx" >"$tree/sim/sim.c"
    printf '| code | cause | next |\n| --- | --- | --- |\n| `PX-ARG` | a | b |\n' >"$tree/docs/errors.md"
}
verdict() { # verdict CHECK WANT WHAT
    got=0
    perl "$house/source.pl" "$tree" "$1" >"$tree.out" 2>&1 || got=$?
    if [ "$got" -ne "$2" ]; then
        cat "$tree.out"
        rm -f "$tree.out"
        echo "checks_fail: $1 ended with $got, not $2: $3"
        exit 1
    fi
    rm -f "$tree.out"
}

for check in includes functions length licence words errors links; do
    good
    verdict $check 0 "nothing is wrong"
    case $check in
    includes)
        printf '%s\n#include "mcp/server.h"\n' "$spdx" >"$tree/core/base/a.c"
        verdict $check 1 "base includes mcp"
        good
        printf '%s\n#include "base/problem.h"\n' "$spdx" >"$tree/plugins/x/plane.c"
        verdict $check 1 "a plane includes base"
        good
        printf '%s\n#include "../core/base/problem.h"\n' "$spdx" >"$tree/sim/sim.c"
        verdict $check 1 "sim includes base"
        good
        printf '%s\n#include <curl/curl.h>\n' "$spdx" >"$tree/core/base/a.c"
        verdict $check 1 "base uses curl"
        ;;
    functions)
        printf '%s\nint f(char *s) { return atoi(s); }\n' "$spdx" >"$tree/core/base/a.c"
        verdict $check 1 "a banned call"
        ;;
    length)
        { echo "$spdx" && seq 700 | sed 's/.*/int x&;/'; } >"$tree/core/base/a.c"
        verdict $check 1 "a file of 700 lines"
        ;;
    licence)
        echo 'int n;' >"$tree/core/base/a.c"
        verdict $check 1 "no SPDX line"
        ;;
    words)
        echo "see /wor""k/x" >"$tree/docs/page.md"
        verdict $check 1 "a path of one machine"
        rm "$tree/docs/page.md"
        ;;
    links)
        echo 'see [this](nowhere.md)' >"$tree/docs/page.md"
        verdict $check 1 "a link that leads nowhere"
        rm "$tree/docs/page.md"
        ;;
    errors)
        printf '%s\n#define PX_ARG "PX-ARG"\n#define PX_NEW "PX-NEW"\n' "$spdx" >"$tree/core/base/problem.h"
        verdict $check 1 "a code without a row"
        ;;
    esac
done
echo "checks_fail: every check finds what it is for"
