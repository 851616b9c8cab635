# SPDX-License-Identifier: Apache-2.0
# Part of scripts/demo: the plane exec with back end `local` beside the simulated cluster, and the container of thrash.sh.
echo "   Container 105 is a process in namespaces of its own, $thrash."
echo "   What the API says of it is simulated; what is measured inside is not."
thrash_felt || give_up "the container feels no pressure"
mkfifo "$folder/hold"
"${proximo%/*}/proximo-sim" --seed demo --exit-on-eof --state-dir "$folder/sim" <"$folder/hold" >"$folder/sim.ready" 2>"$errors" &
exec {hold}>"$folder/hold"
for ((i = 0; i < 200; i++)); do
    if jq -e .url "$folder/sim.ready" >/dev/null 2>&1; then break; fi
    sleep 0.05
done
jq -e .url "$folder/sim.ready" >/dev/null || give_up "the simulator did not start"
cat >"$folder/proximo.yaml" <<YAML
mode: guarded
state_dir: $folder/state
sites:
  demo:
    url: $(jq -r '.url | sub("/api2/.*"; "")' "$folder/sim.ready")
    fingerprint: "$(jq -r .fingerprint "$folder/sim.ready")"
    token_file: $(jq -r .tokens.root "$folder/sim.ready")
planes:
  nodes:
  guests:
  exec:
    programs: {pct: $folder/bin/pct}
    config: {backend: local, ct: [105]}
YAML
chmod 600 "$folder/proximo.yaml"
coproc INSIDE { exec "$proximo" serve --config "$folder/proximo.yaml" 2>"$errors"; }
server=$INSIDE_PID
exec {to}>&"${INSIDE[1]}" {from}<&"${INSIDE[0]}"
request initialize '{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"demo","version":"1"}}'
send '{"jsonrpc":"2.0","method":"notifications/initialized"}'

read_tool ct_diagnose '{"ctid":"105"}'
good "the diagnosis is an error"
holds '[.findings[] | select(.code == "IN-PSI-CPU" and .measured >= .threshold)] | length == 1' "the pressure was not found"
if $short; then holds '[.findings[] | select(.code == "IN-PSI-MEMORY" or .code == "CGROUP-OOM" or .code == "CGROUP-MEM")] | length >= 1' "the memory that is short was not found"; fi
jq -r '"   \(.says)"' <<<"$answer"
show_findings 5 '.code | startswith("IN-") or startswith("CGROUP-") or startswith("PROC-CPU")'

say "14. Who is it, and make it stop:            proximo_plan ct_exec {\"ctid\":\"105\",\"command\":[\"pkill\",\"-f\",\"cache-warmer\"]}"
tool proximo_plan '{"tool":"ct_exec","arguments":{"ctid":"105","command":["pkill","-f","cache-warmer"]}}'
good "the command could not be planned"
holds '.risk == "high" and .consent == "human" and .undo_point != null and (.steps[-1].command == "pct exec 105 -- pkill -f cache-warmer")' "the plan is not what it should be"
jq -r '.text' <<<"$answer" | sed 's/^/   | /'
stop=$(echo_of)
person=cancel
tool proximo_apply "$stop"
refused PX-CONSENT "a command ran without consent"
echo "   Without a person:"
show_refusal
person=guest/105
tool proximo_apply "$stop"
good "the apply was refused"
holds '.outcome == "ok" and .undo_point.taken == "yes"' "the command did not end well"
jq -r '"   With one: \(.outcome), exit status \(.steps[-1].output.exit_status); the undo point \(.undo_point.snapshot) was taken before"' <<<"$answer"
person=cancel
tool proximo_plan '{"tool":"ct_exec","arguments":{"ctid":"106","command":["id"]}}'
refused PX-TARGET "the allow-list did not hold"
echo "   In a container that the allow-list does not name:"
show_refusal

own_to=${INSIDE[1]} own_from=${INSIDE[0]}
exec {to}>&- {own_to}>&-
status=0
wait "$server" || status=$?
exec {from}<&- {own_from}<&-
[ $status -eq 0 ] || line="" give_up "the server ended with status $status"
