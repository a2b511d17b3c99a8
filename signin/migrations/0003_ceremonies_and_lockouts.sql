-- What is under way, and who has guessed too often.

CREATE TABLE ceremony (
    id      BLOB NOT NULL,          -- SHA-256 of the transaction
    purpose TEXT NOT NULL,
    account TEXT REFERENCES account (id) ON DELETE CASCADE,
    session TEXT REFERENCES session (id) ON DELETE CASCADE,
    state   TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (id, purpose)
) STRICT;
CREATE INDEX ceremony_expires ON ceremony (expires);
CREATE INDEX ceremony_purpose ON ceremony (purpose);
CREATE INDEX ceremony_account ON ceremony (account);
CREATE INDEX ceremony_session ON ceremony (session);

CREATE TABLE lockout (
    subject  BLOB NOT NULL,         -- HMAC-SHA-256 of the user name as typed, which may be a slipped password
    kind     TEXT NOT NULL,
    failures INTEGER NOT NULL,
    until    INTEGER NOT NULL,      -- no try before
    last     INTEGER NOT NULL,
    PRIMARY KEY (subject, kind)
) STRICT;
CREATE INDEX lockout_last ON lockout (last);
