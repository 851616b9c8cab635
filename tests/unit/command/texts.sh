#!/bin/sh
# Manual pages and completions have every command and every option that --help knows, and their readers take them.
#   texts.sh BUILD_DIR
set -eu
build=$1
texts=$build/packaging/texts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "texts: $*"
    exit 1
}

# The page as plain words: troff's escapes of - taken away.
sed 's/\\-/-/g' "$texts/proximo.1" >"$work/page"
sed 's/\\-/-/g' "$texts/proximo-sim.1" >"$work/sim-page"

# Commands: the lines of --help with two blanks before a name. What stands behind a name in capitals are its words.
"$build/proximo" --help | sed -n 's/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)\{0,1\}\)\( *\[*[A-Z_]*\]*\)\{0,1\}  .*/\1/p' | sed 's/ *$//' >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 30 ] || fail "--help lists too few commands"
options=0
while read -r command; do
    # from this command's head to the next head
    awk -v head=".SS proximo $command" '
        /^\.S[SH] / { inside = ($0 == head || index($0, head " ") == 1) && !found; if (inside) found = 1 }
        inside { print }' "$work/page" >"$work/section"
    [ -s "$work/section" ] || fail "proximo.1 does not have \"$command\""
    for word in $command; do
        for shell in proximo _proximo proximo.fish; do
            grep -q -e "[ ('=]$word[ :;')]" -e "[ ('=]$word\$" "$texts/$shell" || fail "$shell does not have \"$word\""
        done
    done
    # shellcheck disable=SC2086
    for option in $("$build/proximo" help $command | sed -n 's/^  \(--[a-z-]*\) .*/\1/p'); do
        [ "$option" = --help ] && continue
        options=$((options + 1))
        grep -q -e "^.B $option\$" -e "^.B $option " "$work/section" || fail "proximo.1 has no $option of \"$command\""
        grep "^    '$command') list='" "$texts/proximo" | grep -q -e "[ ']$option " || fail "bash has no $option of \"$command\""
        grep "^    '$command') list=(" "$texts/_proximo" | grep -q -e "'$option:" || fail "zsh has no $option of \"$command\""
        grep -q -e "seen_subcommand_from ${command##* }' -l ${option#--} " "$texts/proximo.fish" || fail "fish has no $option of \"$command\""
    done
done <"$work/commands"
[ "$options" -ge 60 ] || fail "only $options options were looked for"

"$build/proximo-sim" --help | grep -o -e '--[a-z][a-z-]*' | sort -u >"$work/sim-options"
while read -r option; do
    grep -q -e "$option" "$work/sim-page" || fail "proximo-sim.1 has no $option"
done <"$work/sim-options"

# What is hidden is nobody's to type.
! grep -q plane-host "$texts"/* || fail "plane-host is shown"

# bash is always there and completes for real; the others look at their file where they are installed.
complete() {
    bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _proximo; echo "${COMPREPLY[*]}"' "$texts/proximo" "$@"
}
[ "$(complete proximo doc)" = doctor ] || fail "bash: doc"
[ "$(complete proximo audit ver)" = verify ] || fail "bash: audit ver"
[ "$(complete proximo serve --mode '')" = "read guarded" ] || fail "bash: serve --mode"
[ "$(complete proximo serve --su)" = --surface ] || fail "bash: serve --su"
[ "$(complete proximo planes inspect "$texts/proximo.f")" = "$texts/proximo.fish" ] || fail "bash: a file"
for shell in zsh fish; do
    command -v $shell >/dev/null 2>&1 || continue
    file=$texts/proximo.fish
    [ $shell = fish ] || file=$texts/_proximo
    HOME=$work $shell -n "$file" || fail "$shell does not read its file"
done
if command -v man >/dev/null 2>&1 && command -v groff >/dev/null 2>&1; then
    for page in proximo proximo-sim; do
        LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$texts/$page.1" 2>"$work/warnings" >/dev/null
        [ ! -s "$work/warnings" ] || fail "$page.1: $(head -3 "$work/warnings")"
    done
fi
echo "texts: $(wc -l <"$work/commands") commands and $options options are in the page and the completions"
