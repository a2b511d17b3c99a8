# Accounts, grants and programs of the open vault, where a command wants one. A locked vault offers nothing.
_fob_or_offer() {
    local -a words=()
    local word previous='' i skip=0 positions=0
    # Bash may cut words at colons: they are put together again.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 0 && ( $word == :* || $previous == *: ) ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        previous=$word
    done
    local current=${words[${#words[@]}-1]}
    case "${words[0]} ${words[1]}" in
        'grant revoke') word=grants ;;
        'client forget') word=clients ;;
        *) word= ;;
    esac
    if [[ -n $word && ${#words[@]} -gt 2 && $current != -* && $previous != --program ]]; then
        _fob_offer "$1" "$word" "$current"
        return 0
    fi
    if [[ ${words[0]} == otp && ${words[1]} =~ ^(COMMANDS_PATTERN)$ && ${#words[@]} -gt 2 && $current != -* ]]; then
        for word in "${words[@]:2:${#words[@]}-3}"; do
            if [[ $skip == 1 ]]; then
                skip=0
            elif [[ $word =~ ^(OPTIONS_WITH_VALUE)$ ]]; then
                skip=1
            elif [[ $word != -* ]]; then
                positions=$((positions + 1))
            fi
        done
        if [[ ${words[1]} == recovery ]]; then
            positions=$((positions - 1))
        fi
        if [[ $skip == 0 && $positions == 0 ]]; then
            _fob_offer "$1" accounts "$current"
            return 0
        fi
    fi
    _fob "$@"
}

_fob_offer() {
    local quote='' plain line value begun=''
    case $3 in
        \"* | \'*) quote=${3:0:1} plain=${3:1} ;;
        *) plain=$(printf '%s' "$3" | sed 's/\\\(.\)/\1/g') ;;
    esac
    # Unquoted, bash puts the answer behind the last colon.
    if [[ -z $quote && $COMP_WORDBREAKS == *:* && $plain == *:* ]]; then
        begun=${plain%:*}:
    fi
    COMPREPLY=()
    while IFS=$'\t' read -r value line; do
        if [[ -n $begun && ${value,,} != "${begun,,}"* ]]; then
            continue
        fi
        value=${value:${#begun}}
        if [[ -z $quote ]]; then
            printf -v value '%q' "$value"
        fi
        COMPREPLY+=("$value")
    done < <("$1" "--complete-$2" -- "$plain" 2>/dev/null)
}

complete -F _fob_or_offer -o bashdefault fob
