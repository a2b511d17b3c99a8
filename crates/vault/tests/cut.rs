//! Whatever stops a write, and wherever: the old vault or the new one opens, and nothing is lost.

mod support;

use std::path::Path;
use std::sync::Arc;

use fob_otp::{Account, Extras, Item, Kind, recovery_codes};
use fob_vault::{Context, EntryId, LockedVault, UnlockedVault, VaultError};
use support::power::PowerDisk;
use support::steps::{Fault, StepDisk};
use support::{Home, PASSPHRASE, contents, context_in, hotp, passphrase, totp, unlock, vault_in};

/// What a vault holds, as far as these operations change it.
#[derive(Debug, Clone, PartialEq)]
struct Contents {
    /// Name, kind, and how many recovery codes are left.
    entries: Vec<(String, String, usize)>,
    /// Names of removed ones.
    bin: Vec<String>,
}

fn held(vault: &UnlockedVault) -> Contents {
    let left = |(name, kind): (String, String), place: usize| {
        let entry = vault.entries().get(place).expect("contents has them all");
        (name, kind, entry.unused_codes)
    };
    Contents {
        entries: contents(vault).into_iter().zip(0..).map(|(entry, place)| left(entry, place)).collect(),
        bin: vault.bin().map(|removed| removed.entry.name.clone()).collect(),
    }
}

fn timed(name: &str) -> (String, String, usize) {
    (name.to_owned(), format!("{:?}", Kind::Totp { period: 30 }), 0)
}

/// A change, and what the vault of [`fill`] holds after it.
struct Operation {
    name: &'static str,
    run: fn(&mut UnlockedVault) -> Result<(), VaultError>,
    after: fn(Contents) -> Contents,
}

const OPERATIONS: [Operation; 8] = [
    Operation {
        name: "add",
        run: |vault| vault.add(totp("new")).map(|_| ()),
        after: |mut before| {
            before.entries.push(timed("new"));
            before
        },
    },
    Operation {
        name: "add many",
        run: |vault| vault.add_all((0..3).map(|n| totp(&n.to_string()))).map(|_| ()),
        after: |mut before| {
            before.entries.extend((0..3).map(|n| timed(&n.to_string())));
            before
        },
    },
    Operation {
        name: "remove",
        run: |vault| vault.remove(id(vault, 0)),
        after: |mut before| {
            before.bin.push(before.entries.remove(0).0);
            before
        },
    },
    Operation {
        name: "take out of the bin",
        run: |vault| vault.restore(removed(vault)),
        after: |mut before| {
            before.entries.insert(1, timed(&before.bin.remove(0)));
            before
        },
    },
    Operation {
        name: "purge",
        run: |vault| vault.purge(&[removed(vault)]).map(|count| assert_eq!(count, 1)),
        after: |mut before| {
            before.bin.clear();
            before
        },
    },
    Operation {
        name: "edit",
        run: |vault| {
            let rename = |account: &mut Account, _: &mut Extras| {
                "renamed".clone_into(&mut account.name);
                Ok::<_, VaultError>(())
            };
            vault.edit(id(vault, 2), rename).map(|changed| assert!(changed))
        },
        after: |mut before| {
            before.entries.iter_mut().skip(2).for_each(|entry| "renamed".clone_into(&mut entry.0));
            before
        },
    },
    Operation {
        name: "take a recovery code",
        run: |vault| vault.take_recovery_code(id(vault, 2)).map(|code| assert_eq!(code.expose(), "AAAA")),
        after: |mut before| {
            before.entries.iter_mut().skip(2).for_each(|entry| entry.2 = 1);
            before
        },
    },
    Operation {
        name: "take a HOTP code",
        run: |vault| vault.take_hotp(id(vault, 1)).map(|taken| assert_eq!(taken.counter, 41)),
        after: |mut before| {
            let kind = format!("{:?}", Kind::Hotp { counter: 42 });
            before.entries.iter_mut().skip(1).take(1).for_each(|entry| entry.1.clone_from(&kind));
            before
        },
    },
];

/// The id of the entry at this place.
fn id(vault: &UnlockedVault, place: usize) -> EntryId {
    vault.entries().get(place).expect("three entries were added").id
}

/// The id of the entry in the bin.
fn removed(vault: &UnlockedVault) -> EntryId {
    vault.bin().next().expect("one was removed").entry.id
}

/// Three entries, and one in the bin that stood between the first two.
fn fill(vault: &mut UnlockedVault) -> Contents {
    let mut items = [totp("first"), totp("removed"), hotp("second", 41), totp("third")].map(Item::from);
    let [.., third] = &mut items;
    third.extras.recovery_codes = recovery_codes("AAAA\nBBBB");
    vault.add_all(items).expect("nothing stops yet");
    vault.remove(id(vault, 1)).expect("nothing stops yet");
    held(vault)
}

