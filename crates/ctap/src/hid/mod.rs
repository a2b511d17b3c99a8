//! CTAPHID (§11.2): messages in reports of 64 bytes, both ends, without the reports' transport.
//!
//! [`Device`] is a key's end, [`Opening`] and [`Transaction`] a platform's. All three take reports and time, and say
//! what to send and what happened; whoever holds the transport does the sending and waiting.

mod assembler;
mod client;
mod device;
mod message;
mod opening;
mod packet;
mod words;

pub use assembler::{Assembler, FramingError};
pub use client::{Deadlines, LinkError, Step, Transaction};
pub use device::{Device, DeviceEvent, DeviceIdentity};
pub use message::{HidMessage, TooLong};
pub use opening::{OpenStep, Opening};
pub use packet::{Packet, REPORT, Report};
pub use words::{Capabilities, ChannelId, HidCommand, HidError, InitReply, KeepaliveStatus};
