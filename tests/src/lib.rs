//! A whole house in a temporary home: a private session bus, `fobd`, `fob-softkey` and `signin`, all of them the built
//! programs, started as a person's machine would start them.
//!
//! The end-to-end tests and `./demo` share it. What is here knows programs, files and sockets only; it links none of
//! the crates under test.

pub mod demo;
pub mod fob;
pub mod house;
pub mod memory;
pub mod oathtool;
pub mod program;
pub mod server;
