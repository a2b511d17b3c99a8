//! Argon2id alone, at the cost that a vault's passphrase has: the bare cost of a cold unlock.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use fob_cbor::{Limits, Value, decode};

use crate::sample::timed;

/// Where the header's length stands in a vault file, and where the header begins (docs/vault-format.md).
const LENGTH: std::ops::Range<usize> = 10..14;

/// One run of it, ready to be repeated.
#[derive(Debug)]
pub(super) struct Argon2id(Params);

impl Argon2id {
    /// At the cost of this vault's passphrase.
    pub(super) fn of(vault: &Path) -> anyhow::Result<Self> {
        let file = fs::read(vault)?;
        let length = file.get(LENGTH).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
        let end = LENGTH.end + usize::try_from(length.context("a vault has a header")?)?;
        let header = decode(file.get(LENGTH.end..end).context("the header is cut off")?, Limits::deep(8))?;
        let slots = header.as_map().and_then(|map| map.get_text("slots")).and_then(Value::as_array);
        let is_passphrase = |slot: &&Value| text(slot, "kind").and_then(Value::as_text) == Some("passphrase");
        let slot = slots.unwrap_or_default().iter().find(is_passphrase).context("no passphrase opens the vault")?;
        let parameters = text(slot, "parameters").context("a slot has parameters")?;
        let number = |name| {
            let number = text(parameters, name).and_then(Value::as_u64).with_context(|| format!("no {name}"))?;
            anyhow::Ok(u32::try_from(number)?)
        };
        let params = Params::new(number("memory_kib")?, number("passes")?, number("lanes")?, Some(32));
        Ok(Self(params.map_err(anyhow::Error::msg)?))
    }

    /// Takes memory, as an unlock does, and runs.
    pub(super) fn run(&self) -> anyhow::Result<Duration> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.0.clone());
        timed(|| {
            let mut memory = vec![Block::default(); self.0.block_count()];
            let mut key = [0; 32];
            let hashed = argon2.hash_password_into_with_memory(b"a passphrase", &[7; 16], &mut key, &mut memory);
            black_box(key);
            hashed.map_err(anyhow::Error::msg)
        })
    }

    /// What it is called in a table.
    pub(super) fn name(&self) -> String {
        format!("Argon2id ({} MiB, {} passes)", self.0.m_cost() / 1024, self.0.t_cost())
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.as_map()?.get_text(key)
}
