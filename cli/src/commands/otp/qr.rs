//! `fob otp qr`: the QR code of an account on the terminal, for another device. It is the account's secret, so the vault's
//! passphrase is asked for once more, and it goes off the screen again.

use fob_bus::types::{FreshOptions, UriInfo};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;
use zeroize::Zeroizing;

use super::entry::find;
use crate::answer::Answer;
use crate::args::exchange::Qr;
use crate::commands::unlock::with_fresh;
use crate::daemon::{awaiting, text_of};
use crate::text::{account, shown};
use crate::{Exit, Failure, World};

/// Light modules around the code (ISO/IEC 18004, 6.3.8).
const QUIET: i32 = 4;

#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    issuer: String,
    name: String,
    /// The code in half blocks, a line each.
    qr: Vec<&'a str>,
    /// What it has no place for.
    lost: Vec<String>,
    /// How it is painted: black on white, whatever the terminal's colours are.
    #[serde(skip)]
    paint: anstyle::Style,
}

impl Answer for Shown<'_> {
    const SCHEMA: &'static str = "fob.otp-qr/1";

    fn words(&self) -> String {
        let paint = self.paint;
        self.qr.iter().map(|line| format!("{paint}{line}{paint:#}\n")).collect()
    }
}

pub(super) async fn run(args: Qr, world: &mut World) -> Result<(), Failure> {
    let (daemon, found) = find(&args.query, world).await?;
    let id = &found.id;
    let given = with_fresh(world, &daemon, &args.fresh, async |daemon, secret, recovery| {
        let (reader, writer) = awaiting().map_err(no_pipe)?;
        let options = FreshOptions { recovery: recovery.then_some(true), ids: None };
        let fresh = secret.pipe().map_err(no_pipe)?;
        let info = daemon.otp().await?.uri(id, fresh.into(), writer.into(), options).await?;
        Ok((info, reader))
    });
    let (info, reader) = given.await?;
    let uri = text_of(&reader)?;
    show(info, &uri, world)
}

/// Inside a call there is only the daemon's kind of error.
pub(super) fn no_pipe(failure: Failure) -> fob_bus::CallError {
    fob_bus::CallError::new(fob_bus::ErrorKind::Failed, failure.message.clone())
}

fn show(info: UriInfo, uri: &str, world: &mut World) -> Result<(), Failure> {
    let code = encode(uri)?;
    let watched = world.out_is_terminal && world.terminal.is_there() && !world.json;
    world.note(&format!(
        "This is the secret of {}: whoever photographs it has its codes.",
        account(&info.issuer, &info.name)
    ));
    for lost in &info.lost {
        world.note(&format!("note: {}", shown(lost)));
    }
    let lines = half_blocks(&code);
    let qr = lines.iter().map(|line| line.as_str()).collect();
    let paint = match world.out_is_terminal {
        true => anstyle::AnsiColor::Black.on(anstyle::AnsiColor::BrightWhite),
        false => anstyle::Style::new(),
    };
    world.answer(&Shown { id: info.id, issuer: info.issuer, name: info.name, qr, lost: info.lost, paint })?;
    if watched {
        let answered = world.terminal.line("Enter takes it off the screen. ");
        // Up over the question and the code, and everything below it away.
        world.print(&format!("\u{1b}[{}A\u{1b}[J", lines.len() + 1))?;
        answered.map_err(|error| Failure::new(Exit::Failed, "the terminal could not be read").because(&error))?;
    }
    Ok(())
}

/// The QR code of a text.
pub(super) fn encode(text: &str) -> Result<QrCode, Failure> {
    QrCode::encode_text(text, QrCodeEcc::Low)
        .map_err(|error| Failure::new(Exit::Failed, "this is too long for a QR code").because(&error))
}

/// Two rows of modules a line: dark modules are painted, so it reads as it is on light ground.
pub(super) fn half_blocks(code: &QrCode) -> Vec<Zeroizing<String>> {
    let range = -QUIET..code.size() + QUIET;
    let line = |y: i32| {
        let cells = range.clone().map(|x| match (code.get_module(x, y), code.get_module(x, y + 1)) {
            (false, false) => ' ',
            (true, false) => '\u{2580}',
            (false, true) => '\u{2584}',
            (true, true) => '\u{2588}',
        });
        Zeroizing::new(cells.collect::<String>())
    };
    range.clone().step_by(2).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read back by another program's reader, from the picture that a person's eye gets.
    #[test]
    fn what_is_painted_can_be_read() {
        let text = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example";
        let lines = half_blocks(&encode(text).unwrap());
        let height = lines.len() * 2;
        let width = lines[0].chars().count();
        let cells: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
        let dark = |x: usize, y: usize| match cells[y / 2][x] {
            '\u{2588}' => true,
            '\u{2580}' => y.is_multiple_of(2),
            '\u{2584}' => !y.is_multiple_of(2),
            _ => false,
        };
        let scale = 4;
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width * scale, height * scale, |x, y| {
            if dark(x / scale, y / scale) { 0 } else { 255 }
        });
        let grids = picture.detect_grids();
        assert_eq!(grids.len(), 1);
        assert_eq!(grids[0].decode().unwrap().1, text);
    }
}
