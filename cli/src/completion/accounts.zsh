# Accounts of the open vault. A locked vault offers nothing.
_fob_accounts() {
    local -a values abouts
    local line
    for line in "${(@f)$("${service:-fob}" --complete-accounts -- "${(Q)PREFIX}" 2>/dev/null)}"; do
        [[ -n "$line" ]] || continue
        values+=("${line%%$'\t'*}")
        abouts+=("${line#*$'\t'}")
    done
    (( $#values )) && compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -l -d abouts -a values
}
