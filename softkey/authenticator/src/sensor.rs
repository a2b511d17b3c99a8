//! A fingerprint sensor, seen from the key: what lies on it when the key is touched.

use fob_ctap::bio_enrollment::SampleStatus;

/// What a sensor saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FingerSample {
    /// A finger, well laid. The same number is the same finger.
    Good {
        /// Which finger.
        finger: u32,
    },
    /// A finger, badly laid: this is wrong with it.
    Poor(SampleStatus),
    /// No finger.
    None,
}

/// The law: one sample a call, of whatever lies on the sensor now. It is called once for each touch that the key waited
/// for, when that touch has come.
pub trait Sensor {
    /// Looks.
    fn sample(&mut self) -> FingerSample;
}

/// Finger number 1, always well laid.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneFinger;

impl Sensor for OneFinger {
    fn sample(&mut self) -> FingerSample {
        FingerSample::Good { finger: 1 }
    }
}
