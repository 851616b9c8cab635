#!/bin/sh
# Installs the SDKs of package-lock.json into .cache/clients (once) and runs client.mjs (or SCRIPT) in one mode.
#   run.sh PROJECT_ROOT PROXIMO MODE [SCRIPT]
# Ends with 77 (skipped) when node or npm is missing.
set -eu
root=$1
proximo=$2
mode=$3
here=$root/tests/clients
. "$here/modules.sh"
exec "$node" "$here/${4-client.mjs}" "$modules" "$proximo" "$mode"
