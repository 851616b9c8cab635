#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What README tells a newcomer to do, by an ordinary user with nothing but the packages and a shell: a simulated cluster,
# `proximo init`, `proximo doctor`, the block for a client, and over the client's own road a first change and its undo.
set -eu
cd ~
fail() {
    echo "newcomer: $*"
    exit 1
}
proximo-sim --state-dir ~/sim >~/sim.json 2>~/sim.log &
sim=$!
trap 'kill $sim' EXIT
tries=0
until grep -q '"port"' ~/sim.json; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "the simulator does not start: $(cat ~/sim.log)"
    sleep 0.1
done
url=https://127.0.0.1:$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' ~/sim.json)

# Name, kind, address, how its identity is known, is this its fingerprint, token file, node, mode, planes.
if ! printf '%s\n' home pve "$url" fingerprint '' yes "$HOME/sim/root.token" '' guarded '' | proximo init >~/init.log 2>&1; then
    cat ~/init.log
    fail "proximo init"
fi
proximo doctor >~/doctor.log 2>&1 || { cat ~/doctor.log; fail "proximo doctor is not content"; }
for client in claude claude-desktop cursor vscode; do
    proximo client-config $client 2>/dev/null | grep -q /usr/bin/proximo || fail "client-config $client"
done

# One call of a tool over standard input and output, as a client makes it; what it answers. The input stays open until then:
# a server whose input ends is asked to end.
call() {
    rm -f ~/in ~/out
    mkfifo ~/in
    proximo serve <~/in >~/out 2>>~/serve.log &
    server=$!
    exec 3>~/in
    printf '%s\n' \
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"newcomer","version":"1"}}}' \
        '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"$1\",\"arguments\":$2}}" >&3
    tries=0
    until grep -q '"id":2' ~/out || [ $tries -ge 300 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    exec 3>&-
    wait $server
    grep '"id":2' ~/out
}
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -1; }
expect() {
    case $1 in *"$2"*) ;; *) fail "no $2 in $1" ;; esac
}

answer=$(call proximo_read '{"tool":"pve_guest_status","arguments":{"vmid":"105"}}')
expect "$answer" '"status":"running"'
plan=$(call proximo_plan '{"tool":"pve_guest_config_set","arguments":{"vmid":"105","changes":{"description":"mine"}}}')
expect "$plan" '"plan_id"'
echo "$plan" >~/plan.json
apply() {
    call proximo_apply "{\"plan_id\":\"$(member plan_id <"$1")\",\"action\":\"$(member action <"$1")\",\"subject\":\"$(member subject <"$1")\"}"
}
applied=$(apply ~/plan.json)
expect "$applied" '"outcome":"ok"'
proximo plans >~/plans.log
grep -q done ~/plans.log || fail "proximo plans does not show it: $(cat ~/plans.log)"
receipt=$(echo "$applied" | member receipt)
back=$(call proximo_undo "{\"receipt\":\"$receipt\"}")
expect "$back" '"plan_id"'
echo "$back" >~/back.json
expect "$(apply ~/back.json)" '"outcome":"ok"'
proximo audit verify >~/verify.log 2>&1 || { cat ~/verify.log; fail "the ledger"; }
echo "newcomer: installed, asked, looked, changed and undone: $receipt"
