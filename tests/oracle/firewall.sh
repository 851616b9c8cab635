#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firewall.sh ORACLE-FIREWALL [options]: evaluates the shared firewall cases; exit 77 (skip) where there are none.
set -eu
program=$1
shift
file=${PROXIMO_SHARED:-$PROXIMO_TEST_SOURCE_DIR/../shared}/oracle/firewall-cases-a.jsonl
if [ ! -r "$file" ]; then
    echo "the firewall cases are not here (set PROXIMO_SHARED): skipped"
    exit 77
fi
exec "$program" "$@" "$file"
