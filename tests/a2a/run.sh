#!/bin/sh
# The official JS SDK's client against proximo-a2a with a signed card, over the simulated cluster.
#   run.sh PROJECT_ROOT BUILD_DIR
# Ends with 77 (skipped) when node or npm is missing.
set -eu
root=$1
build=$2
part=a2a
. "$root/tests/clients/modules.sh"
exec "$node" "$root/tests/a2a/sdk.mjs" "$modules" "$build"
