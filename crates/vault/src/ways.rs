//! The ways into an open vault: listed, added, named. Removing one makes a new vault key, which is `rekey`'s work.

use std::collections::HashSet;
use std::fmt;
use std::mem::replace;

use crate::body::Body;
use crate::enrol::{EnrolledKey, Keeper, KeptSecret};
use crate::header::{Header, Policy};
use crate::slot::{Draft, Hashed, KeyAnswer, MAX_SLOTS, Making, Slot, SlotId, SlotKind};
use crate::unlocked::{Opened, UnlockedVault};
use crate::{
    Context, KdfPolicy, KeyOffer, NewWay, Occasion, Opening, SecretOffer, SlotError, SlotInfo, SlotSecret, VaultError,
    Wanted, Way, WithLogin,
};

impl UnlockedVault {
    /// The ways into this vault, in the order of the file.
    #[must_use]
    pub fn slots(&self) -> Vec<SlotInfo> {
        let uses = self.place.context.uses.load();
        let info = |slot: &Slot| {
            let id = slot.id();
            SlotInfo {
                id,
                kind: slot.kind(),
                label: id.and_then(|id| self.opened.body.label(id.bytes())).unwrap_or_default().to_owned(),
                created: slot.created(),
                used: id.and_then(|id| uses.get(&id).copied()),
                opens_with_login: slot.opens_with_login(),
            }
        };
        self.opened.header.slots.iter().map(info).collect()
    }

