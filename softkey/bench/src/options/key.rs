//! One of several keys: `--key NAME,socket=PATH,…`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

use super::{Extra, TouchPolicy, capacity, loopback};
use crate::face::{Place, Wire};

/// Longest name.
const LONGEST_NAME: usize = 32;

/// What `--key` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOptions {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) state: Option<PathBuf>,
    pub(crate) profile: Option<String>,
    pub(crate) touch: Option<TouchPolicy>,
    pub(crate) seed: Option<u64>,
    pub(crate) capacity: Option<usize>,
    pub(crate) with: Option<Vec<Extra>>,
}

impl FromStr for KeyOptions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let name = parts.next().unwrap_or_default().to_owned();
        if !is_name(&name) {
            return Err("a key begins with its name: 1 to 32 of a-z, 0-9, - and _".to_owned());
        }
        let mut places = Vec::new();
        let mut gadget = None;
        let (mut state, mut profile, mut touch, mut seed, mut room) = (None, None, None, None, None);
        let mut with = None;
        for part in parts {
            match part.split_once('=').unwrap_or((part, "")) {
                ("socket", path) if !path.is_empty() => places.push(Place::Unix(path.into(), Wire::Packets)),
                ("stream", path) if !path.is_empty() => places.push(Place::Unix(path.into(), Wire::Stream)),
                ("udp", address) => places.push(Place::Udp(loopback(address)?)),
                ("uhid", "") => places.push(Place::Uhid),
                ("hidg", path) if !path.is_empty() => places.push(Place::Gadget(path.into(), None)),
                ("gadget", path) if !path.is_empty() => once(&mut gadget, PathBuf::from(path))?,
                ("state", path) if !path.is_empty() => once(&mut state, PathBuf::from(path))?,
                ("profile", name) if !name.is_empty() => once(&mut profile, name.to_owned())?,
                ("touch", policy) => once(&mut touch, TouchPolicy::from_str(policy, false)?)?,
                ("seed", number) => once(&mut seed, number.parse().map_err(|_| "seed= takes a number".to_owned())?)?,
                ("capacity", number) => once(&mut room, capacity(number)?)?,
                ("with", names) => once(&mut with, Extra::list(names)?)?,
                _ => return Err(format!("{part:?} is nothing that a key has")),
            }
        }
        let [place] = places.as_mut_slice() else {
            return Err("a key hangs on one of socket=, stream=, udp=, uhid and hidg=".to_owned());
        };
        match (place, gadget) {
            (Place::Gadget(_, folder), gadget) => *folder = gadget,
            (_, Some(_)) => return Err("gadget= goes with hidg=".to_owned()),
            _ => {}
        }
        let place = places.remove(0);
        Ok(Self { name, place, state, profile, touch, seed, capacity: room, with })
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), String> {
    if place.replace(value).is_some() { Err("something is said twice".to_owned()) } else { Ok(()) }
}

/// What stands between blanks in a wire log, and in a HID_UNIQ.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_name_a_place_and_what_it_differs_in() {
        let key: KeyOptions =
            "work,socket=/run/k,state=/var/k,profile=no-pin,touch=deny,seed=7,capacity=9,with=rs256+backed-up"
                .parse()
                .unwrap();
        let expected = KeyOptions {
            name: "work".to_owned(),
            place: Place::Unix("/run/k".into(), Wire::Packets),
            state: Some("/var/k".into()),
            profile: Some("no-pin".to_owned()),
            touch: Some(TouchPolicy::Deny),
            seed: Some(7),
            capacity: Some(9),
            with: Some(vec![Extra::Rs256, Extra::BackedUp]),
        };
        assert_eq!(key, expected);
        let gadget: KeyOptions = "g,hidg=/dev/hidg0,gadget=/sys/g".parse().unwrap();
        assert_eq!(gadget.place, Place::Gadget("/dev/hidg0".into(), Some("/sys/g".into())));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "",
            "socket=/a",
            "a",
            "A,uhid",
            "a b,uhid",
            "a,uhid=1",
            "a,uhid,uhid",
            "a,socket=",
            "a,socket=/x,stream=/y",
            "a,udp=192.0.2.1:7",
            "a,uhid,colour=red",
            "a,uhid,seed=x",
            "a,uhid,seed=1,seed=2",
            "a,uhid,touch=maybe",
            "a,uhid,with=",
            "a,uhid,with=rs256+",
            "a,uhid,with=gold",
            "a,uhid,capacity=",
            "a,uhid,capacity=100001",
            "a,uhid,gadget=/x",
        ] {
            assert!(text.parse::<KeyOptions>().is_err(), "{text}");
        }
    }
}
