//! What clientPIN keeps while the power is on (§6.5.2): key agreements, tokens, wrong PINs in a row.

use fob_ambient::Rng;
use fob_ctap::pin::{KeyAgreementSecret, Protocol};

use crate::token::Token;

/// Wrong PINs in a row after which only a power cycle helps (§6.5.5.7.1).
const MOST_MISMATCHES: u8 = 3;

/// State of both protocols, lost with the power.
#[derive(Debug)]
pub(crate) struct PinSession {
    one: ProtocolState,
    two: ProtocolState,
    mismatches: u8,
}

/// What each protocol has of its own.
#[derive(Debug)]
pub(crate) struct ProtocolState {
    pub(crate) agreement: KeyAgreementSecret,
    pub(crate) token: Token,
}

impl PinSession {
    /// initialize() of both protocols: the power is on.
    pub(crate) fn start(rng: &mut dyn Rng) -> Self {
        let mut state = |protocol| ProtocolState {
            agreement: KeyAgreementSecret::generate(rng),
            token: Token::fresh(protocol, rng),
        };
        Self { one: state(Protocol::One), two: state(Protocol::Two), mismatches: 0 }
    }

    /// One protocol's state.
    pub(crate) fn protocol(&mut self, protocol: Protocol) -> &mut ProtocolState {
        match protocol {
            Protocol::One => &mut self.one,
            Protocol::Two => &mut self.two,
        }
    }

    /// resetPinUvAuthToken() for all protocols.
    pub(crate) fn reset_tokens(&mut self, rng: &mut dyn Rng) {
        self.one.token = Token::fresh(Protocol::One, rng);
        self.two.token = Token::fresh(Protocol::Two, rng);
    }

    /// Tokens are spent with the touch they allowed (§6.1.2 step 14, §6.2.2 step 9).
    pub(crate) fn spend_tokens(&mut self) {
        self.one.token.spend();
        self.two.token.spend();
    }

    /// Notes a wrong PIN; regenerate() for the protocol it came with.
    pub(crate) fn mismatch(&mut self, protocol: Protocol, rng: &mut dyn Rng) {
        self.mismatches = self.mismatches.saturating_add(1);
        self.protocol(protocol).agreement = KeyAgreementSecret::generate(rng);
    }

    /// The PIN was right.
    pub(crate) fn matched(&mut self) {
        self.mismatches = 0;
    }

    /// Whether no PIN is taken before the next power cycle.
    pub(crate) fn is_blocked(&self) -> bool {
        self.mismatches >= MOST_MISMATCHES
    }
}
