//! authenticatorBioEnrollment (§6.7): teaching a key fingerprints.
//!
//! The same messages under the number 0x40 are the preview's ([`Prototype`](crate::subcommand::Prototype)). A token
//! needs the permission be. getModality stands alone: it is no subcommand.

use crate::member::{FromCbor, Malformed, Member, Members, array, put};
use crate::subcommand::{Family, HasPrototype, Received, Subcommand, subcommands};
use crate::{Command, Map, Message, Value};

/// `modality` of fingerprints, the only one there is.
pub const FINGERPRINT: u64 = 1;

const MODALITY: i64 = 1;
const GET_MODALITY: i64 = 6;

subcommands! {
    /// Any subcommand, as an authenticator receives it.
    BioEnrollment, else Malformed::Subcommand;

    /// enrollBegin (§6.7.4): forget an enrolment in progress, begin another, and take the first sample.
    EnrollBegin = 0x01 -> FirstSample {
        /// How long to wait for the finger, in milliseconds; the key chooses if absent.
        timeout_milliseconds: Option<u64> = 3, "timeoutMilliseconds";
    }
    /// enrollCaptureNextSample: another sample.
    EnrollCaptureNextSample = 0x02 -> Sample {
        /// The template that enrollBegin named.
        template_id: Vec<u8> = 1, "templateId";
        /// How long to wait for the finger, in milliseconds; the key chooses if absent.
        timeout_milliseconds: Option<u64> = 3, "timeoutMilliseconds";
    }
    /// cancelCurrentEnrollment (§6.7.5). Takes no proof.
    CancelCurrentEnrollment = 0x03 -> () {}
    /// enumerateEnrollments (§6.7.6): all templates at once.
    EnumerateEnrollments = 0x04 -> Enrollments {}
    /// setFriendlyName (§6.7.7).
    SetFriendlyName = 0x05 -> () {
        /// Which template.
        template_id: Vec<u8> = 1, "templateId";
        /// What to call it.
        template_friendly_name: String = 2, "templateFriendlyName";
    }
    /// removeEnrollment (§6.7.8).
    RemoveEnrollment = 0x06 -> () {
        /// Which template.
        template_id: Vec<u8> = 1, "templateId";
    }
    /// getFingerprintSensorInfo (§6.7.3). Takes no proof.
    GetFingerprintSensorInfo = 0x07 -> SensorInfo {}
}

impl Family for BioEnrollment {
    const CODE: u8 = 0x09;
    const SUB_COMMAND: i64 = 2;

    /// The proof covers modality ‖ subCommand ‖ subCommandParams.
    fn head(number: u8) -> Vec<u8> {
        vec![1, number]
    }

    /// Not those that enumerateEnrollments has no use for (§6.7.6).
    fn covers_parameters(number: u8) -> bool {
        number != EnumerateEnrollments::NUMBER
    }

    fn read(number: u8, parameters: Map) -> Result<Self, Malformed> {
        Self::read_parameters(number, parameters)
    }

    fn check(number: u64) -> Result<u8, Malformed> {
        Self::known(number)
    }

    fn envelope() -> Map {
        [(MODALITY, FINGERPRINT)].into_iter().collect()
    }

    fn check_envelope(members: &mut Members) -> Result<(), Malformed> {
        match members.take(MODALITY, "modality")? {
            FINGERPRINT => Ok(()),
            _ => Err(Malformed::Value("modality")),
        }
    }
}

impl HasPrototype for BioEnrollment {
    const PROTOTYPE: u8 = 0x40;
}

/// getModality (§6.7.2): what the key recognises people by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetModality;

impl Message for GetModality {
    fn to_map(&self) -> Option<Map> {
        Some([(GET_MODALITY, true)].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        match Members::from(map).take(GET_MODALITY, "getModality")? {
            true => Ok(Self),
            false => Err(Malformed::Value("getModality")),
        }
    }
}

impl Command for GetModality {
    const CODE: u8 = BioEnrollment::CODE;
    type Reply = Modality;
}

/// Any request of the command, as an authenticator receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BioRequest {
    /// getModality.
    GetModality,
    /// A subcommand.
    Subcommand(Received<BioEnrollment>),
}

impl BioRequest {
    /// Reads the members of a request: one without a subcommand is getModality.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_map(map: Map) -> Result<Self, Malformed> {
        if map.get_int(BioEnrollment::SUB_COMMAND).is_none() && map.get_int(GET_MODALITY).is_some() {
            return GetModality::from_map(map).map(|GetModality| Self::GetModality);
        }
        Received::from_map(map).map(Self::Subcommand)
    }
}

/// Answer to getModality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modality {
    /// [`FINGERPRINT`], or something newer.
    pub modality: u64,
}

impl Message for Modality {
    fn to_map(&self) -> Option<Map> {
        Some([(MODALITY, self.modality)].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Members::from(map).take(MODALITY, "modality").map(|modality| Self { modality })
    }
}

/// How a sensor takes a finger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FingerprintKind {
    /// 1: the finger rests on it.
    Touch,
    /// 2: the finger moves over it.
    Swipe,
    /// A number that the standard does not list.
    Other(u64),
}

impl FromCbor for FingerprintKind {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        Ok(match u64::from_cbor(value, member)? {
            1 => Self::Touch,
            2 => Self::Swipe,
            other => Self::Other(other),
        })
    }
}

