#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# acl_judge.sh ORACLE-ACL: every file of recorded access-control cases; exit 77 (skip) where there are none.
set -eu
program=$1
none=1
for file in "${PROXIMO_SHARED:-$PROXIMO_TEST_SOURCE_DIR/../shared}"/oracle/acl-cases-*.jsonl; do
    [ -r "$file" ] || continue
    none=0
    "$program" "$file"
done
if [ "$none" = 1 ]; then
    echo "the recorded access-control cases are not here (set PROXIMO_SHARED): skipped"
    exit 77
fi
