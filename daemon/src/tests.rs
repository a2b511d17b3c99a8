//! The daemon as its callers see it: over a socket pair, with a temporary home and keys on sockets in it.

mod accounts;
mod ceremonies;
mod consent;
mod consent_at_keys;
mod consent_kept;
mod doors;
mod entries;
mod exports;
pub(crate) mod house;
mod loopback;
mod outside;
mod running;
mod scripted;
mod secrecy;
mod session_bus;
mod sites;
mod slots;
mod soft;
mod softkey;
mod upkeep;
mod wishes;
