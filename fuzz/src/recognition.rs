//! A file whose format nobody named.

use fob_exchange::{import, recognise};

use crate::importers::holds;

/// A file is read as what it is recognised as.
pub fn recognition(data: &[u8]) {
    let named = import(data, None, None, None);
    match recognise(data, None) {
        Ok(format) => {
            let chosen = import(data, None, Some(format), None);
            match (&named, &chosen) {
                (Ok(named), Ok(chosen)) => {
                    assert_eq!((named.format, named.records.len()), (format, chosen.records.len()));
                }
                (Err(named), Err(chosen)) => assert_eq!(named, chosen),
                _ => panic!("{named:?} by itself, {chosen:?} as {}", format.info().name),
            }
        }
        Err(error) => assert_eq!(named.as_ref().err(), Some(&error)),
    }
    if let Ok(report) = named {
        holds(&report);
    }
}
