-- Security keys, passkeys, one-time codes, backup codes.

CREATE TABLE credential (
    id            TEXT PRIMARY KEY,
    account       TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind          TEXT NOT NULL CHECK (kind IN ('security-key', 'passkey')),
    credential_id BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    public        TEXT NOT NULL,    -- the credential as webauthn-rs writes it (JSON); no secret in it
    counter       INTEGER NOT NULL, -- last signature counter seen
    synced        INTEGER NOT NULL, -- may be copied to other devices (backup eligible)
    created       INTEGER NOT NULL,
    last_used     INTEGER
) STRICT;
CREATE INDEX credential_account ON credential (account, kind);

CREATE TABLE totp (
    account   TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    seed      BLOB NOT NULL,        -- sealed with the key file
    last_step INTEGER NOT NULL,     -- the newest step spent; it and older ones are refused
    created   INTEGER NOT NULL
) STRICT;

CREATE TABLE backup_code (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash    BLOB NOT NULL,          -- HMAC-SHA-256 with the key file
    used    INTEGER,
    PRIMARY KEY (account, hash)
) STRICT;
