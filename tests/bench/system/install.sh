# What a person does without the package: programs in a folder of her own, and `fob install-user`. Sourced by package.sh after
# the package is gone; the system has never had another fob then.

mine=/home/ada/programs
her_fob() { ada $mine/fob "$@"; }
installed() { find /home/ada/.config/systemd /home/ada/.local/share -path /home/ada/.local/share/fob -prune -o -name '*fob*' -print 2>/dev/null | sort; }

echo "# installed by a person for herself"
ada mkdir -p $mine
for program in fob fobd; do
    ada cp /share/$program $mine/
done
before=$(installed)
her_fob install-user --dry-run >/tmp/said 2>&1
expect "a dry run writes nothing" "$before" "$(installed)"
check "fob install-user" her_fob install-user
check "its socket listens" soon test -S /run/user/1000/fob/fobd.sock
expect "fobd does not run before somebody comes" inactive "$(ada systemctl --user is-active fobd.service)"
says "the unit is hers" "*/home/ada/.config/systemd/user/fobd.service*" ada systemctl --user show --property FragmentPath fobd.service
says "a call of fob starts it" "*locked*" her_fob status
pid=$(ada systemctl --user show --property MainPID --value fobd.service)
expect "the fobd beside fob" $mine/fobd "$(readlink /proc/$pid/exe)"
expect "in the sandbox of the unit" 2 "$(sed -n 's/^Seccomp:\t//p' /proc/$pid/status)"
check "and fob is its companion" ada sh -c "$mine/fob unlock --passphrase-fd 3 3</tmp/pass && $mine/fob otp code example --raw"
check "it stops" ada systemctl --user stop fobd.service
says "a call on the session bus starts it" '*"vault" s "locked"*' ada busctl --user call dev.fob.Fob1 /dev/fob/Fob1 dev.fob.Manager1 Status
says "once more changes nothing" '*"written": \[\]*' her_fob install-user --json

echo "# and removed"
check "fob install-user --remove" her_fob install-user --remove
expect "nothing of it is left" "$before" "$(installed)"
check "no daemon stays" sh -c '! pgrep -x fobd'
expect "nor its socket" inactive "$(ada systemctl --user is-active fobd.socket)"
says "the manager knows it no more" "*not-found*" ada systemctl --user show --property LoadState fobd.socket
check "her vault stays" test -s /home/ada/.local/share/fob/vault
