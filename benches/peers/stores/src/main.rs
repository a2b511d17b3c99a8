//! Writes a store of cotp or of OTPClient with the accounts on standard input, one a line: issuer, name and Base32 secret
//! with tabs between. Salts and nonces are constant: what is in these stores is no secret.
//!
//! usage: peer-stores cotp|otpclient FILE PASSWORD

mod cotp;
mod otpclient;

use std::error::Error;
use std::io;

/// An account: SHA-1, six digits, 30 seconds.
struct Account {
    issuer: String,
    name: String,
    secret: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [format, file, password] = arguments.as_slice() else {
        return Err("usage: peer-stores cotp|otpclient FILE PASSWORD".into());
    };
    let accounts = io::stdin().lines().map(|line| account(&line?)).collect::<Result<Vec<_>, _>>()?;
    let store = match format.as_str() {
        "cotp" => cotp::store(&accounts, password)?,
        "otpclient" => otpclient::store(&accounts, password)?,
        other => return Err(format!("no format is called {other}").into()),
    };
    Ok(std::fs::write(file, store)?)
}

fn account(line: &str) -> Result<Account, Box<dyn Error>> {
    let mut fields = line.split('\t').map(str::to_owned);
    match (fields.next(), fields.next(), fields.next(), fields.next()) {
        (Some(issuer), Some(name), Some(secret), None) => Ok(Account { issuer, name, secret }),
        _ => Err(format!("not issuer, name and secret: {line}").into()),
    }
}
