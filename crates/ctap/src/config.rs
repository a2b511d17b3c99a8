//! authenticatorConfig (§6.11): settings of a key. A token needs the permission acfg.

use crate::Map;
use crate::entity::RpId;
use crate::member::{Malformed, Members};
use crate::subcommand::{Family, Subcommand, subcommands};

subcommands! {
    /// Any subcommand, as an authenticator receives it.
    Config, else Malformed::Subcommand, also
    /// vendorPrototype (§6.11.3).
    VendorPrototype;

    /// enableEnterpriseAttestation (§6.11.1). There is no way back but a reset.
    EnableEnterpriseAttestation = 0x01 -> () {}
    /// toggleAlwaysUv (§6.11.2): what the option alwaysUv says, turned round.
    ToggleAlwaysUv = 0x02 -> () {}
    /// setMinPINLength (§6.11.4), and what else concerns PINs.
    SetMinPinLength = 0x03 -> () {
        /// The new minimum in code points; never less than the present one.
        new_min_pin_length: Option<u64> = 1, "newMinPINLength";
        /// Who may learn it through the minPinLength extension.
        min_pin_length_rp_ids: Option<Vec<RpId>> = 2, "minPinLengthRPIDs";
        /// Whether the PIN must be changed before it is of use again.
        force_change_pin: Option<bool> = 3, "forceChangePin";
        /// Whether PINs must be more than long.
        pin_complexity_policy: Option<bool> = 4, "pinComplexityPolicy";
    }
    /// enableLongTouchForReset: from now on a reset wants a touch of ten seconds.
    EnableLongTouchForReset = 0x04 -> () {}
}

impl Family for Config {
    const CODE: u8 = 0x0d;
    const SUB_COMMAND: i64 = 1;

    /// The proof covers 32 bytes of 0xFF ‖ 0x0D ‖ subCommand ‖ subCommandParams.
    fn head(number: u8) -> Vec<u8> {
        let mut head = vec![0xff; 32];
        head.extend([Self::CODE, number]);
        head
    }

    fn read(number: u8, parameters: Map) -> Result<Self, Malformed> {
        Self::read_parameters(number, parameters)
    }

    /// CTAP 2.1 had [`crate::Status::InvalidParameter`] for a subcommand that is none, CTAP 2.3 has
    /// [`crate::Status::InvalidSubcommand`] (§6.11).
    fn check(number: u64) -> Result<u8, Malformed> {
        Self::known(number)
    }
}

/// vendorPrototype (§6.11.3): a vendor's own setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorPrototype {
    /// Which; the key lists those that it knows in getInfo.
    pub vendor_command_id: u64,
    /// All parameters beside the id, whose meaning is the vendor's.
    pub parameters: Map,
}

const VENDOR_COMMAND_ID: i64 = 1;

impl Subcommand for VendorPrototype {
    type Family = Config;
    type Reply = ();
    const NUMBER: u8 = 0xff;

    fn to_parameters(&self) -> Option<Map> {
        let mut map = self.parameters.clone();
        map.insert(VENDOR_COMMAND_ID, self.vendor_command_id);
        Some(map)
    }

    fn from_parameters(parameters: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(parameters);
        let vendor_command_id = members.take(VENDOR_COMMAND_ID, "vendorCommandId")?;
        Ok(Self { vendor_command_id, parameters: members.rest() })
    }
}
