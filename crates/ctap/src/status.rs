//! Status codes (§8.2). Success is not among them: a reply is a message or one of these.

use std::fmt;

macro_rules! statuses {
    ($($(#[$doc:meta])* $variant:ident = $byte:literal, $name:literal;)*) => {
        /// Why an authenticator did not do as it was told.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Status {
            $($(#[$doc])* $variant,)*
            /// A code that CTAP 2.3 does not list: an extension's (0xE0–0xEF), a vendor's (0xF0–0xFF), a newer one.
            Unknown(u8),
        }

        impl Status {
            /// Every status that CTAP 2.3 lists.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The status of this byte; none for 0, which is success.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte {
                    0 => None,
                    $($byte => Some(Self::$variant),)*
                    other => Some(Self::Unknown(other)),
                }
            }

            /// The byte on the wire.
            #[must_use]
            pub const fn byte(self) -> u8 {
                match self {
                    $(Self::$variant => $byte,)*
                    Self::Unknown(byte) => byte,
                }
            }

            /// The standard's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown(0xe0..=0xef) => "CTAP2_ERR_EXTENSION",
                    Self::Unknown(0xf0..=0xff) => "CTAP2_ERR_VENDOR",
                    Self::Unknown(_) => "unknown status",
                }
            }
        }
    };
}

statuses! {
    /// The command is not known.
    InvalidCommand = 0x01, "CTAP1_ERR_INVALID_COMMAND";
    /// A parameter is not allowed.
    InvalidParameter = 0x02, "CTAP1_ERR_INVALID_PARAMETER";
    /// A message or item is too long or too short.
    InvalidLength = 0x03, "CTAP1_ERR_INVALID_LENGTH";
    /// Messages came in the wrong order.
    InvalidSequence = 0x04, "CTAP1_ERR_INVALID_SEQ";
    /// A message came too late.
    Timeout = 0x05, "CTAP1_ERR_TIMEOUT";
    /// Another channel is being served.
    ChannelBusy = 0x06, "CTAP1_ERR_CHANNEL_BUSY";
    /// The command needs the channel's lock.
    LockRequired = 0x0a, "CTAP1_ERR_LOCK_REQUIRED";
    /// The command is not allowed on this channel.
    InvalidChannel = 0x0b, "CTAP1_ERR_INVALID_CHANNEL";
    /// A CBOR item has the wrong type.
    CborUnexpectedType = 0x11, "CTAP2_ERR_CBOR_UNEXPECTED_TYPE";
    /// The parameters are no CBOR that CTAP allows.
    InvalidCbor = 0x12, "CTAP2_ERR_INVALID_CBOR";
    /// A parameter that must be there is not.
    MissingParameter = 0x14, "CTAP2_ERR_MISSING_PARAMETER";
    /// Too many items.
    LimitExceeded = 0x15, "CTAP2_ERR_LIMIT_EXCEEDED";
    /// No room for another fingerprint.
    FpDatabaseFull = 0x17, "CTAP2_ERR_FP_DATABASE_FULL";
    /// No room for these large blobs.
    LargeBlobStorageFull = 0x18, "CTAP2_ERR_LARGE_BLOB_STORAGE_FULL";
    /// A credential of the exclude list is on this key.
    CredentialExcluded = 0x19, "CTAP2_ERR_CREDENTIAL_EXCLUDED";
    /// A lengthy operation is in progress.
    Processing = 0x21, "CTAP2_ERR_PROCESSING";
    /// The credential is not this key's.
    InvalidCredential = 0x22, "CTAP2_ERR_INVALID_CREDENTIAL";
    /// The key waits for the person.
    UserActionPending = 0x23, "CTAP2_ERR_USER_ACTION_PENDING";
    /// A lengthy operation is in progress.
    OperationPending = 0x24, "CTAP2_ERR_OPERATION_PENDING";
    /// No request is pending.
    NoOperations = 0x25, "CTAP2_ERR_NO_OPERATIONS";
    /// None of the algorithms is supported.
    UnsupportedAlgorithm = 0x26, "CTAP2_ERR_UNSUPPORTED_ALGORITHM";
    /// The person, or the key, said no.
    OperationDenied = 0x27, "CTAP2_ERR_OPERATION_DENIED";
    /// No room for another credential.
    KeyStoreFull = 0x28, "CTAP2_ERR_KEY_STORE_FULL";
    /// The option is not supported.
    UnsupportedOption = 0x2b, "CTAP2_ERR_UNSUPPORTED_OPTION";
    /// The option is not valid here.
    InvalidOption = 0x2c, "CTAP2_ERR_INVALID_OPTION";
    /// The platform cancelled.
    KeepaliveCancel = 0x2d, "CTAP2_ERR_KEEPALIVE_CANCEL";
    /// No credential fits.
    NoCredentials = 0x2e, "CTAP2_ERR_NO_CREDENTIALS";
    /// The person did nothing for too long.
    UserActionTimeout = 0x2f, "CTAP2_ERR_USER_ACTION_TIMEOUT";
    /// Not allowed now, such as a continuation without a beginning.
    NotAllowed = 0x30, "CTAP2_ERR_NOT_ALLOWED";
    /// Wrong PIN.
    PinInvalid = 0x31, "CTAP2_ERR_PIN_INVALID";
    /// No tries are left: only a reset helps.
    PinBlocked = 0x32, "CTAP2_ERR_PIN_BLOCKED";
    /// pinUvAuthParam does not verify.
    PinAuthInvalid = 0x33, "CTAP2_ERR_PIN_AUTH_INVALID";
    /// Three wrong PINs in a row: the key wants a power cycle.
    PinAuthBlocked = 0x34, "CTAP2_ERR_PIN_AUTH_BLOCKED";
    /// No PIN has been set.
    PinNotSet = 0x35, "CTAP2_ERR_PIN_NOT_SET";
    /// A pinUvAuthToken is needed.
    PuatRequired = 0x36, "CTAP2_ERR_PUAT_REQUIRED";
    /// The new PIN is against the policy.
    PinPolicyViolation = 0x37, "CTAP2_ERR_PIN_POLICY_VIOLATION";
    /// The request is longer than maxMsgSize.
    RequestTooLarge = 0x39, "CTAP2_ERR_REQUEST_TOO_LARGE";
    /// The current operation took too long.
    ActionTimeout = 0x3a, "CTAP2_ERR_ACTION_TIMEOUT";
    /// User presence is needed.
    UpRequired = 0x3b, "CTAP2_ERR_UP_REQUIRED";
    /// Built-in user verification is blocked.
    UvBlocked = 0x3c, "CTAP2_ERR_UV_BLOCKED";
    /// A checksum does not fit.
    IntegrityFailure = 0x3d, "CTAP2_ERR_INTEGRITY_FAILURE";
    /// The subcommand is not known.
    InvalidSubcommand = 0x3e, "CTAP2_ERR_INVALID_SUBCOMMAND";
    /// Built-in user verification did not recognise the person.
    UvInvalid = 0x3f, "CTAP2_ERR_UV_INVALID";
    /// The token lacks the permission.
    UnauthorizedPermission = 0x40, "CTAP2_ERR_UNAUTHORIZED_PERMISSION";
    /// Something else.
    Other = 0x7f, "CTAP1_ERR_OTHER";
}

impl Status {
    /// The whole reply that says so.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        vec![self.byte()]
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:02X})", self.name(), self.byte())
    }
}

impl std::error::Error for Status {}