    /// Which ways in this vault may have.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.opened.header.policy
    }

    /// The slot that the vault was opened by, if it has an id.
    #[must_use]
    pub const fn opened_by(&self) -> Option<SlotId> {
        self.opened.by
    }

    /// What to ask a security key for a new slot. Without user verification it serves only together with a passphrase.
    #[must_use]
    pub fn offer_key(&self, user_verification: bool) -> KeyOffer {
        let context = &self.place.context;
        KeyOffer { slot: SlotId(context.random()), salt: context.random(), user_verification }
    }

    /// A new secret for a keyring or a TPM to keep.
    #[must_use]
    pub fn offer_secret(&self) -> SecretOffer {
        let context = &self.place.context;
        SecretOffer::new(SlotId(context.random()), context.with_rng(SlotSecret::generate))
    }

    /// The vault's identity: the same for as long as there is one.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.opened.header.vault
    }

    /// The ways in as a locked vault shows them: what to ask.
    #[must_use]
    pub fn ways(&self) -> Vec<Way> {
        ways(&self.opened.header)
    }

    /// What a passphrase costs from now on, where another one is measured while the vault is open.
    pub fn set_price(&mut self, kdf: KdfPolicy) {
        self.place.context.kdf = kdf;
    }

    /// Whether this opens the vault as it is in memory: a fresh proof of who is there, before what asks for one.
    ///
    /// # Errors
    /// As [`LockedVault::unlock_with`](crate::LockedVault::unlock_with) for a secret that does not.
    pub fn prove(&self, opening: &Opening<'_>) -> Result<(), VaultError> {
        self.proven(opening, Wanted::ALWAYS).map(|_| ())
    }

    /// The same apart from the vault, which others can use meanwhile.
    #[must_use]
    pub fn prover(&self) -> Prover {
        Prover { header: self.opened.header.clone(), context: self.place.context.clone() }
    }

    /// The slot that opens with this, if it is one of this vault's and wraps this vault's key.
    pub(crate) fn proven(&self, opening: &Opening<'_>, wanted: Wanted<'_>) -> Result<Option<SlotId>, VaultError> {
        proven(&self.opened.header, &self.place.context, opening, wanted)
    }

    /// Adds a way in. The vault key stays; older versions beside the file keep the slots they have.
    ///
    /// # Errors
    /// [`SlotError`] for what may not be, [`VaultError::KdfOutOfBounds`] and its kin of Argon2, or what kept the vault
    /// from being written: then the slot is not there.
    pub fn add_slot(&mut self, way: &NewWay<'_>, label: &str, login: WithLogin) -> Result<SlotId, VaultError> {
        let header = &self.opened.header;
        admit(way, &header.policy, login)?;
        check_label(label)?;
        if header.slots.len() >= MAX_SLOTS {
            return Err(SlotError::TooMany(header.slots.len()).into());
        }
        if way.credential().is_some_and(|new| header.slots.iter().any(|slot| slot.credential() == Some(new))) {
            return Err(SlotError::AlreadyEnrolled.into());
        }
        check_ids([way], header)?;
        let alone = usize::from(matches!(way, NewWay::Passphrase(_)));
        self.place.check_price(&header.slots, alone)?;
        let hashed = way.passphrase().map(|passphrase| self.place.hash(passphrase)).transpose()?;
        let (id, slot) = self.place.make(&header.vault, |making| {
            let draft = draft(making, way, hashed.as_ref());
            (draft.id, making.seal(&draft, &self.opened.key))
        });
        self.write_slots(|header, labels| {
            header.slots.push(slot);
            set_label(labels, id, label);
        })?;
        Ok(id)
    }

    /// Gives a slot another name; an empty one takes it away.
    ///
    /// # Errors
    /// [`SlotError::Unknown`], [`SlotError::Label`], or what kept the vault from being written.
    pub fn label_slot(&mut self, id: SlotId, label: &str) -> Result<(), VaultError> {
        check_label(label)?;
        self.opened.header.slot(id).ok_or(SlotError::Unknown(id))?;
        self.write_slots(|_, labels| set_label(labels, id, label))
    }

    /// Changes header and labels and writes them, or leaves both as they were.
    fn write_slots(&mut self, change: impl FnOnce(&mut Header, &mut fob_cbor::Map)) -> Result<(), VaultError> {
        let Opened { header, body, .. } = &mut self.opened;
        let (former_header, former_labels) = (header.clone(), body.labels.clone());
        change(header, &mut body.labels);
        self.written(None, |opened| {
            opened.header = former_header;
            opened.body.labels = former_labels;
        })
    }

    /// Writes another body, or keeps the one that is there.
    pub(crate) fn replace_body(&mut self, body: Body, occasion: Option<Occasion>) -> Result<(), VaultError> {
        let former = replace(&mut self.opened.body, body);
        self.written(occasion, |opened| opened.body = former)
    }

    /// Writes what memory holds, or takes the change back.
    fn written(&mut self, occasion: Option<Occasion>, undo: impl FnOnce(&mut Opened)) -> Result<(), VaultError> {
        let (written, error) = self.save_for(occasion);
        match written {
            Some((header, fingerprint)) => {
                self.opened.header = header;
                self.opened.fingerprint = fingerprint;
                // Not after a failed sync: a power cut may still bring the old version back, and it must open.
                if error.is_none() {
                    self.pin();
                }
            }
            None => undo(&mut self.opened),
        }
        error.map_or(Ok(()), Err)
    }
}

/// What a proof is held against: the ways into a vault as they were when it was taken. No secret is in it.
pub struct Prover {
    header: Header,
    context: Context,
}

impl Prover {
    /// The slot that opens with this, if it has an id. Takes as long as Argon2 takes.
    ///
    /// # Errors
    /// As [`UnlockedVault::prove`].
    pub fn prove(&self, opening: &Opening<'_>) -> Result<Option<SlotId>, VaultError> {
        proven(&self.header, &self.context, opening, Wanted::ALWAYS)
    }

    /// Whether the vault still has the key and the ways in that were proven against.
    #[must_use]
    pub fn is_of(&self, vault: &UnlockedVault) -> bool {
        let now = &vault.opened.header;
        let slots = |header: &Header| header.slots.iter().map(Slot::id).collect::<Vec<_>>();
        now.vault == self.header.vault && now.key == self.header.key && slots(now) == slots(&self.header)
    }
}

