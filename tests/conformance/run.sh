#!/bin/sh
# The official conformance suite's requirements of one revision against `proximo serve` with the plane of fixtures. The suite
# speaks HTTP only: it goes through bridge.mjs, and once more through ../shared/tools/mcp_stdio_http_bridge.mjs (or
# PROXIMO_SHARED) where that is.
#   run.sh PROJECT_ROOT PROXIMO PLANE REVISION [SCENARIO]     SCENARIO: that one only, with everything it says
#   run.sh PROJECT_ROOT PROXIMO PLANE line                    line.mjs with the same plane instead
# Ends with 0 when nothing that is scored failed, 1 otherwise, 77 (skipped) when node or npm is missing.
set -eu
root=$1
proximo=$2
plane=$3
revision=$4
scenario=${5-}
here=$root/tests/conformance
part=conformance least=22
. "$root/tests/clients/modules.sh"
suite=$modules/node_modules/@modelcontextprotocol/conformance/dist/index.js

work=$(mktemp -d)
bridge=
finish() {
    if [ -n "$bridge" ]; then
        kill "$bridge" 2>/dev/null || true
        wait "$bridge" 2>/dev/null || true
    fi
    bridge=
}
trap 'finish; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir "$work/home"
# No fixture asks the site anything; the program wants to have one.
(umask 077 && echo 'nobody@pve!none=00000000-0000-0000-0000-000000000000' >"$work/token")
cat >"$work/proximo.yaml" <<END
mode: read
surface: full
state_dir: $work/home/state
sites:
  nowhere: {url: "https://127.0.0.1:1", token_file: $work/token}
planes:
  conformance:
    file: $plane
    client_requests: true
END
server="env HOME=$work/home XDG_CONFIG_HOME=$work/home XDG_STATE_HOME=$work/home $proximo serve --config $work/proximo.yaml"

if [ "$revision" = line ]; then
    # shellcheck disable=SC2086 # the words of a command
    "$node" "$here/line.mjs" $server
    exit
fi

# The bridge at hand says where it listens; waits for that up to ten seconds.
listening() {
    for _ in $(seq 100); do
        url=$(grep -o 'http://127\.0\.0\.1:[0-9]*/mcp' "$work/said" | head -n 1 || true)
        [ -z "$url" ] || return 0
        kill -0 "$bridge" 2>/dev/null || break
        sleep 0.1
    done
    echo "conformance: the bridge does not listen"
    cat "$work/said"
    return 1
}

# through NAME COMMAND...: the suite, with that bridge in between
through() {
    name=$1
    shift
    : >"$work/said"
    "$@" >"$work/said" 2>&1 &
    bridge=$!
    listening || return 1
    result=0
    if [ -n "$scenario" ]; then
        "$node" "$suite" server --url "$url" --scenario "$scenario" --spec-version "$revision" || result=1
    else
        "$node" "$suite" server --url "$url" --requirements "$revision" -o "$work/$name" >"$work/$name.log" 2>&1 || result=1
        "$node" "$here/failed.mjs" "$work/$name"
        echo "== $revision through $name"
        sed -n '/=== SUMMARY ===/,$p' "$work/$name.log"
    fi
    finish
    # What the server said to stderr goes through the bridge; a crash or a sanitizer would stand there.
    grep -v '^http://\|^bridge: http' "$work/said" | tail -n 20 || true
    return "$result"
}

worst=0
# shellcheck disable=SC2086 # the words of a command
through bridge.mjs "$node" "$here/bridge.mjs" $server || worst=1
other=${PROXIMO_SHARED-$root/../shared}/tools/mcp_stdio_http_bridge.mjs
if [ -f "$other" ]; then
    port=$("$node" -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
    # shellcheck disable=SC2086
    through mcp_stdio_http_bridge.mjs "$node" "$other" --port "$port" -- $server || worst=1
else
    echo "conformance: no ../shared and no PROXIMO_SHARED: not run through the shared bridge as well"
fi
exit "$worst"
