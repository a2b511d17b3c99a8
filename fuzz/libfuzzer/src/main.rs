//! libFuzzer around one target, whose name is in `FOB_FUZZ_TARGET`. `../run` builds and starts it.

#![no_main]

use std::sync::LazyLock;

use fob_fuzz::{TARGETS, Target, within_bounds};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<(&str, Target)> = LazyLock::new(|| {
    let name = std::env::var("FOB_FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    *found.unwrap_or_else(|| panic!("FOB_FUZZ_TARGET names no target: {name:?}"))
});

fuzz_target!(|data: &[u8]| {
    let (name, target) = *CHOSEN;
    within_bounds(name, target, data);
});
