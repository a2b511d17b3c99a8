//! A session bus of its own for each test, and those who may sit on it: a fake keyring, real ones, and another program that uses them.

#![allow(dead_code, reason = "each test program uses its part")]

pub(crate) mod bus;
pub(crate) mod fake;
pub(crate) mod judge;

use fob_ambient::SeededRng;
use fob_keyring::{Keyring, KeyringError, Patience, Place};

pub(crate) use bus::Bus;
#[allow(unused_imports, reason = "each test program uses its part")]
pub(crate) use fake::Fake;

/// The place that tests use, and another one of the same vault.
pub(crate) const PLACE: Place = Place { vault: *b"\x01vault of a test", slot: *b"\xffslot of a test\0" };
pub(crate) const ELSEWHERE: Place = Place { slot: *b"another slot of.", ..PLACE };

pub(crate) const SECRET: [u8; 32] = *b"thirty-two bytes, all for a slot";

/// A keyring on the bus, with the patience that people get.
pub(crate) async fn connect(bus: &Bus) -> Result<Keyring, KeyringError> {
    connect_with(bus, Patience::default()).await
}

pub(crate) async fn connect_with(bus: &Bus, patience: Patience) -> Result<Keyring, KeyringError> {
    Keyring::connect(&bus.connect().await, Box::new(SeededRng::new(7)), patience).await
}
