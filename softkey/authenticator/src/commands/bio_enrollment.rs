//! authenticatorBioEnrollment (§6.7): the key learns fingers from a simulated sensor.

use fob_ambient::Millis;
use fob_ctap::bio_enrollment::{
    BioEnrollment, BioRequest, EnrollBegin, EnrollCaptureNextSample, Enrollments, EnumerateEnrollments, FINGERPRINT,
    FingerprintKind, FirstSample, GetFingerprintSensorInfo, GetModality, Modality, Sample, SampleStatus, SensorInfo,
    TemplateInfo,
};
use fob_ctap::client_pin::Permissions;
use fob_ctap::subcommand::{Call, Received};
use fob_ctap::{Command, Status};

use super::{Pending, touched};
use crate::authenticator::Step;
use crate::identity::LONGEST_FINGER_NAME;
use crate::state::{Change, Finger};
use crate::{Authenticator, FingerSample, Fingerprints, Presence, Reason};

/// A finger that is being learnt. Only a whole one is kept.
#[derive(Debug)]
pub(crate) struct Enrolment {
    template_id: Vec<u8>,
    /// The finger of the first good sample.
    finger: Option<u32>,
    remaining: u64,
}

/// A sample that is waited for.
#[derive(Debug)]
pub(crate) struct Capture {
    /// Whether it is the first: its reply names the template.
    first: bool,
}

impl Authenticator {
    pub(super) fn bio_enrollment(&mut self, request: BioRequest, now: Millis) -> Result<Step, Status> {
        let sensor = self.abilities.fingerprints.ok_or(Status::InvalidCommand)?;
        let request = match request {
            BioRequest::GetModality => {
                return Ok(Step::Reply(GetModality::encode_reply(&Modality { modality: FINGERPRINT })));
            }
            BioRequest::Subcommand(request) => request,
        };
        // The two that take no proof.
        match &request.subcommand {
            Ok(BioEnrollment::GetFingerprintSensorInfo(_)) => return Ok(Step::Reply(sensor_info(sensor))),
            Ok(BioEnrollment::CancelCurrentEnrollment(_)) => {
                self.enrolment = None;
                return Ok(Step::Reply(vec![0]));
            }
            _ => {}
        }
        self.may_enroll(&request, now)?;
        match request.subcommand.map_err(|malformed| malformed.status())? {
            BioEnrollment::EnrollBegin(request) => {
                self.begin_enrolment(sensor)?;
                Ok(self.capture(true, request.timeout_milliseconds, now))
            }
            BioEnrollment::EnrollCaptureNextSample(request) => {
                let known = self.enrolment.as_ref().is_some_and(|one| one.template_id == request.template_id);
                if !known {
                    return Err(Status::InvalidParameter);
                }
                Ok(self.capture(false, request.timeout_milliseconds, now))
            }
            BioEnrollment::EnumerateEnrollments(_) => self.enrollments().map(Step::Reply),
            BioEnrollment::SetFriendlyName(request) => {
                self.name_finger(&request.template_id, request.template_friendly_name)?;
                Ok(Step::Reply(vec![0]))
            }
            BioEnrollment::RemoveEnrollment(request) => {
                self.finger(&request.template_id)?;
                self.commit(vec![Change::RemoveFinger(request.template_id)])?;
                Ok(Step::Reply(vec![0]))
            }
            BioEnrollment::CancelCurrentEnrollment(_) | BioEnrollment::GetFingerprintSensorInfo(_) => {
                Err(Status::InvalidSubcommand)
            }
        }
    }

    fn may_enroll(&mut self, request: &Received<BioEnrollment>, now: Millis) -> Result<(), Status> {
        let proof = request.pin_uv_auth_param.as_deref().ok_or(Status::PuatRequired)?;
        let protocol = self.protocol(request.pin_uv_auth_protocol)?;
        let token = &mut self.pins.protocol(protocol).token;
        let proven = token.verify(request.message(), proof, now);
        match proven && token.permits(Permissions::BIO_ENROLLMENT) {
            true => Ok(()),
            false => Err(Status::PinAuthInvalid),
        }
    }

