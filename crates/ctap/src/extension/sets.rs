//! All extensions that fob speaks, as a command's inputs or outputs: one field each, absent ones `None`.
//!
//! Other extensions are not in here. A key leaves out of its answer what it does not know (§12); a platform that wants
//! them goes through [`Extensions`] itself.

use super::large_blob::{LargeBlobRequest, LargeBlobResult, LargeBlobSupport, LargeBlobSupported};
use super::{
    CRED_BLOB, CRED_PROTECT, CredProtect, Extensions, HMAC_SECRET, HMAC_SECRET_MC, HmacSecretInput, LARGE_BLOB,
    LARGE_BLOB_KEY, MIN_PIN_LENGTH, PIN_COMPLEXITY_POLICY, THIRD_PARTY_PAYMENT,
};
use crate::member::{ToValue, to_value};
use crate::{Malformed, Map, Value};

macro_rules! sets {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $extension:ident;)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$type>,)*
        }

        impl TryFrom<&Extensions> for $name {
            type Error = Malformed;

            fn try_from(extensions: &Extensions) -> Result<Self, Malformed> {
                Ok(Self { $($field: extensions.get($extension)?,)* })
            }
        }

        impl From<&$name> for Extensions {
            fn from(set: &$name) -> Self {
                let mut extensions = Self::default();
                $(if let Some(value) = &set.$field {
                    extensions.set($extension, ToValue::to_value(value));
                })*
                extensions
            }
        }

        /// As it stands in authenticator data or among the unsigned outputs.
        impl TryFrom<&Map> for $name {
            type Error = Malformed;

            fn try_from(map: &Map) -> Result<Self, Malformed> {
                Self::try_from(&Extensions::from(map.clone()))
            }
        }
    )*};
}

sets! {
    /// Inputs of authenticatorMakeCredential.
    MakeCredentialInputs {
        /// credProtect: the level asked for.
        cred_protect: CredProtect = CRED_PROTECT;
        /// credBlob: bytes to keep with the credential.
        cred_blob: Vec<u8> = CRED_BLOB;
        /// largeBlobKey: asked for with `true`; `false` is an invalid option (§12.3).
        large_blob_key: bool = LARGE_BLOB_KEY;
        /// largeBlob: how much room for a blob matters.
        large_blob: LargeBlobSupport = LARGE_BLOB;
        /// minPinLength: asked for with `true`.
        min_pin_length: bool = MIN_PIN_LENGTH;
        /// pinComplexityPolicy: asked for with `true`.
        pin_complexity_policy: bool = PIN_COMPLEXITY_POLICY;
        /// hmac-secret: `true` makes a credential that has one.
        hmac_secret: bool = HMAC_SECRET;
        /// hmac-secret-mc: salts to answer at once.
        hmac_secret_mc: HmacSecretInput = HMAC_SECRET_MC;
        /// thirdPartyPayment: `true` lets third parties pay with it.
        third_party_payment: bool = THIRD_PARTY_PAYMENT;
    }
    /// Outputs of authenticatorMakeCredential, in authenticator data.
    MakeCredentialOutputs {
        /// credProtect: the level given.
        cred_protect: CredProtect = CRED_PROTECT;
        /// credBlob: whether the bytes were kept.
        cred_blob: bool = CRED_BLOB;
        /// minPinLength: the minimum in code points, for RPs that may know it.
        min_pin_length: u64 = MIN_PIN_LENGTH;
        /// pinComplexityPolicy: whether PINs must be more than long, for RPs that may know it.
        pin_complexity_policy: bool = PIN_COMPLEXITY_POLICY;
        /// hmac-secret: whether the credential has one.
        hmac_secret: bool = HMAC_SECRET;
        /// hmac-secret-mc: the encrypted outputs; [`HmacSecretInput`] says how to open them.
        hmac_secret_mc: Vec<u8> = HMAC_SECRET_MC;
        /// thirdPartyPayment: whether third parties may pay with it.
        third_party_payment: bool = THIRD_PARTY_PAYMENT;
    }
    /// Outputs of authenticatorMakeCredential that are not signed.
    MakeCredentialUnsignedOutputs {
        /// largeBlob: whether there is room for a blob.
        large_blob: LargeBlobSupported = LARGE_BLOB;
    }
    /// Inputs of authenticatorGetAssertion.
    GetAssertionInputs {
        /// credBlob: asked for with `true`.
        cred_blob: bool = CRED_BLOB;
        /// largeBlobKey: asked for with `true`; `false` is an invalid option (§12.3).
        large_blob_key: bool = LARGE_BLOB_KEY;
        /// largeBlob: read or write.
        large_blob: LargeBlobRequest = LARGE_BLOB;
        /// hmac-secret: salts to answer.
        hmac_secret: HmacSecretInput = HMAC_SECRET;
        /// thirdPartyPayment: asked for with `true`.
        third_party_payment: bool = THIRD_PARTY_PAYMENT;
    }
    /// Outputs of authenticatorGetAssertion, in authenticator data.
    GetAssertionOutputs {
        /// credBlob: the bytes that were kept; none of them if there were none.
        cred_blob: Vec<u8> = CRED_BLOB;
        /// hmac-secret: the encrypted outputs; [`HmacSecretInput`] says how to open them.
        hmac_secret: Vec<u8> = HMAC_SECRET;
        /// thirdPartyPayment: whether third parties may pay with it.
        third_party_payment: bool = THIRD_PARTY_PAYMENT;
    }
    /// Outputs of authenticatorGetAssertion that are not signed.
    GetAssertionUnsignedOutputs {
        /// largeBlob: the blob, or whether it was written.
        large_blob: LargeBlobResult = LARGE_BLOB;
    }
}

to_value! {
    CredProtect => |level| Value::from(*level);
    HmacSecretInput => |input| Value::from(input);
    LargeBlobSupport => |support| Value::from(*support);
    LargeBlobSupported => |supported| Value::from(*supported);
    LargeBlobRequest => |request| Value::from(request);
    LargeBlobResult => |result| Value::from(result);
}
