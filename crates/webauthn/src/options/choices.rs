//! Members that are one of a few texts. The standard makes them DOMStrings, so that a newer text is ignored and the
//! member counts as absent (WebAuthn Level 3 §2.1.1).

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The text in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The choice of this text, if there is one.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

choices! {
    /// UserVerificationRequirement (§5.8.6) and ResidentKeyRequirement (§5.4.6).
    Requirement:
    /// Without it there is no result.
    Required = "required",
    /// If the key can.
    Preferred = "preferred",
    /// Not unless the key insists.
    Discouraged = "discouraged",
}

choices! {
    /// AuthenticatorAttachment (§5.4.5).
    Attachment:
    /// Part of the machine.
    Platform = "platform",
    /// A key that goes from one machine to another.
    CrossPlatform = "cross-platform",
}

choices! {
    /// AttestationConveyancePreference (§5.4.7).
    Attestation:
    /// The site does not want to know the key's maker.
    None = "none",
    /// It does, and takes an anonymised answer too.
    Indirect = "indirect",
    /// It does.
    Direct = "direct",
    /// It wants to know the single key. Conveyed as [`Attestation::Direct`]: no site may have that here.
    Enterprise = "enterprise",
}

choices! {
    /// PublicKeyCredentialHint (§5.8.7): what the site expects its people to use.
    Hint:
    /// A security key.
    SecurityKey = "security-key",
    /// What the machine has.
    ClientDevice = "client-device",
    /// A phone.
    Hybrid = "hybrid",
}
