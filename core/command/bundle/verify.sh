#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks an exported ledger with standard tools alone. README.txt says what each part shows.
#   sh verify.sh [KEY]      KEY: the ledger's public key (NAME+ID+BASE64) as its owner gave it to you
# Ends with 0: good; 1: not good; 2: this machine lacks a tool.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")"

for tool in awk cmp cut grep mktemp openssl paste sed sha256sum split tail tr xargs xxd; do
    command -v "$tool" >/dev/null || { echo "verify.sh: $tool is needed" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

bad() {
    echo "NOT GOOD: $*" >&2
    exit 1
}

# from_base64 TEXT: as hexadecimal digits. There is one way to write some bytes: others are refused, as nothing.
from_base64() {
    digits=$(printf '%s' "$1" | openssl base64 -d -A | xxd -p -c 128)
    [ "$(printf '%s' "$digits" | xxd -r -p | openssl base64 -A)" != "$1" ] || printf '%s' "$digits"
}

# hash_blocks SIZE: lines of hexadecimal digits, SIZE bytes each, become the lines of their SHA-256.
hash_blocks() {
    mkdir "$work/chunks"
    split -a 9 -l 10000 - "$work/chunks/"
    for chunk in "$work/chunks"/*; do
        [ -f "$chunk" ] || continue
        mkdir "$work/blocks"
        xxd -r -p "$chunk" | split -a 9 -b "$1" - "$work/blocks/"
        (cd "$work/blocks" && printf '%s\n' * | xargs sha256sum) | cut -c1-64
        rm -rf "$work/blocks"
    done
    rm -rf "$work/chunks"
}

# ---- 1. The files are those that were exported. (Whoever forges a file can forge this list as well: the rest does
# not believe it.)
sha256sum -c SHA256SUMS >/dev/null 2>&1 || bad "a file differs from SHA256SUMS"

# ---- 2. The key: its text, its number, its other form
key=$(cat key.txt)
[ $# -eq 0 ] || [ "$1" = "$key" ] || bad "the key of this bundle is not the one that you gave"
name=${key%%+*}
rest=${key#*+}
id=${rest%%+*}
public=$(from_base64 "${rest#*+}") # 01, which is Ed25519, and 32 bytes
case $public in 01*) ;; *) bad "key.txt is no key for Ed25519" ;; esac
[ ${#public} -eq 66 ] || bad "key.txt is no key for Ed25519"
number=$({ printf '%s\n' "$name"; printf '%s' "$public" | xxd -r -p; } | sha256sum | cut -c1-8)
[ "$number" = "$id" ] || bad "the number in key.txt does not belong to the key"
[ "$(openssl pkey -pubin -in key.pem -outform DER | xxd -p -c 64)" = "302a300506032b6570032100${public#01}" ] ||
    bad "key.pem is another key than key.txt"

# ---- 3. The checkpoint: a text of three lines, an empty line, and a signature of this text by this key
sed '/^$/,$d' checkpoint.txt >"$work/text"
[ "$(awk 'END { print NR }' "$work/text")" -eq 3 ] || bad "the checkpoint has not three lines"
[ "$(sed -n 1p "$work/text")" = "$name" ] || bad "the checkpoint is of another ledger"
size=$(sed -n 2p "$work/text")
root=$(from_base64 "$(sed -n 3p "$work/text")")
case $size in '' | *[!0-9]* | 0*) bad "the checkpoint's second line is no number of records" ;; esac
dash=$(printf '\342\200\224')
signature=$(sed '1,/^$/d' checkpoint.txt | grep -F -- "$dash $name " | head -n 1)
signature=$(from_base64 "${signature#"$dash $name "}")
[ ${#signature} -eq 136 ] || bad "the checkpoint is not signed by this key"
case $signature in "$id"*) ;; *) bad "the checkpoint is not signed by this key" ;; esac
printf '%s' "${signature#"$id"}" | xxd -r -p >"$work/signature"
openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in "$work/text" -sigfile "$work/signature" >/dev/null 2>&1 ||
    bad "the signature of the checkpoint is wrong"

# ---- 4. The records: P is a line up to ,"leaf". From each: what it says, and SHA-256(0x00, P)
mkdir "$work/leaf"
: >"$work/leaves"
flush() {
    (cd "$work/leaf" && printf '%s\n' * | xargs sha256sum) | cut -c1-64 >>"$work/leaves"
    rm -rf "$work/leaf"
    mkdir "$work/leaf"
}
count=0
segments=0
before=
for file in segments/audit.log.[0-9]* segments/audit.log; do
    [ -f "$file" ] || continue
    segments=$((segments + 1))
    tr -d '\000' <"$file" | cmp -s - "$file" || bad "$file has NUL bytes"
    [ ! -s "$file" ] || [ "$(tail -c 1 "$file" | xxd -p)" = 0a ] || bad "the last line of $file is incomplete"
    # the first record of a segment names the file before it, seals included
    if [ -n "$before" ] && [ -s "$file" ]; then
        head -n 1 "$file" | grep -F '"kind":"segment-start"' |
            grep -qF "\"sha256\":\"$(sha256sum <"$before" | cut -c1-64)\"" || bad "$before is not the file that $file follows"
    fi
    before=$file
    while IFS= read -r line; do
        count=$((count + 1))
        p=${line%,\"leaf\":*}
        stated=${line#"$p"}
        [ ${#stated} -eq 222 ] || bad "record $count is no record"
        case $p in "{\"v\":1,\"seq\":$count,"*) ;; *) bad "record $count is missing, or is no record" ;; esac
        printf '\0%s' "$p" >"$work/leaf/$((1000000000 + count))"
        prev=${p#*\"prev\":\"}
        leaf=${stated#,\"leaf\":\"}
        hash=${leaf#*,\"hash\":\"}
        mac=${hash#*,\"mac\":\"}
        prev=${prev%%\"*} leaf=${leaf%%\"*} hash=${hash%%\"*} mac=${mac%%\"*}
        [ "$stated" = ",\"leaf\":\"$leaf\",\"hash\":\"$hash\",\"mac\":\"$mac\"}" ] || bad "record $count is no record"
        printf '%s %s %s %s %s\n' "$count" "$prev" "$leaf" "$hash" "$mac" >&3
        [ $((count % 10000)) -ne 0 ] || flush
    done <"$file"
done 3>"$work/stated"
[ $((count % 10000)) -eq 0 ] || flush
[ "$count" -ge "$size" ] || bad "the checkpoint covers $size records, and $count are here"

wrong=$(paste -d ' ' "$work/stated" "$work/leaves" | awk '$3 != $6 { print $1; exit }')
[ -z "$wrong" ] || bad "record $wrong was changed: its leaf is wrong"

# ---- 5. The chain: each record names the hash of the one before, and
# hash = SHA-256("proximo/ledger/v1/hash", 0x00, prev, leaf, mac)
wrong=$(awk 'BEGIN { last = sprintf("%064d", 0) } $2 != last { print $1; exit } { last = $4 }' "$work/stated")
[ -z "$wrong" ] || bad "record $wrong does not follow the one before it"
label=70726f78696d6f2f6c65646765722f76312f6861736800
awk -v label="$label" '{ print label $2 $3 $5 }' "$work/stated" | hash_blocks 119 >"$work/hashes"
wrong=$(paste -d ' ' "$work/stated" "$work/hashes" | awk '$4 != $6 { print $1; exit }')
[ -z "$wrong" ] || bad "record $wrong was changed: its hash is wrong"

# ---- 6. The tree over the first SIZE leaves: pairs become SHA-256(0x01, left, right), one without a partner moves up
sed "${size}q" "$work/leaves" >"$work/level"
left=$size
while [ "$left" -gt 1 ]; do
    awk 'NR % 2 { first = $0; next } { print "01" first $0 }' "$work/level" | hash_blocks 65 >"$work/next"
    [ $((left % 2)) -eq 0 ] || tail -n 1 "$work/level" >>"$work/next"
    mv "$work/next" "$work/level"
    left=$(((left + 1) / 2))
done
[ "$(cat "$work/level")" = "$root" ] || bad "the records do not make the tree that was signed"

echo "good: $count records in $segments file(s); the first $size of them are in the tree that $name signed"
[ "$count" -eq "$size" ] || echo "the last $((count - size)), after that checkpoint, hang together by the chain of hashes alone"
[ $# -gt 0 ] || echo "compare with the key that the ledger's owner gave you: $key"
