# A small Debian with systemd, udev, D-Bus and user sessions, as a folder. Sourced by `package`.

# What is in it beside Debian's least. Changed, it is built afresh.
readonly system_packages=systemd,systemd-sysv,udev,dbus,dbus-user-session,libpam-systemd,init-system-helpers,procps,python3-minimal,oathtool

# make_system FOLDER: sets system, a folder with a whole Debian that runs `guest.sh` from /share and turns itself off. Made
# once and kept under the build folder: nothing that happens in it is kept.
make_system() {
    local folder=$1 release
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    system=$folder/system
    [ "$(cat "$folder/system.of" 2>/dev/null)" != "$release $system_packages" ] || return 0
    say "Building a small Debian ($release)"
    rm -rf "$system" "$folder/system.of"
    mmdebstrap --quiet --variant=minbase --include="$system_packages" "$release" "$system" >"$folder/system.txt" 2>&1 </dev/null ||
        { tail -n 20 "$folder/system.txt" >&2; die "mmdebstrap could not build it (its last lines are above)"; }
    cat >"$system/etc/systemd/system/checks.service" <<'UNIT'
[Unit]
Description=The checks
After=basic.target systemd-logind.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cd /share && sh ./guest.sh >out.txt 2>&1; echo $? >rc.txt'

[Install]
WantedBy=multi-user.target
UNIT
    ln -s ../checks.service "$system/etc/systemd/system/multi-user.target.wants/checks.service"
    ln -sf /dev/null "$system/etc/systemd/system/proc-sys-fs-binfmt_misc.automount"
    # Nobody is asked anything on its console.
    ln -sf /dev/null "$system/etc/systemd/system/console-getty.service"
    echo "$release $system_packages" >"$folder/system.of"
}
