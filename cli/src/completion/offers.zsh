# Accounts, grants and programs of the open vault. A locked vault offers nothing.
_fob_offer() {
    local -a values abouts
    local line
    for line in "${(@f)$("${service:-fob}" "--complete-$1" -- "${(Q)PREFIX}" 2>/dev/null)}"; do
        [[ -n "$line" ]] || continue
        values+=("${line%%$'\t'*}")
        abouts+=("${line#*$'\t'}")
    done
    (( $#values )) && compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -l -d abouts -a values
}
_fob_accounts() { _fob_offer accounts; }
_fob_grants() { _fob_offer grants; }
_fob_clients() { _fob_offer clients; }
