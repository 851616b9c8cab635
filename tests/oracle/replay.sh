#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# replay.sh ORACLE-REPLAY [options]: replays the shared recordings; exit 77 (skip) where there are none.
set -eu
program=$1
shift
file=${PROXIMO_SHARED:-$PROXIMO_TEST_SOURCE_DIR/../shared}/oracle/pve-answers-a.jsonl
if [ ! -r "$file" ]; then
    echo "the recorded answers are not here (set PROXIMO_SHARED): skipped"
    exit 77
fi
exec "$program" "$@" --verbose "$file"
