# What the checks have in common. Sourced by them; every check says what it found.
export DEBIAN_FRONTEND=noninteractive
failed=0
ok() { echo "ok      $1"; }
bad() { echo "FAILED  $1: $2"; failed=1; }
# check NAME COMMAND...: COMMAND ends well.
check() {
    name=$1
    shift
    if said=$("$@" 2>&1); then ok "$name"; else bad "$name" "$said"; fi
}
# expect NAME WANTED FOUND
expect() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "not '$2' but '$3'"; fi; }
# says NAME PATTERN COMMAND...: what COMMAND says fits the shell's pattern, at last after patience.
says() {
    name=$1 pattern=$2
    shift 2
    for _ in $(seq "$patience"); do
        said=$("$@" 2>&1)
        case $said in $pattern) ok "$name"; return ;; esac
        sleep 0.2
    done
    bad "$name" "$said"
}
# soon COMMAND...: it ends well, at last after patience.
soon() { for _ in $(seq "$patience"); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done; "$@"; }
# as PERSON COMMAND...: as somebody with a session.
as() {
    person=$1
    shift
    runuser -u "$person" -- env HOME="/home/$person" XDG_RUNTIME_DIR="/run/user/$(id -u "$person")" \
        DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$(id -u "$person")/bus" "$@"
}
ada() { as ada "$@"; }
# Fifths of a second that something may take.
patience=${patience:-50}
