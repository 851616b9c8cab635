#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/verify.md: every test that it names is one, every script and program that it runs is there. Arguments: source, build.
set -eu
page=$1/docs/verify.md
tests=$(ctest --test-dir "$2" -N | sed -n 's/^ *Test *#[0-9]*: //p')
status=0
count=0
for pattern in $(grep -o "\-R '[^']*'" "$page" | sed "s/^-R '//; s/'\$//; s/\\\\|/|/g"); do
    # each alternative by itself: one that is gone must not hide behind the others
    for name in $(echo "$pattern" | sed 's/[()]//g; s/|/ /g'); do
        count=$((count + 1))
        prefix=${name#^}
        case $name in
        *\$ | *[!-]) exact=$(echo "$prefix" | sed 's/\$$//'); echo "$tests" | grep -qx -- "$exact.*" || { echo "verify: no test $exact"; status=1; } ;;
        *) echo "$tests" | grep -q -- "^$prefix" || { echo "verify: no test begins with $prefix"; status=1; } ;;
        esac
    done
done
[ $count -gt 15 ] || { echo "verify: only $count tests are named"; status=1; }
for file in $(grep -o '`\./scripts/[a-z]*' "$page" | tr -d '`' | sort -u); do
    [ -x "$1/$file" ] || { echo "verify: no $file"; status=1; }
done
for link in $(grep -o '](docs/verify.md)' "$1/README.md" | head -1); do
    link=found
done
[ "${link-}" = found ] || { echo "verify: README does not lead here"; status=1; }
exit $status
