# Accounts of the open vault, where a command wants one. A locked vault offers nothing.
function __fob_accounts
    command fob --complete-accounts -- (string unescape -- (commandline -ct)) 2>/dev/null
end

for command in COMMANDS_LIST
    complete -c fob -n "__fish_fob_using_subcommand otp; and __fish_seen_subcommand_from $command" -f -a "(__fob_accounts)"
end
