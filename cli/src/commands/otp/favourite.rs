//! `fob otp favourite`: to the top of the live screen.

use fob_bus::types::EditOptions;

use super::entry::{change, find};
use crate::args::entry::Favourite;
use crate::{Failure, World};

pub(super) async fn run(args: Favourite, world: &mut World) -> Result<(), Failure> {
    let found = find(&args.query, world).await?;
    let options = EditOptions { favourite: Some(!args.remove), ..EditOptions::default() };
    let verb = if args.remove { "No favourite any more" } else { "Marked as a favourite" };
    change(verb, found, options, world).await
}
