//! `fob otp export`: the accounts as a file, for another program or for the drawer. The vault's passphrase is asked for once
//! more, and what is written in clear says so.
//!
//! [`own`] writes what `fob_exchange` does not: age, QR codes for Google Authenticator, and sheets of paper.

mod age;
mod own;
mod page;
mod sheet;

use std::path::PathBuf;

use fob_bus::pipe;
use fob_bus::types::{ExportInfo, FreshOptions};
use fob_exchange::{Exported, Format, Password, Report, import, write};
use serde::Serialize;
use zeroize::Zeroizing;

use super::destination::{Out, put};
use super::qr::no_pipe;
use super::remark::{self, Remark};
use crate::answer::Answer;
use crate::args::exchange::{Export, Kind};
use crate::commands::unlock::{with_fresh, with_open_vault};
use crate::daemon::{Daemon, awaiting};
use crate::secret::Source;
use crate::text::{count, shown};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Written {
    to: &'static str,
    out: String,
    /// How many accounts are in the file; 0 if none was written.
    accounts: usize,
    /// What the file has no place for.
    changed: Vec<Remark>,
    refused: Vec<Remark>,
    written: bool,
    encrypted: bool,
}

impl Answer for Written {
    const SCHEMA: &'static str = "fob.otp-export/1";

    fn words(&self) -> String {
        let mut words = remark::changes(&self.changed) + &remark::refusals(&self.refused);
        if !self.written {
            return words + "Nothing was written.\n";
        }
        let accounts = count(self.accounts as u64, "account", "accounts");
        match self.out.as_str() {
            "-" => words += &format!("{accounts} written as {}.\n", self.to),
            out => words += &format!("{accounts} written as {} to {}.\n", self.to, shown(out)),
        }
        if !self.encrypted && self.accounts > 0 {
            words += "  note: its secrets are in clear: whoever reads it has the codes\n";
        }
        words
    }
}

pub(super) async fn run(args: Export, world: &mut World) -> Result<(), Failure> {
    let (path, encrypted) = (args.out.as_path(), args.to.is_encrypted());
    let destination = Out { path, force: args.force, input: None, encrypted }.destination(world)?;
    let lock = Lock::of(&args)?;
    let daemon = Daemon::call(world).await?;
    let ids = ids(&args.query, &daemon, world).await?;
    let (info, json) = fetch(&args, ids, &daemon, world).await?;
    let report = import(&json, None, Some(Format::FobJson), None)
        .map_err(|error| Failure::new(Exit::Failed, "fobd's accounts are no list that fob knows").because(&error))?;
    let password = lock.password(&args, world)?;
    let exported = exported(&args, &json, &report, &lock, password.as_ref(), world)?;
    let (bytes, mut written) = judged(&args, info, report, exported);
    if written.written {
        put(destination, &bytes, world)?;
    } else {
        written.accounts = 0;
    }
    // Standard output is for the file alone.
    if world.json {
        world.answer(&written)?
    } else {
        world.note(&written.words())
    }
    if written.written { Ok(()) } else { Err(remark::nothing_written(&written.refused)) }
}

/// What locks the file.
enum Lock {
    /// Nothing: it is in clear.
    None,
    /// A password.
    Password,
    /// The keys of these people.
    Recipients(Vec<::age::x25519::Recipient>),
}

impl Lock {
    /// What the command line asks for, if it makes sense.
    fn of(args: &Export) -> Result<Self, Failure> {
        if !args.recipient.is_empty() {
            return match args.to {
                Kind::Age => age::recipients(&args.recipient).map(Self::Recipients),
                _ => Err(Failure::usage("only age encrypts to recipients", "leave `--recipient` out, or `--to age`")),
            };
        }
        match (args.to.is_encrypted(), args.out_password_fd) {
            (true, _) => Ok(Self::Password),
            (false, None) => Ok(Self::None),
            (false, Some(_)) => {
                let message = format!("{} is written in clear, so a password would protect nothing", args.to.name());
                Err(Failure::usage(message, "leave `--out-password-fd` out, or write age"))
            }
        }
    }

