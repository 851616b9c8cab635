#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --json on every command that tells something; what fails is JSON with code, cause and next step as well. And what people
# are shown: `proximo` alone in twelve lines, no escape sequences, whatever names Proxmox gives. Argument: the build folder.
set -eu
program=$1/proximo
work=$(mktemp -d "${TMPDIR:-/tmp}/proximo-json-XXXXXX")
trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config
fail() {
    echo "json: $*"
    exit 1
}

# Those without: a server and what it starts, what asks a person, what writes a file, and what prints a format of its own.
without='serve|init|approve|consent add|keys approver|audit escrow|audit export|audit prove|plane new|help|completion'
"$program" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)\( [A-Z[].*\)*  .*/\1/p' | sed 's/ *$//' >"$work/commands"
[ "$(wc -l <"$work/commands")" -gt 30 ] || fail "the help lists too few commands"
while read -r command; do
    # shellcheck disable=SC2086
    if "$program" help $command | grep -q '^  --json '; then
        echo "$command" | grep -qxE "$without" && fail "$command has --json and is listed as one without"
    else
        echo "$command" | grep -qxE "$without" || fail "$command has no --json"
    fi
done <"$work/commands"

is_json() { perl -MJSON::PP -0777 -ne 'decode_json($_)' "$1" 2>/dev/null; }
mkdir -p "$work/config/proximo"
printf 'mode: read\nstate_dir: %s/state\n' "$work" >"$work/good.yaml"
for words in version 'config keys' "config check $work/good.yaml" "config show --config $work/good.yaml" 'explain' 'explain PX-ARG' \
    "plans --config $work/good.yaml" "freeze --config $work/good.yaml" "thaw --config $work/good.yaml" \
    "lease show --config $work/good.yaml" "lease end --config $work/good.yaml" "doubt list --config $work/good.yaml" \
    "planes list --config $work/good.yaml" "audit verify --config $work/good.yaml" "audit head --config $work/good.yaml" \
    'client-config claude-desktop'; do
    # shellcheck disable=SC2086
    "$program" $words --json >"$work/out" 2>"$work/err" || fail "$words: $(cat "$work/err")"
    is_json "$work/out" || fail "$words: no JSON: $(head -c 200 "$work/out")"
done
for words in nosuch "plans --config $work/none" "config check $work/none" 'explain nosuch' "plan show x --config $work/good.yaml" \
    "audit verify --nosuch" "doubt close x --config $work/good.yaml"; do
    # shellcheck disable=SC2086
    "$program" $words --json >"$work/out" 2>/dev/null && fail "$words is no failure"
    is_json "$work/out" || fail "$words: no JSON: $(head -c 200 "$work/out")"
    for member in code cause next; do
        grep -q "\"$member\":\"." "$work/out" || fail "$words: no $member: $(cat "$work/out")"
    done
done

# A terminal, by script(1): twelve lines at most, none longer than 80, no escape sequence there or on a pipe.
if command -v script >/dev/null; then
    script -qec "$program" /dev/null </dev/null >"$work/out" 2>&1 || true
    tr -d '\r' <"$work/out" >"$work/text"
    [ "$(wc -l <"$work/text")" -le 12 ] || fail "proximo says more than twelve lines at a terminal"
    awk 'length($0) > 80 { exit 1 }' "$work/text" || fail "a line is longer than 80"
    for word in 'serve --demo' init doctor client-config; do
        grep -q -- "$word" "$work/text" || fail "proximo alone does not name $word"
    done
fi
for words in --help plans "plans --config $work/good.yaml" "doctor --config $work/good.yaml"; do
    # shellcheck disable=SC2086
    "$program" $words >"$work/out" 2>&1 || true
    grep -q "$(printf '\033')" "$work/out" && fail "$words prints escape sequences"
done
echo "all commands print JSON, or need not"
