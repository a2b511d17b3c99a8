//! What authenticatorConfig sets (§6.11). A reset takes all of it back.

use fob_ctap::entity::RpId;

/// Settings that survive the power.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    pub(crate) enterprise_attestation: bool,
    pub(crate) always_uv: bool,
    /// In code points; the model's own minimum where there is none.
    pub(crate) min_pin_length: Option<u64>,
    /// Who may learn it beside those that the model knows.
    pub(crate) min_pin_length_rp_ids: Vec<RpId>,
    pub(crate) force_pin_change: bool,
    pub(crate) pin_complexity: bool,
    pub(crate) long_touch_for_reset: bool,
}