    fn password(&self, args: &Export, world: &mut World) -> Result<Option<Password>, Failure> {
        let Self::Password = self else { return Ok(None) };
        let source = Source {
            what: "password of the new file",
            option: "--out-password-fd",
            descriptor: args.out_password_fd,
            prompt: "Password of the new file: ",
        };
        Ok(Some(Password::new(source.obtain_new(world)?.expose().to_vec())))
    }
}

/// The accounts that are meant; `None` for all.
async fn ids(queries: &[String], daemon: &Daemon, world: &mut World) -> Result<Option<Vec<String>>, Failure> {
    let mut ids: Vec<String> = Vec::new();
    for query in queries {
        let found = with_open_vault(world, daemon, async |daemon: &Daemon| Ok(daemon.otp().await?.find(query).await?));
        let found = found.await?;
        if !ids.contains(&found.id) {
            ids.push(found.id);
        }
    }
    Ok((!ids.is_empty()).then_some(ids))
}

/// The accounts as fob's own list, and what the daemon says about them.
async fn fetch(
    args: &Export,
    ids: Option<Vec<String>>,
    daemon: &Daemon,
    world: &mut World,
) -> Result<(ExportInfo, Zeroizing<Vec<u8>>), Failure> {
    let fetched = with_fresh(world, daemon, &args.fresh, async |daemon, secret, recovery| {
        let (reader, writer) = awaiting().map_err(no_pipe)?;
        let options = FreshOptions { recovery: recovery.then_some(true), ids: ids.clone() };
        let fresh = secret.pipe().map_err(no_pipe)?;
        // More than a pipe holds: read while it is written.
        let reading = tokio::task::spawn_blocking(move || pipe::take(&reader, pipe::LIST));
        let info = daemon.otp().await?.export(fresh.into(), writer.into(), options).await?;
        Ok((info, reading))
    });
    let (info, reading) = fetched.await?;
    let lost = |error: &(dyn std::error::Error + 'static)| {
        Failure::new(Exit::Failed, "fobd's accounts did not come through").because(error)
    };
    let json = reading.await.map_err(|error| lost(&error))?.map_err(|error| lost(&error))?;
    Ok((info, json))
}

/// The file, in memory.
fn exported(
    args: &Export,
    json: &[u8],
    report: &Report,
    lock: &Lock,
    password: Option<&Password>,
    world: &mut World,
) -> Result<Exported, Failure> {
    let now = world.clock.wall();
    match args.to {
        Kind::Foreign(target) => write(&report.records, target, password, &mut *world.rng, now)
            .map_err(|error| Failure::new(Exit::Failed, "no file was written").because(&error)),
        Kind::Age => age::write(json, report.records.len(), lock, password),
        Kind::GoogleQr => own::google_qr(report, args.out.as_os_str() == "-", &mut *world.rng, now),
        Kind::Sheet => Ok(sheet::text(&report.records, now)),
        Kind::SheetHtml => page::sheet(&report.records, now),
    }
}

/// The file's bytes, and what there is to say about it.
fn judged(args: &Export, info: ExportInfo, report: Report, exported: Exported) -> (Zeroizing<Vec<u8>>, Written) {
    let unreadable = info.unreadable.into_iter().map(|label| Remark::on(label, "this fob cannot read it"));
    let refused = report.refused.into_iter().map(Remark::from).chain(unreadable);
    let refused: Vec<_> = refused.chain(exported.refused.into_iter().map(Remark::from)).collect();
    let written = Written {
        to: args.to.name(),
        out: PathBuf::from(&args.out).display().to_string(),
        accounts: exported.written,
        changed: exported.changed.into_iter().map(Remark::from).collect(),
        written: refused.is_empty() || (args.skip_refused && exported.written > 0),
        refused,
        encrypted: args.to.is_encrypted(),
    };
    (exported.bytes, written)
}
