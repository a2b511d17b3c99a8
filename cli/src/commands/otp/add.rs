//! `fob otp add`: an account by its otpauth:// URI, its bare secret, or a picture of its QR code. URI and secret are never
//! arguments, and on the terminal they do not show.

use data_encoding::HEXLOWER_PERMISSIVE;
use fob_bus::pipe;
use fob_bus::types::{AddOptions, ImportOptions};
use fob_otp::{Account, Algorithm, Kind, KindParts, Seed};
use serde::Serialize;
use zeroize::Zeroizing;

use super::entry::New;
use super::foreign::Foreign;
use super::parcel::Parcel;
use crate::answer::Answer;
use crate::args::entry::Parts;
use crate::args::otp::Add;
use crate::commands::unlock::with_open_vault;
use crate::daemon::Daemon;
use crate::secret::{Secret, bounded, from_descriptor};
use crate::server::Address;
use crate::text::count;
use crate::{Exit, Failure, World, secret};

#[derive(Serialize)]
struct Kept {
    #[serde(flatten)]
    new: New,
}

impl Answer for Kept {
    const SCHEMA: &'static str = "fob.otp-add/1";

    fn words(&self) -> String {
        format!("Kept:\n{}", self.new.lines("  "))
    }
}

/// Of a picture there may be several.
#[derive(Serialize)]
struct AllKept {
    taken: Vec<New>,
    duplicates: Vec<String>,
}

impl Answer for AllKept {
    const SCHEMA: &'static str = "fob.otp-add-qr/1";

    fn words(&self) -> String {
        let mut words = String::new();
        if !self.taken.is_empty() {
            words += "Kept:\n";
        }
        words.extend(self.taken.iter().map(|new| new.lines("  ")));
        if !self.duplicates.is_empty() {
            words += &format!("{} in the vault already:\n", count(self.duplicates.len() as u64, "account", "accounts"));
            words.extend(self.duplicates.iter().map(|label| format!("  {}\n", crate::text::shown(label))));
        }
        words
    }
}

pub(super) async fn run(args: Add, world: &mut World) -> Result<(), Failure> {
    if !args.never.is_empty() {
        return Err(Failure::usage(
            "an otpauth:// URI is a secret, and every program on this machine can read arguments",
            "run `fob otp add` alone and paste it there, or pipe it in; clear it from your shell's history too",
        ));
    }
    if !args.qr.is_empty() {
        return from_pictures(&args, world).await;
    }
    let site = args.site.as_deref().map(Address::parse).transpose()?;
    let beside = Beside::of(&args)?;
    let daemon = Daemon::call(world).await?;
    let uri = uri(&args, world)?;
    let kept = with_open_vault(world, &daemon, async |daemon: &Daemon| {
        let pipe = |secret: &Option<Secret>| secret.as_ref().map(Secret::pipe).transpose();
        let options = AddOptions {
            site: site.as_ref().map(|site| site.origin().to_owned()),
            unique: None,
            issuer: args.parts.issuer.clone(),
            name: args.parts.name.clone(),
            tags: (!args.tag.is_empty()).then(|| args.tag.clone()),
            favourite: args.favourite.then_some(true),
            icon: args.icon.clone(),
            note: pipe(&beside.note)?.map(Into::into),
            pin: pipe(&beside.pin)?.map(Into::into),
            recovery_codes: pipe(&beside.codes)?.map(Into::into),
        };
        Ok(daemon.otp().await?.add(uri.pipe()?.into(), options).await?)
    });
    let added = kept.await?;
    world.answer(&Kept { new: added.into() })
}

/// The secrets that come with it. Taken out of their descriptors once; the call may be made twice.
struct Beside {
    note: Option<Secret>,
    pin: Option<Secret>,
    codes: Option<Secret>,
}

impl Beside {
    fn of(args: &Add) -> Result<Self, Failure> {
        let read = |option, number: Option<u32>| {
            number.map(|number| from_descriptor(option, number, fob_otp::MAX_NOTE)).transpose()
        };
        Ok(Self {
            note: read("--note-fd", args.note_fd)?,
            pin: read("--pin-fd", args.pin_fd)?,
            codes: read("--codes-fd", args.codes_fd)?,
        })
    }
}

