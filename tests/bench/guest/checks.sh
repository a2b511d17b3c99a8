# The checks themselves. Each prints "ok NAME" or "FAILED: NAME" with what was said; the first failure ends the run.

PIN=8462
PASSWORD='a password of ada lovelace 1843'
SERVER=http://localhost:8080

check() {
    name=$1
    shift
    if said=$("$@" 2>&1); then
        echo "ok $name"
    else
        echo "FAILED: $name: $said"
        tail -n 20 /tmp/*.log
        exit 1
    fi
}

# until_it COMMAND...: tries again for as long as a slow, emulated machine may take.
until_it() {
    for _ in $(seq 300); do
        "$@" >/tmp/until 2>&1 && return 0
        sleep 0.1
    done
    cat /tmp/until
    return 1
}

says() {
    wanted=$1
    shift
    "$@" 2>&1 | grep -q "$wanted"
}

node() { [ -e /dev/hidraw0 ]; }
no_node() { [ ! -e /dev/hidraw0 ]; }

# pinned COMMAND...: the PIN on descriptor 7, the password on descriptor 8. Files in the guest's memory, not named pipes: a
# shell that waits for a pipe's other end gives up when one of its children ends meanwhile.
printf '%s' "$PIN" >/tmp/pin
printf '%s' "$PASSWORD" >/tmp/password
pinned() { "$@" 7</tmp/pin 8</tmp/password; }

libfido2_registers_and_signs_in() {
    # Client data hash, RP ID, user name, user id: what fido2-cred reads.
    printf 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\nbench.example\nada\nYWRh\n' >/tmp/made.in
    fido2-cred -M -i /tmp/made.in -o /tmp/made.out /dev/hidraw0 || return 1
    fido2-cred -V -i /tmp/made.out -o /tmp/credential || return 1
    { printf 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\nbench.example\n'; head -n 1 /tmp/credential; } >/tmp/asked.in
    tail -n +2 /tmp/credential >/tmp/key.pem
    fido2-assert -G -i /tmp/asked.in -o /tmp/asked.out /dev/hidraw0 || return 1
    fido2-assert -V -i /tmp/asked.out /tmp/key.pem es256
}

# openssh_signs TYPE: a key of this type, a signature by it, and OpenSSH's own verdict on that.
openssh_signs() {
    rm -f /tmp/id /tmp/id.pub /tmp/text.sig
    echo "signed by a security key" >/tmp/text
    ssh-keygen -q -t "$1" -N '' -f /tmp/id </dev/null || return 1
    ssh-keygen -q -Y sign -f /tmp/id -n file /tmp/text </dev/null || return 1
    echo "ada $(cat /tmp/id.pub)" >/tmp/allowed
    ssh-keygen -Y verify -f /tmp/allowed -I ada -n file -s /tmp/text.sig </tmp/text || return 1
    # The same signature under another text is none.
    ! echo "something else" | ssh-keygen -Y verify -f /tmp/allowed -I ada -n file -s /tmp/text.sig
}

# openssh_signs_in TYPE: OpenSSH's client proves such a key to OpenSSH's server, which takes nothing else.
openssh_signs_in() {
    rm -f /tmp/id /tmp/id.pub
    ssh-keygen -q -t "$1" -N '' -f /tmp/id </dev/null || return 1
    cp /tmp/id.pub /tmp/authorized_keys
    said=$(to_ssh_server /tmp/id echo signed in) || { echo "$said"; return 1; }
    [ "$said" = "signed in" ] || return 1
    # A stranger's key is turned away.
    rm -f /tmp/other /tmp/other.pub
    ssh-keygen -q -t "$1" -N '' -f /tmp/other </dev/null || return 1
    ! to_ssh_server /tmp/other true
}

to_ssh_server() {
    identity=$1
    shift
    ssh -F none -i "$identity" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p 2222 root@127.0.0.1 "$@" </dev/null
}

ssh_server() {
    mkdir -p /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f /tmp/host </dev/null || return 1
    /usr/sbin/sshd -f /dev/null -h /tmp/host -p 2222 -E /tmp/sshd.log -o ListenAddress=127.0.0.1 -o UsePAM=no \
        -o AuthenticationMethods=publickey -o AuthorizedKeysFile=/tmp/authorized_keys -o StrictModes=no -o PidFile=none
}

# chromium_uses_the_key: in the browser of the machine around this one, whose folders it sees and cannot change. What it
# writes goes to a folder that every Debian has and where nobody keeps a checkout.
chromium_uses_the_key() {
    mkdir -p /host
    mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 host /host || return 1
    for folder in dev proc sys run; do mount --bind /$folder /host/$folder || return 1; done
    mount -t tmpfs memory /host/media && mkdir -p /dev/shm && mount -t tmpfs memory /dev/shm || return 1
    { read -r node; read -r script; } </browser
    # The server has a limit for how long a request may take; the browser has patience.
    chroot /host /usr/bin/env -i PATH=/usr/bin:/bin HOME=/media TMPDIR=/media PATIENCE=120000 \
        nice -n 15 "$node" "$script" $SERVER /media
}

echo "# the software key through /dev/uhid"
fob-softkey --uhid --ram --touch allow >/tmp/softkey.log 2>&1 &
softkey=$!
check "a hidraw node appears" until_it node
udevadm settle
check "udev knows a security key" until_it says ID_FIDO_TOKEN=1 udevadm info /dev/hidraw0
check "and gives it to whoever sits at the machine" says ':uaccess:\|TAGS=.*uaccess' udevadm info /dev/hidraw0
check "the node is nobody else's" says '^crw-------' ls -l /dev/hidraw0
check "libfido2 finds it" says 'vendor=0x1209' fido2-token -L
check "libfido2 reads getInfo through it" says 'FIDO_2' fido2-token -I /dev/hidraw0
check "libfido2 registers and signs in" libfido2_registers_and_signs_in
check "OpenSSH signs with an ecdsa-sk key" openssh_signs ecdsa-sk
check "OpenSSH signs with an ed25519-sk key" openssh_signs ed25519-sk
check "OpenSSH's server answers" ssh_server
check "OpenSSH signs in with an ecdsa-sk key" openssh_signs_in ecdsa-sk
check "OpenSSH signs in with an ed25519-sk key" openssh_signs_in ed25519-sk

signin serve --listen 127.0.0.1:8080 --origin $SERVER --rp-id localhost --database /tmp/signin.sqlite >/tmp/signin.log 2>&1 &
check "signin answers" until_it says signin wget -q -O - $SERVER/api/v1/server
check "Chromium adds the key and signs in with it" chromium_uses_the_key

fobd --no-session-bus >/tmp/fobd.log 2>&1 &
check "fobd answers" until_it fob status
check "fob lists the key" says '"transport": "hid"' fob key list --json
check "fob sets its PIN" pinned fob key pin set --pin-fd 7
check "and the key has it" says '"pin_set": true' fob key info --json
check "fob enrolls the key" pinned fob enroll $SERVER --user ada --create --name bench --pin-fd 7 --password-fd 8
check "fob signs in with it" pinned fob sign-in $SERVER --user ada --with key --pin-fd 7 --password-fd 8
kill $softkey
check "unplugged, the node goes" until_it no_node
check "and fob knows" until_it says '"keys": \[\]' fob key list --json

echo "# the software key as a USB gadget"
for module in dummy_hcd libcomposite usb_f_hid; do modprobe $module; done
mount -t configfs config /sys/kernel/config
gadget=/sys/kernel/config/usb_gadget/fob
mkdir -p $gadget/strings/0x409 $gadget/configs/c.1 $gadget/functions/hid.usb0
echo 0x1209 >$gadget/idVendor
echo 0xf1d0 >$gadget/idProduct
echo fob >$gadget/strings/0x409/manufacturer
echo "fob test softkey" >$gadget/strings/0x409/product
echo 0001 >$gadget/strings/0x409/serialnumber
echo 0 >$gadget/functions/hid.usb0/protocol
echo 0 >$gadget/functions/hid.usb0/subclass
echo 64 >$gadget/functions/hid.usb0/report_length
printf '\006\320\361\011\001\241\001\011\040\025\000\046\377\000\165\010\225\100\201\002\011\041\025\000\046\377\000\165\010\225\100\221\002\300' >$gadget/functions/hid.usb0/report_desc
ln -s $gadget/functions/hid.usb0 $gadget/configs/c.1/
plug() { echo dummy_udc.0 >$gadget/UDC; }
unplug() { echo >$gadget/UDC; }

check "it is plugged in" plug
check "a hidraw node appears" until_it node
mkfifo /tmp/finger
sleep 1000 >/tmp/finger &
fob-softkey --hidg /dev/hidg0 --ram --touch ask </tmp/finger >/tmp/gadget.log 2>&1 &
check "libfido2 finds it by its USB strings" until_it says 'fob test softkey' fido2-token -L
check "fob lists it" until_it says '"transport": "hid"' fob key list --json

pinned fob enroll $SERVER --user grace --create --name gadget --pin-fd 7 --password-fd 8 >/tmp/enroll.log 2>&1 &
enroll=$!
check "the key waits for a touch" until_it says 'Touch the key' cat /tmp/gadget.log
check "pulled out in the middle" unplug
wait $enroll
check "fob says that the key is gone" test $? -eq 5
check "in words" says removed cat /tmp/enroll.log
check "plugged in again" plug
check "the node is back" until_it node
check "fob lists it again" until_it says '"transport": "hid"' fob key list --json
