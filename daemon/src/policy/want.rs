//! What a call wants, as a value: the kind of it, and which account or site it is about.

use fob_bus::types::grant_kind;
use fob_vault::EntryId;
use fob_webauthn::Origin;

/// The kinds of things that a program without a place in the household may be given, if the person says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A one-time code of an account.
    Code,
    /// A signature at a site.
    Sign,
    /// A credential for a site.
    Create,
    /// To see into a security key.
    KeyCare,
    /// To set or change the PIN of a security key.
    SetPin,
    /// To attach a software key, or to take one away.
    Attach,
}

impl Kind {
    /// Every kind there is.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] = [Self::Code, Self::Sign, Self::Create, Self::KeyCare, Self::SetPin, Self::Attach];

    /// The word for it on the bus, on the shelf and in the diary.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Code => grant_kind::CODE,
            Self::Sign => grant_kind::SIGN,
            Self::Create => grant_kind::CREATE,
            Self::KeyCare => grant_kind::KEY_CARE,
            Self::SetPin => "set-pin",
            Self::Attach => "attach",
        }
    }

    /// The kind of this word, of those that may lie on the shelf: a key's id is another one tomorrow.
    pub(crate) fn kept(word: &str) -> Option<Self> {
        [Self::Code, Self::Sign, Self::Create].into_iter().find(|kind| kind.word() == word)
    }
}

/// What a call wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Want {
    /// A code of the account with this id; `None` where the words of the call name no account, which a program without
    /// leave must not learn.
    Code(Option<EntryId>),
    /// A signature.
    Sign(Site),
    /// A credential.
    Create(Site),
    /// To see into the key with this id.
    KeyCare(String),
    /// To set or change a key's PIN. Whoever may look into a key may not therefore do this.
    SetPin,
    /// To attach a software key, or to take one away.
    Attach,
}

/// Where somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// The RP ID.
    pub(crate) rp_id: String,
    /// The page's origin.
    pub(crate) origin: Origin,
    /// The top-level page's origin, for a frame of another site.
    pub(crate) top_origin: Option<Origin>,
}

impl Want {
    /// Its kind.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Code(_) => Kind::Code,
            Self::Sign(_) => Kind::Sign,
            Self::Create(_) => Kind::Create,
            Self::KeyCare(_) => Kind::KeyCare,
            Self::SetPin => Kind::SetPin,
            Self::Attach => Kind::Attach,
        }
    }

    /// What it is about, in a word: an account, the RP ID of a site, a key.
    pub(crate) fn site(&self) -> Option<String> {
        match self {
            Self::Code(entry) => entry.map(|entry| entry.to_string()),
            Self::Sign(site) | Self::Create(site) => Some(site.rp_id.clone()),
            Self::KeyCare(key) => Some(key.clone()),
            Self::SetPin | Self::Attach => None,
        }
    }

    /// The page's origin, where there is one: the question shows it, so a grant is bound to it too.
    pub(crate) fn origin(&self) -> Option<&str> {
        match self {
            Self::Sign(site) | Self::Create(site) => Some(site.origin.as_str()),
            Self::Code(_) | Self::KeyCare(_) | Self::SetPin | Self::Attach => None,
        }
    }

    /// The origins that it names: the page's, and the top-level page's where that is another.
    pub(crate) fn origins(&self) -> impl Iterator<Item = &Origin> {
        let site = match self {
            Self::Sign(site) | Self::Create(site) => Some(site),
            Self::Code(_) | Self::KeyCare(_) | Self::SetPin | Self::Attach => None,
        };
        site.into_iter().flat_map(|site| [Some(&site.origin), site.top_origin.as_ref()].into_iter().flatten())
    }

    /// Whether a grant could stand for it. One that names no account stands for nothing; a frame is asked about wherever
    /// it stands; a PIN is not changed on the word of yesterday.
    pub(crate) fn can_be_remembered(&self) -> bool {
        match self {
            Self::Code(entry) => entry.is_some(),
            Self::Sign(site) | Self::Create(site) => site.top_origin.as_ref().is_none_or(|top| *top == site.origin),
            Self::KeyCare(_) => true,
            Self::SetPin | Self::Attach => false,
        }
    }
}
