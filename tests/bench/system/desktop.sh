# What a person at a desktop does with a security key and the package. The processor is emulated: everything takes its time.
patience=300
. ./words.sh

vault_is() { says "$1" "*\"vault\": \"$2\"*" ada fob status --json; }
unlocked() { ada sh -c 'fob unlock --passphrase-fd 3 3</tmp/pass'; }
# softkey: a key at a USB port, as its driver sees it.
softkey() {
    /share/fob-softkey --uhid --ram --touch allow >/tmp/softkey.txt 2>&1 &
    key=$!
}
gone() { ! test -e /dev/hidraw0; }

echo "# somebody sits at the machine"
check "ada has a session" soon test -S /run/user/1000/bus
says "at the seat, and active" "*seat0*" loginctl list-sessions --no-legend
session=$(loginctl list-sessions --no-legend | awk '$3 == "ada" { print $1; exit }')
check "the package installs" dpkg --install ./fob.deb
check "its socket listens in her session" soon test -S /run/user/1000/fob/fobd.sock

echo "# a key is plugged in"
softkey
check "a hidraw node appears" soon test -c /dev/hidraw0
check "udev is through with it" udevadm settle
says "udev knows a security key" "*ID_FIDO_TOKEN=1*" udevadm info /dev/hidraw0
check "ada may open it" soon runuser -u ada -- sh -c 'exec 3<>/dev/hidraw0'
check "and nobody else may" sh -c '! runuser -u eve -- sh -c "exec 3<>/dev/hidraw0"'
says "fob lists it" '*"transport": "hid"*' ada fob key list --json
pid=$(ada systemctl --user show --property MainPID --value fobd.service)
expect "from inside of the unit's sandbox" 2 "$(sed -n 's/^Seccomp:\t//p' /proc/$pid/status)"

echo "# it is enrolled, and signs in"
(cd /tmp && exec runuser -u ada -- /share/signin serve --listen 127.0.0.1:8080 --origin http://localhost:8080 --rp-id localhost --database /home/ada/signin.sqlite >/tmp/signin.txt 2>&1) &
check "signin answers" soon python3 -c 'import socket; socket.create_connection(("127.0.0.1", 8080))'
printf %s "a password of hers" >/tmp/password
check "fob enroll" ada sh -c 'fob enroll http://localhost:8080 --user ada --create --name desktop --password-fd 8 8</tmp/password'
check "fob sign-in" ada sh -c 'fob sign-in http://localhost:8080 --user ada --with key --password-fd 8 8</tmp/password'

echo "# it is pulled out, and another is put in"
kill $key
check "the node goes" soon gone
says "fob lists none" '*"keys": \[\]*' ada fob key list --json
softkey
check "another node appears" soon test -c /dev/hidraw0
says "fob lists it, once ada may open it" '*"transport": "hid"*' ada fob key list --json
check "and reads it" soon ada fob key info

echo "# what locks the vault"
echo "a passphrase of hers" >/tmp/pass
ada sh -c 'umask 077 && fob init --passphrase-fd 3 --recovery-fd 4 3</tmp/pass 4>/tmp/code' >/tmp/said 2>&1
vault_is "the vault is open" unlocked
says "fobd has the machine wait for it" "*fobd*sleep*delay*" systemd-inhibit --list --no-legend
check "the machine is sent to sleep" systemctl suspend
says "the vault is locked by the time it sleeps" '*"vault": "locked"*' cat /tmp/asleep.json
check "it is unlocked" soon unlocked
check "the session is locked" loginctl lock-session "$session"
vault_is "and so is the vault" locked
check "it is unlocked" soon unlocked
loginctl enable-linger ada
systemctl mask --runtime --now getty@tty1.service >/dev/null 2>&1
check "ada leaves" soon sh -c '! loginctl list-sessions --no-legend | grep -q ada'
vault_is "and the vault is locked, though her services stay" locked
kill $key
exit $failed
