//! `fob otp qr`: the QR code of an account on the terminal, for another device. It is the account's secret, so the vault's
//! passphrase is asked for once more, and it goes off the screen again.

use std::io::ErrorKind;

use fob_bus::types::{FreshOptions, UriInfo};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;
use zeroize::Zeroizing;

use super::destination::scrolls_back;
use super::entry::find;
use crate::answer::Answer;
use crate::args::exchange::Qr;
use crate::commands::unlock::with_fresh;
use crate::daemon::{awaiting, text_of};
use crate::secret::gave_up;
use crate::text::{account, shown};
use crate::world::Room;
use crate::{Exit, Failure, World};

/// Light modules around the code (ISO/IEC 18004, 6.3.8).
pub(super) const QUIET: i32 = 4;
/// The same where a window has no room for more. Cameras read it, as the white of the screen ends at a dark one's edge.
const NARROW: i32 = 2;
/// What takes the code off the screen again.
const BELOW: &str = "Enter takes it off the screen.";

#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    issuer: String,
    name: String,
    /// The code in half blocks, a line each.
    qr: Vec<&'a str>,
    /// What it has no place for.
    lost: Vec<String>,
}

impl Answer for Shown<'_> {
    const SCHEMA: &'static str = "fob.otp-qr/1";

    fn words(&self) -> String {
        self.qr.iter().map(|line| format!("{line}\n")).collect()
    }
}

pub(super) async fn run(args: Qr, world: &mut World) -> Result<(), Failure> {
    // A person is shown it for a moment; a program gets it.
    let watched = world.out_is_terminal && !world.json;
    if world.out_is_terminal && world.json {
        return Err(scrolls_back("leave `--json` out to see it for a moment, or pipe it to a program"));
    }
    if watched && world.terminal.room().is_none() {
        return Err(stays());
    }
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
    match watched {
        true => watch(&info, &uri, world),
        false => give(info, &uri, world),
    }
}

/// Inside a call there is only the daemon's kind of error.
pub(super) fn no_pipe(failure: Failure) -> fob_bus::CallError {
    fob_bus::CallError::new(fob_bus::ErrorKind::Failed, failure.message.clone())
}

/// Prints it, for a program.
fn give(info: UriInfo, uri: &str, world: &mut World) -> Result<(), Failure> {
    let lines = half_blocks(&encode(uri)?, QUIET);
    warn(&info, world);
    let qr = lines.iter().map(|line| line.as_str()).collect();
    world.answer(&Shown { id: info.id, issuer: info.issuer, name: info.name, qr, lost: info.lost })
}

/// Shows it until its person has seen it.
fn watch(info: &UriInfo, uri: &str, world: &mut World) -> Result<(), Failure> {
    let code = encode(uri)?;
    let room = world.terminal.room().ok_or_else(stays)?;
    let lines = fitting(&code, room)?;
    warn(info, world);
    world.terminal.picture(&lines, BELOW).map_err(|error| match error.kind() {
        ErrorKind::Interrupted => gave_up(),
        _ => Failure::new(Exit::Failed, "the terminal could not show the code").because(&error),
    })
}

fn warn(info: &UriInfo, world: &mut World) {
    let account = account(&info.issuer, &info.name);
    world.note(&format!("This is the secret of {account}: whoever photographs it has its codes."));
    for lost in &info.lost {
        world.note(&format!("note: {}", shown(lost)));
    }
}

/// The code, small enough for the window with a line below it.
fn fitting(code: &QrCode, room: Room) -> Result<Vec<Zeroizing<String>>, Failure> {
    let needed = |quiet: i32| {
        let side = usize::try_from(code.size() + 2 * quiet).unwrap_or(usize::MAX);
        Room { columns: side.max(BELOW.len()), rows: side.div_ceil(2) + 1 }
    };
    let fits = |quiet: &i32| needed(*quiet).columns <= room.columns && needed(*quiet).rows <= room.rows;
    let quiet = [QUIET, NARROW].into_iter().find(fits);
    quiet.map(|quiet| half_blocks(code, quiet)).ok_or_else(|| too_small(needed(NARROW), room))
}

fn too_small(needed: Room, room: Room) -> Failure {
    let message = format!(
        "the code needs a window of {} columns and {} rows, and this one has {} and {}",
        needed.columns, needed.rows, room.columns, room.rows
    );
    let hint = "make the window larger or its letters smaller, or write a page with \
                `fob otp export ACCOUNT --to sheet-html --out FILE`";
    Failure::new(Exit::Failed, message).hint(hint)
}

fn stays() -> Failure {
    let message = "this terminal could not take the code off its screen again";
    Failure::new(Exit::Failed, message).hint("write a page with `fob otp export ACCOUNT --to sheet-html --out FILE`")
}

/// The QR code of a text.
pub(super) fn encode(text: &str) -> Result<QrCode, Failure> {
    QrCode::encode_text(text, QrCodeEcc::Low)
        .map_err(|error| Failure::new(Exit::Failed, "this is too long for a QR code").because(&error))
}

/// Two rows of modules a line: dark modules are painted, so it reads as it is on light ground.
pub(super) fn half_blocks(code: &QrCode, quiet: i32) -> Vec<Zeroizing<String>> {
    let range = -quiet..code.size() + quiet;
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

    const TEXT: &str = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP&issuer=Example";

    /// Read back by another program's reader, from the picture that a person's eye gets on a dark screen.
    #[test]
    fn what_is_painted_can_be_read() {
        for quiet in [QUIET, NARROW] {
            assert_eq!(read(&half_blocks(&encode(TEXT).unwrap(), quiet)), TEXT, "{quiet}");
        }
    }

    fn read(lines: &[Zeroizing<String>]) -> String {
        let height = lines.len() * 2;
        let width = lines[0].chars().count();
        let cells: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
        let painted = |x: usize, y: usize| match cells[y / 2][x] {
            '\u{2588}' => true,
            '\u{2580}' => y.is_multiple_of(2),
            '\u{2584}' => !y.is_multiple_of(2),
            _ => false,
        };
        // The screen around it.
        let edge = 3;
        let dark = |x: usize, y: usize| match (x.checked_sub(edge), y.checked_sub(edge)) {
            (Some(x), Some(y)) if x < width && y < height => painted(x, y),
            _ => true,
        };
        let (width, height) = (width + 2 * edge, height + 2 * edge);
        let scale = 4;
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width * scale, height * scale, |x, y| {
            if dark(x / scale, y / scale) { 0 } else { 255 }
        });
        let grids = picture.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    /// Its 66 bytes need version 4, 33 modules a side (ISO/IEC 18004, tables 1 and 7).
    #[test]
    fn a_window_that_is_too_small_is_told_how_large_it_must_be() {
        let code = encode(TEXT).unwrap();
        let lines = |columns, rows| fitting(&code, Room { columns, rows }).map(|lines| lines.len());
        for (columns, rows, expected) in [(80, 24, 21), (41, 22, 21), (41, 21, 19), (40, 24, 19), (37, 20, 19)] {
            assert_eq!(lines(columns, rows).unwrap(), expected, "{columns}x{rows}");
        }
        for (columns, rows) in [(36, 24), (80, 19)] {
            let failure = lines(columns, rows).unwrap_err();
            assert!(failure.message.contains("37 columns and 20 rows"), "{failure}");
        }
    }
}