    /// enrollBegin (§6.7.4): one in progress is forgotten.
    fn begin_enrolment(&mut self, sensor: Fingerprints) -> Result<(), Status> {
        self.enrolment = None;
        if self.state.fingers.len() >= sensor.capacity {
            return Err(Status::FpDatabaseFull);
        }
        let mut template_id = [0; 4];
        self.rng.fill(&mut template_id);
        let remaining = sensor.samples;
        self.enrolment = Some(Enrolment { template_id: template_id.to_vec(), finger: None, remaining });
        Ok(())
    }

    fn capture(&mut self, first: bool, timeout: Option<u64>, now: Millis) -> Step {
        let step = self.ask(Reason::Enroll, Pending::Enroll(Capture { first }), now);
        match (step, timeout) {
            (Step::AskPresence(mut ask), Some(timeout)) => {
                ask.deadline = ask.deadline.min(now.plus(Millis(timeout)));
                Step::AskPresence(ask)
            }
            (step, _) => step,
        }
    }

    /// A sample came, or none.
    pub(super) fn captured(&mut self, capture: Capture, outcome: Presence) -> Result<Vec<u8>, Status> {
        let status = match outcome {
            Presence::TimedOut => SampleStatus::NoUserActivity,
            outcome => {
                touched(outcome)?;
                let sample = self.sensor.sample();
                self.judge(sample)
            }
        };
        let Some(mut enrolment) = self.enrolment.take() else { return Err(Status::NotAllowed) };
        if status == SampleStatus::Good {
            enrolment.remaining = enrolment.remaining.saturating_sub(1);
        }
        let sample = Sample { last_enroll_sample_status: status, remaining_samples: enrolment.remaining };
        let template_id = enrolment.template_id.clone();
        if enrolment.remaining == 0 {
            let number = enrolment.finger.ok_or(Status::Other)?;
            self.commit(vec![Change::PutFinger(Box::new(Finger {
                template_id: enrolment.template_id,
                name: None,
                number,
            }))])?;
        } else {
            self.enrolment = Some(enrolment);
        }
        Ok(match capture.first {
            true => Call::<EnrollBegin>::encode_reply(&FirstSample { template_id, sample }),
            false => Call::<EnrollCaptureNextSample>::encode_reply(&sample),
        })
    }

    /// How good a sample is for the finger that is being learnt.
    fn judge(&mut self, sample: FingerSample) -> SampleStatus {
        let finger = match sample {
            FingerSample::Poor(status) => return status,
            FingerSample::None => return SampleStatus::NoUserActivity,
            FingerSample::Good { finger } => finger,
        };
        if self.state.fingers.values().any(|known| known.number == finger) {
            return SampleStatus::Exists;
        }
        let first = self.enrolment.as_mut().map(|enrolment| *enrolment.finger.get_or_insert(finger));
        if first == Some(finger) { SampleStatus::Good } else { SampleStatus::MergeFailure }
    }

    /// enumerateEnrollments (§6.7.6).
    fn enrollments(&self) -> Result<Vec<u8>, Status> {
        let info = |finger: &Finger| TemplateInfo {
            template_id: finger.template_id.clone(),
            // Empty rather than left out: python-fido2 cannot read a template without the member.
            template_friendly_name: Some(finger.name.clone().unwrap_or_default()),
        };
        let template_infos: Vec<_> = self.state.fingers.values().map(info).collect();
        match template_infos.is_empty() {
            true => Err(Status::InvalidOption),
            false => Ok(Call::<EnumerateEnrollments>::encode_reply(&Enrollments { template_infos })),
        }
    }

    /// setFriendlyName (§6.7.7).
    fn name_finger(&mut self, template_id: &[u8], name: String) -> Result<(), Status> {
        if name.len() > LONGEST_FINGER_NAME {
            return Err(Status::InvalidLength);
        }
        let finger = Finger { name: Some(name), ..self.finger(template_id)?.clone() };
        self.commit(vec![Change::PutFinger(Box::new(finger))])
    }

    fn finger(&self, template_id: &[u8]) -> Result<&Finger, Status> {
        self.state.fingers.get(template_id).ok_or(Status::InvalidOption)
    }
}

/// getFingerprintSensorInfo (§6.7.3).
fn sensor_info(sensor: Fingerprints) -> Vec<u8> {
    let info = SensorInfo {
        fingerprint_kind: FingerprintKind::Touch,
        max_capture_samples_required_for_enroll: sensor.samples,
        max_template_friendly_name: Some(LONGEST_FINGER_NAME as u64),
    };
    Call::<GetFingerprintSensorInfo>::encode_reply(&info)
}
