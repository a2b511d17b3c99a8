# Programs that want to be taken for fob, against the fobd of the unit. Sourced by package.sh; /share/fob-cheat says what
# each does, and asks that the vault be locked, which only fob may. ada's vault is locked by then.
own=/run/user/1000/fob/fobd.sock
bus=/run/user/1000/bus
# The honest program that some of them become: it waits for a passphrase.
mkfifo -m 600 /home/ada/never
chown ada: /home/ada/never
cheat() { "$@" </home/ada/never; }
ada mkdir -p /home/ada/cheat
cp /share/fob-cheat /home/ada/cheat/fob
chown -R ada: /home/ada/cheat
exec 9<>/home/ada/never
pid_of_fobd() { ada systemctl --user show --property MainPID --value fobd.service; }

for door in socket bus; do
    if [ $door = socket ]; then path=$own; else path=$bus; fi
    says "$door: another program" "denied: *neither fob nor a listed*" cheat ada /share/fob-cheat $door $path plain
    says "$door: a program called fob in the home folder" "*does not lie beside*" cheat ada /home/ada/cheat/fob $door $path plain
    says "$door: in a mount namespace of its own, at fob's path" "*mount namespace*" \
        cheat ada unshare -Urm sh -ec 'mount --bind /share/fob-cheat /usr/bin/fob; exec unshare -U --map-user=1000 --map-group=1000 /usr/bin/fob "$@"' sh $door $path plain
    says "$door: in a user namespace alone" "*user namespace*" cheat ada unshare -Uc /share/fob-cheat $door $path plain
    says "$door: with a number that another one had" "*cannot be seen*" cheat ada /share/fob-cheat $door $path hand-over
    # Nobody looks before the process has become fob.
    for what in spawn send; do
        kill -STOP "$(pid_of_fobd)"
        ada timeout 30 /share/fob-cheat $door $path $what /usr/bin/fob unlock --passphrase-fd 0 </home/ada/never >/tmp/said &
        cheating=$!
        check "$door: $what, then fob" soon pgrep -x -u ada fob
        kill -CONT "$(pid_of_fobd)"
        says "$door: $what, then fob, is not fob" "*to itself*" cat /tmp/said
        pkill -x -u ada fob
        wait $cheating 2>/dev/null
    done
done
says "another user's process is turned away" "closed*" cheat as eve /share/fob-cheat socket $own plain
says "even root's" "closed*" cheat /share/fob-cheat socket $own plain
# Whether a session bus lets root in is its own affair.
check "and root gets nothing of her fobd through her bus" sh -c "! /share/fob-cheat bus $bus plain | grep -q served"
says "fob with a strange library in it" "*LD_PRELOAD*" ada env LD_PRELOAD=/tmp/nobody-made-this.so fob lock
exec 9<&-
