# SPDX-License-Identifier: Apache-2.0
# Part of scripts/demo: a container that really thrashes, for the plane exec. It is a process in namespaces of its own,
# which `pct` (tests/exec/pct) enters; where cgroups can be made it has one, and its memory is short too.
#   thrash_begin       starts it; $thrash says what it is, or $no_thrash why there is none
#   thrash_felt        waits until its pressure can be judged
#   thrash_end         ends it, and its cgroup
thrash='' no_thrash='' burner='' group=''

# A cgroup of our own below the root or below ours, wherever one can be made; $short when its memory has a limit.
thrash_group() {
    local top own
    short=false
    top=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    own=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null)
    [ -n "$top" ] || return 0
    for group in "$top/proximo-demo.$$" "$top${own%/}/proximo-demo.$$" ''; do
        if [ -n "$group" ] && mkdir "$group" 2>/dev/null; then break; fi
    done
    [ -n "$group" ] || return 0
    if ! [ -r "$group/cpu.pressure" ]; then
        rmdir "$group"
        group=''
    elif echo 64M 2>/dev/null >"$group/memory.max"; then
        echo 0 2>/dev/null >"$group/memory.swap.max" || true
        short=true
    fi
}

thrash_begin() {
    local i
    if ! command -v pkill >/dev/null || ! command -v ps >/dev/null || ! command -v nsenter >/dev/null; then
        no_thrash="pkill, ps or nsenter is not there (Debian: procps, util-linux)"
        return
    fi
    if ! unshare --user --map-root-user --mount --pid --uts --fork --kill-child --mount-proc true 2>/dev/null; then
        no_thrash="this machine lets us have no namespaces of our own (a container without them, or user namespaces are off)"
        return
    fi
    if ! [ -r /proc/pressure/cpu ]; then
        no_thrash="this kernel tells of no pressure (psi=1 on its command line, or it is older than 4.20)"
        return
    fi
    thrash_group
    # Process 1 of it sleeps. The warmers spin, two for each CPU and as nicely as can be; with a limit they also
    # hold more memory than there is.
    # It goes into its cgroup before it has children: those that are there stay where they are.
    # shellcheck disable=SC2016
    sh -c '[ -z "$1" ] || echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" nice -n 19 unshare --user --map-root-user --mount --pid --uts --fork --kill-child --mount-proc sh -c '
        ready=$1 group=$2 short=$3 count=$4
        hostname web-cache
        [ -z "$group" ] || mount --bind "$group" /sys/fs/cgroup 2>/dev/null || :
        [ "$short" = false ] || sh -c "while :; do head -c 60m /dev/zero | tail -c 60m >/dev/null; done" cache-warmer 2>/dev/null &
        while [ "$count" -gt 0 ]; do
            sh -c "while :; do :; done" cache-warmer &
            count=$((count - 1))
        done
        : >"$ready"
        exec sleep 300' sh "$folder/ready" "$group" "$short" "$((2 * $(nproc)))" </dev/null >/dev/null 2>&1 &
    burner=$!
    for i in $(seq 100); do
        if [ -e "$folder/ready" ]; then break; fi
        sleep 0.05
    done
    mkdir -p "$folder/bin" "$folder/containers"
    cp tests/exec/pct "$folder/bin/pct" && chmod 755 "$folder/bin/pct"
    tr -d ' \n' <"/proc/$burner/task/$burner/children" >"$folder/containers/105" 2>/dev/null || true
    if ! [ -e "$folder/ready" ] || ! [ -s "$folder/containers/105" ]; then
        no_thrash="the container did not start"
    elif $short; then
        thrash="in a cgroup with 64 MiB of memory, short of CPU time and of memory"
    elif [ -n "$group" ]; then
        thrash="in a cgroup of its own, short of CPU time; its memory has no limit here (no memory controller for us)"
    else
        thrash="short of CPU time; without a cgroup of its own (none can be made here) the pressure is the whole machine's"
    fi
}

# Until the pressure of the last minute is enough to be called one.
thrash_felt() {
    local i file=/proc/pressure/cpu
    [ -z "$group" ] || file=$group/cpu.pressure
    for i in $(seq 450); do
        if awk '/^some/ { sub("avg60=", "", $3); exit !($3 >= 30) }' "$file"; then return 0; fi
        sleep 0.1
    done
    return 1
}

thrash_end() {
    local i
    if [ -n "$burner" ]; then kill -KILL "$burner" 2>/dev/null || true; wait "$burner" 2>/dev/null || true; fi
    burner=''
    for i in $(seq 40); do
        if [ -z "$group" ] || rmdir "$group" 2>/dev/null; then break; fi
        sleep 0.05
    done
    group=''
}
