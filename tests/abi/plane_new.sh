#!/bin/sh
# A plane as `proximo plane new` writes it: made, built against an installed tree by CMake and by pkg-config, its own test run,
# loaded by `proximo serve` with the lines that came with it, its tools called, its change applied and undone.
#   plane_new.sh BUILD_DIR
set -eu
build=$1
command -v jq >/dev/null || { echo "plane_new: no jq"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/proximo-kit-XXXXXX")
server=
end() {
    exec 3>&- 4>&- 5<&-
    [ -z "$server" ] || wait "$server" || true
    rm -rf "$work"
}
trap end EXIT
exec 3>/dev/null 4>/dev/null 5</dev/null
umask 022
fail() {
    echo "plane_new: $*"
    exit 1
}

cmake --install "$build" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; fail "cmake --install failed"; }
proximo=$work/prefix/bin/proximo

# refused WORDS ARGUMENTS: says these words, and has made nothing.
refused() {
    words=$1
    shift
    ! (cd "$work" && "$proximo" plane new "$@") >"$work/out" 2>&1 || fail "plane new $* was accepted"
    grep -q "PX-ARG: .*$words" "$work/out" || { cat "$work/out"; fail "plane new $* does not say \"$words\""; }
    for name in "" Upper 1st a-b a_b ../up all nodes; do
        [ -z "$name" ] || [ ! -e "$work/$name" ] || fail "plane new $* has made $name"
    done
}
for name in "" Upper 1st a-b a_b ../up anamethatisnotshortenoughbyfar; do refused 'is no name of a plane' "$name"; done
refused 'is a word of the build' all
refused 'there is a plane "nodes" already' nodes
mkdir "$work/there"
echo mine >"$work/there/plane.c"
refused 'exists already' mine --dir "$work/there"
[ "$(cat "$work/there/plane.c")" = mine ] || fail "a file in a folder that exists was written over"
refused 'cannot be written' mine --dir "$work/none/mine"

(cd "$work" && "$proximo" plane new mine >"$work/out")
grep -q 'cmake -S . -B build' "$work/out" || fail "plane new does not say what comes next"
! grep -r '@[A-Z]*@' "$work/mine" || fail "a mark was not filled in"
plane=$work/mine
# make_and_test FOLDER WORDS...: nothing is warned of, its test passes, and it fails when the plane is wrong.
make_and_test() {
    folder=$1
    shift
    cmake -S "$plane" -B "$folder" -DCMAKE_C_FLAGS=-Werror "$@" >"$work/log" 2>&1 && cmake --build "$folder" >>"$work/log" 2>&1 &&
        ctest --test-dir "$folder" --output-on-failure >>"$work/log" 2>&1 || { cat "$work/log"; fail "the new plane does not build or its test fails"; }
}
make_and_test "$plane/build" -DCMAKE_PREFIX_PATH="$work/prefix"
grep -q '^proximo_DIR:PATH=/' "$plane/build/CMakeCache.txt" || fail "the CMake package was not what it was built with"
pc=$(find "$work/prefix" -name proximo-plane.pc)
PKG_CONFIG_PATH=$(dirname "$pc") make_and_test "$work/by-pc" -DCMAKE_DISABLE_FIND_PACKAGE_proximo=ON
cp -r "$plane" "$work/wrong"
sed 's/"before.0:/"before.1:/' "$plane/plane.c" >"$work/wrong/plane.c"
rm -rf "$work/wrong/build"
cmake -S "$work/wrong" -B "$work/wrong/build" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null && cmake --build "$work/wrong/build" >/dev/null
! ctest --test-dir "$work/wrong/build" >/dev/null 2>&1 || fail "the test of a new plane does not see a wrong way back"

# Against the simulator, which ends when its input does.
mkfifo "$work/hold" "$work/to" "$work/from"
"$work/prefix/bin/proximo-sim" --seed demo --exit-on-eof --state-dir "$work/sim" <"$work/hold" >"$work/ready" 2>"$work/errors" &
exec 3>"$work/hold"
tries=0
until jq -e .url "$work/ready" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "the simulator did not start"
    sleep 0.05
done
{
    printf 'mode: guarded\nstate_dir: %s\nsites:\n  lab:\n' "$work/state"
    jq -r '"    url: \"\(.url | sub("/api2/.*"; ""))\"\n    fingerprint: \"\(.fingerprint)\"\n    token_file: \"\(.tokens.root)\""' "$work/ready"
    cat "$plane/proximo.yaml"
} >"$work/proximo.yaml"
chmod 600 "$work/proximo.yaml"
"$proximo" planes list --config "$work/proximo.yaml" >"$work/out" || { cat "$work/out"; fail "planes list failed"; }
grep -q '^mine *loaded' "$work/out" || { cat "$work/out"; fail "the plane is not loaded"; }

"$proximo" serve --config "$work/proximo.yaml" --surface full <"$work/to" >"$work/from" 2>"$work/errors" &
server=$!
exec 4>"$work/to" 5<"$work/from"
id=0
# request METHOD PARAMS: the answer in $line.
request() {
    id=$((id + 1))
    printf '{"jsonrpc":"2.0","id":%d,"method":"%s","params":%s}\n' $id "$1" "$2" >&4
    while read -r line <&5; do
        if printf '%s\n' "$line" | jq -e --argjson id $id '.id == $id' >/dev/null; then return 0; fi
    done
    fail "no answer to $1"
}
# tool NAME ARGUMENTS FILTER: calls it; the structured answer must be so.
tool() {
    request tools/call "{\"name\":\"$1\",\"arguments\":$2}"
    answer=$(printf '%s\n' "$line" | jq -c '.result.structuredContent')
    printf '%s\n' "$answer" | jq -e "$3" >/dev/null || fail "$1 $2: not so: $3 in $answer"
}
echo_of() { printf '%s\n' "$answer" | jq -c '{plan_id, action, subject}'; }
comment() { tool mine_pool "{\"poolid\":\"$pool\"}" "[.. | .comment? // empty] | $1"; }

request initialize '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}'
printf '{"jsonrpc":"2.0","method":"notifications/initialized"}\n' >&4
tool mine_pool '{"poolid":"nosuch"}' '.error.code == "PX-NOT-FOUND"'
pool=web
comment 'length == 1 and .[0] != "new words"'
before=$(printf '%s\n' "$answer" | jq -c '[.. | .comment? // empty]')
tool mine_pool_comment "{\"poolid\":\"$pool\",\"comment\":\"new words\"}" '.action == "mine.comment" and .subject == "pool/'$pool'"'
tool proximo_apply "$(echo_of)" '.outcome == "ok"'
receipt=$(printf '%s\n' "$answer" | jq -r .receipt)
comment '. == ["new words"]'
tool proximo_undo "{\"receipt\":\"$receipt\"}" '.plan_id != null'
tool proximo_apply "$(echo_of)" '.outcome == "ok"'
comment ". == $before"
exec 4>&-
wait "$server" || fail "serve ended with $?"
server=
echo "plane_new: made, built, tested, loaded, changed and undone"