impl fmt::Debug for Prover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prover").field("slots", &self.header.slots.len()).finish_non_exhaustive()
    }
}

fn proven(
    header: &Header,
    context: &Context,
    opening: &Opening<'_>,
    wanted: Wanted<'_>,
) -> Result<Option<SlotId>, VaultError> {
    let found = opening.find(header, context, wanted)?;
    header.policy.check(&found.kind)?;
    // A slot that gives another key than the header's own is no slot of this vault.
    let ours = found.key.id(&header.vault) == header.key;
    if ours { Ok(found.slot) } else { Err(VaultError::WrongPassphrase) }
}

/// What to ask for each way in that this policy admits.
pub(crate) fn ways(header: &Header) -> Vec<Way> {
    header.slots.iter().filter(|slot| header.policy.admits(&slot.kind())).filter_map(Way::of).collect()
}

/// Whether a vault of this policy may have this way in, and the person wants what it means.
pub(crate) fn admit(way: &NewWay<'_>, policy: &Policy, login: WithLogin) -> Result<(), SlotError> {
    policy.check(&kind_of(way))?;
    match way {
        NewWay::Key(key) if !key.offer.user_verification => Err(SlotError::UserVerificationWanted),
        _ if way.opens_with_login() && login == WithLogin::Refused => Err(SlotError::OpensWithLogin),
        _ => Ok(()),
    }
}

/// That none of these brings the id of another, or of a slot that is there: two slots of one id have one salt.
pub(crate) fn check_ids<'a>(ways: impl IntoIterator<Item = &'a NewWay<'a>>, header: &Header) -> Result<(), SlotError> {
    let mut known: HashSet<SlotId> = header.slots.iter().filter_map(Slot::id).collect();
    let is_new = ways.into_iter().filter_map(NewWay::slot).all(|id| known.insert(id));
    if is_new { Ok(()) } else { Err(SlotError::AlreadyEnrolled) }
}

fn kind_of(way: &NewWay<'_>) -> SlotKind {
    match way {
        NewWay::Passphrase(_) => SlotKind::Passphrase,
        NewWay::Key(_) => SlotKind::Key,
        NewWay::PassphraseAndKey(..) => SlotKind::PassphraseAndKey,
        NewWay::Kept(kept) => kept.keeper.kind(),
    }
}

/// What is to be sealed for this way in; `hashed` is its passphrase, if it has one.
pub(crate) fn draft(making: &mut Making<'_>, way: &NewWay<'_>, hashed: Option<&Hashed>) -> Draft {
    let hashed = || hashed.expect("whoever calls has hashed the passphrase of a way that has one");
    match way {
        NewWay::Passphrase(_) => making.passphrase(None, hashed()),
        NewWay::Key(key) => making.key(&answer(key)),
        NewWay::PassphraseAndKey(_, key) => making.both(hashed(), &answer(key)),
        NewWay::Kept(KeptSecret { slot, secret, keeper }) => match keeper {
            Keeper::SecretService => making.secret_service(*slot, secret),
            Keeper::Tpm { blob, pin } => making.tpm(*slot, blob, *pin, secret),
        },
    }
}

fn answer(key: &EnrolledKey) -> KeyAnswer<'_> {
    KeyAnswer {
        slot: key.offer.slot,
        credential: &key.credential,
        salt: &key.offer.salt,
        user_verification: key.offer.user_verification,
        secret: &key.secret,
    }
}

pub(crate) fn check_label(label: &str) -> Result<(), SlotError> {
    let fine = label.len() <= SlotError::LONGEST_LABEL && !label.chars().any(char::is_control);
    if fine { Ok(()) } else { Err(SlotError::Label) }
}

pub(crate) fn set_label(labels: &mut fob_cbor::Map, id: SlotId, label: &str) {
    if label.is_empty() {
        labels.remove(&id.bytes().into());
    } else {
        labels.insert(id.bytes(), label);
    }
}
