//! `fob otp edit`: whatever was wrong about an account.

use fob_bus::pipe;
use fob_bus::types::{EditOptions, Pipe};

use super::entry::{change, find};
use crate::args::entry::Edit;
use crate::secret::from_descriptor;
use crate::{Failure, World};

pub(super) async fn run(args: Edit, world: &mut World) -> Result<(), Failure> {
    let secret = |option, number: Option<u32>| -> Result<Option<Pipe>, Failure> {
        number.map(|number| Ok(from_descriptor(option, number, pipe::SHORT)?.pipe()?.into())).transpose()
    };
    let parts = args.parts;
    let texts = [&parts.issuer, &parts.name, &parts.kind, &parts.algorithm, &args.icon];
    let numbers = [parts.digits.map(u64::from), parts.period, parts.counter];
    let secrets = [args.secret_fd, args.pin_fd];
    if texts.iter().all(|text| text.is_none())
        && numbers.iter().all(Option::is_none)
        && secrets.iter().all(Option::is_none)
    {
        return Err(Failure::usage("it is not said what is to be different", "`fob otp edit -h` shows what can be"));
    }
    let options = EditOptions {
        secret: secret("--secret-fd", args.secret_fd)?,
        pin: secret("--pin-fd", args.pin_fd)?,
        issuer: parts.issuer,
        name: parts.name,
        kind: parts.kind,
        algorithm: parts.algorithm.map(|name| name.to_uppercase()),
        digits: parts.digits.map(u32::from),
        period: parts.period,
        counter: parts.counter,
        icon: args.icon,
        ..EditOptions::default()
    };
    let found = find(&args.query, world).await?;
    change("Changed", found, options, world).await
}
