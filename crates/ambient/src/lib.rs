//! What a program takes from its surroundings: time and chance.
//!
//! Protocol code never asks the system for either; it is handed a [`Clock`] and an [`Rng`]. Both come with a fake
//! that tests steer: [`FakeClock`] moves when told, [`SeededRng`] repeats itself. What else the logic needs from
//! outside (a person's touch, storage) is a trait of the crate that needs it.

mod chance;
mod clock;

pub use chance::{Rng, SeededRng, SystemRng};
pub use clock::{Clock, FakeClock, Millis, SystemClock, UnixTime};
