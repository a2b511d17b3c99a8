# A small Debian with systemd, udev, D-Bus and user sessions, as a folder. Sourced by `package` and `desktop`.

# What is in it beside Debian's least. Changed, it is built afresh.
readonly system_packages=systemd,systemd-sysv,udev,dbus,dbus-user-session,libpam-systemd,polkitd,init-system-helpers,kmod,procps,python3-minimal,oathtool

# make_system FOLDER: sets system, a folder with a whole Debian that runs `checks.sh` from /share and turns itself off. Made
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
    rm -rf "$system"/usr/share/{doc,man,locale}/* "$system"/var/lib/apt/lists/* "$system"/var/cache/apt/*
    mkdir -p "$system/share"
    cat >"$system/etc/systemd/system/checks.service" <<'UNIT'
[Unit]
Description=The checks
After=basic.target dbus.service systemd-logind.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
# A container has the folder already, a virtual machine has it for the asking.
ExecStart=/bin/sh -c '[ -e /share/checks.sh ] || mount -t 9p -o trans=virtio,version=9p2000.L share /share; cd /share && sh ./checks.sh >out.txt 2>&1; echo $? >rc.txt; sync'

[Install]
WantedBy=multi-user.target
UNIT
    ln -s ../checks.service "$system/etc/systemd/system/multi-user.target.wants/checks.service"
    # What is of no use here and takes time, or asks somebody on the console.
    local unit
    for unit in proc-sys-fs-binfmt_misc.automount console-getty.service systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer \
        dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
        ln -sf /dev/null "$system/etc/systemd/system/$unit"
    done
    : >"$system/etc/fstab"
    echo 127.0.0.1 localhost >"$system/etc/hosts"
    chroot "$system" useradd --create-home --shell /bin/bash --uid 1000 ada
    chroot "$system" useradd --create-home --shell /bin/bash --uid 1001 eve
    echo "$release $system_packages" >"$folder/system.of"
}
