//! `fob otp convert`: from another program's file to another program's file. No daemon, no vault.

use fob_exchange::{Exported, Password, Report, Target, write};
use serde::Serialize;
use zeroize::Zeroizing;

use super::destination::{Destination, Out, put};
use super::foreign::Foreign;
use super::formats::ReadAs;
use super::remark::{self, Remark};
use crate::answer::Answer;
use crate::args::exchange::Convert;
use crate::secret::Source;
use crate::text::{count, shown};
use crate::{Exit, Failure, World};

#[derive(Serialize)]
struct Converted {
    #[serde(flatten)]
    read_as: ReadAs,
    to: &'static str,
    out: String,
    /// How many accounts are in the new file; 0 if none was written.
    accounts: usize,
    changed: Vec<Remark>,
    refused: Vec<Remark>,
    written: bool,
    encrypted: bool,
}

impl Answer for Converted {
    const SCHEMA: &'static str = "fob.otp-convert/1";

    fn words(&self) -> String {
        let mut words = self.read_as.lines() + &remark::changes(&self.changed) + &remark::refusals(&self.refused);
        if !self.written {
            return words + "Nothing was written.\n";
        }
        let accounts = count(self.accounts as u64, "account", "accounts");
        if self.out == "-" {
            return words + &format!("{accounts} written as {}.\n", self.to);
        }
        words += &format!("{accounts} written as {} to {}.\n", self.to, shown(&self.out));
        if !self.encrypted && self.accounts > 0 {
            words += "  note: its secrets are in clear: whoever reads the file has the codes\n";
        }
        words
    }
}

pub(super) fn run(args: &Convert, world: &mut World) -> Result<(), Failure> {
    let destination = destination(args, world)?;
    let file = Foreign { paths: std::slice::from_ref(&args.file), format: args.format, password_fd: args.password_fd }
        .read(world)?;
    let password = args.to.is_encrypted().then(|| new_password(args, world)).transpose()?;
    let now = world.clock.wall();
    let exported = write(&file.records, args.to, password.as_ref(), &mut *world.rng, now)
        .map_err(|error| Failure::new(Exit::Failed, "no file was written").because(&error))?;
    let (bytes, mut report) = report(args, file, exported);
    report.written = report.refused.is_empty() || (args.skip_refused && report.accounts > 0);
    if report.written {
        put(destination, &bytes, world)?;
    } else {
        report.accounts = 0;
    }
    // Standard output is for the file alone.
    if world.json {
        world.answer(&report)?
    } else {
        world.note(&report.words())
    }
    if report.written { Ok(()) } else { Err(remark::nothing_written(&report.refused)) }
}

/// Where the file goes, `None` for standard output.
fn destination<'a>(args: &'a Convert, world: &World) -> Result<Option<Destination<'a>>, Failure> {
    if args.out_password_fd.is_some() && !args.to.is_encrypted() {
        let message = format!("{} is written in clear, so a password would protect nothing", args.to.name());
        let encrypted = Target::AegisEncrypted.name();
        return Err(Failure::usage(message, format!("leave `--out-password-fd` out, or write {encrypted}")));
    }
    let (path, encrypted) = (args.out.as_path(), args.to.is_encrypted());
    Out { path, force: args.force, input: Some(&args.file), encrypted }.destination(world)
}

fn new_password(args: &Convert, world: &mut World) -> Result<Password, Failure> {
    let source = Source {
        what: "password of the new file",
        option: "--out-password-fd",
        descriptor: args.out_password_fd,
        prompt: "Password of the new file: ",
    };
    Ok(Password::new(source.obtain_new(world)?.expose().to_vec()))
}

/// The new file, and what there is to say about it.
fn report(args: &Convert, file: Report, exported: Exported) -> (Zeroizing<Vec<u8>>, Converted) {
    let changed = file.changed.into_iter().map(Remark::from);
    let refused = file.refused.into_iter().map(Remark::from);
    let report = Converted {
        read_as: ReadAs::from(file.format),
        to: args.to.name(),
        out: args.out.display().to_string(),
        accounts: exported.written,
        changed: changed.chain(exported.changed.into_iter().map(Remark::from)).collect(),
        refused: refused.chain(exported.refused.into_iter().map(Remark::from)).collect(),
        written: false,
        encrypted: args.to.is_encrypted(),
    };
    (exported.bytes, report)
}
