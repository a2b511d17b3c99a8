# Accounts, grants and programs of the open vault, where a command wants one. A locked vault offers nothing.
function __fob_offer
    command fob --complete-$argv[1] -- (string unescape -- (commandline -ct)) 2>/dev/null
end

for command in COMMANDS_LIST
    complete -c fob -n "__fish_fob_using_subcommand otp; and __fish_seen_subcommand_from $command" -f -a "(__fob_offer accounts)"
end
complete -c fob -n "__fish_fob_using_subcommand grant; and __fish_seen_subcommand_from revoke" -f -a "(__fob_offer grants)"
complete -c fob -n "__fish_fob_using_subcommand client; and __fish_seen_subcommand_from forget" -f -a "(__fob_offer clients)"
