# What a person does with the package, in a system that has never seen it. Every check says what it found.
. ./words.sh

old=/share/fob_0.0.9-1_amd64.deb
new=$(ls /share/fob_*.deb | grep -v 0.0.9)

loginctl enable-linger ada
check "a person is logged in" soon test -S /run/user/1000/bus

echo "# installed into a running session"
check "the package installs" dpkg --install "$old"
check "its socket listens in the session that is open" soon test -S /run/user/1000/fob/fobd.sock
expect "fobd does not run before somebody comes" inactive "$(ada systemctl --user is-active fobd.service)"

echo "# activated by D-Bus"
says "a call on the session bus starts it" '*"vault" s "none"*' ada busctl --user call dev.fob.Fob1 /dev/fob/Fob1 dev.fob.Manager1 Status
expect "as the unit" active "$(ada systemctl --user is-active fobd.service)"
pid=$(ada systemctl --user show --property MainPID --value fobd.service)

echo "# the sandbox of the unit is in force"
expect "system calls are filtered" 2 "$(sed -n 's/^Seccomp:\t//p' /proc/$pid/status)"
expect "no new privileges" 1 "$(sed -n 's/^NoNewPrivs:\t//p' /proc/$pid/status)"
expect "no core files" 0 "$(sed -n 's/^Max core file size *\([0-9]*\).*/\1/p' /proc/$pid/limits)"

echo "# a code, inside of it"
ada sh -c 'echo "a passphrase of hers" >/tmp/pass; umask 077 && fob init --passphrase-fd 3 --recovery-fd 4 3</tmp/pass 4>/tmp/code' >/tmp/said 2>&1
check "fob init" test -s /tmp/code
check "fob otp add" ada sh -c 'fob otp add --uri-fd 3 3<<E
otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP
E'
# Twice: a step may end between the two.
for _ in 1 2; do
    code=$(ada fob otp code example --raw 2>&1)
    [ "$code" != "$(oathtool --totp -b JBSWY3DPEHPK3PXP)" ] || break
done
expect "the code of the command line is oathtool's" "$(oathtool --totp -b JBSWY3DPEHPK3PXP)" "$code"
says "busctl is told no" "*may not do this*" ada busctl --user call dev.fob.Fob1 /dev/fob/Fob1 dev.fob.Otp1 List
cp /usr/bin/fob /home/ada/fob
says "a copy of fob in the home directory is a stranger" "*does not lie beside*" ada /home/ada/fob otp list

echo "# a sign-in, inside of it"
ada sh -c '/share/fob-softkey --socket /run/user/1000/key --ram --touch allow >/home/ada/key.txt 2>&1 & echo $! >/home/ada/key.pid'
check "a security key in software" soon test -S /run/user/1000/key
ada sh -c 'cd /home/ada && /share/signin serve --listen 127.0.0.1:8080 --origin http://localhost:8080 --rp-id localhost --database signin.sqlite >signin.txt 2>&1 & echo $! >/home/ada/signin.pid'
check "signin answers" soon python3 -c 'import socket; socket.create_connection(("127.0.0.1", 8080))'
check "fob key attach" ada fob key attach /run/user/1000/key
ada sh -c 'printf %s "a password of hers" >/home/ada/password'
check "fob enroll" ada sh -c 'fob enroll http://localhost:8080 --user ada --create --name package --password-fd 8 8</home/ada/password'
check "fob sign-in" ada sh -c 'fob sign-in http://localhost:8080 --user ada --with key --password-fd 8 8</home/ada/password'
kill "$(cat /home/ada/key.pid)" "$(cat /home/ada/signin.pid)"

echo "# the prompt, inside of it: on the terminal that asked"
check "a program is listed once the person has said so" \
    ada sh -c '{ sleep 3; echo y; sleep 3; } | script --quiet --return --command "fob client allow /usr/bin/dbus-daemon --origin https://example.org" /dev/null'
says "and stands in the list" '*dbus-daemon*' ada fob client list
says "the log has it" '*allow*' ada fob log

echo "# HTTP on the loopback, inside of a sandbox of its own"
# post PATH: what the listener says to a token that nobody was given.
post() {
    ada bash -c 'exec 3<>/dev/tcp/127.0.0.1/9362 && printf "POST $0 HTTP/1.1\r\nHost: 127.0.0.1:9362\r\nContent-Type: application/json\r\nFob-Request: 1\r\nAuthorization: Bearer fob1_%s\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}" "$(printf "A%.0s" $(seq 43))" >&3 && timeout 10 head -n 1 <&3' "$1"
}
check "nobody listens until somebody wants it" sh -c '! ss -ltn 2>/dev/null | grep -q :9362'
check "it is switched on" ada systemctl --user enable --now fob-loopback.socket
says "a token that nobody was given opens nothing" '*401*' post /v1/keys
expect "the listener is a service of hers" active "$(ada systemctl --user is-active fob-loopback.service)"
check "the vault is locked" ada fob lock
says "and a locked vault says so" '*423*' post /v1/keys
check "it is switched off" ada systemctl --user disable --now fob-loopback.socket fob-loopback.service

echo "# programs that want to be taken for fob, inside of it"
check "the lists of programs are there" test -s /usr/lib/fob/programs.d/browsers.toml
. ./cheats.sh

echo "# upgraded"
check "the package upgrades" dpkg --install "$new"
check "the new daemon is the one that answers" soon ada sh -c 'test "$(readlink /proc/$(systemctl --user show --property MainPID --value fobd.service)/exe)" = /usr/bin/fobd'
check "the vault is there, and locked" ada sh -c 'fob status | grep -q locked'
check "and opens as before" ada sh -c 'fob unlock --passphrase-fd 3 3</tmp/pass && fob otp code example --raw'

echo "# removed"
check "the package goes" dpkg --remove fob
check "and no daemon stays" sh -c '! pgrep -x fobd'
check "its vault stays the person's" test -s /home/ada/.local/share/fob/vault
check "the package is purged" dpkg --purge fob
left=$(find / -xdev \( -path /proc -o -path /sys -o -path /share -o -path /home -o -path /run \) -prune -o -name '*fob*' -print | grep -v '^/var/log/' || true)
expect "and nothing of it is left" "" "$left"

. ./install.sh
exit $failed
