//! `fob otp ui`: the live screen of all accounts. Type to search, copy or reveal the chosen one; codes are hidden until
//! then, and everything goes when the vault locks.
//!
//! [`screen`] decides: it takes inputs and the time, and returns what has to be done. [`view`] says what is to be seen,
//! [`draw`] paints it, [`run`] is the loop between person, daemon and clock, [`stage`] the terminal that is put back in
//! order whatever happens.

pub mod account;
pub mod draw;
pub mod keys;
pub mod run;
pub mod screen;
pub mod stage;
pub mod view;

#[cfg(test)]
mod tests;