/// The URI, from wherever it comes: as it is, or made for a bare secret.
fn uri(args: &Add, world: &mut World) -> Result<Secret, Failure> {
    let given = match args.uri_fd {
        Some(number) => from_descriptor("--uri-fd", number, pipe::SHORT)?,
        None if world.terminal.is_there() => {
            secret::ask(world, "URI", "otpauth:// URI or secret (it does not show): ")?
        }
        None => bounded(&mut world.stdin, pipe::SHORT, "standard input")?,
    };
    let text = given.expose_text("URI")?.trim();
    if text.is_empty() {
        return Err(Failure::usage("there is no URI", "paste it at the question, or pipe it in"));
    }
    match text.contains("://") {
        true => says_itself(&args.parts).map(|()| given),
        false => of_secret(text, &args.parts, world),
    }
}

/// A URI says how its codes are made.
fn says_itself(parts: &Parts) -> Result<(), Failure> {
    let named = [
        ("--type", parts.kind.is_some()),
        ("--algorithm", parts.algorithm.is_some()),
        ("--digits", parts.digits.is_some()),
        ("--period", parts.period.is_some()),
        ("--counter", parts.counter.is_some()),
    ];
    match named.into_iter().find(|(_, named)| *named) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::usage(
            format!("the URI says itself what {option} says"),
            "leave it out, or change the account afterwards: `fob otp edit`",
        )),
    }
}

/// The URI of an account of which there is only the secret.
fn of_secret(text: &str, parts: &Parts, world: &mut World) -> Result<Secret, Failure> {
    let seed = match parts.kind.as_deref() {
        Some("motp") => seed_of_hex(text)?,
        _ => Seed::from_base32(text).map_err(|error| no_secret("an otpauth:// URI nor a secret", &error))?,
    };
    let (issuer, name) = names(parts, world)?;
    let kind = Kind::named(
        parts.kind.as_deref().unwrap_or("totp"),
        KindParts { period: parts.period, counter: parts.counter, pin: None },
    );
    let algorithm = match &parts.algorithm {
        Some(name) => Algorithm::read(name),
        None => kind.usual_algorithm(),
    };
    let digits = parts.digits.unwrap_or(kind.usual_digits());
    let account = Account { issuer, name, seed, algorithm, digits, kind };
    Ok(Secret::new(Zeroizing::new(account.to_uri().as_bytes().to_vec())))
}

/// Mobile-OTP's secrets are hexadecimal, wherever they are shown.
fn seed_of_hex(text: &str) -> Result<Seed, Failure> {
    let digits = Zeroizing::new(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>());
    let bytes = HEXLOWER_PERMISSIVE.decode(&digits);
    let bytes = bytes.map_err(|error| no_secret("a motp:// URI nor a secret in hexadecimal digits", &error))?;
    Ok(Seed::new(bytes))
}

fn no_secret(neither: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(Exit::Failed, format!("this is neither {neither}"))
        .because(error)
        .hint("copy it once more from where the site shows it")
}

/// A secret does not say whose it is.
fn names(parts: &Parts, world: &mut World) -> Result<(String, String), Failure> {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    if parts.issuer.is_some() || parts.name.is_some() {
        return Ok((given(&parts.issuer), given(&parts.name)));
    }
    if !world.terminal.is_there() {
        return Err(Failure::usage("a bare secret does not say whose it is", "add `--issuer TEXT` and `--name TEXT`"));
    }
    let mut ask = |question| {
        let answer = world.terminal.line(question);
        answer.map_err(|error| Failure::new(Exit::Failed, "the terminal could not be read").because(&error))
    };
    let issuer = ask("Who hands out the account? ")?;
    let name = ask("The account's name there: ")?;
    if issuer.is_empty() && name.is_empty() {
        return Err(Failure::usage("an account without any name could not be found again", "give it a name"));
    }
    Ok((issuer, name))
}

/// Every account of every code, or none.
async fn from_pictures(args: &Add, world: &mut World) -> Result<(), Failure> {
    let daemon = Daemon::call(world).await?;
    let file = Foreign { paths: &args.qr, format: None, password_fd: None }.read(world)?;
    let parcel = Parcel::of(file, world.clock.wall());
    if let Some(refused) = parcel.refused.first() {
        return Err(Failure::new(Exit::Failed, format!("a code in the picture is no account: {}", refused.sentence()))
            .hint("nothing was kept"));
    }
    let list = parcel.list();
    let report = with_open_vault(world, &daemon, async |daemon: &Daemon| {
        Ok(daemon.otp().await?.import(list.pipe()?.into(), ImportOptions::default()).await?)
    });
    let report = report.await?;
    if let Some(refused) = report.refused.first() {
        let message = format!("{}: {}", parcel.label(refused.line), refused.reason);
        return Err(Failure::new(Exit::Failed, message).hint("nothing was kept"));
    }
    let taken = report.taken.into_iter().map(New::from).collect();
    world.answer(&AllKept { taken, duplicates: report.duplicates })
}
