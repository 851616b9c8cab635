#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Changes an exported ledger as a forger without its keys could, SHA256SUMS made anew.
#   forge.sh FOLDER WHAT [OTHER]      OTHER: the exported ledger of somebody else
set -eu
LC_ALL=C
export LC_ALL
cd "$1"
first=segments/audit.log.000001
second=segments/audit.log.000002
live=segments/audit.log

# The newest record, behind the checkpoint, with another `prev`; leaf and hash fit it.
another_prev() {
    line=$(tail -n 1 $live)
    zeros=$(printf '%064d' 0)
    p=$(printf '%s' "${line%,\"leaf\":*}" | sed 's/"prev":"[0-9a-f]*"/"prev":"'"$zeros"'"/')
    mac=${line##*\"mac\":\"}
    mac=${mac%%\"*}
    leaf=$(printf '\0%s' "$p" | sha256sum | cut -c1-64)
    hash=$({ printf 'proximo/ledger/v1/hash\0'; printf '%s' "$zeros$leaf$mac" | xxd -r -p; } | sha256sum | cut -c1-64)
    sed -i '$d' $live
    printf '%s,"leaf":"%s","hash":"%s","mac":"%s"}\n' "$p" "$leaf" "$hash" "$mac" >>$live
}

case $2 in
list) ;;
record-cut) sed -i 3d $first ;;
record-moved) sed -i '3{h;d};4{G}' $first ;;
record-twice) sed -i 3p $first ;;
newest-missing) rm $live ;;
oldest-missing) rm $first ;;
files-exchanged) mv $first a && mv $second $first && mv a $second ;;
torn) printf x >>$live ;;
nul-behind) printf '\0' >>$first ;;
nul-within) sed -i '1s/,/,\x00/' $live ;;
another-prev) another_prev ;;
another-ledger) rm segments/* && cp "$3"/segments/* segments ;;
note-line-cut) sed -i 2d checkpoint.txt ;;
note-size) sed -i '2s/.*/3/' checkpoint.txt ;;
note-no-text) sed -i '1,/^$/d' checkpoint.txt ;;
another-note) cp "$3/checkpoint.txt" checkpoint.txt ;;
another-key) cp "$3/key.txt" "$3/key.pem" . ;;
*) echo "forge.sh: $2?" >&2 && exit 2 ;;
esac
list=$(find . -type f ! -name SHA256SUMS | sed 's,^\./,,' | xargs sha256sum)
printf '%s\n' "$list" >SHA256SUMS
