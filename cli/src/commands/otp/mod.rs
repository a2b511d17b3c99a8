//! `fob otp …`: accounts with one-time codes. [`entry`] has what all of them say about an account.

mod add;
mod bin;
pub(crate) mod bind;
pub(crate) mod code;
mod convert;
pub(crate) mod destination;
mod edit;
mod entry;
mod export;
mod favourite;
mod foreign;
mod formats;
mod history;
mod import;
mod list;
mod note;
mod parcel;
mod picture;
mod qr;
mod recovery;
mod remark;
mod remove;
mod rename;
mod resync;
mod show;
mod tag;
mod ui;
mod undo;

use crate::args::otp::Otp;
use crate::{Failure, World};

pub(super) async fn run(command: Otp, world: &mut World) -> Result<(), Failure> {
    match command {
        Otp::Code(args) => code::run(args, world).await,
        Otp::List(args) => list::run(args, world).await,
        // Boxed: a code need not carry the size of these.
        Otp::Add(args) => Box::pin(add::run(*args, world)).await,
        Otp::Ui => Box::pin(ui::run(world)).await,
        Otp::Import(args) => Box::pin(import::run(args, world)).await,
        Otp::Export(args) => Box::pin(export::run(args, world)).await,
        Otp::Qr(args) => Box::pin(qr::run(args, world)).await,
        Otp::Edit(args) => Box::pin(edit::run(*args, world)).await,
        Otp::Show(args) => show::run(args, world).await,
        Otp::Rename(args) => rename::run(args, world).await,
        Otp::Tag(args) => tag::run(args, world).await,
        Otp::Note(args) => note::run(args, world).await,
        Otp::Favourite(args) => favourite::run(args, world).await,
        Otp::Recovery(command) => recovery::run(command, world).await,
        Otp::Resync(args) => resync::run(args, world).await,
        Otp::History(args) => history::run(args, world).await,
        Otp::Bind(args) => bind::run(args, world).await,
        Otp::Remove(args) => remove::run(args, world).await,
        Otp::Undo(args) => undo::run(args, world).await,
        Otp::Bin(args) => bin::run(args, world).await,
        Otp::Convert(args) => convert::run(&args, world),
    }
}
