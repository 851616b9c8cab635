#!/bin/sh
# What the built files are linked with and what they export.
#   binaries.sh BUILD_DIR
set -eu
build=$1
bad=0
finding() {
    echo "$*"
    bad=1
}

# needed FILE: the shared objects that it names.
needed() {
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p'
}
# only FILE LIBRARY...: fails for any other; libc's own parts and the compiler's are always fine.
only() {
    file=$1
    shift
    for library in $(needed "$file"); do
        case $library in
        libc.so.* | libm.so.* | libgcc_s.so.* | ld-linux*.so.*) continue ;;
        esac
        name=${library%%.so*}
        case " $* " in
        *" $name "*) ;;
        *) finding "$file: linked with $library; allowed: libc $*" ;;
        esac
    done
}
# exports FILE SYMBOL: exactly that one.
exports() {
    symbols=$(nm -D --defined-only "$1" | awk '{ print $NF }' | tr '\n' ' ')
    [ "$symbols" = "$2 " ] || finding "$1: exports '$symbols', not '$2' alone"
}

# The start pays for these only: everything heavy comes with a module, later.
only "$build/proximo" libjson-c libyaml libyaml-0 libseccomp
only "$build/proximo-a2a" libjson-c libyaml libyaml-0 libseccomp libmicrohttpd libcrypto
for plane in "$build"/planes/*.so; do
    [ -f "$plane" ] || finding "$build/planes: no plane"
    case ${plane##*/} in
    exec.so) only "$plane" libjson-c libssh2 libcrypto ;;
    *) only "$plane" libjson-c ;;
    esac
    exports "$plane" proximo_plane_0
done
for module in http crypto; do
    exports "$build/proximo-$module.so" "proximo_module_$module"
done
case " $(needed "$build/proximo-http.so" | tr '\n' ' ')" in
*" libcurl."*) ;;
*) finding "$build/proximo-http.so: not linked with libcurl" ;;
esac

# Hardening that a package must not lose.
for file in "$build/proximo" "$build/proximo-a2a" "$build/proximo-http.so" "$build"/planes/*.so; do
    readelf -lW "$file" | grep -q GNU_RELRO || finding "$file: no RELRO"
    readelf -dW "$file" | grep -q -e BIND_NOW -e 'FLAGS.*NOW' || finding "$file: symbols are bound lazily"
    ! readelf -lW "$file" | grep GNU_STACK | grep -q E || finding "$file: executable stack"
done
for file in "$build/proximo" "$build/proximo-a2a"; do
    readelf -hW "$file" | grep -q 'Type:.*DYN' || finding "$file: not position independent"
done

# The switch that lets sanitizers live in a plane host must not be in a build that ships (core/plane/sandbox.c refuses to
# compile with it when NDEBUG is set).
if grep -q PROXIMO_LOOSE_SANDBOX "$build/compile_commands.json"; then
    finding "$build: compiled with PROXIMO_LOOSE_SANDBOX"
fi
if nm "$build/proximo" | grep -q -e __asan_ -e __tsan_ -e __ubsan_; then
    finding "$build/proximo: holds a sanitizer"
fi
if ! grep -q -e '-DNDEBUG' "$build/compile_commands.json"; then
    finding "$build: not compiled with NDEBUG, on which the check of the sandbox rests"
fi

[ $bad -eq 0 ] && echo "binaries: as they should be"
exit $bad
