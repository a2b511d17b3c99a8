# What the virtual machine is made of: Debian's kernel, and an initrd with busybox, udev, libfido2's tools and our programs.
# Sourced by `run`.

# fetch_kernel FOLDER: sets kernel_image, kernel_tree and kernel_version.
fetch_kernel() {
    local folder=$1 package
    # The metapackage is empty and its successor's name changes with every point release.
    package=$(newest_kernel)
    if [ -z "$package" ] && [ "$(id -u)" -eq 0 ]; then
        apt-get -qq update || true
        package=$(newest_kernel)
    fi
    [ -n "$package" ] || die "Debian's kernel package is not known here" "run: apt-get update"
    fetch_package "$folder" "$package"
    kernel_tree=$folder/$package
    kernel_version=$(ls "$kernel_tree/lib/modules")
    kernel_image=$kernel_tree/boot/vmlinuz-$kernel_version
    [ -e "$kernel_tree/lib/modules/$kernel_version/modules.dep" ] || /sbin/depmod -b "$kernel_tree" "$kernel_version"
}

# fetch_package FOLDER PACKAGE: FOLDER/PACKAGE, unpacked and not installed: a kernel would become this machine's, a server
# would start. Fetched once and kept under the build folder.
fetch_package() {
    local folder=$1 package=$2
    [ ! -e "$folder/$package/complete" ] || return 0
    say "Fetching $package"
    rm -rf "${folder:?}/$package" && mkdir -p "$folder/$package"
    (
        cd "$folder"
        apt-get -qq download "$package" 2>/dev/null || { apt-get -qq update && apt-get -qq download "$package"; }
        dpkg -x "$package"_*.deb "$package"
        rm -f "$package"_*.deb
    )
    touch "$folder/$package/complete"
}

newest_kernel() {
    apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1
}

# make_initrd FOLDER PROGRAMS GUEST: FOLDER/initrd.gz.
make_initrd() {
    local folder=$1 programs=$2 guest=$3 root program
    root=$(mktemp -d "$folder/root.XXXXXX")
    mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,root,etc,lib/udev/rules.d,usr/bin}
    cp /bin/busybox "$root/bin/"
    for program in $(/bin/busybox --list); do
        [ -e "$root/bin/$program" ] || ln -s busybox "$root/bin/$program"
    done
    printf 'root::0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\n' >"$root/etc/passwd"
    printf '%s\n' root:x:0: nogroup:x:65534: tty:x:5: disk:x:6: kmem:x:15: dialout:x:20: cdrom:x:24: tape:x:26: audio:x:29: video:x:44: \
        input:x:101: sgx:x:102: kvm:x:103: render:x:104: lp:x:7: plugdev:x:46: >"$root/etc/group"
    printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
    printf 'hosts: files\npasswd: files\ngroup: files\n' >"$root/etc/nsswitch.conf"

    add_modules "$root" uhid usbhid hid-generic dummy_hcd libcomposite usb_f_hid unix_diag virtio_pci 9pnet_virtio 9p
    for program in fob fobd fob-softkey signin; do
        add_program "$root" "$programs/$program" "/bin/$program"
    done
    for program in fido2-token fido2-cred fido2-assert ssh ssh-keygen udevadm; do
        add_program "$root" "$(command -v "$program")" "/usr/bin/$program"
    done
    # One program by two names: systemd's udev daemon.
    ln -sf /usr/bin/udevadm "$root/bin/systemd-udevd"
    add_program "$root" /usr/lib/openssh/ssh-sk-helper /usr/lib/openssh/ssh-sk-helper
    fetch_package "$folder" openssh-server
    add_program "$root" "$folder/openssh-server/usr/sbin/sshd" /usr/sbin/sshd
    add_program "$root" "$(ls /usr/lib/udev/fido_id /lib/udev/fido_id 2>/dev/null | head -n 1)" /lib/udev/fido_id
    for program in 50-udev-default 60-fido-id 70-uaccess; do
        cp "$(ls "/usr/lib/udev/rules.d/$program.rules" "/lib/udev/rules.d/$program.rules" 2>/dev/null | head -n 1)" "$root/lib/udev/rules.d/"
    done
    cp udev/70-fob-security-keys.rules "$root/lib/udev/rules.d/"
    cp "$guest"/* "$root/"
    # Node and the browser are too big to be packed: the guest runs them from this machine's own folders, read only.
    printf '%s\n' "$(realpath "$(command -v node)")" "$(realpath signin/tests/browser/key.mjs)" >"$root/browser"
    chmod 755 "$root/init"
    (cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$folder/initrd.gz"
    rm -rf "$root"
}

# add_program ROOT FROM TO: a program and every library it is linked with.
add_program() {
    local root=$1 from=$2 to=$3 library
    mkdir -p "$root$(dirname "$to")"
    cp -L "$from" "$root$to"
    for library in $(ldd "$from" 2>/dev/null | grep -o '/[^ ]*'); do
        [ -e "$root$library" ] && continue
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
}

# add_modules ROOT NAME...: kernel modules with those they need.
add_modules() {
    local root=$1 module
    shift
    for module in "$@"; do
        /sbin/modprobe -d "$kernel_tree" -S "$kernel_version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
    done | sort -u | while read -r module; do
        install -D -m 644 "$module" "$root/lib/modules/$kernel_version/${module#"$kernel_tree/lib/modules/$kernel_version/"}"
    done
    cp "$kernel_tree/lib/modules/$kernel_version"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$kernel_version/"
    /sbin/depmod -b "$root" "$kernel_version"
}
