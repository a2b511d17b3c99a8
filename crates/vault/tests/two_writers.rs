//! Two daemons on one vault: neither loses what the other wrote.

mod support;

use fob_vault::{LockedVault, UnlockedVault, VaultError};
use support::{Home, PASSPHRASE, passphrase, totp};

const EACH: usize = 25;

/// Adds entries as a daemon would that meets another one: a stale vault is unlocked again, a busy one tried again.
fn write(home: &Home, name: &str) -> usize {
    let context = home.context();
    let unlock = |locked: LockedVault| -> UnlockedVault {
        locked.unlock(&passphrase(PASSPHRASE)).map_err(|(_, error)| error).expect("the passphrase is right")
    };
    let mut vault = unlock(LockedVault::open(&home.vault(), &context).expect("it is sound"));
    let mut conflicts = 0;
    for number in 0..EACH {
        loop {
            match vault.add(totp(&format!("{name} {number}"))) {
                Ok(_) => break,
                Err(VaultError::InUse) => conflicts += 1,
                Err(VaultError::StaleGeneration { .. }) => {
                    conflicts += 1;
                    vault = unlock(vault.lock());
                }
                Err(error) => panic!("{name} {number}: {error}"),
            }
        }
    }
    conflicts
}

#[test]
fn what_two_writers_add_is_all_there() {
    let home = Home::in_haste();
    home.create();
    let conflicts: usize = std::thread::scope(|scope| {
        let writers = ["here", "there"].map(|name| {
            scope.spawn({
                let home = &home;
                move || write(home, name)
            })
        });
        writers.into_iter().map(|writer| writer.join().expect("no writer fails")).sum()
    });
    let vault = home.unlock().unwrap();
    assert_eq!(vault.generation(), 1 + 2 * EACH as u64, "each edit is one save, and no save came twice");
    for name in ["here", "there"] {
        for number in 0..EACH {
            let wanted = format!("{name} {number}");
            let found = vault.entries().iter().filter(|entry| entry.name == wanted).count();
            assert_eq!(found, 1, "{wanted}");
        }
    }
    println!("{conflicts} conflicts");
}
