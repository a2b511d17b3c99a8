-- Who may sign in, and who is signed in. Times are seconds since 1970.

CREATE TABLE account (
    id       TEXT PRIMARY KEY,      -- a random UUID: the user handle of WebAuthn
    username TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,         -- Argon2id, PHC string
    created  INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    token     BLOB PRIMARY KEY,     -- SHA-256 of what the client holds
    id        TEXT NOT NULL UNIQUE, -- its name in lists
    account   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    means     TEXT NOT NULL,        -- how it was signed in, words with a space between
    agent     TEXT NOT NULL,        -- what the client calls itself
    created   INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires ON session (expires);

-- Refuses a database that is opened with another server's key file.
CREATE TABLE server (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    key_check BLOB NOT NULL
) STRICT;