impl From<FingerprintKind> for Value {
    fn from(kind: FingerprintKind) -> Self {
        Self::from(match kind {
            FingerprintKind::Touch => 1,
            FingerprintKind::Swipe => 2,
            FingerprintKind::Other(number) => number,
        })
    }
}

/// Answer to getFingerprintSensorInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SensorInfo {
    /// How the sensor takes a finger.
    pub fingerprint_kind: FingerprintKind,
    /// Most good samples that an enrolment needs.
    pub max_capture_samples_required_for_enroll: u64,
    /// Longest name of a template in bytes of UTF-8; 64 if absent.
    pub max_template_friendly_name: Option<u64>,
}

impl Message for SensorInfo {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        map.insert(2, self.fingerprint_kind);
        map.insert(3, self.max_capture_samples_required_for_enroll);
        put(&mut map, 8, self.max_template_friendly_name);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self {
            fingerprint_kind: members.take(2, "fingerprintKind")?,
            max_capture_samples_required_for_enroll: members.take(3, "maxCaptureSamplesRequiredForEnroll")?,
            max_template_friendly_name: members.take_optional(8, "maxTemplateFriendlyName")?,
        })
    }
}

macro_rules! sample_statuses {
    ($($(#[$doc:meta])* $variant:ident = $number:literal;)*) => {
        /// `lastEnrollSampleStatus` (§6.7.4): how good a sample was.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SampleStatus {
            $($(#[$doc])* $variant,)*
            /// A number that the standard does not list.
            Other(u64),
        }

        impl SampleStatus {
            /// Every status that the standard lists.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u64 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// The status of this number.
            #[must_use]
            pub const fn from_number(number: u64) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }
        }
    };
}

sample_statuses! {
    /// Good.
    Good = 0x00;
    /// Too high.
    TooHigh = 0x01;
    /// Too low.
    TooLow = 0x02;
    /// Too far to the left.
    TooLeft = 0x03;
    /// Too far to the right.
    TooRight = 0x04;
    /// Moved too fast.
    TooFast = 0x05;
    /// Moved too slowly.
    TooSlow = 0x06;
    /// Of poor quality.
    PoorQuality = 0x07;
    /// Too skewed.
    TooSkewed = 0x08;
    /// Too short.
    TooShort = 0x09;
    /// Does not go with the samples before it.
    MergeFailure = 0x0a;
    /// This finger is known already.
    Exists = 0x0b;
    /// No room for another template; only the preview's keys say it this way.
    DatabaseFull = 0x0c;
    /// Nobody touched the sensor in time.
    NoUserActivity = 0x0d;
    /// The finger was not lifted in time.
    NoUserPresenceTransition = 0x0e;
}

impl FromCbor for SampleStatus {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        u64::from_cbor(value, member).map(Self::from_number)
    }
}

impl From<SampleStatus> for Value {
    fn from(status: SampleStatus) -> Self {
        Self::from(status.number())
    }
}

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// How good it was.
    pub last_enroll_sample_status: SampleStatus,
    /// How many more are needed; at 0 the template is stored.
    pub remaining_samples: u64,
}

impl Sample {
    fn write(self, map: &mut Map) {
        map.insert(5, self.last_enroll_sample_status);
        map.insert(6, self.remaining_samples);
    }

    fn read(members: &mut Members) -> Result<Self, Malformed> {
        Ok(Self {
            last_enroll_sample_status: members.take(5, "lastEnrollSampleStatus")?,
            remaining_samples: members.take(6, "remainingSamples")?,
        })
    }
}

impl Message for Sample {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        self.write(&mut map);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Self::read(&mut Members::from(map))
    }
}

/// Answer to enrollBegin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSample {
    /// The template that is being made.
    pub template_id: Vec<u8>,
    /// Its first sample.
    pub sample: Sample,
}

impl Message for FirstSample {
    fn to_map(&self) -> Option<Map> {
        let mut map = Map::new();
        map.insert(4, self.template_id.as_slice());
        self.sample.write(&mut map);
        Some(map)
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        let mut members = Members::from(map);
        Ok(Self { template_id: members.take(4, "templateId")?, sample: Sample::read(&mut members)? })
    }
}

/// A finger that the key knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateInfo {
    /// Its template.
    pub template_id: Vec<u8>,
    /// What it is called. Comes from whoever enrolled it: strip control characters before showing it.
    pub template_friendly_name: Option<String>,
}

impl FromCbor for TemplateInfo {
    fn from_cbor(value: Value, member: Member) -> Result<Self, Malformed> {
        let mut members = Members::of(value, member)?;
        Ok(Self {
            template_id: members.take(1, "templateInfo.templateId")?,
            template_friendly_name: members.take_optional(2, "templateInfo.templateFriendlyName")?,
        })
    }
}

impl From<&TemplateInfo> for Value {
    fn from(info: &TemplateInfo) -> Self {
        let mut map = Map::new();
        map.insert(1, info.template_id.as_slice());
        put(&mut map, 2, info.template_friendly_name.as_deref());
        Self::Map(map)
    }
}

/// Answer to enumerateEnrollments. A key without any answers [`crate::Status::InvalidOption`] instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollments {
    /// All of them.
    pub template_infos: Vec<TemplateInfo>,
}

impl Message for Enrollments {
    fn to_map(&self) -> Option<Map> {
        Some([(7, array(&self.template_infos))].into_iter().collect())
    }

    fn from_map(map: Map) -> Result<Self, Malformed> {
        Members::from(map).take(7, "templateInfos").map(|template_infos| Self { template_infos })
    }
}
