#!/bin/sh
# Installs MCP Inspector into .cache/inspector (once) and runs inspector.mjs in one era.
#   run.sh PROJECT_ROOT PROXIMO ERA
# Ends with 77 (skipped) when node or npm is missing.
set -eu
root=$1
proximo=$2
era=$3
part=inspector least=22
. "$root/tests/clients/modules.sh"
# Some hundreds of short runs of one program: compiled once, not each time.
export NODE_COMPILE_CACHE="$modules/compiled"
"$node" "$root/tests/inspector/inspector.mjs" "$modules" "$proximo" "$era"
