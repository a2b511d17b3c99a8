//! Whether the vault gives the codes of an account already. Seeds are compared, so all entries that may have the same one
//! are opened for a moment, one after another in one buffer.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use fob_otp::Account;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::entry::seed_of;
use crate::{Entry, EntryId, UnlockedVault};

impl UnlockedVault {
    /// An entry that gives the same codes as this account, whatever their names. Not one in the bin.
    #[must_use]
    pub fn duplicate_of(&self, account: &Account) -> Option<EntryId> {
        self.duplicates_of(&[account]).pop().flatten()
    }

    /// The same for many accounts: the entry that each of them doubles. Ten thousand are compared with ten thousand in no
    /// time, by a hash of their seeds under a key of its own.
    #[must_use]
    pub fn duplicates_of(&self, accounts: &[&Account]) -> Vec<Option<EntryId>> {
        let hasher = RandomState::new();
        let mut wanted: HashMap<u64, Vec<usize>> = HashMap::with_capacity(accounts.len());
        for (place, account) in accounts.iter().enumerate() {
            wanted.entry(hasher.hash_one(account.seed.expose())).or_default().push(place);
        }
        let mut found = vec![None; accounts.len()];
        self.each_seed(|entry, seed| {
            for &place in wanted.get(&hasher.hash_one(seed)).into_iter().flatten() {
                if let (Some(account), Some(found)) = (accounts.get(place), found.get_mut(place))
                    && found.is_none()
                    && entry.is_made_like(account)
                    && bool::from(seed.ct_eq(account.seed.expose()))
                {
                    *found = Some(entry.id);
                }
            }
        });
        found
    }

    fn each_seed(&self, mut look: impl FnMut(&Entry, &[u8])) {
        let memory = self.opened.body.memory();
        let longest = self.entries().iter().map(|entry| entry.whole().len()).max().unwrap_or(0);
        let mut buffer = Zeroizing::new(Vec::with_capacity(longest));
        for entry in self.entries() {
            buffer.clear();
            memory.open_into(entry.whole(), &mut buffer);
            if let Some(seed) = seed_of(&buffer) {
                look(entry, seed);
            }
        }
    }
}

impl Entry {
    /// Whether only the seed is left to compare ([`Account::gives_the_codes_of`]).
    fn is_made_like(&self, account: &Account) -> bool {
        (self.kind.name(), self.kind.period()) == (account.kind.name(), account.kind.period())
            && (&self.algorithm, self.digits) == (&account.algorithm, account.digits)
    }
}
