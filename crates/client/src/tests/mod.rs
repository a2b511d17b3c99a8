//! Sessions and flows over keys that are scripted, with a clock that only the script moves: nothing here sleeps.
//!
//! [`wire`] frames reports by hand, after CTAP 2.3 §11.2.4, so that it vouches for ours; [`authenticator`] is a small key with a PIN
//! on top of it.

mod authenticator;
mod ceremonies;
mod giving_up;
mod hostile;
mod lists;
mod pins;
mod secrets;
mod sessions;
mod wire;