#[test]
fn a_writer_that_is_stopped_anywhere_leaves_the_old_vault_or_the_new_one() {
    let home = Home::new();
    let before = fill(&mut home.create().0);
    for Operation { name, run, after } in OPERATIONS {
        let after = after(before.clone());
        for step in 1.. {
            let home = home.copy();
            let disk = Arc::new(StepDisk::new(Fault::Stop));
            let context = context_in(home.path(), disk.clone());
            let mut vault = unlock(LockedVault::open(&home.vault(), &context).unwrap()).unwrap();
            disk.arm(step);
            let done = run(&mut vault);
            let struck = disk.struck();
            drop(vault);
            let mut found = home.unlock().unwrap_or_else(|error| panic!("{name}, step {step}: {error}"));
            let held = held(&found);
            assert!(held == before || held == after, "{name}, step {step}: {held:?}");
            assert!(done.is_err() || held == after, "{name}, step {step}: it said that it was done");
            found.add(totp("later")).unwrap();
            assert_eq!(home.named(".tmp-"), [""; 0], "{name}, step {step}: leftovers are cleared away");
            if !struck {
                assert!(step > 10, "{name} has more steps than {step}");
                done.unwrap();
                break;
            }
        }
    }
}

#[test]
fn after_one_failed_call_memory_and_disk_agree_and_the_work_goes_on() {
    let home = Home::new();
    let before = fill(&mut home.create().0);
    for Operation { name, run, after } in OPERATIONS {
        let after = after(before.clone());
        for step in 1.. {
            let home = home.copy();
            let disk = Arc::new(StepDisk::new(Fault::Once));
            let context = context_in(home.path(), disk.clone());
            let mut vault = unlock(LockedVault::open(&home.vault(), &context).unwrap()).unwrap();
            disk.arm(step);
            let done = run(&mut vault);
            let struck = disk.struck();
            disk.disarm();
            let held = held(&vault);
            assert_eq!(self::held(&home.unlock().unwrap()), held, "{name}, step {step}");
            assert!(held == before || held == after, "{name}, step {step}: {held:?}");
            assert!(done.is_err() || held == after, "{name}, step {step}: it said that it was done");
            if done.is_ok() {
                let kept = home.named(".backup-").len() as u64;
                assert_eq!(kept, vault.generation() - 1, "{name}, step {step}: each older version is kept");
            }
            vault.add(totp("later")).unwrap_or_else(|error| panic!("{name}, step {step}: {error}"));
            assert_eq!(contents(&home.unlock().unwrap()).len(), held.entries.len() + 1, "{name}, step {step}");
            if !struck {
                break;
            }
        }
    }
}

#[test]
fn a_creation_that_is_stopped_leaves_nothing_or_a_whole_vault() {
    for step in 1.. {
        let home = Home::new();
        let disk = Arc::new(StepDisk::new(Fault::Stop));
        disk.arm(step);
        let context = context_in(home.path(), disk.clone());
        let done = LockedVault::create(&home.vault(), &passphrase(PASSPHRASE), &context);
        match home.unlock() {
            Ok(vault) => assert!(vault.entries().is_empty()),
            Err(VaultError::Missing { .. }) => {
                assert!(done.is_err(), "step {step}");
                home.create();
            }
            Err(error) => panic!("step {step}: {error}"),
        }
        if !disk.struck() {
            assert!(step > 8, "a creation has more steps than {step}");
            break;
        }
    }
}

fn power_context(disk: &PowerDisk) -> Context {
    context_in(Path::new("/home"), Arc::new(disk.clone()))
}

fn opened(disk: &PowerDisk) -> Result<UnlockedVault, VaultError> {
    LockedVault::open(&vault_in(Path::new("/home")), &power_context(disk)).and_then(unlock)
}

/// A filled vault on a disk that can lose power, and what is in it.
fn power_disk() -> (PowerDisk, Contents) {
    let disk = PowerDisk::default();
    let path = vault_in(Path::new("/home"));
    let (mut vault, _) =
        LockedVault::create(&path, &passphrase(PASSPHRASE), &power_context(&disk)).expect("there is power");
    let before = fill(&mut vault);
    (disk, before)
}

#[test]
fn a_power_cut_leaves_the_old_vault_or_the_new_one() {
    let (start, before) = power_disk();
    for Operation { name, run, after } in OPERATIONS {
        let after = after(before.clone());
        for step in 1.. {
            let disk = start.copy();
            let mut vault = opened(&disk).unwrap();
            disk.arm(step);
            let done = run(&mut vault);
            for found in disk.found_later() {
                let vault = opened(&found).unwrap_or_else(|error| panic!("{name}, step {step}: {error}"));
                let held = held(&vault);
                assert!(held == before || held == after, "{name}, step {step}: {held:?}");
                assert!(done.is_err() || held == after, "{name}, step {step}: it said that it was done");
            }
            if !disk.is_dark() {
                assert!(step > 8, "{name} has more steps than {step}");
                done.unwrap();
                break;
            }
        }
    }
}

/// The test above can fail: were files not synced before they are renamed, it would find the vault empty.
#[test]
fn without_syncs_a_power_cut_loses_the_vault() {
    let disk = power_disk().0.deaf();
    opened(&disk).unwrap().add(totp("new")).unwrap();
    let found: Vec<_> = disk.found_later().iter().map(opened).collect();
    assert!(found.iter().any(|vault| matches!(vault, Err(VaultError::Empty { .. }))));
}
