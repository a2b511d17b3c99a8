//! From options to keys.

use anyhow::Context;
use fob_ambient::Millis;
use fob_authenticator::{Abilities, Authenticator, Caller, Parts, State, Step};
use fob_ctap::Strictness;
use fob_ctap::hid::DeviceIdentity;

use crate::chance::Chance;
use crate::face::{Place, Wire};
use crate::fault::{Crash, FaultyStore, ResponseFaults, StoreFaults, WireFaults};
use crate::key::{CAPABILITIES, version};
use crate::log::KeyLine;
use crate::person::Person;
use crate::profile::{Own, Profile, ProfileError};
use crate::slot::Slot;
use crate::stages::Stages;
use crate::{Key, Options, TouchPolicy, state};

/// The only key's name.
const ONLY: &str = "key";

/// authenticatorGetInfo (§6.4).
const GET_INFO: [u8; 1] = [0x04];

/// The keys that the options ask for, and where they are to hang.
pub(crate) fn keys(options: &Options, crash: Crash, now: Millis) -> anyhow::Result<Vec<(Slot, Place)>> {
    if options.key.is_empty() {
        let faults = StoreFaults::default();
        let store = state::store(options, &faults, crash)?;
        let line = line(options, ONLY.to_owned(), options.state.is_some());
        let store = FaultyStore::new(store, faults, crash);
        return Ok(vec![(slot(line, options.touch, store, now)?, place(options)?)]);
    }
    let mut keys: Vec<(Slot, Place)> = Vec::new();
    for key in &options.key {
        if keys.iter().any(|(slot, _)| slot.name() == key.name) {
            anyhow::bail!("two keys have the name {}", key.name);
        }
        let faults = StoreFaults::default();
        let store = state::of_several(key.state.as_deref(), &faults, crash)?;
        let store = FaultyStore::new(store, faults, crash);
        let mut line = line(options, key.name.clone(), key.state.is_some());
        line.seed = key.seed.or(line.seed);
        line.profile = key.profile.clone().unwrap_or(line.profile);
        line.capacity = key.capacity.or(line.capacity);
        line.with = key.with.clone().unwrap_or(line.with);
        let touch = key.touch.unwrap_or(options.touch);
        line.touch = touch.name().to_owned();
        let slot = slot(line, touch, store, now).with_context(|| format!("key {}", key.name))?;
        keys.push((slot, key.place.clone()));
    }
    Ok(keys)
}

fn line(options: &Options, name: String, in_file: bool) -> KeyLine {
    KeyLine {
        name,
        seed: options.seed,
        profile: options.profile.clone(),
        partial: options.partial_profile,
        touch: options.touch.name().to_owned(),
        lenient_cbor: options.lenient_cbor,
        capacity: options.capacity,
        with: options.with.clone(),
        state: if in_file { "file" } else { "memory" }.to_owned(),
    }
}

fn place(options: &Options) -> anyhow::Result<Place> {
    anyhow::ensure!(options.gadget.is_none() || options.hidg.is_some(), "--gadget goes with --hidg");
    match (&options.socket, &options.stream, options.udp, options.uhid, &options.hidg) {
        (Some(path), ..) => Ok(Place::Unix(path.clone(), Wire::Packets)),
        (_, Some(path), ..) => Ok(Place::Unix(path.clone(), Wire::Stream)),
        (_, _, Some(address), ..) => Ok(Place::Udp(address)),
        (.., true, _) => Ok(Place::Uhid),
        (.., Some(path)) => Ok(Place::Gadget(path.clone(), options.gadget.clone())),
        _ => anyhow::bail!("one of --socket, --stream, --udp, --uhid, --hidg and --key is needed"),
    }
}

/// A key as its line describes it, on this store.
pub(crate) fn slot(line: KeyLine, touch: TouchPolicy, mut store: FaultyStore, now: Millis) -> anyhow::Result<Slot> {
    let chance = match line.seed {
        Some(seed) => Chance::seeded(&stream(&line.name, seed, store.peek()?)),
        None => Chance::system(),
    };
    let (responses, faults) = (ResponseFaults::default(), store.faults());
    let strictness = if line.lenient_cbor { Strictness::Lenient } else { Strictness::Canonical };
    let parts =
        Parts { store: Box::new(store), rng: chance.rng(), signer: chance.signer(responses.clone()), strictness };
    let mut profile = Profile::named(&line.profile)?;
    let mut abilities = profile.as_ref().map_or_else(Abilities::default, Profile::abilities);
    abilities.capacity = line.capacity.unwrap_or(abilities.capacity);
    line.with.iter().for_each(|extra| extra.change(&mut abilities));
    let mut authenticator = Authenticator::power_up_as(parts, abilities, now)?;
    let person = Person::new(touch);
    authenticator.set_sensor(person.sensor());
    let profile = match profile.take() {
        Some(profile) => measured(profile, &line, &mut authenticator, now)?,
        None => None,
    };
    let identity = identity(profile.as_ref().map(|(profile, _)| profile));
    let stages = Stages::new(responses.clone(), profile, strictness);
    Ok(Slot {
        line,
        key: Key::with_stages(authenticator, identity, stages),
        person,
        wire: WireFaults::default(),
        responses,
        store: faults,
        chance,
        plugged: true,
        face: String::new(),
    })
}

fn identity(profile: Option<&Profile>) -> DeviceIdentity {
    let own = (version(), CAPABILITIES);
    let (version, capabilities) = profile.map_or(own, |profile| profile.hid(own.0, own.1));
    DeviceIdentity { version, capabilities }
}

/// The profile, and what this key says of itself; refused if it cannot do what the model can.
fn measured(
    mut profile: Profile,
    line: &KeyLine,
    authenticator: &mut Authenticator,
    now: Millis,
) -> Result<Option<(Profile, Own)>, ProfileError> {
    let u2f = authenticator.abilities().u2f;
    let own = match authenticator.request(&GET_INFO, Caller(0), now) {
        Step::Reply(reply) => Own::from_reply(&reply, authenticator.state().resident_count() as u64, u2f),
        Step::AskPresence(_) => None,
    };
    let Some(own) = own else { return Ok(None) };
    let lacking = profile.lacking(&own);
    if !lacking.is_empty() {
        if !line.partial {
            return Err(ProfileError::Lacking { name: line.profile.clone(), lacking });
        }
        tracing::warn!(profile = line.profile, without = lacking.join(", "), "the profile is incomplete");
        profile.go_without(&own);
    }
    Ok(Some((profile, own)))
}

/// The random stream of a seed on a key in this state. One that has signed since goes on elsewhere: credentials made
/// after a restart must not repeat those made before it. Keys of one program differ by their names.
fn stream(name: &str, seed: u64, state: Option<&State>) -> String {
    let mut text = format!("fob-softkey seed {seed}");
    if name != ONLY {
        text.push_str(&format!(" of {name}"));
    }
    if let Some(state) = state {
        text.push_str(&format!(" after {} signatures", state.counter()));
    }
    text
}
